"""What reading a face costs: milliseconds a picture, megabytes a file."""

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch

from models.pictures import ALIGNED_PX, as_tensor
from models.projection import refined
from training.evaluation.cost import Task, files_of, median_milliseconds, threads_label
from training.evaluation.faces import resized
from training.evaluation.readers.material import Material
from training.evaluation.readers.scene import drawn
from training.evaluation.report import Part, SkippedError, table
from training.identity import PATH

WARM_UP: Final = 2  # rounds before time is taken
THREADS: Final = (1, 2)
NUM_STEPS: Final = 4  # of refinement, timed together
STEP: Final = "refinement, a step"


def measure_cost(material: Material) -> Part:
    """Every network that looks at a face, on one picture."""
    tasks, notes = tasks_of(material)
    if not tasks:
        raise SkippedError("; ".join(notes))
    times = median_milliseconds(tasks, THREADS, material.amounts.frames, WARM_UP)
    times |= {(STEP, count): ms / NUM_STEPS for (name, count), ms in times.items() if name == STEP}
    rows = [[name, *(f"{times[name, count]:.1f}" for count in THREADS)] for name in tasks]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    megabytes = {path.name: round(path.stat().st_size / 1e6, 1) for path in files(material)}
    lines = [
        *table(("milliseconds", *map(threads_label, THREADS)), rows),
        f"medians of {material.amounts.frames}; {platform.machine()}, load {load:.1f} (0 is quiet)",
        *notes,
        *(f"{name}: {size} MB" for name, size in megabytes.items()),
    ]
    milliseconds = {f"{name}, {threads_label(count)}": round(ms, 1) for (name, count), ms in times.items()}
    figures = {"milliseconds": milliseconds, "megabytes": megabytes, "load": round(load, 1), "notes": notes}
    return Part("Cost of a face", figures, lines)


def tasks_of(material: Material) -> tuple[dict[str, Task], list[str]]:
    """What can be timed here, and why the rest cannot. The face is the house's portrait, 256²."""
    face = resized(drawn(material.generator, material.home[None])[0], ALIGNED_PX)
    seen = as_tensor([face])

    def finding() -> Task:
        finder, photograph = material.finder, next(iter(material.photographs.values()))
        return lambda: finder.faces(photograph)

    def reading() -> Task:
        reader = material.au_reader
        return lambda: reader.read(face)

    def encoding() -> Task:
        encoder = material.encoder
        return torch.inference_mode()(lambda: encoder(seen))

    def refining() -> Task:
        encoder, generator = material.encoder, material.generator
        with torch.no_grad():
            start = encoder(seen)
        return lambda: refined(start, seen, generator, encoder, NUM_STEPS)

    def describing() -> Task:
        reader = material.identity_reader
        return lambda: reader.describe(np.stack([face]))

    makers: dict[str, Callable[[], Task]] = {
        "MTCNN": finding,
        "AU reader": reading,
        "encoder": encoding,
        STEP: refining,
        "identity reader": describing,
    }
    tasks, notes = dict[str, Task](), list[str]()
    for name, make in makers.items():
        try:
            tasks[name] = make()
        except SkippedError as reason:
            notes.append(f"{name}: skipped, {reason}")
    return tasks, notes


def files(material: Material) -> list[Path]:
    """The generator, its companions, and the identity reader's file."""
    identity = material.identity or PATH
    return [*files_of(material.weights.path), *([identity] if identity.is_file() else [])]
