"""The small life between gestures: blinks. A function of show time and the dice, laid over whatever is
expressed.

Timing of resting adults: 17 blinks a minute with log-normal gaps; lids close in about 80 ms and open more
slowly.
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


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
