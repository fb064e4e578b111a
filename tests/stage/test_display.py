"""The window, on SDL's dummy driver; and a real one where an X server can be started."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray

from installation.errors import InputError
from installation.ports import Command, Frame, Image
from installation.stage.display import Display, has_screen

RED, GREEN = (250, 10, 20), (10, 240, 30)


def picture(width: int = 32, height: int = 32) -> Image:
    """Red above green."""
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2], image[height // 2 :] = RED, GREEN
    return image


@pytest.fixture
def display() -> Iterator[Display]:
    display = Display(is_fullscreen=False)
    list(display.commands())  # a new window has events of its own
    yield display
    display.close()


def shown(display: Display) -> Image:
    """What is on the screen: [H, W, 3]."""
    surface = display._renderer.to_surface()
    return pygame.surfarray.array3d(surface).swapaxes(0, 1)


def press(key: int) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))


def test_a_dummy_driver_is_no_screen() -> None:
    assert not has_screen()
    assert not pygame.display.get_init()


def test_asking_for_a_screen_leaves_an_open_window_alone(display: Display) -> None:
    has_screen()
    display.show(Frame(picture(), 0))


def test_a_frame_fills_the_height_and_keeps_its_colours(display: Display) -> None:
    display._window.size = (640, 320)
    pygame.event.pump()
    display.show(Frame(picture(), 0))
    screen = shown(display)
    assert screen.shape == (320, 640, 3)
    assert (screen[:, :160] == 0).all() and (screen[:, 480:] == 0).all()
    assert np.abs(screen[40, 200:440].astype(int) - RED).max() <= 1
    assert np.abs(screen[280, 200:440].astype(int) - GREEN).max() <= 1


def test_frames_may_change_their_size(display: Display) -> None:
    for width, height in [(16, 16), (64, 32), (16, 16)]:
        display.show(Frame(picture(width, height), 0))
    display.show(Frame(picture(64, 64)[::2, ::2], 0))  # and need not be contiguous
    assert np.abs(shown(display)[10, 384].astype(int) - RED).max() <= 1


def test_nothing_is_allocated_for_each_frame(display: Display) -> None:
    display.show(Frame(picture(), 0))
    pixels, texture = display._pixels, display._texture
    display.show(Frame(picture(), 1))
    assert display._pixels is pixels
    assert display._texture is texture


@pytest.mark.parametrize(("key", "command"), [(pygame.K_ESCAPE, Command.QUIT), (pygame.K_SPACE, Command.GO)])
def test_keys_are_commands(display: Display, key: int, command: Command) -> None:
    press(pygame.K_a)
    press(key)
    assert list(display.commands()) == [command]
    assert list(display.commands()) == []


@pytest.mark.parametrize("kind", [pygame.QUIT, pygame.WINDOWCLOSE])
def test_a_closed_window_is_a_quit(display: Display, kind: int) -> None:
    pygame.event.post(pygame.event.Event(kind))
    assert list(display.commands()) == [Command.QUIT]


def test_f_toggles_fullscreen_and_the_cursor(display: Display) -> None:
    press(pygame.K_f)
    assert list(display.commands()) == [Command.TOGGLE_FULLSCREEN]
    assert (display.is_fullscreen, pygame.mouse.get_visible()) == (True, False)
    display.show(Frame(picture(), 0))
    assert shown(display).shape[:2] == pygame.display.get_desktop_sizes()[0][::-1]
    for _ in range(3):
        press(pygame.K_f)
    display.commands()  # toggles without being read
    assert (display.is_fullscreen, pygame.mouse.get_visible()) == (False, True)


def test_it_is_fullscreen_unless_told_otherwise() -> None:
    display = Display()
    try:
        assert display.is_fullscreen and not pygame.mouse.get_visible()
    finally:
        display.close()


def test_close_gives_everything_back_and_can_be_repeated() -> None:
    for _ in range(3):
        display = Display(is_fullscreen=False)
        display.show(Frame(picture(), 0))
        display.close()
        display.close()
        assert not pygame.display.get_init()


@pytest.mark.parametrize("monitor", [-1, 1, 9])
def test_an_absent_monitor_is_refused(monitor: int) -> None:
    with pytest.raises(InputError, match=f"no monitor {monitor}; there is only monitor 0"):
        Display(monitor=monitor)
    assert not pygame.display.get_init()


def test_a_broken_driver_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no_such_driver")
    assert not has_screen()
    with pytest.raises(InputError, match="cannot be opened"):
        Display()


def run_alone(program: str, **environment: str) -> str:
    """Run a program in an interpreter of its own, whose driver SDL chooses."""
    inherited = dict(os.environ)
    for name in ("DISPLAY", "SDL_VIDEODRIVER", "WAYLAND_DISPLAY"):
        inherited.pop(name, None)
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return result.stdout


def test_a_machine_without_a_screen_says_so() -> None:
    program = "from installation.stage.display import has_screen; print(has_screen())"
    assert run_alone(program, SDL_VIDEODRIVER="dummy") == "False\n"
    assert run_alone(program, SDL_VIDEODRIVER="offscreen") == "False\n"  # what SDL chooses where nothing is


def test_a_service_manager_stops_it_cleanly() -> None:
    program = """
        import os, signal
        from installation.stage.display import Display
        display = Display()
        os.kill(os.getpid(), signal.SIGTERM)
        print([command.name for command in display.commands()])
        display.close()
    """
    assert run_alone(program, SDL_VIDEODRIVER="dummy") == "['QUIT']\n"


@pytest.fixture
def x_server(tmp_path: Path) -> Iterator[str]:
    """The name of an X server of 800 × 600 pixels."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed, and no other X server may be disturbed")
    screen = ["-screen", "0", "800x600x24", "-fbdir", str(tmp_path)]
    command = ["Xvfb", "-displayfd", "1", *screen, "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.send_signal(signal.SIGTERM)


def screen_pixels(shot: Path) -> NDArray[np.uint8]:
    """What the X server showed, [H, W, 3] BGR: its framebuffer is a file in XWD's format."""
    raw = shot.read_bytes()
    header_size, width, height, row_bytes, num_colours = (
        int.from_bytes(raw[4 * field : 4 * field + 4], "big") for field in (0, 4, 5, 12, 19)
    )
    rows = np.frombuffer(raw, np.uint8, row_bytes * height, header_size + 12 * num_colours)
    return rows.reshape(height, row_bytes)[:, : 4 * width].reshape(height, width, 4)[..., :3]


def test_a_real_window_fills_the_screen_even_without_a_window_manager(x_server: str, tmp_path: Path) -> None:
    program = """
        import os, shutil
        import numpy as np
        from installation.ports import Frame
        from installation.stage.display import Display, has_screen
        print(has_screen())
        display = Display()
        for k in range(30):
            display.show(Frame(np.full((64, 64, 3), (200, 100, 50), np.uint8), k))
            list(display.commands())
        shutil.copy(os.environ["SCREEN"], os.environ["SHOT"])
        display.close()
    """
    screen, shot = tmp_path / "Xvfb_screen0", tmp_path / "shot"
    assert run_alone(program, DISPLAY=x_server, SCREEN=str(screen), SHOT=str(shot)) == "True\n"
    pixels = screen_pixels(shot)
    assert pixels.shape == (600, 800, 3)
    lit = (pixels == (50, 100, 200)).all(-1)
    assert lit[5:595, 105:695].all()  # a square picture, as large as it fits
    assert not pixels[:, :95].any()
    assert not pixels[:, 705:].any()
