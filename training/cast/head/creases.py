"""Lines that expressions fold and age leaves, drawn in the front view of the average head.

Also the shadow under the lashes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.cast.head.mesh import Floats, smoothstep
from training.cast.head.model import HeadModel
from training.cast.head.regions import lash_line

NUM_SAMPLES: Final = 60  # of a line
REACH: Final = 0.02  # m; further off, a line changes nothing


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline in front view, m, with a groove along it and a soft ridge beside the groove."""

    x: Sequence[float]
    z: Sequence[float]
    width: float  # of the groove, m
    depth: float  # m
    is_mirrored: bool = True  # drawn for the left, on both sides
    fade: float = 0.25  # share of its length over which each end runs out; 0: blunt
    ridge: float = 0.35  # height of the ridge, of the depth


def _forehead(height: float, phase: float, depth: float) -> Line:
    """A wavy line across the forehead, lower towards the temples."""
    x = np.linspace(-0.046, 0.046, 9)
    z = height + 0.0016 * np.sin(95 * x + phase) - 0.8 * x**2
    return Line(x.tolist(), z.tolist(), 0.00135, depth, is_mirrored=False)


def _chin_dimples() -> list[Line]:
    places = np.random.default_rng(7).uniform([0.001, 0.620], [0.015, 0.638], (9, 2)).tolist()
    return [Line((x, x + 0.002), (z, z + 0.002), 0.0016, 0.0008, fade=0) for x, z in places]


LINES: Final[Mapping[str, Sequence[Line]]] = {
    "forehead": [
        _forehead(0.7655, 0.3, 0.00065),
        _forehead(0.7745, 1.6, 0.00085),
        _forehead(0.7840, 2.4, 0.0008),
        _forehead(0.7930, 4.0, 0.0005),
    ],
    "glabella": [  # between the brows
        Line((0.0060, 0.0068, 0.0060), (0.742, 0.750, 0.761), 0.0015, 0.00075, ridge=0.2),
        Line((0, 0.010), (0.7385, 0.7375), 0.0014, 0.0006, fade=0.4, ridge=0.2),
    ],
    "crow": [  # outside the eye, fanning out
        Line((0.0505, 0.0575, 0.064), [0.7285 + a * rise for rise in (0.25, 0.8, 1.35)], 0.00115, 0.0006)
        for a in (-0.010, -0.003, 0.005)
    ],
    "bunny": [  # across the nose
        Line((0.0050, 0.0110, 0.0155), (z + 0.002, z, z - 0.004), 0.0014, 0.00045, fade=0.4)
        for z in (0.722, 0.716, 0.710)
    ],
    "fold": [  # nose to mouth
        Line(
            (0.0185, 0.0235, 0.0290, 0.0325),
            (0.6945, 0.6840, 0.6700, 0.6580),
            0.0028,
            0.0009,
            fade=0.3,
            ridge=0.1,
        )
    ],
    "bag": [  # under the eye
        Line((0.0200, 0.0280, 0.0370, 0.0450), (0.7190, 0.7155, 0.7160, 0.7200), 0.0015, 0.0006, fade=0.35)
    ],
    "lid": [  # of the upper lid
        Line(
            (0.0165, 0.0225, 0.0310, 0.0400, 0.0470),
            (0.7330, 0.7385, 0.7402, 0.7372, 0.7310),
            0.0010,
            0.00055,
            fade=0.3,
            ridge=0.25,
        )
    ],
    "marionette": [  # mouth to chin
        Line((0.0270, 0.0290, 0.0285), (0.6570, 0.6480, 0.6380), 0.0016, 0.0008, fade=0.35)
    ],
    "chin": [
        Line((0, 0.008, 0.016), (0.6445, 0.6435, 0.6395), 0.0018, 0.0012, fade=0),
        *_chin_dimples(),
    ],
    "inner": [  # the middle of the forehead, when only the inner brows rise
        Line((0, 0.010, 0.020), (z, z + 0.0004, z + 0.0035), 0.0013, 0.0007, fade=0.3)
        for z in (0.7620, 0.7700, 0.7780)
    ],
}

# How dark a line is for its strength, if not 1: the fold from nose to mouth is broad, not deep.
SHADOWS: Final = {"fold": 0.6}


