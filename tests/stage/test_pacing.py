"""Pacing on a scripted clock: hours of show, and no test sleeps."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.errors import InputError
from installation.ports import NANOSECONDS, Clock
from installation.stage.pacing import (
    LONGEST_STEP_NS,
    SLOW_STEP_NS,
    Pacer,
    SystemClock,
    VirtualClock,
    frame_rate,
)

START_NS = 86_400 * 90 * NANOSECONDS  # a machine that has been up for 90 days
SLEEP_OVERSHOOT_NS = 70_000
UTC_OFFSET_NS = 1_767_697_200_000_000_000


class RealisticClock:
    """A clock on which work takes time and sleep oversleeps."""

    def __init__(self) -> None:
        self.instant_ns = START_NS
        self.num_sleeps = 0

    def now_ns(self) -> int:
        return self.instant_ns

    def utc_ns(self) -> int:
        return self.instant_ns + UTC_OFFSET_NS

    def sleep_until_ns(self, instant_ns: int) -> None:
        self.num_sleeps += 1
        self.instant_ns = max(self.instant_ns, instant_ns) + SLEEP_OVERSHOOT_NS

    def work(self, duration_ns: int) -> None:
        self.instant_ns += duration_ns


def instants(pacer: Pacer, num_frames: int) -> list[int]:
    return [pacer.tick().t_ns for _ in range(num_frames)]


@pytest.mark.parametrize("fps", [30, 60, 59.94, Fraction(60_000, 1001)])
def test_four_hours_do_not_drift(fps: float | Fraction) -> None:
    clock = RealisticClock()
    pacer = Pacer(clock, fps)
    num_frames = int(4 * 3600 * fps)
    t_ns = pacer.tick().t_ns
    for _ in range(num_frames):
        clock.work(9_000_000)
        t_ns = pacer.tick().t_ns
    exact_ns = num_frames / frame_rate(fps) * NANOSECONDS
    assert 0 <= exact_ns - t_ns < 1
    assert 0 <= clock.now_ns() - START_NS - t_ns <= SLEEP_OVERSHOOT_NS
    assert pacer.num_stalls == 0


def test_a_stall_of_three_seconds_is_not_raced() -> None:
    clock = RealisticClock()
    pacer = Pacer(clock, 60)
    before = instants(pacer, 100)
    clock.work(3 * NANOSECONDS)
    num_sleeps = clock.num_sleeps
    after = instants(pacer, 100)
    assert pacer.num_stalls == 1
    assert after[0] - before[-1] == LONGEST_STEP_NS  # nor does the face jump
    assert clock.num_sleeps - num_sleeps == 99  # every frame after the first one is waited for again
    assert {b - a for a, b in pairwise(after)} <= {16_666_666, 16_666_667}


def test_a_frame_that_is_a_little_late_moves_no_deadline() -> None:
    clock = RealisticClock()
    pacer = Pacer(clock, 50)
    assert pacer.tick().t_ns == 0
    clock.work(25_000_000)
    assert pacer.tick().t_ns == 25_000_000  # true time, not the missed 20 ms
    clock.work(1_000_000)
    assert pacer.tick().t_ns == 40_000_000
    assert pacer.num_stalls == 0


def test_a_machine_that_is_too_slow_shows_the_true_time() -> None:
    clock = RealisticClock()
    pacer = Pacer(clock, 60)
    shown = []
    for _ in range(50):
        shown.append(pacer.tick().t_ns)
        clock.work(40_000_000)
    assert {b - a for a, b in pairwise(shown)} == {40_000_000}
    assert clock.num_sleeps == 0


@given(
    fps=st.fractions(min_value=1, max_value=240, max_denominator=1001),
    work_ns=st.lists(st.integers(0, 5 * NANOSECONDS), min_size=1, max_size=60),
)
def test_instants_never_decrease_and_lag_only_by_stalls(fps: Fraction, work_ns: list[int]) -> None:
    clock = RealisticClock()
    pacer = Pacer(clock, fps)
    last_ns, stalled_ns, was_stalled = 0, 0, False
    for duration_ns in work_ns:
        num_stalls = pacer.num_stalls
        t_ns = pacer.tick().t_ns
        assert t_ns >= last_ns
        lag_ns = clock.now_ns() - START_NS - t_ns - stalled_ns
        if is_stalled := pacer.num_stalls > num_stalls:
            longest_ns = SLOW_STEP_NS if was_stalled else LONGEST_STEP_NS
            assert t_ns - last_ns <= max(longest_ns, int(NANOSECONDS / fps))
            stalled_ns, lag_ns = stalled_ns + lag_ns, 0
        was_stalled = is_stalled
        assert 0 <= lag_ns <= SLEEP_OVERSHOOT_NS
        last_ns = t_ns
        clock.work(duration_ns)


@given(fps=st.fractions(min_value=1, max_value=240, max_denominator=1001), num_frames=st.integers(1, 500))
def test_a_recording_has_exact_instants(fps: Fraction, num_frames: int) -> None:
    pacer = Pacer(VirtualClock(7), fps)
    assert instants(pacer, num_frames) == [int(k * NANOSECONDS / fps) for k in range(num_frames)]


def test_a_virtual_clock_does_not_go_back() -> None:
    clock = VirtualClock(50)
    clock.sleep_until_ns(20)
    assert clock.now_ns() == 50
    clock.sleep_until_ns(80)
    assert clock.now_ns() == 80


def test_the_system_clock_is_not_early() -> None:
    clock: Clock = SystemClock()
    instant_ns = clock.now_ns() + 2_000_000
    clock.sleep_until_ns(instant_ns)
    assert clock.now_ns() >= instant_ns
    clock.sleep_until_ns(0)


def test_frame_rates_are_what_was_written() -> None:
    assert frame_rate(59.94) == Fraction(2997, 50)
    assert frame_rate(60_000 / 1001) == Fraction(60_000, 1001)
    assert frame_rate(30) == 30


@pytest.mark.parametrize("fps", [0, -30, float("nan"), float("inf")])
def test_impossible_frame_rates_are_refused(fps: float) -> None:
    with pytest.raises(InputError, match="frame rate"):
        frame_rate(fps)


def test_every_tick_says_what_the_clock_on_the_wall_says():
    """Of a stall the show sees a tenth of a second, and the clock on the wall all of it."""
    clock = RealisticClock()
    pacer = Pacer(clock, 30)
    first = pacer.tick()
    clock.work(5_000_000_000)
    second = pacer.tick()
    assert second.t_ns - first.t_ns == 100_000_000
    assert second.utc_ns - first.utc_ns >= 5_000_000_000


def test_a_virtual_clock_keeps_civil_time_too():
    pacer = Pacer(VirtualClock(start_utc_ns=UTC_OFFSET_NS), 25)
    ticks = [pacer.tick() for _ in range(100)]
    assert {tick.utc_ns - tick.t_ns for tick in ticks} == {UTC_OFFSET_NS}


def test_a_rest_is_no_stall_and_show_time_passes_as_ever():
    clock = RealisticClock()
    pacer = Pacer(clock, 60)
    instants(pacer, 10)
    rested = []
    for _ in range(5 * 3600):  # an hour in the dark
        clock.work(3_000_000)
        pacer.rest(200_000_000)
        rested.append(pacer.tick().t_ns)
    assert {b - a for a, b in pairwise(rested)} == {200_000_000}  # nothing adds up
    assert clock.now_ns() - START_NS - rested[-1] <= SLEEP_OVERSHOOT_NS
    assert {b - a for a, b in pairwise([rested[-1], *instants(pacer, 60)])} <= {16_666_666, 16_666_667}
    assert pacer.num_stalls == 0


def test_after_a_rest_a_stall_is_one_as_ever():
    clock = RealisticClock()
    pacer = Pacer(clock, 60)
    before = instants(pacer, 10)[-1]
    pacer.rest(200_000_000)
    clock.work(5 * NANOSECONDS)
    assert pacer.tick().t_ns - before == LONGEST_STEP_NS
    assert pacer.num_stalls == 1
