"""How finely to draw, so that no frame is late: a softer face and never a stutter. Pure: it is told times.

Between the resolutions r₀ < r₁ < … that a generator can stop at lies a height h: at whole numbers the picture
of r_h, between them r_⌈h⌉ with a share h − ⌊h⌋ of its last block. The height moves towards a whole target.

down    frames have come late by half a second, because of drawing: one less is the target. A timely frame
        forgives a ninth of its interval, so one late frame in ten is borne. Drawing is to blame where it took
        more than half of the interval; or two thirds of the period, and the frame missed one refresh of the
        monitor: it then waits for the next, and half of the interval is waiting
up      what the finer one would cost, by the ratio of both as they were measured in the beginning, has fitted
        into the period for as long as `patience`
patience  doubles, to a quarter of an hour at most, whenever a step up has been taken back, and halves with
        every ten minutes for which one holds
"""

from collections.abc import Mapping
from math import ceil
from typing import Final

from installation.ports import NANOSECONDS, Detail

FADE_NS: Final = NANOSECONDS // 2
LARGEST_STEP: Final = 0.25  # of height in a frame, however long that took
LATE: Final = 1.1  # periods
FORGIVENESS: Final = 9
INTOLERABLE_NS: Final = NANOSECONDS // 2
FITS: Final = 0.9  # of the period
CROWDS: Final = 2 / 3  # of the period: with so much, whatever else a frame needs has little room
MISSED: Final = 2.5  # periods: a frame that waited for the refresh after its own took less
SMOOTHING: Final = 1 / 16
FIRST_PATIENCE_NS: Final = 4 * NANOSECONDS
LAST_PATIENCE_NS: Final = 900 * NANOSECONDS
CALM_NS: Final = 600 * NANOSECONDS
LONGEST_INTERVAL_NS: Final = NANOSECONDS // 4  # that is counted: a stall is one late frame and no more


class Governor:
    """Say after each frame how it went, and read `detail` for the next one."""

    def __init__(self, costs_ns: Mapping[int, float], period_ns: float) -> None:
        """What a frame costs at each resolution where it can stop, measured; each is twice the one below.

        Begins at the finest that fits.
        """
        self._resolutions = tuple(sorted(costs_ns))
        self._costs_ns = [costs_ns[resolution] for resolution in self._resolutions]
        self._period_ns = period_ns
        fitting = [k for k, cost_ns in enumerate(self._costs_ns) if cost_ns <= FITS * period_ns]
        self._target = max(fitting, default=0)
        self._height = float(self._target)
        self._patience_ns = FIRST_PATIENCE_NS
        self._has_risen = False  # since it last went down
        self._held_ns = 0  # since then, in peace
        self._late_ns = 0
        self._room_ns = 0
        self._here_ns: float | None = None  # what a frame costs now

    @property
    def detail(self) -> Detail:
        index = ceil(self._height)
        return Detail(self._resolutions[index], 1.0 - (index - self._height))

    def note(self, synthesis_ns: int, interval_ns: int) -> None:
        """A frame of `detail` took so long to draw, and the next one began so long after it."""
        counted_ns = min(interval_ns, LONGEST_INTERVAL_NS)
        synthesis, interval = synthesis_ns / self._period_ns, interval_ns / self._period_ns
        is_drawing = 2 * synthesis > interval or (synthesis > CROWDS and interval < MISSED)
        is_late = interval > LATE and is_drawing
        is_falling = self._target < self._height  # already: that frames are late until then is known
        if is_late and not is_falling:
            self._late_ns += counted_ns
        else:
            self._late_ns = max(0, self._late_ns - counted_ns // FORGIVENESS)
        if self._late_ns >= INTOLERABLE_NS and self._target > 0:
            self._go_down()
        elif self._height == self._target:
            self._hold(synthesis_ns, counted_ns, is_late=is_late)
        self._move(interval_ns)

    def _go_down(self) -> None:
        self._target -= 1
        if self._has_risen:
            self._patience_ns = min(2 * self._patience_ns, LAST_PATIENCE_NS)
        self._has_risen = False
        self._held_ns = 0
        self._start_anew()

    def _hold(self, synthesis_ns: int, counted_ns: int, *, is_late: bool) -> None:
        """Nothing moves; is there room for more?"""
        here_ns = self._here_ns
        self._here_ns = synthesis_ns if here_ns is None else here_ns + SMOOTHING * (synthesis_ns - here_ns)
        self._held_ns += counted_ns if self._has_risen else 0
        if self._held_ns >= CALM_NS:
            self._held_ns = 0
            self._patience_ns = max(self._patience_ns // 2, FIRST_PATIENCE_NS)
        if self._target + 1 == len(self._resolutions):
            return
        ratio = self._costs_ns[self._target + 1] / self._costs_ns[self._target]
        if not is_late and ratio * self._here_ns <= FITS * self._period_ns:
            self._room_ns += counted_ns
        else:
            self._room_ns = max(0, self._room_ns - FORGIVENESS * counted_ns)
        if self._room_ns >= self._patience_ns:
            self._target += 1
            self._has_risen = True
            self._held_ns = 0
            self._start_anew()

    def _start_anew(self) -> None:
        """What is known of the frames so far says nothing about those to come."""
        self._late_ns = 0
        self._room_ns = 0
        self._here_ns = None

    def _move(self, interval_ns: int) -> None:
        step = min(interval_ns / FADE_NS, LARGEST_STEP)
        if self._height < self._target:
            self._height = min(self._height + step, float(self._target))
        else:
            self._height = max(self._height - step, float(self._target))
