"""Controls as they are asked for: what has to change, and how far it may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.controls import CONTROL_SPANS, CONTROLS, FARTHEST, changes_to, playable

OWN = dict.fromkeys(CONTROLS, 0.0) | {"yaw": 10.0, "gaze_x": -8.0, "age": 30.0, "light_elevation": 20.0}


def changes(asked: dict[str, float]) -> dict[str, float]:
    """The controls that change."""
    result = dict(zip(CONTROLS, changes_to(asked, tuple(OWN.values())), strict=True))
    return {name: change for name, change in result.items() if change}


def test_what_is_not_asked_for_stays():
    assert changes({}) == {}
    assert changes({"age": 70.0}) == {"age": 40.0}
    assert changes({"yaw": 10.0}) == {}


def test_gaze_is_seen_from_before_the_picture():
    """Whoever keeps their eyes on the viewer from a turned head need not move them to meet the viewer's."""
    assert changes({"gaze_x": 0.0, "gaze_y": 0.0}) == {}
    assert changes({"gaze_x": 5.0, "gaze_y": -3.0}) == pytest.approx({"gaze_x": 5.0, "gaze_y": -3.0})


@given(st.dictionaries(st.sampled_from(CONTROLS), st.floats(-1e3, 1e3)))
def test_no_eye_turns_further_against_the_head_than_it_can_without_glaring(asked):
    reached = dict(zip(CONTROLS, changes_to(playable(asked, CONTROLS), tuple(OWN.values())), strict=True))
    for name, change in reached.items():
        farthest = FARTHEST.get(
            name, max(map(abs, (CONTROL_SPANS[name].lowest, CONTROL_SPANS[name].highest)))
        )
        assert abs(OWN[name] + change) <= farthest + 1e-9 or not change
