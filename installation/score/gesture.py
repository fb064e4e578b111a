"""A gesture: an expression to reach, the time to take, and the variety to draw from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from installation.score.dice import Dice
from models.action_units import ACTION_UNITS, AU_INDEX, CATEGORIES, INCOMPATIBLE, NUM_AUS

# Without an intensity of its own an emotion is played as strongly as in the pictures it was learned from.
LEARNED_INTENSITY: Final = (0.6, 1.0)
LID_UNITS: Final = frozenset((5, 7, 41, 42, 43, 44, 45, 46))
LID_PER_DEG: Final = 0.05  # of AU41, for each degree that the eyes look down
SPREAD: Final = 0.1  # of a written intensity: nobody smiles twice alike

# AU vectors that are nowhere further apart than this look the same.
SAME_FACE: Final = 0.05
SAME_CONTROL: Final = 0.5  # degrees, or years

# Category → unit → the share of people that show it.
_SHARES: Final = {
    name: dict.fromkeys(category.prototype, 1.0) | category.optional for name, category in CATEGORIES.items()
}
# Unit → the units that it cannot hold together with.
_RIVALS: Final = {
    unit: frozenset(other for pair in INCOMPATIBLE if unit in pair for other in pair if other != unit)
    for unit in ACTION_UNITS
}


@dataclass(frozen=True, slots=True)
class Span:
    """A range of durations in nanoseconds, both ends included."""

    low_ns: int
    high_ns: int

    def draw_ns(self, dice: Dice) -> int:
        """A duration of the range, every nanosecond equally likely."""
        return dice.integer(self.low_ns, self.high_ns)


@dataclass(frozen=True, slots=True)
class Gesture:
    """What a score says of one gesture. An emotion's units are drawn each time; `aus` stand as written.

    One without emotion and units keeps the expression that is there, and moves its controls alone.
    """

    name: str
    emotion: str | None  # a key of `CATEGORIES`
    intensity: float | None  # of the emotion, in [0, 1]; None: LEARNED_INTENSITY
    aus: Mapping[int, float] = field(
        default_factory=dict
    )  # AU number → intensity in [0, 1]; wins over the emotion
    controls: Mapping[str, float] = field(default_factory=dict)  # of CONTROLS → degrees, years; others stay
    onset: Span = Span(400_000_000, 1_000_000_000)
    hold: Span = Span(2_000_000_000, 6_000_000_000)
    offset: Span = Span(800_000_000, 1_600_000_000)  # the fade of what the next gesture lets go
    ease: str = "minimum_jerk"

    @property
    def has_expression(self) -> bool:
        """Whether it says anything of the face, be it neutral."""
        return self.emotion is not None or bool(self.aus)


@dataclass(frozen=True, slots=True)
class Range:
    """The intensities one unit can be drawn with, in [0, 1]."""

    low: float
    high: float


def is_same_face(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether going from one AU vector to the other would change nothing that can be seen."""
    return all(abs(x - y) <= SAME_FACE for x, y in zip(a, b, strict=True))


def are_same_controls(a: Mapping[str, float], b: Mapping[str, float]) -> bool:
    """Whether two gestures turn, look, age and light alike."""
    return a.keys() == b.keys() and all(abs(a[name] - b[name]) <= SAME_CONTROL for name in a)


def draw_target(gesture: Gesture, dice: Dice, *, is_binary: bool = False) -> tuple[float, ...]:
    """One AU vector a_T of the gesture: 43 intensities in [0, 1] in the order of `ACTION_UNITS`.

    An emotion's prototype units are always on, its optional ones with the share of people that show them. A
    unit that cannot hold together with one already there is left out; units that the score writes come first,
    then the prototype. Lids follow eyes that look down, unless one of their units is there. With `is_binary`
    each unit is 0 or 1, and any intensity above 0 counts as on.
    """
    drawn = dict(gesture.aus)
    bounds = emotion_range(gesture)
    for unit, share in _SHARES[gesture.emotion or "neutral"].items():
        is_shown = dice.unit() < share
        if is_shown and unit not in drawn and not conflicts(unit, drawn):
            drawn[unit] = dice.between(bounds.low, bounds.high)
    if not is_binary and (droop := lid_droop(gesture)) and LID_UNITS.isdisjoint(drawn):
        drawn[41] = droop
    return _vector(drawn, is_binary=is_binary)


def lid_droop(gesture: Gesture) -> float:
    """By how much the upper lids come down with the eyes: eyes that look down from under raised lids
    stare.
    """
    return min(1.0, max(0.0, -LID_PER_DEG * gesture.controls.get("gaze_y", 0.0)))


def _vector(intensities: Mapping[int, float], *, is_binary: bool) -> tuple[float, ...]:
    target = [0.0] * NUM_AUS
    for unit, intensity in intensities.items():
        target[AU_INDEX[unit]] = float(intensity > 0) if is_binary else float(intensity)
    return tuple(target)


def emotion_range(gesture: Gesture) -> Range:
    """The intensities with which the units of the gesture's emotion are drawn."""
    if gesture.intensity is None:
        return Range(*LEARNED_INTENSITY)
    return Range(gesture.intensity * (1 - SPREAD), min(1.0, gesture.intensity * (1 + SPREAD)))


def conflicts(unit: int, others: Mapping[int, float]) -> list[int]:
    """Those of `others` above 0 that `unit` cannot hold together with."""
    rivals = _RIVALS[unit]
    return [other for other, intensity in others.items() if intensity > 0 and other in rivals]


def reach(gesture: Gesture, *, is_binary: bool = False) -> tuple[Range, ...]:
    """Per unit, in the order of `ACTION_UNITS`, everything that `draw_target` can give it."""
    ranges = [Range(0.0, 0.0)] * NUM_AUS
    category = CATEGORIES[gesture.emotion or "neutral"]
    bounds = emotion_range(gesture)
    for unit in (*category.prototype, *category.optional):
        if not conflicts(unit, gesture.aus):
            low = bounds.low if unit in category.prototype else 0.0
            ranges[AU_INDEX[unit]] = Range(low, bounds.high)
    ranges[AU_INDEX[41]] = Range(0.0, lid_droop(gesture))
    for unit, intensity in gesture.aus.items():
        ranges[AU_INDEX[unit]] = Range(intensity, intensity)
    if is_binary:
        return tuple(Range(float(each.low > 0), float(each.high > 0)) for each in ranges)
    return tuple(ranges)
