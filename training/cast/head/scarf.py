"""A headscarf on the average head: hood, folds around the neck, and an opening for the face."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter

from training.cast.head.mesh import Floats, smoothstep, tube_quads, unit
from training.cast.head.skull import CENTRE, POLE, Pattern, Shell, is_ear
from training.cast.traits import Covering

NUM_AZIMUTHS: Final = 160
STEP: Final = 0.005  # m between rings below the hood
HEIGHTS: Final = np.arange(0.465, 0.7401, STEP)  # of those rings, z, m; above, the hood's dome
NUM_DOME: Final = 33  # rings of it
AXIS: Final = np.array([0, -0.050])  # x, y of the vertical line around which the rings lie, m
JAW: Final = 0.645  # m; below, the cloth hangs
WIDEST: Final = 0.135  # m off the axis; the shoulders are left to the clothes
LOOSE: Final = 0.0075  # m off the skin
OPENING: Final = (0.0640, 0.7035, 0.0915, 0.0905)  # of the face: half width, middle height, up, down; m
OPENING_POWER: Final = 2.3  # of its superellipse
FACE: Final = -0.035  # y, m; only in front of it is the scarf open
HEM_END: Final = 0.126  # m off the axis; the scarf ends on the shoulders


def scarf(canonical: Floats, spec: Covering) -> Pattern:
    """`canonical` [n, 3]: the fine skin."""
    rings = _rings(canonical, spec.detail[0])
    points = rings.reshape(-1, 3)
    opening = _off_face(points)
    quads = tube_quads(len(rings), NUM_AZIMUTHS)
    x, y, z = points.T
    off_axis = np.hypot(x, y - AXIS[1])
    return Pattern(
        points=_draped(points, opening, spec),
        quads=quads[(opening[quads] > 0.9).any(1)],
        fabric=np.stack([0.085 * _azimuth(points), z, np.zeros_like(z)], 1),
        inside=np.minimum(60 * (opening - 1), 300 * (HEM_END - off_axis)),
    )


def _azimuth(points: Floats) -> Floats:
    """Around AXIS, radians from the front, positive on the left."""
    return np.asarray(np.arctan2(points[:, 0], -(points[:, 1] - AXIS[1])))


def _off_face(points: Floats) -> Floats:
    """1 on the edge of the opening for the face, less inside of it, 3 behind it: [v]."""
    half_width, middle, up, down = OPENING
    x, y, z = points.T
    off_x = np.abs(x) / half_width
    off_z = np.abs(z - middle) / np.where(z > middle, up, down)
    off = (off_x**OPENING_POWER + off_z**OPENING_POWER) ** (1 / OPENING_POWER)
    return np.where(y < FACE, off, 3.0)


# -- form ----------------------------------------------------------------------------------------------------


def _rings(canonical: Floats, fullness: float) -> Floats:
    """Smooth cloth [rings, a, 3]: level rings from the shoulders to above the ears, then a dome."""
    shell = Shell(canonical, NUM_AZIMUTHS)
    radii = _hanging(_silhouette(canonical))
    below = np.zeros((len(HEIGHTS), NUM_AZIMUTHS, 3))
    below[..., :2] = AXIS + shell.outwards[:, :2] * radii[..., None]
    below[..., 2] = HEIGHTS[:, None]

    offsets = below[-1] - CENTRE
    distances = np.linalg.norm(offsets, axis=1)
    start = np.arcsin(offsets[:, 2] / distances)
    start_lift = distances - shell.skull.radius(unit(offsets))
    dome = []
    for s in np.linspace(0, 1, NUM_DOME + 1)[1:]:
        risen = smoothstep(0, 0.45, s)
        lift = start_lift * (1 - risen) + (0.0085 + 0.004 * fullness) * risen
        dome.append(shell.at_elevation(start + (POLE - start) * s, lift))
    rings = np.concatenate([below, dome])
    seam = slice(len(HEIGHTS) - 6, len(HEIGHTS) + 8)
    rings[seam] = gaussian_filter(rings, (2.5, 0, 0), mode="nearest")[seam]
    return rings


def _silhouette(canonical: Floats) -> Floats:
    """How far the skin without ears reaches from AXIS: [heights, a], m; 0 where there is none."""
    from_axis = canonical[:, :2] - AXIS
    height = np.round((canonical[:, 2] - HEIGHTS[0]) / STEP).astype(np.intp)
    turns = (np.arctan2(from_axis[:, 0], -from_axis[:, 1]) + np.pi) / (2 * np.pi)
    column = np.round(turns * NUM_AZIMUTHS).astype(np.intp) % NUM_AZIMUTHS
    seen = (height >= 0) & (height < len(HEIGHTS)) & ~is_bounded_ear(canonical)
    radii = np.zeros((len(HEIGHTS), NUM_AZIMUTHS))
    np.maximum.at(radii, (height[seen], column[seen]), np.linalg.norm(from_axis, axis=1)[seen])
    return np.asarray(maximum_filter(radii, (3, 5), mode=("nearest", "wrap")))


def is_bounded_ear(canonical: Floats) -> NDArray[np.bool_]:
    """The ears among points [n, 3] and nothing of cheeks, neck and shoulders: [n]."""
    return np.asarray(is_ear(canonical) & (canonical[:, 2] > 0.66) & (canonical[:, 1] > -0.075))


def _hanging(silhouette: Floats) -> Floats:
    """The cloth's radii: over the hollows of the neck it hangs from jaw to shoulders."""
    radii = silhouette.copy()
    is_low = HEIGHTS < JAW
    for column in range(NUM_AZIMUTHS):
        radius = radii[is_low, column]
        radii[is_low, column] = 0.25 * radius + 0.75 * upper_hull(HEIGHTS[is_low], radius)
    smooth = gaussian_filter(np.minimum(radii, WIDEST), (3.0, 2.5), mode=("nearest", "wrap"))
    return np.asarray(smooth + LOOSE + 0.003 * smoothstep(0.65, 0.68, HEIGHTS)[:, None])


