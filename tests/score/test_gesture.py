"""Gestures: the variety that is drawn, and what cannot be drawn together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.score.dice import Dice, show_dice
from installation.score.gesture import Gesture, draw_target, reach
from models.action_units import ACTION_UNITS, AU_INDEX, CATEGORIES, INCOMPATIBLE

emotions = st.sampled_from(sorted(CATEGORIES))
intensities = st.one_of(st.none(), st.floats(0, 1))
units = st.dictionaries(st.sampled_from(ACTION_UNITS), st.floats(0, 1), max_size=3)


def on(target: tuple[float, ...]) -> dict[int, float]:
    return {unit: target[AU_INDEX[unit]] for unit in ACTION_UNITS if target[AU_INDEX[unit]] > 0}


@pytest.mark.parametrize("emotion", sorted(CATEGORIES))
def test_an_emotion_is_its_prototype_and_some_of_its_options(emotion: str) -> None:
    category, dice = CATEGORIES[emotion], Dice("emotion")
    draws = [on(draw_target(Gesture("g", emotion, None), dice)) for _ in range(400)]
    for drawn in draws:
        assert set(category.prototype) <= set(drawn) <= {*category.prototype, *category.optional}
        assert all(0.6 <= intensity <= 1.0 for intensity in drawn.values())
    for unit, share in category.optional.items():
        assert sum(unit in drawn for drawn in draws) / 400 == pytest.approx(share, abs=0.09)


def test_a_written_intensity_varies_by_a_tenth() -> None:
    dice = Dice("intensity")
    drawn = [on(draw_target(Gesture("g", "happy", 0.5), dice))[12] for _ in range(200)]
    assert 0.45 <= min(drawn) < 0.47
    assert 0.53 < max(drawn) <= 0.55
    assert max(max(draw_target(Gesture("g", "happy", 1.0), dice)) for _ in range(200)) <= 1.0


def test_units_win_over_the_emotion() -> None:
    drawn = on(draw_target(Gesture("g", "happy", None, {12: 0.3, 25: 0.0, 43: 1.0}), Dice("aus")))
    assert {unit: drawn[unit] for unit in drawn if unit != 6} == {12: 0.3, 43: 1.0}


@given(emotions, intensities, units, st.booleans(), st.text(max_size=4))
def test_what_is_drawn_holds_together_and_within_reach(
    emotion: str, intensity: float | None, aus: dict[int, float], is_binary: bool, key: str
) -> None:
    gesture = Gesture("g", emotion, intensity, aus)
    target = draw_target(gesture, Dice(key), is_binary=is_binary)
    for pair in INCOMPATIBLE:
        assert not pair <= set(on(target)) or pair <= {unit for unit in aus if aus[unit] > 0}
    for value, bounds in zip(target, reach(gesture, is_binary=is_binary), strict=True):
        assert value == 0.0 or bounds.low <= value <= bounds.high
        assert not is_binary or value in (0.0, 1.0)


def test_in_chained_motion_a_slight_unit_is_on() -> None:
    assert on(draw_target(Gesture("g", None, None, {4: 0.4, 12: 0.0}), Dice("binary"), is_binary=True)) == {
        4: 1.0
    }


def test_lids_follow_eyes_that_look_down_unless_the_gesture_names_one_of_theirs() -> None:
    def droop(gesture: Gesture) -> float:
        return draw_target(gesture, show_dice(1, 0))[AU_INDEX[41]]

    down = {"gaze_x": 3.0, "gaze_y": -8.0}
    assert droop(Gesture("g", "sad", None, controls=down)) == 0.4
    assert droop(Gesture("g", "sad", None, controls=down | {"gaze_y": 8.0})) == 0
    assert droop(Gesture("g", None, None, {5: 0.5}, down)) == 0
    assert droop(Gesture("g", None, None, {41: 0.0}, down)) == 0
    binary = draw_target(Gesture("g", "sad", None, controls=down), show_dice(1, 0), is_binary=True)
    assert binary[AU_INDEX[41]] == 0
