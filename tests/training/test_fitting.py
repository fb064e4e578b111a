"""The whole road on eight pictures: fit, resume, grow, export, fit the pseudo-autoencoder, play it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from installation.loading import draw_person, load_networks
from models.action_units import VOCABULARY
from models.au_reader import KIND as AU_READER
from models.au_reader import AuReader
from models.checkpoint import load_generator, write_companion
from models.encoder import KIND as ENCODER
from models.pseudo_autoencoder import PRESETS
from models.stylegan2 import Architecture, MappingNetwork, leaky_relu
from tests.training.commands import invoke
from training import fit_generator, fit_pseudo_autoencoder, prior
from training.cast import manifest
from training.cast.factors import EXPRESSION, NUM_FACTORS
from training.critic import Adversary
from training.factor_network import FactorNetwork
from training.fit_generator import Stage, learning_rate
from training.latent_store import Result, Store, Way
from training.prior_start import OFFSET, bending, start_layers
from training.reader_fit import float_tensors
from training.run import load_state
from training.sources import read_samples

ON_CAST = ["--channel-base", "256", "--channel-max", "8"]


@pytest.fixture
def short(monkeypatch):
    """Stages of a few steps, and a prior of a few people."""
    stages = (Stage(32, 8, 4e-3, 0.0), Stage(64, 8, 3e-3, 0.5, 0.1))
    monkeypatch.setattr(fit_generator, "STAGES", stages)
    monkeypatch.setattr(fit_generator, "BATCH", 2)
    monkeypatch.setattr(fit_generator, "REPORT_EVERY", 2)
    for name, value in (("NUM_PEOPLE", 60), ("NUM_HELD_OUT", 10), ("FIRST_STEPS", 3), ("TUNING_STEPS", 3)):
        monkeypatch.setattr(prior, name, value)
    monkeypatch.setattr(fit_pseudo_autoencoder, "NUM_PEOPLE", 4)
    # The eight pictures show one studio subject: hold two of its expressions out instead of a person.
    monkeypatch.setattr(manifest, "is_held_out", lambda record: record.split == "studio")


@pytest.mark.parametrize("preset", list(PRESETS))
def test_the_whole_road_from_pictures_to_a_moving_face(short, cast_folder, tmp_path, preset):
    state, weights = tmp_path / "state", tmp_path / "weights" / "p.safetensors"
    on_cast = ["--cast", cast_folder, "--state", state]
    invoke(fit_generator.main, *on_cast, *ON_CAST, "--through", 32)
    assert load_state(state / "state.pt")["stage"] == 0
    invoke(fit_generator.main, *on_cast, *ON_CAST, "--through", 64, "--export", weights)
    assert load_state(state / "state.pt")["stage"] == 1
    assert {path.name for path in state.iterdir()} == {"state.pt", "log.jsonl", "train.png", "held_out.png"}
    latents = projected(cast_folder, weights, tmp_path / "latents")
    told = [cast_folder, "--latents", latents, "--weights", weights, "--state", tmp_path / "moves"]
    out = invoke(fit_pseudo_autoencoder.main, *told, "--preset", preset, "--epochs", 2)
    assert "p.pseudo_autoencoder.safetensors" in out
    networks = load_networks(weights)
    assert networks.generator.generator.arch.resolution == 64
    anchor = draw_person(networks, 1, 0.8)
    moved = networks.pseudo_autoencoder.model.predict(anchor.ws, (0.5,) * 43)
    assert np.isfinite(moved).all()


def projected(cast_folder: Path, weights: Path, folder: Path) -> Path:
    """A store of latents for a cast whose pictures show nothing: around the generator's own people."""
    generator = load_generator(weights)
    write_companion(generator, ENCODER, {"nothing": torch.zeros(1)}, {})
    write_companion(generator, AU_READER, float_tensors(AuReader()), {"action_units": VOCABULARY})
    arch, dice = generator.generator.arch, np.random.default_rng(0)
    store, way = Store(folder), Way.through(generator, Way().num_steps, Way().px)
    for sample in read_samples([cast_folder]):
        ws = dice.standard_normal((arch.num_ws, arch.w_dim)).astype(np.float32)
        store.write(store.address(sample, way), Result(ws))
    return folder


