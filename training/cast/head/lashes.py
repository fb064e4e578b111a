"""Eyelashes: curves along the base mesh's lash strips."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from training.cast.head.mesh import Floats, Quads
from training.cast.head.model import HeadModel
from training.cast.head.strands import Strands
from training.cast.traits import Look

NUM_POINTS: Final = 6  # of a lash
UPPER_COUNT: Final = 95  # an eye, at density 1
LOWER_COUNT: Final = 34
LOWER_LENGTH: Final = 0.62  # of the strip's depth
UPPER_RADIUS: Final = 0.00014  # m, at the root
LOWER_RADIUS: Final = 0.00009
STRIP_ROWS: Final = 5  # of vertices, from the lid to the tips


@dataclass(frozen=True, eq=False)
class _Row:
    """The upper or lower lashes of one eye."""

    strip: NDArray[np.int32]  # [5, columns], coarse vertices; row 0 lies next to the eyeball
    columns: Floats  # [n], where lashes stand along the strip, in columns
    lengths: Floats  # [n], of the strip's depth
    skews: Floats  # [n], columns by which the tips lie aside, halved
    radius: float  # m

    @classmethod
    def draw(
        cls,
        strip: NDArray[np.int32],
        count: int,
        length: float,
        radius: float,
        generator: np.random.Generator,
    ) -> Self:
        columns = np.sort(generator.uniform(0.03, 0.97, count)) * (strip.shape[1] - 1)
        lengths = length * generator.uniform(0.75, 1.15, count)
        return cls(strip, columns, lengths, generator.normal(0, 0.6, count), radius)

    def on(self, coarse: Floats) -> Strands:
        root = self._along(coarse, 1, self.columns)
        middle = self._along(coarse, 2, self.columns)
        end = self._along(coarse, 4, self.columns + 0.5 * self.skews)
        tip = root + 1.15 * self.lengths[:, None] * (end - root)
        control = root + 0.9 * (middle - root) + 0.15 * (tip - root)
        s = np.linspace(0, 1, NUM_POINTS)[None, :, None]  # along a quadratic Bézier curve
        points = (1 - s) ** 2 * root[:, None] + 2 * s * (1 - s) * control[:, None] + s**2 * tip[:, None]
        radii = np.tile(self.radius * (1 - 0.75 * s[..., 0]), (len(root), 1))
        return Strands(points, radii)

    def _along(self, coarse: Floats, row: int, columns: Floats) -> Floats:
        """Points [n, 3] at fractional columns of a row of the strip."""
        last = self.strip.shape[1] - 1
        left = np.clip(columns.astype(np.intp), 0, last - 1)
        share = (np.clip(columns, 0, last) - left)[:, None]
        return np.asarray(
            coarse[self.strip[row, left]] * (1 - share) + coarse[self.strip[row, left + 1]] * share
        )


class Lashes:
    """One person's lashes."""

    def __init__(self, model: HeadModel, look: Look, generator: np.random.Generator) -> None:
        upper_count = int(UPPER_COUNT * look.lash_density)
        rows = []
        for side in ("l", "r"):
            upper, lower = (_strip(model, f"{side}-eyelashes-{number}") for number in (2, 1))
            rows.append(_Row.draw(upper, upper_count, look.lash_length, UPPER_RADIUS, generator))
            rows.append(_Row.draw(lower, LOWER_COUNT, LOWER_LENGTH, LOWER_RADIUS, generator))
        self._rows = tuple(rows)

    def on(self, coarse: Floats) -> Strands:
        """On posed coarse vertices [m, 3]."""
        rows = [row.on(coarse) for row in self._rows]
        return Strands(
            np.concatenate([row.points for row in rows]), np.concatenate([row.radii for row in rows])
        )


def _strip(model: HeadModel, part: str) -> NDArray[np.int32]:
    """A lash strip's vertices [5, columns], row 0 next to the eyeball."""
    grid = vertex_grid(model.faces[part])
    if grid.shape[0] != STRIP_ROWS:
        grid = grid.T
    y = model.template[grid][..., 1].mean(1)
    return grid if y[0] > y[-1] else grid[::-1]  # lashes reach forwards, to -y


def vertex_grid(quads: Quads) -> NDArray[np.int32]:
    """A rectangular patch of quads → its vertices [rows, columns].

    Row 0 begins at the first corner of the patch and runs along the side that leaves it in its quad.
    """
    places = _grid_places(quads)
    corners = np.array(list(places.values()))
    if len(places) != len(np.unique(quads)) or len(places) != np.prod(corners.max(0) + 1):
        raise ValueError(f"{len(quads)} quads with {len(places)} vertices are no rectangular patch")
    grid = np.empty(corners.max(0) + 1, np.int32)
    for vertex, place in places.items():
        grid[place] = vertex
    return grid


def _grid_places(quads: Quads) -> dict[int, tuple[int, int]]:
    """Vertex → (row, column), spread from quad to quad across shared edges.

    All quads run round the same way: after one side, the next turns towards higher rows.
    """
    vertices, counts = np.unique(quads, return_counts=True)
    corners = set(vertices[counts == 1].tolist())
    first, index = next(
        (quad, index) for quad, row in enumerate(quads) for index in range(4) if int(row[index]) in corners
    )
    start, following = int(quads[first, index]), int(quads[first, (index + 1) % 4])
    places = {start: (0, 0), following: (0, 1)}
    waiting = [first, *(quad for quad in range(len(quads)) if quad != first)]
    while waiting:
        left_over = [quad for quad in waiting if not _place_quad(quads[quad].tolist(), places)]
        if len(left_over) == len(waiting):
            break  # not connected
        waiting = left_over
    return places


def _place_quad(quad: list[int], places: dict[int, tuple[int, int]]) -> bool:
    """Place the other two corners of a quad that has a side with both ends placed."""
    for index in range(4):
        a, b, c, d = (quad[(index + step) % 4] for step in range(4))
        if a in places and b in places:
            (row, column), (next_row, next_column) = places[a], places[b]
            turn = (next_column - column, row - next_row)  # the side a → b, turned by 90°
            places.setdefault(c, (next_row + turn[0], next_column + turn[1]))
            places.setdefault(d, (row + turn[0], column + turn[1]))
            return True
    return False
