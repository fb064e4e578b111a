"""What is kept of a show: read as strictly as a file, and safe to begin from whatever it says."""

import json
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.score.conductor import Conductor
from installation.score.hours import Hours, Slot
from installation.score.resume import Resume, ResumeError, as_json, resume_in
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import NUM_CONTROLS
from tests.score.shows import ALWAYS, BERLIN, S, at, conductor, play, score

DAY = date(2026, 1, 6)
NOON = at("12:00")
STOOD = Resume(
    utc_ns=NOON,
    day=DAY.toordinal(),
    seed=1,
    choreography="s.yaml",
    title="",
    mood="night",
    mood_since_utc_ns=NOON - 1000 * S,
    mood_until_utc_ns=NOON + 1000 * S,
    mood_by="cue 1",
    num_phrases=250,
    aus=(0.5,) * NUM_AUS,
    changes=(1.0,) * NUM_CONTROLS,
    person=1,
)
TWO = """
    version: 1
    gestures:
      rest: {aus: {AU17: 0.2}}
      smile: {aus: {AU12: 0.6}}
    moods:
      day: {gestures: {rest: 1, smile: 1}}
    """
names = st.text(max_size=12)
numbers = st.integers(-(1 << 62), 1 << 62)
anything = st.builds(
    Resume,
    utc_ns=numbers,
    day=st.integers(1, date.max.toordinal()),
    seed=st.integers(-(1 << 64), 1 << 64),
    choreography=names,
    title=names,
    mood=st.sampled_from(["day", "night", "mask"]),
    mood_since_utc_ns=numbers,
    mood_until_utc_ns=numbers,
    mood_by=names,
    num_phrases=st.integers(0, 1 << 40),
    aus=st.tuples(*[st.floats(0, 1)] * NUM_AUS),
    changes=st.tuples(*[st.floats(-360, 360)] * NUM_CONTROLS),
    person=st.one_of(st.none(), st.integers(0, (1 << 32) - 1), names),
    is_paused=st.booleans(),
    is_blackout=st.booleans(),
)


def begun_from(resume: Resume, text: str = "", seconds: int = 60, began: int = NOON, hours: Hours = ALWAYS):
    show, face = conductor(score(text), hours)
    face.aus = resume.aus
    show.resume_from(resume)
    return show, face, play(show, began, seconds)


# --- as JSON ------------------------------------------------------------------------------------------------


@given(resume=anything)
def test_what_is_kept_is_read_as_it_was(resume):
    assert resume_in(json.loads(json.dumps(as_json(resume)))) == resume


@given(
    key=st.sampled_from([*(field.name for field in fields(Resume)), "version", "more"]),
    value=st.one_of(
        st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.integers(), st.lists(st.integers())
    ),
)
def test_what_is_damaged_is_refused_in_a_line_or_is_another_state(key, value):
    kept = as_json(STOOD) | {key: value}
    read = None
    with suppress(ResumeError):
        read = resume_in(kept)
    assert read is None or getattr(read, key, 1) == value


