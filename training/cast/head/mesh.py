"""Geometry on arrays: rotations, subdivision, normals, blends.

Points are float64 [n, 3], quads int32 [q, 4] with their corners counter-clockwise seen from outside.
"""

from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Quads = NDArray[np.int32]
SparseMatrix: TypeAlias = Any  # scipy publishes no types

TINY: Final = 1e-9  # m; a vector shorter than this has no direction


def smoothstep(start: float, end: float, x: ArrayLike) -> Floats:
    """0 before `start`, 1 after `end`, 3t² - 2t³ between; `start` > `end` gives the falling step."""
    t = np.clip((np.asarray(x, np.float64) - start) / (end - start), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def unit(vectors: Floats) -> Floats:
    """Vectors [..., 3] → of length 1; those near zero stay near zero."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), TINY))


def dot(a: Floats, b: Floats) -> Floats:
    """Row by row: [n, 3], [n, 3] → [n, 1]."""
    return np.asarray((a * b).sum(-1, keepdims=True))


def rotation(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Floats:
    """Degrees → matrix [3, 3]. Positive: turn to the person's left, look up, tilt to the person's left."""
    y, p, r = np.radians([yaw, -pitch, roll])
    about_z = np.array([[np.cos(y), -np.sin(y), 0], [np.sin(y), np.cos(y), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(r), 0, np.sin(r)], [0, 1, 0], [-np.sin(r), 0, np.cos(r)]])
    return np.asarray(about_z @ about_x @ about_y)


def vertex_normals(points: Floats, quads: Quads) -> Floats:
    """Unit normals [n, 3]: the mean of the quads around a vertex, each weighted by its area."""
    a, b, c, d = (points[quads[:, corner]] for corner in range(4))
    of_quads = np.cross(c - a, d - b)
    corners = quads.T.ravel()
    sums = [np.bincount(corners, np.tile(of_quads[:, axis], 4), len(points)) for axis in range(3)]
    return unit(np.stack(sums, 1) / TINY)  # scaled, so that areas of square micrometres are not "near zero"


# -- subdivision ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Subdivision:
    """A smooth surface as a fixed linear map of its coarse vertices."""

    matrix: SparseMatrix  # [n, m]
    quads: Quads  # [q, 4] on the n fine vertices

    @classmethod
    def of(cls, quads: Quads, num_vertices: int, levels: int = 2) -> Self:
        """`quads` use some of `num_vertices` coarse vertices; the fine ones are only those in use."""
        matrix = sparse.identity(num_vertices, format="csr")
        for _ in range(levels):
            step, quads = catmull_clark(quads, matrix.shape[0])
            matrix = (step @ matrix).tocsr()
        used, quads = compacted(quads)
        return cls(matrix[used], quads)

    def points(self, coarse: Floats) -> Floats:
        """[m, 3] → [n, 3]; the same for whatever else the coarse vertices carry."""
        return np.asarray(self.matrix @ coarse)


def compacted(quads: Quads) -> tuple[NDArray[np.intp], Quads]:
    """The vertices in use, ascending, and the quads numbered among them."""
    used, renumbered = np.unique(quads, return_inverse=True)
    return used.astype(np.intp), renumbered.reshape(quads.shape).astype(np.int32)


def catmull_clark(quads: Quads, num_vertices: int) -> tuple[SparseMatrix, Quads]:
    """One step → the matrix new ← old and the new quads; the boundary is a crease (a cubic spline).

    The new vertices are the old ones, then one for each edge, then one for each quad.
    """
    num_quads = len(quads)
    # Side k of a quad runs from its corner k to corner k + 1.
    sides = np.stack([quads, np.roll(quads, -1, 1)], 2).reshape(-1, 2)
    ends, edge_of_side, uses = np.unique(np.sort(sides, 1), axis=0, return_inverse=True, return_counts=True)
    edge_of_side = edge_of_side.reshape(-1)
    num_edges = len(ends)
    quad_of_side = np.repeat(np.arange(num_quads), 4)
    vertex_quad = _incidence(quads.ravel(), quad_of_side, (num_vertices, num_quads))
    vertex_edge = _incidence(ends.ravel(), np.repeat(np.arange(num_edges), 2), (num_vertices, num_edges))
    edge_quad = _incidence(edge_of_side, quad_of_side, (num_edges, num_quads))

    is_inner = uses == 2
    centres, middles = 0.25 * vertex_quad.T, 0.5 * vertex_edge.T
    smooth_edges = 0.5 * middles + 0.25 * (edge_quad @ centres)
    edge_points = _rows(is_inner) @ smooth_edges + _rows(~is_inner) @ middles
    boundary = vertex_edge @ _rows(~is_inner)
    vertex_points = _moved_vertices(vertex_edge, vertex_quad, boundary)

    edges = edge_of_side.reshape(num_quads, 4) + num_vertices
    middle = np.arange(num_quads) + num_vertices + num_edges
    quarters = [
        np.stack([quads[:, corner], edges[:, corner], middle, edges[:, corner - 1]], 1) for corner in range(4)
    ]
    matrix = sparse.vstack([vertex_points, edge_points, centres]).tocsr()
    return matrix, np.stack(quarters, 1).reshape(-1, 4).astype(np.int32)


def _moved_vertices(
    vertex_edge: SparseMatrix, vertex_quad: SparseMatrix, boundary: SparseMatrix
) -> SparseMatrix:
    """Where one step puts the old vertices [v, v]; those that no quad uses stay."""
    stay = sparse.identity(vertex_edge.shape[0])
    centres, middles = 0.25 * vertex_quad.T, 0.5 * vertex_edge.T
    valence, num_quads, num_boundary = (
        np.asarray(incidence.sum(1)).ravel() for incidence in (vertex_edge, vertex_quad, boundary)
    )
    per_edge, per_quad, per_boundary = (
        1 / np.maximum(count, 1) for count in (valence, num_quads, num_boundary)
    )
    mean_centre = _rows(per_quad) @ vertex_quad @ centres
    mean_middle = _rows(per_edge) @ vertex_edge @ middles
    share = (np.maximum(valence, 1) - 3) * per_edge
    smooth = _rows(per_edge) @ (mean_centre + 2 * mean_middle) + _rows(share) @ stay
    crease = 0.5 * stay + 0.5 * _rows(per_boundary) @ boundary @ middles
    is_used, is_boundary = num_quads > 0, num_boundary > 0
    return (
        _rows(is_used & ~is_boundary) @ smooth
        + _rows(is_used & is_boundary) @ crease
        + _rows(~is_used) @ stay
    )


def _incidence(
    rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]
) -> SparseMatrix:
    """1 where a row's thing touches a column's."""
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape)


def _rows(factors: NDArray[np.floating] | NDArray[np.bool_]) -> SparseMatrix:
    """The diagonal matrix that scales rows."""
    return sparse.diags(factors.astype(np.float64))


def tube_quads(num_rings: int, num_around: int) -> Quads:
    """Quads of a tube whose vertices are `num_rings` closed rings of `num_around` vertices, ring by ring."""
    rings = np.arange(num_rings * num_around).reshape(num_rings, num_around)
    ahead = np.roll(rings, -1, 1)
    corners = np.stack([rings[:-1], ahead[:-1], ahead[1:], rings[1:]], -1)
    return corners.reshape(-1, 4).astype(np.int32)


# -- affine maps ---------------------------------------------------------------------------------------------


def affine_fit(source: Floats, target: Floats) -> Floats:
    """The affine map [4, 3] that takes `source` [k, 3] nearest to `target` [k, 3]; use with `affine_map`."""
    return np.asarray(np.linalg.lstsq(_homogeneous(source), target, rcond=None)[0])


def affine_map(points: Floats, matrix: Floats) -> Floats:
    return np.asarray(_homogeneous(points) @ matrix)


def _homogeneous(points: Floats) -> Floats:
    return np.concatenate([points, np.ones((len(points), 1))], 1)
