"""What a prediction is worth: how much of the person is left, and how much of the expression is there.

    identity    (likeness to the true target − floor) / (ceiling − floor), averaged over witnesses;
                floor: different people showing the same, ceiling: one person's real S and real T
    expression  ICC of what is read with what was asked, averaged over 16 units, in shares of what the same
                reader gives on the projected true targets
    harmonic    2 · identity · expression / (identity + expression), both clipped to [0, 1]: neither alone

Averages come first, clipping last: a figure that was clipped picture by picture would flatter the noisy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.au_reader import SHOWN_FROM, likeliest_category
from training.agreement import intraclass_correlation
from training.evaluation.readers.units import COLUMNS
from training.evaluation.readers.who import Codes, likeness

Aus = NDArray[np.floating]  # [N, 43] in [0, 1]
Figures = dict[str, float]  # NaN where nothing can be said
MAIN: Final = ("identity", "expression", "harmonic")
LEAST_PAIRS: Final = 20  # of people who show the same, each counted from both sides
LEAST_PICTURES: Final = 3  # of which an ICC says something


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What N predictions are held against."""

    subjects: NDArray[np.int64]  # [N]: the same number is the same person
    labels: tuple[str, ...]  # [N] of the targets
    asked: Aus  # a_T
    read: Aus  # of the projected true targets: the expression's ceiling
    source: Mapping[str, Codes]  # witness → [N, 128] of the real S …
    target: Mapping[str, Codes]  # … and of the real T

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, rows: NDArray[np.int64]) -> "Wanted":
        """These of them, as often as they are named."""
        return Wanted(
            self.subjects[rows],
            tuple(self.labels[row] for row in rows),
            self.asked[rows],
            self.read[rows],
            {name: codes[rows] for name, codes in self.source.items()},
            {name: codes[rows] for name, codes in self.target.items()},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What N predicted pictures show."""

    aus: Aus
    codes: Mapping[str, Codes]

    def rows(self, rows: NDArray[np.int64]) -> "Seen":
        return Seen(self.aus[rows], {name: codes[rows] for name, codes in self.codes.items()})


# --- identity -----------------------------------------------------------------------------------------------


def paired(a: Codes, b: Codes) -> float:
    """Mean likeness of [N, 128] and [N, 128], row by row; pictures without a face do not count."""
    return mean(-np.linalg.norm(a - b, axis=1))


def floor_of(wanted: Wanted, codes: Codes) -> float:
    """Mean likeness of the real targets of different people who show the same; of few, anything."""
    labels = np.array(wanted.labels)
    is_other = wanted.subjects[:, None] != wanted.subjects[None]
    is_alike = is_other & (labels[:, None] == labels[None])
    return mean(likeness(codes, codes)[is_alike if is_alike.sum() >= LEAST_PAIRS else is_other])


def identities(seen: Seen, wanted: Wanted) -> Figures:
    """Witness → identity, not clipped: 0 is somebody else, 1 the same person as the renderer shows them."""
    found = {}
    for witness, target in wanted.target.items():
        floor, ceiling = floor_of(wanted, target), paired(wanted.source[witness], target)
        found[witness] = (paired(seen.codes[witness], target) - floor) / (ceiling - floor)
    return found


# --- expression ---------------------------------------------------------------------------------------------


def agreement(read: Aus, asked: Aus) -> float:
    """Mean ICC(3,1) over those of the 16 units that are asked for by some and not by others."""
    if len(asked) < LEAST_PICTURES:
        return float("nan")
    varied = [column for column in COLUMNS if np.ptp(asked[:, column]) > 0]
    return mean([intraclass_correlation(read[:, column], asked[:, column]) for column in varied])


def f1(read: Aus, asked: Aus) -> float:
    """F1 of the 16 units, counted together; shown is from 0.3."""
    said, shown = (aus[:, COLUMNS] >= SHOWN_FROM for aus in (read, asked))
    both, either = (said & shown).sum(), said.sum() + shown.sum()
    return float(2 * both / either) if either else float("nan")


def accuracy(read: Aus, labels: Sequence[str]) -> float:
    """How often the likeliest of the 22 categories is the one that was asked for."""
    return mean([likeliest_category(aus) == label for aus, label in zip(read.tolist(), labels, strict=True)])


# --- both ---------------------------------------------------------------------------------------------------


def clipped(share: float) -> float:
    """To [0, 1]; NaN stays."""
    return float(np.clip(share, 0, 1))


def harmonic_mean(a: float, b: float) -> float:
    """2ab / (a + b) of shares in [0, 1]; 0 where either is."""
    return 2 * a * b / (a + b) if a + b else 0.0


def main_scores(seen: Seen, wanted: Wanted) -> Figures:
    """The three that decide."""
    identity = clipped(mean(list(identities(seen, wanted).values())))
    ceiling = agreement(wanted.read, wanted.asked)
    expression = clipped(agreement(seen.aus, wanted.asked) / ceiling if ceiling else float("nan"))
    return dict(zip(MAIN, (identity, expression, harmonic_mean(identity, expression)), strict=True))


def scores(seen: Seen, wanted: Wanted) -> Figures:
    """All figures of one model."""
    by_witness = identities(seen, wanted)
    return {
        **main_scores(seen, wanted),
        **{f"identity, {witness}": value for witness, value in by_witness.items()},
        "icc": agreement(seen.aus, wanted.asked),
        "icc, ceiling": agreement(wanted.read, wanted.asked),
        "f1": f1(seen.aus, wanted.asked),
        "f1, ceiling": f1(wanted.read, wanted.asked),
        "category": accuracy(seen.aus, wanted.labels),
        "category, ceiling": accuracy(wanted.read, wanted.labels),
    }


def mean(values: Sequence[float] | NDArray[np.floating]) -> float:
    """Of those that are numbers; NaN of none."""
    found = np.asarray(values, np.float64)
    found = found[~np.isnan(found)]
    return float(found.mean()) if found.size else float("nan")


def percentile(values: Sequence[float], q: float) -> float:
    """Of those that are numbers; NaN of none."""
    found = [value for value in values if not np.isnan(value)]
    return float(np.percentile(found, q)) if found else float("nan")


def over(figures: Sequence[Figures], reduce: Callable[[Sequence[float]], float] = mean) -> Figures:
    """Figure by figure, over models that differ in their seed only."""
    return {name: reduce([own[name] for own in figures]) for name in figures[0]}


def intervals(seen: Sequence[Seen], wanted: Wanted, num: int) -> dict[str, tuple[float, float]]:
    """95 % of `num` resamples of the subjects; of each, the mean over models that differ in their seed."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(wanted.subjects == subject) for subject in np.unique(wanted.subjects)]
    found: list[Figures] = []
    for _ in range(num):
        rows = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        found.append(over([main_scores(own.rows(rows), wanted.rows(rows)) for own in seen]))
    low, high = (over(found, partial(percentile, q=q)) for q in (2.5, 97.5))
    return {name: (low[name], high[name]) for name in MAIN}
