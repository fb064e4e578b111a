"""Fit the encoder: `python -m training.fit_encoder --cast CAST --state STATE --drawn FOLDER`.

Half of each batch are renders, half the generator's own pictures (`python -m training.faces`), all of them
seen by a camera (see `camera.py`). What is asked for is the latent of the clean picture: exact where the
generator drew it, and what the generator's fit found where it is a render; and, for a few of each batch, the
clean picture itself, through the generator.
"""

from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.checkpoint import load_generator, write_companion
from models.encoder import KIND, Encoder
from models.pictures import as_tensor
from models.stylegan2 import Generator
from training.camera import TIGHT
from training.losses import PerceptualDistance, attention_maps, pyramid_loss
from training.reader_fit import (
    Lessons,
    ReaderRun,
    Sampler,
    evenly,
    fit,
    float_tensors,
    reader_options,
    start_from_photographs,
    weights_option,
)
from training.run import run_command
from training.scenery import find_scenery

BATCH_EACH = 8  # renders, and as many drawn
LEARNING_RATE = 2e-3
PICTURES_FROM = 0.3  # of the run: before, a picture is too far off to learn from
NUM_PICTURES = 4  # of a batch that are drawn again and compared
PICTURE_PX = 128
PICTURE_WEIGHT, PERCEPTUAL_WEIGHT = 0.6, 0.4
OFFSET_PENALTY = 0.1  # of the squared offsets, in shares of the latents' variance
NUM_WATCHED = 96


class FindLatents:
    """What the encoder is taught."""

    def __init__(self, generator: Generator, lessons: Lessons) -> None:
        self.generator = generator
        self.sampler = Sampler([(lessons.train, BATCH_EACH), (lessons.drawn, BATCH_EACH)], TIGHT)
        self.variance = float(lessons.drawn.w.var(0).sum())
        self.attention = attention_maps(torch.from_numpy(lessons.landmarks[None]))
        self.perceptual = PerceptualDistance()
        watched = evenly(lessons.held_out, NUM_WATCHED)
        self.pictures = as_tensor(lessons.held_out.pictures[watched])
        self.w = torch.from_numpy(lessons.held_out.w[watched])

    def loss(self, model: nn.Module, rng: np.random.Generator, progress: float) -> Tensor:
        assert isinstance(model, Encoder)
        sample = self.sampler.sample(rng)
        w, offsets = model.split(sample.seen)
        loss = ((w - sample.w).square().sum(1) / self.variance).mean()
        loss = loss + OFFSET_PENALTY * offsets.square().sum(2).mean() / self.variance
        if progress < PICTURES_FROM:
            return loss
        chosen = torch.from_numpy(rng.permutation(len(w))[:NUM_PICTURES])
        return loss + self._picture_loss((w[:, None] + offsets)[chosen], sample.clean[chosen])

    def _picture_loss(self, ws: Tensor, clean: Tensor) -> Tensor:
        """How far the generator's pictures are from the clean ones."""
        num_blocks = int(np.log2(PICTURE_PX)) - 1
        pyramid = list(islice(self.generator.synthesis.pyramid(ws, "none", torch.bfloat16), num_blocks))
        target = F.interpolate(clean, size=(PICTURE_PX, PICTURE_PX), mode="area")
        attention = self.attention.expand(len(ws), -1, -1, -1)
        likeness = self.perceptual(pyramid[-1], target).mean()
        pixels = pyramid_loss(pyramid, target, attention)
        return PICTURE_WEIGHT * pixels + PERCEPTUAL_WEIGHT * likeness  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped

    @torch.no_grad()
    def figures(self, model: nn.Module) -> dict[str, float]:
        """On held-out renders, clean: latent error in shares of the variance, and the picture's L1."""
        errors, differences = [], []
        for pictures, w in zip(self.pictures.split(16), self.w.split(16), strict=True):
            ws = model(pictures)
            errors.append((ws.mean(1) - w).square().sum(1) / self.variance)
            drawn = self.generator.synthesis(ws, PICTURE_PX, noise_mode="none", dtype=torch.bfloat16)
            shrunk = F.interpolate(pictures, size=(PICTURE_PX, PICTURE_PX), mode="area")
            differences.append((drawn - shrunk).abs().mean((1, 2, 3)))
        return {"w_error": float(torch.cat(errors).mean()), "l1": float(torch.cat(differences).mean())}


@click.command(help=__doc__)
@reader_options(steps=4500)
@weights_option
def main(weights: Path, **options: Any) -> None:
    run = ReaderRun.of(options)
    if run.dry_run:
        return
    loaded = load_generator(weights)
    lessons = run.lessons()
    task = FindLatents(loaded.generator, lessons)
    model, average = (Encoder(loaded.generator.arch.num_ws, loaded.generator.arch.w_dim) for _ in range(2))
    model.start_from_latents(torch.from_numpy(lessons.drawn.w))
    start_from_photographs(model.trunk)
    if fit(model, average, task, run, "encoder", LEARNING_RATE):
        scenery = find_scenery(lessons.fitted.factors, average.directions.bias.detach(), lessons.recipe)
        average.scene_reading.copy_(scenery.reading)
        average.scene_change.copy_(scenery.change)
        click.echo(str(write_companion(loaded, KIND, float_tensors(average), {})))


if __name__ == "__main__":
    run_command(main)
