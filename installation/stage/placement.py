"""Where a picture goes on a screen of another shape: whole or cut, inside its passe-partout, and wandering.

Whatever stands still for months burns into a panel, and edges first. So the picture wanders on a Lissajous
figure of `Hanging.orbit` pixels, at half a pixel a second at most, by parts of pixels: a function of time.
"""

from dataclasses import dataclass
from math import ceil, pi, sin
from typing import Final, NamedTuple, Self

from installation.hanging import Hanging
from installation.ports import NANOSECONDS

MOST_LINEAR: Final = 2.5
MOST_DOUBLED_PX: Final = 1024
ORBIT_PERIODS_S: Final = (419, 557)  # across and down; primes: the figure closes after two and a half days


class Box(NamedTuple):
    """A rectangle in whole pixels, in pygame's order; (0, 0) is the upper left corner."""

    left: int
    top: int
    width: int
    height: int


class Area(NamedTuple):
    """A rectangle in pixels and parts of pixels, by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, edge: float) -> Self:
        return self._replace(
            left=self.left - edge, top=self.top - edge, right=self.right + edge, bottom=self.bottom + edge
        )

    def moved(self, across: float, down: float) -> Self:
        return self._replace(
            left=self.left + across, top=self.top + down, right=self.right + across, bottom=self.bottom + down
        )


@dataclass(frozen=True, slots=True)
class Placement:
    """In pixels of the screen."""

    picture: Area  # where the whole picture lies, …
    aperture: Area  # … and what is seen of it; everything else is surround


def letterbox(picture_px: tuple[int, int], window_px: tuple[int, int]) -> Box:
    """Where a picture (width, height) goes in a window (width, height): as large as fits, in the middle."""
    width, height = _scaled(picture_px, window_px, is_cover=False)
    return Box((window_px[0] - width) // 2, (window_px[1] - height) // 2, width, height)


def turned(size_px: tuple[int, int], rotation: int) -> tuple[int, int]:
    """(width, height) of a picture after `rotation` degrees."""
    return size_px if rotation % 180 == 0 else (size_px[1], size_px[0])


def placement(
    picture_px: tuple[int, int], screen_px: tuple[int, int], hanging: Hanging, t_ns: int = 0
) -> Placement:
    """Where a picture (width, height) goes on a screen (width, height) at show time `t_ns`.

    The picture's size is the one before `hanging.rotation`, the screen's that of the panel's own pixels. At
    rest all edges lie on whole pixels: a picture that is as large as its aperture is shown pixel by pixel.
    """
    size = turned(picture_px, hanging.rotation)
    margin = round(min(screen_px) * hanging.margin)
    shift = wander(t_ns, hanging.orbit)
    reach = ceil(hanging.orbit)
    if hanging.fit == "whole":
        at_rest = _centred(_scaled(size, _inset(screen_px, margin + reach), is_cover=False), screen_px)
        aperture = at_rest.moved(*shift)
        return Placement(_overlapping(aperture, hanging.orbit), aperture)
    if margin == 0:  # the edges are the panel's own; the picture goes beyond them by as much as it wanders
        at_rest = _centred(_scaled(size, _inset(screen_px, -reach), is_cover=True), screen_px)
        return Placement(at_rest.moved(*shift), Area(0, 0, *screen_px))
    room = _inset(screen_px, margin)
    aperture = _centred(room, screen_px).moved(*shift)
    at_rest = _centred(_scaled(size, room, is_cover=True), screen_px)
    return Placement(_overlapping(at_rest.moved(*shift), hanging.orbit), aperture)


def num_doublings(picture_px: tuple[int, int], shown_px: float) -> int:
    """How often a picture is doubled before the graphics card enlarges it to be `shown_px` wide.

    The card's filter is linear: far enlarged, slanting edges have steps. So it is left with MOST_LINEAR at
    most, unless that would take a picture beyond MOST_DOUBLED_PX.
    """
    width, height = picture_px
    number = 0
    while (
        shown_px > MOST_LINEAR * (width << number) and max(width, height) << (number + 1) <= MOST_DOUBLED_PX
    ):
        number += 1
    return number


def wander(t_ns: int, orbit: float) -> tuple[float, float]:
    """How far the picture is from its place, across and down, in pixels in [−orbit, orbit]; (0, 0) at 0."""
    across, down = (
        orbit * sin(2 * pi * (t_ns % (period_s * NANOSECONDS)) / (period_s * NANOSECONDS))
        for period_s in ORBIT_PERIODS_S
    )
    return across, down


def surround_of(aperture: Area, screen_px: tuple[int, int]) -> list[tuple[Box, float]]:
    """What covers a screen (width, height) outside an aperture: boxes, and how opaque each is, in (0, 1].

    An edge within a pixel is a line that covers as much of it as lies outside: it glides when it wanders,
    where it would otherwise jump from pixel to pixel.
    """
    width, height = screen_px
    left, top = max(aperture.left, 0.0), max(aperture.top, 0.0)
    right, bottom = min(aperture.right, float(width)), min(aperture.bottom, float(height))
    boxes = [
        (Box(0, 0, int(left), height), 1.0),
        (Box(int(left), 0, 1, height), left - int(left)),
        (Box(ceil(right), 0, width - ceil(right), height), 1.0),
        (Box(ceil(right) - 1, 0, 1, height), ceil(right) - right),
        (Box(0, 0, width, int(top)), 1.0),
        (Box(0, int(top), width, 1), top - int(top)),
        (Box(0, ceil(bottom), width, height - ceil(bottom)), 1.0),
        (Box(0, ceil(bottom) - 1, width, 1), ceil(bottom) - bottom),
    ]
    return [(box, share) for box, share in boxes if box.width > 0 and box.height > 0 and share > 0]


def _overlapping(picture: Area, orbit: float) -> Area:
    """The picture of an edge that wanders goes on beneath it."""
    return picture.grown(1) if orbit else picture


def _inset(size_px: tuple[int, int], edge: int) -> tuple[int, int]:
    return max(size_px[0] - 2 * edge, 1), max(size_px[1] - 2 * edge, 1)


def _centred(size_px: tuple[int, int], screen_px: tuple[int, int]) -> Area:
    left, top = (screen_px[0] - size_px[0]) // 2, (screen_px[1] - size_px[1]) // 2
    return Area(left, top, left + size_px[0], top + size_px[1])


def _scaled(picture_px: tuple[int, int], room_px: tuple[int, int], *, is_cover: bool) -> tuple[int, int]:
    """The size at which a picture is as large as it fits in a room, or as small as it covers it."""
    (width, height), (room_width, room_height) = picture_px, room_px
    is_room_narrower = room_width * height <= room_height * width
    if is_room_narrower != is_cover:
        return room_width, max(round(room_width * height / width), 1)
    return max(round(room_height * width / height), 1), room_height
