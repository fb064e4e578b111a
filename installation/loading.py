"""Files to objects: weights, people and choreographies, with one clear line for what is wrong."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from installation.errors import InputError
from installation.portrait import Pose
from installation.score.choreography import Choreography, parse_choreography
from installation.score.problems import InvalidScore
from models.action_units import NUM_AUS
from models.checkpoint import (
    CheckpointError,
    LoadedGenerator,
    companion_path,
    load_generator,
    read_checkpoint,
)
from models.people import person_z
from models.pseudo_autoencoder import KIND, LoadedPseudoAutoencoder, learned_units, load_pseudo_autoencoder

NEUTRAL: Final = (0.0,) * NUM_AUS


@dataclass(frozen=True, slots=True)
class Networks:
    """The weights, on the CPU."""

    generator: LoadedGenerator
    pseudo_autoencoder: LoadedPseudoAutoencoder


def load_networks(weights: Path) -> Networks:
    """Read a generator and its companions.

    Raises:
        InputError: a file is missing, truncated, of another kind, or made for another generator.
    """
    try:
        generator = load_generator(weights)
        return Networks(generator, load_pseudo_autoencoder(generator))
    except CheckpointError as error:
        raise InputError(str(error)) from None


def read_learned_units(weights: Path) -> tuple[int, ...]:
    """The action units that a generator's pseudo-autoencoder can show, without loading either."""
    try:
        return learned_units(read_checkpoint(companion_path(weights, KIND), KIND))
    except CheckpointError as error:
        raise InputError(str(error)) from None


def read_choreography(path: Path, learned: Collection[int]) -> Choreography:
    """Read and check a score for weights that have learned these units.

    Raises:
        InputError: every fault of the file, `file:line:col: path: message`, one a line.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a choreography file") from None
    try:
        return parse_choreography(raw, str(path), learned)
    except InvalidScore as invalid:
        raise InputError(str(invalid)) from None


@torch.inference_mode()
def draw_person(networks: Networks, number: int, truncation_psi: float) -> Pose:
    """The person of a number, neutral: the same face for ever, for the same weights."""
    generator = networks.generator.generator
    ws = generator.map(person_z(number, generator.arch.z_dim), truncation_psi)
    return Pose(ws[0].numpy(), NEUTRAL)