def test_a_dry_run_prints_and_writes_nothing(short, cast_folder, tmp_path):
    out = invoke(fit_generator.main, "--cast", cast_folder, "--state", tmp_path / "none", "--dry-run")
    assert "held out" in out
    assert not (tmp_path / "none").exists()


def test_growing_keeps_the_picture(short, cast_folder, tmp_path):
    fit = fit_generator.Fit(tmp_path, fit_generator.read_cast(cast_folder), 256, 8)
    factors = torch.from_numpy(fit.train.factors).float()
    before = fit.pictures_of(factors)
    fit.grow(1)
    ws = fit.average.ws(factors)
    after = fit.average.generator.synthesis(ws, resolution=32, noise_mode="none", dtype=torch.bfloat16)
    torch.testing.assert_close(after, before)


def test_the_rate_warms_up_holds_and_falls(monkeypatch):
    stage = Stage(32, 8_000, 1e-2, 0.0)
    rates = [learning_rate(stage, step) for step in range(1_000)]
    assert rates[0] == pytest.approx(1e-4, rel=0.01)
    assert rates[100] == rates[599] == pytest.approx(1e-2, rel=0.01)
    assert rates[999] < 1e-4


def test_the_mapping_takes_over_the_factor_networks_layers():
    """With first layers that gave the exact factors, z → w would be exact: the last layers are copies."""
    torch.manual_seed(0)
    network = FactorNetwork(NUM_FACTORS, 1, EXPRESSION)
    own = prior.layers_of(MappingNetwork(Architecture()))[-4:]
    for source, target in zip(network.layers, own, strict=True):
        prior.copy_layer(source, target)
    factors = torch.randn(5, NUM_FACTORS)
    factors[:, EXPRESSION] = 0
    x = torch.nn.functional.pad(network.standardised(factors), (0, 512 - network.layers[0].weight.shape[1]))
    for layer in own:
        x = leaky_relu(layer(x))
    torch.testing.assert_close(x, network(factors), atol=1e-4, rtol=1e-4)


def test_the_first_layers_start_near_the_answer():
    """A copy of a component, a threshold of one, and one that only shows beyond another's threshold."""
    torch.manual_seed(0)
    z = prior.normalised(torch.randn(4000, 512))
    goal = torch.zeros(4000, 512)
    goal[:, 0], goal[:, 1] = z[:, 0], torch.where(z[:, 1] > 0.5, 1.0, -0.5)
    goal[:, 2] = (z[:, 1] > 0.5) * z[:, 2]
    first = prior.FirstLayers(prior.layers_of(MappingNetwork(Architecture()))[:4])
    matters = (torch.arange(512) < 3).float()
    start_layers(list(first.layers), z[:3000], goal[:3000], matters, num_components=20)
    with torch.no_grad():
        missed = (first(z[3000:]) - OFFSET - goal[3000:])[:, :3].var(0) / goal[3000:, :3].var(0)
    assert missed[0] < 0.01
    assert missed[1] < 0.1
    assert missed[2] < 0.85


def test_thresholds_go_where_factors_jump():
    torch.manual_seed(0)
    z = torch.randn(8000, 6)
    goal = torch.stack([z[:, 0] + z[:, 3], (z[:, 4] > 0).float()], 1)
    assert bending(z, goal, torch.ones(2)).argmax() == 4
    assert bending(z, goal, torch.ones(2))[4] > 0.8


def test_a_critic_learns_to_tell_and_its_opinion_reaches_the_pictures():
    torch.manual_seed(0)
    adversary = Adversary([8])
    real, fake = [torch.randn(8, 8, 6, 6) + 0.5], [torch.randn(8, 8, 6, 6).requires_grad_()]
    shares = [adversary.learn(fake, real) for _ in range(60)]
    assert shares[-1] > 0.8
    adversary.loss(fake).backward()
    assert float(fake[0].grad.abs().sum()) > 0
    assert adversary.loss(real) < adversary.loss(fake)
