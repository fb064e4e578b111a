"""Fit the generator to the cast: `python -m training.fit_generator --cast CAST --state STATE
--minutes 60`.

Regression from known factors (see `factor_network.py`), every resolution supervised, grown from 32²: a few
minutes there place pose, light, hair and mouth, and each further stage adds detail to a picture that already
stands. Resumes from STATE. `--export FILE` then fits z → w and writes the weights that the portrait plays.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor

from models.stylegan2 import Architecture
from training import prior
from training.batches import Batch, Pictures, by_resolution, scene_key, shuffled
from training.cast.manifest import Cast, read_cast
from training.critic import Adversary
from training.factor_network import FactorGenerator
from training.losses import PerceptualDistance, feature_distance, pyramid_loss
from training.run import (
    SAVE_EVERY_S,
    Budget,
    Ticker,
    append_log,
    cast_option,
    contact_sheet,
    load_state,
    run_command,
    save_state,
    update_average,
    write_picture,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One resolution of the growth."""

    resolution: int
    num_pictures: int  # pictures shown before the next stage
    lr: float
    perceptual: float  # weight of the perceptual distance; below 128² there is too little to look at
    adversarial: float = 0.0  # weight of the critic's opinion; a finish, once regression has converged


STAGES = (
    Stage(32, 40_000, 4e-3, 0.0),
    Stage(64, 30_000, 3e-3, 0.0),
    Stage(128, 100_000, 2e-3, 0.5),
    Stage(256, 24_000, 1.5e-3, 0.5),
    Stage(256, 12_000, 1e-3, 0.5, adversarial=0.05),
    Stage(512, 24_000, 1e-3, 0.5),
    Stage(512, 24_000, 7e-4, 0.5, adversarial=0.05),
)

TITLE = "people who do not exist, from a synthetic cast (CC0)"
BATCH = 8
WARM_UP_STEPS = 100
COSINE_FROM = 0.6  # of a stage; the rate is constant before
ADAM_BETAS = (0.9, 0.99)
GRADIENT_NORM = 5.0
FREE_DROPPED = 0.15  # of the steps run on factors alone
FREE_DROPPED_WITH_CRITIC = 0.5
FREE_PENALTY = 1e-3
EMA_HALF_LIFE = 4_000  # pictures; longer lags visibly
REPORT_EVERY = 200  # steps
FREE = "factors.free.weight"


def learning_rate(stage: Stage, step: int) -> float:
    """Warm-up, constant, cosine to nothing: of the step alone, so that a resumed run takes the same road."""
    done = step * BATCH / stage.num_pictures
    falling = max(0.0, (done - COSINE_FROM) / (1 - COSINE_FROM))  # 0 … 1 over the last part
    warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
    return stage.lr * warm_up * (0.5 * (1 + math.cos(math.pi * falling)) + 1e-3)


class Judges:
    """What looks at a stage's pictures beyond their pixels: the perceptual distance, and at last a critic."""

    def __init__(self, stage: Stage, adversary: Adversary | None) -> None:
        self.stage = stage
        self.distance = PerceptualDistance() if stage.perceptual else None
        self.adversary = adversary
        # A critic must see what factors alone give: that is all a new person has.
        self.free_dropped = FREE_DROPPED_WITH_CRITIC if adversary else FREE_DROPPED

    def __call__(self, fitted: Tensor, rendered: Tensor) -> Tensor:
        """Pictures [N, 3, R, R] → what they cost, a scalar; the critic learns from them, too."""
        if self.distance is None:
            return fitted.new_zeros(())
        ours = self.distance.features(fitted)
        with torch.no_grad():
            theirs = self.distance.features(rendered)
        cost = self.stage.perceptual * feature_distance(ours, theirs).mean()
        if self.adversary is not None:
            self.adversary.learn(ours, theirs)
            cost = cost + self.stage.adversarial * self.adversary.loss(ours)
        return cost


# --- fitting ------------------------------------------------------------------------------------------------


