"""An encoder for a generator of which nothing is known but its weights.

`training/fit_encoder.py` knows the latents of renders, because the generator was fitted to them. Here exact
latents are those of people of random z alone; photographs, which show what those do not, are taught by the
picture that the generator draws at the latent found, against the photograph. Likeness is counted as in
projection (`models/projection.py`). The trunk starts from that of an encoder that reads faces already.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from models.alignment import FaceError, FaceFinder, Picture, Points, crop, refuse_unreadable
from models.encoder import Encoder
from models.people import person_z
from models.photographs import PhotographError, read_photograph
from models.pictures import ALIGNED_PX, as_tensor
from models.projection import LIKENESS, attention, feature_distance, pixel_distance
from models.stylegan2 import Generator, to_uint8
from training.camera import TIGHT, photographed
from training.dataset import Sample

BATCH_EACH: Final = 8  # of people of random z, and as many photographs
PICTURES_FROM: Final = 0.3  # of the run: before, a picture is too far off to learn from
PICTURE_PX: Final = 128  # at which pictures are compared, or smaller where the generator is
PICTURE_WEIGHT: Final = 1.0
OFFSET_PENALTY: Final = 0.1  # of the squared offsets, in shares of the latents' variance
TRUNCATED_SHARE, TRUNCATION = 0.25, 0.7  # of the people: nearer to the mean, as a portrait may ask for them
NUM_WATCHED: Final = 48


# --- photographs --------------------------------------------------------------------------------------------


class Frame(NamedTuple):
    """The face that frames a subject's pictures."""

    landmarks: Points  # [5, 2] px
    shape: tuple[int, ...]  # [H, W, 3] of the picture that it is in


def aligned_pictures(samples: Sequence[Sample], num: int, folder: Path) -> NDArray[np.uint8]:
    """At most `num` of the samples' pictures, in FFHQ's frame: [N, 256, 256, 3], in any order.

    Those in which no face can be read are left out. They are kept in `folder`, for the next time.
    """
    order = np.random.default_rng(0).permutation(len(samples))[:num]
    names = "\n".join(str(samples[index].picture) for index in order)
    path = folder / f"aligned-{hashlib.sha256(names.encode()).hexdigest()[:12]}.npy"
    if not path.is_file():
        finder, frames = FaceFinder(), dict[Path, Frame | None]()
        chosen = (samples[index] for index in order)
        bar = tqdm(chosen, total=len(order), desc="align pictures", mininterval=5)
        found = [picture for sample in bar if (picture := _aligned(sample, finder, frames)) is not None]
        pictures = np.stack(found) if found else np.zeros((0, ALIGNED_PX, ALIGNED_PX, 3), np.uint8)
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, pictures)
        partial.replace(path)
    return np.load(path, mmap_mode="r" if path.stat().st_size > 2**20 else None)  # type: ignore[no-any-return]


def _aligned(sample: Sample, finder: FaceFinder, frames: dict[Path, Frame | None]) -> Picture | None:
    try:
        image = read_photograph(sample.picture)
        if sample.framed_by not in frames:
            frames[sample.framed_by] = _frame(sample.framed_by, finder)
    except PhotographError:
        return None
    frame = frames[sample.framed_by]
    return crop(image, frame.landmarks) if frame and frame.shape == image.shape else None


def _frame(path: Path, finder: FaceFinder) -> Frame | None:
    image = read_photograph(path)
    faces = finder.faces(image)
    try:
        for face in faces[:1]:
            refuse_unreadable(face.landmarks, image.shape)
            return Frame(face.landmarks, image.shape)
    except FaceError:
        pass
    return None


# --- what is taught -----------------------------------------------------------------------------------------


