"""A rehearsal: open time alone, the notes that are taken, and the understudy who stands in for the face."""

from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import groupby, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.notation.document import parse_choreography
from installation.score import motion
from installation.score.choreography import Choreography
from installation.score.hours import Hours, Slot
from installation.score.motion import NUM_PARTS, Way, path_of
from installation.score.phrase import Phrase
from installation.score.rehearsal import (
    HOUR_NS,
    Played,
    Rehearsal,
    Stretch,
    Understudy,
    is_past_neutral,
    openings,
    play,
    rehearse,
)
from models.action_units import AU_INDEX, NUM_AUS

S = 1_000_000_000
MIN = 60 * S
ZONE = ZoneInfo("America/Argentina/Buenos_Aires")  # three hours behind UTC
ALWAYS = Hours.always(ZONE)
LUNCH = Hours(ZONE, ((Slot(time(11), time(14)), Slot(time(15), time(20))),) * 7)
SHIPPED = sorted((Path(__file__).parents[2] / "choreographies").glob("*.yaml"))

SCORE = """
version: 1
defaults: {onset: 0.5s..1s, hold: 8s..16s, motion: expressive}
gestures:
  a: {emotion: happy}
  b: {emotion: sad}
  c: {emotion: angry}
  glance: {aus: {AU05: 0.5}, hold: 1s}
  unseen: {emotion: awed}
moods:
  morning: {gestures: {a: 1, b: 1, c: 1}, dwell: 3min..9min, next: {dusk: 1}}
  dusk: {gestures: {b: 1, c: 1}, no_repeat: 1, dwell: 3min..9min, next: {morning: 1}}
  night: {gestures: {b: 1, c: 1, unseen: 0}, person: 7, dwell: 5h, next: {night: 1}}
"""
CUES = """
cues:
  - {at: "12:30", do: glance, interrupt: now}
  - {at: "14:30", do: glance}
  - {at: "15:30", person: 9}
  - {at: "18:00", mood: night}
  - {at: "23:30", mood: dusk}
"""


def score(text: str = SCORE) -> Choreography:
    return parse_choreography(text.encode(), "s.yaml")


def at(hour: int, minute: int = 0, day: int = 6) -> int:
    """The instant of a day in January 2026, of which the 6th is a Tuesday, on the clock of ZONE."""
    wall = datetime(2026, 1, day, hour, minute, tzinfo=ZONE)
    return int(wall.astimezone(UTC).timestamp()) * S


def rehearsal(
    text: str = SCORE, hours: Hours = ALWAYS, start_utc_ns: int = at(11), num_hours: float = 8
) -> Rehearsal:
    return rehearse(score(text), 7, hours, start_utc_ns, num_hours, resident=3)


# --- open time ----------------------------------------------------------------------------------------------


def test_openings_are_what_is_open():
    assert list(openings(LUNCH, at(10), at(12, day=7))) == [
        Stretch(at(11), at(14)),
        Stretch(at(15), at(20)),
        Stretch(at(11, day=7), at(12, day=7)),
    ]


def test_where_it_is_always_open_each_day_is_an_opening():
    opened = list(openings(ALWAYS, at(22), at(22) + 50 * HOUR_NS))
    assert [each.end_utc_ns for each in opened] == [at(0, day=7), at(0, day=8), at(0, day=9)]
    assert all(a.end_utc_ns == b.start_utc_ns for a, b in pairwise(opened))


def test_closed_all_the_time_nothing_plays():
    empty = rehearsal(hours=LUNCH, start_utc_ns=at(21), num_hours=8)
    assert (empty.opened, empty.stays, empty.cues, empty.num_phrases, empty.open_ns) == ((), (), (), 0, 0)
    assert empty.longest_run is None and empty.longest_stay is None


# --- the notes ----------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**31), start=st.integers(0, 86_400), num_hours=st.floats(0.1, 3))
def test_moods_gestures_and_people_each_fill_the_open_time(seed, start, num_hours):
    taken = rehearse(score(SCORE + CUES), seed, LUNCH, at(0) + start * S, num_hours)
    for stays in (taken.stays, taken.people):
        assert sum(stay.lasts_ns for stay in stays) == taken.open_ns
        assert all(a.end_utc_ns <= b.start_utc_ns for a, b in pairwise(stays))
        assert all(LUNCH.is_open(ns) for stay in stays for ns in (stay.start_utc_ns, stay.end_utc_ns - 1))
    assert sum(each.lasts_ns for each in taken.moods.values()) == taken.open_ns
    assert sum(each.lasts_ns for each in taken.gestures.values()) == taken.open_ns
    assert sum(each.num_times for each in taken.gestures.values()) == taken.num_phrases
    assert taken.gestures["unseen"].num_times == 0
    assert taken.num_past_neutral == 0


def played(text: str, hours: Hours, start_utc_ns: int, end_utc_ns: int) -> list[Played]:
    opened = tuple(openings(hours, start_utc_ns, end_utc_ns))
    return list(play(score(text), 7, hours, start_utc_ns, opened, 3, Understudy()))


