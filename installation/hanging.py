"""How the picture hangs: which screen, which way up, what surrounds it, and how bright it is.

A part of a site.yaml that the window needs and the technician's command finds out. PURE; imports nothing.
"""

from dataclasses import dataclass
from typing import Final, Literal

Fit = Literal["whole", "cover"]
FITS: Final[tuple[Fit, ...]] = ("whole", "cover")
ROTATIONS: Final = (0, 90, 180, 270)
Colour = tuple[int, int, int]  # red, green, blue, each from 0 to 255
BLACK: Final[Colour] = (0, 0, 0)
DPMS: Final = "dpms"  # the display's own way of being switched off, as far as the system knows it


@dataclass(frozen=True, slots=True)
class Hanging:
    """Ranges are checked where a site.yaml is read."""

    monitor: int = 0  # from 0
    rotation: int = 0  # one of ROTATIONS: by how many degrees everything shown is turned clockwise
    fit: Fit = "whole"  # the whole picture and a surround, or the whole screen and a part of the picture
    margin: float = 0.0  # a passe-partout: of the screen's shorter side, at each edge, in [0, 0.4]
    surround: Colour = BLACK  # the passe-partout, and whatever the picture leaves free
    brightness: float = 1.0  # in [0.2, 1]: of the light that the screen would give
    gamma: float = 1.0  # in [0.5, 2]: above 1 the middle tones are darker
    orbit: float = 0.0  # in pixels, in [0, 32]: how far the picture wanders, too slowly to be seen, so that
    # no edge stays where it was and burns in
