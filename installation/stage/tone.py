"""How much light: brightness and gamma as a table of 256 values, and the fade into darkness and out of it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from installation.hanging import Colour, Hanging

LEVELS: Final = 256
PANEL_GAMMA: Final = 2.2  # of the screens themselves: light is the value to this power


@lru_cache(maxsize=8)  # asked for with every frame
def tone_of(hanging: Hanging) -> NDArray[np.uint8] | None:
    """[256] uint8, by which every value of a picture is replaced; None: all stay as they are."""
    if hanging.brightness == 1 and hanging.gamma == 1:
        return None
    values = np.linspace(0, 1, LEVELS) ** hanging.gamma * hanging.brightness ** (1 / PANEL_GAMMA)
    return np.asarray(np.rint(values * (LEVELS - 1)), np.uint8)


def toned(colour: Colour, tone: NDArray[np.uint8] | None, light: float = 1.0) -> Colour:
    """A colour as the table has it, then dimmed to `light` in [0, 1]."""
    red, green, blue = colour if tone is None else (int(tone[value]) for value in colour)
    return round(red * light), round(green * light), round(blue * light)


@dataclass(frozen=True, slots=True)
class Fade:
    """The way from one light to another. A window begins in the dark."""

    duration_ns: int
    is_lit: bool = False  # where it leads
    begin: float = 0.0  # the light that it began with …
    begin_ns: int = 0  # … and when

    def light(self, t_ns: int) -> float:
        """In [0, 1]; it begins and ends gently."""
        end = float(self.is_lit)
        if self.begin == end or t_ns - self.begin_ns >= self.duration_ns:
            return end
        x = max(0.0, (t_ns - self.begin_ns) / self.duration_ns)
        return self.begin + (end - self.begin) * x * x * (3 - 2 * x)

    def towards(self, t_ns: int, *, is_lit: bool) -> Self:
        """From now on to light, or to darkness; the fade itself where it leads there already."""
        if is_lit == self.is_lit:
            return self
        return type(self)(self.duration_ns, is_lit, self.light(t_ns), t_ns)
