"""The evaluation of a portrait: tiny networks, a cast of eight flat pictures, no face anywhere."""

import json
import os

import cv2
import numpy as np
import pytest
import torch

from models.checkpoint import load_generator, read_checkpoint, save_generator
from models.stylegan2 import Architecture
from tests.models.tiny import TINY, write_tiny_weights
from tests.training.commands import invoke
from training.cast import manifest
from training.cast.factors import NUM_FACTORS, mirror_factors
from training.cast.manifest import Cast, read_cast
from training.evaluation import __main__ as command
from training.evaluation import faces, held_out, people, sheets
from training.evaluation.cost import Player, multiply_accumulates
from training.evaluation.report import SkippedError, table
from training.factor_network import FactorGenerator
from training.fitted import architecture_of, is_exported_as, load_fitted
from training.run import StateError, save_state

SMALL = Architecture(resolution=32, channel_base=128, channel_max=8)
NUM_SCENES = 3


@pytest.fixture
def state(tmp_path):
    """A run of fit_generator that was saved at once."""
    torch.manual_seed(0)
    model = FactorGenerator(SMALL, NUM_SCENES)
    save_state(tmp_path / "state" / "state.pt", {"average": model.state_dict()})
    return tmp_path / "state"


@pytest.fixture
def small_cast(cast_folder, monkeypatch):
    """The eight pictures show one studio subject: hold its expressions out instead of a person."""
    monkeypatch.setattr(manifest, "is_held_out", lambda record: record.split == "studio")
    return read_cast(cast_folder)


def without_dlib(*_):
    raise SkippedError("dlib is missing")


# --- a fitted state -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arch", [SMALL, Architecture(64, 256, 64), Architecture(128, 4096, 16)])
def test_an_architecture_is_read_off_the_shapes_of_a_state(arch):
    tensors = FactorGenerator(arch, NUM_SCENES).state_dict()
    read = architecture_of(tensors)
    assert read.resolution == arch.resolution
    assert [read.channels(r) for r in read.resolutions] == [arch.channels(r) for r in arch.resolutions]


def test_a_fitted_state_makes_the_pictures_that_it_made(state):
    torch.manual_seed(0)
    model, loaded = FactorGenerator(SMALL, NUM_SCENES), load_fitted(state)
    factors = torch.randn(2, NUM_FACTORS)
    torch.testing.assert_close(loaded.ws(factors), model.ws(factors))


def test_what_is_no_state_says_so(tmp_path):
    with pytest.raises(StateError, match="no such state"):
        load_fitted(tmp_path)
    save_state(tmp_path / "state.pt", {"average": {"factors.free.weight": torch.zeros(2, 1)}})
    with pytest.raises(StateError, match="not a state of this version"):
        load_fitted(tmp_path)


def test_a_state_knows_the_weights_made_from_it(state, tmp_path):
    fitted = load_fitted(state)
    save_generator(tmp_path / "w.safetensors", fitted.generator, {})
    assert is_exported_as(fitted, read_checkpoint(tmp_path / "w.safetensors", "generator").tensors)
    other = write_tiny_weights(tmp_path)
    assert not is_exported_as(fitted, read_checkpoint(other, "generator").tensors)


# --- figures ------------------------------------------------------------------------------------------------


def test_the_nearest_picture_of_a_known_person_is_their_own_or_its_mirror_image(small_cast):
    factors = small_cast.factors
    both = np.concatenate([factors, mirror_factors(factors)])
    assert held_out.nearest(factors, both).tolist() == list(range(len(factors)))
    turned = held_out.nearest(mirror_factors(factors), both)
    assert turned.tolist() == list(range(len(factors), 2 * len(factors)))


