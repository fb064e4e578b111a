"""A show on a machine that is too slow, now and then or always; simulated, so that hours pass at once."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.ports import NANOSECONDS, Detail
from installation.stage.adaptive import AdaptiveSynthesizer, faithful
from tests.machines import Draughtsman, Machine, Shown, show

COSTS_MS = {64: 4.0, 128: 8.0, 256: 14.0, 512: 25.0}
PERIOD_NS = NANOSECONDS // 30


def sides(frames: list[Shown]) -> list[int]:
    """The resolutions, one after another."""
    found = [frame.detail.resolution for frame in frames]
    return [found[0]] + [after for before, after in pairwise(found) if after != before]


def late_share(frames: list[Shown]) -> float:
    return sum(frame.interval_ns > 1.5 * PERIOD_NS for frame in frames) / len(frames)


def test_a_fast_machine_draws_everything():
    frames = show({side: cost / 3 for side, cost in COSTS_MS.items()}, 60)
    assert {frame.detail for frame in frames} == {Detail(512)}
    assert late_share(frames) == 0


@given(slowness=st.floats(0.1, 30))
@settings(max_examples=20, deadline=None)
def test_a_machine_that_is_measured_right_never_changes_and_is_never_late_if_it_can(slowness):
    costs_ms = {side: slowness * cost for side, cost in COSTS_MS.items()}
    frames = show(costs_ms, 30)
    assert len(sides(frames)) == 1
    if costs_ms[64] < 25:
        assert late_share(frames) == 0


def test_a_slow_spell_costs_sharpness_and_it_comes_back():
    spell = lambda seconds: 3.0 if 20 <= seconds < 80 else 1.0  # noqa: E731
    frames = show(COSTS_MS, 120, load=spell)
    assert sides(frames) == [512, 256, 128, 256, 512]
    during = [frame for frame in frames if 25 <= frame.seconds < 80]
    assert {frame.detail for frame in during} == {Detail(128)}
    assert late_share(during) == 0
    assert frames[-1].detail == Detail(512)


def test_spell_after_spell_makes_it_wait_longer_and_longer():
    """Ten seconds of every twenty: it comes back ever more rarely."""
    frames = show(COSTS_MS, 1200, load=lambda seconds: 2.5 if seconds % 20 < 10 else 1.0)
    changes = [
        after.seconds
        for before, after in pairwise(frames)
        if after.detail.resolution != before.detail.resolution
    ]
    first, last = (sum(start <= instant < start + 300 for instant in changes) for start in (0, 900))
    assert last < first / 2


def test_a_cost_that_the_measurement_did_not_see_is_tried_ever_more_rarely():
    """At 512² the rest of the frame, whatever it is, takes too long; the measurements say that it fits."""
    frames = show(COSTS_MS, 3600, rest_ms=14.0)
    found = sides(frames)
    assert set(found) == {512, 256}
    assert len(found) <= 22
    assert len(sides([frame for frame in frames if frame.seconds > 1800])) <= 5
    assert late_share(frames) < 0.001


def test_with_nothing_left_to_give_it_stays():
    frames = show(COSTS_MS, 600, load=lambda _seconds: 20.0)
    assert sides(frames) == [512, 256, 128, 64]
    assert {frame.detail for frame in frames if frame.seconds > 60} == {Detail(64)}


def test_between_frames_nothing_jumps():
    frames = show(COSTS_MS, 120, load=lambda seconds: 1.0 + 3.0 * (20 <= seconds < 60))
    heights = [sorted(COSTS_MS).index(f.detail.resolution) - 1 + f.detail.share for f in frames]
    assert max(abs(after - before) for before, after in pairwise(heights)) <= 0.25 + 1e-9


def test_an_hour_with_closed_doors_is_no_late_frame():
    machine = Machine()
    draughtsman = Draughtsman(machine, COSTS_MS)
    ws = np.zeros((8, 512), np.float32)
    adaptive = AdaptiveSynthesizer(draughtsman, machine, Fraction(30), ws)
    for _ in range(100):
        adaptive.synthesize(ws)
        machine.instant_ns += 3600 * NANOSECONDS
    assert adaptive.detail == Detail(512)


def test_what_is_asked_for_in_so_many_words_is_drawn():
    machine = Machine()
    adaptive = AdaptiveSynthesizer(
        Draughtsman(machine, COSTS_MS), machine, Fraction(30), np.zeros((8, 512), np.float32)
    )
    assert adaptive.synthesize(np.zeros((8, 512), np.float32), Detail(64, 0.5)).shape == (64, 64, 3)


def test_where_small_pictures_are_others_it_stops_above_them():
    finest = (
        np.random.default_rng(0).integers(0, 255, (16, 16, 3)).astype(np.uint8).repeat(32, 0).repeat(32, 1)
    )
    small = {side: finest[:: 512 // side, :: 512 // side] for side in (64, 128, 256, 512)}
    assert faithful(small) == (64, 128, 256, 512)
    assert faithful({**small, 128: small[128] // 2}) == (256, 512)
    assert faithful({**small, 256: 255 - small[256]}) == (512,)


def test_a_slow_moment_while_it_is_measured_does_not_keep_it_soft_for_ever():
    """It is measured while other processes start: what meets one resolution alone would spoil the ratios."""
    machine = Machine()
    draughtsman = Draughtsman(machine, COSTS_MS)
    machine.load = lambda seconds: 8.0 if 0.125 < seconds < 0.5 else 1.0
    adaptive = AdaptiveSynthesizer(draughtsman, machine, Fraction(30), np.zeros((8, 512), np.float32))
    for _ in range(60 * 30):
        began_ns = machine.instant_ns
        adaptive.synthesize(np.zeros((8, 512), np.float32))
        machine.sleep_until_ns(began_ns + PERIOD_NS)
    assert adaptive.detail == Detail(512)


@pytest.mark.parametrize("fps", [24, 60])
def test_the_first_frame_is_as_fine_as_the_frame_rate_lets_it_be(fps):
    frames = show(COSTS_MS, 1, fps=fps)
    assert frames[0].detail == Detail(512 if fps == 24 else 256)
