"""What all parts share: expressions, fitted models, pictures that were looked at. Everything lasts.

Fits are kept in the folder under the hash of their plan and of what they were taught, readings under that of
their latents; so a command that was stopped goes on, and a part that is measured again costs little.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from torch import Tensor

from models.checkpoint import companion_path, file_sha256
from models.pictures import ALIGNED_PX
from models.pseudo_autoencoder import PseudoAutoencoder
from training.calibration import calibrate_units
from training.dataset import Expressions, Sample
from training.evaluation.faces import Pictures
from training.evaluation.readers.material import Material
from training.evaluation.readers.who import Codes
from training.evaluation.transfer.amounts import Amounts, best_plan
from training.evaluation.transfer.eyes import (
    BATCH,
    Sight,
    drawn,
    joined,
    key_of,
    looked_at,
    progress,
    recalled,
    remember,
)
from training.evaluation.transfer.predictors import Predict, of_model
from training.evaluation.transfer.scores import Wanted
from training.evaluation.transfer.trials import Trials, folds_of, held_out, judged, taught
from training.fit_pseudo_autoencoder import Plan, fit, random_people, start
from training.framing import Framer
from training.latent_store import Store, Way
from training.lessons import Lessons
from training.run import Budget, load_state, save_state

MODELS: Final = ("paper", "residual")


class UnfinishedError(Exception):
    """The minutes are spent; the same command goes on."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are and how they came to be."""

    folder: Path  # fits, readings, results
    store: Store
    way: Way


class Laboratory:
    """Models and readings on demand; every method raises UnfinishedError when the minutes are spent."""

    def __init__(
        self,
        material: Material,
        shown: Expressions,
        population: Sequence[Sample],
        place: Place,
        amounts: Amounts,
        minutes: float,
    ) -> None:
        """`shown`: the projected pictures of subjects, without the population."""
        self.material, self.shown, self.population = material, shown, population
        self.place, self.amounts = place, amounts
        self.budget = Budget(minutes, "evaluate")
        self.framer = Framer()

    @property
    def folds(self) -> range:
        return range(self.amounts.folds)

    def check_budget(self) -> None:
        if self.budget.is_spent:
            raise UnfinishedError

    # --- models

    def fitted(self, plan: Plan, own: Expressions, label: str = "") -> PseudoAutoencoder:
        """A model fitted to `own` by the plan: the one kept, or a new one."""
        num_people = self.amounts.transplanted if plan.additions.transplanted else 0
        labels = [(sample.subject, sample.label) for sample in own.samples]
        key = key_of(plan, labels, own.ws, own.aus, own.controls, num_people)
        whole, running = (self.place.folder / "fits" / (key + suffix) for suffix in (".model", ".pt"))
        saved = load_state(whole)
        if saved is not None:
            model = PseudoAutoencoder(plan.preset, *own.ws.shape[1:])
        else:
            self.check_budget()
            model = start(plan, own)
            whole.parent.mkdir(parents=True, exist_ok=True)
            people = random_people(self.material.generator, num_people) if num_people else None
            minutes = self.budget.minutes - (time.monotonic() - self.budget.started_s) / 60
            lessons = Lessons(own, plan.additions, people, plan.seed)
            if not fit(model, lessons, plan, Budget(minutes, f"fit {plan.preset} {label}"), running):
                raise UnfinishedError
            if plan.is_residual:
                calibrate_units(model, self.material.generator, self.material.au_reader, own)
            save_state(whole, saved := model.state_dict())
            running.unlink(missing_ok=True)  # of no epochs there is none
        model.load_state_dict(saved)
        return model.eval().requires_grad_(False)

    def best(self, preset: str, fold: int, seed: int = 0, num_subjects: int | None = None) -> Predict:
        """The main model of a fold."""
        return of_model(self.best_model(preset, fold, seed, num_subjects))

    def best_model(
        self, preset: str, fold: int, seed: int = 0, num_subjects: int | None = None
    ) -> PseudoAutoencoder:
        """The main model of a fold, which has met none of its subjects."""
        plan = best_plan(preset, self.amounts, seed)
        own = taught(self.shown, fold, residual=plan.is_residual, num_subjects=num_subjects)
        return self.fitted(plan, own, f"fold {fold} seed {seed} {num_subjects or 'all'}")

    # --- what is judged

    @cached_property
    def trials(self) -> Trials:
        amounts = self.amounts
        return judged(self.shown, amounts.folds, amounts.pairs_each, amounts.unseen_each)

    def held_out(self, fold: int) -> Expressions:
        return held_out(self.shown, fold)

    def wanted(self, trials: Trials) -> Wanted:
        """What predictions of these pairs are held against."""
        subjects = list(folds_of(self.shown))
        samples = [self.shown.samples[row] for row in trials.target.tolist()]
        source, target = (self.rendered(rows.tolist()) for rows in (trials.source, trials.target))
        return Wanted(
            np.array([subjects.index(sample.subject) for sample in samples]),
            tuple(sample.label for sample in samples),
            self.shown.aus[trials.target].numpy().astype(np.float64),
            self.look(self.shown.ws[trials.target], "true targets").aus,
            source,
            target,
        )

    # --- pictures

    @cached_property
    def _eyesight(self) -> tuple[str, ...]:
        """What readings depend on beside the pictures."""
        reader = file_sha256(companion_path(self.material.weights.path, "au_reader"))
        return self.material.weights.sha256, reader, *self.material.witnesses[0]

    def look(self, ws: Tensor, label: str, *, who: bool = True) -> Sight:
        """Latents [N, num_ws, w_dim] → what the generator's pictures of them show."""
        path = self.place.folder / "seen" / (key_of(ws, who, self._eyesight) + ".npz")
        if (known := recalled(path)) is not None:
            return known
        parts = []
        for first in progress(len(ws), label):
            self.check_budget()
            pictures = drawn(self.material.generator, ws[first : first + 4 * BATCH])
            parts.append(looked_at(self.material, pictures, who=who))
        remember(path, sight := joined(parts))
        return sight

    def rendered(self, rows: Sequence[int]) -> dict[str, Codes]:
        """Witness → who is in the real pictures of these rows, aligned as they were projected [N, 128]."""
        samples = [self.shown.samples[row] for row in rows]
        addresses = [self.place.store.address(sample, self.place.way) for sample in samples]
        path = self.place.folder / "seen" / (key_of("rendered", addresses, self._eyesight) + ".npz")
        sight = recalled(path)
        if sight is None:
            parts = []
            for first in progress(len(rows), "real pictures"):
                self.check_budget()
                parts.append(
                    looked_at(self.material, self.aligned(rows[first : first + 4 * BATCH]), who=True)
                )
            remember(path, sight := joined(parts))
        return dict(sight.codes)

    def aligned(self, rows: Sequence[int]) -> Pictures:
        """The real pictures of these rows, in the frame of each subject's neutral one."""
        found = [self.framer.framed(self.shown.samples[row]) for row in rows]
        return np.array(found, np.uint8).reshape(-1, ALIGNED_PX, ALIGNED_PX, 3)
