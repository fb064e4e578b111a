"""Falling asleep and waking, whatever the doors and the clock do."""

from datetime import date, time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.score.hours import Hours, Slot
from installation.score.life import BLINK, LID, UPPER_LID
from installation.score.slumber import FADE_NS, FALL_NS, WAKE_NS, Slumber, drowsy
from installation.stage.display import FADE_S
from models.action_units import NUM_AUS
from tests.score.shows import ALWAYS, BERLIN, S, at

MS = S // 1000
DAYS = Hours(BERLIN, ((Slot(time(11), time(14)), Slot(time(15), time(19))),) * 7)
STEEPEST = 2.5  # of the lids, a second
FRAME_NS = S // 30


def followed(hours: Hours, began_utc_ns: int, seconds: float, fps: int = 30) -> list[tuple[int, Slumber]]:
    """Show times, and what it is like at each."""
    slumber = Slumber.first(0, began_utc_ns, hours)
    frames = []
    for k in range(round(seconds * fps) + 1):
        t_ns = k * S // fps
        slumber = slumber.go_on(t_ns, began_utc_ns + t_ns, hours)
        frames.append((t_ns, slumber))
    return frames


@pytest.mark.parametrize("closing", ["14:00", "19:00"])
def test_at_closing_the_lids_fall_and_then_it_is_dark(closing: str) -> None:
    frames = followed(DAYS, at(closing) - S, 10)
    lids = [slumber.lids(t_ns) for t_ns, slumber in frames]
    assert lids[:31] == [0.0] * 31 and lids[-1] == 1.0
    assert all(a <= b for a, b in pairwise(lids))  # they are heavy, and do not rise again
    dark_ns = next(t_ns for t_ns, slumber in frames if slumber.is_dark(t_ns))
    assert dark_ns == S + FALL_NS
    half_ns = next(t_ns for t_ns, slumber in frames if slumber.lids(t_ns) >= 0.5)
    assert half_ns - S > 0.7 * FALL_NS  # the last of it is quick


def test_at_opening_the_eyes_are_shut_then_open_and_blink_back_once() -> None:
    frames = followed(DAYS, at("11:00") - S, 10)
    assert all(slumber.is_dark(t_ns) for t_ns, slumber in frames[:30])
    assert not any(slumber.is_dark(t_ns) for t_ns, slumber in frames[30:])
    lids = {t_ns - S: slumber.lids(t_ns) for t_ns, slumber in frames}
    assert all(lid == 1 for t_ns, lid in lids.items() if t_ns <= FADE_NS)
    assert all(lid == 0 for t_ns, lid in lids.items() if t_ns >= FADE_NS + WAKE_NS)
    steps = [(b > a) - (b < a) for a, b in pairwise(lids.values())]
    turns = [step for step, before in zip(steps[1:], steps, strict=False) if step and step != before]
    assert turns == [-1, 1, -1]  # half open, shut again, open


def test_the_picture_takes_as_long_as_the_window_does() -> None:
    assert round(FADE_S * S) == FADE_NS


@pytest.mark.parametrize("clock", ["13:59:57.0121", "10:59:57.0121"])
def test_the_lids_are_the_same_at_any_frame_rate(clock: str) -> None:
    """The doors close, or open, between two frames of either."""
    slow, fast = (
        {t_ns: each.lids(t_ns) for t_ns, each in followed(DAYS, at(clock), 12, fps)} for fps in (20, 60)
    )
    shared = slow.keys() & fast.keys()
    assert len(shared) > 200 and {slow[t_ns] for t_ns in shared} > {0.0, 1.0}
    assert all(slow[t_ns] == fast[t_ns] for t_ns in shared)


def test_a_program_that_is_started_while_it_is_open_is_wide_awake_and_else_fast_asleep() -> None:
    for clock, lids in (("12:00", 0.0), ("09:00", 1.0)):
        slumber = Slumber.first(5 * S, at(clock), DAYS)
        assert slumber.lids(5 * S) == lids and slumber.is_dark(5 * S) == bool(lids)


