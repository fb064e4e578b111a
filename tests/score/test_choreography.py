"""The language: what a score may say, and how it is told what is wrong."""

# ruff: noqa: E501 - a message stands on one line, beside what caused it

from pathlib import Path
from textwrap import dedent

import pytest

from installation.score.choreography import DWELL, Choreography, parse_choreography
from installation.score.gesture import Span
from installation.score.problems import InvalidScore

MS = 1_000_000
S = 1000 * MS
SHIPPED = sorted((Path(__file__).parents[2] / "choreographies").glob("*.yaml"))

SMALL = (
    "version: 1\ngestures: {a: {emotion: happy}, b: {emotion: sad}}\nmoods: {m: {gestures: {a: 1, b: 1}}}\n"
)


def parse(text: str) -> Choreography:
    return parse_choreography(dedent(text).encode(), "s.yaml")


def errors(text: str) -> list[str]:
    with pytest.raises(InvalidScore) as caught:
        parse(text)
    return str(caught.value).split("\n")


def warnings(text: str) -> list[str]:
    return [str(problem) for problem in parse(text).warnings]


def gesture_errors(body: str) -> list[str]:
    """Of `body` as a gesture's fields; columns count from 14."""
    return errors(f"version: 1\ngestures:\n  g: {{{body}}}\nmoods: {{m: {{gestures: {{g: 1}}}}}}\n")


def aus_of(body: str) -> dict[int, float]:
    score = parse(f"version: 1\ngestures: {{g: {{aus: {{{body}}}}}}}\nmoods: {{m: {{gestures: {{g: 1}}}}}}\n")
    return dict(score.gestures["g"].aus)


def test_a_whole_score() -> None:
    score = parse("""
        version: 1
        title: Evening
        person: 42
        seed: 1917
        defaults: {onset: 0.4s..1.0s, hold: 2s, ease: cosine, motion: chained}
        gestures:
          joy: {emotion: Happily Surprised, intensity: C, aus: {AU43: slight}, hold: 400ms}
          rest: {emotion: neutral, onset: 1.5s, ease: linear}
        moods:
          day: {gestures: {joy: 3, rest: 0.5}, choose: shuffle, no_repeat: 1, dwell: 1min..1h, next: {night: 1}}
          night: {gestures: {joy: 1, rest: 1}, dwell: 90d, next: {day: 2, night: 1}}
        start: night
        """)
    assert (score.title, score.person, score.seed, score.start) == (
        "Evening",
        42,
        1917,
        "night",
    )
    assert score.is_chained
    joy, rest = score.gestures["joy"], score.gestures["rest"]
    assert (joy.emotion, joy.intensity, joy.aus) == ("happily_surprised", 0.6, {43: 0.4})
    assert (joy.onset, joy.hold, joy.ease) == (Span(400 * MS, S), Span(400 * MS, 400 * MS), "cosine")
    assert (rest.onset, rest.hold, rest.ease) == (Span(1500 * MS, 1500 * MS), Span(2 * S, 2 * S), "linear")
    day = score.moods["day"]
    assert (day.gestures, day.choose, day.no_repeat) == ({"joy": 3.0, "rest": 0.5}, "shuffle", 1)
    assert day.dwell == Span(60 * S, 3600 * S)
    assert score.moods["night"].next == {"day": 2.0, "night": 1.0}
    assert score.moods["night"].dwell.high_ns == 90 * 86_400 * S


def test_what_is_not_said() -> None:
    score = parse(SMALL)
    assert (score.title, score.person, score.seed, score.start) == ("", None, "daily", "m")
    assert (score.motion, score.is_chained, score.warnings) == ("linear", False, ())
    mood = score.moods["m"]
    assert (mood.choose, mood.no_repeat, mood.dwell, mood.next) == ("weighted", 0, DWELL, {"m": 1.0})


@pytest.mark.parametrize("written", ["ada.safetensors", "faces/Ada Lovelace.SAFETENSORS", "'7.safetensors'"])
def test_a_person_may_be_a_file_which_nobody_looks_for_here(written: str) -> None:
    score = parse(SMALL + f"person: {written}\n")
    assert score.person == written.strip("'")
    assert score.person_at is not None
    assert (score.person_at.line, score.person_at.column) == (4, 9)


