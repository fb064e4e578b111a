"""What a frame costs: multiply-accumulates, milliseconds, megabytes."""

import copy
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from models.checkpoint import LoadedGenerator
from models.stylegan2 import SynthesisLayer, SynthesisNetwork, to_uint8
from training.evaluation.report import Part, rounded, table

WARM_UP: Final = 5  # frames before time is taken
Task = Callable[[], object]
Setting = tuple[str, int]  # task, threads
PRECISIONS: Final[Mapping[str, torch.dtype]] = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Player:
    """A synthesis network as the portrait plays it: frozen, without noise where it has none."""

    def __init__(self, synthesis: SynthesisNetwork, dtype: torch.dtype) -> None:
        self.synthesis = copy.deepcopy(synthesis).eval().requires_grad_(False)
        self.dtype = dtype
        layers = [layer for layer in self.synthesis.modules() if isinstance(layer, SynthesisLayer)]
        self.has_noise = any(float(layer.noise_strength) != 0 for layer in layers)
        for layer in layers:
            layer.freeze(dtype)

    def frame(self, ws: Tensor) -> Tensor:
        """ws [1, num_ws, w_dim] → [1, R, R, 3] uint8."""
        mode = "const" if self.has_noise else "none"
        return to_uint8(self.synthesis(ws, noise_mode=mode, dtype=self.dtype))


@torch.inference_mode()
def multiply_accumulates(player: Player, ws: Tensor) -> int:
    """Of every convolution and matrix product in a frame, filters included: half of PyTorch's own count."""
    with FlopCounterMode(display=False) as counter:
        player.frame(ws)
    return int(counter.get_total_flops()) // 2


def median_milliseconds(
    tasks: Mapping[str, Task], threads: Sequence[int], num_frames: int, warm_up: int = WARM_UP
) -> dict[Setting, float]:
    """Every task in turn, frame by frame, so that a slow moment of the machine meets all of them."""
    taken: dict[Setting, list[float]] = {(name, count): [] for name in tasks for count in threads}
    before = torch.get_num_threads()
    try:
        for frame in range(num_frames + warm_up):
            for (name, count), times in taken.items():
                torch.set_num_threads(count)
                started = time.perf_counter()
                tasks[name]()
                if frame >= warm_up:
                    times.append((time.perf_counter() - started) * 1e3)
    finally:
        torch.set_num_threads(before)
    return {setting: statistics.median(times) for setting, times in taken.items()}


def measure_cost(loaded: LoadedGenerator, baseline: LoadedGenerator | None, num_frames: int) -> Part:
    """Cost of a frame of one weights file, or of two taken in turn."""
    generators = {"this": loaded} | ({"previous": baseline} if baseline else {})
    threads = tuple(sorted({1, os.cpu_count() or 1}))
    rows: list[list[str]] = []
    figures: dict[str, dict[str, Any]] = {}
    for name, weights in generators.items():
        generator = weights.generator
        players = {key: Player(generator.synthesis, dtype) for key, dtype in PRECISIONS.items()}
        ws = generator.mapping.w_avg.expand(1, generator.arch.num_ws, -1)
        frames = {key: partial(player.frame, ws) for key, player in players.items()}
        with torch.inference_mode():
            times = median_milliseconds(frames, threads, num_frames)
        gmac = multiply_accumulates(players["float32"], ws) / 1e9
        milliseconds = {f"{key}, {threads_label(count)}": round(ms, 1) for (key, count), ms in times.items()}
        figures[name] = {
            "resolution": generator.arch.resolution,
            "gmac": rounded(gmac),
            "milliseconds": milliseconds,
            "megabytes": {path.name: round(path.stat().st_size / 1e6, 1) for path in files_of(weights.path)},
        }
        size = f"{generator.arch.resolution}²"
        rows.append([name, size, f"{gmac:.2f}", *map(str, milliseconds.values())])
    header = (
        "",
        "size",
        "GMAC",
        *(f"{key}, {threads_label(count)}" for key in PRECISIONS for count in threads),
    )
    lines = table(header, rows)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    lines.append(f"milliseconds: medians of {num_frames}; {platform.machine()}, load {load:.1f} (0 is quiet)")
    lines += [f"{file}: {size} MB" for key in figures for file, size in figures[key]["megabytes"].items()]
    return Part("Cost of a frame", {**figures, "frames": num_frames, "load": round(load, 1)}, lines)


def threads_label(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def files_of(weights: Path) -> list[Path]:
    """A generator's file and its companions."""
    return sorted(weights.parent.glob(f"{weights.stem}*.safetensors"))
