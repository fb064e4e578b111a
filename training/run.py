"""What every training run shares: a budget of minutes, a moving average, a state that survives."""

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from models.checkpoint import CheckpointError
from models.stylegan2 import to_uint8
from training.cast.manifest import CastError
from training.osu_table import OsuError
from training.sources import SourceError

SAVE_EVERY_S = 180.0


class StateError(Exception):
    """A run's folder cannot be used; the message is one line that says which, why, and what instead."""


cast_option = click.option(
    "--cast",
    type=click.Path(path_type=Path),
    required=True,
    multiple=True,
    help="A cast; repeatable.",
)


@dataclass
class Budget:
    """Counts steps until the work is done or the minutes are spent, with a progress bar on standard error."""

    minutes: float
    label: str
    started_s: float = field(default_factory=time.monotonic)

    @property
    def is_spent(self) -> bool:
        return time.monotonic() - self.started_s >= self.minutes * 60

    def steps(self, first: int, last: int) -> Iterator[int]:
        """Yield first, …, last − 1, or fewer."""
        with tqdm(total=last, initial=first, desc=self.label, unit="step", mininterval=5) as bar:
            for step in range(first, last):
                if self.is_spent:
                    return
                yield step
                bar.update()


class Ticker:
    """True once every `period_s`."""

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self.last_s = time.monotonic()

    def is_due(self) -> bool:
        if time.monotonic() - self.last_s < self.period_s:
            return False
        self.last_s = time.monotonic()
        return True


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Whole or not at all, so that a run killed while saving resumes from the save before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def load_state(path: Path) -> dict[str, Any] | None:
    """The state last saved, or None for a new run. Tensors, numbers and strings: no code is run."""
    return torch.load(path, weights_only=True) if path.is_file() else None


def append_log(path: Path, **figures: float | int | str) -> None:
    """One JSON line a report."""
    with path.open("a") as file:
        file.write(json.dumps(figures) + "\n")


@torch.no_grad()
def update_average(average: nn.Module, current: nn.Module, decay: float) -> None:
    """average ← decay · average + (1 − decay) · current, for parameters and buffers alike."""
    for mean, value in zip(average.state_dict().values(), current.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def contact_sheet(rows: list[Tensor]) -> NDArray[np.uint8]:
    """Rows of pictures [N, 3, R, R] in [-1, 1] → one picture [H, W, 3] uint8 BGR, as cv2 writes it."""
    sheet = torch.cat([torch.cat(list(row.float().cpu()), dim=2) for row in rows], dim=1)
    return np.ascontiguousarray(to_uint8(sheet[None])[0].numpy()[..., ::-1])


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """[H, W, 3] uint8 BGR. Raises OSError where it cannot be written, which cv2 keeps to itself."""
    if not cv2.imwrite(str(path), picture):
        raise OSError(f"{path}: cannot be written")


def run_command(command: click.Command) -> NoReturn:
    """Run a training command: what is wrong with its input is one line and exit code 2, as everywhere."""
    try:
        command.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
    except (CastError, OsuError, SourceError, CheckpointError, StateError, OSError) as error:
        click.echo(str(error), err=True)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; the same command resumes", err=True)
        sys.exit(0)
    else:
        sys.exit(0)
    sys.exit(2)
