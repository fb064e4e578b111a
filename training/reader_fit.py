"""The loop that fits a reader of faces: a resumable run of Adam with a moving average and a falling rate."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.pictures import as_tensor
from models.trunk import Trunk
from training.camera import LOOSE, Jitter, photographed
from training.cast.manifest import Cast, Record, read_cast
from training.faces import MIRRORED_ANGLES, Faces
from training.factor_network import FactorGenerator
from training.fitted import load_run
from training.losses import mobilenet_layers
from training.run import (
    Budget,
    Ticker,
    append_log,
    cast_option,
    load_state,
    save_state,
    update_average,
)

SAVE_EVERY_S: Final = 120.0
REPORT_EVERY: Final = 250  # steps
WARM_UP_STEPS: Final = 200
TRUNK_RATE: Final = 0.4  # of the learning rate: what has seen photographs should not forget them at once
EMA_HALF_LIFE: Final = 300  # steps
WEIGHT_DECAY: Final = 1e-4
GRADIENT_NORM: Final = 5.0


def start_from_photographs(trunk: Trunk) -> None:
    """Set a trunk's layers to those of the MobileNetV2 that was trained on photographs (ImageNet)."""
    trunk.layers.load_state_dict(mobilenet_layers(len(trunk.layers)).state_dict())


@dataclass(frozen=True, slots=True)
class Sample:
    """A batch of faces as a camera saw them, and as they were."""

    seen: Tensor  # [N, 3, 256, 256] in [-1, 1]
    clean: Tensor  # the same without the camera's faults
    aus: Tensor  # [N, 43]
    angles: Tensor  # [N, 4] degrees
    w: Tensor  # [N, 512]


class Sampler:
    """Draws batches from sets of faces, a given number from each; half mirrored if that has a latent."""

    def __init__(self, shares: Sequence[tuple[Faces, int]], jitter: Jitter = LOOSE) -> None:
        self.shares = shares
        self.jitter = jitter

    def sample(self, rng: np.random.Generator) -> Sample:
        clean, seen, aus, angles, w = [], [], [], [], []
        for faces, num in self.shares:
            for index in rng.integers(0, len(faces), num):
                is_mirrored = bool(rng.random() < 0.5) and faces.w_mirrored is not None
                picture = np.ascontiguousarray(faces.pictures[index][:, :: -1 if is_mirrored else 1])
                latents = faces.w_mirrored if is_mirrored else faces.w
                assert latents is not None
                clean.append(picture)
                seen.append(photographed(picture, rng, self.jitter))
                aus.append(faces.aus[index])
                angles.append(faces.angles[index] * (MIRRORED_ANGLES if is_mirrored else 1))
                w.append(latents[index])
        labels = (torch.from_numpy(np.stack(rows)).float() for rows in (aus, angles, w))
        return Sample(as_tensor(seen), as_tensor(clean), *labels)


def float_tensors(model: nn.Module) -> dict[str, Tensor]:
    """A reader's weights for its file, without the counters that only training reads."""
    return {name: tensor for name, tensor in model.state_dict().items() if tensor.is_floating_point()}


def evenly(faces: Faces, num: int) -> NDArray[np.int64]:
    """Which `num` of the faces to look at: evenly spaced, all of them if there are fewer."""
    return np.linspace(0, len(faces) - 1, min(num, len(faces))).astype(np.int64)


# --- what a run is told -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lessons:
    """What readers learn from, and what they are watched on."""

    train: Faces
    drawn: Faces
    held_out: Faces
    fitted: FactorGenerator
    landmarks: NDArray[np.float32]  # [5, 2] in [0, 1]: where they are on average
    units: tuple[int, ...]  # that the renders show
    recipe: int


