"""A gesture in one line, and what is said of one gesture by itself."""

import pytest

from installation.score.expression import parse_expression, playable
from installation.score.fields import Refused
from installation.score.gesture import Gesture
from installation.score.lint import lint_controls, lint_gesture
from models.action_units import ACTION_UNITS
from models.controls import CONTROL_SPANS, CONTROLS


def test_a_category_or_units_with_intensities_in_any_writing() -> None:
    assert parse_expression("happily surprised").gesture.emotion == "happily_surprised"
    units = parse_expression("AU12=0.8, AU6=C, brow lowerer = slight").gesture.aus
    assert units == {12: 0.8, 6: 0.6, 4: 0.4}


@pytest.mark.parametrize(
    ("written", "controls"),
    [
        ("yaw=20, pitch = -5.5", {"yaw": 20, "pitch": -5.5}),
        ("gaze=[8, 0], Age=70", {"gaze_x": 8, "gaze_y": 0, "age": 70}),
        ("light=[ -40,+25 ]", {"light_azimuth": -40, "light_elevation": 25}),
        ("yaw=400", {"yaw": 400}),
    ],
)
@pytest.mark.parametrize("units", ["", "AU12=1, brow lowerer=slight, "])
def test_controls_in_degrees_and_years_stand_among_units(
    written: str, controls: dict[str, float], units: str
) -> None:
    asked = parse_expression(units + written)
    assert asked.controls == controls
    assert asked.gesture.aus == ({12: 1.0, 4: 0.4} if units else {})
    assert parse_expression("happy").controls == {}


@pytest.mark.parametrize(
    "written", ["", "hapy", "AU12", "AU12=", "AU99=1", "AU12=2", "AU12=1,AU12=1", "=1", "a=b=c", "AU12=[1]"]
)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(Refused):
        parse_expression(written)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("yaw=left", "'yaw=left' is not a number, such as yaw=20"),
        ("yaw=", "'yaw=' is not a number"),
        ("yaw=[8]", "'yaw=[8]' is not a number"),
        ("age=nan", "'age=nan' is not a number"),
        ("age=true", "'age=true' is not a number"),
        ("gaze=8", "'gaze=8' is not two numbers, such as gaze=[8, 0]"),
        ("gaze=[8, 0", "'gaze=[8' is not two numbers"),
        ("light=[1, 2, 3]", "'light=[1, 2, 3]' is not two numbers"),
        ("gaze=[8, up]", "is not two numbers"),
        ("gaze=[1, 1], yaw=1, gaze=[1, 1]", "gaze stands there twice"),
        ("roll=3", "unknown action unit 'roll'"),
    ],
)
def test_controls_that_are_none_are_refused_with_how_they_are_written(written: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_expression(written)
    assert message in str(refused.value)


def test_controls_go_as_far_as_faces_were_shown_and_the_bounds_are_told() -> None:
    asked = {"yaw": 90.0, "gaze_y": -30.0, "age": 90.0}
    assert playable(asked, CONTROLS) == {"yaw": 12, "gaze_y": -9, "age": 90}
    assert [finding.message for finding in lint_controls(asked, CONTROLS)] == [
        "yaw 90 is outside -12 to 12; 12 is taken",
        "gaze y -30 is outside -9 to 9; -9 is taken",
    ]
    edges = {name: edge for name, span in CONTROL_SPANS.items() for edge in (span.lowest, span.highest)}
    assert playable(edges, CONTROLS) == edges
    assert not list(lint_controls(edges, CONTROLS))


def test_controls_that_are_not_learned_are_named_and_left_out() -> None:
    asked = {"yaw": 5.0, "light_azimuth": 400.0}
    assert playable(asked, ["yaw"]) == {"yaw": 5.0}
    assert [finding.message for finding in lint_controls(asked, ["yaw"])] == [
        "these weights have not learned the control 'light azimuth'; it is left out"
    ]


def messages(gesture: Gesture, *learned: int) -> str:
    return "\n".join(finding.message for finding in lint_gesture(gesture, learned or ACTION_UNITS))


def test_units_that_are_not_learned_are_named_whether_written_or_part_of_an_emotion() -> None:
    assert "AU09 (nose wrinkler)" in messages(Gesture("g", "disgusted", None), 10, 17)
    assert "AU12 (lip corner puller)" in messages(Gesture("g", None, None, {12: 0.5}), 10)
    assert messages(Gesture("g", None, None, {12: 0.0}), 10) == ""
    assert messages(Gesture("g", "disgusted", None)) == ""


def test_units_that_cannot_hold_together_are_named() -> None:
    assert "cannot hold together" in messages(Gesture("g", None, None, {5: 1.0, 43: 1.0}))
