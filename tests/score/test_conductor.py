"""Everything that happens in a show, each at its own instant: phrases, cues, visitors, people, days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from installation.notation.document import parse_choreography
from installation.score.choreography import Choreography, Who
from installation.score.conductor import Conductor
from installation.score.hours import Hours, Slot
from installation.score.phrase import Phrase
from models.action_units import NUM_AUS

S = 1_000_000_000
MIN = 60 * S
BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = Hours.always(BERLIN)
Shown = tuple[int, str, str]  # start, mood, gesture

SCORE = """
    version: 1
    defaults: {onset: 0.5s..1s, hold: 1s..2s}
    gestures:
      a: {emotion: happy}
      b: {emotion: sad}
      c: {emotion: angry}
      glance: {gaze: [8, 0], hold: 1s}
      start: {aus: {AU05: 1}, hold: 1s}
    moods:
      day: {gestures: {a: 1, b: 1}, dwell: 1h}
      night: {gestures: {b: 1, c: 1}, dwell: 1h}
      mask: {gestures: {a: 1, c: 1}, dwell: 1h, person: 9, fade: 20s}
    """


@dataclass
class Understudy:
    """A face that notes what it is told."""

    aus: Sequence[float] = (0.0,) * NUM_AUS
    begun: list[Phrase] = field(default_factory=list)
    became: list[tuple[Who, int, int]] = field(default_factory=list)

    def aus_at(self, t_ns: int) -> tuple[float, ...]:
        assert not self.begun or t_ns >= self.begun[-1].start_ns
        return tuple(self.begun[-1].target if self.begun else self.aus)

    def begin(self, phrase: Phrase) -> float:
        self.begun.append(phrase)
        return float(abs(phrase.controls.get("gaze_x", 0)))

    def become(self, who: Who, start_ns: int, fade_ns: int) -> None:
        self.became.append((who, start_ns, fade_ns))


def score(extra: str = "", text: str = SCORE) -> Choreography:
    return parse_choreography((dedent(text) + dedent(extra)).encode(), "s.yaml")


def at(clock: str, day: date = date(2026, 1, 6), zone: ZoneInfo = BERLIN) -> int:
    """Nanoseconds since 1970 of a time of the wall clock; that Tuesday unless another day is said."""
    wall = datetime.combine(day, time.fromisoformat(clock), zone)
    return round((wall - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * S


def conductor(
    choreography: Choreography, hours: Hours = ALWAYS, seed: int = 1
) -> tuple[Conductor, Understudy]:
    face = Understudy()
    return Conductor(choreography, seed, hours, face, 1), face


def play(show: Conductor, began: int, num_s: float, *, fps: float = 1, since: int = 0) -> list[Shown]:
    """What is begun in so many seconds of a show that began at an instant of the clock, seen at a frame
    rate.
    """
    phrases = []
    for frame in range(int(since * fps), int(num_s * fps) + 1):
        t_ns = round(frame * S / fps)
        phrases += [(p.start_ns, p.mood, p.gesture) for p in show.advance(t_ns, began + t_ns)]
    return phrases


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
    assert first.why.asked_by == "cue 1"


@pytest.mark.parametrize(("days", "falls_due"), [("[tue]", True), ("[mon, wed]", False), ("tue", True)])
def test_a_cue_keeps_to_its_days(days, falls_due):
    show, _ = conductor(score(f'cues: [{{at: "18:00", days: {days}, do: start}}]'))
    assert ("start" in {gesture for _, _, gesture in play(show, at("17:59"), 120)}) == falls_due


def test_a_cue_plays_once_a_day_however_the_frames_fall():
    show, _ = conductor(score('cues: [{at: "18:00", do: start, interrupt: now}]'))
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


# --- days ---------------------------------------------------------------------------------------------------

MORNINGS = Hours(BERLIN, ((Slot(time(11), time(19)),),) * 7)


def morning(show: Conductor, t_ns: int, utc_ns: int) -> list[tuple[int, str, tuple[float, ...]]]:
    """The first minutes of a day, counted from its opening."""
    phrases = [p for k in range(300) for p in show.advance(t_ns + k * S, utc_ns + k * S)]
    return [(p.start_ns - t_ns, p.gesture, p.target) for p in phrases]


def test_ninety_days_are_ninety_mornings_and_the_same_ones_again():
    days = [date(2026, 2, 1) + timedelta(days=number) for number in range(90)]  # the clocks change among them
    show, _ = conductor(score(), MORNINGS)
    list(show.advance(0, at("18:00", days[0] - timedelta(days=1))))
    mornings, began = [], at("18:00", days[0] - timedelta(days=1))
    for day in days:
        opening = at("11:00", day)
        mornings.append(morning(show, opening - began, opening))
        late_morning = at("11:20", day)
        list(show.advance(late_morning - began, late_morning))
    assert len({tuple(each) for each in mornings}) == 90
    for number in (0, 41, 57, 89):
        afresh, _ = conductor(score(), MORNINGS)
        assert morning(afresh, 0, at("11:00", days[number])) == mornings[number]


def test_a_night_with_the_doors_closed_is_not_played_after_the_fact():
    show, face = conductor(score(), MORNINGS)
    began = at("18:59")
    list(show.advance(0, began))
    t_ns = at("11:00:01", date(2026, 1, 7)) - began
    list(show.advance(t_ns, began + t_ns))
    assert len(face.begun) < 5
    assert any(phrase.start_ns == t_ns - S for phrase in face.begun)


def test_midnight_begins_a_day_where_it_is_always_open_at_any_frame_rate():
    text = 'cues: [{at: "23:59:58", do: start, interrupt: now}, {at: "00:00:01", do: start, interrupt: now}]'
    tracks = []
    for fps in (0.2, 30):
        show, _ = conductor(score(text))
        tracks.append(play(show, at("23:59:30"), 90, fps=fps))
    assert tracks[0] == tracks[1]
    starts = {start for start, _, _ in tracks[0]}
    assert {28 * S, 30 * S, 31 * S} <= starts


def test_a_clock_that_is_set_back_does_not_play_a_cue_twice_and_one_set_back_far_is_believed():
    show, face = conductor(score('cues: [{at: "18:00", do: start, interrupt: now}]'))
    began = at("17:59")
    play(show, began, 90)
    assert [p.gesture for p in face.begun].count("start") == 1
    play(show, began - 45 * S, 150, since=91)
    assert [p.gesture for p in face.begun].count("start") == 1
    a_day = 86_400 * S
    play(show, began - a_day - 100 * S, 300, since=151)
    assert [p.gesture for p in face.begun].count("start") == 2


def test_the_small_life_of_a_day_does_not_jump_when_the_day_begins():
    show, _ = conductor(score())
    began = at("23:59:50")
    movements = []
    for frame in range(60 * 20):
        t_ns = frame * S // 60
        list(show.advance(t_ns, began + t_ns))
        movements.append(show.life_at(t_ns))
    around = movements[60 * 9 : 60 * 13]
    steps = [
        max(abs(a - b) for a, b in zip(m.controls[:2], n.controls[:2], strict=True))
        for m, n in pairwise(around)
    ]
    assert 0 < max(steps) < 0.1
