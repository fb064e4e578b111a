"""From a photograph's file to a person, with the real readers: untrained networks, real faces."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from installation import stills
from installation.errors import InputError
from installation.loading import draw_person, load_face_reader, load_networks, load_projector
from installation.options import DEFAULT_PERSON, TRUNCATION
from models.checkpoint import companion_path
from models.people import load_person
from tests.models.tiny import TINY, write_tiny_encoder, write_tiny_reader, write_tiny_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """A tiny generator with all its companions."""
    path = write_tiny_weights(tmp_path_factory.mktemp("weights"))
    write_tiny_reader(path)
    write_tiny_encoder(path)
    return path


@pytest.fixture
def photo(tmp_path) -> Path:
    """Eileen Collins, photographed by NASA; in the public domain."""
    cv2.imwrite(str(tmp_path / "collins.png"), astronaut()[..., ::-1])
    return tmp_path / "collins.png"


def test_a_photograph_becomes_a_person_and_a_sheet(weights, photo, tmp_path, capsys):
    output, sheet = tmp_path / "collins.safetensors", tmp_path / "sheet.png"
    stills.project(weights, "cpu", photo, output, 1, sheet)
    out, err = capsys.readouterr()
    assert out == f"{output}\n"
    assert err.startswith(f"{photo}: ")
    networks = load_networks(weights)
    person = load_person(output, networks.generator)
    assert (person.title, person.source) == ("collins", "collins.png")
    assert set(person.controls) == {"yaw", "pitch", "gaze"}
    reader, projector = load_face_reader(networks), load_projector(networks)
    seen = reader.see(photo)
    home = draw_person(networks, DEFAULT_PERSON, TRUNCATION).ws
    likeness = projector.project(seen, 1, home)
    assert np.array_equal(person.ws, likeness.ws)
    np.testing.assert_allclose(person.aus, reader.reading_of(likeness.picture).aus, atol=1e-5)
    squares = np.split(cv2.imread(str(sheet))[..., ::-1], 6, axis=1)
    assert np.array_equal(squares[0], seen.aligned.image)


def test_more_steps_go_further_from_the_first_guess(weights, photo):
    networks = load_networks(weights)
    seen, projector = load_face_reader(networks).see(photo), load_projector(networks)
    guess, refined = (projector.project(seen, num_steps).ws for num_steps in (0, 2))
    assert guess.shape == (TINY.num_ws, TINY.w_dim)
    assert not np.array_equal(guess, refined)


def test_what_is_no_photograph_of_a_face_is_one_line_that_names_the_file(weights, tmp_path):
    reader = load_face_reader(load_networks(weights))
    tmp_path.joinpath("notes.jpg").write_text("a face")
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 90, np.uint8))
    for name, message in (
        ("none.jpg", "no such file"),
        ("notes.jpg", "not a picture"),
        ("wall.png", "no face"),
    ):
        with pytest.raises(InputError) as error:
            reader.see(tmp_path / name)
        assert str(error.value).startswith(f"{tmp_path / name}: {message}")
        assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(("load", "kind"), [(load_face_reader, "au_reader"), (load_projector, "encoder")])
def test_readers_of_another_generator_are_refused(tmp_path, weights, load, kind):
    other = write_tiny_weights(tmp_path, seed=1)
    companion_path(other, kind).write_bytes(companion_path(weights, kind).read_bytes())
    with pytest.raises(InputError, match="made for another generator"):
        load(load_networks(other))
