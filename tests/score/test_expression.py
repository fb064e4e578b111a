"""A gesture in one line, and what is said of one gesture by itself."""

import pytest

from installation.score.expression import parse_expression
from installation.score.fields import Refused
from installation.score.gesture import Gesture
from installation.score.lint import lint_gesture
from models.action_units import ACTION_UNITS


def test_a_category_or_units_with_intensities_in_any_writing() -> None:
    assert parse_expression("happily surprised").gesture.emotion == "happily_surprised"
    units = parse_expression("AU12=0.8, AU6=C, brow lowerer = slight").gesture.aus
    assert units == {12: 0.8, 6: 0.6, 4: 0.4}


def test_controls_are_named_and_left_out() -> None:
    asked = parse_expression("AU12=1, yaw=20, age=70")
    assert asked.controls == ("yaw", "age")
    assert asked.gesture.aus == {12: 1.0}


@pytest.mark.parametrize(
    "written", ["", "hapy", "AU12", "AU12=", "AU99=1", "AU12=2", "AU12=1,AU12=1", "=1", "a=b=c"]
)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(Refused):
        parse_expression(written)


def messages(gesture: Gesture, *learned: int) -> str:
    return "\n".join(finding.message for finding in lint_gesture(gesture, learned or ACTION_UNITS))


def test_units_that_are_not_learned_are_named_whether_written_or_part_of_an_emotion() -> None:
    assert "AU09 (nose wrinkler)" in messages(Gesture("g", "disgusted", None), 10, 17)
    assert "AU12 (lip corner puller)" in messages(Gesture("g", None, None, {12: 0.5}), 10)
    assert messages(Gesture("g", None, None, {12: 0.0}), 10) == ""
    assert messages(Gesture("g", "disgusted", None)) == ""


def test_units_that_cannot_hold_together_are_named() -> None:
    assert "cannot hold together" in messages(Gesture("g", None, None, {5: 1.0, 43: 1.0}))
