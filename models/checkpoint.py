"""Weights on disk: safetensors with metadata, read without running any code.

A generator is one file. Its companions (the pseudo-autoencoder, the encoder and the AU reader) lie beside it,
named by suffix — `portrait.safetensors`, `portrait.pseudo_autoencoder.safetensors` — and carry the
generator's SHA-256: a companion of another generator would move the face in meaningless directions, so it is
refused.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from models.stylegan2 import Architecture, Generator

VERSION = "1"


class CheckpointError(Exception):
    """A weights file cannot be used; the message is one line that says which, why, and what instead."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Tensors as they were saved, the metadata, and the SHA-256 of the whole file."""

    path: Path
    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    sha256: str


def read_checkpoint(path: Path, kind: str) -> Checkpoint:
    """Read a file of `kind` ("generator", "pseudo_autoencoder").

    Raises:
        CheckpointError: the file is missing, truncated, not safetensors, of another kind or another version.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such weights file; name one with --weights")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
    except (SafetensorError, OSError) as error:
        message = f"not a whole safetensors file ({error}); copy it again, or name another"
        raise CheckpointError(f"{path}: {message}") from None
    if metadata.get("kind") != kind:
        raise CheckpointError(f"{path}: holds {metadata.get('kind')!r}, not a {kind}; name another file")
    if metadata.get("version") != VERSION:
        found = metadata.get("version")
        raise CheckpointError(f"{path}: format version {found!r}; this program reads version {VERSION}")
    return Checkpoint(path, tensors, metadata, file_sha256(path))


def write_checkpoint(
    path: Path,
    kind: str,
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str],
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write safetensors, whole or not at all; weights in half precision.

    Raises:
        OSError: the file cannot be written.
        ValueError: a number is beyond what `dtype` holds (half precision: 65,504), or is none.
    """
    stored = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in tensors.items()}
    for name, tensor in stored.items():
        if not bool(tensor.isfinite().all()):
            kind_of_number = str(dtype).removeprefix("torch.")
            raise ValueError(f"{path}: {name} does not fit {kind_of_number}; the weights have diverged")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        partial.write_bytes(save(stored, {"kind": kind, "version": VERSION, **metadata}))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_state(module: torch.nn.Module, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's tensors into a module, as float32.

    Raises:
        CheckpointError: names or shapes do not fit.
    """
    try:
        state = {name: tensor.float() for name, tensor in checkpoint.tensors.items()}
        module.load_state_dict(state, assign=True)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise CheckpointError(f"{checkpoint.path}: tensors do not fit their metadata ({first})") from None


# --- the generator ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoadedGenerator:
    """A generator ready to play, and the name its companions know it by."""

    generator: Generator
    sha256: str
    path: Path
    metadata: dict[str, str]


def save_generator(path: Path, generator: Generator, metadata: Mapping[str, str]) -> None:
    """Write a generator, its architecture in the metadata beside `metadata` (title, action_units, …)."""
    architecture = json.dumps(asdict(generator.arch))
    write_checkpoint(path, "generator", generator.state_dict(), {"architecture": architecture, **metadata})


def load_generator(path: Path) -> LoadedGenerator:
    """Read a generator in evaluation mode, float32, on the CPU.

    Raises:
        CheckpointError: see `read_checkpoint`; or the architecture is missing or impossible.
    """
    checkpoint = read_checkpoint(path, "generator")
    with torch.device("meta"):  # no memory is taken before the shapes have been compared
        generator = Generator(_architecture(checkpoint))
    load_state(generator, checkpoint)
    generator.eval().requires_grad_(False)
    return LoadedGenerator(generator, checkpoint.sha256, path, checkpoint.metadata)


def _architecture(checkpoint: Checkpoint) -> Architecture:
    try:
        values: dict[str, Any] = json.loads(checkpoint.metadata["architecture"])
        known = {field.name for field in fields(Architecture)}
        unknown = set(values) - known
        if unknown:
            raise ValueError(f"unknown {', '.join(sorted(unknown))}")
        return Architecture(**values)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error)[:200]
        raise CheckpointError(f"{checkpoint.path}: its architecture cannot be read ({reason})") from None


# --- companions ---------------------------------------------------------------------------------------------


def companion_path(generator: Path, kind: str) -> Path:
    """`portrait.safetensors`, "pseudo_autoencoder" → `portrait.pseudo_autoencoder.safetensors`."""
    return generator.with_name(f"{generator.stem}.{kind}.safetensors")


def write_companion(
    generator: LoadedGenerator, kind: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> Path:
    """Write a companion beside its generator, tied to it; → its path. Raises as `write_checkpoint` does."""
    path = companion_path(generator.path, kind)
    write_checkpoint(path, kind, tensors, {"generator_sha256": generator.sha256, **metadata})
    return path


def read_companion(generator: LoadedGenerator, kind: str) -> Checkpoint:
    """Read the companion of a generator.

    Raises:
        CheckpointError: see `read_checkpoint`; or it belongs to another generator.
    """
    path = companion_path(generator.path, kind)
    if not path.is_file():
        raise CheckpointError(f"{path}: missing; a portrait needs it beside {generator.path.name}")
    checkpoint = read_checkpoint(path, kind)
    owner = checkpoint.metadata.get("generator_sha256", "")
    if owner != generator.sha256:
        raise CheckpointError(
            f"{path}: made for another generator ({owner[:12] or 'none named'}, this one is "
            f"{generator.sha256[:12]}); fit it again for {generator.path.name}"
        )
    return checkpoint
