"""People drawn by number: is each a face, are they different people, and do they stay themselves?"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from models.people import person_z
from models.pseudo_autoencoder import PseudoAutoencoder
from models.stylegan2 import Generator, to_uint8
from training.cast.manifest import Cast, Record
from training.cast.pictures import load_pictures
from training.evaluation.expressions import category_units
from training.evaluation.faces import SAME_PERSON, FaceReader, Pictures, face_probabilities
from training.evaluation.report import Part, SkippedError, rounded, share, table

BATCH: Final = 16
SURE: Final = 0.99
NUM_EXPRESSIVE: Final = 20  # people whose every expression is compared with their own face at rest

Descriptors = list[NDArray[np.float64] | None]  # None for a picture without a face


# --- pictures -----------------------------------------------------------------------------------------------


@torch.inference_mode()
def anchors(generator: Generator, people: range, psi: float) -> Tensor:
    """People by number → ws [N, num_ws, w_dim], as the portrait draws them."""
    return generator.map(torch.cat([person_z(n, generator.arch.z_dim) for n in people]), psi)


@torch.inference_mode()
def pictures_of(generator: Generator, ws: Tensor) -> Pictures:
    """ws [N, num_ws, w_dim] → uint8 [N, R, R, 3], a batch at a time."""
    return np.concatenate([to_uint8(generator.synthesis(part)).numpy() for part in ws.split(BATCH)])


def drawn_people(generator: Generator, people: range, psi: float) -> Iterator[NDArray[np.uint8]]:
    """One picture [R, R, 3] a person; never all of them in memory."""
    for first in range(0, len(people), BATCH):
        yield from pictures_of(generator, anchors(generator, people[first : first + BATCH], psi))


# --- faces --------------------------------------------------------------------------------------------------


def measure_faces(generator: Generator, num_people: int, psi: float) -> Part:
    """How many of people 0 … num_people − 1 MTCNN is sure to see a face in."""
    people = range(num_people)
    with tqdm(total=num_people, desc="faces", unit="person", mininterval=5) as bar:
        probabilities = np.empty(num_people)
        for first in range(0, num_people, BATCH):
            batch = people[first : first + BATCH]
            pictures = list(drawn_people(generator, batch, psi))
            probabilities[batch.start : batch.stop] = list(face_probabilities(pictures))
            bar.update(len(batch))
    unsure = [int(number) for number in np.flatnonzero(probabilities <= SURE)]
    figures = {
        "people": num_people,
        "truncation_psi": psi,
        "share_above_0.99": share(probabilities > SURE),
        "lowest_probability": rounded(probabilities.min()),
        "people_not_above_0.99": {str(number): rounded(probabilities[number]) for number in unsure},
    }
    named = ", ".join(f"{number} ({probabilities[number]:.3f})" for number in unsure) or "none"
    lines = [
        f"MTCNN is surer than {SURE} of {figures['share_above_0.99']:.1%}; lowest {probabilities.min():.4f}",
        f"not so sure of: {named}",
    ]
    return Part(f"Faces of people 0 to {num_people - 1}, ψ = {psi}", figures, lines)


# --- identities ---------------------------------------------------------------------------------------------


def descriptors(reader: FaceReader, pictures: Iterable[NDArray[np.uint8]]) -> Descriptors:
    """Who each picture shows."""
    return [reader.descriptor(picture) for picture in pictures]


def distance_figures(distances: NDArray[np.float64]) -> dict[str, Any]:
    """Distances between pairs → minimum, first percentile, median, share that counts as one person."""
    if not distances.size:
        return {"pairs": 0}
    return {
        "pairs": len(distances),
        "minimum": rounded(distances.min()),
        "percentile_1": rounded(np.percentile(distances, 1)),
        "median": rounded(np.median(distances)),
        "percentile_99": rounded(np.percentile(distances, 99)),
        "share_under_0.6": share(distances < SAME_PERSON),
    }


def between(people: Descriptors) -> NDArray[np.float64]:
    """The distance of every two that have a face."""
    found = [person for person in people if person is not None]
    return np.array([np.linalg.norm(a - b) for a, b in combinations(found, 2)])


def to_first(own: Sequence[Descriptors]) -> NDArray[np.float64]:
    """From each person's first picture, the face at rest, to each of their others."""
    return np.array(
        [
            np.linalg.norm(other - first)
            for first, *others in own
            if first is not None
            for other in others
            if other is not None
        ]
    )


