"""The readers in the repository, on two photographs of real people and on faces that the portrait draws.

Eileen Collins ("astronaut", NASA) comes with scikit-image, Grace Hopper (US Navy) with matplotlib; both are
in the public domain. A small share of `make eval-readers`, on every change.
"""

from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest
from skimage.data import astronaut

from installation.loading import draw_person, load_face_reader, load_networks, load_projector
from installation.options import DEFAULT_PERSON, TRUNCATION
from installation.portrait import expressed
from installation.stage.pictures import resize
from models.action_units import ACTION_UNITS, AU_INDEX
from models.alignment import align
from models.au_reader import likeliest_category
from models.photographs import read_photograph
from models.projection import project
from run_installation import ROOT, WEIGHTS, entry
from training.camera import photographed
from training.identity import PATH, load_identity_reader

SIDE_PX = 256
PEOPLE = (DEFAULT_PERSON, 1, 2, 3, 42)


@pytest.fixture(scope="module")
def networks():
    return load_networks(WEIGHTS)


@pytest.fixture(scope="module")
def reader(networks):
    return load_face_reader(networks)


@pytest.fixture(scope="module")
def projector(networks):
    return load_projector(networks)


@pytest.fixture(scope="module")
def collins(reader) -> np.ndarray:
    return align(astronaut(), reader.finder).image


@pytest.fixture(scope="module")
def hopper(reader) -> np.ndarray:
    file = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return align(read_photograph(file), reader.finder).image


def drawn(networks, person: int, **intensities: float) -> np.ndarray:
    """A person with some units, [256, 256, 3]: drawn(networks, 3, AU12=0.9)."""
    aus = tuple(float(intensities.get(f"AU{unit}", 0)) for unit in ACTION_UNITS)
    anchor = draw_person(networks, person, TRUNCATION)
    return picture_of(networks, expressed(networks.pseudo_autoencoder.model, anchor, aus).ws)


def picture_of(networks, ws: np.ndarray) -> np.ndarray:
    from installation.stage.synthesizer import TorchSynthesizer, choose_device

    return resize(
        TorchSynthesizer(networks.generator.generator, choose_device("cpu")).synthesize(ws), (256, 256)
    )


def test_each_reader_is_small():
    weights = WEIGHTS.parent
    files = [weights / "portrait.au_reader.safetensors", weights / "portrait.encoder.safetensors", PATH]
    assert all(path.stat().st_size < 10_000_000 for path in files)
    everything = [*weights.glob("*.safetensors"), *ROOT.joinpath("training", "weights").glob("*.safetensors")]
    assert sum(path.stat().st_size for path in everything) <= 24_000_000


# --- what faces show ----------------------------------------------------------------------------------------


def test_collins_smiles_with_open_eyes_at_the_camera(reader, collins):
    reading = reader.au_reader.read(collins)
    assert reading.aus[AU_INDEX[12]] > 0.4
    assert reading.aus[AU_INDEX[43]] < 0.3
    assert likeliest_category(reading.aus).startswith("happ")
    assert max(abs(reading.yaw), abs(reading.pitch)) < 12


def test_hopper_keeps_her_lips_closed_and_her_eyes_open(reader, hopper):
    reading = reader.au_reader.read(hopper)
    assert reading.aus[AU_INDEX[43]] < 0.3
    assert reading.aus[AU_INDEX[27]] < 0.3
    assert max(abs(reading.yaw), abs(reading.pitch)) < 15


@pytest.mark.parametrize("unit", [1, 4, 12, 26, 43])
def test_what_the_portrait_is_asked_for_is_what_is_read(networks, reader, unit):
    for person in PEOPLE:
        read = [
            reader.au_reader.read(drawn(networks, person, **{f"AU{unit}": value})).aus[AU_INDEX[unit]]
            for value in (0.0, 0.9)
        ]
        assert read[1] > read[0] + 0.3