class Fit:
    """The state of a run: model, its average, optimiser, and where in the growth it stands."""

    def __init__(self, folder: Path, cast: Cast, channel_base: int, channel_max: int) -> None:
        self.folder = folder
        self.held_out = cast.held_out()
        saved = load_state(folder / "state.pt")
        self.train = cast.training()
        keys = {scene_key(record) for record in self.train.records}
        known = saved["scenes"] if saved else []
        self.scenes = {key: row for row, key in enumerate([*known, *sorted(keys - set(known))])}
        self.arch = Architecture(STAGES[0].resolution, channel_base, channel_max)
        self.stage, self.step = 0, 0
        self.model = FactorGenerator(self.arch, len(self.scenes))
        self.model.factors.standardise(torch.from_numpy(self.train.factors).float())
        self.average = FactorGenerator(self.arch, len(self.scenes))
        self.average.load_state_dict(self.model.state_dict())
        self.optimizer = self._optimizer()
        self.adversary: Adversary | None = None
        if saved:
            self._restore(saved)

    def __str__(self) -> str:
        return (
            f"{len(self.train.records)} pictures of {len(self.scenes)} scenes, "
            f"{len(self.held_out.records)} held out\n"
            f"{self.arch}\n{STAGES[self.stage]}, step {self.step}"
        )

    def _optimizer(self) -> torch.optim.Adam:
        parameters = [p for name, p in self.model.named_parameters() if "mapping" not in name]
        return torch.optim.Adam(parameters, betas=ADAM_BETAS)

    def grow(self, stage: int) -> None:
        """Widen both models to the stage's resolution, keeping every tensor that fits."""
        self.arch = Architecture(STAGES[stage].resolution, self.arch.channel_base, self.arch.channel_max)
        for name in ("model", "average"):
            grown = FactorGenerator(self.arch, len(self.scenes))
            grown.load_state_dict({**grown.state_dict(), **self.average.state_dict()})
            setattr(self, name, grown)
        self.average.load_state_dict(self.model.state_dict())
        self.stage, self.step = stage, 0
        self.optimizer = self._optimizer()
        self.adversary = Adversary(PerceptualDistance.CHANNELS) if STAGES[stage].adversarial else None

    def save(self) -> None:
        state = {
            "stage": self.stage,
            "step": self.step,
            "scenes": list(self.scenes),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "adversary": self.adversary.state() if self.adversary else None,
        }
        save_state(self.folder / "state.pt", state)

    def _restore(self, saved: dict[str, Any]) -> None:
        """Go on from a saved run. The cast may have grown since: new scenes start with a free vector of 0."""
        self.grow(saved["stage"])
        self.step = saved["step"]
        num_known = len(saved["scenes"])
        for module, name in ((self.model, "model"), (self.average, "average")):
            state = saved[name]
            state[FREE] = with_new_scenes(state[FREE], num_known, len(self.scenes))
            module.load_state_dict(state)
        if num_known == len(self.scenes):
            self.optimizer.load_state_dict(saved["optimizer"])
        if self.adversary:
            self.adversary.restore(saved["adversary"])

    def run_stage(self, budget: Budget) -> bool:
        """Train at the present stage; True when it is complete, False when the minutes ran out."""
        stage = STAGES[self.stage]
        train = by_resolution(self.train, self.scenes, stage.resolution)
        held_out = by_resolution(self.held_out, self.scenes, stage.resolution)
        batches = [shuffled(len(pictures), BATCH, seed=self.step) for pictures in train]
        judges = Judges(stage, self.adversary)
        num_steps, ticker, losses = stage.num_pictures // BATCH, Ticker(SAVE_EVERY_S), []
        for step in budget.steps(self.step, num_steps):
            turn, group = divmod(step, len(train))  # coarse and fine pictures take turns
            batch = train[group].batch(next(batches[group]), is_mirrored=turn % 2 == 1)
            losses.append(self._step(stage, step, batch, judges))
            self.step = step + 1
            if self.step % REPORT_EVERY == 0:
                self._report(stage, losses[-REPORT_EVERY:], held_out)
            if ticker.is_due():
                self.save()
                self._sheets(train[-1], held_out[-1])
        self.save()
        self._sheets(train[-1], held_out[-1])
        return self.step >= num_steps

    def _step(self, stage: Stage, step: int, batch: Batch, judges: "Judges") -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(stage, step)
        ws = self.model.ws(batch.factors, None if torch.rand(()) < judges.free_dropped else batch.scenes)
        pyramid = self._pyramid(ws, batch.images.shape[-1])
        loss = pyramid_loss(pyramid, batch.images, batch.attention) + judges(pyramid[-1], batch.images)
        loss = loss + FREE_PENALTY * self.model.factors.free.weight.square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), GRADIENT_NORM)
        self.optimizer.step()
        half_life = min(EMA_HALF_LIFE, step * BATCH * 0.05 + 1)
        update_average(self.average, self.model, 0.5 ** (BATCH / half_life))
        return loss.item()

    def _pyramid(self, ws: Tensor, resolution: int) -> list[Tensor]:
        """The pictures at 4, 8, … `resolution`; finer blocks are not run."""
        num = int(math.log2(resolution)) - 1
        return list(islice(self.model.generator.synthesis.pyramid(ws, "none", torch.bfloat16), num))

    # --- looking at it

    @torch.no_grad()
    def pictures_of(self, factors: Tensor, scenes: Tensor | None = None, resolution: int = 0) -> Tensor:
        """The average's pictures [N, 3, R, R], a batch at a time; R is the stage's if not given."""
        chunks = [slice(k, k + BATCH) for k in range(0, len(factors), BATCH)]
        ws = [self.average.ws(factors[c], None if scenes is None else scenes[c]) for c in chunks]
        synthesis, size = self.average.generator.synthesis, resolution or self.arch.resolution
        return torch.cat([synthesis(w, size, noise_mode="none", dtype=torch.bfloat16) for w in ws])

    def held_out_error(self, held_out: Pictures, num: int = 96) -> float:
        """L1 of people never seen, from factors alone, on evenly spaced pictures."""
        batch = held_out.evenly(min(num, len(held_out)))
        fitted = self.pictures_of(batch.factors, resolution=held_out.resolution)
        return float((fitted - batch.images).abs().mean())

    def _report(self, stage: Stage, losses: list[float], held_out: Sequence[Pictures]) -> None:
        errors = {f"held_out_l1_{group.resolution}": self.held_out_error(group) for group in held_out}
        figures = {"loss": float(np.mean(losses)), **errors}
        rounded = {name: round(value, 4) for name, value in figures.items()}
        append_log(
            self.folder / "log.jsonl",
            resolution=stage.resolution,
            pictures=self.step * BATCH,
            num_train=len(self.train.records),
            **rounded,
        )

    def _sheets(self, train: Pictures, held_out: Pictures) -> None:
        for name, source, is_free in (("train", train, True), ("held_out", held_out, False)):
            batch = source.evenly(16)
            fitted = self.pictures_of(batch.factors, batch.scenes if is_free else None, source.resolution)
            rows = [batch.images[:8], fitted[:8], batch.images[8:], fitted[8:]]
            write_picture(self.folder / f"{name}.png", contact_sheet(rows))


