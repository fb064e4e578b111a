"""What keys make of a choice, whatever the order in which they are pressed."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.choosing import KEYS, Choice, Key, Step, chosen, with_monitors
from installation.hanging import FITS, ROTATIONS, Hanging

CAMERAS = ("/dev/v4l/by-id/usb-one-video-index0", "/dev/video2")

keys = st.lists(st.sampled_from(Key), max_size=40)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    num_monitors = draw(st.integers(1, 4))
    cameras = draw(st.sampled_from([(), CAMERAS[:1], CAMERAS]))
    hanging = Hanging(
        draw(st.integers(0, num_monitors - 1)),
        draw(st.sampled_from(ROTATIONS)),
        draw(st.sampled_from(FITS)),
        brightness=0.7,
    )
    camera = draw(st.sampled_from([None, *range(len(cameras))]))
    return Choice(num_monitors, cameras, hanging, camera, draw(st.sampled_from(Step)))


def pressed(choice: Choice, *keys: Key) -> Choice:
    return reduce(chosen, keys, choice)


@given(choices(), keys)
def test_every_choice_is_one_of_what_there_is(choice: Choice, keys: list[Key]) -> None:
    end = pressed(choice, *keys)
    assert 0 <= end.hanging.monitor < end.num_monitors
    assert end.hanging.rotation in ROTATIONS and end.hanging.fit in FITS
    assert end.source is None or end.source in CAMERAS
    assert end.hanging.brightness == 0.7  # what is not asked stays
    assert (end.num_monitors, end.cameras) == (choice.num_monitors, choice.cameras)


@given(choices(), keys)
def test_whoever_is_done_or_has_left_chooses_nothing_more(choice: Choice, keys: list[Key]) -> None:
    end = pressed(choice, *keys)
    if not choice.is_open:
        assert end == choice
    assert pressed(choice, Key.LEAVE).step is (Step.LEFT if choice.is_open else choice.step)


@given(choices())
def test_what_goes_round_comes_back(choice: Choice) -> None:
    choice = replace(choice, step=Step.SCREEN)
    assert pressed(choice, *[Key.CLOCKWISE] * 4) == choice
    assert pressed(choice, Key.CLOCKWISE, Key.ANTICLOCKWISE) == choice
    assert pressed(choice, *[Key.RIGHT] * choice.num_monitors) == choice
    assert pressed(choice, Key.RIGHT, Key.LEFT) == choice
    assert pressed(choice, *[Key.FIT] * len(FITS)) == choice
    looking = replace(choice, step=Step.CAMERA, camera=0 if choice.cameras else None)
    assert pressed(looking, *[Key.NEXT_CAMERA] * len(choice.cameras)) == looking


@given(choices())
def test_each_step_has_keys_of_its_own(choice: Choice) -> None:
    screen, camera = replace(choice, step=Step.SCREEN), replace(choice, step=Step.CAMERA)
    assert pressed(screen, Key.NEXT_CAMERA, Key.NO_CAMERA) == screen
    assert pressed(camera, Key.LEFT, Key.RIGHT, Key.CLOCKWISE, Key.ANTICLOCKWISE, Key.FIT) == camera


def test_a_technician_chooses() -> None:
    start = Choice(2, CAMERAS, camera=0)
    end = pressed(
        start, Key.RIGHT, Key.CLOCKWISE, Key.FIT, Key.ACCEPT, Key.NEXT_CAMERA, Key.ACCEPT, Key.LEAVE
    )
    assert end == Choice(2, CAMERAS, Hanging(1, 90, "cover"), 1, Step.DONE)
    assert end.source == CAMERAS[1]
    none = pressed(start, Key.ACCEPT, Key.NO_CAMERA)
    assert none.source is None
    assert pressed(none, Key.NEXT_CAMERA).source == CAMERAS[0]


@given(choices(), st.integers(1, 4))
def test_a_monitor_that_is_gone_is_not_chosen(choice: Choice, num_monitors: int) -> None:
    after = with_monitors(choice, num_monitors)
    assert after.hanging.monitor == min(choice.hanging.monitor, num_monitors - 1)
    assert replace(after.hanging, monitor=choice.hanging.monitor) == choice.hanging


@pytest.mark.parametrize("key", Key)
def test_every_key_is_on_the_keyboard(key: Key) -> None:
    assert key in KEYS.values()
