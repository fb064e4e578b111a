"""The hair on the head: where it grows, and some ten thousand strands blended from the guides."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.cast.head.guides import (
    NUM_POINTS,
    Guides,
    Roots,
    Scalp,
    grow_guides,
    soft_partings,
)
from training.cast.head.hair_styles import HAS_PARTING, STYLES, Style
from training.cast.head.mesh import Floats, smoothstep, unit
from training.cast.head.model import HeadModel, Turn
from training.cast.head.strands import Strands
from training.cast.traits import Hair

RADIUS: Final = 0.00020  # m, at the root; thicker than hair, because there are fewer
CROWN: Final = np.array([0, -0.03, 0.84])  # the middle of a bald crown, canonical, m
CROWN_SIZE: Final = np.array([0.06, 0.065, 0.05])  # its half axes at radius 1, m


@dataclass(frozen=True, eq=False)
class ScalpHair:
    strands: Strands  # at rest; none when bald
    thickness: Floats  # [n], how densely the fine skin is grown over, in [0, 1]; zero when bald

    def turned(self, turn: Turn, neck_height: float) -> Strands:
        """What hangs below the neck's joint (z at rest, m) lies on the shoulders and stays."""
        rest = self.strands.points
        follows = smoothstep(neck_height - 0.03, neck_height + 0.07, rest[..., 2])[..., None]
        return Strands(turn.head(rest) * follows + rest * (1 - follows), self.strands.radii)


def grow_scalp_hair(
    model: HeadModel, fine: Floats, normals: Floats, hair: Hair, generator: np.random.Generator
) -> ScalpHair:
    """`fine`, `normals` [n, 3]: the person's skin at rest. A bald head draws nothing."""
    if hair.style == "bald":
        return ScalpHair(Strands.none(), np.zeros(len(fine)))
    style = STYLES[hair.style]
    thickness = scalp_thickness(model.canonical, hair)
    scalp = Scalp(model, fine, normals, thickness)
    guides = grow_guides(scalp, hair, style, generator)
    return ScalpHair(_blend(scalp, guides, hair, style, generator), thickness)


# -- where it grows ------------------------------------------------------------------------------------------


def hairline_margin(canonical: Floats, hair: Hair) -> Floats:
    """How far above the hairline points [n, 3] lie: [n], m, positive on the scalp."""
    x, y, z = canonical.T
    azimuth = np.degrees(np.arctan2(np.abs(x), -(y + 0.056)))  # 0 in front … 180 behind
    front, recede, sideburn = 0.800 + hair.forehead, hair.recede, hair.sideburn
    line = np.array(  # azimuth, height
        [
            *((0, front - hair.peak), (12, front - 0.0005), (26, front + 0.001)),
            *((36, front - 0.002 + 0.5 * recede), (44, front - 0.010 + recede)),
            *((52, front - 0.026 + recede), (59, 0.757 + 0.6 * recede)),  # the temples
            *((66, 0.742), (73, 0.722 - sideburn), (84, 0.712 - sideburn)),
            *((89, 0.738), (108, 0.738)),  # above the ear
            *((116, 0.705), (126, 0.676), (142, 0.662), (160, 0.657), (180, 0.655)),  # the nape
        ]
    )
    return np.asarray(z - np.interp(azimuth, line[:, 0], line[:, 1]))


def scalp_thickness(canonical: Floats, hair: Hair) -> Floats:
    """How densely hair grows at points [n, 3]: [n] in [0, 1]."""
    ragged = (
        np.sin(canonical @ [410.0, 330, 90] + 1.3)
        + np.sin(canonical @ [-690.0, 250, 310])
        + np.sin(canonical @ [230.0, -510, 600])
    )
    thickness = smoothstep(-0.002, 0.010, hairline_margin(canonical, hair) + 0.0011 * ragged)
    if hair.crown:
        distance = np.linalg.norm((canonical - CROWN) / CROWN_SIZE, axis=1)
        thickness = thickness * smoothstep(0.35, 1.05, distance / hair.crown)
    is_ear = (np.abs(canonical[:, 0]) > 0.0735) & (canonical[:, 2] < 0.74)
    return np.where(is_ear, 0.0, thickness)


# -- all strands ---------------------------------------------------------------------------------------------


