"""Hairs: polylines that grow on a surface, and those bound to it, which follow its every move."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.cast.head.mesh import Floats, Quads, dot, unit


@dataclass(frozen=True, eq=False)
class Strands:
    """Hairs of one kind, all with the same number of points, roots first."""

    points: Floats  # [n, k, 3]
    radii: Floats  # [n, k], m

    @classmethod
    def none(cls) -> Self:
        return cls(np.zeros((0, 2, 3)), np.zeros((0, 2)))

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Places on a mesh that stay where they are as it moves."""

    corners: NDArray[np.int32]  # [n, 4], the vertices of the quad that each lies on
    weights: Floats  # [n, 4], bilinear, sum 1

    @classmethod
    def none(cls) -> Self:
        return cls(np.zeros((0, 4), np.int32), np.zeros((0, 4)))

    def __len__(self) -> int:
        return len(self.corners)

    def at(self, values: Floats) -> Floats:
        """What the vertices carry [v, …] → at these places [n, …]."""
        return np.asarray((values[self.corners] * self.weights[..., None]).sum(1))


def sample_surface(
    quads: Quads, points: Floats, density: Floats, count: int, generator: np.random.Generator
) -> SurfacePoints:
    """`count` random places; a quad's chance is its area times the mean of `density` [v] at its corners.

    None at all where the density is zero everywhere.
    """
    masses = _masses(quads, points, density)
    if masses.sum() <= 0 or count == 0:
        return SurfacePoints.none()
    chosen = generator.choice(len(quads), count, p=masses / masses.sum())
    return _within(quads[chosen], generator)


def sample_evenly(
    quads: Quads, points: Floats, density: Floats, count: int, generator: np.random.Generator
) -> SurfacePoints:
    """Like `sample_surface`, but stratified: one place in each of `count` equal masses, in the quads' order.

    Neighbours in that order lie near each other, so that hairs keep their distance and no patch stays bare.
    """
    masses = _masses(quads, points, density)
    if masses.sum() <= 0 or count == 0:
        return SurfacePoints.none()
    strata = (np.arange(count) + generator.random(count)) / count
    chosen = np.searchsorted(np.cumsum(masses) / masses.sum(), strata)
    return _within(quads[np.minimum(chosen, len(quads) - 1)], generator)


def _masses(quads: Quads, points: Floats, density: Floats) -> Floats:
    """Area times mean density of each quad [q]."""
    a, b, c, d = (points[quads[:, corner]] for corner in range(4))
    areas = 0.5 * np.linalg.norm(np.cross(c - a, d - b), axis=1)
    return np.asarray(areas * density[quads].mean(1))


def _within(corners: Quads, generator: np.random.Generator) -> SurfacePoints:
    """A random place on each of these quads [n, 4]."""
    u, v = generator.random((2, len(corners)))
    weights = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], 1)
    return SurfacePoints(corners, weights)


@dataclass(frozen=True, eq=False)
class BoundStrands:
    """Strands held in a frame on the skin at each root: tangent, bitangent, normal."""

    roots: SurfacePoints
    local: Floats  # [n, k, 3], in the roots' frames
    radii: Floats  # [n, k], m

    @classmethod
    def bind(cls, roots: SurfacePoints, points: Floats, normals: Floats, strands: Strands) -> Self:
        """Strands grown on the skin where its vertices are `points` and `normals` [v, 3]."""
        origins, frames = _frames(roots, points, normals)
        return cls(roots, (strands.points - origins[:, None]) @ frames, strands.radii)

    def on(self, points: Floats, normals: Floats) -> Strands:
        """The strands on the same skin, moved."""
        origins, frames = _frames(self.roots, points, normals)
        return Strands(origins[:, None] + self.local @ frames.transpose(0, 2, 1), self.radii)


def _frames(roots: SurfacePoints, points: Floats, normals: Floats) -> tuple[Floats, Floats]:
    """Origins [n, 3] and frames [n, 3, 3] with the axes as columns."""
    normal = unit(roots.at(normals))
    edge = points[roots.corners[:, 1]] - points[roots.corners[:, 0]]
    tangent = unit(edge - normal * dot(edge, normal))
    return roots.at(points), np.stack([tangent, np.cross(normal, tangent), normal], 2)
