"""The governor: told of times, it settles, and what it does next can hardly be seen."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.ports import NANOSECONDS, Detail
from installation.stage.governor import FADE_NS, FITS, LARGEST_STEP, Governor

MS = 1_000_000
PERIOD_NS = NANOSECONDS / 30
COSTS_NS = {64: 4 * MS, 128: 8 * MS, 256: 14 * MS, 512: 25 * MS}
SIDES = tuple(COSTS_NS)


def height(detail: Detail) -> float:
    """On the scale on which nothing that is seen jumps: (r, 0) is (r/2, 1)."""
    return SIDES.index(detail.resolution) - 1 + detail.share


@given(
    costs_ms=st.lists(st.floats(0.1, 500), min_size=4, max_size=4),
    frames=st.lists(
        st.tuples(st.integers(0, 2 * NANOSECONDS), st.integers(1, 5 * NANOSECONDS)), max_size=300
    ),
)
def test_whatever_happens_it_asks_for_what_there_is_and_moves_by_small_steps(costs_ms, frames):
    governor = Governor(dict(zip(SIDES, (cost * MS for cost in costs_ms), strict=True)), PERIOD_NS)
    before = governor.detail
    for synthesis_ns, interval_ns in frames:
        governor.note(synthesis_ns, interval_ns)
        after = governor.detail
        assert after.resolution in SIDES and 0 < after.share <= 1
        assert height(after) >= 0
        step = abs(height(after) - height(before))
        assert step <= min(interval_ns / FADE_NS, LARGEST_STEP) + 1e-9
        before = after


@given(scale=st.floats(0.05, 50), rest_ms=st.floats(0, 60))
@settings(max_examples=40, deadline=None)
def test_under_a_constant_cost_it_settles(scale, rest_ms):
    """Whatever the machine, and whatever else a frame needs: tries come after 4, 8, 16, … seconds."""
    governor = Governor(COSTS_NS, PERIOD_NS)
    moves_s, elapsed_ns = [], 0
    while elapsed_ns < 1000 * NANOSECONDS:
        detail = governor.detail
        cost_ns = scale * COSTS_NS[detail.resolution]
        interval_ns = max(cost_ns + rest_ms * MS, PERIOD_NS)
        governor.note(int(cost_ns), int(interval_ns))
        elapsed_ns += int(interval_ns)
        if governor.detail.resolution != detail.resolution:
            moves_s.append(elapsed_ns / NANOSECONDS)
    assert len(moves_s) <= 3 + 2 * 8
    assert sum(moment > 500 for moment in moves_s) <= 4


@pytest.mark.parametrize(
    ("period_ms", "side"), [(100, 512), (25 / FITS, 512), (25 / FITS - 0.01, 256), (10, 128), (1, 64)]
)
def test_it_begins_at_the_finest_that_fits(period_ms, side):
    assert Governor(COSTS_NS, period_ms * MS).detail == Detail(side)


def test_one_resolution_is_kept_whatever_it_costs():
    governor = Governor({256: 90 * MS}, PERIOD_NS)
    for _ in range(1000):
        governor.note(90 * MS, 95 * MS)
        assert governor.detail == Detail(256)


def test_late_frames_that_drawing_is_not_to_blame_for_cost_no_sharpness():
    governor = Governor(COSTS_NS, PERIOD_NS)
    for _ in range(1000):
        governor.note(20 * MS, 60 * MS)
        assert governor.detail == Detail(512)


@pytest.mark.parametrize(("rest_ms", "side"), [(1, 512), (3, 256), (6, 256)])
def test_who_misses_a_refresh_by_little_is_not_left_at_half_the_frame_rate(rest_ms, side):
    """The monitor makes 33.3 ms of 17.5: half of that is waiting, and drawing is to blame all the same."""
    period_ns = NANOSECONDS / 60
    governor = Governor({128: 3.5 * MS, 256: 7 * MS, 512: 14.5 * MS}, period_ns)
    for _ in range(200):
        cost_ns = {128: 3.5, 256: 7, 512: 14.5}[governor.detail.resolution] * MS
        governor.note(int(cost_ns), int(period_ns * (2 if cost_ns + rest_ms * MS > period_ns else 1)))
    assert governor.detail == Detail(side)


def test_a_late_frame_now_and_then_is_borne_and_one_in_five_is_not():
    for every, is_borne in ((20, True), (5, False)):
        governor = Governor(COSTS_NS, PERIOD_NS)
        sides = set()
        for frame in range(600):
            is_late = frame % every == 0
            governor.note(50 * MS if is_late else 25 * MS, 51 * MS if is_late else 33 * MS)
            sides.add(governor.detail.resolution)
        assert (sides == {512}) == is_borne


def test_the_way_down_is_a_fade_of_half_a_second():
    governor = Governor(COSTS_NS, PERIOD_NS)
    details = []
    for _ in range(60):
        slowness = 1.5 if governor.detail.resolution == 512 else 1
        cost_ns = int(slowness * COSTS_NS[governor.detail.resolution])
        governor.note(cost_ns, int(max(PERIOD_NS, cost_ns + MS)))
        details.append(governor.detail)
    fade = [detail for detail in details if detail.share < 1]
    assert {detail.resolution for detail in fade} == {512}
    assert 10 <= len(fade) <= 15
    assert all(after.share < before.share for before, after in pairwise(fade))
    assert details[-1] == Detail(256)
