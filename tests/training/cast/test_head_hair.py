"""Where hair grows, and strands that stay on the skin; no head is needed."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.cube import CUBE, CUBE_QUADS
from training.cast.head.face_hair import beard_density, brow_density
from training.cast.head.guides import Parting
from training.cast.head.hair_styles import COMBS, STYLES, Growth, comb_direction
from training.cast.head.lashes import vertex_grid
from training.cast.head.mesh import Floats, Subdivision, rotation, vertex_normals
from training.cast.head.scalp_hair import hairline_margin, scalp_thickness
from training.cast.head.strands import BoundStrands, Strands, sample_evenly, sample_surface
from training.cast.people import seeded_person
from training.cast.traits import BEARDS, HAIR_STYLES

HAIR = seeded_person(3).look.hair
BROW = seeded_person(3).look.brow
BALL = Subdivision.of(CUBE_QUADS, 8, 3)


def mirrored(points: Floats) -> Floats:
    return points * [-1, 1, 1]


@pytest.fixture(scope="module")
def canonical() -> Floats:
    """Points around a head."""
    generator = np.random.default_rng(0)
    return np.array([0, -0.056, 0.74]) + generator.uniform(-0.12, 0.12, (4000, 3))


# -- strands -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bound() -> tuple[BoundStrands, Strands]:
    points = BALL.points(CUBE)
    normals = vertex_normals(points, BALL.quads)
    generator = np.random.default_rng(1)
    roots = sample_surface(BALL.quads, points, np.ones(len(points)), 50, generator)
    grown = Strands(
        roots.at(points)[:, None] + 0.1 * generator.normal(size=(50, 5, 3)), np.full((50, 5), 1e-4)
    )
    return BoundStrands.bind(roots, points, normals, grown), grown


def test_bound_strands_come_back_and_follow_a_rigid_motion(bound: tuple[BoundStrands, Strands]) -> None:
    strands, grown = bound
    points = BALL.points(CUBE)
    normals = vertex_normals(points, BALL.quads)
    np.testing.assert_allclose(strands.on(points, normals).points, grown.points, atol=1e-12)
    turn, shift = rotation(40, 20, -10), np.array([1, 2, 3.0])
    moved = strands.on(points @ turn.T + shift, normals @ turn.T)
    np.testing.assert_allclose(moved.points, grown.points @ turn.T + shift, atol=1e-12)


def test_samples_follow_area_and_density() -> None:
    square = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [4, 0, 0], [4, 1, 0]])
    quads = np.array([[0, 1, 2, 3], [1, 4, 5, 2]], np.int32)  # areas 1 and 3
    places = sample_surface(quads, square, np.ones(6), 20_000, np.random.default_rng(0))
    x = places.at(square)[:, 0]
    assert (x > 1).mean() == pytest.approx(0.75, abs=0.01)
    assert x[x > 1].mean() == pytest.approx(2.5, abs=0.02)  # evenly within a quad
    dense = np.array([0.0, 0, 0, 0, 1, 1])  # none in the first quad
    places = sample_surface(quads, square, dense, 500, np.random.default_rng(0))
    assert (places.at(square)[:, 0] >= 1).all()
    assert len(sample_surface(quads, square, np.zeros(6), 500, np.random.default_rng(0))) == 0


def test_even_samples_keep_to_their_share_of_every_quad() -> None:
    points = BALL.points(CUBE)
    density = 1.0 + (points[:, 2] > 0)
    places = sample_evenly(BALL.quads, points, density, 3840, np.random.default_rng(3))
    whole = sample_surface(BALL.quads, points, density, 384_000, np.random.default_rng(4))
    expected, found = (np.unique(each.corners, axis=0, return_counts=True)[1] for each in (whole, places))
    assert len(found) == len(expected) == len(BALL.quads)
    assert np.abs(found - expected / 100).max() < 2.5
    assert len(sample_evenly(BALL.quads, points, np.zeros(len(points)), 9, np.random.default_rng(0))) == 0


def test_a_parting_is_soft_and_stays_about_its_place() -> None:
    canonical = np.stack([np.zeros(4000), np.linspace(-0.14, 0, 4000), np.zeros(4000)], 1)
    parting = Parting(0.02, np.array([0.0, 1, 2]))
    seen = parting.seen_by(canonical, np.random.default_rng(0))
    assert seen.mean() == pytest.approx(0.02, abs=1e-3)
    assert 0.003 < seen.std() < 0.006
    assert np.abs(seen - 0.02).max() < 0.05


def test_a_patch_becomes_a_grid_whatever_the_order_of_its_quads() -> None:
    grid = np.arange(5 * 7).reshape(5, 7)
    quads = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], -1).reshape(-1, 4)
    shuffled = np.random.default_rng(2).permutation(quads).astype(np.int32)
    found = vertex_grid(shuffled)
    same = [grid, grid[::-1, ::-1], grid.T[::-1], grid.T[:, ::-1]]  # whichever corner came first
    assert any(np.array_equal(found, each) for each in same)


def test_what_is_no_patch_is_refused() -> None:
    with pytest.raises(ValueError, match="no rectangular patch"):
        vertex_grid(np.array([[0, 1, 2, 3], [4, 5, 6, 7]], np.int32))


# -- where hair grows ----------------------------------------------------------------------------------------


def test_hairline_and_brows_are_symmetric(canonical: Floats) -> None:
    np.testing.assert_allclose(hairline_margin(canonical, HAIR), hairline_margin(mirrored(canonical), HAIR))
    np.testing.assert_allclose(brow_density(canonical, BROW), brow_density(mirrored(canonical), BROW))


def test_hair_grows_on_the_head_and_not_on_the_face() -> None:
    crown, forehead, cheek = [0, -0.056, 0.86], [0, -0.14, 0.77], [0.05, -0.12, 0.69]
    margin = hairline_margin(np.array([crown, forehead, cheek]), HAIR)
    assert margin[0] > 0 > max(margin[1:])


def test_a_receding_hairline_and_a_bald_crown_only_take_hair_away(canonical: Floats) -> None:
    full = replace(HAIR, recede=0.0, crown=0.0)
    thickness = scalp_thickness(canonical, full)
    assert (thickness >= 0).all() and (thickness <= 1).all()
    for lost in (replace(full, recede=0.02), replace(full, crown=0.8)):
        thinner = scalp_thickness(canonical, lost)
        assert (thinner <= thickness + 1e-12).all()
        assert thinner.sum() < thickness.sum()


@pytest.mark.parametrize("kind", BEARDS)
def test_beards_grow_below_the_nose(canonical: Floats, kind: str) -> None:
    density = beard_density(canonical, kind)
    assert (density >= 0).all() and (density <= 1).all() and density.max() > 0.5
    assert (density[canonical[:, 2] > 0.72] == 0).all()


def test_every_hairy_style_has_a_comb_and_every_comb_a_direction(canonical: Floats) -> None:
    assert set(STYLES) == set(HAIR_STYLES) - {"bald"}
    assert {style.comb for style in STYLES.values()} == set(COMBS)
    sides = np.sign(canonical[:, :1])
    for comb in COMBS:
        direction = comb_direction(comb, Growth(canonical, canonical, sides, np.zeros_like(canonical)))
        np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1, atol=1e-6)
        opposite = Growth(mirrored(canonical), mirrored(canonical), -sides, np.zeros_like(canonical))
        np.testing.assert_allclose(mirrored(direction), comb_direction(comb, opposite), atol=1e-9)
