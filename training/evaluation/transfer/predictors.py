"""Ways to predict w_T: models, and what needs no model and so says what a figure is worth."""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from models.pseudo_autoencoder import PseudoAutoencoder
from training.dataset import Expressions
from training.fit_pseudo_autoencoder import least_squares

# Expressions, rows of S [P], rows of T [P] → ŵ_T [P, num_ws, w_dim].
Predict = Callable[[Expressions, Tensor, Tensor], Tensor]

SPLIT: Final = 256  # ways at a time


def copy(shown: Expressions, source: Tensor, target: Tensor) -> Tensor:
    """Nothing moves: the person is kept, the expression missed."""
    del target
    return shown.ws[source]


def true_target(shown: Expressions, source: Tensor, target: Tensor) -> Tensor:
    """The projection of the true picture: what a perfect model would give."""
    del source
    return shown.ws[target]


def of_model(model: PseudoAutoencoder) -> Predict:
    """A(w_S, u)."""

    @torch.no_grad()
    def predict(shown: Expressions, source: Tensor, target: Tensor) -> Tensor:
        parts = zip(source.split(SPLIT), target.split(SPLIT), strict=True)
        return torch.cat([model(shown.ws[s], shown.moves(s, t)) for s, t in parts])

    return predict


def mean_delta(taught: Expressions) -> Predict:
    """w_S + the mean of w_T − w_S over taught subjects; for labels not taught, least squares on u."""
    pairs = taught.pairs()
    source, target = pairs.unbind(1)
    rows = defaultdict[tuple[str, str], list[int]](list)
    for row, (s, t) in enumerate(pairs.tolist()):
        rows[taught.samples[s].label, taught.samples[t].label].append(row)
    means = {
        labels: (taught.ws[target[own]] - taught.ws[source[own]]).mean(0) for labels, own in rows.items()
    }
    by_units = linear(taught)

    def predict(shown: Expressions, source: Tensor, target: Tensor) -> Tensor:
        found = by_units(shown, source, target)
        for row, (s, t) in enumerate(zip(source.tolist(), target.tolist(), strict=True)):
            delta = means.get((shown.samples[s].label, shown.samples[t].label))
            if delta is not None:
                found[row] = shown.ws[s] + delta
        return found

    return predict


def linear(taught: Expressions) -> Predict:
    """w_S + u B, B from all taught pairs: one change for everybody, linear in u."""
    changes = least_squares(taught)

    def predict(shown: Expressions, source: Tensor, target: Tensor) -> Tensor:
        here = shown.ws[source]
        change: Tensor = shown.moves(source, target) @ changes
        return here + change.view_as(here)

    return predict
