"""Blinks, looks and the movements of a fixation: as often, as long and as far as people's."""

import math
from itertools import pairwise
from statistics import mean, median, stdev

import pytest

from installation.score.dice import Dice
from installation.score.eyes import AHEAD, HEIGHT, Blink, Blinks, Gaze, Microsaccades, Saccade

S = 1_000_000_000
MS = 1_000_000


def largest_step(values: list[float]) -> float:
    return max(abs(later - earlier) for earlier, later in pairwise(values))


def blinks(per_min: float = 17) -> Blinks:
    return Blinks(Dice("blinks"), Dice("shifts"), per_min, 0)


def seen(closures: list[float], hz: int) -> list[tuple[float, float]]:
    """(start in seconds, greatest closure) of each blink in closures that were sampled so often."""
    found: list[tuple[float, float]] = []
    for index, (earlier, later) in enumerate(pairwise(closures)):
        if earlier == 0 < later:
            found.append((index / hz, later))
        elif found:
            found[-1] = (found[-1][0], max(found[-1][1], later))
    return found


@pytest.fixture(scope="module")
def two_hours() -> list[tuple[float, float]]:
    source = blinks()
    return seen([source.closure(sample * S // 50) for sample in range(2 * 3600 * 50)], 50)


def test_seventeen_blinks_a_minute(two_hours: list[tuple[float, float]]) -> None:
    assert 16.3 <= len(two_hours) / 120 <= 17.7


def test_gaps_between_blinks_are_log_normal(two_hours: list[tuple[float, float]]) -> None:
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(two_hours)]
    logs = [math.log(gap) for gap in gaps if gap > 0.5]  # without the second of two
    assert 0.5 <= stdev(logs) <= 0.65
    assert abs(mean(logs) - median(logs)) < 0.06  # symmetric, as the gaps are not:
    assert median(gaps) < 0.9 * mean(gaps)
    assert min(gaps) >= 0.25 and max(gaps) < 40


def test_a_few_blinks_are_double_and_a_few_incomplete(two_hours: list[tuple[float, float]]) -> None:
    num_double = sum(later - earlier < 0.45 for (earlier, _), (later, _) in pairwise(two_hours))
    num_incomplete = sum(depth < 0.85 for _, depth in two_hours)
    assert 0.02 <= num_double / len(two_hours) <= 0.06
    assert 0.03 <= num_incomplete / len(two_hours) <= 0.08
    assert min(depth for _, depth in two_hours) >= 0.44


def test_lids_close_faster_than_they_open_and_close_wholly() -> None:
    blink = Blink(0, 80 * MS, 30 * MS, 200 * MS)
    assert blink.closure(-1) == blink.closure(blink.end_ns) == 0
    assert blink.closure(80 * MS) == blink.closure(110 * MS) == 1
    assert blink.closure(40 * MS) == pytest.approx(0.5)
    assert blink.closure(210 * MS) == pytest.approx(0.5)


def test_every_blink_lasts_as_long_as_people_s() -> None:
    source = blinks()
    closures = [source.closure(t * MS) for t in range(300_000)]
    starts = [t for t, (a, b) in enumerate(pairwise(closures)) if a == 0 < b]
    for start in starts[:-1]:
        end = next(t for t in range(start + 1, len(closures)) if closures[t] == 0)
        peak = max(closures[start:end])
        whole = [t for t in range(start, end) if closures[t] == peak]
        closing, closed, opening = whole[0] - start, whole[-1] - whole[0], end - whole[-1]
        assert 64 <= closing <= 102 and 18 <= closed <= 52 and 148 <= opening <= 262
    assert len(starts) > 60
    assert largest_step(closures) < 0.03  # in a millisecond


def test_after_many_shifts_the_lids_do_not_stay_open_for_long() -> None:
    source = blinks()
    for look in range(100):
        source.accompany(look * S, 90)
    closures = [source.closure(100 * S + frame * S // 60) for frame in range(60 * 30)]
    assert max(closures) > 0.4


def fixations(num: int) -> list[tuple[tuple[float, float], float, float]]:
    """(where, how long in seconds, how far from the last one) of so many fixations."""
    gaze = Gaze(Dice("gaze"), 0)
    found = []
    for _ in range(num):
        start_ns = gaze.due_ns
        degrees = gaze.shift(5)
        found.append((gaze.at(gaze.due_ns), (gaze.due_ns - start_ns) / S, degrees))
    return found


def test_the_eyes_are_on_the_visitor_most_of_the_time_and_always_come_back() -> None:
    looks = fixations(5000)
    ahead = sum(lasts for where, lasts, _ in looks if where == AHEAD)
    assert 0.65 <= ahead / sum(lasts for _, lasts, _ in looks) <= 0.8
    away_s = longest_s = 0.0
    for where, lasts, _ in looks:
        away_s = 0 if where == AHEAD else away_s + lasts
        longest_s = max(longest_s, away_s)
    assert longest_s < 10


def test_fixations_last_as_long_as_people_s() -> None:
    looks = fixations(5000)
    away = [lasts for where, lasts, _ in looks if where != AHEAD]
    ahead = [lasts for where, lasts, _ in looks if where == AHEAD]
    assert min(away) > 0.3 and max(away) < 2.6 and 0.5 < median(away) < 0.8
    assert min(ahead) > 0.3 and 2.6 < max(ahead) < 9.1
    assert 0.3 < sum(lasts > 2.6 for lasts in ahead) / len(ahead) < 0.6


def test_eyes_wander_all_over_an_ellipse_and_not_out_of_it() -> None:
    points = [where for where, _, _ in fixations(5000)]
    assert max(math.hypot(x, y / HEIGHT) for x, y in points) <= 1 + 1e-12
    for sign in (-1, 1):
        assert max(sign * x for x, _ in points) > 0.95
        assert max(sign * y for _, y in points) > 0.95 * HEIGHT
    assert abs(mean(x for x, _ in points)) < 0.03 and abs(mean(y for _, y in points)) < 0.03


def test_saccades_last_longer_the_farther_they_go() -> None:
    gaze = Gaze(Dice("gaze"), 0)
    for _ in range(200):
        start_ns, source = gaze.due_ns, gaze.at(gaze.due_ns)
        degrees = gaze.shift(30)
        lasts_ns = round(max(40, 21 + 2.2 * degrees) * MS)
        target = gaze.at(start_ns + lasts_ns + 2)
        assert gaze.at(start_ns) == source and gaze.at(gaze.due_ns) == target
        assert gaze.at(start_ns + lasts_ns - 4 * MS) != target
        assert degrees == pytest.approx(30 * math.dist(source, target))


def test_a_saccade_is_smooth_and_exact_at_both_ends() -> None:
    saccade = Saccade(5 * MS, 40 * MS, (0.1, 0.2), (0.7, -0.3))
    assert saccade.at(0) == saccade.at(5 * MS) == (0.1, 0.2)
    assert saccade.at(45 * MS) == saccade.at(S) == (0.7, -0.3)
    xs = [saccade.at(t * MS)[0] for t in range(50)]
    assert xs == sorted(xs)
    assert largest_step(xs) < 0.6 * 1.9 / 40


def test_microsaccades_are_as_frequent_and_as_small_as_people_s() -> None:
    source = Microsaccades(Dice("micro"), 1.5, 0)
    points, saccades = [], {}
    for sample in range(1800 * 25):
        points.append(source.at(sample * S // 25))
        saccades[source._saccade.start_ns] = source._saccade
    sizes = [math.dist(saccade.source, saccade.target) for saccade in saccades.values()][1:]
    assert 1.4 <= len(sizes) / 1800 <= 1.6
    assert 0.1 - 1e-9 <= min(sizes) < 0.12 and 0.9 < max(sizes) <= 1 + 1e-9
    assert max(math.hypot(*point) for point in points) <= 1 + 1e-9
    assert math.sqrt(mean(x * x + y * y for x, y in points)) < 0.5  # about the middle, mostly
    assert abs(mean(x for x, _ in points)) < 0.05 and abs(mean(y for _, y in points)) < 0.05
