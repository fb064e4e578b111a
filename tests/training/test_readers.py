"""The road of the readers on eight pictures: a fitted generator, what it draws, three readers, files."""

import json

import numpy as np
import pytest
import torch

from models.au_reader import AuReader, load_au_reader
from models.checkpoint import load_generator, save_generator
from models.encoder import Encoder, load_encoder
from models.stylegan2 import Architecture
from tests.training.commands import invoke
from training import faces, fit_au_reader, fit_encoder, fit_identity, reader_fit, scenery
from training.cast import manifest
from training.cast.factors import EXPRESSION, NUM_FACTORS, mirror_factors, neutral_people
from training.cast.manifest import read_cast
from training.faces import Faces, angles_of, draw_factors
from training.factor_network import FactorGenerator, FactorNetwork
from training.fit_identity import contrastive_loss
from training.identity import load_identity_reader, oval
from training.reader_fit import Sampler, float_tensors, learning_rate, start_from_photographs
from training.run import StateError, save_state

SMALL = Architecture(resolution=32, channel_base=256, channel_max=16)


@pytest.fixture
def few(monkeypatch):
    """Batches of two; two expressions are held out, not a person: the pictures show one studio subject."""
    for module in (fit_au_reader, fit_encoder):
        monkeypatch.setattr(module, "BATCH_EACH", 1)
    monkeypatch.setattr(fit_encoder, "NUM_PICTURES", 1)
    monkeypatch.setattr(fit_encoder, "PICTURE_PX", 32)
    for name in ("NUM_SUBJECTS", "NUM_OTHERS", "NUM_DRAWN"):
        monkeypatch.setattr(fit_identity, name, 1)
    monkeypatch.setattr(reader_fit, "REPORT_EVERY", 2)
    monkeypatch.setattr(manifest, "is_held_out", lambda record: record.split == "studio")


@pytest.fixture
def fitted(tmp_path):
    """A run of the generator's fit with random weights, and its export; → (state folder, weights)."""
    torch.manual_seed(0)
    model = FactorGenerator(SMALL, 2)
    scenes = ["studio/33", "population/7"]
    save_state(tmp_path / "state" / "state.pt", {"average": model.state_dict(), "scenes": scenes})
    weights = tmp_path / "weights" / "p.safetensors"
    save_generator(weights, model.generator, {})
    return tmp_path / "state", weights


@pytest.fixture
def drawn(cast_folder, fitted, tmp_path):
    folder = tmp_path / "drawn"
    on_cast = ["--cast", cast_folder, "--state", fitted[0]]
    invoke(faces.main, *on_cast, "--out", folder, "--num", 300, "--each", 3)
    return folder


def test_the_whole_road_from_a_generator_to_its_readers(few, cast_folder, fitted, drawn, tmp_path):
    state, weights = fitted
    shared = ["--cast", cast_folder, "--state", state, "--drawn", drawn]
    for fit, name in ((fit_au_reader, "au_reader"), (fit_encoder, "encoder")):
        out = invoke(fit.main, *shared, "--weights", weights, "--steps", 2)
        assert str(weights.with_name(f"p.{name}.safetensors")) in out
        figures = json.loads((state / f"{name}.jsonl").read_text().splitlines()[-1])
        assert figures["step"] == 2
    loaded = load_generator(weights)
    image = Faces.read(drawn).pictures[0]
    assert np.isfinite(load_au_reader(loaded).read(np.ascontiguousarray(image)).aus).all()
    encoder = load_encoder(loaded)
    assert float(encoder.scene_change.abs().max()) > 0
    identity = tmp_path / "identity.safetensors"
    invoke(fit_identity.main, *shared, "--out", identity, "--steps", 2)
    codes = load_identity_reader(identity).describe(Faces.read(drawn).pictures[:3])
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 1, atol=1e-3)


def test_a_fit_stopped_part_way_writes_nothing_and_resumes(few, cast_folder, fitted, drawn):
    state, weights = fitted
    shared = ["--cast", cast_folder, "--state", state, "--drawn", drawn, "--weights", weights]
    invoke(fit_au_reader.main, *shared, "--steps", 2, "--minutes", 0)
    assert not weights.with_name("p.au_reader.safetensors").exists()
    assert torch.load(state / "au_reader.pt", weights_only=True)["step"] == 0
    invoke(fit_au_reader.main, *shared, "--steps", 2)
    assert torch.load(state / "au_reader.pt", weights_only=True)["step"] == 2
    assert weights.with_name("p.au_reader.safetensors").exists()


def test_a_dry_run_prints_and_reads_nothing(cast_folder, tmp_path):
    nowhere = ["--state", tmp_path / "none", "--drawn", tmp_path / "none", "--weights", tmp_path / "none"]
    assert "steps=4500" in invoke(fit_encoder.main, "--cast", cast_folder, *nowhere, "--dry-run")


def test_without_a_fitted_generator_one_line_says_so(cast_folder, tmp_path):
    args = ["--cast", cast_folder, "--state", tmp_path / "none", "--out", tmp_path / "drawn"]
    with pytest.raises(StateError, match="no such state"):
        invoke(faces.main, *args)


