"""Beanies, turbans and headbands on the average head."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from training.cast.head.mesh import Floats, smoothstep, tube_quads, unit
from training.cast.head.skull import CENTRE, POLE, Pattern, Shell
from training.cast.traits import Covering

NUM_AZIMUTHS: Final = 180

# m of hair under a covering, by style; the styles that are not named have the usual one.
USUAL_HAIR: Final = 0.004
HAIR: Final = {"bald": 0.0, "buzz": 0.001, "afro": 0.012, "longcurly": 0.008, "curly": 0.008}

ARC: Final = 0.085  # m of fabric along the edge for a radian
CROWN: Final = 0.17  # m of fabric from the edge to the crown

# The lower edge: azimuth from the front, degrees → canonical height, m.
EDGES: Final[Mapping[str, tuple[Sequence[float], Sequence[float]]]] = {
    "beanie": (
        (0, 30, 60, 75, 95, 115, 140, 180),
        (0.7860, 0.7850, 0.7690, 0.7520, 0.7440, 0.7380, 0.7060, 0.6920),
    ),
    "turban": (
        (0, 20, 45, 65, 80, 100, 120, 150, 180),
        (0.8020, 0.7940, 0.7760, 0.7580, 0.7450, 0.7420, 0.7240, 0.6880, 0.6800),
    ),
    "headband": (
        (0, 30, 60, 90, 120, 150, 180),
        (0.7900, 0.7895, 0.7790, 0.7620, 0.7420, 0.7230, 0.7140),
    ),
}

BACK: Final = np.array([0, 1.0, 0])

Ring = tuple[Floats, float]  # points [a, 3], and how far from the edge they lie along the fabric, m


def cap(canonical: Floats, spec: Covering, hair_style: str) -> Pattern:
    """A beanie, turban or headband; `canonical` [n, 3]: the fine skin."""
    shell = Shell(canonical, NUM_AZIMUTHS)
    degrees = np.abs(np.degrees(shell.azimuths))
    edge = np.interp(degrees, *EDGES[spec.kind])
    rings = CAPS[spec.kind](shell, edge, spec, HAIR.get(hair_style, USUAL_HAIR))
    points = np.array([ring for ring, _ in rings])
    if spec.kind == "turban":
        points = _with_laps(points, spec)
    points = points.reshape(-1, 3)
    along, from_edge = np.tile(ARC * shell.azimuths, len(rings)), [edge for _, edge in rings]
    fabric = np.stack([along, np.repeat(from_edge, NUM_AZIMUTHS), np.zeros(len(points))], 1)
    uneven = np.sin(points @ [160.0, 90, 210]) + np.sin(points @ [-110.0, 230, 140] + 2)
    return Pattern(
        points=points + 0.0008 * uneven[:, None] * unit(points - CENTRE),
        quads=tube_quads(len(rings), NUM_AZIMUTHS),
        fabric=fabric,
        inside=np.ones(len(points)),
    )


def _headband(shell: Shell, edge: Floats, spec: Covering, hair: float) -> list[Ring]:
    """A flat tube around the head, narrower behind."""
    width = 0.022 + 0.022 * spec.detail[0]
    widths = width * (1 - 0.25 * smoothstep(60, 150, np.abs(np.degrees(shell.azimuths))))
    lower = ((0.02, 0.0), (0.0, hair + 0.0006), (0.04, hair + 0.0020))
    outside = ((v, hair + 0.0023 + 0.0006 * np.sin(np.pi * v)) for v in np.linspace(0.1, 0.9, 9).tolist())
    upper = ((0.96, hair + 0.0020), (1.0, hair + 0.0006), (0.98, 0.0))
    return [
        (shell.at_height(edge + share * widths, lift), share * width)
        for share, lift in (*lower, *outside, *upper)
    ]


def _beanie(shell: Shell, edge: Floats, spec: Covering, hair: float) -> list[Ring]:
    """A cuff, and a dome that may stand up and slouch backwards."""
    height, cuff, slouch = spec.detail[0], 0.045 + 0.02 * spec.detail[1], 0.016 * spec.detail[2]
    rolled = (
        *((-0.0015, 0.0035), (-0.001, 0.0065), (0.003, 0.0085)),
        *((rise, 0.009) for rise in np.linspace(0.008, cuff - 0.004, 8).tolist()),
        *((cuff, 0.0078), (cuff + 0.0012, 0.0050)),
    )
    rings = [(shell.at_height(edge, 0), 0.0)]
    rings += [(shell.at_height(edge + rise, hair + lift), rise) for rise, lift in rolled]
    start = shell.elevation(edge + cuff + 0.0012, hair + 0.0045)
    for s in np.linspace(0, 1, 30)[1:].tolist():
        lift = hair + 0.0045 + (0.010 + 0.022 * height) * s**2
        dome = shell.at_elevation(start + (POLE - start) * s, lift)
        rings.append((dome + BACK * (slouch * s**3), cuff + CROWN * s))
    return rings


def _turban(shell: Shell, edge: Floats, spec: Covering, hair: float) -> list[Ring]:
    start = shell.elevation(edge, hair + 0.008)
    rings = [
        (shell.at_height(edge, 0), 0.0),
        (shell.at_elevation(start - 0.004, hair + 0.004), 0.001),
    ]
    for s in np.linspace(0, 1, 56)[1:].tolist():
        lift = hair + 0.010 + 0.012 * smoothstep(0, 0.25, s) + (0.008 + 0.010 * spec.detail[0]) * s
        rings.append((shell.at_elevation(start + (POLE - start) * s, lift), CROWN * s))
    return rings


CAPS: Final[Mapping[str, Callable[[Shell, Floats, Covering, float], list[Ring]]]] = {
    "beanie": _beanie,
    "turban": _turban,
    "headband": _headband,
}


def _with_laps(points: Floats, spec: Covering) -> Floats:
    """A turban's rings [k, a, 3] with laps of cloth that rise towards the middle of the forehead."""
    x, y, z = np.moveaxis(points, -1, 0)
    steepness = 0.50 + 0.15 * spec.detail[1]
    across = ((z + steepness * np.abs(x - 0.006)) / 0.0165 + 0.25 * np.sin(9 * y + 3)) % 1
    lap = smoothstep(0, 0.82, across) * smoothstep(1, 0.86, across) - 0.5
    from_edge = np.arange(len(points)) / len(points)
    swell = 0.0052 * lap * smoothstep(0, 0.12, from_edge)[:, None]
    return np.asarray(points + swell[..., None] * unit(points - CENTRE))
