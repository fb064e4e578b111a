"""What is told of a performance: what the score plays, and nothing of a visitor."""

from dataclasses import replace

import pytest

from installation.ports import NANOSECONDS, Move
from installation.telling import Telling
from installation.visit import VISITOR
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS, NUM_CONTROLS
from tests.installation.fakes import performance_of, tick
from tests.score.shows import score


def test_it_is_what_the_score_plays():
    performance, told_of = performance_of(score()), Telling()
    seen = set()
    for second in range(60):
        instant = tick(second * NANOSECONDS)
        performance.step(instant)
        told = told_of(performance, instant)
        pose = performance.portrait.at(instant.t_ns)
        assert (told.aus, told.controls) == (pose.aus, pose.controls)
        assert len(told.aus) == NUM_AUS
        assert told.controls is not None and len(told.controls) == NUM_CONTROLS
        assert performance.phrase is not None
        assert (told.mood, told.gesture) == (performance.phrase.mood, performance.phrase.gesture)
        seen.add(told.aus)
    assert len(seen) > 10


def test_what_an_operator_moves_is_told():
    performance = performance_of(score())
    for frame in range(60):
        instant = tick(frame * NANOSECONDS // 30)
        performance.step(instant)
        performance.obey(Move("AU43", 0.8), instant)
        performance.obey(Move("age", 70.0), instant)
    told = Telling()(performance, instant)
    assert told.controls is not None
    assert told.aus[AU_INDEX[43]] == pytest.approx(0.8, abs=0.01)
    assert told.controls[CONTROLS.index("age")] == pytest.approx(70, abs=0.5)


def test_of_a_visitor_only_what_the_score_has_them_do_is_told():
    """Two visitors with other faces: what is told is the same, byte for byte. No controls while they are
    there, nor until the gesture has ended that began in their presence.
    """
    tracks = []
    for shift in (0.0, 3.0):
        performance, told_of = performance_of(score()), Telling()
        portrait, told = performance.portrait, []
        home = next(iter(portrait.people.values()))
        for second in range(80):
            instant = tick(second * NANOSECONDS)
            performance.step(instant)
            if second == 40:
                performance.conductor.dismiss(instant.t_ns, NANOSECONDS)
            if second == 42:
                portrait.forget(VISITOR, instant.t_ns)
                performance.conductor.part(instant.t_ns)
            if second == 5:
                portrait.people[VISITOR] = replace(
                    home,
                    ws=home.ws + shift,
                    aus=tuple(shift / 4 for _ in home.aus),
                    controls=tuple(value + shift for value in home.controls),
                )
                performance.conductor.receive(VISITOR, instant.t_ns, NANOSECONDS)
            told.append(told_of(performance, instant))
        assert all(each.controls is not None for each in told[:5])
        assert all(each.controls is None for each in told[5:43])
        assert told[-1].controls is not None
        tracks.append(told[5:])
    assert tracks[0] == tracks[1]
