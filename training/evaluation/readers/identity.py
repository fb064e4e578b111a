"""Does the identity reader tell people apart, whatever they do and however they are lit?

Beside it an outsider: dlib's network, taught on photographs of others. Where both rank pairs alike, the
reader looks at faces, and not at what else tells rendered people apart.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from training.agreement import area_under_curve, pairs_of
from training.cast.manifest import Record
from training.evaluation.readers.material import OURS, OUTSIDER, Material, known
from training.evaluation.readers.who import Codes, Gallery, equal_error_rate, likeness
from training.evaluation.report import Part, SkippedError, rounded, table

NUM_FIRST: Final = 10


def is_of_subject(record: Record) -> bool:
    """Studio and repertoire, without the ages: there the person is not quite the same."""
    return record.split != "population" and not record.category.startswith("age")


def measure_identity(material: Material) -> Part:
    """How well pairs of one person are told from pairs of two, by both witnesses; and how far they agree."""
    _ = material.identity_reader  # without it there is nothing to measure
    seen = material.held_out
    subjects = seen.only(np.flatnonzero([is_of_subject(record) for record in seen.cast.records]))
    if len(set(subjects.people)) < 2:
        raise SkippedError("fewer than two subjects are held out")
    witnesses, notes = material.witnesses
    codes = {name: describe(subjects.pictures) for name, describe in witnesses.items()}
    is_face = ~np.any([np.isnan(own).any(1) for own in codes.values()], axis=0)
    still = np.array([record.is_expression for record in subjects.cast.records])
    pairs = {
        name: pair_figures(own[is_face], subjects.people[is_face], still[is_face])
        for name, own in codes.items()
    }
    notes.append(f"pictures in which every witness finds a face: {is_face.sum()} of {len(is_face)}")
    header = ("", "pairs of one", "of two", *(f"{name}, {what}" for name in pairs for what in ("AUC", "EER")))
    rows = [
        [
            split,
            first["same"],
            first["different"],
            *(own[split][what] for own in pairs.values() for what in ("auc", "eer")),
        ]
        for split, first in pairs[OURS].items()
    ]
    figures: dict[str, Any] = {"people": len(set(subjects.people)), "pairs": pairs, "notes": notes}
    lines = [*table(header, rows), *notes]
    if OUTSIDER in witnesses:
        figures["agreement"] = agreement(material.gallery)
        lines.append(agreement_line(figures["agreement"]))
    title = f"Identity reader: {len(is_face)} renders of {figures['people']} people never seen, all pairs"
    return Part(title, figures, lines)


def pair_figures(
    codes: Codes, people: NDArray[np.int64], still: NDArray[np.bool_]
) -> dict[str, dict[str, Any]]:
    """Split → pairs and how well they are told apart; `still` [N]: neither light nor pose is changed."""
    alike, same = pairs_of(likeness(codes, codes), people)
    num_still, _ = pairs_of(still[:, None].astype(int) + still, people)
    splits = {
        "all": np.ones(len(same), bool),
        "expressions": num_still == 2,
        "another light, pose or gaze": num_still < 2,
    }
    return {
        name: {
            "same": int((same & members).sum()),
            "different": int((~same & members).sum()),
            "auc": known(area_under_curve(alike[members], same[members])),
            "eer": known(equal_error_rate(alike[members], same[members])),
        }
        for name, members in splits.items()
    }


def agreement(gallery: Gallery) -> dict[str, Any]:
    """Of the two witnesses, on one picture of everybody: are the same people alike to both?"""
    ours, theirs = gallery.codes[OURS], gallery.codes[OUTSIDER]
    is_face = ~np.isnan(theirs).any(1)
    num = int(is_face.sum())
    if num < 3:
        return {"people": num, "spearman": None, "same_most_alike": None, "in_first_ten": None}
    alike = [likeness(codes[is_face], codes[is_face]) for codes in (ours, theirs)]
    upper = np.triu_indices(num, k=1)
    for own in alike:
        np.fill_diagonal(own, -np.inf)
    most, order = alike[1].argmax(1), np.argsort(-alike[0], axis=1)
    return {
        "people": num,
        "spearman": known(spearmanr(alike[0][upper], alike[1][upper]).statistic),
        "same_most_alike": rounded((order[:, 0] == most).mean()),
        "in_first_ten": rounded((order[:, :NUM_FIRST] == most[:, None]).any(1).mean()),
    }


def agreement_line(figures: dict[str, Any]) -> str:
    if figures["spearman"] is None:
        return f"agreement of the two: nothing to say of {figures['people']} people"
    num = figures["people"]
    return (
        f"agreement of the two on {num} people: likenesses correlate by {figures['spearman']:.3f} "
        f"(Spearman); the most alike to dlib is ours too for {figures['same_most_alike']:.1%} (by chance "
        f"{1 / (num - 1):.1%}), and among our first ten for {figures['in_first_ten']:.1%} "
        f"({min(1.0, NUM_FIRST / (num - 1)):.1%})"
    )
