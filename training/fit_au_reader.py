"""Fit the AU reader: `python -m training.fit_au_reader --cast CAST --state STATE --drawn FOLDER`.

Half of each batch are renders, half the generator's own pictures (`python -m training.faces`), all of them
seen by a camera (see `camera.py`). Squared error, each unit in shares of its own variance: a unit that is
seldom shown counts as much as one that always is.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor, nn

from models.action_units import ACTION_UNITS
from models.au_reader import DEGREES, KIND, AuReader
from models.checkpoint import LoadedGenerator, companion_path, load_generator, write_checkpoint
from training.agreement import intraclass_correlation
from training.cast.manifest import read_cast
from training.faces import Faces
from training.fit_pseudo_autoencoder import shown_units
from training.fitted import load_fitted, scenes_of
from training.pictures import as_tensor
from training.reader_fit import Sampler, fit, float_tensors, start_from_photographs
from training.run import Budget, cast_option, run_command

BATCH_EACH = 8  # renders, and as many drawn
LEARNING_RATE = 1.5e-3
ANGLE_WEIGHT = 0.3
LEAST_VARIANCE = 0.02  # a unit that is hardly ever shown counts less than the others
NUM_WATCHED = 256  # held-out pictures that a report looks at


class ReadUnits:
    """What the AU reader is taught."""

    def __init__(self, train: Faces, drawn: Faces, held_out: Faces) -> None:
        self.sampler = Sampler([(train, BATCH_EACH), (drawn, BATCH_EACH)])
        self.variance = torch.from_numpy(train.aus.var(0) + LEAST_VARIANCE)
        watched = np.linspace(0, len(held_out) - 1, min(NUM_WATCHED, len(held_out))).astype(int)
        self.pictures = as_tensor(held_out.pictures[watched])
        self.aus, self.angles = held_out.aus[watched], held_out.angles[watched]

    def loss(self, model: nn.Module, rng: np.random.Generator, progress: float) -> Tensor:
        sample = self.sampler.sample(rng)
        aus, angles = model(sample.seen)
        error = ((aus - sample.aus).square() / self.variance).mean()
        return error + ANGLE_WEIGHT * ((angles - sample.angles) / DEGREES).square().mean()  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped

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


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    cast: tuple[Path, ...]
    state: Path
    drawn: Path
    weights: Path
    steps: int
    minutes: float
    threads: int
    export: bool
    dry_run: bool


@click.command(help=__doc__)
@cast_option
@click.option("--state", type=click.Path(path_type=Path), required=True, help="The run of fit_generator.")
@click.option("--drawn", type=click.Path(path_type=Path), required=True, help="Pictures by training.faces.")
@click.option("--weights", type=click.Path(path_type=Path), required=True, help="The generator it is for.")
@click.option("--steps", type=int, default=8000, show_default=True)
@click.option("--minutes", type=float, default=60.0, show_default=True)
@click.option("--threads", type=int, default=0, help="Processor threads; 0: as many as there are.")
@click.option("--export", is_flag=True, help="Write the reader beside the generator, complete or not.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    config = Config(**options)
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.manual_seed(0)
    cast = read_cast(*config.cast)
    click.echo(f"{config}\n{len(cast.records)} pictures")
    if config.dry_run:
        return
    generator = load_generator(config.weights)
    fitted, scenes = load_fitted(config.state), scenes_of(config.state)
    train, held_out = (Faces.of_cast(part, fitted, scenes) for part in (cast.training(), cast.held_out()))
    task = ReadUnits(train, Faces.read(config.drawn), held_out)
    model, average = AuReader(), AuReader()
    start_from_photographs(model.trunk)
    path = config.state / "au_reader.pt"
    budget = Budget(config.minutes, "fit AU reader")
    is_done = fit(model, average, task, path, config.steps, LEARNING_RATE, budget)
    if is_done or config.export:
        click.echo(str(save(average, shown_units(cast), generator)))


def save(model: nn.Module, units: tuple[int, ...], generator: LoadedGenerator) -> Path:
    """Write the companion beside its generator; → its path."""
    path = companion_path(generator.path, KIND)
    metadata = {
        "generator_sha256": generator.sha256,
        "action_units": " ".join(map(str, ACTION_UNITS)),
        "learned_units": " ".join(map(str, units)),
    }
    write_checkpoint(path, KIND, float_tensors(model), metadata)
    return path


if __name__ == "__main__":
    run_command(main)
