"""Where a picture goes in a window of another shape."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from installation.hanging import FITS, ROTATIONS, Hanging
from installation.ports import NANOSECONDS
from installation.stage.placement import (
    MOST_DOUBLED_PX,
    Area,
    Placement,
    letterbox,
    num_doublings,
    placement,
    surround_of,
    turned,
    wander,
)

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


# --- on a screen --------------------------------------------------------------------------------------------

SCREENS = st.tuples(st.integers(200, 8000), st.integers(200, 8000))
PICTURES = st.tuples(st.integers(16, 2048), st.integers(16, 2048))
TIMES_NS = st.integers(0, 10**17)
HANGINGS = st.builds(
    Hanging,
    rotation=st.sampled_from(ROTATIONS),
    fit=st.sampled_from(FITS),
    margin=st.floats(0, 0.4),
    orbit=st.floats(0, 32),
)


@pytest.mark.parametrize(
    ("hanging", "picture", "aperture"),
    [
        (Hanging(), (0, 420, 1080, 1500), (0, 420, 1080, 1500)),
        (Hanging(margin=0.1), (108, 528, 972, 1392), (108, 528, 972, 1392)),
        (Hanging(fit="cover"), (-420, 0, 1500, 1920), (0, 0, 1080, 1920)),
        (Hanging(fit="cover", margin=0.1), (-312, 108, 1392, 1812), (108, 108, 972, 1812)),
        (Hanging(orbit=4), (3, 423, 1077, 1497), (4, 424, 1076, 1496)),
        (Hanging(fit="cover", orbit=4), (-424, -4, 1504, 1924), (0, 0, 1080, 1920)),
    ],
)
def test_a_square_portrait_on_an_upright_screen(
    hanging: Hanging, picture: tuple[int, ...], aperture: tuple[int, ...]
) -> None:
    assert placement((512, 512), (1080, 1920), hanging) == Placement(Area(*picture), Area(*aperture))


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_a_picture_of_the_screens_own_size_is_shown_pixel_by_pixel(rotation: int) -> None:
    picture_px = turned((1920, 1080), rotation)
    assert placement(picture_px, (1920, 1080), Hanging(rotation=rotation)).picture == (0, 0, 1920, 1080)


@given(picture_px=PICTURES, screen_px=SCREENS, hanging=HANGINGS, t_ns=TIMES_NS)
def test_nothing_is_stretched(
    picture_px: tuple[int, int], screen_px: tuple[int, int], hanging: Hanging, t_ns: int
) -> None:
    area = placement(picture_px, screen_px, hanging, t_ns).picture
    width, height = turned(picture_px, hanging.rotation)
    # To a pixel of rounding, and one at each edge for what lies beneath it.
    assert (area.right - area.left) * height == pytest.approx(
        (area.bottom - area.top) * width, abs=4 * max(width, height)
    )


@given(picture_px=PICTURES, screen_px=SCREENS, hanging=HANGINGS, t_ns=TIMES_NS)
def test_whole_shows_all_and_cover_leaves_nothing_free(
    picture_px: tuple[int, int], screen_px: tuple[int, int], hanging: Hanging, t_ns: int
) -> None:
    place = placement(picture_px, screen_px, hanging, t_ns)
    seen, picture = place.aperture, place.picture
    tolerance = 1e-6
    if hanging.fit == "whole":
        assert seen.grown(2 * tolerance + (1 if hanging.orbit else 0)).left <= picture.left
        assert min(seen.left, seen.top) >= -tolerance
        assert seen.right <= screen_px[0] + tolerance and seen.bottom <= screen_px[1] + tolerance
    assert picture.left <= seen.left + tolerance and picture.right >= seen.right - tolerance
    assert picture.top <= seen.top + tolerance and picture.bottom >= seen.bottom - tolerance
    if hanging.fit == "cover" and hanging.margin == 0:
        assert seen == (0, 0, *screen_px)


@given(t_ns=TIMES_NS, orbit=st.floats(0, 32))
def test_the_picture_wanders_within_its_orbit_and_slowly(t_ns: int, orbit: float) -> None:
    before, after = wander(t_ns, orbit), wander(t_ns + NANOSECONDS // 60, orbit)
    assert max(map(abs, before)) <= orbit
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 0.5 / 60 + 1e-9


def test_an_orbit_reaches_all_round() -> None:
    places = [wander(k * NANOSECONDS, 4) for k in range(3600)]
    for axis in zip(*places, strict=True):
        assert min(axis) < -3.9 and max(axis) > 3.9
    corners = {(x > 2, y > 2) for x, y in places if abs(x) > 2 and abs(y) > 2}
    assert len(corners) == 4
    assert wander(0, 4) == (0, 0)


@given(left=st.floats(-50, 90), top=st.floats(-50, 90), width=st.floats(5, 150), height=st.floats(5, 150))
def test_the_surround_covers_exactly_what_is_not_seen(
    left: float, top: float, width: float, height: float
) -> None:
    aperture = Area(left, top, left + width, top + height)
    assume(aperture.right > 1 and aperture.bottom > 1)
    seen = np.ones((100, 120))
    for box, share in surround_of(aperture, (120, 100)):
        assert 0 < share <= 1
        seen[box.top : box.top + box.height, box.left : box.left + box.width] *= 1 - share
    across = np.clip(np.minimum(np.arange(120) + 1, aperture.right) - np.maximum(np.arange(120), left), 0, 1)
    down = np.clip(np.minimum(np.arange(100) + 1, aperture.bottom) - np.maximum(np.arange(100), top), 0, 1)
    np.testing.assert_allclose(seen, np.outer(down, across), atol=1e-9)


@pytest.mark.parametrize(
    ("side_px", "shown_px", "number"),
    [(512, 1080, 0), (256, 1080, 1), (128, 1080, 2), (512, 2160, 1), (1024, 4320, 0), (64, 64, 0)],
)
def test_small_pictures_are_doubled_before_the_card_enlarges_them(
    side_px: int, shown_px: int, number: int
) -> None:
    assert num_doublings((side_px, side_px), shown_px) == number


@given(width=st.integers(1, 4000), height=st.integers(1, 4000), shown_px=st.integers(1, 9000))
def test_doubling_has_bounds(width: int, height: int, shown_px: int) -> None:
    number = num_doublings((width, height), shown_px)
    assert number == 0 or max(width, height) << number <= MOST_DOUBLED_PX
    assert number == 0 or width << (number - 1) < shown_px
