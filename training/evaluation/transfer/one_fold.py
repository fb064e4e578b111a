"""Fits compared on one fold: what the residual model learns from, readings of the text, how many subjects."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from models.pseudo_autoencoder import PseudoAutoencoder
from training.evaluation.report import Part, table
from training.evaluation.transfer.amounts import UNSEEN, Amounts, best_plan
from training.evaluation.transfer.laboratory import MODELS, Laboratory
from training.evaluation.transfer.models import KINDS, NUM_EXPLAINED, known, model_lines, scored
from training.evaluation.transfer.predictors import of_model
from training.evaluation.transfer.trials import SEEN_TARGET, STUDIO, judged, taught
from training.fit_pseudo_autoencoder import Plan, explained
from training.lessons import Additions

FOLD: Final = 0
SHARES: Final = {"interrupted": 0.3, "transplanted": 0.5}
WEIGHT: Final = 0.5  # of the loss's additional terms


class Bench:
    """The fold's pairs, and what predictions of them are held against."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        amounts = lab.amounts
        everywhere = judged(lab.shown, FOLD + 1, amounts.fold_pairs_each, amounts.unseen_each)
        self.trials = everywhere.only(everywhere.rows(fold=FOLD))

    @cached_property
    def _wanted(self) -> Any:
        return self.lab.wanted(self.trials)

    def judge(self, model: PseudoAutoencoder, label: str) -> dict[str, Any]:
        """All figures of a model."""
        ws = of_model(model)(self.lab.shown, self.trials.source, self.trials.target)
        sight = self.lab.look(ws, label)
        by_kind = {kind: scored([sight], self._wanted, self.trials.rows(kind)) for kind in KINDS}
        latent = explained(model, self.lab.held_out(FOLD), NUM_EXPLAINED)
        return by_kind | {name: known(value) for name, value in latent.items()}


# --- ablations ----------------------------------------------------------------------------------------------


def ablations(amounts: Amounts) -> Iterator[tuple[str, Plan]]:
    """What each addition does alone, and other networks at the same budget."""
    best = best_plan("residual", amounts)
    base = replace(best, additions=Additions())
    yield "residual, least squares alone", replace(base, epochs=0)
    yield "residual, pairs alone", base
    for name, share in SHARES.items():
        yield f"+ {name}", replace(base, additions=Additions(**{name: share}))
    for name in ("cycle", "composition"):
        yield f"+ {name}", replace(base, additions=Additions(**{name: WEIGHT}))
    if best != base:
        yield "residual, as chosen", best
    paper = best_plan("paper", amounts)
    yield "paper", paper
    yield "paper, u once", replace(paper, preset="paper-once", is_copy_at_first=False)
    yield "paper, u five times, from random weights", replace(paper, is_copy_at_first=False)


def measure_ablations(lab: Laboratory) -> Part:
    """On one fold, at the budget of the comparison."""
    bench, found = Bench(lab), dict[str, Any]()
    for name, plan in ablations(lab.amounts):
        own = taught(lab.shown, FOLD, residual=plan.is_residual)
        found[name] = bench.judge(lab.fitted(plan, own, name), name)
    return Part("Ablations", {"pairs": _pairs(bench), "models": found}, model_lines(found))


def _pairs(bench: Bench) -> dict[str, int]:
    return {kind: len(bench.trials.rows(kind)) for kind in KINDS}


# --- the published text -------------------------------------------------------------------------------------


class Reading(NamedTuple):
    """A way to understand what the text leaves open."""

    lr: float
    is_copy_at_first: bool
    is_flat: bool

    @property
    def is_literal(self) -> bool:
        """Run over all pairs: what the text most likely means. The others see fewer."""
        return self == READINGS[0]

    def __str__(self) -> str:
        begun = "a copy" if self.is_copy_at_first else "random weights"
        return f"{self.lr:g}, from {begun}, {'all rows at once' if self.is_flat else 'rows shared'}"


READINGS: Final = (
    Reading(1e-3, is_copy_at_first=False, is_flat=False),
    Reading(1e-2, is_copy_at_first=False, is_flat=False),
    Reading(1e-3, is_copy_at_first=True, is_flat=False),
    Reading(1e-2, is_copy_at_first=True, is_flat=False),
    Reading(1e-3, is_copy_at_first=False, is_flat=True),
    Reading(1e-2, is_copy_at_first=False, is_flat=True),
)


def measure_readings(lab: Laboratory) -> Part:
    """150 epochs over ordered pairs of the studio's subjects, all categories: the likeliest over all."""
    bench, found = Bench(lab), dict[str, Any]()
    own = taught(lab.shown, FOLD, residual=False, unseen=()).only(lambda sample: sample.group == STUDIO)
    for reading in READINGS:
        preset = "paper-flat" if reading.is_flat else "paper"
        pairs = lab.amounts.literal_pairs if reading.is_literal else lab.amounts.few_pairs
        plan = Plan(
            preset,
            reading.lr,
            epochs=lab.amounts.epochs,
            pairs_per_epoch=pairs,
            is_copy_at_first=reading.is_copy_at_first,
        )
        found[str(reading)] = bench.judge(lab.fitted(plan, own, str(reading)), str(reading)) | {
            "pairs": min(pairs or len(own.pairs()), len(own.pairs()))
        }
    return Part("Readings of the published text", {"models": found}, model_lines(found))


# --- subjects -----------------------------------------------------------------------------------------------


def measure_subjects(lab: Laboratory) -> Part:
    """Both models, taught by ever more subjects, at one budget."""
    bench = Bench(lab)
    available = len(taught(lab.shown, FOLD, residual=False).subjects)
    found: dict[str, dict[str, Any]] = {preset: {} for preset in MODELS}
    for num in sorted({min(num, available) for num in lab.amounts.subjects}):
        for preset in MODELS:
            model = lab.best_model(preset, FOLD, num_subjects=None if num == available else num)
            found[preset][str(num)] = bench.judge(model, f"{preset}, {num} subjects")
    columns = [(preset, name) for preset in MODELS for name in ("identity", "harmonic")]
    header = ("subjects", *(f"{preset}, {name}" for preset, name in columns))
    rows = [
        [num, *(found[preset][num][SEEN_TARGET][name] for preset, name in columns)]
        for num in found[MODELS[0]]
    ]
    return Part("Number of subjects", {"models": found, "unseen": list(UNSEEN)}, table(header, rows))
