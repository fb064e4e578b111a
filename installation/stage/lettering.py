"""Lines of text on a picture, large enough for whoever stands before it."""

from functools import cache
from pathlib import Path
from typing import Final

import matplotlib as mpl
from PIL.ImageDraw import ImageDraw
from PIL.ImageFont import FreeTypeFont, truetype

from installation.hanging import Colour

SMALLEST_PX: Final = 8


def write(
    drawing: ImageDraw,
    text: str,
    middle: tuple[float, float],
    size_px: float,
    colour: Colour,
    room_px: float = float("inf"),
) -> None:
    """A line, its middle at a point; as large as asked for, or as the room's width allows."""
    size = max(SMALLEST_PX, round(size_px))
    width = lettering(size).getlength(text)
    if width > room_px:
        size = max(SMALLEST_PX, int(size * room_px / width))
    place = round(middle[0]), round(middle[1])
    drawing.text(place, text, fill=colour, font=lettering(size), anchor="mm")


@cache
def lettering(size_px: int) -> FreeTypeFont:
    """DejaVu Sans Bold, which matplotlib brings: it has accents and arrows."""
    return truetype(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf"), size_px)
