"""The window, on SDL's dummy driver; and a real one where an X server can be started."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray

from installation.errors import InputError
from installation.hanging import Hanging
from installation.ports import NANOSECONDS, Command, Frame, Image
from installation.stage.display import CLOSED, Display, has_screen
from installation.stage.placement import placement
from installation.stage.window import MOST_SHEETS, Window

KEYS = [
    (pygame.K_ESCAPE, Command.QUIT),
    (pygame.K_SPACE, Command.GO),
    (pygame.K_RETURN, Command.AGREE),
    (pygame.K_KP_ENTER, Command.AGREE),
    (pygame.K_DELETE, Command.ERASE),
    (pygame.K_BACKSPACE, Command.ERASE),
    (pygame.K_s, Command.REPORT),
]
RED, GREEN = (250, 10, 20), (10, 240, 30)


def picture(width: int = 32, height: int = 32) -> Image:
    """Red above green."""
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2], image[height // 2 :] = RED, GREEN
    return image


@pytest.fixture
def display() -> Iterator[Display]:
    display = Display(Hanging(), is_fullscreen=False)
    list(display.requests())  # a new window has events of its own
    yield display
    display.close()


def shown(display: Display) -> Image:
    """What is on the screen: [H, W, 3]."""
    assert display._window is not None
    surface = display._window._renderer.to_surface()
    return pygame.surfarray.array3d(surface).swapaxes(0, 1)


def resize(display: Display, width: int, height: int) -> None:
    assert display._window is not None
    display._window._window.size = (width, height)
    pygame.event.pump()


def press(key: int) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))


def test_a_dummy_driver_is_no_screen() -> None:
    assert not has_screen()
    assert not pygame.display.get_init()


def test_asking_for_a_screen_leaves_an_open_window_alone(display: Display) -> None:
    has_screen()
    display.show(Frame(picture(), 0))


def test_a_frame_fills_the_height_and_keeps_its_colours(display: Display) -> None:
    resize(display, 640, 320)
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
    window = display._window
    assert window is not None
    for side in (400, 500, 600):
        display.show(Frame(picture(side, side), 0))
    sheets = dict(window._sheets)
    assert len(sheets) == 3
    for side in (400, 500, 600) * 5:
        display.show(Frame(picture(side, side), 1))
    assert window._sheets == sheets  # the same objects
    for side in range(100, 900, 100):
        display.show(Frame(picture(side, side), 2))
    assert len(window._sheets) <= MOST_SHEETS


@pytest.mark.parametrize(("key", "command"), KEYS)
def test_keys_are_commands(display: Display, key: int, command: Command) -> None:
    press(pygame.K_a)
    press(key)
    assert list(display.requests()) == [command]
    assert list(display.requests()) == []


@pytest.mark.parametrize("kind", [pygame.QUIT, pygame.WINDOWCLOSE])
def test_a_closed_window_is_a_quit(display: Display, kind: int) -> None:
    pygame.event.post(pygame.event.Event(kind))
    assert list(display.requests()) == [Command.QUIT]


def test_f_toggles_fullscreen_and_the_cursor(display: Display) -> None:
    press(pygame.K_f)
    assert list(display.requests()) == [Command.TOGGLE_FULLSCREEN]
    assert (display.is_fullscreen, pygame.mouse.get_visible()) == (True, False)
    display.show(Frame(picture(), 0))
    assert shown(display).shape[:2] == pygame.display.get_desktop_sizes()[0][::-1]
    for _ in range(3):
        press(pygame.K_f)
    display.requests()  # toggles without being read
    assert (display.is_fullscreen, pygame.mouse.get_visible()) == (False, True)


def test_fullscreen_hides_the_cursor_and_keeps_the_screen_awake() -> None:
    display = Display(Hanging(), is_fullscreen=True)
    try:
        assert display.is_fullscreen and not pygame.mouse.get_visible()
        assert not pygame.display.get_allow_screensaver()
    finally:
        display.close()


def test_close_gives_everything_back_and_can_be_repeated() -> None:
    for _ in range(3):
        display = Display(Hanging(), is_fullscreen=False)
        display.show(Frame(picture(), 0))
        display.close()
        display.close()
        assert not pygame.display.get_init()


@pytest.mark.parametrize("monitor", [-1, 1, 9])
def test_an_absent_monitor_is_refused(monitor: int) -> None:
    with pytest.raises(InputError, match=f"no monitor {monitor}; there is only monitor 0"):
        Display(Hanging(monitor=monitor), is_fullscreen=True)
    assert not pygame.display.get_init()


def test_a_broken_driver_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no_such_driver")
    assert not has_screen()
    with pytest.raises(InputError, match="cannot be opened"):
        Display(Hanging(), is_fullscreen=True)


# --- how it hangs -------------------------------------------------------------------------------------------


def hung(hanging: Hanging, t_ns: int = 0, size_px: tuple[int, int] = (400, 200)) -> Image:
    """What a screen shows of red above green."""
    display = Display(hanging, is_fullscreen=False)
    try:
        resize(display, *size_px)
        display.show(Frame(picture(), t_ns))
        return shown(display)
    finally:
        display.close()


def is_close(pixel: NDArray[np.uint8], colour: tuple[int, int, int], tolerance: int = 1) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= tolerance)


@pytest.mark.parametrize(
    ("rotation", "above", "right", "below", "left"),
    [
        (0, RED, None, GREEN, None),
        (90, None, RED, None, GREEN),
        (180, GREEN, None, RED, None),
        (270, None, GREEN, None, RED),
    ],
)  # fmt: skip
def test_everything_is_turned_clockwise(
    rotation: int, above: object, right: object, below: object, left: object
) -> None:
    screen = hung(Hanging(rotation=rotation))
    places = {(30, 200): above, (100, 270): right, (170, 200): below, (100, 130): left}
    for (row, column), colour in places.items():
        if isinstance(colour, tuple):
            assert is_close(screen[row, column], colour)


def test_the_surround_is_passe_partout_and_what_is_left_free() -> None:
    screen = hung(Hanging(margin=0.1, surround=(60, 70, 80)))
    assert (screen[:20] == (60, 70, 80)).all() and (screen[180:] == (60, 70, 80)).all()
    assert (screen[:, :120] == (60, 70, 80)).all() and (screen[:, 280:] == (60, 70, 80)).all()
    assert is_close(screen[25, 125], RED) and is_close(screen[175, 275], GREEN)


def test_cover_leaves_nothing_free() -> None:
    screen = hung(Hanging(fit="cover", surround=(60, 70, 80)))
    assert is_close(screen[3, 3], RED) and is_close(screen[196, 396], GREEN)
    within = hung(Hanging(fit="cover", margin=0.1, surround=(60, 70, 80)))
    assert (within[:20] == (60, 70, 80)).all() and (within[:, 380:] == (60, 70, 80)).all()
    assert is_close(within[25, 25], RED)


def test_brightness_dims_picture_and_surround() -> None:
    screen = hung(Hanging(brightness=0.5, surround=(200, 200, 200)))
    share = 0.5 ** (1 / 2.2)
    assert is_close(screen[30, 200], (round(250 * share), round(10 * share), round(20 * share)))
    assert is_close(screen[30, 10], (round(200 * share),) * 3)


def test_an_edge_that_wanders_takes_a_share_of_a_pixel() -> None:
    """Here pictures move by whole pixels, for the dummy driver has no graphics card; edges do not."""
    t_ns = 30 * NANOSECONDS
    place = placement((32, 32), (400, 200), Hanging(orbit=3), t_ns)
    screen = hung(Hanging(orbit=3, surround=(0, 0, 0)), t_ns)
    column = int(place.aperture.left)
    share = 1 - (place.aperture.left - column)
    assert 0.1 < share < 0.9
    assert is_close(screen[50, column], (round(250 * share), round(10 * share), round(20 * share)), 2)
    assert not screen[50, column - 1].any() and is_close(screen[50, column + 1], RED)


# --- light and dark -----------------------------------------------------------------------------------------


@pytest.fixture
def fading() -> Iterator[Display]:
    display = Display(Hanging(surround=(100, 100, 100)), is_fullscreen=False, fade_s=2)
    resize(display, 400, 200)
    yield display
    display.close()


DARK = np.zeros((32, 32, 3), np.uint8)


def reds(display: Display, frames: Iterable[tuple[float, Image, bool]]) -> list[int]:
    """The light of picture and surround alike after each frame at so many seconds."""
    lights = []
    for seconds, image, is_private in frames:
        display.show(Frame(image, round(seconds * NANOSECONDS), is_private, is_dark=image is DARK))
        screen = shown(display)
        picture_light, surround_light = int(screen[30, 200, 0]) / 250, int(screen[30, 10, 0]) / 100
        assert picture_light == pytest.approx(surround_light, abs=0.02)
        lights.append(round(100 * surround_light))
    return lights


def test_the_picture_comes_out_of_the_dark_and_goes_into_it(fading: Display) -> None:
    lit, dark = (picture(), False), (DARK, False)
    assert reds(fading, [(0, *lit), (1, *lit), (2, *lit), (9, *lit)]) == [0, 50, 100, 100]
    assert reds(fading, [(10, *dark), (11, *dark), (12, *dark), (50, *dark)]) == [100, 50, 0, 0]
    assert not shown(fading).any()
    assert reds(fading, [(60, *lit), (61, *lit), (62, *lit)]) == [0, 50, 100]


def test_doors_that_open_while_they_close(fading: Display) -> None:
    lit, dark = (picture(), False), (DARK, False)
    reds(fading, [(0, *lit), (2, *lit)])
    assert reds(fading, [(10, *dark), (11, *dark), (11, *lit), (12, *lit), (13, *lit)]) == [
        100,
        50,
        50,
        75,
        100,
    ]


def test_what_is_dark_is_shown_once_a_second(fading: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    presented: list[float] = []
    present = Window.present

    def noted(window: Window, hanging: Hanging, t_ns: int, **light: object) -> None:
        presented.append(t_ns / NANOSECONDS)
        present(window, hanging, t_ns, **light)

    monkeypatch.setattr(Window, "present", noted)
    for k in range(300):  # 10 s, of which one is lit and two fade
        is_dark = k >= 30
        image = DARK if is_dark else picture()
        fading.show(Frame(image, k * NANOSECONDS // 30, is_dark=is_dark))
    assert len([t for t in presented if t < 1]) == 30 and len([t for t in presented if t > 3]) <= 8
    assert not shown(fading).any()
    num_presented = len(presented)
    press(pygame.K_f)
    list(fading.requests())
    fading.show(Frame(DARK, 10 * NANOSECONDS, is_dark=True))
    assert len(presented) == num_presented + 1  # a window that has changed is drawn at once
    assert reds(fading, [(11, picture(), False), (13, picture(), False)]) == [0, 100]


def test_a_visitor_is_gone_at_once(fading: Display) -> None:
    reds(fading, [(0, picture(), True), (2, picture(), True)])
    assert reds(fading, [(3, DARK, False), (3.5, DARK, False)]) == [0, 0]
    assert not shown(fading).any()


def test_of_a_visitor_no_texture_is_kept(display: Display) -> None:
    window = display._window
    assert window is not None
    display.show(Frame(picture(64, 64), 0))
    display.show(Frame(picture(48, 48), 0, is_private=True))
    private = window._shown
    assert private is not None and private.pixels.any()
    display.show(Frame(picture(64, 64), 1))
    assert not private.pixels.any()
    assert private not in window._sheets.values()


def test_of_a_visitor_who_is_there_when_the_show_ends_nothing_is_kept(display: Display) -> None:
    display.show(Frame(picture(48, 48), 0, is_private=True))
    private = display._window._shown
    assert private.pixels.any()
    display.close()
    assert not private.pixels.any()


# --- whatever happens ---------------------------------------------------------------------------------------


def fail(*_: object, **__: object) -> None:
    raise pygame.error("device lost")


def test_a_window_that_is_lost_is_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    display = Display(Hanging(), is_fullscreen=True, say=said.append)
    second = NANOSECONDS
    try:
        display.show(Frame(picture(), 0))
        with monkeypatch.context() as broken:
            broken.setattr(Window, "present", fail)
            for k in range(1, 1200):  # 20 s
                display.show(Frame(picture(), k * second // 60))
                assert list(display.requests()) == []
        assert said == ["window: lost: device lost; the show goes on, and it is opened anew when it can be"]
        for k in range(1200, 1200 + 2 * 60 + 2):  # as long as the longest wait
            display.show(Frame(picture(), k * second // 60))
        assert shown(display).any()
        assert display.is_fullscreen and not pygame.mouse.get_visible()
        assert len(said) == 1
    finally:
        display.close()
    assert not pygame.display.get_init()


def test_attempts_become_rare_and_each_new_trouble_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    display = Display(Hanging(), is_fullscreen=True, say=said.append)
    attempts: list[float] = []

    def refuse(monitor: int) -> Window:
        attempts.append(t_ns / NANOSECONDS)
        raise pygame.error("no")

    try:
        with monkeypatch.context() as broken:
            broken.setattr("installation.stage.display.Window", refuse)
            display._shut()
            for t_ns in range(0, 10 * NANOSECONDS, NANOSECONDS // 60):
                display.show(Frame(picture(), t_ns))
        assert len(said) == 1
        gaps = np.diff(attempts)
        assert gaps.max() <= 2.02 and (np.diff(gaps) > -0.02).all()
        assert len(attempts) <= 10
        display.show(Frame(picture(), 13 * NANOSECONDS))
        assert shown(display).any()
        with monkeypatch.context() as broken:
            broken.setattr(Window, "present", fail)
            display.show(Frame(picture(), 100 * NANOSECONDS))
        assert len(said) == 2
    finally:
        display.close()


def test_the_picture_follows_its_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two monitors, of which the second goes and comes back."""
    sizes = [(800, 600), (640, 480)]
    opened: list[int] = []

    class Noted(Window):
        def __init__(self, monitor: int) -> None:
            opened.append(monitor)
            super().__init__(0)

    monkeypatch.setattr(pygame.display, "get_desktop_sizes", lambda: list(sizes))
    monkeypatch.setattr(pygame.display, "get_num_displays", lambda: len(sizes))
    monkeypatch.setattr("installation.stage.display.Window", Noted)
    display = Display(Hanging(monitor=1), is_fullscreen=True)

    def play(begin_s: int, end_s: int) -> None:
        for t_ns in range(begin_s * NANOSECONDS, end_s * NANOSECONDS, NANOSECONDS // 10):
            display.show(Frame(picture(), t_ns))
            assert list(display.requests()) == []

    try:
        play(0, 3)
        assert opened == [1]
        gone = sizes.pop()
        play(3, 5)
        assert opened == [1, 0]
        sizes.append(gone)
        play(5, 7)
        assert opened == [1, 0, 1]
        play(7, 20)
        assert opened == [1, 0, 1]
    finally:
        display.close()


def test_textures_that_the_card_lost_are_made_anew(display: Display) -> None:
    display.show(Frame(picture(), 0))
    pygame.event.post(pygame.event.Event(pygame.RENDER_DEVICE_RESET))
    assert list(display.requests()) == []
    assert display._window is not None and not display._window._sheets
    display.show(Frame(picture(), 1))
    assert shown(display).any()


def test_two_windows_share_what_there_is() -> None:
    first, second = (Display(Hanging(), is_fullscreen=False) for _ in range(2))
    first.show(Frame(picture(), 0))
    second.show(Frame(picture(), 0))
    first.close()
    second._shut()  # as a monitor that changes would
    second.show(Frame(picture(), NANOSECONDS))
    assert shown(second).any()
    second.close()
    assert not pygame.display.get_init()


def test_keys_have_names(display: Display) -> None:
    for key in (pygame.K_LEFT, pygame.K_UP, pygame.K_n, pygame.K_0):
        press(key)
    pygame.event.post(pygame.event.Event(pygame.WINDOWCLOSE))
    assert display.keys() == ["left", "up", "n", "0", CLOSED]


# --- processes and screens of their own ---------------------------------------------------------------------


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
        from installation.hanging import Hanging
        from installation.stage.display import Display
        display = Display(Hanging(), is_fullscreen=True)
        os.kill(os.getpid(), signal.SIGTERM)
        print([command.name for command in display.requests()])
        display.close()
    """
    assert run_alone(program, SDL_VIDEODRIVER="dummy") == "['QUIT']\n"


@pytest.fixture
def x_server(tmp_path: Path) -> Iterator[str]:
    """The name of an X server of 800 × 600 pixels."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed, and no other X server may be disturbed")
    screen = ["-screen", "0", "800x600x24", "-fbdir", str(tmp_path)]
    command = ["Xvfb", "-displayfd", "1", *screen, "-nolisten", "tcp", "-noreset"]
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
        from installation.hanging import Hanging
        from installation.ports import Frame
        from installation.stage.display import CLOSED, Display, has_screen
        print(has_screen())
        display = Display(Hanging(), is_fullscreen=True)
        for k in range(30):
            display.show(Frame(np.full((64, 64, 3), (200, 100, 50), np.uint8), k))
            list(display.requests())
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