def test_a_nearest_mirror_image_is_shown_turned(small_cast):
    records = small_cast.records
    left = np.zeros((records[0].size, records[0].size, 3), np.uint8)
    left[:, : len(left) // 2] = 255
    cv2.imwrite(str(records[0].picture), left)
    found = held_out.nearest_pictures(Cast(records[:1]), Cast(records[:1]), 32)
    assert found[0, 16, 0, 0] > 200
    assert found[0, 16, -1, 0] < 50


def test_every_picture_is_of_one_sex_one_age_and_one_tone(small_cast):
    groups = list(held_out.groups_of(small_cast).values())
    for members in (groups[:1], groups[1:3], groups[3:6], groups[6:]):
        assert (np.sum(members, 0) == 1).all()


def test_landmarks_are_measured_in_eye_distances():
    points = np.random.default_rng(0).random((68, 2))
    points[36:42], points[42:48] = (0.3, 0.4), (0.7, 0.4)
    assert faces.landmark_error(points, points) == 0
    assert faces.landmark_error(points + np.array([0.04, 0]), points) == pytest.approx(0.1)
    np.testing.assert_allclose(faces.eyes_nose_mouth(points)[:2], [[0.3, 0.4], [0.7, 0.4]])


def test_distances_between_people_and_within_one():
    origin, near, far = np.zeros(2), np.array([0.3, 0.0]), np.array([0.0, 0.9])
    different, same = (
        people.between([origin, near, None, far]),
        people.to_first([[origin, near, None], [far], [None, near]]),
    )
    assert different.tolist() == pytest.approx([0.3, 0.9, np.hypot(0.3, 0.9)])
    assert same.tolist() == pytest.approx([0.3])
    assert people.distance_figures(different)["share_under_0.6"] == pytest.approx(1 / 3, abs=1e-4)
    assert people.distance_figures(np.empty(0)) == {"pairs": 0}
    assert people.told_apart(different, same + 0.1) == pytest.approx(2 / 3, abs=1e-4)
    assert people.told_apart(different, np.empty(0)) is None


def test_multiply_accumulates_are_those_of_the_layers(tmp_path):
    """Convolutions by hand; PyTorch counts also the filters after upsampling and the matrix products."""
    generator = load_generator(write_tiny_weights(tmp_path)).generator
    convolutions = 0
    for resolution in TINY.resolutions:
        own, pixels = TINY.channels(resolution), resolution**2
        convolutions += 9 * own * own * pixels + 3 * own * pixels
        if resolution > 4:
            lower = TINY.channels(resolution // 2)
            convolutions += 9 * lower * own * pixels // 4  # a transposed one works on the smaller picture
    ws = generator.mapping.w_avg.expand(1, TINY.num_ws, -1)
    counted = multiply_accumulates(Player(generator.synthesis, torch.float32), ws)
    assert convolutions < counted < 1.5 * convolutions


def test_a_missing_package_is_named_with_what_installs_it():
    with pytest.raises(SkippedError, match=r"no_such_package .* is missing: pip install"):
        faces.package_file("no_such_package", "*.dat")


def test_a_table_is_aligned_and_leaves_no_cell_empty():
    assert table(("", "a"), [["x", 0.5], ["long", None]]) == ["           a", "x     0.5000", "long       –"]


# --- the parts ----------------------------------------------------------------------------------------------


def test_renders_of_people_never_seen_beside_two_controls(small_cast, state, monkeypatch):
    monkeypatch.setattr(held_out, "FaceReader", without_dlib)
    fitted = load_fitted(state)
    part = held_out.measure_held_out(small_cast, fitted, fitted, 32)
    everybody = part.figures["medians"]["L1 in [-1, 1]"]["all"]
    assert everybody["this"] == everybody["previous"] > 0
    assert everybody["nearest"] == pytest.approx(0, abs=1e-3)  # all pictures of this cast are alike
    assert everybody["pictures"] == len(small_cast.held_out().records)
    assert "landmarks: skipped, dlib is missing" in part.figures["notes"]


def test_pictures_that_are_not_sharp_enough_are_left_out(small_cast, state):
    with pytest.raises(SkippedError, match="sharp at 1024²"):
        held_out.measure_held_out(small_cast, load_fitted(state), None, 1024)


def test_sheets_are_written_whole(tmp_path, monkeypatch):
    for name, number in (("NUM_PEOPLE", 16), ("NUM_EXPRESSIVE", 2), ("NUM_PAIRS", 3)):
        monkeypatch.setattr(sheets, name, number)
    weights = load_generator(write_tiny_weights(tmp_path))
    companion = command.companion_of(weights)
    part = sheets.write_sheets(weights.generator, companion, 0.7, tmp_path / "sheets")
    shapes = {path.stem: cv2.imread(str(path)).shape[:2] for path in (tmp_path / "sheets").iterdir()}
    side = TINY.resolution
    assert len(part.figures["files"]) == 4
    assert shapes["people"] == (2 * side, 8 * side)
    assert shapes["interpolations"] == (3 * side, 8 * side)
    assert shapes["categories"] == (sheets.BAND_PX + 2 * side, 22 * side)
    assert shapes["repertoire"] == (sheets.BAND_PX + 2 * side, (1 + len(companion.learned_units)) * side)


def test_a_run_without_cast_and_state_says_what_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(people, "FaceReader", without_dlib)
    monkeypatch.setattr(people, "face_probabilities", lambda pictures: [0.5] * (len(pictures) - 1) + [1.0])
    monkeypatch.setattr(command, "QUICK", command.Amounts(3, 3, 3, frames=1))
    monkeypatch.setattr(command, "CASTS", [])
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    weights = write_tiny_weights(tmp_path)
    parts = [word for name in ("faces", "identities", "held-out", "cost") for word in ("--part", name)]
    file = tmp_path / "new" / "f.json"
    out = invoke(command.main, "--weights", weights, "--quick", *parts, "--json", file)
    figures = json.loads(file.read_text())
    assert "identities: skipped, dlib is missing" in out
    assert "held-out: skipped, no cast" in out
    assert figures["faces"]["people_not_above_0.99"] == {"0": 0.5, "1": 0.5}
    assert figures["cost"]["this"]["gmac"] > 0
    assert "skipped" in figures["held-out"]


def test_a_dry_run_prints_and_measures_nothing(tmp_path):
    assert "Config(" in invoke(command.main, "--weights", tmp_path / "none.safetensors", "--dry-run")
