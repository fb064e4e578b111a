"""What is warned of: each thing once, where it stands, and not in scores that mean it."""

from datetime import date, time
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from installation.notation.document import read_choreography
from installation.score.hours import Hours, Slot
from models.action_units import ACTION_UNITS
from models.controls import CONTROLS

OFFICE = Hours(ZoneInfo("UTC"), ((Slot(time(11), time(19)),),) * 5 + ((),) * 2, opening=date(2026, 9, 10))


def warnings(
    text: str,
    units: tuple[int, ...] = ACTION_UNITS,
    controls: tuple[str, ...] = CONTROLS,
    hours: Hours | None = None,
    today: date | None = None,
) -> list[str]:
    """Of a score whose first line is 1."""
    raw = dedent(text).encode()
    reading = read_choreography(raw, "s.yaml", units, controls, hours, today)
    return [str(problem).replace("s.yaml:", "").replace(" warning:", "") for problem in reading.warnings]


def of_gestures(gestures: str, mood: str, **setting: tuple[int, ...] | tuple[str, ...]) -> list[str]:
    text = f"version: 1\ngestures: {{{gestures}}}\nmoods: {{m: {{{mood}}}}}\n"
    return warnings(text, **setting)  # type: ignore[arg-type] # units or controls


def of_end(end: str, **setting: object) -> list[str]:
    """Of what stands below four lines without a flaw."""
    above = """\
        version: 1
        gestures: {joy: {emotion: happy}, grief: {emotion: sad}}
        moods: {m: {gestures: {joy: 1, grief: 1}, next: {n: 1}}, n: {gestures: {joy: 1}, next: {m: 1}}}
        start: m
        """
    return warnings(dedent(above) + dedent(end), **setting)  # type: ignore[arg-type] # as they come


def test_a_score_without_flaws() -> None:
    assert of_end("", hours=OFFICE) == []


# -- gestures ------------------------------------------------------------------------------------------------


def test_units_that_cannot_hold_together_are_told_at_the_second() -> None:
    told = warnings("""\
        version: 1
        gestures:
          stare:
            aus:
              AU05: 1
              eyes closed: 1
          sleepy: {emotion: awed, aus: {AU43: 1}}
          meant: {emotion: awed, aus: {AU43: 1, AU05: 0}}
        moods: {m: {gestures: {stare: 1, sleepy: 1, meant: 1}}}
        """)
    assert told == [
        "6:20: gestures.stare.aus.eyes closed: AU43 cannot hold together with AU05; keep one",
        "7:39: gestures.sleepy.aus.AU43: AU43 cannot hold together with AU05 of 'awed'; "
        "drop it, or write AU05: 0 beside it if it is meant",
    ]


def test_what_the_weights_have_not_learned() -> None:
    gestures = "a: {emotion: disgusted, aus: {AU12: 1, AU33: 1}, yaw: 5, gaze: [8, 0]}"
    told = of_gestures(gestures, "gestures: {a: 1}", units=(10, 12, 17), controls=("yaw",))
    assert told == [
        "2:25: gestures.a.emotion: these weights have not learned AU09 (nose wrinkler)",
        "2:57: gestures.a.aus.AU33: these weights have not learned AU33 (cheek blow)",
        "2:69: gestures.a.gaze: these weights have not learned the control 'gaze'; it is left out",
    ]
    assert of_gestures(gestures, "gestures: {a: 1}") == []


def test_controls_beyond_what_faces_were_shown_with() -> None:
    gestures = "a: {age: 100, yaw: 12}, b: {emotion: sad}"
    assert of_gestures(gestures, "gestures: {a: 1, b: 1}") == [
        "2:21: gestures.a.age: age 100 is outside 20 to 90; 90 is taken"
    ]


def test_words_that_the_motion_does_not_heed() -> None:
    text = """\
        version: 1
        defaults: {{offset: 1s, motion: {}}}
        gestures: {{joy: {{emotion: happy, intensity: slight, offset: 2s}}, grief: {{emotion: sad}}}}
        moods: {{m: {{gestures: {{joy: 1, grief: 1}}}}}}
        """
    assert warnings(text.format("expressive")) == []
    unheeded = [
        "2:20: defaults.offset: motion: {} does not heed it; write motion: expressive, or remove it",
        "3:61: gestures.joy.offset: motion: {} does not heed it; write motion: expressive, or remove it",
    ]
    assert warnings(text.format("linear")) == [line.format("linear") for line in unheeded]
    shades = "2:32: defaults.motion: chained has units on or off: the gestures' intensities are not heeded"
    first, last = (line.format("chained") for line in unheeded)
    assert warnings(text.format("chained")) == [first, shades, last]


