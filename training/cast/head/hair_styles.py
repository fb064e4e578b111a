"""Hair styles: what their strands are like, and which way they are combed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.cast.head.mesh import Floats, smoothstep, unit

HEAD_CENTRE: Final = np.array([0, -0.056, 0.745])  # canonical, m
BUN: Final = np.array([0, 0.052, 0.755])  # the knot behind the head, canonical, m

BACK, UP = np.array([0, 1.0, 0]), np.array([0, 0, 1.0])
LEFT = np.array([1.0, 0, 0])


@dataclass(frozen=True, slots=True)
class Style:
    """Lengths in m; a person's Hair multiplies length, lift and wave."""

    length: float
    lift: float  # off the head
    gravity: float  # 0 … 1
    stiffness: float  # 0 … 1, how much a strand keeps its direction
    wave: float  # radius of the curl
    wave_length: float
    frizz: float
    clump: float  # 0 … 1, how far strands gather into locks
    count: int  # of strands
    comb: str  # one of COMBS
    sides: float = 1.0  # length on sides and nape, of that on top


# fmt: off
STYLES: Final[Mapping[str, Style]] = {
    #                  length  lift   gravity stiff  wave    w.length frizz  clump  count  comb, sides
    "buzz":      Style(0.006, 0.002,  0.0,    0.9,   0.0,    0.02,  0.0006,  0.0,  12600, "forward"),
    "crop":      Style(0.028, 0.008,  0.1,    0.55,  0.0006, 0.03,  0.0016,  0.35, 12600, "forward", 0.25),
    "side":      Style(0.070, 0.012,  0.15,   0.25,  0.001,  0.05,  0.0014,  0.45, 12600, "side", 0.25),
    "back":      Style(0.10,  0.012,  0.1,    0.45,  0.0012, 0.05,  0.0012,  0.45, 12600, "back"),
    "quiff":     Style(0.065, 0.020,  0.05,   0.55,  0.0015, 0.04,  0.0016,  0.5,  11550, "back", 0.25),
    "curly":     Style(0.085, 0.020,  0.2,    0.7,   0.0055, 0.022, 0.003,   0.6,  10500, "out", 0.25),
    "afro":      Style(0.05,  0.030,  0.0,    0.9,   0.0026, 0.008, 0.004,   0.35, 13650, "out"),
    "shortafro": Style(0.017, 0.010,  0.0,    0.9,   0.0018, 0.006, 0.002,   0.3,  14700, "out"),
    "bob":       Style(0.21,  0.017,  0.6,    0.3,   0.002,  0.09,  0.0012,  0.4,  10500, "parted"),
    "long":      Style(0.36,  0.018,  0.55,   0.3,   0.002,  0.12,  0.0016,  0.45, 10500, "parted"),
    "wavy":      Style(0.34,  0.022,  0.5,    0.35,  0.008,  0.065, 0.0025,  0.6,  10500, "parted"),
    "longcurly": Style(0.30,  0.026,  0.45,   0.4,   0.009,  0.032, 0.004,   0.65, 10500, "parted"),
    "bangs":     Style(0.26,  0.012,  0.55,   0.3,   0.0012, 0.1,   0.0013,  0.4,  10500, "bangs"),
    "pixie":     Style(0.062, 0.014,  0.12,   0.35,  0.0012, 0.05,  0.0016,  0.45, 12600, "side", 0.62),
    "bun":       Style(0.20,  0.006,  0.0,    0.2,   0.0006, 0.08,  0.0012,  0.35, 10500, "bun"),
}
# fmt: on

HAS_PARTING: Final = ("parted", "side", "bangs")  # combs that part the hair


# -- combs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Growth:
    """Strands on their way, in canonical coordinates."""

    points: Floats  # [n, 3], where they have got to
    roots: Floats  # [n, 3]
    sides: Floats  # [n, 1], +1 left of the parting, -1 right of it
    whims: Floats  # [n, 3], each strand's own direction


def comb_direction(comb: str, growth: Growth) -> Floats:
    """Which way strands grow there: unit vectors [n, 3]."""
    return unit(COMBS[comb](growth) + np.zeros_like(growth.points))


def fringe(roots: Floats) -> Floats:
    """1 for roots [n, 3] whose hair falls over the forehead, where a style has bangs: [n]."""
    return smoothstep(-0.088, -0.105, roots[:, 1]) * smoothstep(0.052, 0.045, np.abs(roots[:, 0]))


def _forward(growth: Growth) -> Floats:
    return -0.9 * BACK - 0.35 * UP + 0.15 * LEFT * growth.sides


def _back(growth: Growth) -> Floats:
    below_crown = smoothstep(0.07, 0.04, growth.points[:, 2:] - 0.74)
    return BACK - 0.8 * UP * below_crown + 0.1 * UP


def _side(growth: Growth) -> Floats:
    on_top = smoothstep(0.062, 0.030, np.abs(growth.points[:, :1]))
    sideways = LEFT * growth.sides * (on_top - 0.12 * (1 - on_top))
    return sideways + BACK * (0.45 + 0.35 * (1 - on_top)) - UP * (0.10 + 1.1 * (1 - on_top))


def _parted(growth: Growth) -> Floats:
    """Over the side of the head, then down; back from the face."""
    on_top = smoothstep(0.066, 0.030, np.abs(growth.points[:, :1]))
    in_front = smoothstep(-0.09, -0.125, growth.points[:, 1:2])
    sideways = LEFT * growth.sides * (1.1 * on_top + 0.05)
    return sideways + BACK * (0.30 * on_top + 0.25 + 0.5 * in_front) - UP * (0.35 + 0.9 * (1 - on_top))


def _out(growth: Growth) -> Floats:
    return np.asarray(unit(growth.points - HEAD_CENTRE) + 0.25 * growth.whims - 0.05 * UP)


def _bun(growth: Growth) -> Floats:
    return np.asarray(BUN - growth.points)


def _bangs(growth: Growth) -> Floats:
    front = fringe(growth.roots)[:, None]
    over_the_forehead = -0.8 * BACK - 0.5 * UP + 5 * LEFT * growth.roots[:, :1]
    elsewhere = LEFT * growth.sides + 0.2 * BACK - 0.55 * UP
    return np.asarray(front * over_the_forehead + (1 - front) * elsewhere)


COMBS: Final[Mapping[str, Callable[[Growth], Floats]]] = {
    "forward": _forward,
    "back": _back,
    "side": _side,
    "parted": _parted,
    "out": _out,
    "bun": _bun,
    "bangs": _bangs,
}