def test_the_notes_are_those_of_the_phrases():
    taken, phrases = rehearsal(num_hours=2), played(SCORE, ALWAYS, at(11), at(13))
    names, moods = ([getattr(each.phrase, kind) for each in phrases] for kind in ("gesture", "mood"))
    assert taken.num_phrases == len(phrases)
    assert {name: each.num_times for name, each in taken.gestures.items()} == {
        name: names.count(name) for name in score().gestures
    }
    assert [stay.name for stay in taken.stays] == [name for name, _ in groupby(moods)]
    runs = [len(list(run)) for _, run in groupby(names)]
    assert taken.longest_run.num_times == max(runs) > 1
    first = phrases[sum(runs[: runs.index(max(runs))])]
    assert (taken.longest_run.gesture, taken.longest_run.start_utc_ns) == (
        first.phrase.gesture,
        first.start_utc_ns,
    )
    assert taken.longest_stay == max(taken.stays, key=lambda stay: stay.lasts_ns)
    assert taken.mean_distance == pytest.approx(sum(each.step.distance for each in phrases) / len(phrases))
    assert taken.num_redrawn == sum(each.phrase.why.num_redrawn for each in phrases)


def test_a_phrase_lasts_until_the_next_one_or_the_end_of_its_day():
    phrases = played(SCORE + CUES, LUNCH, at(10), at(12, day=7))
    ends = [a.end_utc_ns for a, b in pairwise(phrases) if a.end_utc_ns != b.start_utc_ns]
    assert ends == [at(20)]
    assert (phrases[0].start_utc_ns, phrases[-1].end_utc_ns) == (at(11), at(12, day=7))


def test_what_plays_in_a_break_is_not_counted():
    taken, phrases = rehearsal(hours=LUNCH, num_hours=5), played(SCORE, LUNCH, at(11), at(16))
    in_the_dark = [each for each in phrases if at(14) <= each.start_utc_ns and each.end_utc_ns <= at(15)]
    assert len(in_the_dark) > 100
    assert taken.num_phrases == len(phrases) - len(in_the_dark)


def test_a_gesture_that_changes_nothing_is_counted_as_such():
    text = (
        "version: 1\ngestures: {a: {aus: {AU12: 1}, onset: 1s, hold: 1s}}\nmoods: {m: {gestures: {a: 1}}}\n"
    )
    taken = rehearsal(text, num_hours=1)
    assert (taken.num_phrases, taken.num_no_ops) == (1800, 1799)
    assert (taken.longest_run.gesture, taken.longest_run.num_times) == ("a", 1800)
    assert taken.mean_distance == pytest.approx(1 / 1800)


def test_a_mood_goes_on_over_midnight_and_is_cut_where_the_doors_close():
    gestures = "gestures: {a: {emotion: happy}, b: {emotion: sad}}"
    text = f"version: 1\n{gestures}\nmoods: {{m: {{gestures: {{a: 1, b: 1}}}}}}\n"
    assert len(rehearsal(text, start_utc_ns=at(22), num_hours=4).stays) == 1
    stays = rehearsal(text, LUNCH, at(11), 24).stays
    assert [(stay.start_utc_ns, stay.end_utc_ns) for stay in stays] == [(at(11), at(14)), (at(15), at(20))]


# --- days, cues and people ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "begins", "ends"),
    [(ALWAYS, at(0, day=8), at(2, day=8)), (LUNCH, at(11, day=8), at(13, day=8))],
    ids=["always open", "opening hours"],
)
def test_a_day_is_the_same_whatever_was_played_before_it(hours, begins, ends):
    def shown(start_utc_ns: int) -> list[tuple]:
        phrases = played(SCORE, hours, start_utc_ns, ends)
        return [
            (each.start_utc_ns, each.phrase.mood, each.phrase.gesture, each.phrase.target) for each in phrases
        ]

    after_a_day, alone = shown(at(18, day=7)), shown(begins)
    assert len(alone) > 300
    assert after_a_day[-len(alone) :] == alone
    day_before = after_a_day[: -len(alone)]
    assert [gesture for _, _, gesture, _ in day_before[:50]] != [gesture for _, _, gesture, _ in alone[:50]]


def test_timed_cues_fall_when_they_are_due_and_what_they_ask_for_is_played():
    taken = rehearsal(SCORE + CUES, num_hours=13)
    due = [at(12, 30), at(14, 30), at(15, 30), at(18), at(23, 30)]
    assert [(each.cue.number, each.utc_ns) for each in taken.cues] == list(enumerate(due))
    asked = {
        each.phrase.why.asked_by: each.start_utc_ns
        for each in played(SCORE + CUES, ALWAYS, at(11), at(0, day=7))
        if each.phrase.why.asked_by
    }
    assert list(asked) == ["cue 1", "cue 2", "cue 4", "cue 5"]
    assert asked["cue 1"] == due[0]  # which does not wait
    for number in (2, 4, 5):
        assert 0 <= asked[f"cue {number}"] - due[number - 1] < 20 * S