# --- clocks that are set ------------------------------------------------------------------------------------

slots = st.builds(
    lambda opens, minutes: Slot(
        time(opens // 60, opens % 60), time((opens + minutes) // 60 % 24, (opens + minutes) % 60)
    ),
    st.integers(0, 24 * 60 - 1),
    st.integers(1, 24 * 60 - 1),
)
days = st.lists(slots, max_size=3).map(tuple)
hours = st.builds(
    lambda week, exceptions: Hours(BERLIN, week, exceptions),
    st.tuples(*[days] * 7),
    st.dictionaries(st.dates(date(2026, 3, 27), date(2026, 3, 31)), days, max_size=3),
)
jumps = st.lists(
    st.tuples(
        st.integers(1, 400),  # frames until then
        st.sampled_from([1, 7, 30]),  # frames' worth of show time from one to the next
        st.one_of(
            st.integers(-10, 10).map(lambda seconds: seconds * S),
            st.integers(-3 * 86_400, 3 * 86_400).map(lambda seconds: seconds * S + 123_457),
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(hours, st.integers(at("00:00", date(2026, 3, 28)), at("00:00", date(2026, 3, 31))), jumps)
def test_whatever_the_clock_does_the_lids_move_evenly_and_the_picture_is_on_when_it_is_open(
    doors: Hours, utc_ns: int, script: list[tuple[int, int, int]]
) -> None:
    """Around a night in which the clocks change."""
    slumber, t_ns = Slumber.first(0, utc_ns, doors), 0
    was_open, since_ns, lids = doors.is_open(utc_ns), -10 * S, slumber.lids(0)
    for num_frames, pace, jump_ns in [*script, (300, 1, 0)]:
        for _ in range(num_frames):
            t_ns, utc_ns = t_ns + pace * FRAME_NS, utc_ns + pace * FRAME_NS
            slumber = slumber.go_on(t_ns, utc_ns, doors)
            is_open = doors.is_open(utc_ns)
            since_ns = since_ns if is_open == was_open else t_ns
            was_open, before, lids = is_open, lids, slumber.lids(t_ns)
            assert abs(lids - before) <= STEEPEST * pace * FRAME_NS / S  # never a jump
            assert not (is_open and slumber.is_dark(t_ns))
            for_ns = t_ns - since_ns
            if is_open and for_ns >= FADE_NS + WAKE_NS:
                assert lids == 0  # never stuck
            if not is_open and for_ns >= FALL_NS:
                assert lids == 1 and slumber.is_dark(t_ns)
            if not is_open and for_ns < FALL_NS - pace * FRAME_NS and since_ns >= 0:
                assert not slumber.is_dark(t_ns) or before == 1
        utc_ns += jump_ns


def test_where_it_is_always_open_it_never_sleeps() -> None:
    slumber = Slumber.first(0, 0, ALWAYS)
    for k in range(1000):
        slumber = slumber.go_on(k * 977 * MS, k * 86_400 * S // 7 * (-1) ** k + 10**18, ALWAYS)
        assert slumber.lids(k * 977 * MS) == 0 and not slumber.is_dark(k * 977 * MS)


# --- on a face ----------------------------------------------------------------------------------------------

units = st.lists(st.floats(0, 1), min_size=NUM_AUS, max_size=NUM_AUS)


@given(units, units)
def test_shut_lids_lie_over_whatever_is_shown_and_the_rest_of_the_small_life_ceases(
    life: list[float], shown: list[float]
) -> None:
    aus = drowsy(life, shown, 1.0)
    assert shown[UPPER_LID] + aus[UPPER_LID] == 0
    assert max(shown[LID], shown[BLINK]) + aus[LID] == pytest.approx(1)
    assert not any(strength for unit, strength in enumerate(aus) if unit not in (LID, UPPER_LID))