@dataclass(frozen=True, slots=True)
class ReaderRun:
    """The options that every reader's fit has."""

    cast: tuple[Path, ...]
    state: Path
    drawn: Path
    steps: int
    minutes: float
    threads: int
    dry_run: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Print them, and set what is set once for a run: threads and dice."""
        run = cls(**options)
        if run.threads:
            torch.set_num_threads(run.threads)
        torch.manual_seed(0)
        click.echo(run)
        return run

    def lessons(self, is_wanted: Callable[[Record], bool] = lambda record: True) -> Lessons:
        """Read the pictures; of the renders, those that are wanted."""
        everything = read_cast(*self.cast)
        cast = Cast(tuple(record for record in everything.records if is_wanted(record)))
        fitted, scenes = load_run(self.state)
        train, held_out = (Faces.of_cast(part, fitted, scenes) for part in (cast.training(), cast.held_out()))
        click.echo(f"{len(train)} renders, {len(held_out)} held out")
        landmarks = cast.landmarks.mean(0)
        return Lessons(
            train, Faces.read(self.drawn), held_out, fitted, landmarks, cast.shown_units, cast.recipe
        )


def reader_options(steps: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of `ReaderRun`."""
    folder = click.Path(path_type=Path)
    options = (
        cast_option,
        click.option("--state", type=folder, required=True, help="The run of fit_generator."),
        click.option("--drawn", type=folder, required=True, help="Pictures by training.faces."),
        click.option("--steps", type=int, default=steps, show_default=True),
        click.option("--minutes", type=float, default=60.0, show_default=True),
        click.option("--threads", type=int, default=0, help="Processor threads; 0: as many as there are."),
        click.option("--dry-run", is_flag=True, help="Print the configuration and stop."),
    )

    def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


weights_option = click.option(
    "--weights", type=click.Path(path_type=Path), required=True, help="The generator it is for."
)


# --- the loop -----------------------------------------------------------------------------------------------


class Task(Protocol):
    """What one reader is taught."""

    def loss(self, model: nn.Module, rng: np.random.Generator, progress: float) -> Tensor:
        """A batch's loss, `progress` from 0 to 1 through the run."""
        ...

    def figures(self, model: nn.Module) -> dict[str, float]:
        """How good the averaged model is on people never seen."""
        ...


def learning_rate(lr: float, step: int, num_steps: int) -> float:
    """Warm-up, then half a cosine to nothing."""
    return lr * min(1.0, (step + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / num_steps))


def groups_of(model: nn.Module) -> list[dict[str, object]]:
    """The trunk's parameters learn more slowly than what stands on it."""
    named = list(model.named_parameters())
    trunk = [p for name, p in named if "trunk." in name]
    others = [p for name, p in named if "trunk." not in name]
    return [{"params": trunk, "share": TRUNK_RATE}, {"params": others, "share": 1.0}]


def fit(model: nn.Module, average: nn.Module, task: Task, run: ReaderRun, name: str, lr: float) -> bool:
    """Fit `model` until the steps or the minutes are over, resuming from NAME.pt; `average` follows it.

    → True when complete.
    """
    path, num_steps = run.state / f"{name}.pt", run.steps
    budget = Budget(run.minutes, f"fit {name}")
    optimizer = torch.optim.AdamW(groups_of(model), lr=lr, betas=(0.9, 0.99), weight_decay=WEIGHT_DECAY)
    parts: dict[str, Any] = {"model": model, "average": average, "optimizer": optimizer}
    saved = load_state(path)
    first = saved["step"] if saved else 0
    for key, part in parts.items():
        if saved:
            part.load_state_dict(saved[key])
        elif part is average:
            average.load_state_dict(model.state_dict())
    ticker, losses, step = Ticker(SAVE_EVERY_S), list[float](), first

    def save() -> None:
        save_state(path, {"step": step, **{key: part.state_dict() for key, part in parts.items()}})

    for current in budget.steps(first, num_steps):
        model.train()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(lr, current, num_steps) * group["share"]
        loss = task.loss(model, np.random.default_rng([current, 5]), current / num_steps)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_NORM)
        optimizer.step()
        update_average(average, model, 0.5 ** (1 / min(EMA_HALF_LIFE, 0.05 * current + 1)))
        losses.append(loss.item())
        step = current + 1
        if step % REPORT_EVERY == 0:
            report(path, step, losses, task.figures(average.eval()))
            losses.clear()
        if ticker.is_due():
            save()
    save()
    return step >= num_steps


def report(path: Path, step: int, losses: list[float], figures: Mapping[str, float]) -> None:
    rounded = {name: round(value, 4) for name, value in figures.items()}
    append_log(path.with_suffix(".jsonl"), step=step, loss=round(float(np.mean(losses)), 4), **rounded)