def test_a_picture_moves_by_parts_of_a_pixel_where_a_graphics_card_draws_it(x_server: str) -> None:
    """Of a ramp from left to right, a shift is a change of the mean."""
    program = """
        import numpy as np
        from installation.hanging import Hanging
        from installation.ports import NANOSECONDS, Frame
        from installation.stage.display import Display
        from installation.stage.placement import wander
        from installation.stage.sdl import pygame
        display = Display(Hanging(orbit=8), is_fullscreen=True)
        ramp = np.repeat(np.broadcast_to(np.arange(64, dtype=np.uint8) * 4, (64, 64))[..., None], 3, axis=2)
        def mean(seconds):
            display.show(Frame(ramp, seconds * NANOSECONDS))
            pixels = pygame.surfarray.array3d(display._window._renderer.to_surface())
            return pixels[200:600, 100:500].mean()
        slope = 4 * 64 / (600 - 16)  # a pixel of the screen
        mean(0), display.keys()  # the window has its size now
        for seconds in range(1, 9):
            print((mean(0) - mean(seconds)) / slope, wander(seconds * NANOSECONDS, 8)[0])
        display.close()
    """
    said = run_alone(program, DISPLAY=x_server, SDL_RENDER_DRIVER="opengl")
    shifts = np.array([line.split() for line in said.splitlines()], float)
    assert 0.5 < shifts[:, 1].max() < 1  # of a pixel
    np.testing.assert_allclose(shifts[:, 0], shifts[:, 1], atol=0.06)


def test_a_mode_that_changes_is_followed_without_a_window_manager(x_server: str) -> None:
    if shutil.which("xrandr") is None:
        pytest.skip("xrandr is not installed")
    program = """
        import subprocess, time
        import numpy as np
        from installation.hanging import Hanging
        from installation.ports import Frame
        from installation.stage.display import Display
        def xrandr(*words):
            subprocess.run(["xrandr", *words], check=True)
        def play(until):
            begun = time.monotonic_ns()
            while not until() and time.monotonic_ns() - begun < 20e9:
                display.show(Frame(np.full((64, 64, 3), 99, np.uint8), time.monotonic_ns()))
                assert not list(display.requests())
        display = Display(Hanging(), is_fullscreen=True)
        xrandr("--newmode", "small", "30", "640", "650", "660", "670", "480", "490", "500", "510")
        xrandr("--addmode", "screen", "small")
        for mode, size in (("small", (640, 480)), ("800x600", (800, 600))):
            xrandr("--output", "screen", "--mode", mode)
            play(lambda: display.size_px == size)
            print(display.size_px)
        display.close()
    """
    assert run_alone(program, DISPLAY=x_server) == "(640, 480)\n(800, 600)\n"
