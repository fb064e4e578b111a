"""The small life: its parts together, the same at any frame rate, and never a jump."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from statistics import mean, median, stdev

import pytest

from installation.score.dice import Dice, show_dice
from installation.score.life import RETUNE_NS, STIR, Breath, Life, Liveliness, Movement, Wave
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS, NUM_CONTROLS

S = 1_000_000_000
MS = 1_000_000
DAY_90 = 90 * 86_400 * S
OFF = Liveliness(0, 0, 0, 0, 0)
LIVELY = Liveliness(40, 18, 3, 20, 2)
PARTS = {"blinks_per_min": 17, "gaze_deg": 5, "saccades_hz": 1.5, "breaths_per_min": 14, "stir": 1}


def life(liveliness: Liveliness | None = None, start_ns: int = 0, seed: int = 1) -> Life:
    return Life(show_dice(seed, 0, "life"), liveliness or Liveliness(), start_ns)


def track(source: Life, seconds: int, fps: int = 60, start_ns: int = 0) -> list[Movement]:
    return [source.at(start_ns + frame * S // fps) for frame in range(seconds * fps)]


def unit(movements: list[Movement], number: int) -> list[float]:
    return [movement.aus[AU_INDEX[number]] for movement in movements]


def control(movements: list[Movement], name: str) -> list[float]:
    return [movement.controls[CONTROLS.index(name)] for movement in movements]


def largest_step(values: list[float]) -> float:
    return max(abs(later - earlier) for earlier, later in pairwise(values))


def num_blinks(movements: list[Movement]) -> int:
    return sum(earlier == 0 < later for earlier, later in pairwise(unit(movements, 45)))


def test_large_shifts_of_the_gaze_come_with_a_blink_and_small_ones_do_not() -> None:
    def share(degrees: float) -> float:
        """Of looks, once in 9 s, at a face that blinks every minute by itself."""
        source = life(replace(OFF, blinks_per_min=1))
        num_with = 0
        for look in range(1, 400):
            source.look(look * 9 * S, degrees)
            num_with += source.at(look * 9 * S + 100 * MS).aus[AU_INDEX[45]] > 0.4
        return num_with / 399

    shares = [share(degrees) for degrees in (0, 3, 8, 17, 33, 90)]
    assert shares == sorted(shares)
    assert shares[0] < 0.03 and shares[1] < 0.12  # the face's own, and hardly more
    assert shares[3] > 0.85 and shares[4] > 0.93 and shares[5] <= 1


def test_the_eyes_own_large_shifts_come_with_a_blink_as_well() -> None:
    source = life(Liveliness(gaze_deg=18, saccades_hz=0, stir=0))
    movements = track(source, 1200)
    closures = unit(movements, 45)
    gaze = list(zip(control(movements, "gaze_x"), control(movements, "gaze_y"), strict=True))
    num_large = num_with = 0
    for frame in range(1, len(gaze) - 5):
        if (
            gaze[frame] != gaze[frame - 1] == gaze[frame - 2]
            and math.dist(gaze[frame - 1], gaze[frame + 5]) > 17
        ):
            num_large += 1
            num_with += max(closures[frame : frame + 5]) > 0.2
    assert num_large > 30
    assert num_with / num_large > 0.8


def test_blinks_that_come_with_a_shift_take_the_place_of_others() -> None:
    assert 16.2 <= num_blinks(track(life(), 3600, 25)) / 60 <= 17.8


def test_between_microsaccades_eyes_drift_and_do_not_rest() -> None:
    movements = track(life(replace(OFF, saccades_hz=1.5)), 60)[60 * 3 :]
    gaze = list(zip(control(movements, "gaze_x"), control(movements, "gaze_y"), strict=True))
    assert all(earlier != later for earlier, later in pairwise(gaze))
    assert median(math.dist(earlier, later) for earlier, later in pairwise(gaze)) < 0.01


def test_upper_lids_follow_the_eyes() -> None:
    movements = track(life(replace(OFF, gaze_deg=5)), 300)
    for movement in movements:
        y = movement.controls[CONTROLS.index("gaze_y")]
        lowered, raised = movement.aus[AU_INDEX[43]], movement.aus[AU_INDEX[5]]
        assert (lowered > 0) == (y < 0) and (raised > 0) == (y > 0)
        assert max(lowered, raised) <= 0.1
    assert max(unit(movements, 43)) > 0.05 and max(unit(movements, 5)) > 0.05


def test_lids_are_never_raised_and_lowered_at_once() -> None:
    movements = track(life(LIVELY), 300)
    for movement in movements:
        raised, lowered, blink = (movement.aus[AU_INDEX[number]] for number in (5, 43, 45))
        assert raised == 0 or lowered == 0
        assert lowered + blink <= 1 and raised + blink <= 1
    assert max(unit(movements, 5)) > 0.1 and max(unit(movements, 43)) > 0.2


def breaths(per_min: float) -> list[tuple[float, float]]:
    """(seconds of breathing in, seconds of breathing out and pausing) over an hour."""
    source = Breath(Dice("breath"), per_min, 0)
    fill = [source.at(sample * S // 20) for sample in range(3600 * 20)]
    found = []
    start = top = 0
    for sample in range(1, len(fill) - 1):
        earlier, now, later = fill[sample - 1 : sample + 2]
        if earlier < now >= later:
            top = sample
        elif (earlier >= now < later or now == 0 < later) and top > start:
            found.append(((top - start) / 20, (sample - top) / 20))
            start = sample
    return found


@pytest.mark.parametrize("per_min", [12, 14, 20])
def test_breathing_is_regular_but_not_a_clock_and_slower_out_than_in(per_min: float) -> None:
    hour = breaths(per_min)
    lengths = [inhale + exhale for inhale, exhale in hour]
    assert 60 / mean(lengths) == pytest.approx(per_min, rel=0.03)
    assert 0.07 < stdev(lengths) / mean(lengths) < 0.14
    assert all(inhale < exhale for inhale, exhale in hour)


def test_breathing_is_the_slightest_pose() -> None:
    movements = track(life(replace(OFF, breaths_per_min=14)), 120)
    pitch, yaw = control(movements, "pitch"), control(movements, "yaw")
    assert 0 <= min(pitch) < 0.01 and 0.25 < max(pitch) <= 0.4
    assert max(map(abs, yaw)) <= 0.25 and max(yaw) - min(yaw) > 0.2
    assert largest_step(pitch) < 0.01 and largest_step(yaw) < 0.003


def test_a_face_at_rest_is_never_quite_still() -> None:
    movements = track(life(replace(OFF, stir=1)), 120, 30)
    for number, most in STIR.items():
        values = unit(movements, number)
        assert all(earlier != later for earlier, later in pairwise(values))
        assert 0 <= min(values) < most / 4
        assert 3 * most / 4 < max(values) <= most
        assert largest_step(values) < 0.008
    assert len(set(movements)) == len(movements)


def test_stir_is_a_share_of_the_usual_one() -> None:
    usual = track(life(replace(OFF, stir=1)), 20)
    half = track(life(replace(OFF, stir=0.5)), 20)
    for number in STIR:
        assert unit(half, number) == pytest.approx([value / 2 for value in unit(usual, number)])


def test_what_is_added_is_two_vectors_in_their_ranges() -> None:
    for movement in track(life(LIVELY), 120):
        assert len(movement.aus) == NUM_AUS and len(movement.controls) == NUM_CONTROLS
        assert all(0 <= intensity <= 1 for intensity in movement.aus)
        assert movement.controls[CONTROLS.index("age") :] == (0, 0, 0)
        assert abs(movement.controls[CONTROLS.index("gaze_x")]) <= 18 + 1
        assert abs(movement.controls[CONTROLS.index("gaze_y")]) <= 9 + 1


def played(fps: int) -> list[Movement]:
    """Two minutes in which a gesture looks aside every 7 s and the file is reloaded twice."""
    source = life()
    changes = {31 * S: LIVELY, 77 * S: Liveliness(blinks_per_min=9, gaze_deg=0)}
    found = []
    for frame in range(120 * fps):
        t_ns = frame * S // fps
        if t_ns % (7 * S) == 0:
            source.look(t_ns, 25)
        if t_ns in changes:
            source.retune(changes[t_ns], t_ns)
        found.append(source.at(t_ns))
    return found


def test_the_same_dice_give_the_same_life_at_any_frame_rate() -> None:
    at_30, at_60 = played(30), played(60)
    assert at_30 == at_60[::2]
    assert at_30[::30] == played(1)
    assert track(life(seed=1), 10) != track(life(seed=2), 10)


def test_on_day_90_a_face_lives_as_on_the_first_day() -> None:
    assert track(life(start_ns=DAY_90), 120, start_ns=DAY_90) == track(life(), 120)


def test_a_show_of_90_days_gets_no_coarser() -> None:
    """Without a restart: on day 90 the stir is what exact arithmetic makes of it."""
    periods_ns = (3 * S + 1, 5 * S + 7)
    wave = Wave(12_345, periods_ns)
    for t_ns in range(DAY_90, DAY_90 + 10 * S, 37 * MS + 1):
        turns = [Fraction(t_ns - 12_345, period_ns) for period_ns in periods_ns]
        exact = (2 + sum(math.sin(2 * math.pi * float(turn % 1)) for turn in turns)) / 4
        assert wave.at(t_ns) == pytest.approx(exact, abs=1e-14)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_off_is_exactly_nothing(part: str) -> None:
    alone = track(life(replace(OFF, **{part: PARTS[part]})), 60)
    without = track(life(replace(Liveliness(), **{part: 0})), 60)
    moved_by = {
        "blinks_per_min": ({45}, set()),
        "gaze_deg": ({5, 43}, {"gaze_x", "gaze_y"}),
        "saccades_hz": (set(), {"gaze_x", "gaze_y"}),
        "breaths_per_min": (set(), {"yaw", "pitch"}),
        "stir": (set(STIR), set()),
    }
    units, controls = moved_by[part]
    for number in AU_INDEX:
        assert any(unit(alone, number)) == (number in units)
        if number in units - {5, 43}:
            assert not any(unit(without, number))
    for name in CONTROLS:
        assert any(control(alone, name)) == (name in controls)
        if name in controls - {"gaze_x", "gaze_y"}:
            assert not any(control(without, name))


def test_all_off_is_a_photograph() -> None:
    for movement in track(life(OFF), 60):
        assert movement == Movement((0.0,) * NUM_AUS, (0.0,) * NUM_CONTROLS)


@pytest.mark.parametrize("part", ["blinks_per_min", "saccades_hz", "breaths_per_min", "stir"])
def test_a_part_that_is_off_leaves_the_others_as_they_were(part: str) -> None:
    usual, without = track(life(), 120), track(life(replace(Liveliness(), **{part: 0})), 120)
    units = {"blinks_per_min": {45, 43, 5}, "stir": {*STIR, 5}}.get(part, set())  # 45 holds 43 and 5 back
    controls = {"saccades_hz": {"gaze_x", "gaze_y"}, "breaths_per_min": {"yaw", "pitch"}}.get(part, set())
    for number in set(AU_INDEX) - units:
        assert unit(without, number) == unit(usual, number)
    for name in set(CONTROLS) - controls:
        assert control(without, name) == control(usual, name)


def test_eyes_that_do_not_wander_leave_the_rest_as_it_was() -> None:
    """Blinks apart, some of which come with the eyes."""
    usual, without = track(life(), 120), track(life(Liveliness(gaze_deg=0)), 120)
    wandering = track(life(Liveliness(saccades_hz=0)), 120)
    for number in set(AU_INDEX) - {5, 43, 45}:
        assert unit(without, number) == unit(usual, number)
    for name in ("gaze_x", "gaze_y"):
        parts = zip(control(without, name), control(wandering, name), strict=True)
        assert [a + b for a, b in parts] == pytest.approx(control(usual, name))
    for name in ("yaw", "pitch"):
        assert control(without, name) == control(usual, name)


def test_nothing_jumps_when_the_file_is_reloaded() -> None:
    source, kinds = life(), [OFF, LIVELY, Liveliness(), Liveliness(blinks_per_min=0.5, breaths_per_min=1)]
    for change in range(400):
        t_ns = (change + 1) * 730 * MS  # most of them before the last change has faded in
        before = source.at(t_ns)
        source.retune(kinds[change % len(kinds)], t_ns)
        after = source.at(t_ns)
        assert after.aus == pytest.approx(before.aus, abs=1e-6)
        assert after.controls == pytest.approx(before.controls, abs=1e-6)


def test_a_reloaded_life_fades_in_and_out() -> None:
    source = life(OFF)
    source.retune(Liveliness(), 10 * S)
    movements = track(source, 4, 60, start_ns=10 * S)
    assert largest_step(control(movements, "yaw")) < 0.01
    assert all(largest_step(unit(movements, number)) < 0.006 for number in (1, 2, 12, 25))
    early, late = movements[6], movements[-1]
    assert 0 < early.aus[AU_INDEX[1]] < 0.002 < late.aus[AU_INDEX[1]]
    source.retune(OFF, 20 * S)
    source.at(20 * S)
    assert any(source.at(20 * S + RETUNE_NS - 100 * MS).aus)
    for movement in track(source, 30, 60, start_ns=20 * S + RETUNE_NS):
        assert not any(movement.aus) and not any(movement.controls)


def test_the_same_liveliness_again_changes_nothing() -> None:
    usual, reloaded = life(), life()
    expected = track(usual, 60)
    for frame, movement in enumerate(expected):
        if frame % 50 == 0:
            reloaded.retune(Liveliness(), frame * S // 60)
        assert reloaded.at(frame * S // 60) == movement


def test_new_rates_are_seen_soon() -> None:
    source = life(replace(OFF, blinks_per_min=0.1, saccades_hz=0.01, breaths_per_min=0.1))
    source.retune(replace(OFF, blinks_per_min=30, saccades_hz=2, breaths_per_min=15), 5 * S)
    movements = track(source, 60, 50, start_ns=5 * S)
    assert 20 <= num_blinks(movements) <= 40
    pitch = control(movements, "pitch")
    tops = sum(a < b >= c for a, b, c in zip(pitch, pitch[1:], pitch[2:], strict=False))
    assert 12 <= tops <= 18
    assert max(map(abs, control(movements[:500], "gaze_x"))) > 0.1
