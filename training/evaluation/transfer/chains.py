"""Edits upon edits: what is left of a person after ten, after ten thousand."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from models.controls import NUM_CONTROLS
from models.pseudo_autoencoder import PseudoAutoencoder
from training.dataset import NEUTRAL
from training.evaluation.expressions import category_units
from training.evaluation.readers.units import COLUMNS
from training.evaluation.report import Part, table
from training.evaluation.transfer.eyes import Sight
from training.evaluation.transfer.laboratory import Laboratory
from training.evaluation.transfer.models import known
from training.evaluation.transfer.one_fold import FOLD
from training.evaluation.transfer.scores import floor_of, mean, paired
from training.fit_pseudo_autoencoder import distance

NEVER_NEARER: Final = 1e4  # latents beyond are nobody's, and no picture can be drawn of the infinite
ANCHORED: Final = "residual, from the anchor"


def edits(num_people: int, counts: Sequence[int], seed: int = 0) -> Iterator[tuple[int, Tensor]]:
    """Count and u [N, 50] of each edit, from 1: categories at random, and back to rest at every count."""
    units = torch.stack(list(category_units().values()))
    rest = list(category_units()).index(NEUTRAL)
    dice = torch.Generator().manual_seed(seed)
    now = torch.full((num_people,), rest)
    for count in range(1, max(counts) + 1):
        then = torch.randint(len(units), (num_people,), generator=dice)
        if count in counts:
            then = torch.full((num_people,), rest)
        yield count, torch.nn.functional.pad(units[then] - units[now], (0, NUM_CONTROLS))
        now = then


@torch.no_grad()
def chained(model: PseudoAutoencoder, ws: Tensor, counts: Sequence[int]) -> dict[int, Tensor]:
    """ws [N, num_ws, w_dim] at rest → after so many edits, each from where the last one led."""
    found = {}
    for count, u in edits(len(ws), counts):
        ws = model(ws, u).nan_to_num(0.0).clamp(-NEVER_NEARER, NEVER_NEARER)
        if count in counts:
            found[count] = ws
    return found


@torch.no_grad()
def anchored(model: PseudoAutoencoder, ws: Tensor, counts: Sequence[int]) -> dict[int, Tensor]:
    """The same edits, their u added up and given to A with the first latent: as the portrait does."""
    total, found = torch.zeros(0), {}
    for count, u in edits(len(ws), counts):
        total = total + u if total.numel() else u.clone()
        if count in counts:
            found[count] = model(ws, total)
    return found


def measure_chains(lab: Laboratory) -> Part:
    """Subjects of one fold at rest, pictures read after as many edits."""
    rest = lab.held_out(FOLD).only(lambda sample: sample.label == NEUTRAL)
    first = rest.ws[: lab.amounts.chained]
    scale = scale_of(lab)
    before = lab.look(first, "at rest")
    wanted = lab.wanted(lab.trials)
    limits = {
        name: (floor_of(wanted, own), paired(wanted.source[name], own)) for name, own in wanted.target.items()
    }
    paper, residual = (lab.best_model(preset, FOLD) for preset in ("paper", "residual"))
    counts = lab.amounts.counts
    ways = {
        "paper": chained(paper, first, counts),
        "residual": chained(residual, first, counts),
        ANCHORED: anchored(residual, first, counts),
    }
    found: dict[str, dict[str, Any]] = {}
    for name, by_count in ways.items():
        found[name] = {
            str(count): {
                "latent": known(float(distance(ws, first).mean()) / scale),
                **likeness_figures(lab.look(ws, f"{name}, {count} edits"), before, limits),
            }
            for count, ws in by_count.items()
        }
    nothing = torch.zeros(len(first), next(edits(1, (1,)))[1].shape[1])
    with torch.no_grad():
        once = {name: own(first, nothing) for name, own in (("paper", paper), ("residual", residual))}
    still = {
        name: {
            "latent": known(float(distance(ws, first).mean()) / scale),
            **likeness_figures(lab.look(ws, f"{name}, u = 0"), before, limits),
        }
        for name, ws in once.items()
    }
    rows = [
        [f"{name}, {count} edits", *own.values()] for name, by in found.items() for count, own in by.items()
    ]
    rows += [[f"{name}, u = 0", *own.values()] for name, own in still.items()]
    header = ("", *next(iter(still.values())))
    figures = {"people": len(first), "ways": found, "nothing asked": still}
    return Part("Chained edits", figures, table(header, rows))


def scale_of(lab: Laboratory) -> float:
    """Mean ‖w_S − w_T‖ of the fold's subjects."""
    own = lab.held_out(FOLD)
    source, target = own.pairs().unbind(1)
    return float(distance(own.ws[source], own.ws[target]).mean())


def likeness_figures(
    sight: Sight, before: Sight, limits: dict[str, tuple[float, float]]
) -> dict[str, float | None]:
    """Identity to the first picture by each witness, not clipped, and how much the face still shows."""
    found: dict[str, float | None] = {
        f"identity, {name}": known((paired(codes, before.codes[name]) - floor) / (ceiling - floor))
        for name, codes in sight.codes.items()
        for floor, ceiling in (limits[name],)
    }
    found["identity"] = known(float(np.clip(mean([v for v in found.values() if v is not None]), 0, 1)))
    found["units changed"] = known(float(np.abs(sight.aus - before.aus)[:, COLUMNS].mean()))
    return found
