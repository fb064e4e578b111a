"""Small real weights: every file of a portrait, made in a moment, so that tests read what users read."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from models.action_units import ACTION_UNITS, VOCABULARY
from models.au_reader import AuReader
from models.checkpoint import companion_path, file_sha256, save_generator, write_checkpoint
from models.controls import CONTROLS, NUM_CONTROLS
from models.encoder import Encoder
from models.people import Person, save_person
from models.pseudo_autoencoder import DEFAULT_PRESET, PRESETS, PseudoAutoencoder
from models.stylegan2 import Architecture, Generator
from training.reader_fit import float_tensors

# One of each is missing, so that something warns.
LEARNED = " ".join(str(unit) for unit in ACTION_UNITS if unit != 39)
LEARNED_CONTROLS = " ".join(name for name in CONTROLS if name != "age")
TINY = Architecture(resolution=32, channel_base=256, channel_max=16, num_mapping_layers=2)


def write_tiny_weights(folder: Path, seed: int = 0, preset: str = DEFAULT_PRESET) -> Path:
    """A generator and its pseudo-autoencoder in `folder`; → the generator's path."""
    torch.manual_seed(seed)
    path = folder / "tiny.safetensors"
    save_generator(path, Generator(TINY), {"title": "tiny"})
    write_tiny_companion(path, preset)
    return path


def tiny_model(
    preset: str = DEFAULT_PRESET, num_ws: int = TINY.num_ws, w_dim: int = 512
) -> PseudoAutoencoder:
    """A pseudo-autoencoder that moves everything anyhow, and reads controls anyhow."""
    model = PseudoAutoencoder(preset, num_ws, w_dim).eval().requires_grad_(False)
    model.decoder[-1].reset_parameters()  # the residual one starts without moves
    model.control_reading.copy_(torch.randn(w_dim, NUM_CONTROLS) / w_dim)
    return model


def write_tiny_companion(
    generator: Path, preset: str = DEFAULT_PRESET, changes: Mapping[str, str] | None = None
) -> Path:
    """A pseudo-autoencoder that has learned nothing, beside its generator; → its path."""
    metadata = {
        "preset": preset,
        "generator_sha256": file_sha256(generator),
        "action_units": VOCABULARY,
        "learned_units": LEARNED,
        "controls": " ".join(CONTROLS),
        "learned_controls": LEARNED_CONTROLS if PRESETS[preset].is_residual else "",
    }
    path = companion_path(generator, "pseudo_autoencoder")
    state = tiny_model(preset).state_dict()
    write_checkpoint(path, "pseudo_autoencoder", state, metadata | dict(changes or {}))
    return path


def write_tiny_reader(generator: Path, changes: Mapping[str, str] | None = None) -> AuReader:
    """An AU reader that has learned nothing, beside its generator."""
    torch.manual_seed(0)
    reader = AuReader().eval()
    metadata = {"generator_sha256": file_sha256(generator), "action_units": VOCABULARY} | dict(changes or {})
    write_checkpoint(companion_path(generator, "au_reader"), "au_reader", float_tensors(reader), metadata)
    return reader


def write_tiny_encoder(generator: Path) -> Encoder:
    """An encoder that has learned nothing but where latents are, beside its generator."""
    torch.manual_seed(0)
    encoder = Encoder(TINY.num_ws).eval()
    encoder.start_from_latents(torch.randn(600, TINY.w_dim))
    # Sixteen numbers of a scene, read along as many directions and changed along the same.
    axes = torch.linalg.qr(torch.randn(TINY.w_dim, 16)).Q
    encoder.scene_reading.copy_(axes)
    encoder.scene_change.copy_(axes.t())
    metadata = {"generator_sha256": file_sha256(generator)}
    write_checkpoint(companion_path(generator, "encoder"), "encoder", float_tensors(encoder), metadata)
    return encoder


SMILE = tuple({12: 0.75, 25: 0.5}.get(unit, 0.0) for unit in ACTION_UNITS)


def tiny_person(seed: int = 0) -> Person:
    """Somebody whom no number draws, seen smiling."""
    ws = np.random.default_rng(seed).standard_normal((TINY.num_ws, TINY.w_dim)).astype(np.float32)
    return Person(ws, SMILE, {"yaw": 3.5, "gaze": (-2.0, 1.0)}, title="Ada", source="ada.jpg")


def write_tiny_person(path: Path, generator: Path, seed: int = 0) -> Path:
    save_person(path, tiny_person(seed), file_sha256(generator))
    return path
