"""What is said of the frames: a line a minute, and one at the end."""

import signal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import NANOSECONDS, Command
from installation.stage.frame_times import BIN_NS, NUM_BINS, FrameTimes, Histogram
from installation.stage.signals import NAME, SignalRemote
from tests.machines import MS, Machine


def play(
    intervals_ms: list[float], drawing_ms: float = 14.1, side: int = 512
) -> tuple[FrameTimes, list[str]]:
    machine = Machine()
    times = FrameTimes(machine, Fraction(60))
    told = []
    for interval_ms in [0.0, *intervals_ms]:
        times.begin()
        machine.work(min(drawing_ms, interval_ms))
        times.drawn(side)
        machine.work(max(0.0, interval_ms - drawing_ms))
        if line := times.shown(num_stalls=0):
            told.append(line)
    return times, told


def test_the_line_says_what_a_technician_asks():
    times, told = play([40.0] * 2 + [17.93] * 47 + [17.42] * 150 + [16.68] * 3386)
    line = "59.7 fps, p50 16.7 p95 17.4 p99 17.9 ms, late 2 of 3585 (0.06 %), 512², drawing 14.1 ms"
    assert told == [f"frames: {line}"]
    stalled = line.replace("(0.06 %)", "(0.06 %), 3 stalls")
    assert times.in_all(3) == f"frames in all: {stalled}"


def test_it_is_said_once_a_minute_and_counts_that_minute_alone():
    times, told = play([100.0] * 600 + [20.0] * 6000)
    assert len(told) == 3
    assert told[0].startswith("frames: 10.0 fps") and "late 600 of 600 (100.00 %)" in told[0]
    assert told[1].startswith("frames: 50.0 fps") and "late 0 of 3000 (0.00 %)" in told[1]
    assert "of 6600" in times.in_all(0)


def test_on_demand_it_is_this_minute_so_far():
    machine = Machine()
    times = FrameTimes(machine, Fraction(60))
    assert times.so_far(0) == "frames: none yet" and times.in_all(0) == "frames in all: none yet"
    times, _ = play([20.0] * 10)
    assert "late 0 of 10" in times.so_far(0)
    assert "1 stall," in times.so_far(1) and "2 stalls," in times.so_far(2) and "stall" not in times.so_far(0)


def test_a_reading_says_the_same_in_numbers():
    times, _ = play([40.0] * 2 + [20.0] * 98)
    reading = times.reading(5)
    assert reading is not None
    assert (reading.late, reading.num, reading.side, reading.stalls) == (2, 100, 512, 5)
    assert (reading.fps, reading.p50_ms) == (pytest.approx(1e5 / 2040), pytest.approx(20, abs=0.05))
    assert str(reading) in times.so_far(5)
    assert FrameTimes(Machine(), Fraction(60)).reading(0) is None


def test_while_a_minute_is_young_the_one_before_is_read():
    times, told = play([100.0] * 600 + [20.0] * 10)
    reading = times.reading(0)
    assert len(told) == 1 and reading is not None and reading.num == 600
    times, _ = play([100.0] * 600 + [20.0] * 300)
    reading = times.reading(0)
    assert reading is not None and reading.num == 300 and reading.fps == pytest.approx(50)


def test_a_night_with_closed_doors_is_neither_counted_nor_told():
    machine = Machine()
    times = FrameTimes(machine, Fraction(50))

    def frame() -> str | None:
        times.begin()
        machine.work(10)
        times.drawn(512)
        machine.work(10)
        return times.shown(num_stalls=0)

    assert [frame() for _ in range(101)] == [None] * 101
    for _ in range(1000):
        times.pause()
        machine.work(36_000)
    assert frame() is None
    assert times.in_all(0) == times.so_far(0).replace("frames:", "frames in all:")
    assert "50.0 fps" in times.in_all(0) and "late 0 of 100 (" in times.in_all(0)


@given(st.lists(st.integers(0, 3 * NANOSECONDS), min_size=1, max_size=300), st.floats(0, 100))
def test_percentiles_are_those_of_the_durations(durations_ns, percent):
    histogram = Histogram()
    for duration_ns in durations_ns:
        histogram.add(duration_ns)
    exact = np.percentile(durations_ns, percent, method="inverted_cdf")
    exact_ms = min(exact, (NUM_BINS - 1) * BIN_NS) / MS
    assert histogram.percentile_ms(percent) == pytest.approx(exact_ms, abs=BIN_NS / MS)


def test_the_system_can_ask():
    if not hasattr(signal, NAME):
        pytest.skip(f"this system has no {NAME}")
    before = signal.getsignal(getattr(signal, NAME))
    remote = SignalRemote()
    assert list(remote.requests()) == []
    signal.raise_signal(getattr(signal, NAME))
    assert list(remote.requests()) == [Command.REPORT]
    assert list(remote.requests()) == []
    remote.close()
    assert signal.getsignal(getattr(signal, NAME)) is before
