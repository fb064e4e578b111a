"""A folder of latents, each named by all that made it.

A result's name is the SHA-256 of the way (generator, encoder, steps, side) and of two pictures: the one that
was projected and the one that framed it. So whoever asks for a latent finds the one that he would make, or
none; a run that is repeated, interrupted or begun anew in the same folder does each picture once.
"""

import hashlib
import os
import tempfile
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import LoadedGenerator, file_sha256, read_companion
from models.encoder import KIND
from training.dataset import Sample

VERSION: Final = "2"  # of how projector.py works: to be raised with every change that moves a latent


@dataclass(frozen=True, slots=True)
class Way:
    """How pictures are projected: what a latent depends on beside its picture."""

    num_steps: int = 24
    px: int = 128  # the side at which pictures are compared
    generator_sha256: str = ""
    encoder_sha256: str = ""

    @classmethod
    def through(cls, generator: LoadedGenerator, num_steps: int, px: int) -> "Way":
        """The way of a generator and the encoder beside it. Raises CheckpointError where there is none."""
        return cls(num_steps, px, generator.sha256, read_companion(generator, KIND).sha256)


class Result(NamedTuple):
    """What became of one picture: its latent, or why there is none."""

    ws: NDArray[np.float32] | None  # [num_ws, w_dim]
    reason: str = ""  # one line, without the picture's name: another copy of it would have the same


class Store:
    """A folder of results by address: NN/ADDRESS.npy, or NN/ADDRESS.none with the reason.

    Every file is written whole or not at all; what a killed run leaves half written is called `.partial`, and
    nobody reads it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> None:
        """Make the folder. Raises OSError, in one line, where nothing can be written there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            reason = f"cannot be written ({error.strerror}); name another folder for the latents"
            raise OSError(f"{self.folder}: {reason}") from None

    def address(self, sample: Sample, way: Way) -> str:
        """The SHA-256 of all that the sample's latent depends on."""
        made_by = (VERSION, way.num_steps, way.px, way.generator_sha256, way.encoder_sha256)
        digest = hashlib.sha256(" ".join(map(str, made_by)).encode())
        for path in (sample.picture, sample.framed_by):
            digest.update(bytes.fromhex(_sha256(path)))
        return digest.hexdigest()

    def has(self, address: str) -> bool:
        return any(self._path(address, suffix).is_file() for suffix in (".npy", ".none"))

    def read(self, address: str) -> Result | None:
        """The result of an address; None where nobody has been yet."""
        if self._path(address, ".npy").is_file():
            return Result(np.load(self._path(address, ".npy")))
        reason = self.refusal(address)
        return None if reason is None else Result(None, reason)

    def refusal(self, address: str) -> str | None:
        """Why there is no latent at an address, and never will be; None where it is not so."""
        path = self._path(address, ".none")
        return path.read_text(encoding="utf-8").strip() if path.is_file() else None

    def write(self, address: str, result: Result) -> None:
        """Raises OSError, e.g. of a full disk."""
        path = self._path(address, ".none" if result.ws is None else ".npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{uuid.uuid4().hex}.partial")
        try:
            with partial.open("wb") as file:
                if result.ws is None:
                    file.write(result.reason.encode())
                else:
                    np.save(file, result.ws)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    def _path(self, address: str, suffix: str) -> Path:
        return self.folder / address[:2] / (address + suffix)


@cache
def _sha256(path: Path) -> str:
    """Of a picture's bytes, or of nothing where it cannot be read. A neutral one is asked for many times."""
    try:
        return file_sha256(path)
    except OSError:
        return hashlib.sha256().hexdigest()
