"""Faces from elsewhere: random people, the population, and photographs of people who do exist.

Nobody knows their true target: who they are is compared with their own picture as they were given, and the
ceilings are those of studio subjects. The floor of identity: other people of the same kind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.action_units import CATEGORIES, NUM_AUS
from models.alignment import align
from models.controls import NUM_CONTROLS
from models.encoder import Encoder
from models.photographs import read_photograph
from models.pictures import as_tensor
from models.projection import project
from training.dataset import Expressions, Sample
from training.evaluation.expressions import category_units
from training.evaluation.people import anchors
from training.evaluation.readers.material import aligned_faces
from training.evaluation.readers.units import read_faces
from training.evaluation.readers.who import likeness
from training.evaluation.report import Part, SkippedError, table
from training.evaluation.transfer.amounts import UNSEEN
from training.evaluation.transfer.eyes import Sight
from training.evaluation.transfer.laboratory import MODELS, Laboratory
from training.evaluation.transfer.models import COPY, known
from training.evaluation.transfer.one_fold import FOLD
from training.evaluation.transfer.predictors import Predict, copy, linear
from training.evaluation.transfer.scores import (
    MAIN,
    accuracy,
    agreement,
    clipped,
    f1,
    harmonic_mean,
    mean,
    paired,
)
from training.evaluation.transfer.trials import taught

PSI: Final = 0.8
FIRST_PERSON: Final = 100
NUM_STEPS: Final = 24  # of refinement, for photographs
PHOTOGRAPHS_SHOW: Final = 6  # categories each
LEAST_PEOPLE: Final = 3  # among whom there is a floor; of fewer, it is that of all strangers


@dataclass(frozen=True, slots=True, eq=False)
class Strangers:
    """N people as they were given."""

    ws: Tensor  # [N, num_ws, w_dim]
    aus: NDArray[np.float32]  # [N, 43] a₀
    num_gestures: int  # that each is asked for


def measure_strangers(lab: Laboratory) -> Part:
    """Models of one fold, and two that need no fit."""
    own = taught(lab.shown, FOLD, residual=False)
    predictors: dict[str, Predict] = {COPY: copy, "least squares": linear(own)}
    predictors |= {preset: lab.best(preset, FOLD) for preset in MODELS}
    wanted = lab.wanted(lab.trials)
    ceilings = {name: paired(wanted.source[name], wanted.target[name]) for name in wanted.target}
    unit_ceiling = agreement(wanted.read, wanted.asked)
    kinds, notes = strangers_of(lab)
    at_rest = {name: lab.look(people.ws, f"{name} as they are") for name, people in kinds.items()}
    floors = floors_of(at_rest)
    figures: dict[str, Any] = {"notes": notes, "kinds": {}}
    for kind, people in kinds.items():
        shown, source, target = asked_of(people)
        labels = [shown.samples[row].label for row in target.tolist()]
        by_model = {}
        for name, predict in predictors.items():
            sight = lab.look(predict(shown, source, target), f"{kind}, {name}")
            scores = stranger_scores(
                sight, at_rest[kind].rows(source.tolist()), floors[kind], ceilings
            ) | expression_scores(sight, shown.aus[target].numpy(), labels, unit_ceiling)
            main = harmonic_mean(scores["identity"], scores["expression"])
            by_model[name] = {key: known(value) for key, value in scores.items()} | {"harmonic": known(main)}
        figures["kinds"][kind] = {"people": len(people.ws), "pictures": len(source), "models": by_model}
    rows = [
        [f"{kind}, {name}", *(own[figure] for figure in MAIN)]
        for kind, found in figures["kinds"].items()
        for name, own in found["models"].items()
    ]
    return Part("Strangers", figures, [*notes, *table(("", *MAIN), rows)])


def stranger_scores(
    sight: Sight, rest: Sight, floors: dict[str, float], ceilings: dict[str, float]
) -> dict[str, float]:
    """Identity by each witness, and clipped over both."""
    found = {}
    for name, codes in sight.codes.items():
        above = paired(codes, rest.codes[name]) - floors[name]
        found[f"identity, {name}"] = above / (ceilings[name] - floors[name])
    return {"identity": clipped(mean(list(found.values()))), **found}


def expression_scores(
    sight: Sight, asked: NDArray[np.floating], labels: Sequence[str], ceiling: float
) -> dict[str, float]:
    icc = agreement(sight.aus, asked)
    return {
        "expression": clipped(icc / ceiling),
        "icc": icc,
        "f1": f1(sight.aus, asked),
        "category": accuracy(sight.aus, labels),
    }


def floors_of(at_rest: dict[str, Sight]) -> dict[str, dict[str, float]]:
    """Kind → witness → mean likeness of different people."""
    found: dict[str, dict[str, float]] = {}
    for kind, sight in at_rest.items():
        found[kind] = {}
        for name, own in sight.codes.items():
            is_few = len(own) < LEAST_PEOPLE
            codes = np.concatenate([other.codes[name] for other in at_rest.values()]) if is_few else own
            alike = likeness(codes, codes)
            found[kind][name] = mean(alike[~np.eye(len(codes), dtype=bool)])
    return found


# --- who they are -------------------------------------------------------------------------------------------


def strangers_of(lab: Laboratory) -> tuple[dict[str, Strangers], list[str]]:
    """Kind → people; and a line for each kind that is not here."""
    makers: dict[str, Callable[[Laboratory], Strangers]] = {
        "random people": random_strangers,
        "population": population,
        "photographs": photographs,
    }
    found, notes = dict[str, Strangers](), list[str]()
    for name, make in makers.items():
        try:
            found[name] = make(lab)
        except SkippedError as reason:
            notes.append(f"{name}: skipped, {reason}")
    return found, notes


def random_strangers(lab: Laboratory) -> Strangers:
    """People by number, whom the prior draws at rest."""
    num = lab.amounts.strangers
    ws = anchors(lab.material.generator, range(FIRST_PERSON, FIRST_PERSON + num), PSI)
    return Strangers(ws, np.zeros((num, NUM_AUS), np.float32), lab.amounts.gestures_each)


def population(lab: Laboratory) -> Strangers:
    """Renderings that the generator has not seen, through the encoder alone."""
    samples = [sample for sample in lab.population if sample.is_held_out]
    places = np.linspace(0, len(samples) - 1, min(lab.amounts.strangers, len(samples))).round().astype(int)
    chosen = [samples[place] for place in places]
    images = (read_photograph(sample.picture) for sample in chosen)
    rows, pictures = aligned_faces(lab.material.finder, images, "population")
    if not len(rows):
        raise SkippedError("no held-out picture of the cast's population shows a face")
    aus = np.array([chosen[row].aus for row in rows], np.float32)
    return Strangers(encoded(lab.material.encoder, pictures), aus, lab.amounts.gestures_each)


@torch.no_grad()
def encoded(encoder: Encoder, pictures: NDArray[np.uint8]) -> Tensor:
    """[N, 256, 256, 3] → ws [N, num_ws, w_dim]."""
    return torch.cat([encoder(as_tensor(pictures[k : k + 16])) for k in range(0, len(pictures), 16)])


def photographs(lab: Laboratory) -> Strangers:
    """Photographs that packages bring along, found by refinement; their a₀ as the AU reader sees it."""
    material = lab.material
    faces = np.stack([align(image, material.finder).image for image in material.photographs.values()])
    found = [project(face, material.generator, material.encoder, NUM_STEPS).ws for face in faces]
    aus = np.asarray(read_faces(material.au_reader, faces).aus, np.float32)
    return Strangers(torch.from_numpy(np.stack(found)), aus, PHOTOGRAPHS_SHOW)


def asked_of(people: Strangers) -> tuple[Expressions, Tensor, Tensor]:
    """Everybody as they are, then what is asked of them; rows of S and T. No latent of a T is known."""
    categories = [name for name in CATEGORIES if name not in (*UNSEEN, "neutral")]
    units, sources = category_units(), list[int]()
    samples = [_sample("", aus) for aus in people.aus]
    for person in range(len(people.ws)):
        for turn in range(people.num_gestures):
            category = categories[(person * people.num_gestures + turn) % len(categories)]
            samples.append(_sample(category, units[category].numpy()))
            sources.append(person)
    source = torch.tensor(sources)
    ws = torch.cat([people.ws, people.ws[source]]).numpy()
    target = torch.arange(len(people.ws), len(samples))
    return Expressions.of(samples, list(ws)), source, target


def _sample(label: str, aus: NDArray[np.float32]) -> Sample:
    nowhere = Path()
    return Sample(nowhere, "", label, aus, np.full(NUM_CONTROLS, np.nan, np.float32), nowhere, "strangers")
