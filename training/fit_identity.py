"""Fit the identity reader: `python -m training.fit_identity --cast CAST --state STATE --drawn FOLDER`.

The cast's subjects in all their expressions, the population with one picture each, and people drawn by the
generator in several scenes; all seen by a camera. Everybody is a class, told from the others by cosines with
a margin (Wang et al., "CosFace", CVPR 2018). Changed persons (the repertoire's ages) are left out.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models.checkpoint import write_checkpoint
from training.agreement import area_under_curve, pairs_of
from training.camera import LOOSE, photographed
from training.cast.manifest import Cast, read_cast
from training.faces import Faces
from training.fitted import load_fitted, scenes_of
from training.identity import KIND, PATH, SIZE, IdentityReader
from training.pictures import as_tensor
from training.reader_fit import fit, float_tensors, start_from_photographs
from training.run import Budget, cast_option, run_command

PEOPLE_EACH = 4  # of a batch: from the studio, and as many drawn; each seen twice
LEARNING_RATE = 2e-3
SCALE, MARGIN = 24.0, 0.25  # of the cosines
NUM_WATCHED = 240


class WhoIsWho(nn.Module):
    """The reader, and while it learns a direction for everybody it may meet."""

    def __init__(self, num_people: int) -> None:
        super().__init__()
        self.reader = IdentityReader()
        self.people = nn.Parameter(torch.randn(num_people, SIZE))


def of_people(faces: Faces) -> dict[int, list[int]]:
    """Person → their pictures."""
    groups: dict[int, list[int]] = defaultdict(list)
    for index, person in enumerate(faces.people):
        groups[int(person)].append(index)
    return groups


class TellApart:
    """What the identity reader is taught."""

    def __init__(self, sources: list[Faces], held_out: Faces) -> None:
        self.sources = [(faces, list(of_people(faces).items())) for faces in sources]
        everybody = sorted({person for faces in sources for person in of_people(faces)})
        self.number = {person: number for number, person in enumerate(everybody)}
        watched = np.linspace(0, len(held_out) - 1, min(NUM_WATCHED, len(held_out))).astype(int)
        self.pictures, self.people = held_out.pictures[watched], held_out.people[watched]

    def loss(self, model: nn.Module, rng: np.random.Generator, progress: float) -> Tensor:
        assert isinstance(model, WhoIsWho)
        seen, numbers = list[NDArray[np.uint8]](), list[int]()
        for faces, people in self.sources:
            for chosen in rng.integers(0, len(people), PEOPLE_EACH):
                person, pictures = people[chosen]
                for index in rng.choice(pictures, 2, replace=len(pictures) < 2):
                    picture = faces.pictures[index][:, :: int(rng.choice((1, -1)))]
                    seen.append(photographed(np.ascontiguousarray(picture), rng, LOOSE))
                    numbers.append(self.number[person])
        truth = torch.tensor(numbers)
        cosines = model.reader(as_tensor(np.stack(seen))) @ F.normalize(model.people).t()
        return F.cross_entropy(SCALE * (cosines - MARGIN * F.one_hot(truth, len(self.number))), truth)

    def figures(self, model: nn.Module) -> dict[str, float]:
        assert isinstance(model, WhoIsWho)
        codes = model.reader.describe(self.pictures)
        likeness, same = pairs_of(codes @ codes.T, self.people)
        return {"auc": area_under_curve(likeness, same)}


def without_changed(cast: Cast) -> Cast:
    """Everybody as they are: not in other ages."""
    return Cast(tuple(record for record in cast.records if not record.category.startswith("age")))


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    cast: tuple[Path, ...]
    state: Path
    drawn: Path
    out: Path
    steps: int
    minutes: float
    threads: int
    export: bool
    dry_run: bool


@click.command(help=__doc__)
@cast_option
@click.option("--state", type=click.Path(path_type=Path), required=True, help="The run of fit_generator.")
@click.option("--drawn", type=click.Path(path_type=Path), required=True, help="Pictures by training.faces.")
@click.option("--out", type=click.Path(path_type=Path), default=PATH, help="The file to write.")
@click.option("--steps", type=int, default=5000, show_default=True)
@click.option("--minutes", type=float, default=60.0, show_default=True)
@click.option("--threads", type=int, default=0, help="Processor threads; 0: as many as there are.")
@click.option("--export", is_flag=True, help="Write the reader, complete or not.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    config = Config(**options)
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.manual_seed(0)
    cast = without_changed(read_cast(*config.cast))
    click.echo(f"{config}\n{len(cast.records)} pictures")
    if config.dry_run:
        return
    fitted, scenes = load_fitted(config.state), scenes_of(config.state)
    train, held_out = (
        Faces.of_cast(part, fitted, scenes) for part in (cast.training(), studio(cast.held_out()))
    )
    task = TellApart([train, Faces.read(config.drawn)], held_out)
    model, average = WhoIsWho(len(task.number)), WhoIsWho(len(task.number))
    start_from_photographs(model.reader.trunk)
    budget = Budget(config.minutes, "fit identity reader")
    is_done = fit(model, average, task, config.state / "identity.pt", config.steps, LEARNING_RATE, budget)
    if is_done or config.export:
        write_checkpoint(config.out, KIND, float_tensors(average.reader), {})
        click.echo(str(config.out))


def studio(cast: Cast) -> Cast:
    """Those of whom there are several pictures."""
    return Cast(tuple(record for record in cast.records if record.split != "population"))


if __name__ == "__main__":
    run_command(main)
