"""Who is who, by two witnesses: our identity reader, and dlib's network, which was taught by others.

A witness turns a picture into 128 numbers; the nearer two pictures lie, the likelier they show one person.
Ours are unit vectors, so that distance orders pairs exactly as cosines do, and one measure serves both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from tqdm import tqdm

from training.evaluation.faces import FaceReader, Pictures

NUM_OTHERS: Final = 100  # among whom somebody is looked for
CODE_SIZE: Final = 128

Codes = NDArray[np.float64]  # [N, 128]; NaN where no face was found
Witness = Callable[[Pictures], Codes]


def dlib_witness(reader: FaceReader) -> Witness:
    """dlib's identity network as a witness."""

    def describe(pictures: Pictures) -> Codes:
        found = [reader.descriptor(picture) for picture in tqdm(pictures, "dlib", mininterval=5)]
        nobody = np.full(CODE_SIZE, np.nan)
        return np.array([nobody if code is None else code for code in found]).reshape(-1, CODE_SIZE)

    return describe


def likeness(a: Codes, b: Codes) -> NDArray[np.float64]:
    """Codes [N, 128] and [M, 128] → how alike, [N, M]: minus their distances; NaN without a face."""
    alike: NDArray[np.float64] = -cdist(a, b)
    return alike


def equal_error_rate(alike: NDArray[np.floating], same: NDArray[np.bool_]) -> float:
    """The share of errors at the threshold that takes two people for one as often as one for two."""
    if same.all() or not same.any():
        return float("nan")
    thresholds = np.unique(alike)
    taken_for_one = 1 - np.searchsorted(np.sort(alike[~same]), thresholds) / (~same).sum()
    taken_for_two = np.searchsorted(np.sort(alike[same]), thresholds) / same.sum()
    nearest = np.abs(taken_for_one - taken_for_two).argmin()
    return float(taken_for_one[nearest] + taken_for_two[nearest]) / 2


def spread(rows: NDArray[np.int64], num: int) -> NDArray[np.int64]:
    """At most `num` of them, evenly spaced."""
    chosen: NDArray[np.int64] = rows[np.linspace(0, len(rows) - 1, min(num, len(rows))).round().astype(int)]
    return chosen


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """One picture of everybody, as each witness describes it."""

    people: NDArray[np.int64]  # [P]
    codes: Mapping[str, Codes]  # witness → [P, 128]

    def others(self, person: int) -> NDArray[np.int64]:
        """Up to a hundred other people, evenly spaced: their rows."""
        return spread(np.flatnonzero(self.people != person), NUM_OTHERS)


def ranks(
    witness: str, seen: Codes, wanted: Codes, people: NDArray[np.int64], gallery: Gallery
) -> NDArray[np.float64]:
    """Pictures of people [N], and one that is wanted for each → its rank among a hundred others, from 1.

    A tie counts against it, and a picture without a face finds it last; NaN where the wanted has none.
    """
    found = np.full(len(people), np.nan)
    for row, person in enumerate(people):
        if np.isnan(wanted[row]).any():
            continue
        others = gallery.codes[witness][gallery.others(int(person))]
        others = others[~np.isnan(others).any(1)]
        alike = likeness(seen[row : row + 1], np.concatenate([wanted[row : row + 1], others]))[0]
        found[row] = len(alike) if np.isnan(alike).any() else (alike >= alike[0]).sum()
    return found
