"""Renders of people never seen, made again from their factors alone, beside two controls.

The controls say what a figure is worth: the nearest picture that the fit did see (by standardised factors,
mirror images included), and earlier weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from models.stylegan2 import to_uint8
from training.cast.factors import FACTOR_NAMES, mirror_factors
from training.cast.manifest import Cast, Record
from training.cast.pictures import load_pictures
from training.evaluation.distances import IndependentDistance, l1, measured, own_distance
from training.evaluation.faces import (
    FaceReader,
    Pictures,
    Points,
    eye_distance,
    eyes_nose_mouth,
    landmark_error,
    resized,
)
from training.evaluation.report import Part, SkippedError, rounded, table
from training.factor_network import FactorGenerator

BATCH: Final = 8
LEAST_DEVIATION: Final = 0.05  # of a factor: one that hardly varies must not decide who is near
YOUNG, YEARS_YOUNG, YEARS_A_UNIT = 2 / 3, 25.0, 195.0  # MakeHuman's age: 2/3 is 25 years, 1 is 90

Figures = dict[str, NDArray[np.float64]]  # name of a picture's maker → a figure each picture


# --- pictures -----------------------------------------------------------------------------------------------


@torch.inference_mode()
def rendered(model: FactorGenerator, factors: NDArray[np.float64], resolution: int, label: str) -> Pictures:
    """Factors [N, F] → uint8 [N, resolution, resolution, 3]."""
    pictures = np.empty((len(factors), resolution, resolution, 3), np.uint8)
    for first in tqdm(range(0, len(factors), BATCH), desc=label, unit="batch", mininterval=5):
        ws = model.ws(torch.from_numpy(factors[first : first + BATCH]).float())
        made = to_uint8(model.generator.synthesis(ws, noise_mode="none")).numpy()
        pictures[first : first + BATCH] = [resized(picture, resolution) for picture in made]
    return pictures


def nearest(wanted: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.int64]:
    """Factors [N, F] and [M, F] → for each of N the nearest of M, every factor measured by its spread."""
    deviation = known.std(0) + LEAST_DEVIATION
    wanted, known = wanted / deviation, known / deviation
    squares = (known**2).sum(1) - 2 * wanted @ known.T  # + |wanted|², which decides nothing
    found: NDArray[np.int64] = squares.argmin(1)
    return found


def nearest_pictures(wanted: Cast, training: Cast, resolution: int) -> Pictures:
    """For each picture the training's nearest by factors, turned where its mirror image is nearer."""
    both = np.concatenate([training.factors, mirror_factors(training.factors)])
    index = nearest(wanted.factors, both)
    num = len(training.records)
    pictures = load_pictures([training.records[k % num].picture for k in index], resolution)
    pictures[index >= num] = pictures[index >= num, :, ::-1]
    return pictures


# --- landmarks ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrueFace:
    """A render's landmarks as dlib finds them: what those of other pictures are compared with."""

    box: Any
    points: Points


def landmark_figures(
    reader: FaceReader, truth: Pictures, made: Mapping[str, Pictures]
) -> tuple[Figures, list[TrueFace | None]]:
    """Errors [N] by maker, NaN where dlib finds no face in the render; and what it found in the renders.

    A made picture without a face of its own is read in the render's box, so that a blur cannot escape.
    """
    faces = [_true_face(reader, picture) for picture in tqdm(truth, desc="landmarks", mininterval=5)]
    errors = {}
    for name, pictures in made.items():
        pairs = tqdm(zip(pictures, faces, strict=True), desc=f"landmarks, {name}", mininterval=5)
        errors[name] = np.array([_error(reader, picture, face) for picture, face in pairs])
    return errors, faces


def _true_face(reader: FaceReader, picture: NDArray[np.uint8]) -> TrueFace | None:
    box = reader.box(picture)
    return None if box is None else TrueFace(box, reader.points(picture, box))


def _error(reader: FaceReader, picture: NDArray[np.uint8], face: TrueFace | None) -> float:
    if face is None:
        return float("nan")
    box = reader.box(picture)
    return landmark_error(reader.points(picture, face.box if box is None else box), face.points)


def finder_error(faces: list[TrueFace | None], landmarks: NDArray[np.float32]) -> float:
    """dlib on the renders against the manifest's five points: no landmark figure can be believed below it."""
    pairs = zip(faces, landmarks, strict=True)
    errors = [
        np.linalg.norm(eyes_nose_mouth(face.points) - true, axis=1).mean() / eye_distance(face.points)
        for face, true in pairs
        if face is not None
    ]
    return float(np.median(errors)) if errors else float("nan")


# --- groups -------------------------------------------------------------------------------------------------


