"""What is shown and told of a camera."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import NANOSECONDS, Image
from installation.stage.camera_faces import FoundFace
from installation.stage.camera_view import Rate, View, drawn_view
from installation.stage.latest import Stamped


def grey(level: int, width: int = 160, height: int = 90) -> Image:
    return np.full((height, width, 3), level, np.uint8)


def look(rate: Rate, times_s: list[float], *, is_fast: bool = True) -> list[float]:
    """What is told of pictures that come at these times, by one who looks in between, or does not."""
    told = []
    for time_s in times_s:
        if is_fast:
            rate.note(None)
        told.append(rate.note(Stamped(grey(0, 1, 1), round(time_s * NANOSECONDS))))
    return told


@given(st.integers(2, 60))
def test_pictures_a_second_are_counted(fps: int) -> None:
    told = look(Rate(), [number / fps for number in range(3 * fps)])
    assert told[0] == 0
    assert told[-1] == pytest.approx(fps, rel=0.01)


def test_a_camera_that_slows_down_is_noticed_within_a_second() -> None:
    rate = Rate()
    look(rate, [number / 30 for number in range(60)])
    assert look(rate, [2 + number / 5 for number in range(7)])[-1] == pytest.approx(5, rel=0.01)


def test_whoever_looks_too_seldom_cannot_tell() -> None:
    rate = Rate()
    assert not any(look(rate, [number / 5 for number in range(20)], is_fast=False))
    assert look(rate, [4 + number / 30 for number in range(60)])[-1] == pytest.approx(30, rel=0.01)


@pytest.mark.parametrize(
    ("level", "fps", "advice"),
    [(20, 30, "dark"), (235, 30, "bright"), (120, 8, "slow"), (120, 30, ""), (120, 0, ""), (20, 8, "dark")],
)
def test_advice_is_about_the_light(level: int, fps: float, advice: str) -> None:
    told = View("0", 1, 1, grey(level), fps).advice
    assert (advice in told) if advice else not told


def test_figures() -> None:
    assert View("0", 1, 1, grey(51), 29.97).figures == "160 × 90 · 30 fps · light · luz 20 %"
    assert "fps" not in View("0", 1, 1, grey(51)).figures
    assert "waiting" in View("0", 1, 1).figures
    titles = {View("/dev/x", 2, 3).title, View("", 0, 3).title, View("").title}
    assert len(titles) == 3 and "CAMERA · CÁMARA 2 / 3" in titles


@pytest.mark.parametrize("upright_px", [(1080, 1920), (3840, 2160), (1280, 720)])
def test_the_picture_is_mirrored_whole_and_of_the_screen_s_shape(upright_px: tuple[int, int]) -> None:
    image = grey(100)
    image[:, :40] = (250, 0, 0)  # on the camera's left
    drawn = drawn_view(upright_px, View("/dev/video0", 1, 1, image, 30))
    assert drawn.shape[1] * upright_px[1] == drawn.shape[0] * upright_px[0]
    y, x = np.nonzero((drawn == (250, 0, 0)).all(-1))
    rest_y, rest_x = np.nonzero((drawn == 100).all(-1))
    assert x.min() > rest_x.max() and abs(np.median(y) - np.median(rest_y)) <= 1
    height, width = y.max() - y.min() + 1, x.max() - rest_x.min() + 1
    assert width / height == pytest.approx(160 / 90, rel=0.02)
    assert width > 0.5 * drawn.shape[1]


def test_faces_are_boxed_where_they_are_in_the_mirror() -> None:
    face = FoundFace(20, 30, 60, 70, is_readable=True)  # on the camera's left
    bare, boxed, dim = (
        drawn_view((640, 480), View("0", 1, 1, grey(100), faces=faces)).astype(int)
        for faces in ((), (face,), (replace(face, is_readable=False),))
    )
    y, x = np.nonzero((boxed != bare).any(-1))
    assert x.min() > bare.shape[1] / 2
    assert (x.max() - x.min()) / (y.max() - y.min()) == pytest.approx(1, abs=0.1)
    assert (boxed[..., 0] - boxed[..., 2])[y, x].max() > 100  # amber
    assert (dim[..., 0] - dim[..., 2])[y, x].max() < 30
    assert (dim != bare).any()


def test_whoever_is_too_far_away_is_called_closer() -> None:
    far = FoundFace(0, 0, 5, 5, is_readable=False)
    assert "closer" in View("0", 1, 1, grey(100), faces=(far,)).advice
    assert not View("0", 1, 1, grey(100), faces=(far, replace(far, is_readable=True))).advice
    assert "dark" in View("0", 1, 1, grey(10), faces=(far,)).advice


def test_what_is_told_is_drawn() -> None:
    views = [
        View(""),
        View("", 0, 2),
        View("/dev/video0", 1, 2),
        View("/dev/video0", 1, 2, trouble="it cannot be opened"),
        View("/dev/video0", 1, 2, grey(20)),
        View("/dev/video0", 1, 2, grey(20), trouble="no picture any more"),
    ]
    assert len({drawn_view((640, 480), view).tobytes() for view in views}) == len(views)