# -- moods ---------------------------------------------------------------------------------------------------


def test_gestures_that_nothing_plays() -> None:
    score = "gestures: {joy: 1, grief: 0}"
    told = (
        "2:35: gestures.grief: nothing plays this gesture; give it a weight above 0 in a mood, or remove it"
    )
    assert of_gestures("joy: {emotion: happy}, grief: {emotion: sad}", score) == [told]
    by_cue = "gestures: {a: {emotion: sad}, b: {emotion: happy}}\ncues: [{at: 18:00, do: b}]\n"
    assert warnings(f"version: 1\n{by_cue}moods: {{m: {{gestures: {{a: 1}}}}}}\n") == []


def test_moods_that_no_way_leads_to_and_moods_that_no_way_leads_from() -> None:
    text = """\
        version: 1
        gestures: {joy: {emotion: happy}}
        moods:
          day: {gestures: {joy: 1}, next: {dusk: 1, night: 0}}
          dusk: {gestures: {joy: 1}}
          night: {gestures: {joy: 1}, next: {day: 1}}
        """
    assert warnings(text) == [
        "5:3: moods.dusk: no next: from here on the day stays as it is; write next: {dusk: 1} if it is meant",
        "6:3: moods.night: no way leads here from 'day'; name it in a mood's next or in a cue, or remove it",
    ]
    assert warnings(dedent(text) + 'cues: [{at: "20:00", mood: night}]') == []


@pytest.mark.parametrize(
    ("gestures", "weights", "is_still"),
    [
        ("a: {emotion: neutral}", "a: 1", True),
        ("a: {aus: {AU12: 0.5}}, b: {aus: {AU12: 0.52}}", "a: 1, b: 3", True),
        ("a: {emotion: neutral}, b: {emotion: happy, intensity: 0}", "a: 1, b: 1", True),
        ("a: {gaze: [8, 0]}, b: {gaze: [8, 0], aus: {AU12: 1}}", "a: 1, b: 1", True),
        ("a: {emotion: neutral}, b: {aus: {AU12: 1}}", "a: 1, b: 1", False),
        ("a: {emotion: happy}", "a: 1", False),
        ("a: {gaze: [8, 0]}, b: {gaze: [0, 0]}", "a: 1, b: 1", False),
        ("a: {gaze: [8, 0]}, b: {emotion: neutral}", "a: 1, b: 1", False),
    ],
)
def test_moods_of_one_face(gestures: str, weights: str, is_still: bool) -> None:
    told = of_gestures(gestures, f"gestures: {{{weights}}}")
    still = "3:9: moods.m: all its gestures are the same face, which will stand still; add another one"
    assert told == ([still] if is_still else [])


def test_the_same_face_twice_in_a_row_of_a_cycle() -> None:
    gestures = "a: {aus: {AU12: 1}}, b: {aus: {AU12: 0.98}}, c: {emotion: sad}, d: {yaw: 3}, e: {yaw: 3}"
    order = "gestures: {a: 1, c: 1, d: 1, e: 1, b: 1}"
    assert of_gestures(gestures, f"choose: cycle, {order}") == [
        "3:42: moods.m.gestures.a: the same face as 'b' before it, so it is passed over",
        "3:60: moods.m.gestures.e: the same face as 'd' before it, so it is passed over",
    ]
    assert of_gestures(gestures, order) == []


@pytest.mark.parametrize(
    ("mood", "told"),
    [
        ("gestures: {a: 2, b: 1}, choose: shuffle", "3:13: moods.m.gestures: choose: shuffle plays each"),
        ("gestures: {a: 1, b: 1}, choose: cycle, no_repeat: 1", "3:63: moods.m.no_repeat: choose: cycle"),
        ("gestures: {a: 2, b: 1}, no_repeat: 1", "3:48: moods.m.no_repeat: of 2 gestures only one"),
        ("gestures: {a: 1, b: 1}, fade: 2s", "3:43: moods.m.fade: nobody to fade to; name a person"),
        ("gestures: {a: 1, b: 1}, no_repeat: 1", ""),
        ("gestures: {a: 1, b: 1}, fade: 2s, person: 3", ""),
        ("gestures: {a: 1, b: 1}, choose: shuffle", ""),
    ],
)  # fmt: skip
def test_words_of_a_mood_that_have_no_effect(mood: str, told: str) -> None:
    lines = of_gestures("a: {emotion: sad}, b: {emotion: happy}", mood)
    assert len(lines) == bool(told)
    assert "".join(lines).startswith(told)


