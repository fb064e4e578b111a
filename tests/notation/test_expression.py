"""A gesture in one line, and what is said of one gesture by itself."""

from collections.abc import Sequence

import pytest

from installation.notation.expression import parse_expression
from installation.notation.fields import Refused
from installation.notation.lint import lint_gesture
from installation.score.gesture import Gesture
from models.action_units import ACTION_UNITS
from models.controls import CONTROL_SPANS, CONTROLS, playable


def messages(gesture: Gesture, *learned: int, controls: Sequence[str] = CONTROLS) -> str:
    findings = lint_gesture(gesture, learned or ACTION_UNITS, controls)
    return "\n".join(finding.message for finding in findings)


def test_a_category_or_units_with_intensities_in_any_writing() -> None:
    assert parse_expression("happily surprised").emotion == "happily_surprised"
    units = parse_expression("AU12=0.8, AU6=C, brow lowerer = slight").aus
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
    assert asked.aus == ({12: 1.0, 4: 0.4} if units else {})
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
        ("yaw=left", "expected a number, such as yaw=8; found 'left'"),
        ("yaw=", "expected a number, such as yaw=8; found nothing"),
        ("yaw=[8]", "expected a number, such as yaw=8; found a list"),
        ("age=nan", "found 'nan'"),
        ("age=true", "found true"),
        ("age=1e9", "1e9 is outside -1000 to 1000"),
        ("gaze=8", "expected two numbers, such as gaze=[8, 5]; found 8"),
        ("gaze=[8, 0", "found '[8'"),
        ("light=[1, 2, 3]", "found three numbers"),
        ("gaze=[8, up]", "found 'up'"),
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
    assert playable(asked, CONTROLS) == {"yaw": 12, "gaze_y": -8, "age": 90}
    assert messages(Gesture("g", None, None, {}, asked)).split("\n") == [
        "yaw 90 is outside -12 to 12; 12 is taken",
        "gaze y -30 is outside -8 to 8; -8 is taken",
    ]
    edges = {name: edge for name, span in CONTROL_SPANS.items() for edge in (span.lowest, span.highest)}
    assert playable(edges, CONTROLS) == edges
    assert not messages(Gesture("g", None, None, {}, edges))


def test_controls_that_are_not_learned_are_named_and_left_out() -> None:
    asked = {"yaw": 5.0, "light_azimuth": 400.0}
    assert playable(asked, ["yaw"]) == {"yaw": 5.0}
    assert messages(Gesture("g", None, None, {}, asked), controls=["yaw"]) == (
        "these weights have not learned the control 'light'; it is left out"
    )


def test_units_that_are_not_learned_are_named_whether_written_or_part_of_an_emotion() -> None:
    assert "AU09 (nose wrinkler)" in messages(Gesture("g", "disgusted", None), 10, 17)
    assert "AU12 (lip corner puller)" in messages(Gesture("g", None, None, {12: 0.5}), 10)
    assert messages(Gesture("g", None, None, {12: 0.0}), 10) == ""
    assert messages(Gesture("g", "disgusted", None)) == ""


def test_units_that_cannot_hold_together_are_named() -> None:
    assert "cannot hold together" in messages(Gesture("g", None, None, {5: 1.0, 43: 1.0}))
