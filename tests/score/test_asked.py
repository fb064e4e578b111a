"""What operators ask a conductor for: gestures, moods, people, and a pause."""

from dataclasses import replace
from datetime import date

import pytest

from installation.score.asked import Asked
from installation.score.gesture import Gesture
from tests.score.shows import S, Understudy, at, conductor, play, score

BEGAN = at("17:59")
CUES = """
    cues:
      - {at: "18:00", mood: night}
      - {at: "18:00:20", do: start, interrupt: now}
      - {at: "18:00:40", person: 7, fade: 2s}
    """


def begun(text: str = "", until_s: float = 10):
    show, face = conductor(score(text))
    play(show, BEGAN, until_s)
    return show, face


def go_on(show, since_s: int, until_s: int):
    return play(show, BEGAN, until_s, since=since_s)


def now(t_s: float) -> tuple[int, int]:
    return round(t_s * S), BEGAN + round(t_s * S)


def test_a_gesture_that_is_asked_for_plays_now_and_by_whom_is_told():
    show, face = begun()
    (phrase,) = show.ask(Asked("the desk", do="start"), *now(10))
    assert (phrase.start_ns, phrase.gesture, phrase.why.asked_by) == (10 * S, "start", "the desk")
    assert face.begun[-1] is phrase
    after = go_on(show, 11, 30)
    assert after and "start" not in {gesture for _, _, gesture in after}


def test_a_mood_that_is_asked_for_is_entered_now_and_by_whom_is_told():
    show, _ = begun()
    (phrase,) = show.ask(Asked("the desk", mood="night"), *now(10))
    assert (phrase.start_ns, phrase.mood, phrase.why.mood_by) == (10 * S, "night", "the desk")
    assert phrase.why.mood_until_ns == 10 * S + 3600 * S


def test_a_gesture_that_no_score_has_can_be_tried():
    show, face = begun()
    wink = Gesture("wink", None, None, {46: 0.7})
    (phrase,) = show.ask(Asked("the desk", trial=wink), *now(10))
    assert (phrase.gesture, max(phrase.target), sum(phrase.target)) == ("wink", 0.7, 0.7)
    assert face.begun[-1] is phrase
    assert {gesture for _, _, gesture in go_on(show, 11, 60)} <= set(show.score.gestures)


def test_what_waits_goes_on_waiting():
    show, _ = begun('cues: [{at: "17:59:10", do: start}]')
    list(show.ask(Asked("x", do="glance"), *now(10)))
    assert go_on(show, 11, 30)[0][2] == "start"


# --- people -------------------------------------------------------------------------------------------------


def test_whom_somebody_asks_for_stays_until_the_score_names_another_one():
    show, face = begun(CUES)
    list(show.ask_for(3, *now(10)))
    assert face.became == [(3, 10 * S, 8 * S)]
    go_on(show, 11, 99)
    assert face.became == [(3, 10 * S, 8 * S)]
    go_on(show, 100, 102)
    assert [who for who, *_ in face.became] == [3, 7]
    assert face.became[-1][1:] == (100 * S, 2 * S)


def test_whom_somebody_asks_for_goes_before_the_moods_own_person_but_not_before_the_next_moods():
    show, face = begun()
    list(show.ask(Asked("x", mood="mask"), *now(10)))
    list(show.ask_for(3, *now(11)))
    assert [who for who, *_ in face.became] == [9, 3]
    go_on(show, 12, 60)
    assert [who for who, *_ in face.became] == [9, 3]
    list(show.ask(Asked("x", mood="day"), *now(60)))
    assert [who for who, *_ in face.became] == [9, 3]
    list(show.ask(Asked("x", mood="mask"), *now(70)))
    assert [who for who, *_ in face.became] == [9, 3, 9]