@pytest.mark.parametrize(
    "start", [at(10), at(12, 30), at(14, 40)], ids=["before", "at a cue", "in the break"]
)
def test_cues_before_a_show_begins_are_not_played_and_others_are(start):
    """What is listed is what phrases were asked by, in a break too, and nothing of the closed night."""
    taken = rehearse(score(SCORE + CUES), 7, LUNCH, start, 48)
    asked = [
        each.phrase.why.asked_by for each in played(SCORE + CUES, LUNCH, start, start + 48 * HOUR_NS)
    ]  # fmt: skip
    listed = [f"cue {each.cue.number + 1}" for each in taken.cues if each.cue.person is None]
    assert [name for name in asked if name] == listed
    assert listed.count("cue 5") == 0
    first = {at(10): "cue 1", at(12, 30): "cue 2", at(14, 40): "cue 4"}
    assert listed[0] == first[start]


def test_a_cue_at_the_opening_is_played():
    text = SCORE + CUES.replace("12:30", "11:00")
    taken = rehearsal(text, LUNCH, at(11), 0.01)
    assert [each.utc_ns for each in taken.cues] == [at(11)]
    assert taken.gestures["glance"].num_times == 1


def test_people_come_with_moods_and_cues_and_go_with_the_day():
    taken = rehearsal(SCORE + CUES, LUNCH, at(11), 25)
    people = [(stay.name, stay.start_utc_ns, stay.end_utc_ns) for stay in taken.people]
    night = next(stay.start_utc_ns for stay in taken.stays if stay.name == "night")
    assert people == [
        (3, at(11), at(14)),
        (3, at(15), at(15, 30)),
        (9, at(15, 30), night),
        (7, night, at(20)),
        (3, at(11, day=7), at(12, day=7)),
    ]
    assert 0 <= night - at(18) < 20 * S


# --- the understudy -----------------------------------------------------------------------------------------


def vector(**units: float) -> tuple[float, ...]:
    aus = [0.0] * NUM_AUS
    for name, intensity in units.items():
        aus[AU_INDEX[int(name[2:])]] = intensity
    return tuple(aus)


def phrase(number: int, target: tuple[float, ...], start_ns: int, moves: str) -> Phrase:
    lags = (0.5,) * NUM_PARTS
    return Phrase(number, "m", str(number), target, start_ns, S, S, "minimum_jerk", moves, S // 2, lags)


@pytest.mark.parametrize("moves", ["linear", "expressive", "chained"])
def test_an_interrupted_understudy_stands_where_the_path_has_come_to(moves):
    understudy, smile, frown = Understudy(), vector(au12=1, au6=0.5), vector(au4=0.8)
    assert understudy.aus_at(0) == vector()
    first = phrase(0, smile, 0, moves)
    understudy.begin(first)
    rest = (0.0,) * (NUM_PARTS - NUM_AUS)
    way = path_of(first, (*vector(), *rest), (*smile, *rest))
    for t_ns in range(0, 3 * S, S // 7):
        assert understudy.aus_at(t_ns) == way.at(t_ns)[:NUM_AUS]
    second = phrase(1, frown, S // 2, moves)
    understudy.begin(second)
    assert understudy.aus_at(S // 2) == way.at(S // 2)[:NUM_AUS]
    assert understudy.aus_at(second.end_ns) == frown
    expected = sum(abs(a - b) for a, b in zip(way.at(S // 2)[:NUM_AUS], frown, strict=True))
    assert understudy.step.distance == pytest.approx(expected)


def way_of(source: tuple[float, ...], target: tuple[float, ...], **ways: tuple[float, float]) -> motion.Path:
    """A path whose units move between these shares of a second; the others all the time."""
    rest = (0.0,) * (NUM_PARTS - NUM_AUS)
    moved = [Way(0, S)] * NUM_PARTS
    for name, (start, end) in ways.items():
        moved[AU_INDEX[int(name[2:])]] = Way(round(start * S), round(end * S))
    return motion.Path((*source, *rest), (*target, *rest), tuple(moved), "minimum_jerk")


def test_a_way_is_past_neutral_if_the_face_shows_less_than_at_both_ends():
    smile, frown = vector(au12=0.8), vector(au4=0.8)
    assert not is_past_neutral(way_of(smile, frown))
    assert not is_past_neutral(way_of(smile, frown, au12=(0.5, 1), au4=(0, 0.5)))
    assert is_past_neutral(way_of(smile, frown, au12=(0, 0.5), au4=(0.5, 1)))  # there is nothing at the half
    assert is_past_neutral(way_of(smile, frown, au12=(0, 0.8)))
    assert not is_past_neutral(way_of(smile, vector(), au12=(0, 0.1)))  # neutral is where it goes
    assert not is_past_neutral(way_of(vector(), smile))
    # What goes leaves first, but so much more comes, so early, that the face never shows less.
    assert not is_past_neutral(way_of(vector(au12=0.1), vector(au4=1), au12=(0, 0.9), au4=(0.01, 0.5)))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_shipped_choreography_passes_neutral(path):
    moved = replace(parse_choreography(path.read_bytes(), path.name), motion="expressive")
    taken = rehearse(moved, 1, ALWAYS, at(11), 1)
    assert taken.num_phrases > 50
    assert taken.num_past_neutral == 0
