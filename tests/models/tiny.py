"""Small real weights: every file of a portrait, made in a moment, so that tests read what users read."""

from collections.abc import Mapping
from pathlib import Path

import torch

from models.action_units import ACTION_UNITS
from models.checkpoint import companion_path, file_sha256, save_generator, write_checkpoint
from models.pseudo_autoencoder import PseudoAutoencoder
from models.stylegan2 import Architecture, Generator

LEARNED = " ".join(
    str(unit) for unit in ACTION_UNITS if unit != 39
)  # one is missing, so that something warns
TINY = Architecture(resolution=32, channel_base=256, channel_max=16, num_mapping_layers=2)


def write_tiny_weights(folder: Path, seed: int = 0, preset: str = "paper") -> Path:
    """A generator and its pseudo-autoencoder in `folder`; → the generator's path."""
    torch.manual_seed(seed)
    path = folder / "tiny.safetensors"
    save_generator(path, Generator(TINY), {"title": "tiny"})
    write_tiny_companion(path, preset)
    return path


def write_tiny_companion(
    generator: Path, preset: str = "paper", changes: Mapping[str, str] | None = None
) -> Path:
    units = " ".join(map(str, ACTION_UNITS))
    metadata = {"preset": preset, "generator_sha256": file_sha256(generator), "action_units": units}
    path = companion_path(generator, "pseudo_autoencoder")
    state = PseudoAutoencoder(preset, TINY.num_ws).state_dict()
    write_checkpoint(
        path, "pseudo_autoencoder", state, metadata | {"learned_units": LEARNED} | dict(changes or {})
    )
    return path
