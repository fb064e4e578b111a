"""People of random z moved by known deltas: a repertoire of each, by the generator's own factors.

For a generator that was fitted to the cast (`training/fit_generator.py`), and as an addition to projected
subjects, never instead of them: w is a smooth function of factors by construction.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch

from models.action_units import AU_INDEX, CATEGORIES, NUM_AUS
from training.cast.actions import actions_for, draw_category
from training.cast.factors import factor_vector
from training.cast.people import LATENT_SIZE, latent_sitting
from training.cast.rendering.splits import Take, repertoire_takes
from training.cast.traits import Sitting
from training.dataset import Expressions, Sample, controls_of
from training.factor_network import FactorNetwork

GROUP: Final = "known"
NUM_CATEGORIES: Final = 8  # that each of them shows, of 22


def takes_of(sitting: Sitting, rng: np.random.Generator, units_shown: Collection[int]) -> Iterator[Take]:
    """At rest, in some categories, and the repertoire of the units that are shown."""
    yield Take("", "neutral", {}, sitting)
    for category in rng.choice(list(CATEGORIES)[1:], NUM_CATEGORIES, replace=False):
        yield Take("", str(category), draw_category(rng, str(category), rng.uniform(0.6, 1.15)), sitting)
    yield from (take for take in repertoire_takes(sitting, rng, rng) if take.units.keys() <= set(units_shown))


@torch.no_grad()
def known_people(
    network: FactorNetwork,
    num_ws: int,
    num_people: int,
    recipe: int,
    units_shown: Collection[int],
    seed: int = 5,
) -> Expressions:
    """`num_people` people of the prior, each in what `takes_of` lists; every row of ws is their w."""
    rng = np.random.default_rng(seed)
    samples, latents = [], []
    for number in range(num_people):
        takes = list(takes_of(latent_sitting(rng.standard_normal(LATENT_SIZE), recipe), rng, units_shown))
        factors = [factor_vector(t.sitting.person, t.sitting.scene, actions_for(t.units)) for t in takes]
        w = network(torch.from_numpy(np.array(factors)).float()).numpy()
        latents += [np.broadcast_to(row, (num_ws, len(row))) for row in w]
        samples += [_sample(number, *pair) for pair in zip(takes, factors, strict=True)]
    return Expressions.of(samples, latents)


def _sample(number: int, take: Take, factors: np.ndarray) -> Sample:
    aus = np.zeros(NUM_AUS, np.float32)
    for unit, intensity in take.units.items():
        aus[AU_INDEX[unit]] = intensity
    nowhere = Path()
    return Sample(nowhere, f"{GROUP}/{number}", take.category, aus, controls_of(factors), nowhere, GROUP)
