"""From action units to the actions of the cast's face.

Most actions are the ARKit "face units" that ship with MakeHuman, CC0; for six AUs the head model has more, in
head/: jawClench, cheekSuck, nostrilDilate, nostrilCompress, tongueUp, tongueLeft. Each AU is a weighted set
of actions; a face is the clipped sum over its AUs. Left and right are the person's own. AU21 has no action
and cannot be rendered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.action_units import CATEGORIES, au_label


def _both(*names: str, weight: float = 1.0) -> dict[str, float]:
    """The left and the right action of each name, equally strong."""
    return {name + side: weight for name in names for side in ("Left", "Right")}


# By actions of ARKit alone. Random draws choose from these: one more, and every later draw would change.
ARKIT_UNITS: Final[dict[int, dict[str, float]]] = {
    1: {"browInnerUp": 1.0},
    2: _both("browOuterUp"),
    4: _both("browDown"),
    5: _both("eyeWide"),
    6: _both("cheekSquint") | _both("eyeSquint", weight=0.35),
    7: _both("eyeSquint"),
    8: {"mouthClose": 0.15} | _both("mouthPress", weight=0.4),
    9: _both("noseSneer"),
    10: _both("mouthUpperUp"),
    11: _both("mouthUpperUp", weight=0.35) | _both("noseSneer", weight=0.25),
    12: _both("mouthSmile"),
    13: _both("mouthSmile", weight=0.7) | {"cheekPuff": 0.2},
    14: _both("mouthDimple"),
    15: _both("mouthFrown"),
    16: _both("mouthLowerDown"),
    17: {"mouthShrugLower": 0.9, "mouthShrugUpper": 0.35},
    18: {"mouthPucker": 1.0},
    19: {"tongueOut": 0.8, "jawOpen": 0.25},
    20: _both("mouthStretch"),
    22: {"mouthFunnel": 1.0},
    23: _both("mouthPress", weight=0.5) | {"mouthRollLower": 0.35, "mouthRollUpper": 0.35},
    24: _both("mouthPress") | {"mouthRollLower": 0.25, "mouthRollUpper": 0.2},
    25: _both("mouthLowerDown", weight=0.5) | _both("mouthUpperUp", weight=0.35) | {"jawOpen": 0.13},
    26: {"jawOpen": 0.55},
    27: {"jawOpen": 1.0},
    28: {"mouthRollLower": 0.9, "mouthRollUpper": 0.9},
    29: {"jawForward": 1.0},
    30: {"jawLeft": 1.0},
    33: {"cheekPuff": 0.6},
    34: {"cheekPuff": 1.0},
    41: _both("eyeBlink", weight=0.35),
    42: _both("eyeBlink", weight=0.55) | _both("eyeSquint", weight=0.4),
    43: _both("eyeBlink"),
    44: _both("eyeSquint") | _both("browDown", weight=0.3),
    45: _both("eyeBlink"),  # 43 in time
    46: {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.5},
}

# The others.
FURTHER_UNITS: Final[dict[int, dict[str, float]]] = {
    31: {"jawClench": 1.0} | _both("mouthPress", weight=0.25),
    32: {"mouthRollLower": 1.0, "jawOpen": 0.10} | _both("mouthUpperUp", weight=0.35),
    35: {"cheekSuck": 1.0, "mouthPucker": 0.28},
    # the tongue's tip goes to the left of the upper lip
    37: {"tongueOut": 0.85, "tongueUp": 0.85, "tongueLeft": 0.85, "jawOpen": 0.22},
    38: {"nostrilDilate": 1.0},
    39: {"nostrilCompress": 1.0},
}

# What nobody can do at the same time.
INCOMPATIBLE: Final[dict[int, frozenset[int]]] = {
    31: frozenset({19, 25, 26, 27}),
    32: frozenset({18, 19, 22, 24, 26, 27, 28}),
    35: frozenset({18, 22, 33, 34}),
    37: frozenset({18, 19, 22, 24, 27, 28}),
    38: frozenset({9}),
    39: frozenset({9}),
}

AU_ACTIONS: Final = ARKIT_UNITS | FURTHER_UNITS

# To the person's left; negative is to the right, which saves the factors an action that no AU needs.
SIDEWAYS: Final = ("jawLeft", "tongueLeft")

# The actions that any AU uses, in the order of the factors.
ACTIONS: Final[tuple[str, ...]] = tuple(
    sorted({action for weights in AU_ACTIONS.values() for action in weights})
)
NUM_ACTIONS: Final = len(ACTIONS)  # 47

# Du et al. print the units that "over 70 % of subjects" show without a figure; the cast takes this one.
PROTOTYPE_SHARE: Final = 0.9


def actions_for(units: Mapping[int, float]) -> dict[str, float]:
    """{AU: intensity in [0, 1]} → {ARKit action: weight in [0, 1]}, a clipped sum."""
    weights: dict[str, float] = {}
    for unit, intensity in units.items():
        if unit not in AU_ACTIONS:
            raise ValueError(f"{au_label(unit)} cannot be rendered: no action of the face moves as it does")
        for action, share in AU_ACTIONS[unit].items():
            weights[action] = min(1.0, weights.get(action, 0.0) + share * intensity)
    return weights


def mirrored_actions(actions: Mapping[str, float]) -> dict[str, float]:
    """The actions seen in a mirror: left and right swap, and what goes sideways turns its sign."""
    return {mirrored_action(action): mirror_sign(action) * weight for action, weight in actions.items()}


def mirrored_action(action: str) -> str:
    """browDownLeft → browDownRight and back; an action without sides, or of SIDEWAYS, is its own image."""
    if action in SIDEWAYS:
        return action
    if action.endswith("Left"):
        return action.removesuffix("Left") + "Right"
    if action.endswith("Right"):
        return action.removesuffix("Right") + "Left"
    return action


def mirror_sign(action: str) -> float:
    return -1.0 if action in SIDEWAYS else 1.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody's expressions are drawn, in shares and intensities."""

    category: float  # share that shows an OSU category …
    single: float  # … and that shows one to three units; the others are at rest
    expressivity: tuple[float, float]  # of a category
    intensity: tuple[float, float]  # of a single unit
    lids: float  # share whose lids are lowered besides, …
    giving_way: frozenset[int]  # … and the units that lowered lids do away with