@pytest.mark.parametrize(
    "damage",
    [
        {"aus": [0.5] * (NUM_AUS - 1)},
        {"aus": [1.5] * NUM_AUS},
        {"aus": [float("nan")] * NUM_AUS},
        {"aus": [True] * NUM_AUS},
        {"changes": [1e9] * NUM_CONTROLS},
        {"num_phrases": -1},
        {"num_phrases": 1.0},
        {"day": 0},
        {"day": 10**9},
        {"person": -1},
        {"person": 1 << 32},
        {"person": True},
        {"mood": None},
        {"title": "x" * 5000},
        {"is_paused": 1},
        {"version": 2},
        {"utc_ns": 1 << 70},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(damage):
    with pytest.raises(ResumeError):
        resume_in(as_json(STOOD) | damage)


@pytest.mark.parametrize("kept", [None, [], 3, "x", {}, {"version": 1}, {**as_json(STOOD), "z": 1}], ids=str)
def test_what_is_no_state_is_refused(kept):
    with pytest.raises(ResumeError):
        resume_in(kept)


# --- to begin from ------------------------------------------------------------------------------------------


@given(resume=anything, hours=st.sampled_from([ALWAYS, Hours(BERLIN, ((Slot(time(11), time(19)),),) * 7)]))
@settings(max_examples=50, deadline=None)
def test_whatever_is_read_is_safe_to_begin_from(resume, hours):
    show, face, phrases = begun_from(replace(resume, day=DAY.toordinal()), hours=hours, seconds=30)
    assert phrases and phrases[0][0] == 0
    assert [phrase.number - resume.num_phrases for phrase in face.begun] == list(range(len(face.begun)))
    for phrase in face.begun:
        assert phrase.why.mood_until_ns <= phrase.start_ns + 3600 * S
    assert resume.is_paused == show.is_paused == (len(phrases) == 1)


def test_what_would_change_nothing_is_judged_from_the_face_that_there_was():
    smile = (0.0,) * AU_INDEX[12] + (0.6,) + (0.0,) * (NUM_AUS - AU_INDEX[12] - 1)
    for num_phrases in range(20):
        show, face = conductor(score(text=TWO))
        face.aus = smile
        show.resume_from(replace(STOOD, mood="day", aus=smile, num_phrases=num_phrases))
        assert [gesture for _, _, gesture in play(show, NOON, 0)] == ["rest"]


def test_the_mood_goes_on_with_what_is_left_of_it():
    _, face, phrases = begun_from(STOOD, seconds=1300)
    assert {mood for start, mood, _ in phrases if start < 1000 * S} == {"night"}
    first = face.begun[0]
    assert (first.why.mood_by, first.why.mood_since_ns) == ("cue 1", -1000 * S)
    assert first.why.mood_until_ns == 1000 * S
    left = next(phrase for phrase in face.begun if phrase.why.mood_since_ns > 0)
    assert 1000 * S <= left.start_ns < 1004 * S


def test_a_mood_that_is_over_is_left_at_once():
    _, face, _ = begun_from(replace(STOOD, mood_until_utc_ns=NOON - S), seconds=10)
    assert face.begun[0].why.mood_since_ns == 0


def test_the_dice_do_not_repeat_the_morning_nor_what_another_start_played():
    morning, face = conductor(score())
    play(morning, at("00:00"), 600)
    plays = [[phrase.target for phrase in face.begun]]
    for num_phrases in (250, 251, 250):
        _, face, _ = begun_from(replace(STOOD, mood="day", num_phrases=num_phrases), seconds=600)
        plays.append([phrase.target for phrase in face.begun])
    shortest = min(map(len, plays))
    early = [play[:shortest] for play in plays]
    assert early[1] == early[3]
    assert early[0] != early[1] != early[2] != early[0]
    shared = sum(a == b for a, b in zip(early[0], early[1], strict=True))
    assert shared < shortest / 10


def test_the_cues_that_came_meanwhile_are_what_it_begins_in():
    text = 'cues: [{at: "12:10", mood: day, person: 7}, {at: "11:00", mood: mask}]'
    show, face, phrases = begun_from(STOOD, text, began=NOON + 900 * S)
    assert {mood for _, mood, _ in phrases} == {"day"}
    assert face.became == [(7, 0, 0)]
    assert face.begun[0].why.mood_by == "cue 1"
    show, face, phrases = begun_from(STOOD, text, began=NOON + 300 * S)
    assert {mood for _, mood, _ in phrases} == {"night"}
    assert show.casting.shown == 1


def test_the_person_goes_on_be_they_of_a_cue_or_asked_for():
    text = 'cues: [{at: "11:00", person: 7}, {at: "12:01", mood: day}, {at: "12:02", person: 5}]'
    for person in (7, 3):
        show, face, _ = begun_from(replace(STOOD, person=person), text, seconds=90)
        assert face.became == [(person, 0, 0)]  # the resident is who is there before
        play(show, NOON, 200, since=91)
        assert [who for who, *_ in face.became] == [person, 5]


def test_another_day_begins_as_it_would():
    fresh, _ = conductor(score())
    expected = play(fresh, NOON, 60)
    assert begun_from(replace(STOOD, day=DAY.toordinal() - 1))[2] == expected


def test_it_is_used_once():
    mornings = Hours(BERLIN, ((Slot(time(11), time(19)),),) * 7)
    show, face, _ = begun_from(STOOD, hours=mornings, seconds=10)
    midnight_ns = at("11:00", date(2026, 1, 7)) - NOON
    list(show.advance(midnight_ns, NOON + midnight_ns))
    afresh = Conductor(score(), 1, mornings, type(face)(), 1)
    (first,) = afresh.advance(0, NOON + midnight_ns)
    assert face.begun[-1].target == first.target