def _blend(scalp: Scalp, guides: Guides, hair: Hair, style: Style, generator: np.random.Generator) -> Strands:
    """Strands between the guides, gathered into locks, then curled and frizzed."""
    roots = Roots.draw(scalp, _root_density(scalp, hair, style), style.count, generator)
    nearest, shares = _neighbours(guides, roots, hair, style, generator)
    shapes = guides.points - guides.points[:, :1]
    shape = (shapes[nearest] * shares[..., None, None]).sum(1)
    strands = roots.buried[:, None] + shape
    along = np.linspace(0, 1, NUM_POINTS)
    lock = nearest[:, 0]  # the guide that a strand's lock gathers around
    strands += (guides.points[lock] - strands) * (style.clump * smoothstep(0.1, 0.9, along))[:, None]
    strands += _curl_and_frizz(shape[:, -1], lock, guides.lengths, hair, style, generator)
    return Strands(strands, np.tile(RADIUS * (1 - 0.75 * along**2), (len(strands), 1)))


def _root_density(scalp: Scalp, hair: Hair, style: Style) -> Floats:
    """[n]; denser at the parting, where strands lean apart and skin would show."""
    if style.comb not in HAS_PARTING:
        return scalp.thickness
    canonical = scalp.model.canonical
    at_parting = smoothstep(0.014, 0.004, np.abs(canonical[:, 0] - hair.part)) * (canonical[:, 2] > 0.78)
    return scalp.thickness * (1 + 6 * at_parting)


def _neighbours(
    guides: Guides, roots: Roots, hair: Hair, style: Style, generator: np.random.Generator
) -> tuple[NDArray[np.intp], Floats]:
    """The three nearest guides of each strand [n, 3], not across the parting, and their shares [n, 3]."""
    partings = soft_partings(roots.canonical, hair.part, generator)
    places, guide_places = roots.canonical, guides.roots.canonical
    if style.comb in HAS_PARTING:
        places = _apart(places, partings)
        guide_places = _apart(guide_places, guides.partings)
    distances, nearest = cKDTree(guide_places).query(places, k=3)
    shares = 1 / (distances + 1e-4)
    return nearest, shares / shares.sum(1, keepdims=True)


def _apart(canonical: Floats, partings: Floats) -> Floats:
    """Places [n, 4] that lie 0.1 m further apart when the parting is between them."""
    is_left = canonical[:, 0] > partings
    return np.column_stack([canonical, np.where(is_left, 0.05, -0.05)])


def _curl_and_frizz(
    ends: Floats,
    lock: NDArray[np.intp],
    guide_lengths: Floats,
    hair: Hair,
    style: Style,
    generator: np.random.Generator,
) -> Floats:
    """Offsets [n, k, 3] across strands that run from their root to `ends` [n, 3].

    A lock's strands curl together: wave length and phase are its guide's.
    """
    count, num_guides = len(ends), len(guide_lengths)
    along = np.linspace(0, 1, NUM_POINTS)[None]
    cut = generator.uniform(0.82, 1.0, count)
    across = unit(np.cross(ends, generator.normal(size=(count, 3)) + 1e-3))
    other = unit(np.cross(ends + 1e-6, across))
    phase = generator.uniform(0, 2 * np.pi, num_guides)[lock] + generator.normal(0, 0.5, count)
    # Few locks reach beyond 0.6 of the style's wave length, so most have just that, and some are tighter.
    wave_length = style.wave_length * np.minimum(1 + 0.25 * generator.normal(size=num_guides), 0.6)[lock]
    travelled = along * (guide_lengths[lock] * cut)[:, None]  # m
    angle = 2 * np.pi * travelled / np.maximum(wave_length, 0.003)[:, None] + phase[:, None]
    amplitude = (
        style.wave * hair.wave * smoothstep(0, 0.35, along) * (0.6 + 0.8 * generator.random((count, 1)))
    )
    frizz = style.frizz * generator.normal(size=(count, 1)) * smoothstep(0.05, 1, along)
    frizz_angle = generator.uniform(0, 6.3, (count, 1)) + 3 * along
    frizz = frizz * np.where(generator.random((count, 1)) < 0.05, 2.2, 1.0)  # a few stray ones
    u = np.cos(angle) * amplitude + np.cos(frizz_angle) * frizz
    v = np.sin(angle) * amplitude + np.sin(frizz_angle) * frizz
    return np.asarray(u[..., None] * across[:, None] + v[..., None] * other[:, None])
