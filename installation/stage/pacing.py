"""When frames are due: absolute deadlines on an injected clock.

    deadline_k = anchor + ⌊k · 10⁹ / fps⌋     k = 0, 1, 2, …

Each deadline is computed from the anchor and never from the deadline before it, so that no rounding adds up.
"""

import time
from fractions import Fraction
from math import isfinite

from installation.errors import InputError
from installation.ports import NANOSECONDS, Clock, Tick

LONGEST_STEP_NS = 100_000_000
SLOW_STEP_NS = NANOSECONDS


def frame_rate(fps: float | Fraction) -> Fraction:
    """59.94 as the 2997/50 that its author wrote, not as the binary fraction that a float stores."""
    rate = Fraction(fps).limit_denominator(1001) if isfinite(fps) else Fraction(0)  # 1001: NTSC's 60000/1001
    if rate <= 0:
        raise InputError(f"fps: {fps} is not a frame rate; say a positive number such as 30")
    return rate


class SystemClock:
    """The machine's monotonic clock: never set back, not even by daylight saving time."""

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def utc_ns(self) -> int:
        return time.time_ns()

    def sleep_until_ns(self, instant_ns: int) -> None:
        remaining_ns = instant_ns - time.monotonic_ns()
        if remaining_ns > 0:
            time.sleep(remaining_ns / NANOSECONDS)


class VirtualClock:
    """Always on time: sleeping jumps. A recording renders as fast, or as slowly, as it can."""

    def __init__(self, start_ns: int = 0, start_utc_ns: int = 0) -> None:
        self._now_ns = start_ns
        self._utc_offset_ns = start_utc_ns - start_ns

    def now_ns(self) -> int:
        return self._now_ns

    def utc_ns(self) -> int:
        return self._now_ns + self._utc_offset_ns

    def sleep_until_ns(self, instant_ns: int) -> None:
        self._now_ns = max(self._now_ns, instant_ns)


class Pacer:
    """Waits for each frame and says at which instant it belongs.

    early     sleep; the instant is the deadline itself, because sleep wakes up some microseconds late
    late      no sleep; the instant is the true one; the deadlines stay where they are
    stalled   a frame late or more: re-anchor at now; the frames that were missed are dropped, never raced,
              and of a longer stall the show sees LONGEST_STEP_NS: the face goes on from where it stood
    slow      stalled again and again: the show takes the time that it takes, in steps of SLOW_STEP_NS at most
    resting   `rest`: no frame is due for a while, which is no stall; show time passes as ever
    """

    def __init__(self, clock: Clock, fps: float | Fraction) -> None:
        self.num_stalls = 0
        self._clock = clock
        self._rate = frame_rate(fps)
        self._start_ns: int | None = None
        self._is_stalled = False
        self._last_ns = 0
        self._anchor_ns = 0
        self._frame = 0  # since the anchor
        self._longest_step_ns = max(LONGEST_STEP_NS, self._deadline_ns(1))  # at least a frame
        self._slow_step_ns = max(SLOW_STEP_NS, self._longest_step_ns)

    def tick(self) -> Tick:
        """Wait until the next frame is due. The first tick is at 0, at once; ticks never decrease."""
        now_ns = self._clock.now_ns()
        if self._start_ns is None:
            self._start_ns = self._last_ns = self._anchor_ns = now_ns
        deadline_ns = self._deadline_ns(self._frame)
        if now_ns >= self._deadline_ns(self._frame + 1):
            self.num_stalls += 1
            self._anchor_ns, self._frame = now_ns, 0
            longest_ns = self._slow_step_ns if self._is_stalled else self._longest_step_ns
            self._start_ns += max(0, now_ns - self._last_ns - longest_ns)
            self._is_stalled = True
        else:
            self._is_stalled = False
        if now_ns < deadline_ns:
            self._clock.sleep_until_ns(deadline_ns)
            now_ns = deadline_ns
        self._frame, self._last_ns = self._frame + 1, now_ns
        return Tick(now_ns - self._start_ns, self._clock.utc_ns())

    def rest(self, duration_ns: int) -> None:
        """Let the next frame be due so long after the last tick; deadlines count from there."""
        self._anchor_ns, self._frame = self._last_ns + duration_ns, 0

    def _deadline_ns(self, frame: int) -> int:
        return self._anchor_ns + frame * NANOSECONDS * self._rate.denominator // self._rate.numerator
