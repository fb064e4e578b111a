"""The models against one another and against what needs none: identity, expression, what was not asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.controls import CONTROLS
from models.pseudo_autoencoder import PseudoAutoencoder
from training.dataset import Expressions
from training.evaluation.report import Part, rounded, table
from training.evaluation.transfer.eyes import Sight, joined
from training.evaluation.transfer.laboratory import MODELS, Laboratory
from training.evaluation.transfer.predictors import Predict, copy, mean_delta, true_target
from training.evaluation.transfer.scores import MAIN, Wanted, intervals, mean, over, scores
from training.evaluation.transfer.trials import SEEN_TARGET, UNSEEN_TARGET, Trials, taught
from training.fit_pseudo_autoencoder import explained, learn_controls

COPY, DELTA, TRUE = "copy", "mean delta", "true target"
NUM_EXPLAINED: Final = 2_000  # pairs of a fold, for the latents' error
NAMES: Final = (COPY, DELTA, *MODELS, TRUE)
KINDS: Final = (SEEN_TARGET, UNSEEN_TARGET)
UNASKED: Final = ("yaw, degrees", "pitch, degrees", "age, years", "skin, L*", "light from the side, L*")

Sights = dict[str, list[Sight]]  # model → one for every seed


def measure_models(lab: Laboratory) -> Part:
    """All of them on every fold and seed."""
    trials = lab.trials
    ws, sights = predicted(lab, trials)
    wanted = lab.wanted(trials)
    latent = latent_figures(lab)
    figures: dict[str, Any] = {
        "pairs": {kind: len(trials.rows(kind)) for kind in KINDS},
        "subjects": len(np.unique(wanted.subjects)),
        "folds": lab.amounts.folds,
        "seeds": lab.amounts.seeds,
        "notes": lab.material.witnesses[1],
        "models": {
            name: {
                **{
                    kind: scored(own, wanted, trials.rows(kind), lab.amounts.resamples)
                    for kind in KINDS
                    if trials.rows(kind)
                },
                **latent.get(name, {}),
            }
            for name, own in sights.items()
        },
        "unasked": unasked(lab, trials, ws, sights),
        "groups": groups(lab, trials, wanted, sights),
    }
    return Part("Models", figures, model_lines(figures["models"]))


def model_lines(models: Mapping[str, Any]) -> list[str]:
    header = ("", *(f"{name}, {kind}" for kind in KINDS for name in MAIN))
    rows = [
        [name, *(own.get(kind, {}).get(figure) for kind in KINDS for figure in MAIN)]
        for name, own in models.items()
    ]
    return table(header, rows)


# --- predictions --------------------------------------------------------------------------------------------


def makers(lab: Laboratory, fold: int) -> dict[str, list[Callable[[], Predict]]]:
    """Model → for every seed, how it is made on a fold."""

    def of(preset: str, seed: int) -> Callable[[], Predict]:
        return lambda: lab.best(preset, fold, seed)

    found: dict[str, list[Callable[[], Predict]]] = {
        COPY: [lambda: copy],
        DELTA: [lambda: mean_delta(taught(lab.shown, fold, residual=False))],
    }
    found |= {preset: [of(preset, seed) for seed in range(lab.amounts.seeds)] for preset in MODELS}
    return found | {TRUE: [lambda: true_target]}


def predicted(lab: Laboratory, trials: Trials) -> tuple[dict[str, list[Tensor]], Sights]:
    """Model → for every seed, ŵ_T [P, num_ws, w_dim] and what it shows, each pair by its own fold's model."""
    order = [row for fold in lab.folds for row in trials.rows(fold=fold)]
    back = torch.tensor(np.argsort(order), dtype=torch.long)
    latents: dict[str, list[list[Tensor]]] = {}
    looked: dict[str, list[list[Sight]]] = {}
    for fold in lab.folds:
        own = trials.only(trials.rows(fold=fold))
        for name, made in makers(lab, fold).items():
            for seed, make in enumerate(made):
                ws = make()(lab.shown, own.source, own.target)
                _at(latents, name, seed).append(ws)
                _at(looked, name, seed).append(lab.look(ws, f"{name}, fold {fold}"))
    return (
        {name: [torch.cat(parts)[back] for parts in seeds] for name, seeds in latents.items()},
        {name: [joined(parts).rows(back.tolist()) for parts in seeds] for name, seeds in looked.items()},
    )