def upper_hull(x: Floats, y: Floats) -> Floats:
    """A string pulled tight over the points (x, y): its heights [k] at the ascending x [k]."""
    hull: list[int] = []
    for index in range(len(x)):
        while len(hull) > 1:
            a, b = hull[-2:]
            if (y[b] - y[a]) * (x[index] - x[a]) > (y[index] - y[a]) * (x[b] - x[a]):
                break
            hull.pop()
        hull.append(index)
    return np.interp(x, x[hull], y[hull])


# -- folds ---------------------------------------------------------------------------------------------------


def _draped(points: Floats, opening: Floats, spec: Covering) -> Floats:
    """Smooth cloth [v, 3] with folds; the hem turns in to the face."""
    x, y, z = points.T
    outwards = unit(np.stack([x, y - AXIS[1], 0.35 * (z - 0.66)], 1))
    hem = 0.0016 * np.exp(-(((opening - 1.14) / 0.05) ** 2)) - 0.0125 * smoothstep(1.16, 1.0, opening)
    out = _neck_folds(points, spec) + _hood_folds(points, opening, spec) + hem
    _, _, last = spec.detail
    ripples = np.sin((y + 0.25 * np.abs(x)) * 2 * np.pi / 0.030 + 5 * last)
    draped = points + outwards * out[:, None]
    draped[:, 2] += 0.0016 * smoothstep(0.76, 0.80, z) * ripples
    return draped


def _neck_folds(points: Floats, spec: Covering) -> Floats:
    """Folds [v], m, that sag in front of the neck."""
    x, y, z = points.T
    _, lean, phase = spec.detail
    azimuth, off_axis = _azimuth(points), np.hypot(x, y - AXIS[1])
    around_neck = smoothstep(JAW, 0.610, z) * smoothstep(0.455, 0.50, z) * smoothstep(0.120, 0.080, off_axis)
    sagging = z + 0.030 * np.cos(azimuth + 0.5 * (lean - 0.5)) + 0.006 * np.sin(2.2 * azimuth + 6 * phase)
    crossing = z - 0.045 * np.cos(azimuth - 1.1)
    folds = np.sin(sagging * 2 * np.pi / 0.024) + 0.5 * np.sin(crossing * 2 * np.pi / 0.037 + 2)
    return np.asarray(0.0042 * around_neck * folds)


def _hood_folds(points: Floats, opening: Floats, spec: Covering) -> Floats:
    """Folds [v], m, that run around the face."""
    hood = (
        smoothstep(0.60, 0.66, points[:, 2]) * smoothstep(1.0, 1.35, opening) * smoothstep(2.9, 1.4, opening)
    )
    wave = np.sin(21 * opening + 2.2 * np.sin(1.5 * _azimuth(points) + 4 * spec.detail[1]))
    return np.asarray(0.0020 * hood * wave)
