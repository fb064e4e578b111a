"""Attention: eyes that follow a visitor at once, a head that comes after, and never a jump of it."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.score.attention import AWAY_S, HELD_NS, REACH_DEG, Attention
from installation.score.dice import Dice
from installation.score.life import Movement
from installation.score.visitors import Visitor
from models.controls import CONTROL_SPANS, CONTROLS, KEPT

S = 1_000_000_000
MS = 1_000_000
Script = Callable[[int], tuple[Visitor, ...]]


def somebody(azimuth: float = 0, elevation: float = 0, number: int = 1, **more: float) -> Visitor:
    return Visitor(number, azimuth, elevation, 0.3, True, **more)


def attention(seed: str = "attention") -> Attention:
    return Attention(Dice(seed))


def control(movement: Movement, name: str) -> float:
    return movement.controls[CONTROLS.index(name)]


def direction(movement: Movement) -> tuple[float, float]:
    """Where the eyes look, in the room."""
    across = control(movement, "gaze_x") + KEPT * control(movement, "yaw")
    return across, control(movement, "gaze_y") + KEPT * control(movement, "pitch")


def play(source: Attention, script: Script, seconds: float, fps: int = 60, begin: int = 0) -> list[Movement]:
    """What is moved in so many seconds, with what is seen told every tenth of a second."""
    movements = []
    for frame in range(round(seconds * fps)):
        t_ns = begin + frame * S // fps
        if t_ns % (100 * MS) == 0:
            source.see(t_ns, script(t_ns))
        movements.append(source.at(t_ns))
    return movements


def test_nobody_there_moves_nothing() -> None:
    source = attention()
    assert all(not any(each.controls) for each in play(source, lambda t_ns: (), 10))
    assert not source.is_attending


@pytest.mark.parametrize(("azimuth", "elevation"), [(20, 5), (-35, 0), (4, -12), (0, 3)])
def test_the_eyes_have_set_out_a_tenth_of_a_second_after_somebody_is_seen(
    azimuth: float, elevation: float
) -> None:
    source = attention()
    source.see(5 * S, (somebody(azimuth, elevation),))
    assert not any(source.at(5 * S).controls)
    early, late = source.at(5 * S + 100 * MS), source.at(7 * S)
    for axis, asked in enumerate((azimuth, elevation)):
        assert direction(early)[axis] * asked >= 0
        assert abs(direction(early)[axis]) >= 0.6 * abs(direction(late)[axis])
    assert source.is_attending


def test_the_eyes_go_straight_there_and_the_head_follows_by_a_third() -> None:
    source = attention()
    movements = play(source, lambda t_ns: (somebody(10),), 3)
    across = [direction(each)[0] for each in movements]
    yaw = [control(each, "yaw") for each in movements]
    assert across == sorted(across) and yaw == sorted(yaw)
    assert 8 < across[-1] < 10, "farther aside, eyes go less far than people"
    assert yaw[-1] == pytest.approx(across[-1] / 3, rel=0.02)
    half_way = next(frame for frame, angle in enumerate(yaw) if angle > yaw[-1] / 2)
    assert 0.35 < half_way / 60 < 0.6
    assert yaw[6] < yaw[-1] / 8, "after the eyes"


def test_gaze_and_head_turn_to_the_side_that_people_are_on() -> None:
    for sign in (1, -1):
        movement = play(attention(), lambda t_ns, sign=sign: (somebody(20 * sign, 8 * sign),), 2)[-1]
        assert all(control(movement, name) * sign > 0 for name in ("gaze_x", "gaze_y", "yaw", "pitch"))


def test_it_follows_by_as_much_as_the_score_says() -> None:
    whole, half, none = attention(), attention(), attention()
    for source, follow in ((whole, 1.0), (half, 0.5), (none, 0.0)):
        source.see(0, (somebody(9, 3),), follow)
    for name in ("gaze_x", "gaze_y", "yaw", "pitch"):
        assert control(half.at(S), name) == pytest.approx(control(whole.at(S), name) / 2)
        assert control(none.at(S), name) == 0
    assert not none.is_attending


def test_of_several_the_first_is_followed() -> None:
    movement = play(attention(), lambda t_ns: (somebody(10), somebody(-10, number=2)), 1)[-1]
    assert control(movement, "gaze_x") > 0


def test_a_box_that_trembles_does_not_move_the_eyes() -> None:
    def trembling(t_ns: int) -> tuple[Visitor, ...]:
        return (somebody(8 + 0.3 * (t_ns // (100 * MS) % 3 - 1), 0.2 * (t_ns // (100 * MS) % 2)),)

    across = [direction(each)[0] for each in play(attention(), trembling, 4)[120:]]
    assert max(across) - min(across) < 0.02


def test_somebody_who_walks_by_is_followed_all_the_way() -> None:
    def walking(t_ns: int) -> tuple[Visitor, ...]:
        return (somebody(-30 + 12 * t_ns / S),)

    across = [direction(each)[0] for each in play(attention(), walking, 5)]
    assert across[90:] == sorted(across[90:])
    assert across[90] < -9 and across[-1] > 12


def test_somebody_missed_for_a_moment_is_looked_for_where_they_were() -> None:
    source = attention()
    play(source, lambda t_ns: (somebody(10),), 3)
    held = direction(source.at(3 * S))[0]
    missed = play(source, lambda t_ns: (), 1, begin=3 * S)
    assert direction(missed[-1])[0] == pytest.approx(held, abs=0.01) and source.is_attending


def test_when_they_have_gone_the_eyes_come_back_gently() -> None:
    source = attention()
    play(source, lambda t_ns: (somebody(25, 10),), 4)
    movements = play(source, lambda t_ns: (), 10, begin=4 * S)
    assert not source.is_attending
    left = round(HELD_NS / S * 60)
    for name in ("gaze_x", "gaze_y", "yaw", "pitch"):
        values = [control(each, name) for each in movements]
        assert abs(values[-1]) < 0.02
        assert max(abs(b - a) for a, b in pairwise(values[left:])) < 0.25, "degrees in a sixtieth of a second"


@pytest.mark.parametrize("seed", range(5))
def test_now_and_then_the_eyes_leave_them_for_a_moment_the_more_often_the_longer_they_stay(seed: int) -> None:
    source = attention(str(seed))
    movements = play(source, lambda t_ns: (somebody(3, 1),), 600, fps=30)
    there = direction(movements[60])
    is_away = [abs(direction(each)[0] - there[0]) > 1.5 for each in movements]
    leaves = [frame / 30 for frame, (a, b) in enumerate(pairwise(is_away)) if b and not a]
    first, last = sum(t < 60 for t in leaves), sum(t >= 300 for t in leaves) / 5
    assert 1 <= first < last < 15
    assert sum(is_away) / len(is_away) < 0.25
    lasted = 0
    for frame in is_away:
        lasted = lasted + 1 if frame else 0
        assert lasted / 30 < AWAY_S[1] + 0.3


def test_somebody_new_is_interesting_again() -> None:
    def num_leaves(number: int, seed: int) -> int:
        source = attention(str(seed))
        play(source, lambda t_ns: (somebody(3),), 300, fps=1)
        movements = play(source, lambda t_ns: (somebody(3, number=number),), 60, fps=10, begin=300 * S)
        gaze = [direction(each)[0] for each in movements]
        return sum(abs(later - earlier) > 1 for earlier, later in pairwise(gaze))

    new, old = (sum(num_leaves(number, seed) for seed in range(8)) for number in (2, 1))
    assert 0 < new < 0.7 * old


WALKS = st.lists(
    st.one_of(
        st.none(),
        st.tuples(st.integers(1, 3), st.floats(-80, 80, width=32), st.floats(-40, 40, width=32)),
    ),
    min_size=1,
    max_size=40,
)


def walk(places: list[tuple[int, float, float] | None]) -> Script:
    def script(t_ns: int) -> tuple[Visitor, ...]:
        place = places[t_ns // (300 * MS) % len(places)]
        return () if place is None else (somebody(place[1], place[2], place[0]),)

    return script


@settings(max_examples=60, deadline=None)
@given(WALKS, st.integers(0, 99))
def test_whatever_people_do_the_head_never_jumps_and_nothing_turns_too_far(
    places: list[tuple[int, float, float] | None], seed: int
) -> None:
    movements = play(attention(str(seed)), walk(places), 12)
    for name in ("yaw", "pitch", "gaze_x", "gaze_y"):
        values = [control(each, name) for each in movements]
        span = CONTROL_SPANS[name]
        assert all(span.lowest <= value <= span.highest for value in values)
        if name in ("yaw", "pitch"):
            steps = [later - earlier for earlier, later in pairwise(values)]
            assert max(map(abs, steps)) < 0.3, "18 degrees a second"
            assert max(abs(b - a) for a, b in pairwise(steps)) < 0.06, "and it sets out gradually"
        assert not any(value for each in movements for value in each.aus)


@settings(max_examples=30, deadline=None)
@given(WALKS, st.integers(0, 99))
def test_the_same_at_thirty_and_at_sixty_frames_a_second(
    places: list[tuple[int, float, float] | None], seed: int
) -> None:
    half = play(attention(str(seed)), walk(places), 30, fps=30)
    whole = play(attention(str(seed)), walk(places), 30, fps=60)
    for one, other in zip(half, whole[::2], strict=True):
        assert one.controls == pytest.approx(other.controls, abs=1e-9)


def test_far_aside_the_eyes_reach_no_farther() -> None:
    movement = play(attention(), lambda t_ns: (somebody(89, -80),), 2)[-1]
    assert direction(movement) == pytest.approx((REACH_DEG[0], -REACH_DEG[1]), rel=0.02)


# -- blinks


def blinks(closures: list[tuple[int, float | None]], seed: str = "blinks") -> list[int]:
    """The answers in milliseconds to lids that were seen so far closed at these milliseconds."""
    source, answers = attention(seed), []
    for ms, closure in closures:
        visitor = Visitor(1, 0, 0, 0.3, True, closure)
        answers += [t_ns // MS for t_ns in source.see(ms * MS, (visitor,))]
    return answers


def test_a_blink_is_answered_soon_after_the_lids_have_opened_again() -> None:
    answers = [
        answer - 200
        for seed in range(40)
        for answer in blinks([(0, 0.1), (100, 0.9), (200, 0.1), (300, 0.1)], str(seed))
    ]
    assert len(answers) == 40
    assert 200 <= min(answers) < 260 and 440 < max(answers) <= 500


def test_not_more_than_one_blink_in_two_seconds_is_answered() -> None:
    often = [(ms, float(ms % 400 == 200)) for ms in range(0, 20_000, 100)]
    answers = blinks(often)
    assert 7 <= len(answers) <= 10
    assert all(later - earlier >= 2000 for earlier, later in pairwise(answers))


def test_eyes_that_are_shut_or_half_open_or_not_seen_do_not_blink() -> None:
    assert not blinks([(0, 0.0), *((ms, 0.9) for ms in range(100, 1500, 100)), (1500, 0.0)])
    assert not blinks([(0, 0.0), (100, 0.5), (200, 0.0)])
    assert not blinks([(0, 0.0), (100, 0.9), (200, None), (300, 0.0)])
    assert not blinks([(0, 0.0), (100, 0.9), (200, 0.5), (300, 0.4)])


def test_a_blink_is_somebody_s_own() -> None:
    source = attention()
    assert not source.see(0, (Visitor(1, 0, 0, 0.3, True, 0.9),))
    assert not source.see(100 * MS, (Visitor(2, 0, 0, 0.3, True, 0.0),))