@pytest.mark.parametrize(
    "name", ["AU04", "AU4", "au04", "4", "brow lowerer", "Brow_Lowerer", "BROW  LOWERER"]
)
def test_names_of_units(name: str) -> None:
    assert aus_of(f"{name}: 0.5") == {4: 0.5}


@pytest.mark.parametrize(
    ("written", "intensity"),
    [
        ("0", 0),
        ("1", 1),
        ("0.3", 0.3),
        ("1e-3", 0.001),
        ("A", 0.2),
        ("E", 1),
        ("slight", 0.4),
        ("strong", 0.8),
    ],
)
def test_intensities(written: str, intensity: float) -> None:
    assert aus_of(f"AU12: {written}") == {12: intensity}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("emotion: hapy", "3:16: gestures.g.emotion: unknown emotion 'hapy'; did you mean 'happy'?"),
        ("emotoin: happy, aus: {AU12: 1}", "3:7: gestures.g: unknown key 'emotoin'; did you mean 'emotion'?"),
        ("aus: {AU03: 1}", "3:13: gestures.g.aus: unknown action unit 'AU03'; the units are AU01 to AU46 without AU03, AU36 and AU40"),
        ("aus: {lip corner puler: 1}", "3:13: gestures.g.aus: unknown action unit 'lip corner puler'; did you mean 'lip corner puller'?"),
        ("aus: {AU04: 1, brow lowerer: 1}", "3:22: gestures.g.aus: AU04 a second time; it is already on line 3"),
        ("aus: {AU12: 1.5}", "3:19: gestures.g.aus.AU12: intensity 1.5 is outside 0 to 1; write a number from 0 to 1, a letter A to E, or slight, marked, strong"),
        ("aus: {AU12: }", "3:18: gestures.g.aus.AU12: expected an intensity, a number from 0 to 1, a letter A to E, or slight, marked, strong; found nothing"),
        ("aus: {AU12: on}", "3:19: gestures.g.aus.AU12: expected an intensity, a number from 0 to 1, a letter A to E, or slight, marked, strong; found 'on'"),
        ("aus: {AU12: true}", "3:19: gestures.g.aus.AU12: expected an intensity, a number from 0 to 1, a letter A to E, or slight, marked, strong; found true"),
        ("aus: {AU12: .nan}", "3:19: gestures.g.aus.AU12: expected an intensity, a number from 0 to 1, a letter A to E, or slight, marked, strong; found '.nan'"),
        ("aus: [AU12]", "3:12: gestures.g.aus: expected a mapping such as {AU12: 0.8, brow lowerer: slight}, found a list"),
        ("aus: {}", "3:6: gestures.g: no expression; write an emotion, aus, or both"),
        ("hold: 1s", "3:6: gestures.g: no expression; write an emotion, aus, or both"),
        ("aus: {AU12: 1}, intensity: 1", "3:23: gestures.g: an intensity without an emotion; write each unit's own in aus, such as {AU12: 0.8}"),
        ("emotion: happy, hold: 2", "3:29: gestures.g.hold: 2 has no unit; write 2s, or another of the units ms, s, min, h, d"),
        ("emotion: happy, hold: 0.4..1s", "3:29: gestures.g.hold: 0.4 has no unit; write 0.4s, or another of the units ms, s, min, h, d"),
        ("emotion: happy, hold: 2sec", "3:29: gestures.g.hold: unknown unit 'sec' in '2sec'; the units are ms, s, min, h, d"),
        ("emotion: happy, hold: 10:30", "3:29: gestures.g.hold: '10:30' is not a duration; write a number and one of the units ms, s, min, h, d, such as 0.4s"),
        ("emotion: happy, hold: -1s", "3:29: gestures.g.hold: '-1s' is not a duration; write a number and one of the units ms, s, min, h, d, such as 0.4s"),
        ("emotion: happy, hold: 2s..1s", "3:29: gestures.g.hold: the range 2s..1s is empty; the shorter end comes first: 1s..2s"),
        ("emotion: happy, hold: 1s..2s..3s", "3:29: gestures.g.hold: '1s..2s..3s' is not a range; a range has two ends, such as 0.4s..1.0s"),
        ("emotion: happy, hold: off", "3:29: gestures.g.hold: 'off' is not a duration; write a number and one of the units ms, s, min, h, d, such as 0.4s"),
        ("emotion: happy, hold: [1s, 2s]", "3:29: gestures.g.hold: expected a duration such as 2s or 0.4s..1.0s, found a list"),
        ("emotion: happy, onset: 0s", "3:30: gestures.g.onset: an onset of '0s' is too short; the shortest is 40ms"),
        ("emotion: happy, ease: minimum jerk", "3:29: gestures.g.ease: unknown ease 'minimum jerk'; did you mean 'minimum_jerk'?"),
    ],
)  # fmt: skip
def test_errors_of_gestures(body: str, error: str) -> None:
    assert gesture_errors(body) == [f"s.yaml:{error}"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("gestures: {a: {emotion: sad}}\nmoods: {m: {gestures: {a: 1}}}\n", "1:1: no version; the file begins with 'version: 1'"),
        (SMALL.replace("1", "2", 1) + "stort: x\n", "1:10: version: this file is written in version 2; version 1 is read here"),
        (SMALL.replace("1", "1.0", 1), "1:10: version: expected 1, found 1.0"),
        (SMALL.replace("1", "'1'", 1), "1:10: version: expected 1, found '1'"),
        (SMALL.replace("1", "true", 1), "1:10: version: expected 1, found true"),
        ("- version: 1", "1:1: expected a mapping with 'version: 1', found a list"),
        ("version: 1\ngestures: {a: {emotion: sad}}\n", "1:1: no moods; write at least one, such as moods: {morning: {gestures: {rest: 1}}}"),
        ("version: 1\ngestures: {}\nmoods: {m: {gestures: {a: 1}}}\n", "2:11: gestures: empty; write at least one, such as gestures: {rest: {emotion: neutral}}"),
        ("version: 1\ngestures:\nmoods: {m: {gestures: {a: 1}}}\n", "2:10: gestures: expected a mapping such as {rest: {emotion: neutral}}, found nothing"),
        (SMALL + "start: n\n", "4:8: start: unknown mood 'n'; there is m"),
        (SMALL + "seed: tomorrow\n", "4:7: seed: expected a whole number or daily, found 'tomorrow'"),
        (SMALL + "seed: 1.5\n", "4:7: seed: expected a whole number from 0 to 9223372036854775807, found 1.5"),
        (SMALL + "person: -1\n", "4:9: person: expected a whole number from 0 to 4294967295, found -1"),
        (SMALL + "person: ''\n", "4:9: person: expected a number or a person file (NAME.safetensors), found ''"),
        (SMALL + "person: ada.jpg\n", "4:9: person: expected a number or a person file (NAME.safetensors), found 'ada.jpg'"),
        (SMALL + "person: [ada.safetensors]\n", "4:9: person: expected a number or a person file (NAME.safetensors), found a list"),
        (SMALL + "defaults: {motion: expressive}\n", "4:20: defaults.motion: unknown motion 'expressive'; there is linear, chained"),
        (SMALL + "title: x\ntitle: y\n", "5:1: duplicate key 'title'; it is already on line 4"),
        (SMALL.replace("{a: 1, b: 1}", "{a: 0, b: 0}"), "3:23: moods.m.gestures: the weights sum to 0; give at least one gesture a weight above 0"),
        (SMALL.replace("{a: 1, b: 1}", "{a: -1, b: 1}"), "3:27: moods.m.gestures.a: weight -1 is outside 0 to 1000000; write 0 for never"),
        (SMALL.replace("{a: 1, b: 1}", "{a: 1, b: 1e400}"), "3:33: moods.m.gestures.b: weight 1e400 is outside 0 to 1000000; write 0 for never"),
        (SMALL.replace("{a: 1, b: 1}", "{a: 1, b: yes}"), "3:33: moods.m.gestures.b: expected a weight such as 1 or 0.5, found 'yes'"),
        (SMALL.replace("{a: 1, b: 1}", "[a, b]"), "3:23: moods.m.gestures: expected a mapping such as {a: 1}, found a list"),
        (SMALL.replace("b: 1}", "b: 1}, next: {n: 1}"), "3:44: moods.m.next: unknown mood 'n'; there is m"),
        (SMALL.replace("b: 1}", "b: 1}, next: {m: 0}"), "3:43: moods.m.next: the weights sum to 0; give at least one mood a weight above 0"),
        (SMALL.replace("b: 1}", "b: 1}, choose: wheighted"), "3:45: moods.m.choose: unknown choose 'wheighted'; did you mean 'weighted'?"),
        (SMALL.replace("b: 1}", "b: 1}, no_repeat: 1.5"), "3:48: moods.m.no_repeat: expected a whole number from 0 to 1000, found 1.5"),
        (SMALL.replace("b: 1}", "b: 1}, dwell: 4"), "3:44: moods.m.dwell: 4 has no unit; write 4s, or another of the units ms, s, min, h, d"),
        (SMALL.replace("gestures: {a: 1, b: 1}", "dwell: 4s"), "3:12: moods.m: no gestures; write some with weights, such as {tender: 3, rest: 1}"),
        (SMALL + "cues: []\n", "4:1: unknown key 'cues'; there is version, title, person, seed, defaults, gestures, moods, start"),
    ],
)  # fmt: skip
def test_errors_of_the_rest(text: str, error: str) -> None:
    assert errors(text) == [f"s.yaml:{error}"]


