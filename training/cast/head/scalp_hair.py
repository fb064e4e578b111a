"""The hair on the head: where it grows, and some ten thousand strands blended from the guides."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.cast.head.guides import CLEARANCE, NUM_POINTS, Guides, Roots, Scalp, Skull, grow_guides
from training.cast.head.hair_styles import HAS_PARTING, STYLES, Style
from training.cast.head.mesh import Floats, smoothstep, unit
from training.cast.head.model import HeadModel, Turn
from training.cast.head.strands import Strands, sample_evenly
from training.cast.traits import Hair

RADIUS: Final = 0.00020  # m, at the root; thicker than hair, because there are fewer
CROWN: Final = np.array([0, -0.03, 0.84])  # the middle of a bald crown, canonical, m
CROWN_SIZE: Final = np.array([0.06, 0.065, 0.05])  # its half axes at radius 1, m

CLOSE_CROPPED: Final = 0.05  # m; hair up to this length has no wisps and stands off the skin by itself
THICKNESS: Final = 0.0016  # m; strands lie up to so much higher than CLEARANCE
WISP_BAND: Final = 0.007  # m; so near the hairline, baby hair grows among the rest
WISP_SHARE: Final = 0.45
WISP_RADIUS: Final = 0.55  # of RADIUS


@dataclass(frozen=True, eq=False)
class ScalpHair:
    strands: Strands  # at rest; none when bald
    thickness: Floats  # [n], how densely the fine skin is grown over, in [0, 1]; zero when bald
    margin: Floats  # [n], m above the hairline, negative below

    def turned(self, turn: Turn, neck_height: float) -> Strands:
        """What hangs below the neck's joint (z at rest, m) lies on the shoulders and stays."""
        rest = self.strands.points
        follows = smoothstep(neck_height - 0.03, neck_height + 0.07, rest[..., 2])[..., None]
        return Strands(turn.head(rest) * follows + rest * (1 - follows), self.strands.radii)


def grow_scalp_hair(
    model: HeadModel, fine: Floats, normals: Floats, hair: Hair, generator: np.random.Generator
) -> ScalpHair:
    """`fine`, `normals` [n, 3]: the person's skin at rest. A bald head draws nothing."""
    margin = hairline_margin(model.canonical, hair)
    if hair.style == "bald":
        return ScalpHair(Strands.none(), np.zeros(len(fine)), margin)
    style = STYLES[hair.style]
    scalp = Scalp(model, fine, normals, scalp_thickness(model.canonical, hair), margin)
    skull = Skull(scalp)
    guides = grow_guides(scalp, skull, hair, style, generator)
    strands = _blend(scalp, skull, guides, hair, style, generator)
    return ScalpHair(strands, scalp.thickness, margin)


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


def _blend(
    scalp: Scalp, skull: Skull, guides: Guides, hair: Hair, style: Style, generator: np.random.Generator
) -> Strands:
    """Strands between the guides, gathered into locks, then curled, frizzed and laid on the head."""
    density = _root_density(scalp, hair, style)
    places = sample_evenly(scalp.model.quads, scalp.points, density, style.count, generator)
    roots = Roots.of(scalp, places)
    nearest, shares = _neighbours(guides, roots, style, generator)
    shapes = guides.points - guides.points[:, :1]
    shape = (shapes[nearest] * shares[..., None, None]).sum(1)
    strands = (roots.points + roots.normals * 0.0003)[:, None] + shape
    lock = nearest[:, 0]  # the guide that a strand's lock gathers around
    along = np.linspace(0, 1, NUM_POINTS)
    strands += (guides.points[lock] - strands) * (style.clump * smoothstep(0.1, 0.9, along))[:, None]

    cut = generator.uniform(0.82, 1.0, len(strands))
    heights = generator.random(len(strands))
    margin = places.at(scalp.margin[:, None])[:, 0]
    is_wisp = (margin < WISP_BAND) & (generator.random(len(strands)) < WISP_SHARE)
    is_long = hair.length * style.length > CLOSE_CROPPED
    if is_long:
        strands = _with_wisps(strands, is_wisp, hair.length * style.length, generator)
    strands += _curl_and_frizz(shape[:, -1], lock, guides.lengths, cut, hair, style, generator)
    strands = _laid(strands, heights, skull, 8 if is_long else 3)
    strands = _rooted(strands, roots)
    radii = RADIUS * (1 - 0.75 * np.linspace(0, 1, strands.shape[1]) ** 2)
    return Strands(strands, np.where(is_wisp & is_long, WISP_RADIUS, 1.0)[:, None] * radii)


