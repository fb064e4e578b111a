"""From one expression to another: is the way straight, and what does a face show that goes by neutral?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.action_units import CATEGORIES
from models.controls import NUM_CONTROLS
from models.pseudo_autoencoder import PseudoAutoencoder
from training.dataset import NEUTRAL, Expressions
from training.evaluation.readers.units import COLUMNS
from training.evaluation.report import Part, table
from training.evaluation.transfer.laboratory import MODELS, Laboratory
from training.evaluation.transfer.models import known, mean_of
from training.evaluation.transfer.one_fold import FOLD
from training.fit_pseudo_autoencoder import distance

DIRECT, BY_NEUTRAL, LINE = "direct", "by way of neutral", "straight line"
STRIDE: Final = 8  # from a category to the one that it goes to: in no order that means anything


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """Somebody who goes from one expression to another."""

    ws: Tensor  # [num_ws, w_dim] of S …
    there: Tensor  # … and of T
    start: Tensor  # [43] a_S
    end: Tensor  # [43] a_T


def errands(shown: Expressions, num: int) -> Iterator[Errand]:
    """Every category is left and reached about as often; the people take turns. Neutral is not among them."""
    rows = {(sample.subject, sample.label): row for row, sample in enumerate(shown.samples)}
    names = [name for name in CATEGORIES if name != NEUTRAL]
    people, found = shown.subjects, 0
    for turn in range(num * len(people)):
        who = people[turn % len(people)]
        source, target = names[turn % len(names)], names[(turn + STRIDE + turn // len(names)) % len(names)]
        if found < num and source != target and (who, source) in rows and (who, target) in rows:
            s, t = rows[who, source], rows[who, target]
            found += 1
            yield Errand(shown.ws[s], shown.ws[t], shown.aus[s], shown.aus[t])


def stations(errand: Errand, num: int, *, by_neutral: bool) -> Tensor:
    """AU vectors on the way, from a_S to a_T: [num, 43], or [2 num − 1, 43] by way of neutral."""
    share = torch.linspace(0, 1, num)[:, None]
    if not by_neutral:
        return errand.start + share * (errand.end - errand.start)
    return torch.cat([(1 - share) * errand.start, share[1:] * errand.end])


@torch.no_grad()
def walk(model: PseudoAutoencoder, errand: Errand, aus: Tensor) -> Tensor:
    """Latents [F, num_ws, w_dim] where AU vectors [F, 43] are asked for, all from w_S."""
    u = torch.nn.functional.pad(aus - errand.start, (0, NUM_CONTROLS))
    ws: Tensor = model(errand.ws.expand(len(aus), -1, -1), u)
    return ws


def walk_figures(ws: Tensor, read: NDArray[np.floating]) -> dict[str, float]:
    """Of one way: its length against the beeline's, units travelled, and the least that the face shows on it.

    `read` [F, 43]. The least is counted in shares of what the less expressive end shows.
    """
    units = read[:, COLUMNS]
    shown = units.sum(1)
    beeline = float(distance(ws[:1], ws[-1:]))
    return {
        "length": float(distance(ws[1:], ws[:-1]).sum()) / beeline if beeline else float("nan"),
        "units travelled": float(np.abs(np.diff(units, axis=0)).sum()),
        "least expression": float(shown.min() / min(shown[0], shown[-1])),
    }


def bend(read: NDArray[np.floating]) -> float:
    """Mean |second difference| of 16 units over evenly spaced stations [F, 43], in shares of the mean step.

    A straight way has 0; one that makes its whole change in a single step has about 2.
    """
    units = read[:, COLUMNS]
    step = np.abs(units[-1] - units[0]).mean() / (len(units) - 1)
    return float(np.abs(np.diff(units, 2, axis=0)).mean() / step) if step else float("nan")


def measure_ways(lab: Laboratory) -> Part:
    """Errands of one fold's subjects, by both models, and along the straight line between the projections."""
    own = list(errands(lab.held_out(FOLD), lab.amounts.ways))
    num = lab.amounts.steps
    found: dict[str, dict[str, Any]] = {}
    for preset in MODELS:
        model = lab.best_model(preset, FOLD)
        found[preset] = {}
        for name in (DIRECT, BY_NEUTRAL):
            latents = [walk(model, e, stations(e, num, by_neutral=name == BY_NEUTRAL)) for e in own]
            found[preset][name] = walked(lab, latents, f"{preset}, {name}", is_direct=name == DIRECT)
    share = torch.linspace(0, 1, num)[:, None, None]
    lines = [errand.ws.lerp(errand.there, share) for errand in own]
    found["projections"] = {LINE: walked(lab, lines, LINE, is_direct=True)}
    names = ("bend", "length", "units travelled", "least expression")
    rows = [
        [f"{model}, {way}", *(figures.get(name) for name in names)]
        for model, by_way in found.items()
        for way, figures in by_way.items()
    ]
    figures = {"errands": len(own), "steps": num, "models": found}
    return Part("Ways", figures, table(("", *names), rows))


def walked(lab: Laboratory, latents: Sequence[Tensor], label: str, *, is_direct: bool) -> dict[str, Any]:
    """Means over ways; and what the face shows on them, in shares of the mean of both ends."""
    aus = lab.look(torch.cat(list(latents)), label, who=False).aus.reshape(len(latents), len(latents[0]), -1)
    by_way = [walk_figures(ws, read) for ws, read in zip(latents, aus, strict=True)]
    found: dict[str, Any] = {name: mean_of(own[name] for own in by_way) for name in by_way[0]}
    if is_direct:
        found["bend"] = mean_of(bend(read) for read in aus)
    shown = aus[..., COLUMNS].sum(-1)
    profile = shown / shown[:, [0, -1]].mean(1, keepdims=True)
    found["profile"] = [known(float(value)) for value in profile.mean(0)]
    return found
