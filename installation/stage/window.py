"""SDL's window and renderer: one picture in it, scaled by the graphics card, in a surround.

pygame's `_sdl2.video` and not `pygame.display`, whose surfaces are scaled on the CPU, and tear. The
underscore says that its names may move between releases; nobody else knows them.
"""

from collections import OrderedDict
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from installation.hanging import Colour, Hanging
from installation.ports import Image
from installation.stage.placement import Placement, num_doublings, placement, surround_of, turned
from installation.stage.sdl import SDL_ERRORS, pygame, video

CENTRED_ON_MONITOR: Final = 0x2FFF0000  # SDL_WINDOWPOS_CENTERED_DISPLAY(k) is this | k
TITLE: Final = "Living Portrait"
WINDOWED_PX: Final = (768, 768)
TURNS: Final = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
MOST_SHEETS: Final = 4  # sizes of pictures that may alternate
FINENESS: Final = 64  # pygame takes whole numbers: places are told in so many parts of a pixel


class Window:
    """A window in the middle of a monitor (from 0), not yet fullscreen. SDL's errors are SDL_ERRORS."""

    def __init__(self, monitor: int) -> None:
        self._monitor = monitor
        self._centre = (CENTRED_ON_MONITOR | monitor, CENTRED_ON_MONITOR | monitor)
        self._window = video.Window(TITLE, WINDOWED_PX, self._centre, resizable=True, allow_highdpi=True)
        self._renderer = _renderer(self._window)
        self._sheets: OrderedDict[tuple[int, int], _Sheet] = OrderedDict()
        self._shown: _Sheet | None = None

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of what there is to draw on: more than the window's size where pixels are dense."""
        width, height = self._renderer.get_viewport().size
        return width, height

    @property
    def is_private(self) -> bool:
        """Whether the picture there is was put as a private one."""
        return self._shown is not None and self._shown.is_private

    def put(self, picture: Image, hanging: Hanging, *, is_private: bool = False) -> None:
        """Have this picture [H, W, 3] in the place of the one before. Nothing is shown yet.

        Of one that was private nothing is kept.
        """
        if hanging.rotation:
            picture = np.asarray(cv2.rotate(picture, TURNS[hanging.rotation]), np.uint8)
        size_px = (picture.shape[1], picture.shape[0])
        place = self._placement(size_px, hanging, 0).picture
        for number in range(num_doublings(size_px, place.right - place.left)):
            size_px = (2 * size_px[0], 2 * size_px[1])
            # Cubic is the sharper one, but cubic again and again weaves a pattern.
            interpolation = cv2.INTER_LINEAR if number else cv2.INTER_CUBIC
            picture = np.asarray(cv2.resize(picture, size_px, interpolation=interpolation), np.uint8)
        if self._shown and self._shown.is_private and self._shown.size_px != size_px:
            self._sheets.pop(self._shown.size_px).wipe()
        if size_px not in self._sheets:
            while len(self._sheets) >= MOST_SHEETS:
                self._sheets.popitem(last=False)
            self._sheets[size_px] = _Sheet(self._renderer, size_px)
        self._sheets.move_to_end(size_px)
        self._shown = self._sheets[size_px]
        self._shown.is_private = is_private
        self._shown.draw(picture)

    def present(self, hanging: Hanging, t_ns: int, *, surround: Colour, light: float) -> None:
        """Show the picture that was put, dimmed to `light` in [0, 1], where it hangs at show time `t_ns`.

        Waits for the monitor, if it can be waited for.
        """
        renderer, sheet = self._renderer, self._shown
        renderer.draw_color = (*surround, 255)
        renderer.clear()
        if sheet and light > 0:
            place = self._placement(sheet.size_px, hanging, t_ns)
            level = round(255 * light)
            sheet.texture.color = (level, level, level, 255)
            left, top, right, bottom = (round(edge * FINENESS) for edge in place.picture)
            renderer.scale = (1 / FINENESS, 1 / FINENESS)
            sheet.texture.draw(dstrect=(left, top, right - left, bottom - top))
            renderer.scale = (1, 1)
            renderer.draw_blend_mode = pygame.BLENDMODE_BLEND
            for box, share in surround_of(place.aperture, self.size_px):
                renderer.draw_color = (*surround, round(255 * share))
                renderer.fill_rect(box)
        renderer.present()

    def _placement(self, turned_px: tuple[int, int], hanging: Hanging, t_ns: int) -> Placement:
        """Of a picture that has been turned already."""
        return placement(turned(turned_px, -hanging.rotation), self.size_px, hanging, t_ns)

    def forget_pictures(self) -> None:
        """Let go of all textures: the graphics card has lost them, or the window is closed."""
        for sheet in self._sheets.values():
            sheet.pixels[:] = 0  # what is freed is not wiped
        self._sheets.clear()
        self._shown = None

    def set_fullscreen(self, *, is_fullscreen: bool) -> None:
        if is_fullscreen:
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

    def close(self) -> None:
        self.forget_pictures()
        del self._renderer  # SDL wants it gone before its window
        self._window.destroy()


class _Sheet:
    """A texture, and the pixels that go into it: one for all pictures of a size."""

    def __init__(self, renderer: video.Renderer, size_px: tuple[int, int]) -> None:
        self.size_px = size_px
        self.is_private = False
        self.pixels: NDArray[np.uint8] = np.zeros((size_px[1], size_px[0], 4), np.uint8)
        # In the texture's own order of bytes. The surface shares the pixels: writing them is drawing.
        self._surface = pygame.image.frombuffer(self.pixels.data, size_px, "BGRA")
        self.texture = video.Texture(renderer, size_px, streaming=True)

    def draw(self, picture: Image) -> None:
        cv2.cvtColor(picture, cv2.COLOR_RGB2BGRA, dst=self.pixels)
        self.texture.update(self._surface)

    def wipe(self) -> None:
        self.pixels[:] = 0
        self.texture.update(self._surface)


def _renderer(window: video.Window) -> video.Renderer:
    """The graphics card's, in step with its monitor; without one SDL's own.

    That one is not asked to keep in step: it would do so by sleeping whole milliseconds.
    """
    try:
        return video.Renderer(window, accelerated=1, vsync=True)
    except SDL_ERRORS:
        return video.Renderer(window, accelerated=0)
