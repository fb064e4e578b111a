"""The test card, pixel by pixel: what a technician relies on is there, at every size and turn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from installation.hanging import FITS, ROTATIONS, Fit, Hanging
from installation.ports import Image
from installation.stage import test_card as cards
from installation.stage.test_card import CHOSEN, GRID, NEAR_BLACK, NEAR_WHITE, Card, drawn_card

SIZES_PX = [(1080, 1920), (1280, 720), (1366, 768), (641, 403), (480, 480)]

each_size = pytest.mark.parametrize("size_px", SIZES_PX)


def edge(image: Image, depth: int) -> NDArray[np.uint8]:
    """All pixels that lie so many from the nearest edge: [n, 3]."""
    height, width, _ = image.shape
    inner = image[depth : height - depth, depth : width - depth]
    return np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])


def colours(image: Image) -> set[tuple[int, ...]]:
    codes = np.unique(image.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32))
    return {(int(code) >> 16, int(code) >> 8 & 255, int(code) & 255) for code in codes}


@given(
    st.tuples(st.integers(320, 700), st.integers(320, 700)),
    st.sampled_from(ROTATIONS),
    st.sampled_from(FITS),
    st.booleans(),
)
def test_the_outermost_pixels_are_there(
    size_px: tuple[int, int], rotation: int, fit: Fit, is_chosen: bool
) -> None:
    image = drawn_card(Card(size_px, Hanging(0, rotation, fit), is_chosen))
    assert image.shape[:2] == (size_px if rotation % 180 else size_px[::-1])
    for depth in range(cards.NUM_EDGE_LINES):
        assert (edge(image, depth) == (0 if depth % 2 else 255)).all()
    for corner in (image, image[::-1], image[:, ::-1], image[::-1, ::-1]):  # white blocks, seen from afar
        assert (corner[cards.NUM_EDGE_LINES : 8, cards.NUM_EDGE_LINES : 8] == 255).all()


@each_size
def test_the_grid_is_of_single_pixels_and_meets_in_the_middle(size_px: tuple[int, int]) -> None:
    width, height = size_px
    image = drawn_card(Card(size_px, Hanging()))
    pitch = cards.grid_px(width, height)
    inside = next(k for k in range(min(size_px) // 40 + 1, height) if (k - height // 2) % pitch)
    row = image[inside]  # inside the band, outside the ring, between two lines
    columns = np.flatnonzero((row == GRID).all(-1))
    assert (np.diff(columns) == pitch).all()
    assert len(columns) >= width // pitch - 3
    assert (width // 2 - columns[0]) % pitch == 0
    inside = next(k for k in range(min(size_px) // 40 + 1, width) if (k - width // 2) % pitch)
    column = image[:, inside]
    rows = np.flatnonzero((column == GRID).all(-1))
    assert (np.diff(rows) == pitch).all() and (height // 2 - rows[0]) % pitch == 0
    assert (image[height // 2, width // 2] == 255).all()  # the cross


@each_size
def test_the_ring_is_round(size_px: tuple[int, int]) -> None:
    image = drawn_card(Card(size_px, Hanging(), is_chosen=True))
    y, x = np.nonzero((image == CHOSEN).all(-1))
    distance = np.hypot(x - (size_px[0] - 1) / 2, y - (size_px[1] - 1) / 2)
    radius = cards.RING * min(size_px)
    is_ring = abs(distance - radius) < 0.01 * min(size_px)
    ring = distance[is_ring]
    assert ring.max() - ring.min() < 0.0125 * min(size_px) + 1
    angles = np.arctan2(y[is_ring] - (size_px[1] - 1) / 2, x[is_ring] - (size_px[0] - 1) / 2)
    assert len(np.unique(np.round(np.degrees(angles)))) >= 360  # all around


def test_greys_are_as_they_say() -> None:
    image = drawn_card(Card((1080, 1920), Hanging()))
    found = colours(image)
    wanted = [cards.code(percent) for percent in (*range(0, 101, 10), *NEAR_BLACK, *NEAR_WHITE)]
    assert all((grey, grey, grey) in found for grey in wanted)
    assert [cards.code(percent) for percent in (*NEAR_BLACK, *NEAR_WHITE)] == [5, 10, 245, 250]
    row = image[1920 // 2 + round(0.06 * 1080)]  # through the ramp
    steps = np.arange(-5, 6) * 0.072 * 1080 + 1080 / 2
    assert [row[round(step), 0] for step in steps] == [cards.code(10 * number) for number in range(11)]


def test_nearly_black_stands_on_black_and_nearly_white_on_white() -> None:
    image = drawn_card(Card((1080, 1920), Hanging()))
    for percent, ground in (*zip(NEAR_BLACK, (0, 0), strict=True), *zip(NEAR_WHITE, (255, 255), strict=True)):
        y, x = np.nonzero((image == cards.code(percent)).all(-1))
        top, left, right = y.min(), x.min(), x.max()
        assert (image[top - 3, left : right + 1] == ground).all()
        assert (right - left + 1) * (y.max() - top + 1) > 30 * 80  # large enough to be seen


def test_stripes_are_even_greys_of_single_pixels() -> None:
    image = drawn_card(Card((1080, 1920), Hanging()))[..., 0].astype(int)
    top, left = 1920 // 2 + round(0.12 * 1080), 1080 // 2
    size = round(0.06 * 1080)
    upright, level, chequered = (
        image[top : top + size, left + shift : left + shift + size]
        for shift in (round(-0.105 * 1080), round(-0.03 * 1080), round(0.045 * 1080))
    )
    assert (abs(np.diff(upright, axis=1)) == 255).all() and not np.diff(upright, axis=0).any()
    assert (abs(np.diff(level, axis=0)) == 255).all() and not np.diff(level, axis=1).any()
    assert (abs(np.diff(chequered, axis=0)) == 255).all() and (abs(np.diff(chequered, axis=1)) == 255).all()


def test_the_chosen_one_is_marked_and_no_other() -> None:
    assert CHOSEN in colours(drawn_card(Card((640, 480), Hanging(), is_chosen=True)))
    assert CHOSEN not in colours(drawn_card(Card((640, 480), Hanging())))


def test_each_number_turn_and_fit_is_told() -> None:
    hangings = [Hanging(), Hanging(1), Hanging(7), Hanging(0, 180), Hanging(0, 0, "cover")]
    drawn = {drawn_card(Card((640, 480), hanging, is_chosen=True)).tobytes() for hanging in hangings}
    assert len(drawn) == len(hangings)


def test_the_corners_are_those_of_the_portrait_as_it_will_hang() -> None:
    bare = drawn_card(Card((900, 500), Hanging(), is_chosen=True))
    framed = drawn_card(Card((900, 500), Hanging(margin=0.1), is_chosen=True))
    assert (bare[30, 200:220] == CHOSEN).all(-1).any()  # a square of 500 in the middle
    assert (framed[50:52, 250:290] == CHOSEN).all()  # of 400


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_up_is_up_for_whoever_stands_before_it(rotation: int) -> None:
    image = drawn_card(Card((700, 500), Hanging(0, rotation), is_chosen=True))
    height, width, _ = image.shape
    top = height // 2 - round(0.43 * 500)
    tip, base = (image[top + row, width // 2 - 40 : width // 2 + 40, 0] > 200 for row in (2, 22))
    assert 0 < tip.sum() < base.sum()  # an arrow's head
