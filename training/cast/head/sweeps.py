"""Tubes swept along a path: frames of glasses."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from training.cast.head.mesh import Floats, Quads, dot, tube_quads, unit

NUM_SIDES: Final = 10
ROUNDNESS: Final = 0.6  # of the section: 1 an ellipse, 0 a rectangle


def sweep(
    path: Floats, across: ArrayLike, depth: ArrayLike, axis: ArrayLike, *, is_closed: bool
) -> tuple[Floats, Quads]:
    """A tube along `path` [k, 3], its ends open → points [k · NUM_SIDES, 3], ring by ring, and quads.

    Its section is a rounded box: `depth` is half of its size along `axis` [3], `across` across it; m, of each
    point [k] or of all.
    """
    if is_closed:
        tangents = unit(np.roll(path, -1, 0) - np.roll(path, 1, 0))
    else:
        tangents = unit(np.gradient(path, axis=0))
    axes = np.broadcast_to(np.asarray(axis, np.float64), path.shape)
    axes = unit(axes - tangents * dot(axes, tangents))
    sides = np.cross(tangents, axes)
    angle = (np.arange(NUM_SIDES) + 0.5) / NUM_SIDES * 2 * np.pi
    u, v = (np.sign(wave) * np.abs(wave) ** ROUNDNESS for wave in (np.cos(angle), np.sin(angle)))
    count = len(path)
    along_sides = np.broadcast_to(across, (count,))[:, None] * u
    along_axes = np.broadcast_to(depth, (count,))[:, None] * v
    points = path[:, None] + along_sides[..., None] * sides[:, None] + along_axes[..., None] * axes[:, None]
    quads = tube_quads(count, NUM_SIDES)
    if is_closed:
        last, first = quads[-NUM_SIDES:, 3:1:-1], quads[:NUM_SIDES, :2]
        quads = np.concatenate([quads, np.concatenate([last, first[:, ::-1]], 1)])
    return points.reshape(-1, 3), quads