class FindLatents:
    """What the encoder is taught."""

    def __init__(
        self, generator: Generator, pictures: NDArray[np.uint8], latents: Tensor, judge: Encoder
    ) -> None:
        """Aligned pictures [N, 256, 256, 3], latents [M, w_dim] of random z, and by whose features a likeness
        is judged."""
        self.generator, self.judge = generator, judge
        num_watched = min(NUM_WATCHED, len(pictures) // 5)
        self.pictures = pictures[num_watched:]
        self.mean, self.variance = latents.mean(0), float(latents.var(0).sum())
        self.px = min(PICTURE_PX, generator.arch.resolution)
        self.attention = attention(self.px)
        z = torch.cat([person_z(number, generator.arch.z_dim) for number in range(NUM_WATCHED)])
        with torch.no_grad():
            self.watched_w = generator.mapping(z)
        self.watched_people = as_tensor(self._drawn(self.watched_w))
        self.watched = as_tensor(pictures[:num_watched] if num_watched else pictures)

    def loss(self, model: nn.Module, rng: np.random.Generator, progress: float) -> Tensor:
        assert isinstance(model, Encoder)
        num_photographs = BATCH_EACH if progress >= PICTURES_FROM else 0
        w = self._people(rng, 2 * BATCH_EACH - num_photographs)
        photographs = self._photographs(rng, num_photographs)
        clean = [*self._drawn(w), *photographs]
        found, offsets = model.split(as_tensor([photographed(picture, rng, TIGHT) for picture in clean]))
        loss = ((found[: len(w)] - w).square().sum(1) / self.variance).mean()
        loss = loss + OFFSET_PENALTY * offsets.square().sum(2).mean() / self.variance
        if not photographs:
            return loss
        ws = (found[:, None] + offsets)[len(w) :]
        return loss + PICTURE_WEIGHT * self._picture_loss(ws, as_tensor(photographs))

    @torch.no_grad()
    def figures(self, model: nn.Module) -> dict[str, float]:
        """Of people of random z, the latent's error in shares of the variance. Of photographs not taught, the
        picture's L1, and how far from the mean they are found: 1 is as far as people of random z."""
        found = torch.cat([model(seen).mean(1) for seen in self.watched_people.split(16)])
        errors = (found - self.watched_w).square().sum(1) / self.variance
        differences, distances = [], []
        for seen in self.watched.split(16):
            ws = model(seen)
            drawn = self.generator.synthesis(ws, self.px, dtype=torch.bfloat16)
            small = F.interpolate(seen, size=(self.px, self.px), mode="area")
            differences.append((drawn - small).abs().mean((1, 2, 3)))
            distances.append((ws.mean(1) - self.mean).square().sum(1) / self.variance)
        return {
            "w_error": float(errors.mean()),
            "l1": float(torch.cat(differences).mean()),
            "distance": float(torch.cat(distances).mean()),
        }

    @torch.no_grad()
    def _people(self, rng: np.random.Generator, num: int) -> Tensor:
        """w [num, w_dim] of random z, some of them truncated."""
        z = torch.from_numpy(rng.standard_normal((num, self.generator.arch.z_dim), np.float32))
        psi = torch.from_numpy(np.where(rng.random(num) < TRUNCATED_SHARE, TRUNCATION, 1.0)).float()
        mapping = self.generator.mapping
        return mapping.w_avg.lerp(mapping(z), psi[:, None])

    @torch.no_grad()
    def _drawn(self, w: Tensor) -> list[Picture]:
        """Their pictures, as aligned ones: [256, 256, 3] each."""
        size = min(ALIGNED_PX, self.generator.arch.resolution)
        ws = self.generator.broadcast(w)
        rgb = torch.cat([self.generator.synthesis(part, size, dtype=torch.bfloat16) for part in ws.split(8)])
        if size < ALIGNED_PX:
            rgb = F.interpolate(rgb, (ALIGNED_PX, ALIGNED_PX), mode="bicubic")
        return list(to_uint8(rgb).numpy())

    def _photographs(self, rng: np.random.Generator, num: int) -> list[Picture]:
        chosen = rng.integers(0, len(self.pictures), num)
        turns = rng.random(num) < 0.5
        return [
            np.asarray(cv2.flip(self.pictures[index], 1) if is_mirrored else self.pictures[index])
            for index, is_mirrored in zip(chosen, turns, strict=True)
        ]

    def _picture_loss(self, ws: Tensor, clean: Tensor) -> Tensor:
        """How far the generator's pictures are from the clean ones."""
        drawn = self.generator.synthesis(ws, self.px, dtype=torch.bfloat16)
        target = F.interpolate(clean, size=(self.px, self.px), mode="area")
        with torch.no_grad():
            wanted = list(self.judge.features(target))
        likeness = feature_distance(list(self.judge.features(drawn)), wanted, self.attention)
        return (pixel_distance(drawn, target, self.attention) + LIKENESS * likeness).mean()


def start_from_another(encoder: Encoder, other: Encoder, latents: Tensor) -> None:
    """Set an encoder to read faces as another does, and to find them among latents [M, w_dim]."""
    encoder.start_from_latents(latents)
    encoder.trunk.load_state_dict(other.trunk.state_dict())
    encoder.code.load_state_dict(other.code.state_dict())
