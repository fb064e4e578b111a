"""Falling asleep at closing, and waking at opening. PURE: show time and civil time come in with every call.

    closing ─▶ the lids grow heavy, and fall ─▶ dark ─▶ opening ─▶ eyes shut ─▶ half, a blink back, open
               FALL_NS                                             FADE_NS      WAKE_NS

What it does is decided by the doors alone, at each instant anew: a clock that is set, by seconds or by days,
turns the lids round from where they are, and the picture is never dark while the doors are open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Self

from installation.score.choreography import DAY_NS
from installation.score.hours import Hours
from installation.score.life import BLINK, LID, UPPER_LID
from installation.score.phrase import NANOSECONDS
from installation.score.transition import between, smoothstep

FALL_NS: Final = 3 * NANOSECONDS
FADE_NS: Final = 2 * NANOSECONDS  # the picture's, out of the dark and into it
WAKE_NS: Final = 3 * NANOSECONDS
# When the lids are how far from where they began to where they go: shares of the time, and of the way. Drawn
# eyes are nearly shut half-way.
FALLING: Final = ((0.0, 0.0), (0.72, 0.3), (1.0, 1.0))  # heavy, and then they fall
WAKING: Final = ((0.0, 0.0), (0.4, 0.7), (0.52, 0.2), (1.0, 1.0))  # half, a blink back, open

EXACT_NS: Final = NANOSECONDS  # a change of the doors longer ago than that was a clock's jump


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one change of the doors to the next, as far as it has been looked up: the calendar of a place that
    is closed for the summer takes milliseconds to read.
    """

    hours: Hours
    is_open: bool
    start_ns: int  # utc_ns, …
    end_ns: int  # … until before then
    change_ns: int | None  # at the end of it; None: none comes within HORIZON_NS

    @classmethod
    def at(cls, utc_ns: int, hours: Hours) -> Self:
        change_ns = hours.next_change(utc_ns)
        end_ns = utc_ns + DAY_NS if change_ns is None else change_ns
        return cls(hours, hours.is_open(utc_ns), utc_ns, end_ns, change_ns)

    def go_on(self, utc_ns: int, hours: Hours) -> Self:
        """The one at an instant, which is mostly this one."""
        is_this = hours is self.hours and self.start_ns <= utc_ns < self.end_ns
        return self if is_this else type(self).at(utc_ns, hours)


@dataclass(frozen=True, slots=True)
class Slumber:
    """Whether the portrait is awake, since when, and how far shut its eyes were then."""

    doors: Stretch
    is_awake: bool
    since_ns: int  # of show time; of a waking, when the eyes begin to open: that may be ahead
    began: float  # how far shut, in [0, 1]
    t_ns: int  # the latest instant that was asked for

    @classmethod
    def first(cls, t_ns: int, utc_ns: int, hours: Hours) -> Self:
        """At the first tick: wide awake, or fast asleep."""
        doors = Stretch.at(utc_ns, hours)
        is_open = doors.is_open
        return cls(doors, is_open, t_ns - (WAKE_NS if is_open else FALL_NS), float(not is_open), t_ns)

    def go_on(self, t_ns: int, utc_ns: int, hours: Hours) -> Self:
        """At show time `t_ns`, which is `utc_ns` on the clock; show time never goes back."""
        doors = self.doors.go_on(utc_ns, hours)
        if doors.is_open == self.is_awake:
            return replace(self, doors=doors, t_ns=t_ns)
        change_ns = hours.next_change(utc_ns - EXACT_NS)
        is_exact = change_ns is not None and change_ns <= utc_ns
        since_ns = max(self.t_ns, t_ns - (utc_ns - change_ns)) if is_exact and change_ns else t_ns
        pause_ns = FADE_NS if self.is_dark(since_ns) else 0
        return type(self)(doors, not self.is_awake, since_ns + pause_ns, self.lids(since_ns), t_ns)

    def is_dark(self, t_ns: int) -> bool:
        """Whether the lids have fallen, and there is nothing to be seen any more."""
        return not self.is_awake and t_ns - self.since_ns >= FALL_NS

    def lids(self, t_ns: int) -> float:
        """How far shut the eyes are, in [0, 1]."""
        way, duration_ns = (WAKING, WAKE_NS) if self.is_awake else (FALLING, FALL_NS)
        x = min(1.0, max(0.0, (t_ns - self.since_ns) / duration_ns))
        return between(self.began, float(not self.is_awake), _along(way, x))


def _along(way: tuple[tuple[float, float], ...], x: float) -> float:
    """How far one has come at a share of the time; each stretch begins and ends gently."""
    for (x0, y0), (x1, y1) in pairwise(way):
        if x <= x1:
            return between(y0, y1, smoothstep((x - x0) / (x1 - x0)))
    return way[-1][1]


def drowsy(added: Sequence[float], shown: Sequence[float], lids: float) -> list[float]:
    """What is added to a face while its eyes are so far shut: the small life that there was, 43 intensities,
    ceases, and the lids come to lie over whatever is shown, be they raised or half shut already.
    """
    aus = [strength * (1 - lids) for strength in added]
    aus[UPPER_LID] -= lids * shown[UPPER_LID]
    aus[LID] += lids * (1 - max(shown[LID], shown[BLINK]))
    return aus
