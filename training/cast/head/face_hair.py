"""Brows and beards: short hairs planted on the canonical skin and bound to it."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from training.cast.head.mesh import Floats, dot, smoothstep, unit
from training.cast.head.model import HeadModel
from training.cast.head.strands import BoundStrands, Strands, SurfacePoints, sample_evenly, sample_surface
from training.cast.traits import Beard, Brow

BROW_HAIRS: Final = 720  # both brows, at density 1
BROW_RADIUS: Final = 0.00011  # m, at the root
BROW_POINTS: Final = 6
BEARD_HAIRS: Final = {"stubble": 12000, "full": 13000, "goatee": 7000, "moustache": 4500}
BEARD_RADII: Final = {"stubble": 0.00008, "full": 0.000115, "goatee": 0.000115, "moustache": 0.00011}  # m
BEARD_POINTS: Final = 7

# -- brows ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BrowCurve:
    """The left brow's spine in front view, from the nose outwards; the right one mirrors it."""

    t: Floats  # [k], 0 inside … 1 outside
    x: Floats  # [k], m
    z: Floats  # [k], m
    half_height: Floats  # [k], m

    @classmethod
    def of(cls, brow: Brow) -> Self:
        t = np.linspace(0, 1, 24)
        rise = brow.arch * np.sin(0.93 * np.pi * t**1.25)  # highest towards the outside
        return cls(
            t=t,
            x=0.0125 + t * (0.041 + brow.extent),
            z=0.7472 + brow.height + rise - 0.0012 * t + brow.tilt * t,
            half_height=brow.thickness * smoothstep(-0.25, 0.12, t) * (1 - 0.80 * smoothstep(0.45, 1.02, t)),
        )


def brow_density(canonical: Floats, brow: Brow) -> Floats:
    """How densely brows grow at points [n, 3]: [n] in [0, 1]."""
    curve = BrowCurve.of(brow)
    x = np.abs(canonical[:, 0])
    middle = np.interp(x, curve.x, curve.z)
    half_height = np.interp(x, curve.x, curve.half_height, left=0, right=0)
    off_spine = np.abs(canonical[:, 2] - middle) / np.maximum(half_height, 1e-5)
    is_brow = (canonical[:, 1] < -0.09) & (half_height > 0)
    begins = smoothstep(curve.x[0] - 0.001, curve.x[0] + 0.004, x)
    return smoothstep(1.35, 0.5, off_spine) * is_brow * begins


def brow_strands(model: HeadModel, brow: Brow, generator: np.random.Generator) -> BoundStrands:
    """Both brows: steep hairs beside the nose, then flat and falling outwards."""
    roots = sample_surface(
        model.quads,
        model.canonical,
        brow_density(model.canonical, brow),
        int(BROW_HAIRS * brow.density),
        generator,
    )
    count, origin, normal = len(roots), *_planted(model, roots)
    side = np.sign(origin[:, 0])
    t, above = _along_brow(BrowCurve.of(brow), origin)
    degrees = np.interp(t, [0, 0.15, 0.4, 0.75, 1], [50, 36, 16, -6, -24])  # above the horizontal
    degrees = degrees - 24 * above * smoothstep(0.1, 0.5, t) + generator.normal(0, 11, count)
    angle = np.radians(degrees)
    direction = np.stack([side * np.cos(angle), np.zeros(count), np.sin(angle)], 1)
    direction = unit(direction - normal * dot(direction, normal))
    length = 0.8 * brow.hair * generator.uniform(0.65, 1.1, count) * (1 - 0.35 * t)
    s = np.linspace(0, 1, BROW_POINTS)[None, :, None]
    bend = generator.normal(0, 0.12, count) + 0.25 * above * side  # towards the spine
    bend = unit(np.cross(normal, direction)) * bend[:, None]
    out = (0.10 * s - 0.08 * s**2) * normal[:, None]
    points = origin[:, None] + length[:, None, None] * (s * direction[:, None] + s**2 * bend[:, None] + out)
    radii = BROW_RADIUS * (1 - 0.8 * s[..., 0]) * generator.uniform(0.7, 1.2, (count, 1)) * brow.coarseness
    return BoundStrands.bind(roots, model.canonical, model.canonical_normals, Strands(points, radii))


def _along_brow(curve: BrowCurve, points: Floats) -> tuple[Floats, Floats]:
    """Points [n, 3] → t along the spine [n], and height above it in half heights [n]."""
    x = np.abs(points[:, 0])
    half_height = np.interp(x, curve.x, np.maximum(curve.half_height, 1e-4))
    return np.interp(x, curve.x, curve.t), (points[:, 2] - np.interp(x, curve.x, curve.z)) / half_height


def _planted(model: HeadModel, roots: SurfacePoints) -> tuple[Floats, Floats]:
    """Canonical points and unit normals [n, 3] of the roots."""
    return roots.at(model.canonical), unit(roots.at(model.canonical_normals))


# -- beards --------------------------------------------------------------------------------------------------