def _at(found: dict[str, list[list[Any]]], name: str, seed: int) -> list[Any]:
    """The list of a model and seed; made when it is first asked for."""
    seeds = found.setdefault(name, [])
    while len(seeds) <= seed:
        seeds.append([])
    return seeds[seed]


# --- figures ------------------------------------------------------------------------------------------------


def scored(
    sights: Sequence[Sight], wanted: Wanted, rows: Sequence[int], num_resamples: int = 0
) -> dict[str, Any]:
    """Means over seeds, each seed's harmonic mean, and 95 % intervals over subjects."""
    chosen = np.array(rows, np.int64)
    wanted, seen = wanted.rows(chosen), [sight.seen.rows(chosen) for sight in sights]
    by_seed = [scores(own, wanted) for own in seen]
    found: dict[str, Any] = {name: known(value) for name, value in over(by_seed).items()}
    found["seeds"] = [known(own["harmonic"]) for own in by_seed]
    if num_resamples:
        spread = intervals(seen, wanted, num_resamples)
        found["interval"] = {name: [known(low), known(high)] for name, (low, high) in spread.items()}
    return found


def known(value: float) -> float | None:
    """For JSON, which has no NaN."""
    return rounded(value) if np.isfinite(value) else None


def latent_figures(lab: Laboratory) -> dict[str, dict[str, float | None]]:
    """Preset → error and drift in the latent space, means over folds and seeds."""
    found = {}
    for preset in MODELS:
        own = [
            explained(lab.best_model(preset, fold, seed), lab.held_out(fold), NUM_EXPLAINED)
            for fold in lab.folds
            for seed in range(lab.amounts.seeds)
        ]
        found[preset] = {name: known(value) for name, value in over(own).items()}
    return found


def unasked(
    lab: Laboratory, trials: Trials, ws: Mapping[str, Sequence[Tensor]], sights: Sights
) -> dict[str, list[float | None]]:
    """Model → mean |change| from the source of each of UNASKED, where categories were asked for."""
    before, start = sights[COPY][0], ws[COPY][0]
    ages = ages_of(lab, trials, start)
    found = {}
    for name in NAMES:
        by_seed = []
        for latents, sight in zip(ws[name], sights[name], strict=True):
            changes = (
                sight.angles[:, 0] - before.angles[:, 0],
                sight.angles[:, 1] - before.angles[:, 1],
                ages_of(lab, trials, latents) - ages,
                sight.skin - before.skin,
                sight.sides - before.sides,
            )
            by_seed.append([float(np.abs(change).mean()) for change in changes])
        found[name] = [known(value) for value in np.mean(by_seed, 0)]
    return found


def ages_of(lab: Laboratory, trials: Trials, ws: Tensor) -> NDArray[np.float64]:
    """Years [P] that ws [P, num_ws, w_dim] show, read linearly; the reading is that of the fold's others."""
    found = np.empty(len(trials))
    for fold in lab.folds:
        rows = trials.rows(fold=fold)
        reading = control_reading(taught(lab.shown, fold, residual=True))
        found[rows] = reading.controls_of(ws[rows])[:, CONTROLS.index("age")].numpy()
    return found


def control_reading(own: Expressions) -> PseudoAutoencoder:
    """A model of which only the linear reading of controls has been found."""
    model = PseudoAutoencoder("residual", *own.ws.shape[1:])
    model.standardise(own.ws)
    learn_controls(model, own)
    return model


def groups(lab: Laboratory, trials: Trials, wanted: Wanted, sights: Sights) -> dict[str, Any]:
    """Sex, age and skin → the models' main figures on these subjects, by floors and ceilings of their own."""
    traits = [lab.shown.samples[row].traits for row in trials.target.tolist()]
    found = {}
    for trait in sorted({name for own in traits for name in own}):
        rows = [row for row in trials.rows(SEEN_TARGET) if trait in traits[row]]
        if not rows:
            continue
        by_model = {name: scored(sights[name], wanted, rows) for name in MODELS}
        main = {name: {figure: own[figure] for figure in MAIN} for name, own in by_model.items()}
        found[trait] = {"subjects": len(np.unique(wanted.subjects[rows])), "pairs": len(rows)} | main
    return found


def mean_of(values: Iterable[float | None]) -> float | None:
    """Of those that are known."""
    return known(mean([value for value in values if value is not None]))
