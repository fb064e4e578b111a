"""A gesture put into a choreography: what else is in the file stays, to the byte."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.notation.document import parse_choreography
from installation.notation.score_edit import LONGEST_NAME, NotWritten, check_name, suggested, with_gesture
from installation.score.choreography import Choreography
from models.action_units import ACTION_UNITS
from models.controls import WRITTEN

SCORES = sorted((Path(__file__).parents[2] / "choreographies").glob("*.yaml"))
MOODS = "moods: {m: {gestures: {a: 1}}}\n"
FACE = "{aus: {AU12: 0.6}, gaze: [4, -2]}"


def put(text: str, name: str) -> str:
    return with_gesture(text.encode(), name, {12: 0.6}, {"gaze_x": 4, "gaze_y": -2}).decode()


def others(score: Choreography, name: str) -> object:
    gestures = {each: gesture for each, gesture in score.gestures.items() if each != name}
    return gestures, replace(score, gestures={}, people={})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n  a: {emotion: happy}\n", f"\n  a: {{emotion: happy}}\n  b: {FACE}\n"),
        ("\n  a: {emotion: happy} # c\n\n# d\n", f"\n  a: {{emotion: happy}} # c\n  b: {FACE}\n\n# d\n"),
        ("\n    a:\n      emotion: happy\n", f"\n    a:\n      emotion: happy\n    b: {FACE}\n"),
        (
            "\n  a:\n    aus:\n      AU12: 1 # c\n  # of moods\n",
            f"\n  a:\n    aus:\n      AU12: 1 # c\n  b: {FACE}\n  # of moods\n",
        ),
        (" {a: {emotion: happy}}\n", f" {{a: {{emotion: happy}}, b: {FACE}}}\n"),
        (" {a: {emotion: happy},}\n", f" {{a: {{emotion: happy}}, b: {FACE},}}\n"),
        (" {\n  a: {emotion: happy} # c\n}\n", f" {{\n  a: {{emotion: happy}}, b: {FACE} # c\n}}\n"),
        ("\r\n  a: {emotion: happy}\r\n", f"\r\n  a: {{emotion: happy}}\r\n  b: {FACE}\r\n"),
        ("\n  ? a\n  : emotion: happy\n", f"\n  ? a\n  : emotion: happy\n  b: {FACE}\n"),
        ('\n  "a": {emotion: happy}\n', f'\n  "a": {{emotion: happy}}\n  b: {FACE}\n'),
        # in the place of one that is there
        ("\n  a: {emotion: sad}\n  b: {emotion: happy}\n", f"\n  a: {{emotion: sad}}\n  b: {FACE}\n"),
        (
            "\n  b: # c\n    emotion: happy # d\n    hold: 3s # e\n  # of a\n  a: {yaw: 1}\n",
            "\n  b: # c\n    {aus: {AU12: 0.6}, gaze: [4, -2], hold: 3s} # e\n  # of a\n  a: {yaw: 1}\n",
        ),
        (
            "\n  b:\n    hold: 3s..4s\n    ease: cosine\n    emotion: happy\n\n  a: {yaw: 1}\n",
            "\n  b: {aus: {AU12: 0.6}, gaze: [4, -2], hold: 3s..4s, ease: cosine}\n\n  a: {yaw: 1}\n",
        ),
        (
            ' {b: {yaw: 3, hold: "3 s", onset: 1 s}, a: {emotion: sad}}\n',
            ' {b: {aus: {AU12: 0.6}, gaze: [4, -2], hold: "3 s", onset: "1 s"}, a: {emotion: sad}}\n',
        ),
    ],
)
@pytest.mark.parametrize("head", ["version: 1\n", "\ufeffversion: 1\n", "# ñandú 🦤 b: {}\nversion: 1\n"])
def test_only_the_gesture_changes(head: str, before: str, after: str) -> None:
    ending = "\r\n" if "\r" in before else "\n"
    before, after = f"gestures:{before}", f"gestures:{after}"
    head, moods = head.replace("\n", ending), MOODS.replace("\n", ending)
    assert put(head + before + moods, "b") == head + after + moods
    assert put(head + moods + before, "b") == head + moods + after


def test_a_file_without_a_last_line_end() -> None:
    text = "version: 1\nmoods: {m: {gestures: {a: 1}}}\ngestures:\n  a: {emotion: happy}"
    assert put(text, "b") == f"{text}\n  b: {FACE}"


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.stem)
def test_every_score_takes_a_gesture_and_has_each_replaced(path: Path) -> None:
    raw = path.read_bytes()
    score = parse_choreography(raw, "")
    for name in ("a new one", *score.gestures):
        edited = with_gesture(raw, name, {1: 0.5, 12: 0.123456}, {"yaw": -5})
        result = parse_choreography(edited, "")
        assert others(result, name) == others(score, name)
        assert (result.gestures[name].aus, result.gestures[name].controls) == (
            {1: 0.5, 12: 0.123},
            {"yaw": -5},
        )
        before, after = raw.splitlines(), edited.splitlines()
        at = next(number for number, line in enumerate(after) if line not in before)
        gone = len(before) - len(after) + 1
        assert (before[:at], before[at + gone :]) == (after[:at], after[at + 1 :])


NAMES = st.text(min_size=1, max_size=LONGEST_NAME).map(suggested)
UNITS = st.dictionaries(st.sampled_from(ACTION_UNITS), st.floats(0, 1), max_size=6)


@given(
    name=NAMES,
    aus=UNITS,
    numbers=st.dictionaries(
        st.sampled_from(list(WRITTEN)), st.tuples(st.floats(-90, 90), st.floats(-90, 90))
    ),
    is_flow=st.booleans(),
)
def test_whatever_the_gesture_and_its_name(
    name: str, aus: dict[int, float], numbers: dict[str, tuple[float, float]], is_flow: bool
) -> None:
    controls = {
        part: value for key, pair in numbers.items() for part, value in zip(WRITTEN[key], pair, strict=False)
    }
    body = "gestures: {a: {emotion: sad}}\n" if is_flow else "gestures:\n  a: {emotion: sad}\n"
    raw = f"version: 1\n{body}moods: {{m: {{gestures: {{a: 1}}}}}}\n".encode()
    if not aus and not controls:
        with pytest.raises(NotWritten, match="move a slider"):
            with_gesture(raw, name, aus, controls)
        return
    for _ in range(2):  # put there, and put in its own place
        raw = with_gesture(raw, name, aus, controls)
        gesture = parse_choreography(raw, "").gestures[name]
        assert gesture.aus == pytest.approx(aus, abs=0.0006)
        assert gesture.controls == pytest.approx(controls, abs=0.0006)


@given(st.text())
def test_a_name_that_is_suggested_can_be_given(name: str) -> None:
    check_name(suggested(name))
    assert suggested(suggested(name)) == suggested(name)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        (" smile ", "smile"),
        ("a\nb", "a b"),
        ("", "new gesture"),
        ("\x00", "new gesture"),
        ("x" * 70, "x" * 60),
    ],
)
def test_a_name_that_is_none_is_answered_with_one(name: str, instead: str) -> None:
    with pytest.raises(NotWritten) as refused:
        put(f"version: 1\ngestures: {{a: {{emotion: sad}}}}\n{MOODS}", name)
    assert str(refused.value).endswith(f"; write {instead}")
