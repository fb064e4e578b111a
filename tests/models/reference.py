"""Weights from names alone: the same state wherever it is computed, without storing it."""

import zlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor


def named_weights(shapes: Mapping[str, torch.Size], noise_strength: float = 0.3) -> dict[str, Tensor]:
    """A state of standard normal numbers, seeded by each tensor's own name; biases kept moderate."""
    state = {}
    for name, shape in shapes.items():
        values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape).astype(np.float32)
        if name.endswith("noise_strength"):
            values = np.full(shape, noise_strength, np.float32)
        elif name.startswith("mapping.fc") and name.endswith("weight"):
            values = values * 100  # the mapping's learning rate multiplier of 0.01 divides it again
        elif name.endswith("affine.bias"):
            values = values * 0.1 + 1
        elif name.endswith(("bias", "w_avg")):
            values = values * 0.1
        state[name] = torch.from_numpy(np.asarray(values))
    return state


def named_z(num: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(2020).standard_normal((num, 512)).astype(np.float32))
