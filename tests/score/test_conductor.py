"""Everything that happens in a show, each at its own instant: phrases, cues, visitors, people, days."""

from datetime import date, timedelta

import pytest

from installation.score.conductor import Conductor
from installation.score.hours import Hours
from models.action_units import NUM_AUS
from tests.score.shows import ALWAYS, BERLIN, S, Understudy, at, conductor, play, score

# --- cues ---------------------------------------------------------------------------------------------------

CUES = """
    cues:
      - {at: "18:00", mood: night}
      - {at: "18:02:00.5", do: start}
    """


def test_a_timed_cue_waits_for_the_gesture_under_way_or_does_not():
    for interrupt, is_immediate in (("after_gesture", False), ("now", True)):
        show, _ = conductor(score(f'cues: [{{at: "18:00", do: start, interrupt: {interrupt}}}]'))
        phrases = play(show, at("17:59"), 120)
        (place,) = [k for k, (_, _, gesture) in enumerate(phrases) if gesture == "start"]
        start_ns = phrases[place][0]
        assert (start_ns == 60 * S) == is_immediate
        assert 60 * S <= start_ns < 63 * S
        assert show.phrase is not None


def test_a_mood_cue_changes_the_mood_and_the_dwell_begins_there():
    show, face = conductor(score('cues: [{at: "18:00", mood: night}]'))
    phrases = play(show, at("17:59"), 300)
    moods = [mood for _, mood, _ in phrases]
    assert moods == sorted(moods)
    first = next(phrase for phrase in face.begun if phrase.mood == "night")
    assert 60 * S <= first.start_ns < 63 * S
    assert first.why.mood_since_ns == first.start_ns
    assert first.why.mood_until_ns - first.why.mood_since_ns == 3600 * S
    assert (first.why.mood_by, first.why.asked_by) == ("cue 1", "cue 1")


@pytest.mark.parametrize(("days", "falls_due"), [("[tue]", True), ("[mon, wed]", False), ("tue", True)])
def test_a_cue_keeps_to_its_days(days, falls_due):
    show, _ = conductor(score(f'cues: [{{at: "18:00", days: {days}, do: start}}]'))
    assert ("start" in {gesture for _, _, gesture in play(show, at("17:59"), 120)}) == falls_due


def test_a_cue_plays_once_a_day_however_the_frames_fall():
    for fps in (0.01, 7):
        show, _ = conductor(score('cues: [{at: "18:00", do: start, interrupt: now}]'))
        starts = [start for start, _, gesture in play(show, at("17:50"), 3600, fps=fps) if gesture == "start"]
        assert starts == [600 * S]


def test_cues_and_gestures_fall_alike_at_any_frame_rate():
    text = """
    cues:
      - {at: "18:00", mood: night, interrupt: now}
      - {at: "18:00:07", do: start}
      - {at: "18:00:20", do: glance, interrupt: now}
      - {at: "18:01", person: 9, fade: 10s}
    """
    tracks, faces = [], []
    for fps in (0.1, 30, 60):
        show, face = conductor(score(text))
        tracks.append(play(show, at("17:59"), 240, fps=fps))
        faces.append(face.became)
    assert tracks[0] == tracks[1] == tracks[2]
    assert faces[0] == faces[1] == faces[2] == [(9, 120 * S, 10 * S)]


# --- events -------------------------------------------------------------------------------------------------


def test_a_visitor_is_answered_at_once_and_not_again_before_the_cooldown_is_over():
    show, face = conductor(score("cues: [{when: visitor_arrives, do: glance, cooldown: 20s}]"))
    began = at("17:59")
    answered = []
    for second in range(61):
        for phrase in show.notify("visitor_arrives", second * S, began + second * S):
            if phrase.gesture == "glance":
                answered.append(phrase.start_ns)
                assert phrase.why.asked_by == "cue 1"
    assert answered == [0, 20 * S, 40 * S, 60 * S]
    list(show.notify("visitor_leaves", 90 * S, began + 90 * S))
    assert face.begun[-1].gesture != "glance"


def test_a_glance_keeps_the_expression_and_moves_the_eyes():
    show, face = conductor(score("cues: [{when: visitor_arrives, do: glance}]"))
    began = at("17:59")
    list(show.advance(0, began))
    list(show.notify("visitor_arrives", S, began + S))
    before, glance = face.begun[-2:]
    assert glance.gesture == "glance"
    assert glance.target == before.target != (0.0,) * NUM_AUS
    assert glance.controls == {"gaze_x": 8.0, "gaze_y": 0.0}