def groups_of(cast: Cast) -> dict[str, NDArray[np.bool_]]:
    """Name → which pictures: all, by sex, by age, by skin tone."""
    factors = cast.factors
    column = {
        name: factors[:, FACTOR_NAMES.index(name)]
        for name in ("phenotype.gender", "phenotype.age", "skin.tone")
    }
    woman = column["phenotype.gender"] > 0.5
    years = YEARS_YOUNG + YEARS_A_UNIT * (column["phenotype.age"] - YOUNG)
    tone = column["skin.tone"]
    return {
        "all": np.ones(len(factors), bool),
        "women": woman,
        "men": ~woman,
        "under 30 years": years < 30,
        "30 to 59": (years >= 30) & (years < 60),
        "60 and over": years >= 60,
        "light skin (tone < .3)": tone < 0.3,
        "medium (.3 to .55)": (tone >= 0.3) & (tone < 0.55),
        "dark (from .55)": tone >= 0.55,
    }


def num_people(records: list[Record]) -> int:
    return len({record.identity_seed for record in records})


def medians(cast: Cast, figures: Figures) -> dict[str, dict[str, float | int | None]]:
    """Group → pictures, people, and the median of each maker's figures; None for a group of nobody."""
    result: dict[str, dict[str, float | int | None]] = {}
    for group, members in groups_of(cast).items():
        shown = [record for record, is_member in zip(cast.records, members, strict=True) if is_member]
        result[group] = {"pictures": len(shown), "people": num_people(shown)}
        for name, values in figures.items():
            known = values[members & ~np.isnan(values)]
            result[group][name] = rounded(np.median(known)) if len(known) else None
    return result


# --- the part -----------------------------------------------------------------------------------------------


def sharp(cast: Cast, resolution: int) -> Cast:
    """The pictures that are sharp at `resolution`."""
    return Cast(tuple(record for record in cast.records if record.finest >= resolution))


def evenly(cast: Cast, num: int | None) -> Cast:
    """At most `num` of its pictures, evenly spaced."""
    records = cast.records
    if num is None or num >= len(records):
        return cast
    return Cast(tuple(records[k] for k in np.linspace(0, len(records) - 1, num).round().astype(int)))


def measure_held_out(
    cast: Cast,
    fitted: FactorGenerator,
    baseline: FactorGenerator | None,
    resolution: int,
    limit: int | None = None,
) -> Part:
    """Pictures of people never seen, from factors, compared at `resolution`; at most `limit` of them."""
    wanted = evenly(sharp(cast.held_out(), resolution), limit)
    training = sharp(cast.training(), resolution)
    if not wanted.records or not training.records:
        raise SkippedError(f"no held-out pictures, or none to compare with, that are sharp at {resolution}²")
    truth = load_pictures([record.picture for record in wanted.records], resolution)
    made = {"this": rendered(fitted, wanted.factors, resolution, "held out, this")}
    if baseline is not None:
        made["previous"] = rendered(baseline, wanted.factors, resolution, "held out, previous")
    made["nearest"] = nearest_pictures(wanted, training, resolution)
    metrics, notes = _metrics(truth, made, wanted)
    figures = {metric: medians(wanted, values) for metric, values in metrics.items()}
    lines = [*notes]
    for metric, groups in figures.items():
        header = (metric, "pictures", "people", *made)
        lines += ["", *table(header, [[group, *row.values()] for group, row in groups.items()])]
    title = f"at {resolution}², medians; 'nearest' is the training picture nearest in its factors"
    people = num_people(list(wanted.records))
    counts = {"resolution": resolution, "pictures": len(wanted.records), "people": people}
    return Part(title, {**counts, "medians": figures, "notes": notes}, lines)


def _metrics(
    truth: Pictures, made: dict[str, Pictures], wanted: Cast
) -> tuple[dict[str, Figures], list[str]]:
    """Metric → figures by maker, and notes on what the metrics are worth or why one is missing."""
    own, notes = own_distance(), list[str]()
    metrics = {
        "L1 in [-1, 1]": {name: measured(l1, pictures, truth) for name, pictures in made.items()},
        "perceptual, MobileNetV2 (the fit's own)": {n: measured(own, p, truth) for n, p in made.items()},
    }
    try:
        other = IndependentDistance()
        metrics["perceptual, EfficientNet-Lite0"] = {n: measured(other, p, truth) for n, p in made.items()}
    except SkippedError as reason:
        notes.append(f"independent perceptual distance: skipped, {reason}")
    try:
        errors, faces = landmark_figures(FaceReader(), truth, made)
        metrics["68 landmarks, in eye distances"] = errors
        found = sum(face is not None for face in faces)
        notes.append(
            f"landmarks: dlib finds a face in {found} of {len(truth)} renders; its eyes, nose and mouth "
            f"corners lie {finder_error(faces, wanted.landmarks):.4f} from the manifest's there (median)"
        )
    except SkippedError as reason:
        notes.append(f"landmarks: skipped, {reason}")
    return metrics, notes
