"""What comes next: exactly that comes, if nobody interferes, and looking changes nothing."""

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.score.agenda import Agenda
from installation.score.asked import Asked
from installation.score.conductor import Conductor
from installation.score.foresight import foresee
from installation.score.hours import Hours, Slot
from installation.score.life import STILL
from installation.score.rehearsal import Understudy
from tests.score.shows import ALWAYS, BERLIN, S, at, conductor, score

BEGAN = at("17:59")
CUES = """
    cues:
      - {at: "18:00", mood: night}
      - {at: "18:00:07", do: start, cooldown: 30s}
      - {at: "18:00:20", do: glance, interrupt: now}
      - {at: "18:01", mood: mask, interrupt: now}
      - {at: "18:01:10", person: 9, fade: 10s}
    """


def show_of(text: str = CUES, motion: str = "linear", hours: Hours = ALWAYS, seed: int = 1) -> Conductor:
    return Conductor(replace(score(text), motion=motion), seed, hours, Understudy(), 1)


@pytest.mark.parametrize("motion", ["linear", "expressive", "chained"])
@given(seed=st.integers(0, 99), looks=st.sets(st.integers(0, 160), max_size=40))
@settings(max_examples=15, deadline=None)
def test_what_is_foreseen_comes_and_looking_changes_nothing(motion, seed, looks):
    watched, alone = show_of(motion=motion, seed=seed), show_of(motion=motion, seed=seed)
    played, foreseen = [], {}
    for second in range(160):
        t_ns = second * S
        played += watched.advance(t_ns, BEGAN + t_ns)
        if second in looks:
            coming = foresee(watched, BEGAN, 3)
            assert len(coming) == 3
            assert [phrase.number for phrase in coming] == [played[-1].number + k for k in (1, 2, 3)]
            foreseen |= {phrase.number: phrase for phrase in coming}
    assert played == [phrase for k in range(160) for phrase in alone.advance(k * S, BEGAN + k * S)]
    faces = [show.casting.face for show in (watched, alone)]
    assert faces[0].people == faces[1].people == [(120 * S, 9)]
    assert all(phrase == foreseen[phrase.number] for phrase in played if phrase.number in foreseen)


@pytest.mark.parametrize("choose", ["weighted", "shuffle", "cycle"])
def test_looking_is_not_remembered_as_having_been_played(choose):
    shows = [show_of("", seed=3) for _ in range(2)]
    tracks = []
    for looked, show in enumerate(shows):
        mood = show.score.moods["day"]
        gestures = dict.fromkeys(show.score.gestures, 1.0)
        day = replace(mood, gestures=gestures, choose=choose, no_repeat=2)
        show.score = replace(show.score, moods={"day": day})
        played = []
        for k in range(100):
            played += show.advance(k * S, BEGAN + k * S)
            if looked:
                foresee(show, BEGAN, 2)
        tracks.append(played)
    assert tracks[0] == tracks[1]


def test_a_face_that_is_interrupted_on_its_way_is_foreseen_from_where_it_is():
    """What it shows there decides about what would change nothing."""
    for k in range(40):
        show = show_of("", "expressive", seed=k)
        list(show.advance(0, BEGAN))
        list(show.ask(Asked("x", mood="night"), S // 3, BEGAN + S // 3))
        coming = foresee(show, BEGAN, 2)
        assert list(show.advance(9 * S, BEGAN + 9 * S))[:2] == list(coming)


def test_in_a_pause_and_before_the_beginning_nothing_comes():
    show, _ = conductor(score())
    assert foresee(show, BEGAN, 3) == ()
    list(show.pause(0, BEGAN))
    assert foresee(show, BEGAN, 3) == ()


def test_nothing_is_foreseen_beyond_closing_or_the_day():
    mornings = Hours(BERLIN, ((Slot(time(11), time(19)),),) * 7)
    for hours, began in ((mornings, at("18:59:55")), (ALWAYS, at("23:59:55"))):
        show = show_of("", hours=hours)
        list(show.advance(0, began))
        coming = foresee(show, began, 9)
        assert 1 <= len(coming) <= 4
        assert all(phrase.start_ns < 5 * S for phrase in coming)


def test_a_score_that_is_offered_is_foreseen_and_not_taken_by_looking():
    show = show_of("")
    list(show.advance(0, BEGAN))
    other = score("seed: 5")
    show.offer(other, 5, 1)
    coming = foresee(show, BEGAN, 3)
    assert show.score is not other
    played = [phrase for k in range(20) for phrase in show.advance(k * S, BEGAN + k * S)]
    assert played[:3] == list(coming) and show.score is other


def test_looking_leaves_the_small_life_as_it_is():
    shows = [conductor(score())[0] for _ in range(2)]
    for looked, show in enumerate(shows):
        list(show.advance(0, BEGAN))
        show.offer(replace(show.score, life=STILL), 1, 1)
        if looked:
            foresee(show, BEGAN, 3)
    assert shows[0].phrase is not None
    for t_ns in range(0, shows[0].phrase.end_ns, S // 10):
        assert shows[0].life_at(t_ns) == shows[1].life_at(t_ns)


def test_the_next_cues_are_told_in_their_order():
    cues = score(CUES).cues
    agenda = Agenda(cues, BERLIN)
    due = agenda.next_due(at("18:00:07"), 4)
    assert [each.cue.number for each in due] == [2, 3, 4, 0]
    assert due[-1].utc_ns == at("18:00", date(2026, 1, 7))
    assert Agenda((), BERLIN).next_due(BEGAN, 3) == ()
    both = score('cues: [{at: "18:00", do: a}, {at: "18:00", do: b, dates: ["2026-01-06"]}]').cues
    assert [each.cue.number for each in Agenda(both, BERLIN).next_due(BEGAN, 3)] == [0, 1, 0]
