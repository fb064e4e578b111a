"""Teeth and gums, formed once and carried by the base mesh's own simple teeth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.cast.head.mesh import Floats, Quads, affine_fit, affine_map, tube_quads, unit
from training.cast.head.model import HeadModel

UP: Final = np.array([0, 0, 1.0])
ARCH_LENGTH: Final = 0.031  # m along the arch for one radian of it
ARCH_DEPTH: Final = 0.036  # m
TOOTH_DEPTH: Final = 0.0033  # m, half of a tooth from front to back
GRID: Final = 7  # vertices along a side of a tooth's box
ROUNDNESS: Final = 5  # exponent of the superellipsoid: 2 a ball, ∞ a box
GUM_SIZE: Final = (0.0040, 0.0066)  # half axes of the gum's cross section outwards and upwards, m
GUM_RINGS, GUM_AROUND = 90, 14


@dataclass(frozen=True, eq=False)
class Piece:
    points: Floats  # [v, 3], canonical
    quads: Quads  # [q, 4]


@dataclass(frozen=True, slots=True)
class _Jaw:
    """One half of a jaw, from the middle to the side; the other half mirrors it. In m, canonical."""

    widths: tuple[float, ...]
    heights: tuple[float, ...]
    lifts: tuple[float, ...]  # how much shorter a tooth stands than its row
    arch_width: float  # x of the arch at its widest
    front: float  # y of the front teeth
    edge: float  # z of the biting edge
    gum: float  # from the biting edge to the gum's middle
    upwards: int  # +1: teeth reach up into the gum, -1: down


_JAWS: Final = {
    "upper": _Jaw(
        widths=(0.0086, 0.0068, 0.0077, 0.0071, 0.0068, 0.0100, 0.0098),
        heights=(0.0102, 0.0088, 0.0098, 0.0082, 0.0076, 0.007, 0.0066),
        lifts=(0, 0.0005, 0, 0, 0.0005, 0, 0),
        arch_width=0.0285,
        front=-0.1470,
        edge=0.6562,
        gum=0.0150,
        upwards=1,
    ),
    "lower": _Jaw(
        widths=(0.0054, 0.0059, 0.0068, 0.0071, 0.0071, 0.0108, 0.0102),
        heights=(0.0086, 0.0086, 0.0092, 0.0082, 0.0076, 0.0070, 0.0066),
        lifts=(0, 0, 0, 0, 0, 0, 0),
        arch_width=0.0265,
        front=-0.1432,
        edge=0.6578,
        gum=0.0138,
        upwards=-1,
    ),
}


def teeth() -> Mapping[str, Piece]:
    """The pieces "upper", "upper_gum", "lower", "lower_gum"."""
    pieces = {}
    for name, jaw in _JAWS.items():
        pieces[name] = _row_of_teeth(jaw)
        pieces[f"{name}_gum"] = _gum(jaw)
    return pieces


def placed(pieces: Mapping[str, Piece], model: HeadModel, coarse: Floats) -> dict[str, Floats]:
    """The pieces' points [v, 3] in a mouth of these coarse vertices [m, 3] (before the head turns).

    The base mesh's teeth move with the face; the affine map that fits their movement carries ours along.
    """
    points = {}
    for name in _JAWS:
        simple = np.unique(model.faces[f"{name}-teeth"])
        carry = affine_fit(model.template[simple], coarse[simple])
        for piece in (name, f"{name}_gum"):
            points[piece] = affine_map(pieces[piece].points, carry)
    return points


def _row_of_teeth(jaw: _Jaw) -> Piece:
    box, box_quads = _rounded_box()
    points: list[Floats] = []
    quads: list[Quads] = []
    for side in (-1, 1):
        starts = np.cumsum([0.0, *jaw.widths[:-1]])
        for start, width, height, lift in zip(starts, jaw.widths, jaw.heights, jaw.lifts, strict=True):
            quads.append(box_quads + len(points) * len(box))
            points.append(_tooth(jaw, box, side * (start + width / 2), (width, height, lift)))
    return Piece(np.concatenate(points), np.concatenate(quads))


def _tooth(jaw: _Jaw, box: Floats, where: float, size: tuple[float, float, float]) -> Floats:
    """A tooth [v, 3] at the arc length `where`, m; size: width, height, lift."""
    width, height, lift = size
    origin, along, outwards = _arch(jaw, jaw.front, where)
    to_top = (box[:, 2:] * jaw.upwards + 1) / 2  # 0 at a tooth's lower end, 1 at its upper: narrower there
    sideways = box[:, :1] * 0.5 * width * (1 - 0.10 * to_top) * along
    depth = box[:, 1:2] * -TOOTH_DEPTH - 0.0012 * to_top * jaw.upwards
    upwards = (0.5 * (box[:, 2:] + 1) * height + lift) * jaw.upwards + jaw.edge
    return np.asarray(origin + sideways + depth * outwards + upwards * UP)


def _gum(jaw: _Jaw) -> Piece:
    """A tube along the arch that covers the roots."""
    angles = np.linspace(0, 2 * np.pi, GUM_AROUND, endpoint=False)
    outward_size, upward_size = GUM_SIZE
    height = jaw.edge + jaw.upwards * jaw.gum + upward_size * np.sin(angles)
    rings = []
    for where in np.linspace(-0.05, 0.05, GUM_RINGS):
        origin, _, outwards = _arch(jaw, jaw.front + 0.0012, where)
        rings.append(origin + np.outer(outward_size * np.cos(angles), outwards) + np.outer(height, UP))
    return Piece(np.concatenate(rings), tube_quads(GUM_RINGS, GUM_AROUND))


def _arch(jaw: _Jaw, front: float, where: float) -> tuple[Floats, Floats, Floats]:
    """Point at the arc length `where`, m, direction along the arch, and out of the mouth: each [3]."""
    angle = where / ARCH_LENGTH
    point = np.array([jaw.arch_width * np.sin(angle), front + ARCH_DEPTH * (1 - np.cos(angle)), 0.0])
    along = unit(np.array([np.cos(angle), 0.9 * np.sin(angle), 0.0]))
    return point, along, np.array([along[1], -along[0], 0.0])


def _rounded_box() -> tuple[Floats, Quads]:
    """A superellipsoid in [-1, 1]³, made of the six sides of a box."""
    u, v = (axis.ravel() for axis in np.meshgrid(*[np.linspace(-1, 1, GRID)] * 2, indexing="ij"))
    index = np.arange(GRID * GRID, dtype=np.int32).reshape(GRID, GRID)
    side_quads = np.stack([index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]], -1).reshape(-1, 4)
    points: list[Floats] = []
    quads: list[Quads] = []
    for axis in range(3):
        for sign in (-1, 1):
            quads.append(side_quads[:, ::sign] + len(points) * GRID * GRID)
            # u and v run along the two axes after `axis`, so that the sides' quads face outwards.
            points.append(np.roll(np.column_stack([np.full(len(u), sign), u, v]), axis, axis=1))
    box = np.concatenate(points).astype(np.float64)
    radius = (np.abs(box) ** ROUNDNESS).sum(1, keepdims=True) ** (1 / ROUNDNESS)
    return box / radius, np.concatenate(quads).astype(np.int32)