class Creases:
    """All lines on the fine skin, drawn once for all people."""

    def __init__(self, model: HeadModel) -> None:
        drawn = {name: [_draw(line, model.canonical) for line in lines] for name, lines in LINES.items()}
        # name → displacement [n], m, and darkening [n], both of a line at its full strength
        self._drawn = {
            name: (
                np.sum([groove for groove, _ in lines], 0),
                SHADOWS.get(name, 1.0) * np.sum([dark for _, dark in lines], 0),
            )
            for name, lines in drawn.items()
        }
        self._lash_line = lash_line(model)

    def of(self, actions: Mapping[str, float], aging: float) -> tuple[Floats, Floats]:
        """A face that does `actions`: displacement along the normal [n], m, and darkening [n] in [0, 1]."""
        strengths = crease_strengths(actions, aging)
        shown = [(strengths[name], *drawn) for name, drawn in self._drawn.items() if strengths[name] > 0]
        displacement = np.sum([strength * groove for strength, groove, _ in shown], 0)
        darkening = np.sum([strength * dark for strength, _, dark in shown], 0)
        darkening += self._lash_line * (0.22 + 0.45 * both(actions, "eyeBlink"))
        return displacement, np.clip(darkening, 0, 1)


def crease_strengths(actions: Mapping[str, float], aging: float) -> dict[str, float]:
    """How strongly each of LINES shows, about 0 … 1: actions fold it, age keeps it."""
    inner_brow, outer_brow = actions.get("browInnerUp", 0.0), both(actions, "browOuterUp")
    smile, squint, sneer = (
        both(actions, "mouthSmile"),
        both(actions, "cheekSquint"),
        both(actions, "noseSneer"),
    )
    return {
        "forehead": 0.9 * (0.6 * inner_brow + 0.5 * outer_brow) + 0.28 * aging,
        "glabella": 0.9 * both(actions, "browDown") + 0.15 * aging,
        "crow": 0.55 * squint + 0.35 * smile + 0.3 * aging,
        "bunny": 0.9 * sneer,
        "fold": 0.12 + 0.5 * smile + 0.5 * both(actions, "mouthUpperUp") + 0.4 * sneer + 0.35 * aging,
        "bag": 0.15 + 0.35 * squint + 0.35 * aging,
        "lid": 0.30 + 0.45 * both(actions, "eyeBlink") + 0.15 * aging,
        "marionette": 0.06 + 0.45 * both(actions, "mouthFrown") + 0.3 * aging,
        "chin": 0.8 * actions.get("mouthShrugLower", 0.0),
        "inner": 0.7 * max(0.0, min(inner_brow, 1.0) - 0.6 * outer_brow),
    }


def both(actions: Mapping[str, float], action: str) -> float:
    """The mean of an action's left and right weight."""
    return (actions.get(f"{action}Left", 0.0) + actions.get(f"{action}Right", 0.0)) / 2


def _draw(line: Line, canonical: Floats) -> tuple[Floats, Floats]:
    """Displacement [n], m, and darkening [n] of a line at points [n, 3]."""
    t = np.linspace(0, 1, NUM_SAMPLES)
    knots = np.linspace(0, 1, len(line.x))
    line_x, line_z = np.interp(t, knots, line.x), np.interp(t, knots, line.z)
    x, y, z = canonical.T
    x = np.abs(x) if line.is_mirrored else x
    facing = smoothstep(-0.03, -0.075, y)
    in_reach = _within(x, line_x) & _within(z, line_z) & (facing > 0)
    distances = np.hypot(x[in_reach, None] - line_x, z[in_reach, None] - line_z)
    nearest = distances.argmin(1)
    distance, strength = distances.min(1) / line.width, facing[in_reach]
    if line.fade:
        strength = strength * smoothstep(0, line.fade, t[nearest]) * smoothstep(1, 1 - line.fade, t[nearest])
    groove = np.exp(-(distance**2))
    ridge = np.exp(-(((distance - 2.4) / 1.3) ** 2))
    displacement, darkening = np.zeros(len(canonical)), np.zeros(len(canonical))
    displacement[in_reach] = (line.ridge * ridge - groove) * line.depth * strength
    darkening[in_reach] = groove * strength
    return displacement, darkening


def _within(values: Floats, line: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray((values > line.min() - REACH) & (values < line.max() + REACH))
