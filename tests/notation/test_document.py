"""The language: what a score may say, and what is warned of."""

from datetime import date, time
from pathlib import Path
from textwrap import dedent

import pytest

from installation.notation.document import Reading, parse_choreography, read_choreography
from installation.notation.problems import MAX_TOLD, InvalidScore
from installation.score.choreography import DAY_NS, DWELL, Arc, Choreography, Cue, Mood, Place, Timed
from installation.score.gesture import Gesture, Span
from installation.score.life import Liveliness
from installation.score.visitors import LONGEST_MEMORY_NS, Hospitality

MS = 1_000_000
S = 1000 * MS
MIN = 60 * S
SHIPPED = sorted((Path(__file__).parents[2] / "choreographies").glob("*.yaml"))

# The example that the language was designed by.
EXAMPLE = """\
# yaml-language-server: $schema=choreography.schema.json
version: 1
title: The long afternoon
person: 42                      # who: a number, or a file of a face; a mood may name another
seed: daily                     # the dice: a number, or daily

defaults: {onset: 0.4s..1.0s, hold: 2s..6s, ease: minimum_jerk, motion: expressive}

gestures:
  tender:  {emotion: happy, intensity: marked}      # one of the 22 OSU categories; its optional AUs are drawn
  doubt:   {aus: {inner brow raiser: 0.8, AU04: slight, AU15: 0.5}, onset: 1.2s..2s}
  glance:  {aus: {AU05: 0.5}, gaze: [8, 0], hold: 0.6s..1s}
  rest:    {emotion: neutral}

moods:
  morning:
    gestures: {tender: 3, doubt: 1, rest: 1}        # weights
    choose: weighted            # weighted | shuffle | cycle
    no_repeat: 2
    dwell: 4min..9min
    next: {dusk: 0.7, morning: 0.3}
  dusk: {gestures: {doubt: 2, rest: 1}, dwell: 3min..5min, next: {morning: 1}}
start: morning

cues:
  - {at: "18:00", days: [tue, wed], mood: dusk}
  - {at: "19:30", person: ada.safetensors, fade: 90s}
  - {when: visitor_arrives, do: glance, cooldown: 20s}

arcs:                           # what evolves over the weeks of a show, from the site's opening date
  - {age: +20, over: 90d}
"""

# Every word of the language, in every way of writing it.
EVERYTHING = """\
version: 1
title: 1917
person: faces/Ada.SAFETENSORS
seed: 7
defaults: {onset: 40ms, hold: 0.5 s .. 1min, offset: 1s..2s, ease: cosine, motion: expressive}
life: {blinks: 12.5, gaze: off, saccades: 0, breath: 6, stir: 0.5}
gestures:
  joy: {emotion: Happily_Surprised, intensity: C, aus: {AU43: 0, au4: E, "6": strong, Lip Pucker: 1}}
  turn: {yaw: -10, pitch: +5.5, gaze: [-8, 3], age: 60, light: [40, 20], offset: 0s, hold: 1h}
  calm: {aus: {AU_12: 1e-1}, onset: 2s, ease: linear}
moods:
  day:
    gestures: {joy: 3, turn: 0, calm: 0.5}
    choose: shuffle
    no_repeat: 0
    dwell: 1d
    next: {night: 1, day: 0}
    person: 3
    fade: 2min
  night: {gestures: {calm: 1, joy: 1}, choose: cycle, next: {day: 1}, mirror: C}
start: night
cues:
  - {at: 9:30, days: Monday, do: joy, interrupt: now}
  - {at: "18:00:30", dates: [2026-12-24, 2026-12-31], mood: night, interrupt: after_gesture}
  - {at: 19:00, dates: 2026-12-26, person: 4, fade: 0s, cooldown: 1h}
  - {when: visitor_leaves, do: turn, mood: day, person: 5}
arcs:
  - {yaw: +1, pitch: -1, gaze: [+1, -1.5], age: +20, light: [-30, 0], from: 30d, over: 90d}
visitor:
  follow: 0.5
  take_up: on
  dwell: 2.5s
  stay: 1min .. 2min
  fade: 10s
  linger: 50 s
  cooldown: 0s
  expression: kept
"""

SMALL = """\
version: 1
gestures: {a: {emotion: happy}, b: {emotion: sad}}
moods: {m: {gestures: {a: 1, b: 1}}}
"""


def parse(text: str) -> Choreography:
    return parse_choreography(dedent(text).encode(), "s.yaml")


def errors(text: str) -> list[str]:
    with pytest.raises(InvalidScore) as caught:
        parse(text)
    return str(caught.value).split("\n")