def test_no_repeat_that_leaves_one_of_three() -> None:
    gestures = "a: {emotion: sad}, b: {emotion: happy}, c: {emotion: awed}"
    (told,) = of_gestures(gestures, "gestures: {a: 1, b: 1, c: 1}, no_repeat: 2")
    assert told.endswith("their order is always the same; write at most 1")
    assert of_gestures(gestures, "gestures: {a: 3, b: 1, c: 1}, no_repeat: 1") == []


# -- cues ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "thing"),
    [
        ('at: "18:00", mood: m', "at: 18:00, mood: n", "mood"),
        ('at: "18:00", days: [mon, tue], person: 1', 'at: "18:00", days: [tue], person: 2', "person"),
        ('at: "18:00", dates: [2026-09-14], mood: m', 'at: "18:00", days: [mon], mood: n', "mood"),
        ('at: "18:00", days: [mon], mood: m', 'at: "18:00", dates: [2026-09-14], mood: n', "mood"),
        ('at: "18:00", dates: [2026-09-14], mood: m', 'at: "18:00", dates: [2026-09-14], mood: n', "mood"),
        (
            "when: visitor_arrives, do: joy, cooldown: 9s",
            "when: visitor_arrives, do: grief, cooldown: 9s",
            "gesture",
        ),
        ('at: "18:00", mood: m', 'at: "18:01", mood: n', ""),
        ('at: "18:00", days: [mon], mood: m', 'at: "18:00", days: [tue], mood: n', ""),
        ('at: "18:00", dates: [2026-09-14], mood: m', 'at: "18:00", dates: [2026-09-21], mood: n', ""),
        ('at: "18:00", dates: [2026-09-14], mood: m', 'at: "18:00", days: [tue], mood: n', ""),
        ('at: "18:00", mood: m', 'at: "18:00", do: joy', ""),
        ('at: "18:00", do: grief', 'at: "18:00", do: joy', ""),  # one after the other
        (
            "when: visitor_arrives, do: joy, cooldown: 9s",
            "when: visitor_arrives, do: grief, cooldown: 1h",
            "",
        ),
        ("when: visitor_arrives, do: joy, cooldown: 9s", "when: visitor_leaves, do: grief, cooldown: 9s", ""),
    ],
)
def test_cues_that_want_the_same_thing_at_the_same_time(first: str, second: str, thing: str) -> None:
    told = of_end(f"cues:\n  - {{{first}}}\n  - {{{second}}}\n")
    clash = f"7:5: cues[2]: cue 1 changes the {thing} at the same time, and gives way to this one"
    assert told == ([clash] if thing else [])


def test_cues_while_nobody_is_there() -> None:
    cues = """\
        cues:
          - {at: "12:00", mood: n}
          - {at: "23:00", mood: m}
          - {at: "12:30", dates: [2026-09-13], mood: n}
        """
    assert of_end(cues) == []
    assert of_end(cues, hours=OFFICE, today=date(2026, 9, 7)) == [
        "7:10: cues[2].at: nobody would see it on thu 23:00; open 11:00-19:00",
        "8:10: cues[3].at: nobody would see it on 2026-09-13 12:30; closed",
    ]


def test_words_of_a_cue_that_have_no_effect() -> None:
    assert of_end('cues: [{at: "18:00", mood: m, fade: 2s}, {at: "19:00", person: 3, interrupt: now}]') == [
        "5:37: cues[1].fade: nobody to fade to; name a person, or remove it",
        "5:78: cues[2].interrupt: a person changes at once, whatever is played; remove it",
    ]


@pytest.mark.parametrize(
    ("cue", "is_told"),
    [
        ("when: visitor_arrives, do: joy", True),
        ("when: visitor_arrives, mood: n", True),
        ("when: visitor_leaves, do: joy, interrupt: now", True),
        ("when: visitor_arrives, do: joy, cooldown: 20s", False),
        ("when: visitor_arrives, do: joy, cooldown: 0s", False),  # meant
        ("when: visitor_arrives, do: joy, interrupt: after_gesture", False),
        ("when: visitor_stays, do: joy", True),
        ("when: visitor_taken_up, do: joy", False),  # the encounter has a cooldown of its own
        ("when: visitor_let_go, do: joy", False),
        ("when: visitor_arrives, person: 3", False),
        ('at: "18:00", do: joy, interrupt: now', False),
    ],
)
def test_a_school_class_is_a_thunderstorm(cue: str, is_told: bool) -> None:
    advice = "without a cooldown it comes with every visitor; write one, such as cooldown: 20s"
    assert of_end(f"cues: [{{{cue}}}]") == ([f"5:15: cues[1].when: {advice}"] if is_told else [])


def test_thousands_of_cues_are_soon_compared() -> None:
    cues = "".join(
        f'  - {{at: "18:00", dates: [{2000 + n // 336:04}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}], mood: m}}\n'
        for n in range(1100)
    )
    assert of_end(f"cues:\n{cues}") == []


