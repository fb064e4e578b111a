"""What a person is asked to show: AU vectors [43] by name."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from models.action_units import AU_INDEX, CATEGORIES, NUM_AUS, au_label

INTENSITY: Final = 0.9  # of a category's units
NEUTRAL: Final = "neutral"


def units_at(units: Sequence[int], intensity: float = 1.0) -> Tensor:
    """AU vector [43] with these units at one intensity, the others at 0."""
    vector = torch.zeros(NUM_AUS)
    vector[[AU_INDEX[unit] for unit in units]] = intensity
    return vector


def category_units() -> dict[str, Tensor]:
    """Every category's prototype, neutral first."""
    return {name: units_at(category.prototype, INTENSITY) for name, category in CATEGORIES.items()}


def repertoire_units(learned: Sequence[int]) -> dict[str, Tensor]:
    """Neutral, and each unit that the weights have learned, alone and whole."""
    return {NEUTRAL: units_at(())} | {au_label(unit): units_at([unit]) for unit in learned}
