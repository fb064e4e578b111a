import numpy as np
import pytest

from tests.training.cube import CUBE, CUBE_QUADS
from training.cast.head.mesh import (
    Quads,
    Subdivision,
    affine_fit,
    affine_map,
    catmull_clark,
    compacted,
    rotation,
    smoothstep,
    tube_quads,
    vertex_normals,
)


def uses_of_edges(quads: Quads) -> np.ndarray:
    sides = np.sort(np.stack([quads, np.roll(quads, -1, 1)], 2).reshape(-1, 2), 1)
    return np.unique(sides, axis=0, return_counts=True)[1]


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_a_subdivided_cube_stays_closed(levels: int) -> None:
    cube = Subdivision.of(CUBE_QUADS, len(CUBE), levels)
    assert len(cube.quads) == 6 * 4**levels
    assert (uses_of_edges(cube.quads) == 2).all()
    num_vertices, num_edges = len(cube.points(CUBE)), 2 * len(cube.quads)
    assert num_vertices - num_edges + len(cube.quads) == 2  # Euler


def test_subdivision_converges_and_keeps_what_is_the_same_everywhere() -> None:
    corners = []  # the cube's corner, step by step
    for levels in range(1, 6):
        cube = Subdivision.of(CUBE_QUADS, len(CUBE), levels)
        np.testing.assert_allclose(cube.points(np.ones((8, 1))), 1, atol=1e-12)
        corners.append(np.linalg.norm(cube.points(CUBE), axis=1)[:8].mean())
    steps = np.abs(np.diff(corners))
    assert (steps[1:] < 0.5 * steps[:-1]).all()


def test_a_step_averages_as_catmull_and_clark_say() -> None:
    matrix, _ = catmull_clark(CUBE_QUADS, 8)
    new = matrix @ CUBE
    np.testing.assert_allclose(new[7], np.full(3, 5 / 9))  # a corner where three quads meet
    np.testing.assert_allclose(np.abs(new[8:20]).sum(1), 2 * 0.75)  # edges: two coordinates are ¾
    np.testing.assert_allclose(np.abs(new[20:]).sum(1), 1)  # the sides' middles


def test_a_boundary_is_a_curve_of_its_own_and_unused_vertices_stay() -> None:
    square = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [9, 9, 9]])
    matrix, quads = catmull_clark(np.array([[0, 1, 2, 3]], np.int32), 5)
    new = matrix @ square
    np.testing.assert_allclose(new[0], [0.125, 0.125, 0])
    np.testing.assert_allclose(new[4], 9)
    assert 4 not in quads


def test_compacted_quads_name_the_same_vertices() -> None:
    used, quads = compacted(np.array([[7, 3, 9, 20]], np.int32))
    assert used[quads].tolist() == [[7, 3, 9, 20]]


def test_a_positive_turn_is_left_up_and_to_the_left() -> None:
    face, crown = np.array([0, -1.0, 0]), np.array([0, 0, 1.0])
    assert (rotation(yaw=30) @ face)[0] == pytest.approx(0.5)  # x > 0: the person's left
    assert (rotation(pitch=30) @ face)[2] == pytest.approx(0.5)
    assert (rotation(roll=30) @ crown)[0] == pytest.approx(0.5)
    turn = rotation(12, -7, 4)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(turn) == pytest.approx(1)


def test_normals_point_outwards_whatever_the_size() -> None:
    for scale in (1.0, 1e-4):
        normals = vertex_normals(CUBE * scale, CUBE_QUADS)
        np.testing.assert_allclose(normals, CUBE / np.sqrt(3), atol=1e-9)


def test_a_smooth_step_rises_or_falls() -> None:
    np.testing.assert_allclose(smoothstep(1, 3, [0, 1, 2, 3, 4]), [0, 0, 0.5, 1, 1])
    np.testing.assert_allclose(smoothstep(3, 1, [0, 1, 2, 3, 4]), [1, 1, 0.5, 0, 0])


def test_a_tube_is_closed_around_and_open_at_its_ends() -> None:
    uses = uses_of_edges(tube_quads(4, 5))
    assert (uses == 1).sum() == 2 * 5
    assert (uses == 2).sum() == len(uses) - 2 * 5


def test_an_affine_map_is_found_again() -> None:
    generator = np.random.default_rng(0)
    points, matrix = generator.normal(size=(20, 3)), generator.normal(size=(4, 3))
    np.testing.assert_allclose(affine_fit(points, affine_map(points, matrix)), matrix, atol=1e-12)
