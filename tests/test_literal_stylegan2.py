"""The literal StyleGAN2, against which speed is measured, draws what ours draws."""

import numpy as np
import pytest
import torch

from installation.loading import draw_latent, load_networks
from models.stylegan2 import Architecture, Generator, to_uint8
from run_installation import WEIGHTS
from tests.literal_stylegan2 import LiteralSynthesis, LiteralSynthesizer
from tests.models.parity import CONFIGS, reference_generator
from tests.models.reference import named_weights, named_z


def assert_equal_pictures(generator: Generator, atol: float = 1e-4) -> None:
    """At every resolution on the way, of two people at once."""
    literal = LiteralSynthesis(generator.arch, generator.state_dict())
    ws = generator.map(named_z(2))
    for rgb in generator.synthesis.pyramid(ws):
        torch.testing.assert_close(literal.picture(ws, rgb.shape[-1]), rgb, atol=atol, rtol=0)


def generator_of(arch: Architecture) -> Generator:
    generator = Generator(arch).eval()
    generator.load_state_dict(named_weights({k: v.shape for k, v in generator.state_dict().items()}))
    return generator


@pytest.mark.parametrize("config", CONFIGS)
@torch.inference_mode()
def test_the_weights_of_the_published_reference_give_the_same_pictures_with_noise(config):
    assert_equal_pictures(reference_generator(*config))


@pytest.mark.parametrize("resolution", [32, 64, 128, 256, 512, 1024])
@torch.inference_mode()
def test_every_resolution_is_the_same(resolution):
    generator = generator_of(Architecture(resolution, resolution * 2, 8, num_mapping_layers=1))
    assert_equal_pictures(generator)


@torch.inference_mode()
def test_clamped_activations_are_the_same_and_are_clamped():
    arch = Architecture(32, 512, 32, conv_clamp=0.5)
    clamped, free = generator_of(arch), generator_of(Architecture(32, 512, 32))
    assert_equal_pictures(clamped)
    ws = clamped.map(named_z(1))
    assert not torch.allclose(clamped.synthesis(ws), free.synthesis(ws), atol=0.1)


@torch.inference_mode()
def test_the_shipped_portrait_is_the_same_to_a_level():
    networks = load_networks(WEIGHTS)
    generator, ws = networks.generator.generator, draw_latent(networks, 15, 0.8)
    ours = to_uint8(generator.synthesis(torch.from_numpy(ws)[None]))[0].numpy()
    literal = LiteralSynthesizer(generator).synthesize(ws)
    assert literal.shape == ours.shape and literal.dtype == np.uint8
    assert int(np.abs(literal.astype(int) - ours.astype(int)).max()) <= 1
