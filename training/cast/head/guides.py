"""Guide hairs: a thousand strands grown step by step over the head; all others are blended from them."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.spatial import cKDTree

from training.cast.head.hair_styles import BUN, HAS_PARTING, Growth, Style, comb_direction, fringe
from training.cast.head.mesh import Floats, dot, smoothstep, unit
from training.cast.head.model import HeadModel
from training.cast.head.strands import SurfacePoints, sample_surface
from training.cast.traits import Hair

NUM_GUIDES: Final = 1200
NUM_POINTS: Final = 18  # of a strand
ROOT_DEPTH: Final = 0.001  # m; guides begin under the skin
CLEARANCE: Final = 0.0006  # m; what lies flat on the head stays this far off it
FRINGE_LENGTH: Final = 0.068  # m
LONG: Final = 0.12  # m; longer hair is kept off the face
DOWN: Final = np.array([0, 0, -1.0])


@dataclass(frozen=True, eq=False)
class Scalp:
    """One person's fine skin at rest, and how densely hair grows on it."""

    model: HeadModel
    points: Floats  # [n, 3]
    normals: Floats  # [n, 3]
    thickness: Floats  # [n]
    margin: Floats  # [n], m above the hairline


@dataclass(frozen=True, eq=False)
class Roots:
    points: Floats  # [g, 3], on the skin
    normals: Floats  # [g, 3]
    canonical: Floats  # [g, 3]

    @classmethod
    def of(cls, scalp: Scalp, places: SurfacePoints) -> Self:
        return cls(places.at(scalp.points), unit(places.at(scalp.normals)), places.at(scalp.model.canonical))

    @property
    def buried(self) -> Floats:
        """The guides' first points."""
        return self.points - self.normals * ROOT_DEPTH


@dataclass(frozen=True, eq=False)
class Parting:
    """An uneven line, or it looks drawn with a ruler."""

    middle: float  # x, m
    phases: Floats  # [3], radians

    def seen_by(self, canonical: Floats, generator: np.random.Generator) -> Floats:
        """Where the hair parts for roots [n, 3]: x [n], m. The line wanders, and one hair in five strays."""
        y = canonical[:, 1]
        wander = (
            0.0032 * np.sin(75 * y + self.phases[0])
            + 0.0018 * np.sin(190 * y + self.phases[1])
            + 0.0012 * np.sin(420 * y + self.phases[2])
        )
        stray = np.where(generator.random(len(y)) < 0.2, 3.0, 1.0)
        return np.asarray(self.middle + wander + stray * generator.normal(0, 0.0026, len(y)))


@dataclass(frozen=True, eq=False)
class Guides:
    points: Floats  # [g, k, 3]
    roots: Roots
    lengths: Floats  # [g], m
    parting: Parting
    partings: Floats  # [g], x at which the hair parts there, m


@dataclass(frozen=True, eq=False)
class _Traits:
    """What each guide has of its own."""

    length: Floats  # [g], m
    lift: Floats  # [g], m
    whim: Floats  # [g, 3], a direction
    partings: Floats  # [g], m
    drift: Floats  # [g, 3], the same for neighbours, so that locks differ


def grow_guides(
    scalp: Scalp, skull: "Skull", hair: Hair, style: Style, generator: np.random.Generator
) -> Guides:
    is_hairy = (scalp.thickness > 0.05).astype(np.float64)
    places = sample_surface(scalp.model.quads, scalp.points, is_hairy, NUM_GUIDES, generator)
    roots = Roots.of(scalp, places)
    traits, parting = _draw_traits(roots, hair, style, generator)
    points = _grow(roots, traits, skull, hair, style)
    return Guides(points, roots, traits.length, parting, traits.partings)


def _draw_traits(
    roots: Roots, hair: Hair, style: Style, generator: np.random.Generator
) -> tuple[_Traits, Parting]:
    canonical, count = roots.canonical, len(roots.points)
    length = hair.length * style.length * generator.uniform(0.9, 1.08, count)
    length = _cut(length, canonical, style)
    lift = style.lift * hair.lift * (0.35 + 0.65 * generator.random(count) ** 0.6)
    lift = lift * _lift_factor(canonical, hair, style)
    whim = unit(generator.normal(size=(count, 3)))
    parting = Parting(hair.part, generator.uniform(0, 6.3, 3))
    partings = parting.seen_by(canonical, generator)
    phases = generator.uniform(0, 6.3, (3, 3)).sum(1)
    frequencies = generator.uniform(25, 60, (3, 3))  # radians a metre
    drift = np.sin(canonical @ frequencies.T + phases)
    return _Traits(length, lift, whim, partings, drift), parting


def _cut(length: Floats, canonical: Floats, style: Style) -> Floats:
    """Lengths [g] after the hairdresser."""
    if style.comb == "bangs":
        front = fringe(canonical)
        length = length * (1 - front) + front * FRINGE_LENGTH
    on_top = smoothstep(0.765, 0.820, canonical[:, 2])
    return length * (style.sides + (1 - style.sides) * on_top)