def test_the_example() -> None:
    seconds = Span(400 * MS, S), Span(2 * S, 6 * S)
    own = Gesture("", None, None).offset
    tender, doubt, glance, rest = (
        parse(EXAMPLE).gestures[name] for name in ("tender", "doubt", "glance", "rest")
    )
    assert tender == Gesture("tender", "happy", 0.6, {}, {}, *seconds, own, "minimum_jerk")
    assert doubt.aus == {1: 0.8, 4: 0.4, 15: 0.5}
    assert doubt.onset == Span(1200 * MS, 2 * S)
    assert (glance.aus, glance.controls) == ({5: 0.5}, {"gaze_x": 8, "gaze_y": 0})
    assert glance.hold == Span(600 * MS, S)
    assert (rest.emotion, rest.intensity) == ("neutral", None)
    score = parse(EXAMPLE)
    assert (score.title, score.person, score.seed) == ("The long afternoon", 42, "daily")
    assert (score.motion, score.start, score.is_chained) == ("expressive", "morning", False)
    weights, leads_to = {"tender": 3.0, "doubt": 1.0, "rest": 1.0}, {"dusk": 0.7, "morning": 0.3}
    assert score.moods == {
        "morning": Mood("morning", weights, "weighted", 2, Span(4 * MIN, 9 * MIN), leads_to),
        "dusk": Mood(
            "dusk", {"doubt": 2.0, "rest": 1.0}, "weighted", 0, Span(3 * MIN, 5 * MIN), {"morning": 1.0}
        ),
    }
    assert score.cues == (
        Cue(0, Timed(time(18), frozenset({1, 2})), mood="dusk"),
        Cue(1, Timed(time(19, 30)), person="ada.safetensors", fade_ns=90 * S),
        Cue(2, "visitor_arrives", do="glance", is_immediate=True, cooldown_ns=20 * S),
    )
    assert score.arcs == (Arc({"age": 20.0}, 0, 90 * DAY_NS),)
    assert score.life == Liveliness()


def test_everything() -> None:
    score = parse(EVERYTHING)
    joy, turn, calm = score.gestures.values()
    assert (joy.emotion, joy.intensity, joy.aus) == ("happily_surprised", 0.6, {43: 0, 4: 1, 6: 0.8, 18: 1})
    assert (joy.onset, joy.hold) == (Span(40 * MS, 40 * MS), Span(500 * MS, MIN))
    assert (joy.offset, joy.ease) == (Span(S, 2 * S), "cosine")
    assert turn.controls == {
        "yaw": -10, "pitch": 5.5, "gaze_x": -8, "gaze_y": 3, "age": 60,
        "light_azimuth": 40, "light_elevation": 20,
    }  # fmt: skip
    assert (turn.has_expression, turn.offset, turn.hold) == (False, Span(0, 0), Span(3600 * S, 3600 * S))
    assert (calm.aus, calm.ease) == ({12: 0.1}, "linear")
    day = score.moods["day"]
    assert (day.gestures, day.next) == ({"joy": 3, "turn": 0, "calm": 0.5}, {"night": 1, "day": 0})
    assert (day.person, day.fade_ns, day.choose, day.no_repeat) == (3, 120 * S, "shuffle", 0)
    assert day.dwell == Span(DAY_NS, DAY_NS)
    christmas = frozenset({date(2026, 12, 24), date(2026, 12, 31)})
    assert score.cues == (
        Cue(0, Timed(time(9, 30), frozenset({0})), do="joy", is_immediate=True),
        Cue(1, Timed(time(18, 0, 30), dates=christmas), mood="night"),
        Cue(2, Timed(time(19), dates=frozenset({date(2026, 12, 26)})), None, None, 4, 0, False, 3600 * S),
        Cue(3, "visitor_leaves", "turn", "day", 5, is_immediate=True),
    )
    changes = {
        "yaw": 1, "pitch": -1, "gaze_x": 1, "gaze_y": -1.5, "age": 20,
        "light_azimuth": -30, "light_elevation": 0,
    }  # fmt: skip
    assert score.arcs == (Arc(changes, 30 * DAY_NS, 90 * DAY_NS),)
    assert score.life == Liveliness(12.5, 0, 0, 6, 0.5)
    assert (score.moods["day"].mirror, score.moods["night"].mirror) == (0, 0.6)
    assert score.visitor == Hospitality(
        follow=0.5,
        takes_up=True,
        dwell_ns=2500 * MS,
        stay=Span(MIN, 2 * MIN),
        fade_ns=10 * S,
        linger_ns=50 * S,
        cooldown_ns=0,
        keeps_expression=True,
    )
    assert (score.title, score.seed, score.start, score.motion) == ("1917", 7, "night", "expressive")
    assert score.people == {
        "faces/Ada.SAFETENSORS": Place(3, 9, "person"),
        3: Place(18, 13, "moods.day.person"),
        4: Place(25, 44, "cues[3].person"),
        5: Place(26, 57, "cues[4].person"),
    }


def test_what_is_not_said() -> None:
    score = parse(SMALL)
    assert (score.title, score.person, score.seed, score.start) == ("", None, "daily", "m")
    assert (score.motion, score.cues, score.arcs, score.people) == ("linear", (), (), {})
    assert score.life == Liveliness()
    assert score.visitor == Hospitality()
    mood = score.moods["m"]
    assert mood.mirror == 0
    assert (mood.choose, mood.no_repeat, mood.dwell, mood.next) == ("weighted", 0, DWELL, {"m": 1.0})


