"""People: by number, the same z for ever; and in files, faces that no number draws."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.action_units import NUM_AUS, VOCABULARY
from models.checkpoint import (
    Checkpoint,
    CheckpointError,
    LoadedGenerator,
    read_checkpoint,
    write_checkpoint,
)

KIND: Final = "person"

Control = float | tuple[float, float]


def person_z(number: int, z_dim: int = 512) -> Tensor:
    """→ z [1, z_dim] ~ N(0, I) of person `number`, from 0 to 2³² − 1.

    NumPy promises that the stream of RandomState never changes; of its newer generators it does not.
    """
    return torch.from_numpy(np.random.RandomState(number).standard_normal((1, z_dim))).float()


# --- people in files ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """A face: its latent, and what it does in it. It may come from a file of a stranger, so all is checked.

    Raises:
        ValueError: a number is none, or outside its range, or there are too many or too few of them.
    """

    ws: NDArray[np.float32]  # [num_ws, w_dim], with the AU state and the controls below in it
    aus: tuple[float, ...]  # a₀, 43 intensities in [0, 1], in the order of ACTION_UNITS
    controls: Mapping[str, Control]  # as the AU reader saw yaw, pitch and gaze, in degrees: a record
    title: str
    source: str  # where the face was seen: a photograph's name

    def __post_init__(self) -> None:
        if self.ws.ndim != 2 or self.ws.dtype != np.float32:
            raise ValueError(f"ws is {self.ws.dtype} {list(self.ws.shape)}, not float32 [num_ws, w_dim]")
        if not np.isfinite(self.ws).all():
            raise ValueError("ws holds something that is not a finite number")
        if len(self.aus) != NUM_AUS:
            raise ValueError(f"{len(self.aus)} intensities, not {NUM_AUS}")
        for intensity in self.aus:
            if not 0 <= intensity <= 1:
                raise ValueError(f"intensity {intensity} is outside 0 to 1")
        for name, value in self.controls.items():
            if not all(map(math.isfinite, value if isinstance(value, tuple) else (value,))):
                raise ValueError(f"control {name[:20]!r} is not a finite number")


def save_person(path: Path, person: Person, generator_sha256: str) -> None:
    """Write a person of one generator, whole or not at all: float32, so that the face comes back exactly.

    Raises:
        OSError: the file cannot be written.
    """
    metadata = {
        "generator_sha256": generator_sha256,
        "action_units": VOCABULARY,
        "aus": " ".join(map(repr, map(float, person.aus))),
        "controls": json.dumps(dict(person.controls)),
        "title": _encodable(person.title),
        "source": _encodable(person.source),
    }
    write_checkpoint(path, KIND, {"ws": torch.from_numpy(person.ws)}, metadata, torch.float32)


def _encodable(text: str) -> str:
    """A file's name need not be text; what is not is written as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def load_person(path: Path, generator: LoadedGenerator) -> Person:
    """Read a person of this generator.

    Raises:
        CheckpointError: the file is missing, truncated, of another kind or version, made for another
            generator or another list of action units, or holds what no face can be.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such person file; `project` makes one from a photograph")
    checkpoint = read_checkpoint(path, KIND)
    owner = checkpoint.metadata.get("generator_sha256", "")
    if owner != generator.sha256:
        raise CheckpointError(
            f"{path}: made for another generator ({owner[:12]!r}, this one is {generator.sha256[:12]!r}); "
            f"project the photograph again for {generator.path.name}"
        )
    if checkpoint.metadata.get("action_units") != VOCABULARY:
        raise CheckpointError(f"{path}: made for another list of action units; project the photograph again")
    arch = generator.generator.arch
    try:
        return Person(
            ws=_latent(checkpoint, (arch.num_ws, arch.w_dim)),
            aus=tuple(map(float, checkpoint.metadata["aus"].split())),
            controls=_controls(json.loads(checkpoint.metadata.get("controls", "{}"))),
            title=checkpoint.metadata.get("title", ""),
            source=checkpoint.metadata.get("source", ""),
        )
    except KeyError as error:
        raise CheckpointError(f"{path}: holds no {error}; project the photograph again") from None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        reason = str(error)[:200]
        raise CheckpointError(f"{path}: no person ({reason}); project the photograph again") from None


def _latent(checkpoint: Checkpoint, shape: tuple[int, int]) -> NDArray[np.float32]:
    ws = checkpoint.tensors["ws"]
    if ws.dtype != torch.float32 or tuple(ws.shape) != shape:
        found = f"{str(ws.dtype).removeprefix('torch.')} {list(ws.shape)}"
        raise ValueError(f"ws is {found}, not float32 {list(shape)}")
    return ws.numpy()


def _controls(written: Any) -> dict[str, Control]:
    """A JSON object of numbers and pairs of numbers."""
    if not isinstance(written, dict):
        raise ValueError("its controls are no mapping")
    return {name: _control(name, value) for name, value in written.items()}


def _control(name: str, value: Any) -> Control:
    numbers = value if isinstance(value, list) and len(value) == 2 else [value]
    if not all(type(number) in (int, float) for number in numbers):
        raise ValueError(f"control {name[:20]!r} is neither a number nor a pair of them")
    return (float(numbers[0]), float(numbers[1])) if len(numbers) == 2 else float(numbers[0])