def _lift_factor(canonical: Floats, hair: Hair, style: Style) -> Floats:
    """Flatter on the sides, higher in a quiff, flat at the parting: [g]."""
    factor = np.ones(len(canonical))
    if hair.style in ("crop", "side", "quiff", "back", "buzz"):
        factor = factor * (0.3 + 0.7 * smoothstep(0.75, 0.82, canonical[:, 2]))
    if hair.style == "quiff":
        factor = factor * (1 + smoothstep(-0.09, -0.12, canonical[:, 1]))
    if style.comb in HAS_PARTING:
        factor = factor * (0.3 + 0.7 * smoothstep(0, 0.055, np.abs(canonical[:, 0] - hair.part)))
    return factor


# -- growth --------------------------------------------------------------------------------------------------


class Skull:
    """The nearest skin to a point; ears are left out, hair would climb them."""

    def __init__(self, scalp: Scalp) -> None:
        canonical = scalp.model.canonical
        is_ear = (np.abs(canonical[:, 0]) > 0.0745) & (canonical[:, 2] > 0.67)
        kept = (canonical[:, 2] > 0.46) & ~is_ear
        self._points, self._normals = scalp.points[kept], scalp.normals[kept]
        self._canonical = canonical[kept]
        self._tree = cKDTree(self._points)

    def __call__(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Points [g, 3] → height above the skin [g], its normal [g, 3], and canonical coordinates [g, 3]."""
        _, nearest = self._tree.query(points)
        offset = points - self._points[nearest]
        normal = self._normals[nearest]
        return dot(offset, normal)[:, 0], normal, self._canonical[nearest] + offset


def _grow(roots: Roots, traits: _Traits, skull: Skull, hair: Hair, style: Style) -> Floats:
    """Strands [g, NUM_POINTS, 3], all guides one step at a time."""
    usual_length = hair.length * style.length
    full_lift_after = min(0.028, 0.6 * usual_length)  # m along the strand
    points = np.empty((len(roots.points), NUM_POINTS, 3))
    points[:, 0] = roots.buried
    heading = _first_heading(roots, traits, hair, style)
    for index in range(1, NUM_POINTS):
        t = index / (NUM_POINTS - 1)
        tip = points[:, index - 1]
        height, normal, canonical = skull(tip)
        aim = _aim(t, canonical, (height, normal), roots, traits, style, usual_length)
        heading = unit(style.stiffness * heading + (1 - style.stiffness) * aim)
        if usual_length > LONG and style.comb != "bun":
            heading = unit(heading + _off_the_face(canonical, roots, style))
        moved = tip + heading * (traits.length / (NUM_POINTS - 1))[:, None]
        height, normal, _ = skull(moved)
        wanted = traits.lift * smoothstep(0, full_lift_after, t * traits.length) + CLEARANCE
        moved = moved + normal * np.maximum(wanted - height, 0)[:, None] * 0.7
        heading = unit(moved - tip)
        points[:, index] = moved
    return points


def _growth(canonical: Floats, roots: Roots, traits: _Traits) -> Growth:
    sides = np.where(roots.canonical[:, 0] > traits.partings, 1.0, -1.0)[:, None]
    return Growth(canonical, roots.canonical, sides, traits.whim)


def _first_heading(roots: Roots, traits: _Traits, hair: Hair, style: Style) -> Floats:
    """Out of the skin, steeply along the parting, leaning the way the hair is combed."""
    steepness = np.full(
        (len(roots.points), 1), 1.2 if style.comb in ("out", "forward", "back", "side") else 0.5
    )
    if style.comb in ("parted", "bangs"):
        steepness += 1.5 * smoothstep(0.02, 0.004, np.abs(roots.canonical[:, :1] - hair.part))
    return unit(
        roots.normals * steepness + comb_direction(style.comb, _growth(roots.canonical, roots, traits))
    )


def _aim(
    t: float,
    canonical: Floats,
    above: tuple[Floats, Floats],
    roots: Roots,
    traits: _Traits,
    style: Style,
    usual_length: float,
) -> Floats:
    """Where strands [g, 3] at `canonical` want to go: unit vectors; t is how far they have grown, 0 … 1.

    above: their height over the skin [g] and its normal [g, 3].
    """
    if style.comb == "bun":
        return unit(BUN - canonical + 1e-4)  # and stay at the knot once there
    height, normal = above
    combed = comb_direction(style.comb, _growth(canonical, roots, traits)) + 0.18 * traits.drift
    if style.comb != "out":  # not into the head
        is_near = smoothstep(0.03, 0.004, height)[:, None]
        combed = combed - normal * np.minimum(dot(combed, normal), 0) * is_near
    gravity = style.gravity * (0.25 + 0.75 * smoothstep(0, 0.35, t)) * np.ones((len(canonical), 1))
    if usual_length >= 0.15:  # long hair hangs once it has left the head
        gravity = gravity * np.where(t * traits.length > 0.05, 1.6, 0.7)[:, None]
    return unit((1 - min(style.gravity, 0.95)) * combed + gravity * DOWN)


def _off_the_face(canonical: Floats, roots: Roots, style: Style) -> Floats:
    """A push [g, 3] sideways and back for long hair in front of the face; bangs may hang there."""
    x, y, z = canonical.T
    in_the_face = smoothstep(-0.088, -0.112, y) * smoothstep(0.075, 0.055, np.abs(x))
    in_the_face = in_the_face * smoothstep(0.800, 0.780, z)
    if style.comb == "bangs":
        in_the_face = in_the_face * (1 - fringe(roots.canonical))
    push = np.stack([1.2 * np.sign(x), np.full(len(x), 0.8), np.zeros(len(x))], 1)
    return np.asarray(in_the_face[:, None] * push)