# As a network that moves faces meets them, and, wider, as one that reads them does.
AS_SUBJECTS: Final = Habits(0.67, 0.33, (0.6, 1.15), (0.3, 1), 0.25, frozenset({5, 41, 42, 45}))
WIDELY: Final = Habits(0.5, 0.43, (0.4, 1.2), (0.2, 1), 0.15, frozenset({5, 41, 42, 44, 45, 46}))


def draw_units(generator: np.random.Generator, shown: Sequence[int], habits: Habits) -> dict[int, float]:
    """An expression made of the units that are `shown` by renders: {AU: intensity in [0, 1]}."""
    kind = generator.random()
    if kind < habits.category:
        category = str(generator.choice(list(CATEGORIES)))
        units = draw_category(generator, category, generator.uniform(*habits.expressivity))
    elif kind < habits.category + habits.single:
        chosen = generator.choice(shown, generator.integers(1, 4), replace=False)
        units = {int(unit): float(generator.uniform(*habits.intensity)) for unit in chosen}
    else:
        units = {}
    if generator.random() < habits.lids:
        units = {unit: value for unit, value in units.items() if unit not in habits.giving_way}
        units[43] = float(generator.choice([generator.uniform(0.2, 1.0), 1.0]))
    return units


def draw_category(
    generator: np.random.Generator, category: str, expressivity: float = 1.0
) -> dict[int, float]:
    """One subject's rendering of an OSU category: {AU: intensity in [0, 1]}, each AU shown with its share.

    A category other than neutral never comes out empty: then it is its prototype.
    """
    shown = CATEGORIES[category]
    shares = dict.fromkeys(shown.prototype, PROTOTYPE_SHARE) | shown.optional
    units: dict[int, float] = {}
    for unit, share in shares.items():
        if generator.random() < share:
            units[unit] = min(1.0, generator.uniform(0.6, 1.0) * expressivity)
    return units or dict.fromkeys(shown.prototype, 0.8)
