"""Blinks: as often and as long as people's, the same at any frame rate."""

from itertools import pairwise

import pytest

from installation.score.dice import show_dice
from installation.score.life import STIR, Blink, Blinks, Life

S = 1_000_000_000
MS = 1_000_000


def blinks(seed: int = 1) -> Blinks:
    return Blinks(show_dice(seed, 0, "blinks"))


def count(fps: int, seconds: int, seed: int = 1) -> int:
    """How often the lids pass half closed on their way down."""
    source = blinks(seed)
    closures = [source.closure(frame * S // fps) for frame in range(seconds * fps)]
    return sum(a < 0.5 <= b for a, b in pairwise(closures))


def test_about_seventeen_blinks_a_minute() -> None:
    assert 15 <= count(200, 3600) / 60 <= 18  # the blinks themselves take a tenth of the time


def test_lids_close_faster_than_they_open_and_close_wholly() -> None:
    blink = Blink(0, 80 * MS, 30 * MS, 200 * MS)
    assert blink.closure(-1) == blink.closure(blink.end_ns) == 0
    assert blink.closure(80 * MS) == blink.closure(110 * MS) == 1
    assert blink.closure(40 * MS) == pytest.approx(0.5)
    assert blink.closure(210 * MS) == pytest.approx(0.5)


def test_the_same_seed_blinks_alike_at_any_frame_rate() -> None:
    slow, fast = blinks(), blinks()
    at_30 = [slow.closure(frame * S // 30) for frame in range(30 * 600)]
    at_60 = [fast.closure(frame * S // 60) for frame in range(60 * 600)]
    assert at_30 == at_60[::2]
    assert count(60, 600) != count(60, 600, seed=2)


def test_lids_move_smoothly() -> None:
    source = blinks()
    closures = [source.closure(frame * MS) for frame in range(600_000)]
    assert max(abs(b - a) for a, b in pairwise(closures)) < 0.03
    assert all(0 <= closure <= 1 for closure in closures)


def test_a_face_at_rest_is_never_quite_still() -> None:
    life = Life(show_dice(1, 0, "life"))
    track = [life.at(frame * S // 30) for frame in range(30 * 60)]
    assert all(earlier[1:] != later[1:] for earlier, later in pairwise(track))
    for index, most in enumerate(STIR.values(), start=1):
        unit = [intensities[index] for intensities in track]
        assert 0 <= min(unit) < most / 4
        assert 3 * most / 4 < max(unit) <= most


def test_on_day_90_a_face_stirs_as_smoothly_as_on_the_first_day() -> None:
    stir = Life(show_dice(1, 0, "life"))._stirs[0]
    for start_ns in (0, 90 * 86_400 * S):
        steps = [
            abs(stir.at(start_ns + (k + 1) * S // 60) - stir.at(start_ns + k * S // 60)) for k in range(600)
        ]
        assert 0 < max(steps) < 0.004
