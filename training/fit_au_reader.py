"""Fit the AU reader: `python -m training.fit_au_reader --cast CAST --state STATE --drawn FOLDER`.

Half of each batch are renders, half the generator's own pictures (`python -m training.faces`), all of them
seen by a camera (see `camera.py`). Squared error, each unit in shares of its own variance: a unit that is
seldom shown counts as much as one that always is.
"""

from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor, nn

from models.action_units import ACTION_UNITS, VOCABULARY
from models.au_reader import KIND, AuReader
from models.checkpoint import LoadedGenerator, load_generator, write_companion
from models.pictures import as_tensor
from training.agreement import intraclass_correlation
from training.reader_fit import (
    Lessons,
    ReaderRun,
    Sampler,
    evenly,
    fit,
    float_tensors,
    reader_options,
    start_from_photographs,
    weights_option,
)
from training.run import run_command

BATCH_EACH = 8  # renders, and as many drawn
LEARNING_RATE = 1.5e-3
ANGLE_WEIGHT = 1.0
ANGLE_SPREADS = torch.tensor([6.0, 3.0, 5.0, 2.5])  # degrees: yaw, pitch, gaze x, gaze y; each counts alike
LEAST_VARIANCE = 0.005  # of a unit that is hardly ever shown
NUM_WATCHED = 256  # held-out pictures that a report looks at


class ReadUnits:
    """What the AU reader is taught."""

    def __init__(self, lessons: Lessons) -> None:
        held_out = lessons.held_out
        self.sampler = Sampler([(lessons.train, BATCH_EACH), (lessons.drawn, BATCH_EACH)])
        self.variance = torch.from_numpy(lessons.train.aus.var(0) + LEAST_VARIANCE)
        watched = evenly(held_out, NUM_WATCHED)
        self.pictures = as_tensor(held_out.pictures[watched])
        self.aus, self.angles = held_out.aus[watched], held_out.angles[watched]

    def loss(self, model: nn.Module, rng: np.random.Generator, progress: float) -> Tensor:
        sample = self.sampler.sample(rng)
        aus, angles = model(sample.seen)
        error = ((aus - sample.aus).square() / self.variance).mean()
        return error + ANGLE_WEIGHT * ((angles - sample.angles) / ANGLE_SPREADS).square().mean()  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped

    @torch.inference_mode()
    def figures(self, model: nn.Module) -> dict[str, float]:
        aus, angles = read_all(model, self.pictures)
        shown = [index for index in range(len(ACTION_UNITS)) if self.aus[:, index].any()]
        agreement = [intraclass_correlation(aus[:, index], self.aus[:, index]) for index in shown]
        off = np.abs(angles - self.angles).mean(0)
        names = ("yaw", "pitch", "gaze_x", "gaze_y")
        return {"icc": float(np.mean(agreement)), **dict(zip(names, map(float, off), strict=True))}


@torch.inference_mode()
def read_all(model: nn.Module, pictures: Tensor, batch: int = 16) -> tuple[Any, Any]:
    """Pictures [N, 3, 256, 256] in [-1, 1] → intensities [N, 43], angles [N, 4], in numpy."""
    parts = [model(part) for part in pictures.split(batch)]
    return tuple(torch.cat([part[k] for part in parts]).numpy() for k in (0, 1))  # type: ignore[return-value]  # two of them


@click.command(help=__doc__)
@reader_options(steps=13000)
@weights_option
def main(weights: Path, **options: Any) -> None:
    run = ReaderRun.of(options)
    if run.dry_run:
        return
    generator = load_generator(weights)
    lessons = run.lessons()
    model, average = AuReader(), AuReader()
    start_from_photographs(model.trunk)
    if fit(model, average, ReadUnits(lessons), run, "au_reader", LEARNING_RATE):
        click.echo(str(save(average, lessons.units, generator)))


def save(model: nn.Module, units: tuple[int, ...], generator: LoadedGenerator) -> Path:
    """Write the companion beside its generator; → its path."""
    metadata = {"action_units": VOCABULARY, "learned_units": " ".join(map(str, units))}
    return write_companion(generator, KIND, float_tensors(model), metadata)


if __name__ == "__main__":
    run_command(main)