def test_go_plays_the_next_gesture_now():
    show, _ = conductor(score())
    began = at("17:59")
    list(show.advance(0, began))
    (phrase,) = show.go(S // 4, began + S // 4)
    assert (phrase.number, phrase.start_ns) == (1, S // 4)


# --- people -------------------------------------------------------------------------------------------------


def test_a_mood_brings_its_person_and_takes_them_away_again():
    text = """
    cues:
      - {at: "18:00", mood: mask, interrupt: now}
      - {at: "18:01", mood: day, interrupt: now}
    """
    show, face = conductor(score(text))
    play(show, at("17:59"), 180)
    assert face.became == [(9, 60 * S, 20 * S), (1, 120 * S, 20 * S)]


def test_whom_a_cue_brings_stays_beyond_the_mood_and_leaves_with_the_day():
    text = """
    cues:
      - {at: "18:00", person: 7, fade: 90s}
      - {at: "18:01", mood: mask, interrupt: now}
      - {at: "18:02", mood: day, interrupt: now}
    """
    show, face = conductor(score(text))
    play(show, at("17:59"), 7 * 3600, fps=0.1)
    midnight_ns = at("00:00", date(2026, 1, 7)) - at("17:59")
    assert [who for who, _, _ in face.became] == [7, 9, 7, 1]
    assert face.became[0][1:] == (60 * S, 90 * S)
    assert face.became[-1][1] == midnight_ns


def test_a_show_that_starts_late_begins_as_the_days_cues_have_left_it():
    text = """
    cues:
      - {at: "10:00", mood: mask}
      - {at: "18:00", mood: night}
      - {at: "18:30", person: 7}
      - {at: "19:00", do: start}
    """
    show, face = conductor(score(text))
    phrases = play(show, at("20:00"), 60)
    assert {mood for _, mood, _ in phrases} == {"night"}
    assert "start" not in {gesture for _, _, gesture in phrases}
    assert face.became == [(7, 0, 0)]


# --- arcs ---------------------------------------------------------------------------------------------------


def test_an_arc_drifts_from_the_opening_date():
    arcs = "arcs: [{age: +20, over: 90d}, {light: [+10, -5], from: 30d, over: 10d}]"
    hours = Hours(BERLIN, opening=date(2026, 1, 6))
    drifts = []
    for days in (0, 9, 45, 400):
        show, face = conductor(score(arcs), hours)
        list(show.advance(0, at("00:00", date(2026, 1, 6) + timedelta(days=days))))
        drifts.append(face.begun[0].drifts)
    assert drifts[0] == {"age": 0, "light_azimuth": 0, "light_elevation": 0}
    assert drifts[1]["age"] == pytest.approx(2)
    assert drifts[2] == pytest.approx({"age": 10, "light_azimuth": 10, "light_elevation": -5}, abs=0.05)
    assert drifts[3] == {"age": 20, "light_azimuth": 10, "light_elevation": -5}
    show, face = conductor(score(arcs))
    list(show.advance(0, at("00:00")))
    assert set(face.begun[0].drifts.values()) == {0}


# --- what comes together ---


def test_a_visitor_does_not_wait_behind_what_is_waiting():
    text = """
    cues:
      - {at: "18:00", mood: night}
      - {when: visitor_arrives, mood: mask}
    """
    show, face = conductor(score(text))
    began = at("17:59:59.9")
    list(show.advance(0, began))
    list(show.advance(S // 5, began + S // 5))
    list(show.notify("visitor_arrives", S // 4, began + S // 4))
    assert (face.begun[-1].mood, face.begun[-1].why.mood_by) == ("mask", "cue 2")
    list(show.advance(10 * S, began + 10 * S))
    assert "night" in {phrase.mood for phrase in face.begun}


def test_many_visitors_ask_for_one_thing_once():
    show, face = conductor(score("cues: [{when: visitor_arrives, do: start, interrupt: after_gesture}]"))
    began = at("12:00")
    for second in range(3):
        for _ in range(50):
            list(show.notify("visitor_arrives", second * S // 100, began + second * S // 100))
    list(show.advance(60 * S, began + 60 * S))
    assert [phrase.gesture for phrase in face.begun].count("start") == 1


def test_a_mood_s_own_person_stays_as_long_as_the_mood():
    text = """
    cues:
      - {at: "18:00", mood: mask, interrupt: now}
      - {at: "18:01", person: 7}
      - {at: "18:02", mood: day, interrupt: now}
    """
    show, face = conductor(score(text))
    play(show, at("17:59"), 200)
    assert [who for who, _, _ in face.became] == [9, 7]
    assert face.became[1][1] == 180 * S


def test_a_gesture_of_controls_alone_keeps_the_face_that_the_day_finds():
    text = """
    version: 1
    gestures: {aside: {gaze: [5, 0]}, ahead: {gaze: [0, 0]}}
    moods: {m: {gestures: {aside: 1, ahead: 1}}}
    """
    smiling = (0.8, *(0.0,) * (NUM_AUS - 1))
    face = Understudy(smiling)
    show = Conductor(score(text=text), 1, ALWAYS, face, 1)
    list(show.advance(60 * S, at("12:00")))
    assert {phrase.target for phrase in face.begun} == {smiling}
