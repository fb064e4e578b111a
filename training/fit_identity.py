"""Fit the identity reader: `python -m training.fit_identity --cast CAST --state STATE --drawn FOLDER`.

The cast's subjects in all their expressions, the population with one picture each, and people drawn by the
generator in several scenes; all seen by a camera. Everybody is a class, told from the others by cosines with
a margin (Wang et al., "CosFace", CVPR 2018). Changed persons (the repertoire's ages) are left out.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models.checkpoint import write_checkpoint
from models.pictures import as_tensor
from training.agreement import area_under_curve, pairs_of
from training.camera import LOOSE, photographed
from training.cast.manifest import Record
from training.faces import Faces
from training.identity import KIND, PATH, SIZE, IdentityReader
from training.reader_fit import (
    Lessons,
    ReaderRun,
    evenly,
    fit,
    float_tensors,
    reader_options,
    start_from_photographs,
)
from training.run import run_command

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

    def __init__(self, lessons: Lessons) -> None:
        self.sources = [(faces, list(of_people(faces).items())) for faces in (lessons.train, lessons.drawn)]
        everybody = sorted(person for _, people in self.sources for person, _ in people)
        self.number = {person: number for number, person in enumerate(everybody)}
        watched = evenly(lessons.held_out, NUM_WATCHED)
        self.pictures = lessons.held_out.pictures[watched]
        self.people = lessons.held_out.people[watched]

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


def is_nobody_else(record: Record) -> bool:
    """Not a subject in another age."""
    return not record.category.startswith("age")


@click.command(help=__doc__)
@reader_options(steps=4000)
@click.option("--out", type=click.Path(path_type=Path), default=PATH, help="The file to write.")
def main(out: Path, **options: Any) -> None:
    run = ReaderRun.of(options)
    if run.dry_run:
        return
    task = TellApart(run.lessons(is_nobody_else))
    model, average = WhoIsWho(len(task.number)), WhoIsWho(len(task.number))
    start_from_photographs(model.reader.trunk)
    if fit(model, average, task, run, "identity", LEARNING_RATE):
        write_checkpoint(out, KIND, float_tensors(average.reader), {})
        click.echo(str(out))


if __name__ == "__main__":
    run_command(main)