def told_apart(different: NDArray[np.float64], same: NDArray[np.float64]) -> float | None:
    """How often two people lie further apart than one person's two expressions: 1 always, 0.5 by chance."""
    if not different.size or not same.size:
        return None
    return rounded((different[:, None] > same).mean())


def measure_identities(
    generator: Generator, model: PseudoAutoencoder | None, cast: Cast | None, num_people: int, psi: float
) -> Part:
    """Whether `num_people` people are as many different ones, and remain so; the cast's renders as scale."""
    reader, resolution = FaceReader(), generator.arch.resolution
    num_expressive = min(NUM_EXPRESSIVE, max(2, num_people // 5))
    pictures = tqdm(drawn_people(generator, range(num_people), psi), "identities", num_people, mininterval=5)
    drawn = descriptors(reader, pictures)
    rows = {"different people, drawn": between(drawn)}
    found = sum(person is not None for person in drawn)
    notes = [f"dlib finds a face in {found} of the {num_people} drawn"]
    if model is None:
        notes.append("expressions of people drawn: skipped, the weights have no pseudo-autoencoder")
    else:
        numbers = tqdm(range(num_expressive), "expressions, drawn", mininterval=5)
        own = [_expressions(reader, generator, model, number, psi) for number in numbers]
        rows["one person's expressions, drawn"] = to_first(own)
    if cast is None:
        notes.append("the cast as scale: skipped, name its folder with --cast")
    else:
        shown = load_pictures(population(cast, num_people), resolution)
        rows["different people, cast"] = between(descriptors(reader, tqdm(shown, "cast", mininterval=5)))
        subjects = tqdm(studio(cast, num_expressive), "expressions, cast", mininterval=5)
        rows["one person's expressions, cast"] = to_first(
            [descriptors(reader, load_pictures([r.picture for r in own], resolution)) for own in subjects]
        )
    return _identity_part(rows, notes, num_people, psi)


def _identity_part(
    rows: dict[str, NDArray[np.float64]], notes: list[str], num_people: int, psi: float
) -> Part:
    figures: dict[str, Any] = {name: distance_figures(distances) for name, distances in rows.items()}
    header = ("", "pairs", "minimum", "1 %", "median", "99 %", f"share < {SAME_PERSON}")
    lines = table(header, [[name, *_cells(values)] for name, values in figures.items()])
    nothing = np.empty(0)
    for who in ("drawn", "cast"):
        different = rows.get(f"different people, {who}", nothing)
        apart = told_apart(different, rows.get(f"one person's expressions, {who}", nothing))
        if apart is not None:
            figures[f"told_apart, {who}"] = apart
            lines.append(f"{who}: in {apart:.1%} two people differ more than one person's expressions do")
    title = f"Who they are: distances of dlib's identity network, {num_people} people, ψ = {psi}"
    return Part(title, {"people": num_people, **figures}, [*lines, *notes])


def _cells(values: dict[str, Any]) -> list[object]:
    return [*values.values(), *[None] * (6 - len(values))]


@torch.inference_mode()
def _expressions(
    reader: FaceReader, generator: Generator, model: PseudoAutoencoder, number: int, psi: float
) -> Descriptors:
    """A person in every category, neutral first, all of them as the portrait shows them: A(w₀, u)."""
    units = torch.stack(list(category_units().values()))
    anchor = anchors(generator, range(number, number + 1), psi)
    pictures = pictures_of(generator, model(anchor.expand(len(units), -1, -1), units))
    return descriptors(reader, pictures)


def population(cast: Cast, num: int) -> list[Path]:
    """Pictures of `num` people of the population, evenly spaced: one each, with an expression."""
    records = [record for record in cast.records if record.split == "population"]
    if not records:
        raise SkippedError("the cast has no population")
    evenly = np.linspace(0, len(records) - 1, min(num, len(records)))
    return [records[round(k)].picture for k in evenly]


def studio(cast: Cast, num: int) -> list[list[Record]]:
    """`num` evenly spaced subjects of the studio, each in all its expressions, neutral first."""
    subjects: dict[int, list[Record]] = {}
    for record in cast.records:
        if record.split == "studio":
            subjects.setdefault(record.subject, []).append(record)
    whole = [sorted(own, key=lambda record: record.category != "neutral") for own in subjects.values()]
    whole = [own for own in whole if own[0].category == "neutral"]
    return [whole[round(k)] for k in np.linspace(0, len(whole) - 1, min(num, len(whole)))]
