"""The test card: what a technician sees of a monitor, before a portrait hangs on it.

    four lines about the edge   white, black, white, black, one pixel each: one that is missing is cut off
    band of black and white     whether the edge is there, seen from afar
    grid, ring                  whether a pixel is a pixel, and a circle is round
    arrow                       which way is up
    ramp and patches            greys; 2 % must differ from black, and 98 % from white
    corners                     of what is seen of the portrait, unless it fills the screen
    stripes                     of one pixel: even greys, unless the picture is scaled on its way

Lengths are shares of the screen's shorter side, from its middle: the card is the same on every monitor.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from installation.hanging import Colour, Fit, Hanging
from installation.ports import Image
from installation.stage.lettering import write
from installation.stage.placement import placement, turned

WHITE: Final[Colour] = (255, 255, 255)
BLACK: Final[Colour] = (0, 0, 0)
GROUND: Final[Colour] = (22, 23, 26)
GRID: Final[Colour] = (74, 76, 82)
INK: Final[Colour] = (232, 232, 228)
QUIET: Final[Colour] = (128, 130, 136)
CHOSEN: Final[Colour] = (255, 186, 58)
COLOURS: Final[tuple[Colour, ...]] = (
    (191, 191, 0),
    (0, 191, 191),
    (0, 191, 0),
    (191, 0, 191),
    (191, 0, 0),
    (0, 0, 191),
)  # television's, at three quarters

NUM_EDGE_LINES: Final = 4
NUM_CELLS: Final = 18  # of the grid, along the shorter side
RING: Final = 0.46  # its radius
NEAR_BLACK: Final = (2, 4)  # per cent of the code values
NEAR_WHITE: Final = (96, 98)
UNCHOSEN_LINES: Final = ("← →", "choose this one", "elegir esta")
CHOSEN_LINES: Final = (
    "← →  monitor · pantalla",
    "↑ ↓  turn · girar     F  fit · encuadre",
    "Enter  accept · aceptar",
    "Esc  leave · salir",
)
FIT_WORDS: Final[dict[Fit, str]] = {
    "whole": "whole picture · imagen entera",
    "cover": "whole screen · pantalla llena",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says."""

    monitor_px: tuple[int, int]  # width and height, as the monitor has them
    hanging: Hanging
    is_chosen: bool = False


def drawn_card(card: Card) -> Image:
    """[H, W, 3] uint8 RGB, the right way up: of the monitor's size, before it is turned."""
    width, height = turned(card.monitor_px, card.hanging.rotation)
    image = np.empty((height, width, 3), np.uint8)
    image[:] = GROUND
    _draw_grid(image)
    if card.is_chosen:
        _draw_frame(image, card.hanging)
    _draw_ring(image, card)
    _draw_stripes(image)
    picture = Pillow.fromarray(image)
    _Drawing(ImageDraw.Draw(picture), width, height, min(width, height)).draw(card)
    image = np.array(picture)
    _draw_edges(image)
    return image


