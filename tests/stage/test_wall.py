"""Every monitor at once, on SDL's dummy driver, which has one."""

from collections.abc import Iterator

import numpy as np
import pygame
import pytest

from installation.errors import InputError
from installation.hanging import ROTATIONS, Hanging
from installation.ports import NANOSECONDS, Image
from installation.stage.test_card import Card, drawn_card
from installation.stage.wall import REDRAW_NS, Wall


@pytest.fixture
def wall() -> Iterator[Wall]:
    wall = Wall()
    wall.keys(0)  # a new window has events of its own
    yield wall
    wall.close()


def shown(wall: Wall) -> Image:
    """What is on the monitor: [H, W, 3]."""
    window = wall._displays[0]._window
    assert window is not None
    return np.asarray(pygame.surfarray.array3d(window._renderer.to_surface()).swapaxes(0, 1), np.uint8)


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_a_card_reaches_the_monitor_pixel_by_pixel(wall: Wall, rotation: int) -> None:
    # What surrounds and dims the portrait does not touch the card.
    hanging = Hanging(0, rotation, "cover", margin=0.1, brightness=0.5, gamma=2, orbit=8)
    card = drawn_card(Card(wall.sizes_px[0], hanging, is_chosen=True))
    wall.show(card, hanging, NANOSECONDS)
    assert wall.sizes_px == tuple(pygame.display.get_desktop_sizes())  # however it hangs
    np.testing.assert_array_equal(shown(wall), np.rot90(card, -rotation // 90))


def test_a_smaller_picture_fills_the_monitor(wall: Wall) -> None:
    width, height = wall.sizes_px[0]
    image = np.full((height // 4, width // 4, 3), (10, 200, 30), np.uint8)
    wall.show(image, Hanging(), 0, is_private=True)
    assert (abs(shown(wall).astype(int) - (10, 200, 30)) <= 1).all()


def test_keys_are_told_by_their_names(wall: Wall) -> None:
    for key in (pygame.K_LEFT, pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_0, pygame.K_KP0, pygame.K_r):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert wall.keys(0) == ["left", "return", "enter", "0", "[0]", "r", "closed"]
    assert wall.keys(1) == []


def test_monitors_that_change_show_what_they_showed(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    card = drawn_card(Card(wall.sizes_px[0], Hanging(0, 180)))
    wall.show(card, Hanging(0, 180), 0)
    before = wall._displays[0]
    monkeypatch.setattr(wall, "_marks", ([], ()))
    wall.keys(1)
    assert wall._displays[0] is not before
    np.testing.assert_array_equal(shown(wall), card[::-1, ::-1])
    again = wall._displays[0]
    wall.keys(2)
    assert wall._displays[0] is again


def test_what_was_covered_is_drawn_again(wall: Wall) -> None:
    card = drawn_card(Card(wall.sizes_px[0], Hanging()))
    wall.show(card, Hanging(), 0)
    window = wall._displays[0]._window
    assert window is not None
    window._renderer.draw_color = (9, 9, 9, 255)
    window._renderer.clear()
    wall.keys(REDRAW_NS)
    np.testing.assert_array_equal(shown(wall), card)


def test_close_gives_everything_back_and_can_be_repeated(wall: Wall) -> None:
    wall.close()
    wall.close()
    assert not pygame.display.get_init()


def test_without_a_monitor_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pygame.display, "get_num_displays", lambda: 0)
    with pytest.raises(InputError, match="no monitor"):
        Wall()
    monkeypatch.undo()
    monkeypatch.setenv("SDL_VIDEODRIVER", "no_such_driver")
    with pytest.raises(InputError, match="cannot be opened"):
        Wall()