# -- arcs and life -------------------------------------------------------------------------------------------


def test_arcs_that_go_nowhere() -> None:
    arcs = "arcs: [{age: +20, over: 90d}, {yaw: -30, over: 1d}]\n"
    too_far = "5:37: arcs[2].yaw: yaw goes from -12 to 12, which is less than -30; the rest is not seen"
    assert of_end(arcs) == [too_far]
    assert of_end(arcs, hours=OFFICE) == [too_far]
    assert of_end(arcs, hours=Hours.always(ZoneInfo("UTC"))) == [
        "5:1: arcs: no opening day to count from, so nothing evolves; write opening: in the site.yaml",
        too_far,
    ]
    assert of_end(arcs, controls=("age",)) == [
        "5:37: arcs[2].yaw: these weights have not learned the control 'yaw'; it stays as it is"
    ]


def test_life_that_the_weights_cannot_show() -> None:
    life = "life: {blinks: 17, gaze: 5, saccades: off, breath: 12, stir: 1}\n"
    assert of_end(life) == []
    assert of_end("", units=(12, 25, 4, 15), controls=()) == []
    assert of_end(life, units=(12, 25, 4, 15), controls=()) == [
        "5:16: life.blinks: these weights have not learned to close the eyes; write off",
        "5:26: life.gaze: these weights have not learned to move the eyes; write off",
        "5:52: life.breath: these weights have not learned to move the head; write off",
    ]


# -- visitors ------------------------------------------------------------------------------------------------


def test_words_about_taking_up_where_nobody_is_taken_up() -> None:
    cues = "cues: [{when: visitor_let_go, do: joy}, {when: visitor_stays, do: joy, cooldown: 9s}]"
    assert of_end(f"visitor: {{take_up: off, follow: 1, dwell: 4s, expression: kept}}\n{cues}") == [
        "5:43: visitor.dwell: nobody is taken up; write take_up: on, or remove it",
        "5:59: visitor.expression: nobody is taken up; write take_up: on, or remove it",
        "6:15: cues[1].when: take_up is off, so this never comes",
    ]
    assert of_end(f"visitor: {{take_up: on, follow: 1, dwell: 4s, expression: kept}}\n{cues}") == []


@pytest.mark.parametrize(
    ("visitor", "told"),
    [
        ("stay: 100ms, fade: 0s", "5:17: visitor.stay: it turns back 0.1s after it began to turn"),
        ("stay: 0s..60s, fade: 0.5s", "5:17: visitor.stay: it turns back 0.5s after it began to turn"),
        ("stay: 100ms, fade: 2s", ""),
        ("stay: 2s, fade: 0s", ""),
        ("fade: 0s", ""),
        ("stay: 100ms", ""),
    ],
)
def test_a_face_that_flickers(visitor: str, told: str) -> None:
    end = ", which flickers; write a longer stay or fade"
    assert of_end(f"visitor: {{{visitor}}}") == ([told + end] if told else [])


@pytest.mark.parametrize(
    ("mood", "cue", "is_told"),
    [
        ("", "", True),
        (", next: {met: 1}", "", True),
        (", next: {m: 1}", "", False),
        ("", ", {when: visitor_leaves, mood: m, cooldown: 1s}", False),
        ("", ', {at: "18:00", mood: m}', False),
        ("", ", {when: visitor_leaves, do: joy, cooldown: 1s}", True),
    ],
)
def test_a_mood_that_stays_when_the_visitor_has_gone(mood: str, cue: str, is_told: bool) -> None:
    told = warnings(f"""\
        version: 1
        gestures: {{joy: {{emotion: happy}}, grief: {{emotion: sad}}}}
        moods: {{m: {{gestures: {{joy: 1, grief: 1}}}}, met: {{gestures: {{joy: 1}}, mirror: 0.5{mood}}}}}
        cues: [{{when: visitor_arrives, mood: met, cooldown: 1s}}{cue}]
        """)
    advice = (
        "the portrait stays 'met' when they have gone; write next in that mood, or a cue when: visitor_leaves"
    )
    assert told == ([f"4:38: cues[1].mood: {advice}"] if is_told else [])


def test_a_mirror_to_which_nothing_leads() -> None:
    assert warnings("""\
        version: 1
        gestures: {joy: {emotion: happy}, grief: {emotion: sad}}
        moods:
          m: {gestures: {joy: 1, grief: 1}, next: {m: 1}}
          met: {gestures: {joy: 1}, next: {m: 1}, mirror: 0.5}
        """) == [
        "5:3: moods.met: no way leads here from 'm'; name it in a mood's next or in a cue, or remove it"
    ]