def with_new_scenes(free: Tensor, num_known: int, num: int) -> Tensor:
    """Free vectors [2 · num_known, D], as rendered and mirrored → [2 · num, D], new ones 0."""
    grown = free.new_zeros(2, num, free.shape[1])
    grown[:, :num_known] = free.view(2, num_known, -1)
    return grown.flatten(0, 1)


# --- command line -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    cast: tuple[Path, ...]
    state: Path
    minutes: float
    through: int
    channel_base: int
    channel_max: int
    threads: int
    seed: int
    export: Path | None
    dry_run: bool


@click.command(help=__doc__)
@cast_option
@click.option("--state", type=click.Path(path_type=Path), required=True, help="Where the run lives.")
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Stop after this long.")
@click.option(
    "--through",
    type=click.IntRange(min=32),
    default=256,
    show_default=True,
    help="The resolution to grow to.",
)
@click.option("--channel-base", type=int, default=4096, show_default=True)
@click.option("--channel-max", type=int, default=256, show_default=True)
@click.option("--threads", type=int, default=0, help="Processor threads; 0: as many as there are.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first weights.")
@click.option("--export", type=click.Path(path_type=Path), help="Fit z → w and write the weights here.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    config = Config(**options)
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    fit = Fit(config.state, read_cast(*config.cast), config.channel_base, config.channel_max)
    click.echo(f"{config}\n{fit}")
    if config.dry_run:
        return
    config.state.mkdir(parents=True, exist_ok=True)
    budget = Budget(config.minutes, "fit generator")
    last = max(index for index, stage in enumerate(STAGES) if stage.resolution <= config.through)
    while not budget.is_spent and fit.run_stage(budget) and fit.stage < last:
        fit.grow(fit.stage + 1)
    if config.export:
        prior.export(fit.average, config.export, fit.train.recipe, {"title": TITLE})


if __name__ == "__main__":
    run_command(main)
