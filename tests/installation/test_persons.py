"""Whoever the portrait is of: a number or a file, named on the command line or by the score."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from installation import app, stills, wiring
from installation.errors import InputError
from installation.loading import draw_person, load_face_reader, load_networks, load_projector
from installation.options import DEFAULT_PERSON, TRUNCATION, Show, Sitter
from installation.stage.pictures import resize
from models.action_units import AU_INDEX, NUM_AUS
from models.checkpoint import companion_path
from tests.installation.fakes import ALWAYS
from tests.models.tiny import (
    SMILE,
    tiny_person,
    write_tiny_companion,
    write_tiny_person,
    write_tiny_reader,
    write_tiny_weights,
)

SCORE = (
    "version: 1\ngestures: {a: {emotion: happy}, b: {emotion: sad}}\nmoods: {m: {gestures: {a: 1, b: 1}}}\n"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return write_tiny_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def networks(weights):
    return load_networks(weights)


@pytest.fixture
def ada(tmp_path, weights) -> Path:
    return write_tiny_person(tmp_path / "ada.safetensors", weights)


@pytest.fixture
def score(tmp_path):
    """Write a score that names somebody; → the show of it."""

    def written(person: str) -> Show:
        path = tmp_path / "scores" / "s.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(SCORE + f"person: {person}\n")
        return Show(Path("unused"), "cpu", None, None, path, seed=7)

    return written


def anchor(networks, show):
    return wiring.wire(networks, show, ALWAYS, is_live=False).portrait.at(0)


# --- who ----------------------------------------------------------------------------------------------------


def test_a_person_in_a_file_is_the_anchor_with_the_expression_seen_there(networks, score, ada):
    pose = anchor(networks, replace(score("3"), person=ada))
    assert np.array_equal(pose.ws, tiny_person().ws)
    assert pose.aus == SMILE
    assert pose.controls == networks.pseudo_autoencoder.model.read_controls(tiny_person().ws)


def test_a_score_names_a_file_from_its_own_folder(networks, score, ada, tmp_path, monkeypatch):
    tmp_path.joinpath("elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert anchor(networks, score("../ada.safetensors")).aus == SMILE
    assert anchor(networks, score(str(ada))).aus == SMILE


def test_a_score_names_a_number_and_the_command_line_wins(networks, score, ada):
    three = anchor(networks, score("3"))
    assert np.array_equal(three.ws, draw_person(networks, 3, TRUNCATION).ws)
    assert not np.array_equal(anchor(networks, replace(score("3"), truncation=0.1)).ws, three.ws)
    missing = replace(score("nowhere.safetensors"), person=3)
    assert np.array_equal(anchor(networks, missing).ws, three.ws)


def test_the_command_line_takes_the_place_of_one_person_and_leaves_the_others(networks, score):
    """Somebody may be named for the whole and for a mood too: in the mood they are still there."""
    show = replace(score("3"), person=8)
    text = show.choreography.read_text().replace("{m: {gestures", "{m: {person: 3, gestures")
    show.choreography.write_text(text)
    assert set(wiring.wire(networks, show, ALWAYS, is_live=False).portrait.people) == {3, 8}


def test_nobody_named_is_the_person_of_the_house(networks, tmp_path):
    tmp_path.joinpath("s.yaml").write_text(SCORE)
    house = anchor(networks, Show(Path("unused"), "cpu", None, None, tmp_path / "s.yaml", seed=7))
    assert np.array_equal(house.ws, draw_person(networks, DEFAULT_PERSON, TRUNCATION).ws)


def test_a_gesture_changes_what_the_person_in_the_file_already_does(networks, ada):
    seated = wiring.sit(networks, Sitter(Path("unused"), "cpu", ada, None))
    at_rest = stills.gesture_of(networks, seated, "neutral")
    away = tuple(-intensity for intensity in SMILE)
    expected = networks.pseudo_autoencoder.model.predict(tiny_person().ws, away)
    assert at_rest.aus == (0.0,) * NUM_AUS
    assert np.array_equal(at_rest.ws, expected)
    same = stills.gesture_of(networks, seated, "AU12=0.75, AU25=0.5")
    assert same.aus[AU_INDEX[12]] == 0.75
    assert np.array_equal(same.ws, networks.pseudo_autoencoder.model.predict(seated.ws, (0.0,) * NUM_AUS))


def test_truncation_is_left_out_of_a_person_in_a_file_and_that_is_said(networks, score, ada, capsys):
    show = replace(score("3"), person=ada)
    plain = anchor(networks, show)
    assert capsys.readouterr().err == ""
    assert np.array_equal(anchor(networks, replace(show, truncation=0.5)).ws, plain.ws)
    assert capsys.readouterr().err == f"{ada}: drawn as the file says; --truncation is for people by number\n"


@pytest.fixture
def adopted(tmp_path) -> Path:
    """Weights of a generator whose people laugh or not, as they come."""
    path = write_tiny_weights(tmp_path / "adopted")
    write_tiny_companion(path, changes={"people": "as they come"})
    return path


def test_people_who_come_as_they_are_have_the_expression_in_their_picture(adopted):
    reader = write_tiny_reader(adopted)
    networks = load_networks(adopted)
    pose = draw_person(networks, 3, TRUNCATION)
    picture = wiring.synthesizer_of(networks, "cpu").synthesize(pose.ws)
    np.testing.assert_allclose(pose.aus, reader.read(resize(picture, (256, 256))).aus, atol=1e-4)
    at_rest = stills.gesture_of(networks, pose, "neutral")
    away = tuple(-intensity for intensity in pose.aus)
    assert np.array_equal(at_rest.ws, networks.pseudo_autoencoder.model.predict(pose.ws, away))  # A(w₀, −a₀)


def test_people_of_our_own_are_neutral_and_nothing_looks_at_them(weights, networks):
    assert not companion_path(weights, "au_reader").exists()
    pose = draw_person(networks, 3, TRUNCATION)
    assert pose.aus == (0.0,) * NUM_AUS
    assert pose.controls == networks.pseudo_autoencoder.model.read_controls(pose.ws)
    assert np.array_equal(stills.gesture_of(networks, pose, "neutral").ws, pose.ws)


# --- what is refused ----------------------------------------------------------------------------------------


def test_a_person_that_the_score_names_and_that_is_missing_is_told_at_its_line(networks, score, tmp_path):
    show = score("ada.safetensors")
    with pytest.raises(InputError) as error:
        anchor(networks, show)
    missing = tmp_path / "scores" / "ada.safetensors"
    assert str(error.value) == (
        f"{show.choreography}:4:9: person: {missing}: no such person file; "
        "`project` makes one from a photograph"
    )


def test_check_finds_the_people_whom_scores_name(weights, score, ada, capsys, tmp_path):
    app.check([score("../ada.safetensors").choreography], weights, is_strict=True)
    assert "2 gestures, 1 mood" in capsys.readouterr().out
    other = write_tiny_weights(tmp_path / "other", seed=1)
    write_tiny_person(ada, other)
    for named, message in (("ada", "no such person file"), ("../ada", "made for another generator")):
        show = score(f"{named}.safetensors")
        with pytest.raises(InputError) as error:
            app.check([show.choreography], weights, is_strict=False)
        assert str(error.value).startswith(f"{show.choreography}:4:9: person: ")
        assert message in str(error.value)
        assert len(str(error.value).splitlines()) == 1


def test_without_weights_check_cannot_know_people_and_says_so(score, capsys, tmp_path):
    app.check([score("ada.safetensors").choreography], tmp_path / "none.safetensors", is_strict=True)
    assert "nor for people in files" in capsys.readouterr().err


@pytest.mark.parametrize("load", [load_face_reader, load_projector])
def test_weights_without_a_reader_of_photographs_say_how_it_is_made(tmp_path, weights, load):
    for path in weights.parent.iterdir():
        shutil.copy(path, tmp_path)
    with pytest.raises(InputError) as error:
        load(load_networks(tmp_path / weights.name))
    assert str(error.value) == (
        f"{tmp_path}/tiny.au_reader.safetensors: missing beside tiny.safetensors; "
        f"python -m training.adopt {tmp_path}/tiny.safetensors --cast CAST makes it"
    )


def test_people_whom_nothing_can_look_at_say_what_is_missing(adopted):
    with pytest.raises(InputError) as error:
        draw_person(load_networks(adopted), 3, TRUNCATION)
    missing = companion_path(adopted, "au_reader")
    command = f"python -m training.adopt {adopted} --cast CAST"
    assert str(error.value) == f"{missing}: missing beside tiny.safetensors; {command} makes it"
