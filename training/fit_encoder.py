"""Fit the encoder: `python -m training.fit_encoder --cast CAST --state STATE --drawn FOLDER`.

Half of each batch are renders, half the generator's own pictures (`python -m training.faces`), all of them
seen by a camera (see `camera.py`). What is asked for is the latent of the clean picture: exact where the
generator drew it, and what the generator's fit found where it is a render; and, for a few of each batch, the
clean picture itself, through the generator.
"""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.checkpoint import LoadedGenerator, companion_path, load_generator, write_checkpoint
from models.encoder import KIND, Encoder
from models.stylegan2 import Generator
from training.camera import TIGHT
from training.cast.manifest import Cast, read_cast
from training.faces import Faces
from training.fitted import load_fitted, scenes_of
from training.losses import PerceptualDistance, attention_maps, pyramid_loss
from training.pictures import as_tensor
from training.reader_fit import Sampler, fit, float_tensors, start_from_photographs
from training.run import Budget, cast_option, run_command
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

    def __init__(self, generator: Generator, train: Faces, drawn: Faces, held_out: Faces, cast: Cast) -> None:
        self.generator = generator
        self.sampler = Sampler([(train, BATCH_EACH), (drawn, BATCH_EACH)], TIGHT)
        self.variance = float(drawn.w.var(0).sum())
        self.attention = attention_maps(torch.from_numpy(cast.landmarks.mean(0, keepdims=True)))
        self.perceptual = PerceptualDistance()
        watched = np.linspace(0, len(held_out) - 1, min(NUM_WATCHED, len(held_out))).astype(int)
        self.pictures = as_tensor(held_out.pictures[watched])
        self.w = torch.from_numpy(held_out.w[watched])

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
        return PICTURE_WEIGHT * pyramid_loss(pyramid, target, attention) + PERCEPTUAL_WEIGHT * likeness

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


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    cast: tuple[Path, ...]
    state: Path
    drawn: Path
    weights: Path
    steps: int
    minutes: float
    threads: int
    export: bool
    dry_run: bool


@click.command(help=__doc__)
@cast_option
@click.option("--state", type=click.Path(path_type=Path), required=True, help="The run of fit_generator.")
@click.option("--drawn", type=click.Path(path_type=Path), required=True, help="Pictures by training.faces.")
@click.option("--weights", type=click.Path(path_type=Path), required=True, help="The generator it is for.")
@click.option("--steps", type=int, default=8000, show_default=True)
@click.option("--minutes", type=float, default=60.0, show_default=True)
@click.option("--threads", type=int, default=0, help="Processor threads; 0: as many as there are.")
@click.option("--export", is_flag=True, help="Write the encoder beside the generator, complete or not.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    config = Config(**options)
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.manual_seed(0)
    cast = read_cast(*config.cast)
    click.echo(f"{config}\n{len(cast.records)} pictures")
    if config.dry_run:
        return
    loaded = load_generator(config.weights)
    fitted, scenes = load_fitted(config.state), scenes_of(config.state)
    train, held_out = (Faces.of_cast(part, fitted, scenes) for part in (cast.training(), cast.held_out()))
    drawn = Faces.read(config.drawn)
    task = FindLatents(loaded.generator, train, drawn, held_out, cast)
    model, average = (Encoder(loaded.generator.arch.num_ws, loaded.generator.arch.w_dim) for _ in range(2))
    model.start_from_latents(torch.from_numpy(drawn.w))
    start_from_photographs(model.trunk)
    budget = Budget(config.minutes, "fit encoder")
    is_done = fit(model, average, task, config.state / "encoder.pt", config.steps, LEARNING_RATE, budget)
    if is_done or config.export:
        scenery = find_scenery(fitted.factors, average.directions.bias.detach(), cast.recipe)
        average.scene_reading.copy_(scenery.reading)
        average.scene_change.copy_(scenery.change)
        click.echo(str(save(average, loaded)))


def save(model: nn.Module, generator: LoadedGenerator) -> Path:
    """Write the companion beside its generator; → its path."""
    path = companion_path(generator.path, KIND)
    write_checkpoint(path, KIND, float_tensors(model), {"generator_sha256": generator.sha256})
    return path


if __name__ == "__main__":
    run_command(main)