def test_visitors_may_be_let_alone() -> None:
    score = parse(SMALL + "visitor: {take_up: off, follow: off}\n")
    assert score.visitor == Hospitality(follow=0, takes_up=False)
    assert parse(SMALL + "visitor: {follow: 0}\n").visitor.follow == 0


@pytest.mark.parametrize(
    "key", ["linger: 60s, fade: 0s", "fade: 60s, linger: 0s", "linger: 54s", "fade: 55s"]
)
def test_visitors_may_be_remembered_for_a_minute_and_no_longer(key: str) -> None:
    visitor = parse(SMALL + f"visitor: {{{key}}}\n").visitor
    assert visitor.linger_ns + visitor.fade_ns == LONGEST_MEMORY_NS
    longer = key.replace("s", ".001s", 1)
    (told,) = errors(SMALL + f"visitor: {{{longer}}}\n")
    assert "linger and fade are 60.001s together; who has left is forgotten within 60s" in told


@pytest.mark.parametrize(
    "name", ["AU04", "AU4", "au04", "4", "AU_4", "brow lowerer", "Brow_Lowerer", "BROW  LOWERER"]
)
def test_names_of_units(name: str) -> None:
    score = parse(SMALL.replace("{emotion: sad}", f"{{aus: {{{name}: 0.5}}}}"))
    assert score.gestures["b"].aus == {4: 0.5}


@pytest.mark.parametrize(
    ("written", "intensity"),
    [
        ("0", 0),
        ("1", 1),
        ("1e-3", 0.001),
        ("A", 0.2),
        ("E", 1),
        ("slight", 0.4),
        ("marked", 0.6),
        ("strong", 0.8),
    ],
)
def test_intensities(written: str, intensity: float) -> None:
    score = parse(SMALL.replace("{emotion: sad}", f"{{emotion: sad, intensity: {written}}}"))
    assert score.gestures["b"].intensity == intensity


@pytest.mark.parametrize(
    ("gesture", "error"),
    [
        ("emotion: happy, hold: off", "b.hold: 'off' is not a duration; write a number and one of the units"),
        ("emotion: happy, hold: [1s, 2s]", "b.hold: expected a duration such as 2s or 0.4s..1.0s, found"),
        ("emotion: happy, hold: 2h - 6h", "b.hold: '2h - 6h' is not a range; write 2h..6h"),
        ("emotion: happy, hold: 2 Min", "b.hold: unknown unit 'Min' in '2 Min'; write 2min; the units are"),
        ("aus: {AU12: true}", "b.aus.AU12: expected an intensity, a number from 0 to 1"),
        ("aus: {AU12: '0.5'}", "strong; found '0.5' in quotes, which is a text"),
        ("aus: {AU12: .nan}", "strong; found '.nan'"),
        ("gaze: [8, 1e400]", "b.gaze: expected two numbers, such as gaze: [8, 5]; found '1e400'"),
        ("yaw: 1e6", "b.yaw: 1e6 is outside -1000 to 1000"),
        ("yaw: [10]", "b.yaw: expected a number, such as yaw: 8; found a list"),
        ("emotion: sadly", "unknown emotion 'sadly'; there is sadly fearful, sadly angry, sadly surp"),
    ],
)  # fmt: skip
def test_more_that_is_refused(gesture: str, error: str) -> None:
    (told,) = errors(SMALL.replace("{emotion: sad}", f"{{{gesture}}}"))
    assert error in told


def test_a_file_of_faults_is_told_in_part_and_soon() -> None:
    lines = "".join(f"  g{number}: {{emotion: hapi{number}}}\n" for number in range(1900))
    told = errors(f"version: 1\ngestures:\n{lines}moods: {{m: {{gestures: {{g1: 1}}}}}}\n")
    assert len(told) == MAX_TOLD + 1
    assert told[-1] == f"s.yaml: there may be more than these {MAX_TOLD}; mend them first"


def test_suggestions_among_thousands_of_names() -> None:
    gestures = "".join(f"  gesture_{number:04}: {{yaw: 1}}\n" for number in range(2400))
    text = f"version: 1\ngestures:\n{gestures}  tender: {{emotion: happy}}\nmoods:\n  m:\n    gestures:\n"
    told = errors(text + "      tendre: 1\n      ender: 1\n      gesture_123: 1\n      gestrue_0042: 1\n")
    near = [line.rpartition("did you mean ")[2] for line in told]
    assert near[:2] == ["'tender'?", "'tender'?"]
    assert near[3] == "'gesture_0042'?"
    assert "gesture_1230, gesture_1231" in near[2]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_choreographies_have_no_faults(path: Path) -> None:
    reading: Reading = read_choreography(path.read_bytes(), path.name)
    assert reading.choreography.title
    assert reading.warnings == ()


def test_the_shipped_choreographies_are_there() -> None:
    assert {"paper.yaml", "the_long_afternoon.yaml", "weather.yaml"} <= {path.name for path in SHIPPED}
