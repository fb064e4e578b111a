"""What eyes do by themselves: blinks, looks away and back, and the small movements of a fixation.

Every draw is made at the boundary of a blink, a fixation or a saccade, and never in a frame: the same dice
move the eyes alike at any frame rate. Instants are integer nanoseconds of show time and do not go back.

Timing of resting adults: blinks with log-normal gaps, whose lids close in 66 to 100 ms and open more slowly;
a blink with most gaze shifts of 17° and more (Evinger et al., 1994); saccades that last 2.2 ms/° + 21 ms
(Carpenter, 1988); one or two micro-saccades a second, of 0.1° to 1° (Martinez-Conde et al., 2004).
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from installation.score.dice import Dice
from installation.score.phrase import NANOSECONDS
from installation.score.transition import between, minimum_jerk, smoothstep

Point = tuple[float, float]  # to the right and up, as on the picture

GAP_SIGMA: Final = 0.6  # of the gap's logarithm
MIN_GAP_S: Final = 0.4  # from blink to blink, faster than which lids do not go
CLOSING_S: Final = (0.066, 0.100)
CLOSED_S: Final = (0.02, 0.05)
OPENING_S: Final = (0.15, 0.26)
INCOMPLETE_SHARE: Final = 0.05  # of blinks
INCOMPLETE_DEPTH: Final = (0.45, 0.8)
DOUBLE_SHARE: Final = 0.04  # of blinks, which another follows at once
DOUBLE_GAP_S: Final = 0.05
BLINK_SHIFT_DEG: Final = 20  # from here on, shifts of the gaze come with a blink …
BLINK_SHIFT_SHARE: Final = 0.97  # … so often

AHEAD: Final[Point] = (0.0, 0.0)  # the visitor
FIXATION_S: Final = (0.3, 2.5)
FIXATION_SIGMA: Final = 0.5  # of its logarithm
AWAY_MEAN_S: Final = 0.7
AHEAD_MEAN_S: Final = 1.2
REGARD_SHARE: Final = 0.45  # of the fixations ahead, which then last …
REGARD_S: Final = (3, 9)
RETURN_SHARE: Final = 0.65  # of the fixations away, after which the eyes come back
NEAREST: Final = 0.3  # look away, in shares of the farthest
HEIGHT: Final = 0.5  # of the ellipse in which eyes wander, in shares of its width

SACCADE_S_PER_DEG: Final = 0.0022
SACCADE_S: Final = 0.021
MIN_SACCADE_S: Final = 0.04  # in less than two frames, a saccade is a cut

MICRO_DEG: Final = (0.1, 1.0)
MICRO_SIGMA: Final = 0.5  # of the interval's logarithm
MIN_MICRO_S: Final = 0.1
DRIFT_DEG: Final = (0.05, 0.3)  # between two micro-saccades
FARTHEST_DEG: Final = 1.0  # from the fixation


@dataclass(frozen=True, slots=True)
class Blink:
    """One blink: instants and durations in nanoseconds of show time."""

    start_ns: int
    closing_ns: int
    closed_ns: int
    opening_ns: int
    depth: float = 1  # below 1, the lids do not meet
    is_double: bool = False  # another one follows at once

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.closing_ns + self.closed_ns + self.opening_ns

    def closure(self, t_ns: int) -> float:
        """How far the lids are closed, in [0, depth]."""
        closing = (t_ns - self.start_ns) / self.closing_ns
        opening = (self.end_ns - t_ns) / self.opening_ns
        return self.depth * smoothstep(max(0.0, min(1.0, closing, opening)))


class Blinks:
    """The blinks of a show, one after the other.

    They are due `per_min` times a minute. A shift of the gaze brings the next one forward: it takes the place
    of a blink and does not add one. Shifts are decided by dice of their own, `shift_dice`.
    """

    def __init__(self, dice: Dice, shift_dice: Dice, per_min: float, start_ns: int) -> None:
        self._dice = dice
        self._shift_dice = shift_dice
        self._per_min = per_min
        self._due_ns = start_ns
        self._blink = self._after(start_ns)  # the one under way, or else the next

    def closure(self, t_ns: int) -> float:
        """How far the lids are closed at show time `t_ns`, in [0, 1]."""
        self._go_on(t_ns)
        return self._blink.closure(t_ns)

    def accompany(self, t_ns: int, degrees: float) -> None:
        """The gaze begins to turn by so many degrees: a blink may come with it, the likelier the larger."""
        self._go_on(t_ns)
        share = BLINK_SHIFT_SHARE * smoothstep(min(1.0, degrees / BLINK_SHIFT_DEG))
        if self._shift_dice.unit() < share:
            self.bring_forward(t_ns)

    def bring_forward(self, t_ns: int) -> None:
        """Blink now in the place of the next time; a blink under way is the one that is asked for."""
        self._go_on(t_ns)
        if t_ns < self._blink.start_ns:
            # The gaps are still counted from where the blink was due, or a minute would have more of them;
            # not from too far ahead, or after many shifts the lids would stay open for long.
            self._due_ns = min(self._due_ns, t_ns + nanoseconds(self._mean_gap_s()))
            self._blink = replace(self._blink, start_ns=t_ns)

    def retune(self, per_min: float, t_ns: int) -> None:
        """From now on so many a minute, above 0. A blink under way is finished."""
        self._go_on(t_ns)
        if per_min == self._per_min:
            return
        self._per_min = per_min
        self._due_ns = min(self._due_ns, t_ns + self._gap_ns())
        if t_ns < self._blink.start_ns:
            self._blink = replace(self._blink, start_ns=min(self._blink.start_ns, self._due_ns))

    def _go_on(self, t_ns: int) -> None:
        while (end_ns := self._blink.end_ns) <= t_ns:
            if self._blink.is_double:
                self._blink = replace(self._drawn(end_ns + nanoseconds(DOUBLE_GAP_S)), is_double=False)
            else:
                self._blink = self._after(end_ns)

    def _after(self, end_ns: int) -> Blink:
        self._due_ns += self._gap_ns()
        return self._drawn(max(self._due_ns, end_ns))

    def _drawn(self, start_ns: int) -> Blink:
        is_incomplete = self._dice.unit() < INCOMPLETE_SHARE
        depth = self._dice.between(*INCOMPLETE_DEPTH) if is_incomplete else 1
        spans = (CLOSING_S, CLOSED_S, OPENING_S)
        closing_ns, closed_ns, opening_ns = (nanoseconds(self._dice.between(*span)) for span in spans)
        is_double = self._dice.unit() < DOUBLE_SHARE
        return Blink(start_ns, closing_ns, closed_ns, opening_ns, depth, is_double)

    def _gap_ns(self) -> int:
        """From the start of a blink to the start of the next."""
        return nanoseconds(max(MIN_GAP_S, log_normal(self._dice, self._mean_gap_s(), GAP_SIGMA)))

    def _mean_gap_s(self) -> float:
        return 60 / self._per_min * (1 + DOUBLE_SHARE)  # a double blink is two


@dataclass(frozen=True, slots=True)
class Saccade:
    """A jump of the eyes, as smooth as a jump can be."""

    start_ns: int
    duration_ns: int
    source: Point
    target: Point

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.duration_ns

    def at(self, t_ns: int) -> Point:
        done = minimum_jerk(max(0.0, min(1.0, (t_ns - self.start_ns) / self.duration_ns)))
        return _toward(self.source, self.target, done)


class Gaze:
    """Where the eyes look: mostly ahead, now and then away. Points are shares of how far they wander."""

    def __init__(self, dice: Dice, start_ns: int) -> None:
        self._dice = dice
        self._saccade = Saccade(start_ns, 1, AHEAD, AHEAD)
        self.due_ns = start_ns + self._fixation_ns(AHEAD)  # when the eyes move on

    def at(self, t_ns: int) -> Point:
        """Within the ellipse |x| ≤ 1, |y| ≤ HEIGHT; exactly `AHEAD` most of the time."""
        return self._saccade.at(t_ns)

    def shift(self, range_deg: float) -> float:
        """Set out for the next fixation at `due_ns`. How far the eyes then turn, in degrees."""
        source = self._saccade.target
        target = self._next_point(source)
        degrees = range_deg * math.dist(source, target)
        self._saccade = Saccade(self.due_ns, _saccade_ns(degrees), source, target)
        self.due_ns = self._saccade.end_ns + self._fixation_ns(target)
        return degrees

    def _next_point(self, source: Point) -> Point:
        if source != AHEAD and self._dice.unit() < RETURN_SHARE:
            return AHEAD
        radius = self._dice.between(NEAREST, 1)
        x, y = _polar(radius, self._dice)
        return x, HEIGHT * y

    def _fixation_ns(self, point: Point) -> int:
        if point == AHEAD and self._dice.unit() < REGARD_SHARE:
            return nanoseconds(self._dice.between(*REGARD_S))
        shortest, longest = FIXATION_S
        mean_s = AHEAD_MEAN_S if point == AHEAD else AWAY_MEAN_S
        return nanoseconds(max(shortest, min(longest, log_normal(self._dice, mean_s, FIXATION_SIGMA))))


class Microsaccades:
    """The eyes of a fixation: they drift, and jump. Points are degrees from what is looked at."""

    def __init__(self, dice: Dice, per_s: float, start_ns: int) -> None:
        self._dice = dice
        self._per_s = per_s
        self._saccade = Saccade(start_ns, 1, AHEAD, AHEAD)
        self._drift_to, self._drift_ns = AHEAD, 1
        self._due_ns = start_ns + self._gap_ns()

    def at(self, t_ns: int) -> Point:
        """Within FARTHEST_DEG."""
        while self._due_ns <= t_ns:
            self._jump()
        return self._position(t_ns)

    def retune(self, per_s: float, t_ns: int) -> None:
        """From now on so many a second, above 0. One under way is finished."""
        self.at(t_ns)
        if per_s != self._per_s:
            self._per_s = per_s
            self._due_ns = min(self._due_ns, t_ns + self._gap_ns())

    def _position(self, t_ns: int) -> Point:
        end_ns = self._saccade.end_ns
        if t_ns < end_ns:
            return self._saccade.at(t_ns)
        return _toward(self._saccade.target, self._drift_to, min(1.0, (t_ns - end_ns) / self._drift_ns))

    def _jump(self) -> None:
        source = self._position(self._due_ns)
        shortest, longest = MICRO_DEG
        degrees = shortest * (longest / shortest) ** self._dice.unit()
        target = self._step(source, degrees)
        self._saccade = Saccade(self._due_ns, _saccade_ns(degrees), source, target)
        gap_ns = self._gap_ns()
        self._due_ns += gap_ns
        self._drift_to = self._step(target, self._dice.between(*DRIFT_DEG))
        self._drift_ns = gap_ns - self._saccade.duration_ns

    def _step(self, source: Point, degrees: float) -> Point:
        """So many degrees from `source`: in any direction, or inwards, the likelier the farther out."""
        x, y = _polar(degrees, self._dice)
        anywhere = (source[0] + x, source[1] + y)
        away = math.hypot(*source)
        if math.hypot(*anywhere) <= FARTHEST_DEG and self._dice.unit() >= away / FARTHEST_DEG:
            return anywhere
        return _toward(source, AHEAD, degrees / away) if away > 0 else AHEAD

    def _gap_ns(self) -> int:
        return nanoseconds(max(MIN_MICRO_S, log_normal(self._dice, 1 / self._per_s, MICRO_SIGMA)))


def log_normal(dice: Dice, mean: float, sigma: float) -> float:
    """exp N(μ, σ²) with this mean; the normal by Box & Muller, from the dice alone."""
    radius = math.sqrt(-2 * math.log(1 - dice.unit()))
    normal = radius * math.cos(2 * math.pi * dice.unit())
    return mean * math.exp(sigma * normal - sigma**2 / 2)


def _saccade_ns(degrees: float) -> int:
    return nanoseconds(max(MIN_SACCADE_S, SACCADE_S + SACCADE_S_PER_DEG * degrees))


def _polar(radius: float, dice: Dice) -> Point:
    """So far, in any direction."""
    angle = 2 * math.pi * dice.unit()
    return radius * math.cos(angle), radius * math.sin(angle)


def _toward(source: Point, target: Point, share: float) -> Point:
    """So much of the way; above 1, beyond the target."""
    return between(source[0], target[0], share), between(source[1], target[1], share)


def nanoseconds(seconds: float) -> int:
    """The nearest whole number of them."""
    return round(seconds * NANOSECONDS)
