"""The small life between gestures: blinks, and the stir of a face at rest. Functions of show time and the
dice, laid over whatever is expressed.

Timing of resting adults: 17 blinks a minute with log-normal gaps; lids close in about 80 ms and open more
slowly; 12 to 20 breaths a minute.
"""

import math
from dataclasses import dataclass

from installation.score.dice import Dice
from installation.score.phrase import NANOSECONDS
from installation.score.transition import smoothstep

MEAN_GAP_S = 60 / 17
GAP_SIGMA = 0.6  # of the gap's logarithm
MIN_GAP_S = 0.4
CLOSING_S = (0.066, 0.100)
CLOSED_S = (0.02, 0.05)
OPENING_S = (0.15, 0.26)
BLINK_UNIT = 45

# Unit → how strong it gets at most while nothing happens: seen only when it is missing.
STIR = {1: 0.10, 2: 0.08, 12: 0.10, 25: 0.08, 43: 0.07}
STIR_PERIOD_S = (3.0, 5.0)  # a breath, and slower, so that it never repeats
SLOWER = (1 + math.sqrt(5)) / 2


@dataclass(frozen=True, slots=True)
class Blink:
    """One blink: instants and durations in nanoseconds of show time."""

    start_ns: int
    closing_ns: int
    closed_ns: int
    opening_ns: int

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.closing_ns + self.closed_ns + self.opening_ns

    def closure(self, t_ns: int) -> float:
        """How far the lids are closed, in [0, 1]."""
        closing = (t_ns - self.start_ns) / self.closing_ns
        opening = (self.end_ns - t_ns) / self.opening_ns
        return smoothstep(max(0.0, min(1.0, closing, opening)))


class Blinks:
    """The blinks of a show, one after the other; ask for instants that do not go back."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._blink = self._after(0)

    def closure(self, t_ns: int) -> float:
        """How far the lids are closed at show time `t_ns`, in [0, 1]."""
        while self._blink.end_ns <= t_ns:
            self._blink = self._after(self._blink.end_ns)
        return self._blink.closure(t_ns)

    def _after(self, end_ns: int) -> Blink:
        start_ns = end_ns + _nanoseconds(self._gap_s())
        return Blink(
            start_ns, *(_nanoseconds(self._dice.between(*span)) for span in (CLOSING_S, CLOSED_S, OPENING_S))
        )

    def _gap_s(self) -> float:
        """exp N(μ, σ²) with the mean MEAN_GAP_S; the normal by Box & Muller, from the dice alone."""
        radius = math.sqrt(-2 * math.log(1 - self._dice.unit()))
        normal = radius * math.cos(2 * math.pi * self._dice.unit())
        return max(MIN_GAP_S, MEAN_GAP_S * math.exp(GAP_SIGMA * normal - GAP_SIGMA**2 / 2))


@dataclass(frozen=True, slots=True)
class Stir:
    """One unit's quiet rise and fall: two sines whose periods never meet."""

    strength: float
    period_s: float
    phase: float

    def at(self, t_ns: int) -> float:
        """In [0, strength]."""
        turns = t_ns / NANOSECONDS / self.period_s + self.phase
        wave = math.sin(2 * math.pi * turns) + math.sin(2 * math.pi * turns / SLOWER)
        return self.strength * (wave + 2) / 4


class Life:
    """What a face does by itself."""

    units = (BLINK_UNIT, *STIR)

    def __init__(self, dice: Dice) -> None:
        self._stirs = tuple(Stir(most, dice.between(*STIR_PERIOD_S), dice.unit()) for most in STIR.values())
        self._blinks = Blinks(dice)

    def at(self, t_ns: int) -> tuple[float, ...]:
        """Intensities in [0, 1] of `units` at show time `t_ns`; instants do not go back."""
        return (self._blinks.closure(t_ns), *(stir.at(t_ns) for stir in self._stirs))


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
