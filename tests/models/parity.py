"""Our StyleGAN2 beside numbers that the published implementation gave for the same weights."""

from pathlib import Path

import numpy as np
import torch

from models.stylegan2 import Architecture, Generator
from tests.models.reference import named_weights, named_z

REFERENCE = Path(__file__).parent / "fixtures" / "stylegan2_reference.npz"
CONFIGS = [(32, 512, 32), (32, 2048, 64), (64, 512, 32), (64, 2048, 64)]  # resolution, base, max


def reference_generator(resolution: int, channel_base: int, channel_max: int) -> Generator:
    generator = Generator(Architecture(resolution, channel_base, channel_max)).eval()
    generator.load_state_dict(named_weights({k: v.shape for k, v in generator.state_dict().items()}))
    return generator


@torch.no_grad()
def differences(config: tuple[int, int, int]) -> dict[str, float]:
    """The largest differences of w, the picture with noise and truncation, and the plain one."""
    numbers = np.load(REFERENCE)
    generator, z = reference_generator(*config), named_z(1)
    ours = {
        "w": generator.mapping(z),
        "image": generator(z, truncation_psi=0.7, truncation_cutoff=4),
        "plain": generator(z, noise_mode="none"),
    }
    key = "_".join(map(str, config))
    kept = {name: numbers[f"{name}_{key}"] for name in ours if f"{name}_{key}" in numbers}
    return {name: float(np.abs(ours[name].numpy() - theirs).max()) for name, theirs in kept.items()}


def largest_difference() -> float:
    return max(value for config in CONFIGS for value in differences(config).values())
