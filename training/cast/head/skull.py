"""The average head as coverings see it: a smooth skull without ears and face, and shells around it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.cast.head.mesh import Floats, Quads

CENTRE: Final = np.array([0, -0.056, 0.755])  # coverings are star-shaped around it; canonical, m
REACH: Final = 0.10  # of the Gaussian that smooths the skull, on the sphere of directions
POLE: Final = np.pi / 2 - 0.004  # radians; shells stay open by a hair's breadth at the crown


@dataclass(frozen=True, eq=False)
class Pattern:
    """Cloth as it lies on the average head: rings around it, from the lowest up."""

    points: Floats  # [v, 3], canonical
    quads: Quads
    fabric: Floats  # [v, 3], m: along the edge, away from the edge, 0
    inside: Floats  # [v], > 0 where there is cloth


def is_ear(canonical: Floats) -> NDArray[np.bool_]:
    """What stands off the side of the head, of points [n, 3]: [n]. Not bounded below or in front."""
    return np.asarray((np.abs(canonical[:, 0]) > 0.0732) & (canonical[:, 2] < 0.7375))


class SmoothSkull:
    """How far the canonical skin [n, 3] lies from CENTRE, smoothed."""

    def __init__(self, canonical: Floats) -> None:
        _, y, z = canonical.T
        is_face = (y <= -0.085) & (z <= 0.765)
        offsets = canonical[(z > 0.655) & ~is_ear(canonical) & ~is_face] - CENTRE
        self._radii = np.linalg.norm(offsets, axis=1)
        self._directions = cKDTree(offsets / self._radii[:, None])

    def radius(self, directions: Floats) -> Floats:
        """Unit vectors [k, 3] → m [k]."""
        distances, nearest = self._directions.query(directions, k=24)
        shares = np.exp(-((distances / REACH) ** 2)) + 1e-9
        return np.asarray((self._radii[nearest] * shares).sum(1) / shares.sum(1))


class Shell:
    """Rings of points around the skull, their azimuths evenly spaced from -180° to 180°, 0 in front."""

    def __init__(self, canonical: Floats, num_azimuths: int) -> None:
        self.azimuths = np.linspace(-np.pi, np.pi, num_azimuths, endpoint=False)
        self.skull = SmoothSkull(canonical)
        level = np.zeros(num_azimuths)
        self.outwards = np.stack([np.sin(self.azimuths), -np.cos(self.azimuths), level], 1)  # [a, 3]

    def at_elevation(self, elevation: Floats, lift: Floats | float) -> Floats:
        """`lift` m above the skull, seen from CENTRE at these radians over the horizontal [a]: [a, 3]."""
        up = np.array([0, 0, 1.0])
        directions = self.outwards * np.cos(elevation)[:, None] + up * np.sin(elevation)[:, None]
        return np.asarray(CENTRE + directions * (self.skull.radius(directions) + lift)[:, None])

    def elevation(self, height: Floats, lift: float) -> Floats:
        """The elevation [a] at which the shell `lift` m above the skull is so high: z [a], m."""
        elevation = np.zeros_like(self.azimuths)
        for _ in range(12):  # the radius hardly changes along a meridian
            radius = np.linalg.norm(self.at_elevation(elevation, lift) - CENTRE, axis=1)
            elevation = np.arcsin(np.clip((height - CENTRE[2]) / radius, -0.99, 0.999))
        return elevation

    def at_height(self, height: Floats, lift: float) -> Floats:
        """`lift` m above the skull at heights z [a], m: [a, 3]."""
        return self.at_elevation(self.elevation(height, lift), lift)