def test_all_errors_at_once_in_the_order_of_the_file() -> None:
    assert errors("""\
        version: 1
        gestures:
          tender: {emotion: happy, hold: 3}
          glance: {aus: {AU05: 0.5}, gaze: [8, 0]}
        moods:
          dusk:
            gestures: {tendre: 1, glance: 1}
            next: {dusc: 1}
            dwell: 5sec
        start: dust
        """) == [
        "s.yaml:3:34: gestures.tender.hold: 3 has no unit; write 3s, or another of the units ms, s, min, h, d",
        "s.yaml:4:30: gestures.glance: unknown key 'gaze'; there is emotion, intensity, aus, onset, hold, ease",
        "s.yaml:7:16: moods.dusk.gestures: unknown gesture 'tendre'; did you mean 'tender'?",
        "s.yaml:8:12: moods.dusk.next: unknown mood 'dusc'; did you mean 'dusk'?",
        "s.yaml:9:12: moods.dusk.dwell: unknown unit 'sec' in '5sec'; the units are ms, s, min, h, d",
        "s.yaml:10:8: start: unknown mood 'dust'; did you mean 'dusk'?",
    ]


def test_warnings() -> None:
    assert warnings("""\
        version: 1
        gestures:
          rest: {emotion: neutral}
          still: {aus: {AU12: 0.03}}
          stare: {aus: {AU05: 1, AU43: 1}}
          sleepy: {emotion: awed, aus: {AU43: 1}}
          spare: {emotion: happy}
        moods:
          day: {gestures: {rest: 1, stare: 1, sleepy: 2, spare: 0}, choose: cycle, no_repeat: 2}
          night: {gestures: {rest: 1, still: 1}}
        """) == [
        "s.yaml:5:3: warning: gestures.stare: AU05 and AU43 cannot hold together; keep one",
        "s.yaml:6:3: warning: gestures.sleepy: AU43 cannot hold together with AU05 of 'awed'; drop it, "
        "or write AU05: 0 beside it if it is meant",
        "s.yaml:7:3: warning: gestures.spare: no mood plays this gesture; give it a weight in one, or remove it",
        "s.yaml:9:19: warning: moods.day.gestures: choose: cycle plays each gesture once a round; "
        "write weights of 1, or 0 for never",
        "s.yaml:9:87: warning: moods.day.no_repeat: choose: cycle keeps its own order; remove no_repeat",
        "s.yaml:10:3: warning: moods.night: no way leads here from 'day'; name it in a mood's next, or remove it",
        "s.yaml:10:3: warning: moods.night: all its gestures are the same face, which will stand still; add another one",
    ]  # fmt: skip


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_choreographies_have_no_faults(path: Path) -> None:
    score = parse_choreography(path.read_bytes(), path.name)
    assert score.title
    assert score.warnings == ()


def test_the_shipped_choreographies_are_there() -> None:
    assert [path.name for path in SHIPPED] == ["paper.yaml", "the_long_afternoon.yaml", "weather.yaml"]
