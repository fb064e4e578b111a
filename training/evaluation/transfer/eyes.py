"""Latents drawn, and the pictures looked at by readers and witnesses. What was seen once is remembered."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from models.pictures import ALIGNED_PX
from models.stylegan2 import Generator, to_uint8
from training.evaluation.faces import Pictures, resized
from training.evaluation.readers.material import Material
from training.evaluation.readers.units import read_faces
from training.evaluation.readers.who import Codes
from training.evaluation.transfer.scores import Seen
from training.identity import oval

BATCH: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What N pictures show."""

    aus: NDArray[np.float64]  # [N, 43] in [0, 1]
    angles: NDArray[np.float64]  # [N, 4] degrees: yaw, pitch, gaze x, gaze y
    skin: NDArray[np.float64]  # [N] CIELAB's L* of the face, 0 to 100
    sides: NDArray[np.float64]  # [N] L* of its right half less that of its left half
    codes: Mapping[str, Codes]  # witness → [N, 128]; of no witness where who it is was not asked

    @property
    def seen(self) -> Seen:
        return Seen(self.aus, self.codes)

    def rows(self, rows: list[int]) -> "Sight":
        return Sight(
            self.aus[rows],
            self.angles[rows],
            self.skin[rows],
            self.sides[rows],
            {name: codes[rows] for name, codes in self.codes.items()},
        )


def joined(parts: list[Sight]) -> Sight:
    """One after the other."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in NUMBERS}
    codes = {name: np.concatenate([part.codes[name] for part in parts]) for name in parts[0].codes}
    return Sight(**columns, codes=codes)


NUMBERS: Final = ("aus", "angles", "skin", "sides")


@torch.inference_mode()
def drawn(generator: Generator, ws: Tensor) -> Pictures:
    """ws [N, num_ws, w_dim] → uint8 [N, 256, 256, 3], in the precision of a show on the CPU."""
    size = min(ALIGNED_PX, generator.arch.resolution)
    parts = (generator.synthesis(part, size, dtype=torch.bfloat16) for part in ws.split(BATCH))
    made = [resized(picture, ALIGNED_PX) for part in parts for picture in to_uint8(part).numpy()]
    return np.array(made, np.uint8).reshape(-1, ALIGNED_PX, ALIGNED_PX, 3)


def lightness(pictures: Pictures) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the faces' ovals: mean L* [N], and how much lighter the picture's right half is [N]."""
    mask = oval().numpy() > 0.5
    right = np.arange(ALIGNED_PX) >= ALIGNED_PX // 2
    light = [cv2.cvtColor((p / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[..., 0] for p in pictures]
    halves = [(own[mask & right].mean(), own[mask & ~right].mean()) for own in light]
    sides = np.array(halves, np.float64).reshape(-1, 2)
    return sides.mean(1), sides[:, 0] - sides[:, 1]


def looked_at(material: Material, pictures: Pictures, *, who: bool) -> Sight:
    """Aligned pictures [N, 256, 256, 3] as the readers see them; `who` asks the witnesses, too."""
    shown = read_faces(material.au_reader, pictures)
    witnesses = material.witnesses[0] if who else {}
    codes = {name: describe(pictures) for name, describe in witnesses.items()}
    return Sight(
        np.asarray(shown.aus, np.float64), np.asarray(shown.angles, np.float64), *lightness(pictures), codes
    )


def key_of(*parts: object) -> str:
    """A name for what depends on these: arrays by their bytes, the rest as it is written."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.numpy() if isinstance(part, Tensor) else part
        own = np.ascontiguousarray(data).tobytes() if isinstance(data, np.ndarray) else repr(data).encode()
        digest.update(len(own).to_bytes(8, "little") + own)
    return digest.hexdigest()[:32]


def remember(path: Path, sight: Sight) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        arrays: dict[str, Any] = {f"codes {name}": own for name, own in sight.codes.items()}
        np.savez(file, **{name: getattr(sight, name) for name in NUMBERS}, **arrays)
    os.replace(partial, path)


def recalled(path: Path) -> Sight | None:
    """What was seen before, if it was."""
    if not path.is_file():
        return None
    with np.load(path) as file:
        codes = {name.removeprefix("codes "): file[name] for name in file.files if name.startswith("codes ")}
        return Sight(**{name: file[name] for name in NUMBERS}, codes=codes)


def progress(num: int, label: str) -> "tqdm[int]":
    """A bar over the first rows of batches."""
    return tqdm(range(0, num, 4 * BATCH), label, unit="batch", mininterval=5)
