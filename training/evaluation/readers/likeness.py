"""Does the encoder find the person? Pictures, landmarks, units and identity of projections, and their scene.

Half of the faces are studio subjects', in several expressions: a projection must be known by another picture
of the same person. The other half are the population's, one picture each: there it must be known by the
picture itself. Each is projected as it was rendered, and as a camera might have seen it; always it is the
clean picture that the projection is compared with.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.agreement import intraclass_correlation
from training.camera import TIGHT, photographed
from training.evaluation.distances import IndependentDistance, l1, measured
from training.evaluation.faces import Pictures
from training.evaluation.held_out import landmark_figures
from training.evaluation.readers.material import Material, Seen, known
from training.evaluation.readers.projections import make_all
from training.evaluation.readers.scene import scene_figures, scene_line
from training.evaluation.readers.units import COLUMNS, read_faces
from training.evaluation.readers.who import NUM_OTHERS, ranks, spread
from training.evaluation.report import Part, SkippedError, rounded, table

SEED: Final = 31
ITSELF: Final = "itself"  # the face as it was given, in the place of its projection

Made = dict[str, Pictures]  # maker → [N, 256, 256, 3]
Rows = dict[str, dict[str, float | None]]  # figure → maker → value


# --- which faces --------------------------------------------------------------------------------------------


def chosen_rows(seen: Seen, num: int) -> NDArray[np.int64]:
    """Half from the studio, half from the population, or more of one where the other has too few."""
    is_population = np.array([record.split == "population" for record in seen.cast.records])
    is_studio = np.array([record.split == "studio" for record in seen.cast.records])
    studio, population = np.flatnonzero(is_studio), np.flatnonzero(is_population)
    subjects = spread(studio, max(num // 2, num - len(population)))
    return np.concatenate([subjects, spread(population, num - len(subjects))])


def wanted_row(seen: Seen, row: int) -> int:
    """The picture by which somebody is to be known: theirs with another expression, or the same one."""
    records = seen.cast.records
    for other in np.flatnonzero(seen.people == seen.people[row]):
        if records[other].split == "studio" and records[other].category != records[row].category:
            return int(other)
    return row


# --- the part -----------------------------------------------------------------------------------------------


def measure_likeness(material: Material) -> Part:
    """Projections of people never seen, clean and through a camera, beside the nearest training picture."""
    _ = material.encoder  # without it there is nothing to measure
    seen = material.held_out
    chosen = chosen_rows(seen, material.amounts.projected)
    if not len(chosen):
        raise SkippedError("neither the studio nor the population has pictures held out")
    clean = seen.pictures[chosen]
    generator = np.random.default_rng(SEED)
    conditions = {
        "clean": clean,
        "through a camera": np.stack([photographed(picture, generator, TIGHT) for picture in clean]),
    }
    num_others = min(NUM_OTHERS, len(material.gallery.people) - 1)
    notes = [f"ranks are among {num_others} other people and the right one", *material.witnesses[1]]
    figures: dict[str, Any] = {"pictures": len(chosen), "people": len(set(seen.people[chosen]))}
    lines: list[str] = []
    for name, given in conditions.items():
        made = make_all(material, given, name)
        pictures = {ITSELF: given, **made.pictures}
        rows = picture_rows(material, clean, pictures, notes) | rank_rows(material, chosen, pictures)
        figures[name] = rows
        header = (name, *pictures)
        lines += ["", *table(header, [[figure, *values.values()] for figure, values in rows.items()])]
        if name == "clean":
            figures["scene"] = scene_figures(material, made.usual)
    lines += ["", scene_line(figures["scene"])]
    notes = list(dict.fromkeys(notes))
    title = (
        f"Encoder: {len(chosen)} renders of {figures['people']} people never seen; medians; 'nearest' is the "
        "training picture with the nearest w"
    )
    return Part(title, figures | {"notes": notes}, [*notes, *lines])


def picture_rows(material: Material, clean: Pictures, made: Made, notes: list[str]) -> Rows:
    """How far each maker's pictures are from the clean ones; what cannot be measured adds a note."""
    rows: Rows = {"L1 in [-1, 1]": medians({name: measured(l1, own, clean) for name, own in made.items()})}

    def perceptual() -> Rows:
        distance = IndependentDistance()
        values = {name: measured(distance, own, clean) for name, own in made.items()}
        return {"perceptual, EfficientNet-Lite0": medians(values)}

    def landmarks() -> Rows:
        errors, _ = landmark_figures(material.dlib, clean, made)
        return {"68 landmarks, in eye distances": medians(errors)}

    parts: dict[str, Callable[[], Rows]] = {
        "perceptual distance": perceptual,
        "landmarks": landmarks,
        "units": lambda: unit_rows(material, clean, made),
    }
    for name, measure in parts.items():
        try:
            rows |= measure()
        except SkippedError as reason:
            notes.append(f"{name}: skipped, {reason}")
    return rows


def medians(figures: dict[str, NDArray[np.float64]]) -> dict[str, float | None]:
    """Of each maker, over the pictures that could be measured."""
    return {
        name: None if np.isnan(values).all() else known(np.nanmedian(values))
        for name, values in figures.items()
    }


def unit_rows(material: Material, clean: Pictures, made: Made) -> Rows:
    """What the AU reader sees in the clean pictures, and in what was made of them: is it the same?"""
    truth = read_faces(material.au_reader, clean).aus[:, COLUMNS].ravel()
    read = {name: read_faces(material.au_reader, own).aus[:, COLUMNS].ravel() for name, own in made.items()}
    return {
        "units kept: ICC over 16": {k: known(intraclass_correlation(v, truth)) for k, v in read.items()},
        "units kept: mean difference": {k: rounded(np.abs(v - truth).mean()) for k, v in read.items()},
    }


def rank_rows(material: Material, chosen: NDArray[np.int64], made: Made) -> Rows:
    """By both witnesses, by what it must be known: the rank of whom it should be, and how often that is 1."""
    seen, gallery = material.held_out, material.gallery
    wanted = np.array([wanted_row(seen, int(row)) for row in chosen])
    groups = {"by another expression": wanted != chosen, "by the same picture": wanted == chosen}
    rows: Rows = {}
    for witness, describe in material.witnesses[0].items():
        true = describe(seen.pictures[wanted])
        found = {
            name: ranks(witness, describe(own), true, seen.people[chosen], gallery)
            for name, own in made.items()
        }
        for group, members in groups.items():
            if not members.any():
                continue
            own = {name: values[members] for name, values in found.items()}
            first = {name: known(_share_first(values)) for name, values in own.items()}
            rows[f"{witness}, {group}: rank"] = medians(own)
            rows[f"{witness}, {group}: share at rank 1"] = first
    return rows


def _share_first(found: NDArray[np.float64]) -> float:
    found = found[~np.isnan(found)]
    return float((found == 1).mean()) if len(found) else float("nan")
