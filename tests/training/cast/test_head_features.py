"""Eyes, teeth, creases and colours; no head is needed."""

from dataclasses import replace

import numpy as np
import pytest

from training.cast.head.creases import LINES, crease_strengths
from training.cast.head.eyes import IRIS, TEXTURE_REACH, TEXTURE_SIZE, eyeball, iris_texture
from training.cast.head.mesh import vertex_normals
from training.cast.head.skin import ground_colour, hair_colour
from training.cast.head.skin_textures import TILE, tiling_cells, tiling_noise
from training.cast.head.teeth import teeth
from training.cast.people import seeded_person

LOOK = seeded_person(5).look


def test_the_eyeball_looks_forwards_and_faces_outwards() -> None:
    points, quads, directions = eyeball()
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    radii = np.linalg.norm(points, axis=1)
    assert radii[0] == radii.max() > 1.04  # the cornea
    assert directions[0, 1] < -0.99
    behind = directions[:, 1] > -0.5
    np.testing.assert_allclose(radii[behind], 1)
    assert ((vertex_normals(points, quads) * directions).sum(1) > 0.8).all()


def test_an_iris_texture_is_a_pupil_in_an_iris_in_a_white() -> None:
    texture = iris_texture(LOOK)
    assert texture.shape == (TEXTURE_SIZE, TEXTURE_SIZE, 3)
    assert texture.min() >= 0 and texture.max() <= 1
    middle = TEXTURE_SIZE // 2
    rim = int(np.sin(IRIS) / TEXTURE_REACH * middle)  # pixels
    pupil, iris = texture[middle, middle], texture[middle, middle + int(0.65 * rim)]
    white = texture[middle, middle + int(1.3 * rim)]
    assert pupil.max() < 0.1 * iris.max() < white.max()
    assert white.min() > 0.4


def test_the_iris_has_its_persons_colour_and_fibres() -> None:
    np.testing.assert_array_equal(iris_texture(LOOK), iris_texture(LOOK))
    middle = TEXTURE_SIZE // 2
    blue = iris_texture(replace(LOOK, iris=(0.02, 0.05, 0.2)))[middle, middle + 40]
    assert blue[2] > 2 * blue[0]
    assert (iris_texture(replace(LOOK, eye_seed=LOOK.eye_seed + 1)) != iris_texture(LOOK)).any()


def test_teeth_are_symmetric_and_the_jaws_face_each_other() -> None:
    pieces = teeth()
    assert set(pieces) == {"upper", "upper_gum", "lower", "lower_gum"}
    for piece in pieces.values():
        assert piece.quads.min() == 0 and piece.quads.max() == len(piece.points) - 1
        assert piece.points[:, 0].min() == pytest.approx(-piece.points[:, 0].max())
        assert piece.points[:, 1].max() - piece.points[:, 1].min() < 0.08
    assert pieces["upper"].points[:, 1].min() < pieces["lower"].points[:, 1].min()  # overbite
    for jaw, sign in (("upper", 1), ("lower", -1)):
        gum, row = pieces[f"{jaw}_gum"].points[:, 2], pieces[jaw].points[:, 2]
        assert sign * (gum.mean() - row.mean()) > 0


def test_creases_deepen_with_age_and_with_what_folds_them() -> None:
    young, old = crease_strengths({}, 0.0), crease_strengths({}, 1.0)
    assert set(young) == set(LINES)
    assert all(old[name] >= young[name] >= 0 for name in young)
    frown = crease_strengths({"browDownLeft": 1.0, "browDownRight": 1.0}, 0.0)
    assert frown["glabella"] == pytest.approx(0.9)
    assert crease_strengths({"browInnerUp": 1.0}, 0.0)["inner"] > 0
    assert crease_strengths({"eyeBlinkLeft": 1.0}, 0.0)["lid"] > young["lid"] > 0
    one_sided = crease_strengths({"mouthSmileLeft": 1.0}, 0.0)
    assert one_sided == crease_strengths({"mouthSmileRight": 1.0}, 0.0)


def test_darker_tones_are_darker_and_grey_hair_is_grey() -> None:
    tones = [ground_colour(replace(LOOK.skin, tone=tone)).sum() for tone in np.linspace(0, 1, 15)]
    assert (np.diff(tones) < 0).all()
    assert hair_colour(replace(LOOK.hair, grey=1.0)).tolist() == pytest.approx([0.3, 0.3, 0.3])
    assert hair_colour(replace(LOOK.hair, grey=0.0, melanin=1.0)).max() < 0.05


def test_noise_of_the_skin_tiles_and_has_its_mean_and_grain() -> None:
    fine = tiling_noise(np.random.default_rng(0), 900, 1)
    coarse = tiling_noise(np.random.default_rng(0), 75, 1)
    for noise in (fine, coarse):
        assert noise.mean() == pytest.approx(0.5, abs=0.01)
        assert noise.std() == pytest.approx(0.12, abs=0.01)
        steps = np.abs(np.diff(noise, axis=0)).mean()
        assert np.abs(noise[0] - noise[-1]).mean() < 1.5 * steps  # no seam
    assert np.abs(np.diff(fine, axis=0)).mean() > 5 * np.abs(np.diff(coarse, axis=0)).mean()


def test_cells_tile_and_keep_their_distance() -> None:
    spacing = 0.022
    distances, whims = tiling_cells(np.random.default_rng(0), spacing, jitter=0.0)
    assert distances.max() == pytest.approx(np.sqrt(0.5), abs=0.02)
    assert len(np.unique(whims.reshape(-1, 3), axis=0)) == round(TILE / spacing) ** 2
    np.testing.assert_allclose(distances[0], distances[-1], atol=0.02)
