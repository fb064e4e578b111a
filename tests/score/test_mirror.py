"""The mirror: the visitor's action units, smoothly, and nothing of them left behind."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.score.life import Movement
from installation.score.mirror import TRACE, Mirror
from installation.score.motion import RIVALS
from installation.score.visitors import Visitor
from models.action_units import AU_INDEX, NEUTRAL, NUM_AUS

S = 1_000_000_000
MS = 1_000_000
Units = dict[int, float]


def somebody(units: Units | None) -> tuple[Visitor, ...]:
    aus = [0.0] * NUM_AUS
    for unit, intensity in (units or {}).items():
        aus[AU_INDEX[unit]] = intensity
    return (Visitor(1, 0, 0, 0.3, True, None, None if units is None else tuple(aus)),)


def play(
    mirror: Mirror,
    units: Units | None,
    seconds: float,
    *,
    strength: float = 1,
    begin: int = 0,
    fps: int = 60,
    is_there: bool = True,
) -> list[Movement]:
    movements = []
    for frame in range(round(seconds * fps)):
        t_ns = begin + frame * S // fps
        if t_ns % (100 * MS) == 0:
            mirror.see(t_ns, somebody(units) if is_there else (), strength)
        movements.append(mirror.at(t_ns))
    return movements


def unit(movements: list[Movement], number: int) -> list[float]:
    return [movement.aus[AU_INDEX[number]] for movement in movements]


def test_a_smile_is_answered_by_one_as_strong_as_the_mood_says() -> None:
    for strength in (1, 0.5):
        smile = unit(play(Mirror(), {12: 1.0, 6: 0.6}, 5, strength=strength), 12)
        assert smile[0] == 0 and smile == sorted(smile)
        assert smile[-1] == pytest.approx(strength, abs=0.01)
        assert max(b - a for a, b in pairwise(smile)) < 0.05
    cheeks = unit(play(Mirror(), {12: 1.0, 6: 0.6}, 5), 6)
    assert cheeks[-1] == pytest.approx((0.6 - TRACE) / (1 - TRACE), abs=0.01)


def test_traces_and_lids_are_not_mirrored() -> None:
    movements = play(Mirror(), {4: TRACE, 17: TRACE / 2, 43: 1.0, 45: 1.0, 46: 1.0}, 3)
    assert all(each.aus == NEUTRAL for each in movements)


def test_a_unit_follows_within_a_quarter_of_a_second_once_the_mirror_is_open() -> None:
    mirror = Mirror()
    play(mirror, {}, 5)
    brows = unit(play(mirror, {1: 1.0}, 1, begin=5 * S), 1)
    assert brows[7] == pytest.approx(0.5, abs=0.05) and brows[15] > 0.72


def test_it_moves_nothing_else() -> None:
    assert not any(any(each.controls) for each in play(Mirror(), {12: 1.0}, 2))


def test_it_closes_gently_when_the_mood_ends_or_nobody_is_read_any_more() -> None:
    for units, strength, is_there in (({12: 1.0}, 0, True), (None, 1, True), (None, 1, False)):
        mirror = Mirror()
        play(mirror, {12: 1.0}, 5)
        smile = unit(play(mirror, units, 6, strength=strength, begin=5 * S, is_there=is_there), 12)
        assert smile == sorted(smile, reverse=True)
        assert max(a - b for a, b in pairwise(smile)) < 0.03
        assert smile[30] > 0.4 and smile[-1] == 0
        assert mirror._course.target == mirror._course.aus == NEUTRAL, "it keeps nothing"


def test_forgotten_within_a_second_and_without_a_jump() -> None:
    mirror = Mirror()
    play(mirror, {12: 1.0, 1: 0.8, 25: 0.5}, 5)
    mirror.forget(5 * S)
    movements = [mirror.at(5 * S + frame * S // 60) for frame in range(61)]
    smile = unit(movements, 12)
    assert smile[0] > 0.9 and max(a - b for a, b in pairwise(smile)) < 0.13
    assert movements[-1].aus == NEUTRAL
    mirror.see(6 * S, (), 1)
    assert mirror._course.target == mirror._course.aus == NEUTRAL


READINGS = st.lists(
    st.one_of(st.none(), st.dictionaries(st.sampled_from(tuple(AU_INDEX)), st.floats(0, 1), max_size=12)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(READINGS, st.floats(0, 1))
def test_units_that_cannot_hold_together_never_do_and_nothing_jumps(
    readings: list[Units | None], strength: float
) -> None:
    mirror, before = Mirror(), NEUTRAL
    for number, units in enumerate(readings):
        for movement in play(mirror, units, 0.4, strength=strength, begin=number * 400 * MS):
            for part, value in enumerate(movement.aus):
                assert 0 <= value <= strength + 1e-9
                assert not value or not any(movement.aus[rival] for rival in RIVALS[part])
            assert max(abs(a - b) for a, b in zip(movement.aus, before, strict=True)) < 0.21
            before = movement.aus


def test_of_two_that_cannot_hold_together_the_stronger_is_shown_whole() -> None:
    first = next(part for part, rivals in enumerate(RIVALS) if rivals and part != AU_INDEX[43])
    second = RIVALS[first][0]
    for weak, strong in ((first, second), (second, first)):
        aus = [0.0] * NUM_AUS
        aus[weak], aus[strong] = 0.5, 0.9
        mirror = Mirror()
        for tenth in range(60):
            mirror.see(tenth * 100 * MS, (Visitor(1, 0, 0, 0.3, True, None, tuple(aus)),), 1)
        shown = mirror.at(6 * S).aus
        assert shown[weak] == 0 and shown[strong] == pytest.approx((0.9 - TRACE) / (1 - TRACE), abs=0.01)


@settings(max_examples=30, deadline=None)
@given(READINGS, st.floats(0, 1))
def test_the_same_at_thirty_and_at_sixty_frames_a_second(
    readings: list[Units | None], strength: float
) -> None:
    half, whole = Mirror(), Mirror()
    for number, units in enumerate(readings):
        begin = number * 400 * MS
        slow = play(half, units, 0.4, strength=strength, begin=begin, fps=30)
        fast = play(whole, units, 0.4, strength=strength, begin=begin, fps=60)
        for one, other in zip(slow, fast[::2], strict=True):
            assert one == other