def test_whom_somebody_asks_for_leaves_with_the_day():
    show, face = begun()
    list(show.ask_for(3, *now(10)))
    play(show, BEGAN, 7 * 3600, fps=0.1, since=20)
    midnight_ns = at("00:00", date(2026, 1, 7)) - BEGAN
    assert [(who, start) for who, start, _ in face.became] == [(3, 10 * S), (1, midnight_ns)]


def test_a_guest_goes_before_whom_somebody_asks_for():
    show, face = begun()
    show.receive("visitor", 10 * S, S)
    list(show.ask_for(3, *now(11)))
    assert [who for who, *_ in face.became] == ["visitor"]
    assert show.casting.host(show.mood) == 3
    show.dismiss(20 * S, S)
    show.part(22 * S)
    assert [who for who, *_ in face.became] == ["visitor", 3]


# --- a pause ------------------------------------------------------------------------------------------------


def test_in_a_pause_nothing_begins_and_the_end_of_it_begins_the_next_phrase():
    show, face = begun()
    list(show.pause(*now(10)))
    num = len(face.begun)
    assert go_on(show, 11, 600) == []
    (phrase,) = show.resume(*now(601))
    assert (len(face.begun), phrase.start_ns, phrase.number) == (num + 1, 601 * S, num)
    assert go_on(show, 602, 660)
    assert list(show.resume(*now(660))) == []


def test_in_a_pause_cues_are_passed_over_but_for_mood_and_person():
    show, face = begun(CUES)
    list(show.pause(*now(10)))
    assert go_on(show, 11, 200) == []
    assert face.became == []
    (phrase,) = show.resume(*now(200))
    assert (phrase.mood, phrase.why.mood_by, phrase.why.mood_since_ns) == ("night", "cue 1", 60 * S)
    assert face.became == [(7, 200 * S, 8 * S)]
    assert "start" not in {gesture for _, _, gesture in go_on(show, 200, 260)}


def test_whom_a_cue_has_named_in_a_pause_comes_after_it():
    show, face = begun('cues: [{at: "18:00", person: 7}]')
    list(show.pause(*now(10)))
    go_on(show, 11, 200)
    assert face.became == []
    list(show.resume(*now(200)))
    assert face.became == [(7, 200 * S, 8 * S)]


def test_a_visitor_comes_and_goes_in_a_pause():
    show, face = begun("cues: [{when: visitor_arrives, do: glance}]")
    list(show.pause(*now(10)))
    num = len(face.begun)
    assert list(show.notify("visitor_arrives", *now(11))) == []
    show.receive("visitor", 12 * S, S)
    show.dismiss(20 * S, S)
    assert len(face.begun) == num
    assert [who for who, *_ in face.became] == ["visitor", 1]


def test_what_an_operator_asks_for_plays_in_a_pause_and_stays():
    show, _ = begun()
    list(show.pause(*now(10)))
    (phrase,) = show.ask(Asked("x", do="start"), *now(20))
    assert phrase.gesture == "start"
    (phrase,) = show.go(*now(30))
    assert show.is_paused and go_on(show, 31, 99) == []
    assert show.phrase is phrase


@pytest.mark.parametrize("fps", [0.02, 0.1])
def test_a_pause_ends_with_the_day(fps):
    show, _ = begun()
    list(show.pause(*now(10)))
    midnight_ns = at("00:00", date(2026, 1, 7)) - BEGAN
    phrases = play(show, BEGAN, midnight_ns / S + 60, fps=fps, since=20)
    assert phrases[0][0] == midnight_ns
    assert len(phrases) > 10 and not show.is_paused


def test_a_score_that_is_offered_is_taken_with_what_is_asked_for():
    show, face = begun()
    other = score()
    other = replace(other, gestures={**other.gestures, "new": Gesture("new", None, None, {12: 0.5})})
    show.offer(other, 1, 1)
    assert show.coming is other and show.score is not other
    (phrase,) = show.ask(Asked("x", do="new"), *now(10))
    assert phrase.gesture == "new" and show.score is other
    assert isinstance(face, Understudy)
