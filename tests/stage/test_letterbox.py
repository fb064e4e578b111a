"""Where a picture goes in a window of another shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.stage.letterbox import letterbox

SIDES = st.integers(1, 8000)


@pytest.mark.parametrize(
    ("window_px", "box"),
    [
        ((1920, 1080), (420, 0, 1080, 1080)),
        ((1080, 1920), (0, 420, 1080, 1080)),
        ((512, 512), (0, 0, 512, 512)),
        ((1, 9), (0, 4, 1, 1)),
    ],
)
def test_a_square_portrait(window_px: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    assert letterbox((256, 256), window_px) == box


@given(picture_px=st.tuples(SIDES, SIDES), window_px=st.tuples(SIDES, SIDES))
def test_it_fits_touches_and_is_centred(picture_px: tuple[int, int], window_px: tuple[int, int]) -> None:
    box = letterbox(picture_px, window_px)
    assert box.width == window_px[0] or box.height == window_px[1]
    assert box.width <= window_px[0] and box.height <= window_px[1]
    assert box.left == (window_px[0] - box.width) // 2
    assert box.top == (window_px[1] - box.height) // 2
    error = abs(box.width * picture_px[1] - box.height * picture_px[0])
    assert error <= max(picture_px)  # the aspect, to the pixel
