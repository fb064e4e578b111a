"""Fit the identity reader: `python -m training.fit_identity --cast CAST --state STATE --drawn FOLDER`.

The cast's subjects in all their expressions, the population with one picture each, and people drawn by the
generator in several scenes; all seen by a camera. A batch shows everybody twice: each picture has to find its
other among those of the batch (Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020). Changed
persons (the repertoire's ages) are left out.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.checkpoint import write_checkpoint
from models.pictures import as_tensor
from training.agreement import area_under_curve, pairs_of
from training.camera import LOOSE, photographed
from training.cast.manifest import Record
from training.faces import Faces
from training.identity import KIND, PATH, IdentityReader
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

# People of a batch, each seen twice: of the cast, with several pictures and with one; and drawn ones.
NUM_SUBJECTS, NUM_OTHERS, NUM_DRAWN = 5, 2, 5
LEARNING_RATE = 1e-3
TEMPERATURE = 0.1  # of the cosines
NUM_WATCHED = 240


def of_people(faces: Faces) -> dict[int, list[int]]:
    """Person → their pictures."""
    groups: dict[int, list[int]] = defaultdict(list)
    for index, person in enumerate(faces.people):
        groups[int(person)].append(index)
    return groups


class TellApart:
    """What the identity reader is taught."""

    def __init__(self, lessons: Lessons) -> None:
        cast, drawn = of_people(lessons.train), of_people(lessons.drawn)
        subjects = [(person, own) for person, own in cast.items() if len(own) > 1]
        others = [(person, own) for person, own in cast.items() if len(own) == 1]
        sources = (
            (lessons.train, subjects, NUM_SUBJECTS),
            (lessons.train, others, NUM_OTHERS),
            (lessons.drawn, list(drawn.items()), NUM_DRAWN),
        )
        self.sources = [source for source in sources if source[1]]
        watched = evenly(lessons.held_out, NUM_WATCHED)
        self.watched = lessons.held_out.pictures[watched]
        self.watched_people = lessons.held_out.people[watched]

    def loss(self, model: nn.Module, rng: np.random.Generator, progress: float) -> Tensor:
        assert isinstance(model, IdentityReader)
        seen, people = self._pictures(rng)
        return contrastive_loss(model(as_tensor(seen)), people)

    def _pictures(self, rng: np.random.Generator) -> tuple[list[NDArray[np.uint8]], Tensor]:
        """A batch: people at random, two pictures of each, or the only one twice."""
        seen, people = list[NDArray[np.uint8]](), list[int]()
        for faces, everybody, num in self.sources:
            for chosen in rng.integers(0, len(everybody), num):
                person, pictures = everybody[chosen]
                for index in rng.choice(pictures, 2, replace=len(pictures) < 2):
                    picture = faces.pictures[index][:, :: int(rng.choice((1, -1)))]
                    seen.append(photographed(np.ascontiguousarray(picture), rng, LOOSE))
                    people.append(person)
        return seen, torch.tensor(people)

    def figures(self, model: nn.Module) -> dict[str, float]:
        assert isinstance(model, IdentityReader)
        codes = model.describe(self.watched)
        likeness, same = pairs_of(codes @ codes.T, self.watched_people)
        return {"auc": area_under_curve(likeness, same)}


def contrastive_loss(codes: Tensor, people: Tensor) -> Tensor:
    """Unit vectors [N, D] of people [N], everybody at least twice → a scalar.

    −log of the share of exp(cosine / T) that falls to the same person, every picture but itself counted.
    """
    itself = torch.eye(len(codes), dtype=torch.bool)
    logits = (codes @ codes.t() / TEMPERATURE).masked_fill(itself, -torch.inf)
    same = (people[:, None] == people) & ~itself
    shares = logits.log_softmax(1).masked_fill(~same, 0.0)
    return -(shares.sum(1) / same.sum(1)).mean()


def is_nobody_else(record: Record) -> bool:
    """Not a subject in another age."""
    return not record.category.startswith("age")


@click.command(help=__doc__)
@reader_options(steps=1500)
@click.option("--out", type=click.Path(path_type=Path), default=PATH, help="The file to write.")
def main(out: Path, **options: Any) -> None:
    run = ReaderRun.of(options)
    if run.dry_run:
        return
    task = TellApart(run.lessons(is_nobody_else))
    model, average = IdentityReader(), IdentityReader()
    start_from_photographs(model.trunk)
    if fit(model, average, task, run, "identity", LEARNING_RATE):
        write_checkpoint(out, KIND, float_tensors(average), {})
        click.echo(str(out))


if __name__ == "__main__":
    run_command(main)
