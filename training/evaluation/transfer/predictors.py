"""Ways to predict w_T: models, and what needs no model and so says what a figure is worth."""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from models.pseudo_autoencoder import PseudoAutoencoder
from training.dataset import Expressions

# Expressions, rows of S [P], rows of T [P] → ŵ_T [P, num_ws, w_dim].
Predict = Callable[[Expressions, Tensor, Tensor], Tensor]

SPLIT: Final = 256  # ways at a time
RIDGE: Final = 1e-3  # of least squares: units that nobody shows get no change


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
    linear = least_squares(taught)

    def predict(shown: Expressions, source: Tensor, target: Tensor) -> Tensor:
        found = linear(shown, source, target)
        for row, (s, t) in enumerate(zip(source.tolist(), target.tolist(), strict=True)):
            delta = means.get((shown.samples[s].label, shown.samples[t].label))
            if delta is not None:
                found[row] = shown.ws[s] + delta
        return found

    return predict


def least_squares(taught: Expressions) -> Predict:
    """w_S + u B, B from all taught pairs: one change for everybody, linear in u."""
    squares, products = torch.zeros(0), torch.zeros(0)
    for source, target in (part.unbind(1) for part in taught.pairs().split(4096)):
        u = taught.moves(source, target)
        change = (taught.ws[target] - taught.ws[source]).flatten(1)
        own, mixed = u.t() @ u, u.t() @ change
        squares, products = (squares + own, products + mixed) if squares.numel() else (own, mixed)
    ridge = RIDGE * squares.diagonal().max() * torch.eye(len(squares))
    linear = torch.linalg.solve(squares + ridge, products)

    def predict(shown: Expressions, source: Tensor, target: Tensor) -> Tensor:
        here = shown.ws[source]
        change: Tensor = shown.moves(source, target) @ linear
        return here + change.view_as(here)

    return predict
