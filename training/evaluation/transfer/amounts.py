"""How much is measured: the whole, and a small share of everything."""

from dataclasses import dataclass
from typing import Final

from training.dataset import NUM_FOLDS
from training.fit_pseudo_autoencoder import BEST_ADDITIONS, Plan

# Never taught, neither as a source nor as a target: compounds whose units are taught apart.
UNSEEN: Final = ("awed", "happily_disgusted", "sadly_fearful")


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much."""

    folds: int = NUM_FOLDS  # of the five, how many are fitted
    seeds: int = 3
    epochs: int = 150
    pairs: int = 2_048  # of an epoch, in the comparison
    literal_pairs: int | None = None  # of an epoch, in the readings of the published text; None: all
    few_pairs: int = 2_048  # of an epoch, in the readings that are not run in full
    transplanted: int = 4_000  # people of random z
    subjects: tuple[int, ...] = (10, 20, 40, 67)  # taught; the last: all of a fold
    pairs_each: int = 2  # that are judged of every subject …
    unseen_each: int = 1  # … and towards categories never taught
    fold_pairs_each: int = 5  # where fits are compared on one fold
    strangers: int = 24  # random people, and as many of the population
    gestures_each: int = 2  # of random people and of the population; photographs do six
    chained: int = 8  # people
    counts: tuple[int, ...] = (10, 100, 1_000, 10_000)  # chained edits
    ways: int = 44  # pairs (S, T) walked directly and by way of neutral
    steps: int = 9  # of a walk
    sheets: int = 6  # people
    resamples: int = 200  # of subjects, for intervals


FULL: Final = Amounts()
QUICK: Final = Amounts(
    folds=1,
    seeds=1,
    epochs=15,
    pairs=1_024,
    literal_pairs=1_024,
    few_pairs=256,
    transplanted=200,
    subjects=(10, 67),
    pairs_each=1,
    fold_pairs_each=1,
    strangers=4,
    gestures_each=1,
    chained=2,
    counts=(10, 100),
    ways=3,
    steps=5,
    sheets=1,
    resamples=20,
)


def best_plan(preset: str, amounts: Amounts, seed: int = 0) -> Plan:
    """The main models. The published one sets out from a copy: see its readings.

    The residual one takes a third of its budget: most of it is solved for, and more changes nothing.
    """
    is_residual = preset == "residual"
    return Plan(
        preset,
        epochs=amounts.epochs // 3 if is_residual else amounts.epochs,
        pairs_per_epoch=amounts.pairs,
        is_copy_at_first=not is_residual,
        additions=BEST_ADDITIONS if is_residual else Plan().additions,
        seed=seed,
    )
