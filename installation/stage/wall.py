"""Every monitor at once, each with a picture of its own: for whoever installs the portrait."""

from dataclasses import replace
from typing import Final

from installation.errors import InputError
from installation.hanging import Hanging
from installation.ports import NANOSECONDS, Frame, Image
from installation.stage.arrangement import Arrangement
from installation.stage.display import Display
from installation.stage.placement import turned
from installation.stage.sdl import SDL_ERRORS, pygame

REDRAW_NS: Final = 2 * NANOSECONDS  # of what may have been covered meanwhile


class Wall:
    """A window on each monitor, in the order in which `Hanging.monitor` counts them. Time never goes back."""

    def __init__(self) -> None:
        """
        Raises:
            InputError: there is no monitor, or a window cannot be opened.
        """
        self._displays: list[Display] = []
        self._shown: dict[int, tuple[Hanging, Frame]] = {}  # by monitor
        self._drawn_ns = 0
        self._open()

    @property
    def sizes_px(self) -> tuple[tuple[int, int], ...]:
        """(width, height) of each, in its own pixels, however it hangs."""
        return tuple(turned(display.size_px, display.hanging.rotation) for display in self._displays)

    def show(self, image: Image, hanging: Hanging, t_ns: int, *, is_private: bool = False) -> None:
        """[H, W, 3] uint8 RGB, the right way up, fills the hanging's monitor, as bright as it can be.

        One of the monitor's size, before it is turned, is shown pixel by pixel. It stays until the next one.
        """
        hung = Hanging(hanging.monitor, hanging.rotation)
        self._shown[hung.monitor] = hung, Frame(image, t_ns, is_private)
        self._draw(hung.monitor, t_ns)

    def keys(self, t_ns: int) -> list[str]:
        """As `Display.keys`, of all windows. They are opened anew when monitors come, go or change."""
        is_changed = self._arrangement.marks() != self._marks
        if is_changed:
            self._shut()
            self._open()
        if is_changed or t_ns - self._drawn_ns >= REDRAW_NS:
            self._drawn_ns = t_ns
            for monitor in range(len(self._displays)):
                self._draw(monitor, t_ns)
        return self._displays[0].keys()

    def close(self) -> None:
        """Give the screens back; a second call does nothing."""
        self._shown.clear()
        self._shut()

    def _draw(self, monitor: int, t_ns: int) -> None:
        if monitor in self._shown:
            hung, frame = self._shown[monitor]
            self._displays[monitor].hanging = hung
            self._displays[monitor].show(replace(frame, t_ns=t_ns))

    def _shut(self) -> None:
        self._arrangement.close()
        while self._displays:
            self._displays.pop().close()

    def _open(self) -> None:
        try:
            pygame.display.init()
            num_monitors = pygame.display.get_num_displays()
        except SDL_ERRORS as error:
            raise InputError(f"window: cannot be opened: {error}") from error
        if not num_monitors:
            pygame.display.quit()
            raise InputError("window: there is no monitor; connect one")
        self._arrangement = Arrangement()
        self._marks = self._arrangement.marks()
        try:
            for monitor in range(num_monitors):
                self._displays.append(Display(Hanging(monitor), is_fullscreen=True))
        except InputError:
            self.close()
            raise