def beard_density(canonical: Floats, kind: str) -> Floats:
    """How densely a beard of one of BEARDS grows at points [n, 3]: [n] in [0, 1]."""
    moustache = _moustache(canonical)
    if kind == "moustache":
        return moustache
    around_lips = _around_lips(canonical)
    density = (_goatee(canonical) if kind == "goatee" else _jaw(canonical)) * (1 - around_lips)
    if kind == "full":
        corners = smoothstep(0.030, 0.027, np.abs(canonical[:, 0]))
        beside_lips = _beside_lips(canonical) * (1 - around_lips * corners)
        density = np.maximum(0.75 * density, 0.8 * beside_lips)
    return np.clip(np.maximum(density, moustache), 0, 1)


def beard_strands(model: HeadModel, beard: Beard, generator: np.random.Generator) -> BoundStrands:
    """Hairs that hang and curl a little; those over the lip are combed aside, and shorter."""
    density = beard_density(model.canonical, beard.kind) * (1 - smoothstep(0.15, 0.5, model.lips))
    roots = sample_evenly(model.quads, model.canonical, density, BEARD_HAIRS[beard.kind], generator)
    count, origin, normal = len(roots), *_planted(model, roots)
    x, _, z = origin.T
    side = np.sign(x)
    direction = np.stack([0.25 * side, np.full(count, -0.12), np.full(count, -1.0)], 1)
    direction += 0.35 * generator.normal(size=(count, 3))
    over_lip = smoothstep(0.664, 0.668, z) * (np.abs(x) < 0.032)
    aside = np.stack([side * (0.5 + 18 * np.abs(x)), np.zeros(count), np.full(count, 0.3)], 1)
    direction += over_lip[:, None] * aside
    direction = unit(direction - 0.75 * normal * dot(direction, normal))
    length = beard.length * generator.uniform(0.5, 1.1, count)
    if beard.length > 0.006:
        length = length * (1 - 0.45 * over_lip)
    s = np.linspace(0, 1, BEARD_POINTS)[None, :, None]
    curl = 0.28 * generator.normal(size=(count, 3))
    out = (0.55 * s - 0.3 * s**2) * normal[:, None]
    points = origin[:, None] + length[:, None, None] * (s * direction[:, None] + out + s**2 * curl[:, None])
    radii = BEARD_RADII[beard.kind] * (1 - 0.7 * s[..., 0]) * generator.uniform(0.75, 1.2, (count, 1))
    return BoundStrands.bind(roots, model.canonical, model.canonical_normals, Strands(points, radii))


def _ragged(canonical: Floats) -> Floats:
    """Unevenness of a beard's edge [n], m: a smooth one looks glued on."""
    waves = (
        np.sin(canonical @ [320.0, 0, 410])
        + np.sin(canonical @ [-250.0, 0, 530] + 2)
        + np.sin(canonical @ [510.0, 90, -230] + 4)
    )
    return np.asarray(0.0022 * waves)


def _jaw(canonical: Floats) -> Floats:
    """Cheeks below the beard's upper edge, jaw and upper throat."""
    x, y, z = canonical.T
    edge = np.interp(
        np.abs(x),
        [0, 0.02, 0.034, 0.045, 0.06, 0.072, 0.08],
        [0.650, 0.652, 0.657, 0.667, 0.684, 0.706, 0.712],
    )
    ragged = _ragged(canonical)
    below_edge = smoothstep(-0.003, 0.009, edge - z + ragged)
    above_throat = smoothstep(0.596, 0.618, z + ragged)
    return np.asarray(below_edge * above_throat * (y < -0.050) * smoothstep(-0.048, -0.058, y))


def _goatee(canonical: Floats) -> Floats:
    x, y, z = canonical.T
    ragged = _ragged(canonical)
    on_chin = smoothstep(0.656, 0.648, z + ragged) * smoothstep(0.598, 0.612, z)
    return np.asarray(smoothstep(0.032, 0.018, np.abs(x) + ragged) * on_chin * (y < -0.10))


def _moustache(canonical: Floats) -> Floats:
    x, y, z = np.abs(canonical[:, 0]), canonical[:, 1], canonical[:, 2]
    above_lip = smoothstep(0.6650, 0.669, z + 0.5 * _ragged(canonical))
    droop = 0.12 * x  # its upper edge falls outwards
    below_nose = smoothstep(0.6835, 0.6775, z + droop)
    return smoothstep(0.031, 0.020, x) * above_lip * below_nose * (y < -0.12)


def _beside_lips(canonical: Floats) -> Floats:
    """Beside the corners of the mouth, where a full beard joins the moustache."""
    x, y, z = np.abs(canonical[:, 0]), canonical[:, 1], canonical[:, 2]
    across = smoothstep(0.022, 0.030, x) * smoothstep(0.040, 0.032, x)
    return np.asarray(across * smoothstep(0.66, 0.655, z) * smoothstep(0.67, 0.66, z) * (y < -0.12))


def _around_lips(canonical: Floats) -> Floats:
    """The bare band around the mouth."""
    x, y, z = np.abs(canonical[:, 0]), canonical[:, 1], canonical[:, 2]
    return np.asarray(np.exp(-(((z - 0.661) / 0.0105) ** 4)) * smoothstep(0.029, 0.024, x) * (y < -0.12))
