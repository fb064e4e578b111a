"""The window: frames on a monitor, and the few keys of the person who stands at it.

Drawn by SDL's renderer (pygame's `_sdl2.video`) and not by `pygame.display`: the graphics card scales with a
linear filter and presents with the monitor's refresh; `smoothscale` would scale on the CPU and tear. The
underscore says that its names may move between releases of pygame; this module is the only one that knows
them.
"""

import os
import sys
from collections.abc import Iterator

import cv2
import numpy as np

from installation.errors import InputError
from installation.ports import Command, Frame
from installation.stage.letterbox import letterbox

# Both are read by pygame's import or later. It would greet on standard output, which carries results.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
os.environ.setdefault("SDL_RENDER_SCALE_QUALITY", "linear")

import pygame
from pygame._sdl2 import video

SCREENLESS_DRIVERS = {"dummy", "offscreen"}  # where there is no screen, SDL itself falls back to "offscreen"
CENTRED_ON_MONITOR = 0x2FFF0000  # SDL_WINDOWPOS_CENTERED_DISPLAY(k) is this | k
TITLE = "Living Portrait"
WINDOWED_PX = (768, 768)
KEYS = {
    pygame.K_ESCAPE: Command.QUIT,
    pygame.K_f: Command.TOGGLE_FULLSCREEN,
    pygame.K_SPACE: Command.GO,
    pygame.K_RETURN: Command.AGREE,
    pygame.K_KP_ENTER: Command.AGREE,
    pygame.K_DELETE: Command.ERASE,
    pygame.K_BACKSPACE: Command.ERASE,
}  # fmt: skip
CLOSING = {pygame.QUIT, pygame.WINDOWCLOSE}  # QUIT also comes for SIGTERM, from a service manager


def has_screen() -> bool:
    """Whether a window would be seen by anybody: X11, Wayland, KMS, Windows or macOS can be opened."""
    if sys.platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        # No desktop: only the console is left to ask, and asking Wayland prints errors.
        os.environ.setdefault("SDL_VIDEODRIVER", "kmsdrm")
    was_open = pygame.display.get_init()
    try:
        pygame.display.init()
        return pygame.display.get_driver() not in SCREENLESS_DRIVERS
    except pygame.error:
        return False
    finally:
        if not was_open:
            pygame.display.quit()


class Display:
    """A Sink that is a window: fullscreen on one monitor, or resizable. Monitors are counted from 0."""

    def __init__(self, *, is_fullscreen: bool = True, monitor: int = 0) -> None:
        try:
            pygame.display.init()
            _check_monitor(monitor)
            self._monitor = monitor
            self._centre = (CENTRED_ON_MONITOR | monitor, CENTRED_ON_MONITOR | monitor)
            self._window = video.Window(TITLE, WINDOWED_PX, self._centre, resizable=True, allow_highdpi=True)
            self._renderer = video.Renderer(self._window, vsync=True)
        except pygame.error as error:
            pygame.display.quit()
            raise InputError(f"window: cannot be opened: {error}") from error
        self._is_fullscreen = False
        self._reserve(1, 1)
        if is_fullscreen:
            self._toggle_fullscreen()

    @property
    def is_fullscreen(self) -> bool:
        return self._is_fullscreen

    def show(self, frame: Frame) -> None:
        """Draw `frame.image` [H, W, 3] uint8 RGB, as large as it fits, on black."""
        height, width, _ = frame.image.shape
        if self._pixels.shape[:2] != (height, width):
            self._reserve(width, height)
        cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGRA, dst=self._pixels)
        self._texture.update(self._surface)
        self._renderer.clear()
        # The viewport, not window.size: on a high-density screen a window has more pixels than its size says.
        self._texture.draw(dstrect=letterbox((width, height), self._renderer.get_viewport().size))
        self._renderer.present()

    def commands(self) -> Iterator[Command]:
        """Esc or a closed window: QUIT. Space: GO. Enter: AGREE. Del, backspace: ERASE.

        F: TOGGLE_FULLSCREEN, done already when you read it.
        """
        asked = [command for event in pygame.event.get() if (command := _command(event))]
        for _ in range(asked.count(Command.TOGGLE_FULLSCREEN)):
            self._toggle_fullscreen()
        return iter(asked)

    def close(self) -> None:
        """Give the screen back; a second call does nothing."""
        if pygame.display.get_init():
            del self._texture, self._renderer  # SDL wants them gone before their window
            self._window.destroy()
            pygame.mouse.set_visible(True)
            pygame.display.quit()

    def _reserve(self, width: int, height: int) -> None:
        """One buffer for all frames of this size, in the texture's own order of bytes."""
        self._pixels = np.zeros((height, width, 4), np.uint8)
        # The surface shares the pixels: writing them is drawing.
        self._surface = pygame.image.frombuffer(self._pixels.data, (width, height), "BGRA")
        self._texture = video.Texture(self._renderer, (width, height), streaming=True)

    def _toggle_fullscreen(self) -> None:
        self._is_fullscreen = not self._is_fullscreen
        if self._is_fullscreen:
            # A bare X server has no window manager to stretch the window: it is stretched here first.
            self._window.borderless = True
            self._window.size = pygame.display.get_desktop_sizes()[self._monitor]
            self._window.position = self._centre
            self._window.set_fullscreen(desktop=True)  # the desktop's own mode: no monitor resynchronises
        else:
            self._window.set_windowed()
            self._window.borderless = False
            self._window.size = WINDOWED_PX
            self._window.position = self._centre
        pygame.mouse.set_visible(not self._is_fullscreen)


def _check_monitor(monitor: int) -> None:
    num_monitors = pygame.display.get_num_displays()
    if not 0 <= monitor < num_monitors:
        pygame.display.quit()
        known = "there is only monitor 0" if num_monitors == 1 else f"there are 0 to {num_monitors - 1}"
        raise InputError(f"window: there is no monitor {monitor}; {known}")


def _command(event: pygame.event.Event) -> Command | None:
    if event.type in CLOSING:
        return Command.QUIT
    return KEYS.get(event.key) if event.type == pygame.KEYDOWN else None