def test_a_camera_hardly_changes_what_is_read(networks, reader):
    picture = drawn(networks, 3, AU12=0.9, AU25=0.8)
    rng = np.random.default_rng(0)
    read = np.array([reader.au_reader.read(photographed(picture, rng)).aus for _ in range(20)])
    assert np.median(read[:, AU_INDEX[12]]) > 0.5
    assert np.median(read[:, AU_INDEX[4]]) < 0.3


# --- who they are -------------------------------------------------------------------------------------------


def test_the_identity_reader_knows_people_by_other_expressions(networks):
    reader = load_identity_reader()
    rest = reader.describe(np.stack([drawn(networks, person) for person in PEOPLE]))
    moved = reader.describe(np.stack([drawn(networks, person, AU12=0.9, AU26=0.8) for person in PEOPLE]))
    likeness = moved @ rest.T
    assert (likeness.argmax(1) == np.arange(len(PEOPLE))).all()


# --- where they are -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", PEOPLE)
def test_who_was_drawn_is_found_again(networks, projector, person):
    picture = drawn(networks, person, AU12=0.8)
    found = project(picture, projector.generator, projector.encoder, 0)
    assert np.abs(found.picture.astype(float) - picture).mean() / 127.5 < 0.08
    assert found.doubts == ()


def test_steps_bring_a_photograph_closer_and_keep_her_smiling(reader, projector, collins):
    first, later = (project(collins, projector.generator, projector.encoder, steps) for steps in (0, 15))
    face = slice(70, 230), slice(60, 196)
    far, near = (np.abs(found.picture[face].astype(float) - collins[face]).mean() for found in (first, later))
    assert near < 0.8 * far
    assert reader.reading_of(later.picture).aus[AU_INDEX[12]] > 0.3
    assert later.doubts == ()


def test_a_visitor_sits_before_the_portraits_backdrop(networks, projector, hopper):
    home = draw_person(networks, DEFAULT_PERSON, TRUNCATION).ws
    wall = picture_of(networks, home)[:24, :].astype(float)
    own, moved = (
        project(hopper, projector.generator, projector.encoder, 0, where).picture[:24, :].astype(float)
        for where in (None, home)
    )
    assert np.abs(moved - wall).mean() <= np.abs(own - wall).mean() + 2


def test_what_is_blurred_or_hidden_is_doubted(projector, collins):
    def doubts(picture: np.ndarray) -> str:
        return " ".join(project(picture, projector.generator, projector.encoder, 0).doubts)

    hidden = collins.copy()
    hidden[:, :128] = (60, 70, 80)
    assert "blurred" in doubts(cv2.GaussianBlur(collins, (0, 0), 7))
    assert "hidden" in doubts(hidden)
    assert "unlike" in doubts(np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8))


# --- the commands -------------------------------------------------------------------------------------------


def test_a_photograph_becomes_a_person_who_sits_for_the_portrait(tmp_path, capsys):
    photo, person, face = tmp_path / "collins.jpg", tmp_path / "collins.safetensors", tmp_path / "face.png"
    cv2.imwrite(str(photo), astronaut()[..., ::-1])
    assert entry(["project", str(photo), "-o", str(person), "--steps", "3"]) == 0
    assert entry(["portrait", "-o", str(face), "--person", str(person)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(person), str(face)]
    assert "AU12 lip corner puller" in err
    assert cv2.imread(str(face)).shape == (SIDE_PX, SIDE_PX, 3)


def test_a_person_smiles_like_a_photograph(tmp_path, reader):
    photo, out = tmp_path / "collins.jpg", tmp_path / "like.png"
    cv2.imwrite(str(photo), astronaut()[..., ::-1])
    assert entry(["express", "42", "--like", str(photo), "-o", str(out)]) == 0
    aus = reader.reading_of(cv2.imread(str(out))[..., ::-1]).aus
    assert aus[AU_INDEX[12]] > 0.3
