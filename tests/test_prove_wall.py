"""How even frames are is measured by what would notice that they are not."""

from fractions import Fraction

import pytest

from tests.prove_wall import agreement, drift_ns

PERIOD_NS = Fraction(10**9, 60)


def on_time(num: int, period_ns: Fraction = PERIOD_NS, start_ns: int = 5) -> list[int]:
    return [start_ns + int(k * period_ns) for k in range(num)]


def test_frames_on_their_deadlines_do_not_drift():
    assert abs(drift_ns(on_time(600), [False] * 600, PERIOD_NS)) <= 1


def test_a_late_frame_is_no_drift():
    begun = on_time(600)
    begun[-1] += 9_000_000
    begun[300] += 9_000_000
    assert abs(drift_ns(begun, [False] * 600, PERIOD_NS)) <= 1


def test_a_rate_that_is_wrong_by_a_thousandth_drifts():
    begun = on_time(600, PERIOD_NS * Fraction(1001, 1000))
    assert drift_ns(begun, [False] * 600, PERIOD_NS) == pytest.approx(540 / 60 * 1e6, rel=0.01)


def test_what_a_stall_took_is_no_drift_and_what_drifts_after_it_is():
    before = on_time(300)
    after = on_time(300, PERIOD_NS * Fraction(1001, 1000), before[-1] + 80_000_000)
    is_stall = [k == 300 for k in range(600)]
    assert abs(drift_ns(before + on_time(300, start_ns=after[0]), is_stall, PERIOD_NS)) <= 2
    assert drift_ns(before + after, is_stall, PERIOD_NS) == pytest.approx(270 / 60 * 1e6, rel=0.01)


def test_tracks_agree_on_the_instants_that_both_have():
    assert agreement({0: "a", 1: "b", 2: "c"}, {0: "a", 2: "d", 3: "e"}) == (2, 1)
