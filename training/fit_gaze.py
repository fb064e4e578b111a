"""Teach a fitted generator to look aside: `python -m training.fit_gaze CAST… --fitted RUN --state STATE
--weights portrait.safetensors --out FOLDER`.

RUN is the folder of the generator's fit, which knows the cast's people. Gaze becomes two directions of w in
which nobody differs (`gaze_control.py`), so that nobody looks aside unless asked to, w is who it was, and
what was fitted to the generator stays true. What is taught: `gaze_lessons.py`. FOLDER receives the generator
and its companions, tied to it, the pseudo-autoencoder with gaze among its controls. Resumes from STATE.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch

from models.checkpoint import LoadedGenerator, load_generator, save_generator
from models.encoder import load_encoder
from models.pseudo_autoencoder import PseudoAutoencoder, load_pseudo_autoencoder
from models.stylegan2 import Generator
from training.cast.manifest import read_cast
from training.critic import Adversary
from training.eyes import Eyes, GazeReader, fit_gaze_reader
from training.fitted import load_run
from training.gaze_control import gaze_directions, moved_by, teach_control, write_tied
from training.gaze_lessons import EyeDistance, Lessons, Stage, Student
from training.run import SAVE_EVERY_S, Budget, Ticker, append_log, load_state, run_command, save_state

STAGES: tuple[Stage, ...] = (
    Stage(128, 750, batch=12, num_people=4, lr=1.5e-3, keep=10.0),
    Stage(256, 520, batch=8, num_people=2, lr=1e-3, keep=30.0, adversarial=0.04),
)
READER_STEPS: Final = 1800
WARM_UP_STEPS: Final = 50
COSINE_FROM: Final = 0.5
CRITIC_FIRST: Final = 30  # steps before anybody listens to it
GRADIENT_NORM: Final = 5.0
REPORT_EVERY: Final = 50


def share_of_rate(step: int, num_steps: int) -> float:
    """Warm-up, constant, cosine to nothing: of the step alone, so that a resumed run takes the same road."""
    falling = max(0.0, (step / num_steps - COSINE_FROM) / (1 - COSINE_FROM))
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (0.5 * (1 + math.cos(math.pi * falling)) + 1e-3)


class Fit:
    """The state of a run: the student, and where in its stages it stands."""

    def __init__(self, path: Path, student: Student, lessons: Lessons) -> None:
        self.path, self.student, self.lessons = path, student, lessons
        self.stage, self.step = 0, 0
        self._begin()

    def _begin(self) -> None:
        stage = STAGES[self.stage]
        self.optimizer = self.student.learns(stage)
        self.adversary = Adversary(EyeDistance.CHANNELS) if stage.adversarial else None

    def save(self) -> None:
        state = {
            "reader": self.lessons.reader.state_dict(),
            "stage": self.stage,
            "step": self.step,
            "student": self.student.synthesis.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "adversary": self.adversary.state() if self.adversary else None,
        }
        save_state(self.path, state)

    def restore(self, saved: dict[str, Any]) -> None:
        self.stage, self.step = saved["stage"], saved["step"]
        self._begin()
        self.student.synthesis.load_state_dict(saved["student"])
        self.optimizer.load_state_dict(saved["optimizer"])
        if self.adversary:
            self.adversary.restore(saved["adversary"])

    def run(self, budget: Budget) -> bool:
        """Train to the end of the last stage; False when the minutes ran out before."""
        while self._run_stage(budget):
            if self.stage == len(STAGES) - 1:
                return True
            self.stage, self.step = self.stage + 1, 0
            self._begin()
        return False

    def _run_stage(self, budget: Budget) -> bool:
        stage, ticker, losses = STAGES[self.stage], Ticker(SAVE_EVERY_S), []
        for step in budget.steps(self.step, stage.num_steps):
            losses.append(self._step(stage, step))
            self.step = step + 1
            if self.step % REPORT_EVERY == 0:
                figures = {"loss": round(float(np.mean(losses[-REPORT_EVERY:])), 4)}
                append_log(
                    self.path.with_suffix(".jsonl"), resolution=stage.resolution, step=self.step, **figures
                )
            if ticker.is_due():
                self.save()
        self.save()
        return self.step >= stage.num_steps

    def _step(self, stage: Stage, step: int) -> float:
        rng = np.random.default_rng([stage.resolution, step])
        for group in self.optimizer.param_groups:
            group["lr"] = group["most"] * share_of_rate(step, stage.num_steps)
        if step < CRITIC_FIRST:
            stage = replace(stage, adversarial=0.0)
        loss = self.lessons.loss(self.student, stage, self.adversary, rng)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), GRADIENT_NORM)
        self.optimizer.step()
        return loss.item()


def export(
    old: LoadedGenerator, moving: PseudoAutoencoder, student: Student, gains: torch.Tensor, folder: Path
) -> list[Path]:
    """Write the generator and its companions, `moving` among them; → their paths."""
    path = folder / old.path.name
    new = Generator(old.generator.arch)
    new.load_state_dict(old.generator.state_dict())
    new.synthesis.load_state_dict(student.plain_state())
    said_anew = ("kind", "version", "architecture")
    metadata = {key: value for key, value in old.metadata.items() if key not in said_anew}
    save_generator(path, new, metadata)
    teach_control(moving, student.directions, gains)
    return [path, *write_tied(old, load_generator(path), moving)]


# --- command line -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    cast: tuple[Path, ...]
    fitted: Path
    weights: Path
    state: Path
    out: Path
    minutes: float
    threads: int
    dry_run: bool


@click.command(help=__doc__)
@click.argument("cast", metavar="CAST...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--fitted", type=click.Path(path_type=Path), required=True, help="The run of fit_generator.")
@click.option("--weights", type=click.Path(path_type=Path), required=True, help="The generator as it is.")
@click.option("--state", type=click.Path(path_type=Path), required=True, help="Where the run lives.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--minutes", type=float, default=60.0, show_default=True)
@click.option("--threads", type=int, default=0, help="Processor threads; 0: as many as there are.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    config = Config(**options)
    if config.threads:
        torch.set_num_threads(config.threads)
    if config.out.resolve() == config.weights.parent.resolve():
        raise click.UsageError(f"--out {config.out}: there the old weights are; name another folder")
    old, run = load_generator(config.weights), load_run(config.fitted)
    seeing, moving = load_encoder(old), load_pseudo_autoencoder(old).model
    eyes = Eyes.of_cast(read_cast(*config.cast).training(), run.scenes)
    click.echo(f"{config}\n" + "\n".join(map(str, STAGES)) + f"\n{len(eyes)} pictures of eyes")
    if config.dry_run:
        return
    config.state.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    budget, path = Budget(config.minutes, "fit gaze"), config.state / "gaze.pt"
    saved, factors = load_state(path), run.model.factors
    reader = GazeReader().eval().requires_grad_(False)
    if saved:
        reader.load_state_dict(saved["reader"])
    else:
        reader = fit_gaze_reader(eyes, READER_STEPS)
    lessons = Lessons(old.generator, factors, eyes, reader)
    directions = gaze_directions(lessons.people, [*moved_by(seeing, moving), factors.expression.t()])
    student = Student(old.generator.synthesis, directions)
    fit = Fit(path, student, lessons)
    if saved:
        fit.restore(saved)
    if not fit.run(budget):
        return
    gains = lessons.gains(student)
    click.echo(f"gains {gains[0]:.2f} across, {gains[1]:.2f} up and down")
    for written in export(old, moving, student, gains, config.out):
        click.echo(str(written))


if __name__ == "__main__":
    run_command(main)
