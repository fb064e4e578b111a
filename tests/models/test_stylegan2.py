"""StyleGAN2: equal to the published implementation, and usable in every way the runtime uses it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.stylegan2 import Architecture, Generator, to_uint8
from tests.models.reference import named_weights, named_z

REFERENCE = Path(__file__).parent / "fixtures" / "stylegan2_reference.npz"
CONFIGS = [(32, 512, 32), (32, 2048, 64), (64, 512, 32), (64, 2048, 64)]


def reference_generator(resolution: int, channel_base: int, channel_max: int) -> Generator:
    generator = Generator(Architecture(resolution, channel_base, channel_max)).eval()
    generator.load_state_dict(named_weights({k: v.shape for k, v in generator.state_dict().items()}))
    return generator


@pytest.mark.parametrize("config", CONFIGS)
@torch.no_grad()
def test_equals_the_published_implementation_with_noise_and_truncation(config):
    numbers = np.load(REFERENCE)
    key = "_".join(map(str, config))
    generator = reference_generator(*config)
    image = generator(named_z(1), truncation_psi=0.7, truncation_cutoff=4)
    assert np.abs(image.numpy() - numbers[f"image_{key}"]).max() < 1e-4
    assert np.abs(generator.mapping(named_z(1)).numpy() - numbers[f"w_{key}"]).max() < 1e-4


@pytest.mark.parametrize("config", CONFIGS[:2])
@torch.no_grad()
def test_equals_the_published_implementation_without_noise(config):
    numbers = np.load(REFERENCE)
    image = reference_generator(*config)(named_z(1), noise_mode="none")
    assert np.abs(image.numpy() - numbers["plain_" + "_".join(map(str, config))]).max() < 1e-4