def _root_density(scalp: Scalp, hair: Hair, style: Style) -> Floats:
    """[n]; denser where skin would show: at the parting, and in the first centimetres behind the hairline."""
    x, y, z = scalp.model.canonical.T
    at_edge = smoothstep(0.022, 0.004, scalp.margin) * smoothstep(0, 0.03, z - 0.70) * (y < 0.02)
    is_combed_away = style.comb in ("bun", "back", "parted", "side")
    density = 1 + (2 if is_combed_away else 1) * at_edge
    if style.comb in HAS_PARTING:
        density = density + 3 * smoothstep(0.016, 0.004, np.abs(x - hair.part)) * (z > 0.78)
    return np.asarray(scalp.thickness * density)


def _neighbours(
    guides: Guides, roots: Roots, style: Style, generator: np.random.Generator
) -> tuple[NDArray[np.intp], Floats]:
    """The three nearest guides of each strand [n, 3], not across the parting, and their shares [n, 3]."""
    partings = guides.parting.seen_by(roots.canonical, generator)
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


def _with_wisps(
    strands: Floats, is_wisp: NDArray[np.bool_], length: float, generator: np.random.Generator
) -> Floats:
    """Baby hair: those of `is_wisp` [n] are shorter and less combed; `length` is the others', m."""
    roots, along = strands[:, :1], np.linspace(0, 1, NUM_POINTS)[:, None]
    shares = generator.uniform(0.03, 0.16, len(strands)) * np.clip(0.30 / length, 1, 3)
    astray = generator.normal(0, 0.0016, (len(strands), 1, 3)) * along
    wisps = roots + (strands - roots) * shares[:, None, None] + astray
    return np.where(is_wisp[:, None, None], wisps, strands)


def _laid(strands: Floats, heights: Floats, skull: Skull, last: int) -> Floats:
    """Points up to the `last` that dip into the skin are lifted out.

    Each strand keeps a small height of its own, `heights` [n] in [0, 1], so that the hair has thickness.
    """
    laid = strands.copy()
    for index in range(1, last + 1):
        height, normal, _ = skull(laid[:, index])
        lift = np.clip(CLEARANCE + THICKNESS * heights - height, 0, 0.006)
        laid[:, index] += normal * lift[:, None]
    return laid


def _rooted(strands: Floats, roots: Roots) -> Floats:
    """One point more: the first under the skin, the second just above it.

    Without it the first segment, a centimetre of long hair, rises so slowly that partings look bare.
    """
    out = roots.normals[:, None]
    first, second = strands[:, :1], strands[:, 1:2]
    above = first + 0.06 * (second - first) + 0.0007 * out
    return np.concatenate([first - 0.0008 * out, above, strands[:, 1:]], 1)


def _curl_and_frizz(
    ends: Floats,
    lock: NDArray[np.intp],
    guide_lengths: Floats,
    cut: Floats,
    hair: Hair,
    style: Style,
    generator: np.random.Generator,
) -> Floats:
    """Offsets [n, k, 3] across strands that run from their root to `ends` [n, 3].

    A lock's strands curl together: wave length and phase are its guide's. `cut` [n] is their share of its
    length.
    """
    count, num_guides = len(ends), len(guide_lengths)
    along = np.linspace(0, 1, NUM_POINTS)[None]
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
