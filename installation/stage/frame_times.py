"""How the frames come: what a technician wants to know of a wall that has been hanging for months.

Times are counted in a histogram, so that a year takes no more memory than a minute.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from installation.ports import NANOSECONDS, Clock

BIN_NS: Final = 50_000
NUM_BINS: Final = 20_000  # a second; what is longer is counted as one
LATE: Final = 1.5  # periods
REPORT_NS: Final = 60 * NANOSECONDS
SETTLED_NS: Final = 5 * NANOSECONDS  # of frames: percentiles of fewer say little


class Histogram:
    """Durations, counted in bins of 0.05 ms."""

    def __init__(self) -> None:
        self._counts = np.zeros(NUM_BINS, np.int64)
        self.total_ns = 0

    @property
    def num(self) -> int:
        return int(self._counts.sum())

    def add(self, duration_ns: int) -> None:
        self._counts[min(max(duration_ns, 0) // BIN_NS, NUM_BINS - 1)] += 1
        self.total_ns += duration_ns

    def percentile_ms(self, percent: float) -> float:
        """The middle of the bin below which so many per cent of the durations are; there must be one."""
        reached = np.searchsorted(self._counts.cumsum(), max(1.0, self.num * percent / 100))
        return (int(reached) + 0.5) * BIN_NS / 1e6


@dataclass(frozen=True, slots=True)
class Reading:
    """How the frames of some stretch of time came."""

    fps: float
    p50_ms: float  # from one to the next
    p95_ms: float
    p99_ms: float
    late: int
    num: int
    side: int  # of the latest picture, in pixels
    stalls: int
    drawing_ms: float

    def __str__(self) -> str:
        """`60.0 fps, p50 16.7 p95 16.9 p99 17.4 ms, late 2 of 3600 (0.06 %), 512², drawing 14.1 ms`."""
        stalls = f", {self.stalls} stall{'s' * (self.stalls > 1)}" if self.stalls else ""
        return (
            f"{self.fps:.1f} fps, p50 {self.p50_ms:.1f} p95 {self.p95_ms:.1f} p99 {self.p99_ms:.1f} ms, "
            f"late {self.late} of {self.num} ({100 * self.late / self.num:.2f} %){stalls}, "
            f"{self.side}², drawing {self.drawing_ms:.1f} ms"
        )


class Frames:
    """What is counted over some stretch of time."""

    def __init__(self) -> None:
        self.intervals = Histogram()
        self.work = Histogram()
        self.num_late = 0

    def reading(self, side: int, num_stalls: int) -> Reading | None:
        """None before the second frame."""
        num = self.intervals.num
        if not num:
            return None
        p50, p95, p99 = (self.intervals.percentile_ms(percent) for percent in (50, 95, 99))
        fps = num * NANOSECONDS / max(1, self.intervals.total_ns)
        drawing_ms = self.work.percentile_ms(50)
        return Reading(fps, p50, p95, p99, self.num_late, num, side, num_stalls, drawing_ms)

    def line(self, side: int, num_stalls: int) -> str:
        """How they came, as people read it."""
        return str(self.reading(side, num_stalls) or "none yet")


class FrameTimes:
    """Told of every frame: `begin`, then `drawn`, then `shown`; of a dark one, `pause`. Stalls: a pacer's."""

    def __init__(self, clock: Clock, fps: Fraction) -> None:
        self._clock = clock
        self._late_ns = LATE * NANOSECONDS / fps
        self._minute, self._whole = Frames(), Frames()
        self._last: Reading | None = None  # of the minute before
        self._stalls_before = 0  # this minute
        self._began_ns = 0
        self._shown_ns: int | None = None
        self._next_report_ns: int | None = None
        self._side = 0

    def begin(self) -> None:
        self._began_ns = self._clock.now_ns()

    def drawn(self, side: int) -> None:
        """A picture of `side` pixels is there."""
        work_ns = self._clock.now_ns() - self._began_ns
        self._side = side
        for frames in (self._minute, self._whole):
            frames.work.add(work_ns)

    def shown(self, num_stalls: int) -> str | None:
        """It is on its way to the screen. Once a minute there is something to say."""
        now_ns = self._clock.now_ns()
        if self._shown_ns is not None:
            interval_ns = now_ns - self._shown_ns
            for frames in (self._minute, self._whole):
                frames.intervals.add(interval_ns)
                frames.num_late += interval_ns > self._late_ns
        self._shown_ns = now_ns
        if self._next_report_ns is None:
            self._next_report_ns = now_ns + REPORT_NS
        if now_ns < self._next_report_ns:
            return None
        self._next_report_ns = now_ns + REPORT_NS
        told = self.so_far(num_stalls)
        self._last = self._minute.reading(self._side, num_stalls - self._stalls_before)
        self._minute, self._stalls_before = Frames(), num_stalls
        return told

    def pause(self) -> None:
        """The picture is dark: until the next frame nothing is counted, nor said."""
        self._shown_ns = self._next_report_ns = None

    def reading(self, num_stalls: int) -> Reading | None:
        """Of this minute, or of the one before while this one is young; None where there are none yet."""
        if self._last and self._minute.intervals.total_ns < SETTLED_NS:
            return self._last
        return self._minute.reading(self._side, num_stalls - self._stalls_before)

    def so_far(self, num_stalls: int) -> str:
        """This minute until now."""
        return f"frames: {self._minute.line(self._side, num_stalls - self._stalls_before)}"

    def in_all(self, num_stalls: int) -> str:
        """The whole show."""
        return f"frames in all: {self._whole.line(self._side, num_stalls)}"
