"""A picture in a window of another shape: as large as fits, centred, its aspect kept."""

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels, in the order in which pygame takes one; (0, 0) is the upper left corner."""

    left: int
    top: int
    width: int
    height: int


def letterbox(picture_px: tuple[int, int], window_px: tuple[int, int]) -> Box:
    """Where a picture (width, height) goes in a window (width, height); what is left over stays black."""
    picture_width, picture_height = picture_px
    window_width, window_height = window_px
    if window_width * picture_height <= window_height * picture_width:  # the window is the narrower one
        width, height = window_width, round(window_width * picture_height / picture_width)
    else:
        width, height = round(window_height * picture_width / picture_height), window_height
    width, height = max(width, 1), max(height, 1)
    return Box((window_width - width) // 2, (window_height - height) // 2, width, height)