def grid_px(width: int, height: int) -> int:
    """From a line of the grid to the next, in pixels."""
    return max(4, min(width, height) // NUM_CELLS)


def code(percent: float) -> int:
    """The code value of a grey that is given in per cent."""
    return round(255 * percent / 100)


# -- pixels --------------------------------------------------------------------------------------------------


def _draw_grid(image: Image) -> None:
    """Lines of one pixel from the middle outwards; two of them are the middle."""
    height, width, _ = image.shape
    pitch = grid_px(width, height)
    image[:, width // 2 % pitch :: pitch] = GRID
    image[height // 2 % pitch :: pitch] = GRID


def _draw_ring(image: Image, card: Card) -> None:
    """A disc for the lettering, and a ring whose edges are smoothed by its distance from each pixel."""
    height, width, _ = image.shape
    side = min(width, height)
    radius, half = RING * side, side * (0.006 if card.is_chosen else 0.0025)
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)
    distance = np.hypot(x - np.float32((width - 1) / 2), y - np.float32((height - 1) / 2))
    image[distance < radius] = GROUND
    is_ring = np.abs(distance - radius) < half + 1
    share = np.clip(half + 0.5 - np.abs(distance[is_ring] - radius), 0, 1)[:, None]
    colour = np.array(CHOSEN if card.is_chosen else QUIET)
    image[is_ring] = np.rint(image[is_ring] * (1 - share) + colour * share).astype(np.uint8)


def _draw_frame(image: Image, hanging: Hanging) -> None:
    """The corners of what is seen of the portrait, which is a square."""
    height, width, _ = image.shape
    side = min(width, height)
    hung = replace(hanging, rotation=0)  # it is drawn the right way up
    left, top, right, bottom = map(round, placement((side, side), (width, height), hung).aperture)
    arm, thickness = round(0.09 * side), max(2, round(0.004 * side))
    seen = image[top:bottom, left:right]
    for corner in (seen, seen[::-1], seen[:, ::-1], seen[::-1, ::-1]):
        corner[:thickness, :arm] = corner[:arm, :thickness] = CHOSEN


def _draw_stripes(image: Image) -> None:
    """Upright, level and chequered: between the patches."""
    height, width, _ = image.shape
    side = min(width, height)
    y, x = np.indices((round(0.06 * side), round(0.06 * side)))
    top = height // 2 + round(0.12 * side)
    for number, is_white in enumerate((x % 2 == 0, y % 2 == 0, (x + y) % 2 == 0)):
        left = width // 2 + round((0.075 * number - 0.105) * side)
        image[top : top + y.shape[0], left : left + x.shape[1]] = np.where(is_white[..., None], 255, 0)


def _draw_edges(image: Image) -> None:
    """The band, and the lines about it, to the last pixel."""
    height, width, _ = image.shape
    block = max(8, min(width, height) // 40)
    across, down = (_blocks(length, block) for length in (width, height))
    for depth in range(block):
        is_line = depth < NUM_EDGE_LINES
        grey = 255 * (1 - depth % 2)
        for row in (depth, height - 1 - depth):
            image[row, depth : width - depth] = grey if is_line else across[depth : width - depth]
        for column in (depth, width - 1 - depth):
            image[depth : height - depth, column] = grey if is_line else down[depth : height - depth]


def _blocks(length: int, block: int) -> NDArray[np.uint8]:
    """[length, 1]: white and black in turn, from both ends to the middle."""
    place = np.arange(length)
    is_white = np.minimum(place, length - 1 - place) // block % 2 == 0
    return np.where(is_white, 255, 0).astype(np.uint8)[:, None]


# -- lettering and patches -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drawing:
    drawing: ImageDraw.ImageDraw
    width: int
    height: int
    side: int

    def draw(self, card: Card) -> None:
        width, height = card.monitor_px
        self._arrow()
        self._write("UP · ARRIBA", -0.342, 0.04, INK, 0.5)
        self._write(str(card.hanging.monitor), -0.212, 0.24, CHOSEN if card.is_chosen else QUIET, 0.6)
        turn = f" · {card.hanging.rotation}°" if card.hanging.rotation else ""
        self._write(f"{width} × {height}{turn}", -0.092, 0.046, INK, 0.8)
        if card.is_chosen:
            self._write(FIT_WORDS[card.hanging.fit], -0.046, 0.034, INK, 0.8)
        self._cross()
        self._ramp()
        self._patches()
        for number, line in enumerate(CHOSEN_LINES if card.is_chosen else UNCHOSEN_LINES):
            self._write(line, 0.265 + 0.047 * number, 0.036, INK, 0.72 - 0.1 * number)

    def _arrow(self) -> None:
        tip, left, right = self._at(0, -0.435), self._at(-0.045, -0.375), self._at(0.045, -0.375)
        self.drawing.polygon([tip, left, right], fill=INK)

    def _cross(self) -> None:
        """Its lines meet in the pixel where the grid's do."""
        x, y, arm = self.width // 2, self.height // 2, round(0.02 * self.side)
        self.drawing.line([(x - arm, y), (x + arm, y)], fill=WHITE)
        self.drawing.line([(x, y - arm), (x, y + arm)], fill=WHITE)

    def _ramp(self) -> None:
        for number in range(11):
            left = (number - 5.5) * 0.072
            grey = code(10 * number)
            self._box(left, 0.03, left + 0.072, 0.09, (grey, grey, grey))
            self._write(f"{10 * number}", 0.102, 0.018, QUIET, x=left + 0.036)
        for number, colour in enumerate(COLOURS):
            left = (number - 3) * 0.11
            self._box(left, 0.212, left + 0.11, 0.232, colour)

    def _patches(self) -> None:
        """Black with two greys that are nearly black, and white with two that are nearly white."""
        for left, ground, percents in ((-0.396, 0, NEAR_BLACK), (0.132, 100, NEAR_WHITE)):
            self._box(left, 0.12, left + 0.264, 0.18, (code(ground),) * 3)
            for number, percent in enumerate(percents):
                x = left + 0.034 + 0.112 * number
                self._box(x, 0.132, x + 0.084, 0.168, (code(percent),) * 3)
                self._write(f"{percent} %", 0.193, 0.018, QUIET, x=x + 0.042)

    def _write(
        self, text: str, y: float, size: float, colour: Colour, room: float = 1, *, x: float = 0
    ) -> None:
        write(self.drawing, text, self._at(x, y), size * self.side, colour, room * self.side)

    def _box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """As far as, and without, the pixel at right and bottom: neighbours meet, and do not overlap."""
        (x0, y0), (x1, y1) = self._at(left, top), self._at(right, bottom)
        self.drawing.rectangle((x0, y0, x1 - 1, y1 - 1), fill=colour)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return round(self.width / 2 + x * self.side), round(self.height / 2 + y * self.side)
