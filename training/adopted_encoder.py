"""An encoder for a generator of which nothing is known but its weights.

`training/fit_encoder.py` knows the latents of renders, because the generator was fitted to them. Here exact
latents are those of people of random z alone; photographs, which show what those do not, are taught by the
picture that the generator draws at the latent found, against the photograph. Likeness is counted as in
projection (`models/projection.py`). The trunk starts from that of an encoder that reads faces already.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from models.alignment import FaceError, Picture
from models.encoder import Encoder
from models.people import person_z
from models.pictures import ALIGNED_PX, as_tensor
from models.projection import attention, feature_distance, pixel_distance
from models.stylegan2 import Generator, to_uint8
from training.camera import TIGHT, photographed
from training.dataset import Sample
from training.framing import Framer

LIKENESS: Final = 1.0  # of features against pixels
BATCH_EACH: Final = 8  # of people of random z, and as many photographs
PICTURES_FROM: Final = 0.3  # of the run: before, a picture is too far off to learn from
PICTURE_PX: Final = 128  # at which pictures are compared, or smaller where the generator is
PICTURE_WEIGHT: Final = 1.0
OFFSET_PENALTY: Final = 0.1  # of the squared offsets, in shares of the latents' variance
TRUNCATED_SHARE, TRUNCATION = 0.25, 0.7  # of the people: nearer to the mean, as a portrait may ask for them
NUM_WATCHED: Final = 48
NUM_SOLVED: Final = 960  # people from whom the start is solved for
RIDGE: Final = 0.3  # on the squared weights; features are about 1
FAINT: Final = 1e-6  # of the largest variance: below, a direction is rounding


# --- photographs --------------------------------------------------------------------------------------------


def aligned_pictures(samples: Sequence[Sample], num: int, folder: Path) -> NDArray[np.uint8]:
    """At most `num` of the samples' pictures, in FFHQ's frame: [N, 256, 256, 3], in any order.

    Those in which no face can be read are left out. They are kept in `folder`, for the next time.
    """
    order = np.random.default_rng(0).permutation(len(samples))[:num]
    names = "\n".join(str(samples[index].picture) for index in order)
    path = folder / f"aligned-{hashlib.sha256(names.encode()).hexdigest()[:12]}.npy"
    if not path.is_file():
        framer = Framer()
        chosen = (samples[index] for index in order)
        bar = tqdm(chosen, total=len(order), desc="align pictures", mininterval=5)
        found = [picture for sample in bar if (picture := _aligned(sample, framer)) is not None]
        if not found:
            return np.zeros((0, ALIGNED_PX, ALIGNED_PX, 3), np.uint8)
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, np.stack(found))
        partial.replace(path)
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def _aligned(sample: Sample, framer: Framer) -> Picture | None:
    try:
        return framer.framed(sample)
    except FaceError:
        return None


# --- what is taught -----------------------------------------------------------------------------------------


class FindLatents:
    """What the encoder is taught."""

    def __init__(
        self, generator: Generator, pictures: NDArray[np.uint8], latents: Tensor, judge: Encoder
    ) -> None:
        """Aligned pictures [N, 256, 256, 3], latents [M, w_dim] of random z, and by whose features a likeness
        is judged; networks and latents on one device."""
        self.generator, self.judge = generator, judge
        num_watched = min(NUM_WATCHED, len(pictures) // 5)
        self.pictures = pictures[num_watched:]
        self.mean, self.variance = latents.mean(0), float(latents.var(0).sum())
        self.device = latents.device
        self.px = min(PICTURE_PX, generator.arch.resolution)
        self.attention = attention(self.px).to(self.device)
        z = torch.cat([person_z(number, generator.arch.z_dim) for number in range(NUM_WATCHED)])
        with torch.no_grad():
            self.watched_w = generator.mapping(z.to(self.device))
        self.watched_people = self._seen(self._drawn(self.watched_w))
        self.watched = self._seen(pictures[:num_watched] if num_watched else pictures)

    def loss(self, model: nn.Module, rng: np.random.Generator, progress: float) -> Tensor:
        assert isinstance(model, Encoder)
        num_photographs = BATCH_EACH if progress >= PICTURES_FROM else 0
        w = self._people(rng, 2 * BATCH_EACH - num_photographs)
        photographs = self._photographs(rng, num_photographs)
        clean = [*self._drawn(w), *photographs]
        found, offsets = model.split(self._seen([photographed(picture, rng, TIGHT) for picture in clean]))
        loss = ((found[: len(w)] - w).square().sum(1) / self.variance).mean()
        loss = loss + OFFSET_PENALTY * offsets.square().sum(2).mean() / self.variance
        if not photographs:
            return loss
        ws = (found[:, None] + offsets)[len(w) :]
        return loss + PICTURE_WEIGHT * self._picture_loss(ws, self._seen(photographs))

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

    def people_seen(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """w [N, w_dim] of random z, and their pictures [N, 3, 256, 256] as a camera saw them."""
        w = self._people(rng, 2 * BATCH_EACH)
        return w, self._seen([photographed(picture, rng, TIGHT) for picture in self._drawn(w)])

    @torch.no_grad()
    def _people(self, rng: np.random.Generator, num: int) -> Tensor:
        """w [num, w_dim] of random z, some of them truncated."""
        z = torch.from_numpy(rng.standard_normal((num, self.generator.arch.z_dim), np.float32))
        psi = torch.from_numpy(np.where(rng.random(num) < TRUNCATED_SHARE, TRUNCATION, 1.0)).float()
        mapping = self.generator.mapping
        return mapping.w_avg.lerp(mapping(z.to(self.device)), psi[:, None].to(self.device))

    @torch.no_grad()
    def _drawn(self, w: Tensor) -> list[Picture]:
        """Their pictures, as aligned ones: [256, 256, 3] each."""
        size = min(ALIGNED_PX, self.generator.arch.resolution)
        ws = self.generator.broadcast(w)
        rgb = torch.cat([self.generator.synthesis(part, size, dtype=torch.bfloat16) for part in ws.split(8)])
        if size < ALIGNED_PX:
            rgb = F.interpolate(rgb, (ALIGNED_PX, ALIGNED_PX), mode="bicubic")
        return list(to_uint8(rgb).cpu().numpy())

    def _seen(self, pictures: Sequence[Picture] | NDArray[np.uint8]) -> Tensor:
        return as_tensor(pictures).to(self.device)

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


# --- where it sets out --------------------------------------------------------------------------------------


@torch.no_grad()
def start_from_another(encoder: Encoder, latents: Tensor, task: FindLatents) -> None:
    """Set an encoder to read faces as the task's judge does, and to find people among latents [M, w_dim].

    How codes follow from the judge's features is solved for (ridge regression): a minute, for what steps of
    gradient take half an hour to come to.
    """
    encoder.start_from_latents(latents)
    encoder.trunk.load_state_dict(task.judge.trunk.state_dict())
    encoder.code.load_state_dict(task.judge.code.state_dict())
    encoder.eval()
    *layers, last = encoder.code
    assert isinstance(last, nn.Linear)
    directions = encoder.directions.weight  # at right angles to one another, of very different lengths
    squared = directions.square().sum(0)
    features, codes, rng = [], [], np.random.default_rng(9)
    for _ in range(max(1, NUM_SOLVED // (2 * BATCH_EACH))):
        w, seen = task.people_seen(rng)
        features.append(nn.Sequential(encoder.trunk, *layers)(seen))
        codes.append(
            (w - encoder.directions.bias) @ directions / squared.clamp_min(FAINT * float(squared.max()))
        )
    x, code = torch.cat(features), torch.cat(codes)
    centre, mean = x.mean(0), code.mean(0)
    squares = (x - centre).t() @ (x - centre) + RIDGE * torch.eye(len(centre), device=x.device)
    solved = torch.linalg.solve(squares, (x - centre).t() @ (code - mean))
    last.weight.copy_(solved.t())
    last.bias.copy_(mean - centre @ solved)