# --- what is drawn ------------------------------------------------------------------------------------------


def test_drawn_people_come_in_several_scenes_and_expressions():
    drawn = draw_factors(60, 4, (1, 2, 12, 43), recipe=1, seed=3)
    assert drawn.people.reshape(15, 4).std(1).max() == 0
    own = drawn.factors.reshape(15, 4, -1)
    identity = own[:, :, : EXPRESSION.start]
    assert float(np.abs(identity - identity[:, :1]).max()) == 0  # everybody stays who they are
    assert float(np.abs(own[:, :, EXPRESSION.stop :] - own[:, :1, EXPRESSION.stop :]).max()) > 0.5
    assert len(np.unique(drawn.aus, axis=0)) > 40
    again = draw_factors(60, 4, (1, 2, 12, 43), recipe=1, seed=3)
    np.testing.assert_array_equal(again.factors, drawn.factors)


def test_angles_are_degrees_and_turn_in_a_mirror(cast_folder):
    cast = read_cast(cast_folder)
    angles = angles_of(cast.factors)
    first = json.loads((cast_folder / "studio.jsonl").read_text().splitlines()[0])
    row = [record.name for record in cast.records].index(first["name"])
    scene = first["scene"]
    np.testing.assert_allclose(angles[row], [scene["yaw"], scene["pitch"], *scene["gaze"]], atol=1e-4)
    np.testing.assert_allclose(angles_of(mirror_factors(cast.factors)), angles * [-1, 1, -1, 1], atol=1e-4)


def test_samples_are_mirrored_with_their_latents_and_only_if_those_are_known():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (1, 256, 256, 3), np.uint8)
    one = np.ones((1, 43), np.float32)
    angles = np.array([[10, 5, 8, 4]], np.float32)
    w, w_mirrored = np.zeros((1, 512), np.float32), np.ones((1, 512), np.float32)
    known = Faces(picture, one, angles, np.array([0]), w, w_mirrored)
    sample = Sampler([(known, 40)]).sample(rng)
    mirrored = sample.w[:, 0] == 1
    assert 5 < int(mirrored.sum()) < 35
    assert torch.equal(sample.angles[:, 0], torch.where(mirrored, -10.0, 10.0))
    assert torch.equal(sample.clean[mirrored][0], sample.clean[~mirrored][0].flip(-1))
    unknown = Faces(picture, one, angles, np.array([0]), w)
    assert not Sampler([(unknown, 40)]).sample(rng).w.any()


# --- how they are fitted ------------------------------------------------------------------------------------


def test_readers_start_from_layers_that_have_seen_photographs():
    reader, encoder = AuReader(), Encoder(8)
    for model in (reader, encoder):
        start_from_photographs(model.trunk)
    first, same = reader.trunk.layers[0][0].weight, encoder.trunk.layers[0][0].weight
    assert torch.equal(first, same)


def test_the_contrast_is_smallest_when_everybody_is_alone_with_themselves():
    people = torch.tensor([7, 7, 8, 8])
    apart = torch.eye(4)[[0, 0, 1, 1]]
    mixed = torch.eye(4)[[0, 1, 0, 1]]
    assert float(contrastive_loss(apart, people)) < 1e-3
    assert float(contrastive_loss(torch.eye(4)[[0, 0, 0, 0]], people)) == pytest.approx(np.log(3), rel=1e-4)
    assert float(contrastive_loss(mixed, people)) > np.log(3)


def test_the_rate_warms_up_and_falls():
    rates = [learning_rate(1.0, step, 1000) for step in range(1000)]
    assert rates[0] < 0.01
    assert max(rates) == pytest.approx(0.9, abs=0.05)
    assert rates[-1] < 1e-4


def test_what_is_written_is_only_numbers():
    assert all(tensor.is_floating_point() for tensor in float_tensors(AuReader()).values())


def test_an_oval_shows_the_face_and_hides_backdrop_and_clothes():
    mask = oval()
    assert float(mask[154, 128]) > 0.99
    for row, column in ((10, 10), (10, 245), (250, 10), (154, 20), (20, 128)):
        assert float(mask[row, column]) < 0.01


def test_scenery_is_read_and_changed_where_it_is_linear():
    """A network that adds the scene to the person: then both maps are exact, on people never seen."""
    torch.manual_seed(0)
    network = FactorNetwork(NUM_FACTORS, 1, EXPRESSION)
    linear = torch.nn.Linear(NUM_FACTORS, 512)
    network.forward = lambda factors, scenes=None: linear(factors)  # type: ignore[method-assign]
    found = scenery.find_scenery(network, linear.bias, recipe=1, num_people=900)
    columns = linear.weight[:, scenery.COLUMNS]
    torch.testing.assert_close(found.change, columns.t(), atol=1e-3, rtol=1e-3)
    people = torch.from_numpy(neutral_people(np.random.default_rng(1).standard_normal((50, 512)), 1)).float()
    with torch.no_grad():
        read = (linear(people) - linear.bias) @ found.reading
    scene = people[:, scenery.COLUMNS]
    wrong = ((read - read.mean(0)) - (scene - scene.mean(0))).square().mean(0) / scene.var(0)
    assert float(wrong.max()) < 0.1
