"""The screen: frames in a window that is hung on a monitor, and the few keys of the person who stands at it.

A show hangs for months, and monitors are switched off, unplugged, asleep, or given another mode meanwhile.
Whatever happens to the window, the show goes on, and the window is opened anew: on the monitor that was asked
for, on the first one while that is away. Time is show time, so that all of it can be rehearsed.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

import cv2
import numpy as np

from installation.errors import InputError
from installation.hanging import Hanging
from installation.ports import NANOSECONDS, Command, Frame
from installation.stage.arrangement import Arrangement
from installation.stage.placement import turned
from installation.stage.sdl import SDL_ERRORS, pygame
from installation.stage.tone import Fade, tone_of, toned
from installation.stage.window import Window

SCREENLESS_DRIVERS: Final = {"dummy", "offscreen"}  # without a screen, SDL itself falls back to "offscreen"
FADE_S: Final = 2.0
LOOK_NS: Final = 200_000_000  # so often the monitors are looked at, …
SETTLE_NS: Final = 500_000_000  # … and this long they have to be as they are: they change in bursts
FIRST_WAIT_NS: Final = 250_000_000  # before a window that was lost is opened anew, doubled each time, …
LONGEST_WAIT_NS: Final = 2 * NANOSECONDS  # … up to this
CALM_NS: Final = 60 * NANOSECONDS  # after so long without trouble, the next is a new one
DARK_NS: Final = NANOSECONDS  # so often what is dark, and stays so, is shown again

CLOSED: Final = "closed"  # the key that is no key: the window is to be closed
KEYS: Final = {
    "escape": Command.QUIT,
    CLOSED: Command.QUIT,
    "f": Command.TOGGLE_FULLSCREEN,
    "space": Command.GO,
    "return": Command.AGREE,
    "enter": Command.AGREE,
    "delete": Command.ERASE,
    "backspace": Command.ERASE,
    "s": Command.REPORT,
}
CLOSING: Final = {pygame.QUIT, pygame.WINDOWCLOSE}  # QUIT also comes for SIGTERM, from a service manager


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
    """A Sink that is a window: fullscreen on a monitor, or resizable. There may be several at a time.

    `fade_s` is how long the picture takes to come out of the dark, first and whenever the doors open, and to
    go into it. `say` is told in a line that the window was lost.
    """

    _num_open = 0  # windows share SDL

    def __init__(
        self,
        hanging: Hanging,
        *,
        is_fullscreen: bool,
        fade_s: float = 0.0,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """
        Raises:
            InputError: there is no such monitor, or no window can be opened.
        """
        self.hanging = hanging  # may be changed while it hangs; its monitor counts when the window is opened
        self._say = say
        self._is_fullscreen = is_fullscreen
        self._fade = Fade(round(fade_s * NANOSECONDS))
        self._window: Window | None = None
        self._arrangement: Arrangement | None = None
        self._is_closed = self._allowed_screensaver = False
        self._looked_ns = self._retry_ns = self._trouble_ns = 0
        self._changed_ns: int | None = None  # when the monitors did; None: they are as they were
        self._wait_ns = 0  # before the latest attempt; 0: there was none
        self._darkened_ns: int | None = None  # when the dark was shown last; None: there is light, or may be
        Display._num_open += 1
        try:
            pygame.display.init()
            self._driver = pygame.display.get_driver()
            self._allowed_screensaver = pygame.display.get_allow_screensaver()
            num_monitors = pygame.display.get_num_displays()
            if not 0 <= hanging.monitor < num_monitors:
                raise InputError(f"window: there is no monitor {hanging.monitor}; {_known(num_monitors)}")
            self._open()
        except SDL_ERRORS as error:
            self.close()
            raise InputError(f"window: cannot be opened: {error}") from error
        except InputError:
            self.close()
            raise

    # -- the picture -----------------------------------------------------------------------------------------

    @property
    def is_fullscreen(self) -> bool:
        return self._is_fullscreen

    @property
    def is_lost(self) -> bool:
        """Whether there is no window now: what is shown is seen by nobody."""
        return self._window is None

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the screen as whoever stands before it sees it: turned by the rotation."""
        width, height = self._window.size_px if self._window else (1, 1)
        return turned((width, height), self.hanging.rotation)

    def show(self, frame: Frame) -> None:
        """Draw `frame.image` [H, W, 3] uint8 RGB, as it hangs. Waits for the monitor, if that can be."""
        try:
            self._look(frame.t_ns)
            if self._window is None:
                if frame.t_ns < self._retry_ns:
                    return
                self._reopen()
            self._draw(frame)
        except SDL_ERRORS as error:
            self._lose(error, frame.t_ns)

    def _draw(self, frame: Frame) -> None:
        """A dark frame has no picture: the one before fades away, at once if it was private."""
        assert self._window is not None
        is_lit = not frame.is_dark
        self._fade = self._fade.towards(frame.t_ns, is_lit=is_lit)
        if not is_lit and self._window.is_private:
            self._fade = Fade(self._fade.duration_ns)
        light, tone = self._fade.light(frame.t_ns), tone_of(self.hanging)
        is_dark = not is_lit and light == 0
        if is_dark and self._darkened_ns is not None and frame.t_ns - self._darkened_ns < DARK_NS:
            return
        self._darkened_ns = frame.t_ns if is_dark else None
        if is_lit or light == 0:
            picture = frame.image if tone is None else np.asarray(cv2.LUT(frame.image, tone), np.uint8)
            self._window.put(picture, self.hanging, is_private=frame.is_private)
        self._window.present(
            self.hanging, frame.t_ns, surround=toned(self.hanging.surround, tone, light), light=light
        )

    # -- the person at the keyboard --------------------------------------------------------------------------

    def requests(self) -> Iterator[Command]:
        """Esc or a closed window: QUIT. Space: GO. Enter: AGREE. Del, backspace: ERASE. S: REPORT.

        F: TOGGLE_FULLSCREEN, done already when you read it.
        """
        asked = [KEYS[key] for key in self.keys() if key in KEYS]
        for _ in range(asked.count(Command.TOGGLE_FULLSCREEN)):
            self._toggle_fullscreen()
        return iter(asked)

    def keys(self) -> list[str]:
        """The names of the keys pressed since the last call, in any window: "left", "f", …, or CLOSED."""
        if not pygame.display.get_init():
            return []
        names = []
        for event in pygame.event.get():
            if event.type in CLOSING:
                names.append(CLOSED)
            elif event.type == pygame.KEYDOWN:
                names.append(pygame.key.name(event.key))
            elif event.type == pygame.RENDER_DEVICE_RESET and self._window:
                self._window.forget_pictures()
        return names

    def _toggle_fullscreen(self) -> None:
        self._is_fullscreen = not self._is_fullscreen
        try:
            self._spread()
        except SDL_ERRORS:
            self._shut()  # and the next frame opens it as it is to be

    def _spread(self) -> None:
        self._darkened_ns = None
        if self._window:
            self._window.set_fullscreen(is_fullscreen=self._is_fullscreen)
        pygame.mouse.set_visible(not self._is_fullscreen)
        pygame.display.set_allow_screensaver(self._allowed_screensaver and not self._is_fullscreen)

    # -- the window, whatever happens to it ------------------------------------------------------------------

    def _open(self) -> None:
        monitor, num_monitors = self.hanging.monitor, pygame.display.get_num_displays()
        self._arrangement = Arrangement()
        self._marks = self._arrangement.marks()
        self._window = Window(monitor if monitor < num_monitors else 0)
        self._spread()

    def _reopen(self) -> None:
        if Display._num_open == 1:  # only an SDL that is new asks for the monitors' modes
            pygame.display.quit()
            pygame.display.init()
            if pygame.display.get_driver() != self._driver:
                raise pygame.error("there is no screen")
        self._open()

    def _look(self, t_ns: int) -> None:
        """Close the window when the monitors have changed, and come to rest."""
        if self._arrangement is None or t_ns - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = t_ns
        marks = self._arrangement.marks()
        if marks != self._marks:
            self._marks, self._changed_ns = marks, t_ns
        elif self._changed_ns is not None and t_ns - self._changed_ns >= SETTLE_NS:
            self._changed_ns = None
            self._shut()

    def _lose(self, error: Exception, t_ns: int) -> None:
        """Do without the window for a while; the first time say so."""
        if self._wait_ns == 0 or t_ns - self._trouble_ns >= CALM_NS:
            self._wait_ns = FIRST_WAIT_NS
            self._say(f"window: lost: {error}; the show goes on, and it is opened anew when it can be")
        else:
            self._wait_ns = min(2 * self._wait_ns, LONGEST_WAIT_NS)
        self._trouble_ns, self._retry_ns = t_ns, t_ns + self._wait_ns
        self._shut()

    def _shut(self) -> None:
        if self._window:
            with suppress(*SDL_ERRORS):
                self._window.close()
        if self._arrangement:
            self._arrangement.close()
        self._window = self._arrangement = None

    def close(self) -> None:
        """Give the screen back; a second call does nothing."""
        if not self._is_closed:
            self._shut()
            self._leave()

    def _leave(self) -> None:
        self._is_closed = True
        Display._num_open -= 1
        if pygame.display.get_init():
            pygame.mouse.set_visible(True)
            pygame.display.set_allow_screensaver(self._allowed_screensaver)
            if Display._num_open == 0:
                pygame.display.quit()


def _known(num_monitors: int) -> str:
    return "there is only monitor 0" if num_monitors == 1 else f"there are 0 to {num_monitors - 1}"
