"""Fit the pseudo-autoencoder: `python -m training.fit_pseudo_autoencoder IN … --latents STORE`.

IN are casts or folders of OSU's photographs, STORE what `training.project` made of them. The paper's
settings: all ordered pairs (S, T), S ≠ T, of a subject's expressions; loss ‖w_T − ŵ_T‖; 150 epochs of Adam,
weight decay 10e-5, the rate halved every 10 epochs. The readings that its text leaves room for, and what each
addition is worth: docs/evaluation.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch
from torch import Tensor

from models.au_reader import load_au_reader
from models.checkpoint import load_generator
from models.people import person_z
from models.pseudo_autoencoder import (
    DEFAULT_PRESET,
    NUM_MOVES,
    PRESETS,
    SPANS,
    PseudoAutoencoder,
    save_pseudo_autoencoder,
)
from models.stylegan2 import Generator
from training.calibration import calibrate
from training.cast.manifest import BLINK, LIDS, shown_units
from training.dataset import POPULATION, Expressions, Sample, is_expression
from training.latent_store import Store, Way
from training.lessons import Additions, Lesson, Lessons
from training.run import Budget, append_log, load_state, run_command, save_state
from training.sources import read_samples

NUM_PEOPLE: Final = 4_000  # of random z, to whom moves are transplanted
RIDGE: Final = 0.03  # of the reading of controls, in shares of the latents' variance


# What held-out figures paid for: nothing, docs/evaluation.md.
BEST_ADDITIONS: Final = Additions()


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is fitted."""

    preset: str = DEFAULT_PRESET
    lr: float = 1e-3  # the paper's "10e-3" is 1e-2 or 1e-3
    weight_decay: float = 1e-4  # "10e-5"
    epochs: int = 150
    halve_every: int = 10  # epochs
    pairs_per_epoch: int | None = None  # None: all
    batch: int = 256
    is_copy_at_first: bool = False
    additions: Additions = field(default_factory=Additions)
    seed: int = 0

    @property
    def is_residual(self) -> bool:
        return PRESETS[self.preset].is_residual


def start(plan: Plan, shown: Expressions) -> PseudoAutoencoder:
    """A model as it is before its first lesson."""
    torch.manual_seed(plan.seed)
    model = PseudoAutoencoder(plan.preset, *shown.ws.shape[1:])
    model.standardise(shown.ws)
    if plan.is_copy_at_first:
        model.start_as_copy()
    if plan.is_residual:
        model.start_linear(least_squares(shown))
    return model


def least_squares(shown: Expressions) -> Tensor:
    """B [50, num_ws · w_dim] with which u B explains most of w_T − w_S, over all pairs of a subject."""
    squares = torch.zeros(NUM_MOVES, NUM_MOVES)
    products = torch.zeros(NUM_MOVES, shown.ws[0].numel())
    for source, target in (part.unbind(1) for part in shown.pairs().split(4096)):
        u = shown.moves(source, target)
        squares += u.t() @ u
        products += u.t() @ (shown.ws[target] - shown.ws[source]).flatten(1)
    changes: Tensor = torch.linalg.solve(squares + torch.eye(NUM_MOVES), products)
    return changes


def distance(a: Tensor, b: Tensor) -> Tensor:
    """‖a − b‖ of ws [N, rows, w_dim] → [N]."""
    length: Tensor = (a - b).flatten(1).norm(dim=1)
    return length


def loss_of(model: PseudoAutoencoder, lesson: Lesson, additions: Additions, dice: torch.Generator) -> Tensor:
    """‖w_T − ŵ_T‖, and the cycle and composition terms where they are asked for."""
    arrived: Tensor = model(lesson.source, lesson.moves)
    loss = distance(arrived, lesson.target)
    if additions.cycle:
        loss = loss + additions.cycle * distance(model(arrived, -lesson.moves), lesson.source)
    if additions.composition:
        first = lesson.moves * (torch.rand(lesson.moves.shape, generator=dice) < 0.5)
        by_stages = model(model(lesson.source, first), lesson.moves - first)
        loss = loss + additions.composition * distance(by_stages, arrived)
    mean: Tensor = loss.mean()
    return mean


def one_row(lesson: Lesson, dice: torch.Generator) -> Lesson:
    """One row of each pair, at random: what a map that is shared by the rows sees in one lesson."""
    num, num_ws, _ = lesson.source.shape
    row = torch.randint(num_ws, (num,), generator=dice)
    pick = torch.arange(num), row
    return Lesson(lesson.source[pick][:, None], lesson.moves, lesson.target[pick][:, None])


def fit(
    model: PseudoAutoencoder, lessons: Lessons, plan: Plan, budget: Budget, path: Path | None = None
) -> bool:
    """Train, epoch by epoch, as long as the budget lasts; → whether it is complete. Resumes from `path`."""
    optimizer = torch.optim.Adam(model.parameters(), lr=plan.lr, weight_decay=plan.weight_decay)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, plan.halve_every, 0.5)
    parts: dict[str, Any] = {"model": model, "optimizer": optimizer, "schedule": schedule}
    saved = load_state(path) if path else None
    if saved:
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        lessons.dice.set_state(saved["dice"])
    preset = PRESETS[plan.preset]
    done = saved["epoch"] if saved else 0
    for epoch in budget.steps(done, plan.epochs):
        losses = []
        for chosen in lessons.epoch(plan.batch, plan.pairs_per_epoch):
            lesson = lessons.lesson(chosen)
            if not (preset.is_flat or preset.is_residual):
                lesson = one_row(lesson, lessons.dice)
            loss = loss_of(model, lesson, plan.additions, lessons.dice)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
        if path:
            append_log(path.with_suffix(".jsonl"), epoch=epoch + 1, loss=round(float(np.mean(losses)), 4))
            states = {name: part.state_dict() for name, part in parts.items()}
            save_state(path, {"epoch": epoch + 1, "dice": lessons.dice.get_state(), **states})
        done = epoch + 1
    return done >= plan.epochs


@torch.no_grad()
def learn_controls(model: PseudoAutoencoder, shown: Expressions) -> None:
    """Find the linear reading of controls from latents, by ridge; none where nobody has measured them."""
    known = shown.controls.isfinite().all(1)
    if not known.any():
        return
    w, wanted = shown.ws[known].mean(1) - model.mean, shown.controls[known] / torch.tensor(SPANS)
    mean = wanted.mean(0)
    centre = w.mean(0)
    squares = (w - centre).t() @ (w - centre) + RIDGE * len(w) * model.deviation**2 * torch.eye(w.shape[1])
    model.control_reading.copy_(torch.linalg.solve(squares, (w - centre).t() @ (wanted - mean)))
    model.control_mean.copy_(mean - centre @ model.control_reading)


@torch.no_grad()
def explained(model: PseudoAutoencoder, shown: Expressions, num: int = 20_000) -> dict[str, float]:
    """On pairs never seen, as shares of ‖w_S − w_T‖: the error ‖ŵ_T − w_T‖, and the drift when u = 0."""
    pairs = shown.pairs()
    pairs = pairs[torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))[:num]]
    sums = torch.zeros(3)
    for source, target in (part.unbind(1) for part in pairs.split(1024)):
        here, there, moves = shown.ws[source], shown.ws[target], shown.moves(source, target)
        still = model(here, torch.zeros_like(moves))
        distances = distance(model(here, moves), there), distance(still, here), distance(here, there)
        sums += torch.stack([d.sum() for d in distances])
    error, drift, change = sums.tolist()
    return {"error": error / change, "drift": drift / change}


@torch.no_grad()
def random_people(generator: Generator, num: int = NUM_PEOPLE) -> Tensor:
    """ws [num, num_ws, w_dim] of people of random z."""
    z = torch.cat([person_z(number, generator.arch.z_dim) for number in range(1_000_000, 1_000_000 + num)])
    return generator.map(z)


# --- what there is ------------------------------------------------------------------------------------------


def load_expressions(samples: Sequence[Sample], store: Store, way: Way) -> Expressions:
    """The samples that have been projected."""
    results = [(sample, store.read(store.address(sample, way))) for sample in samples]
    found = [(sample, result.ws) for sample, result in results if result and result.ws is not None]
    return Expressions.of([sample for sample, _ in found], [ws for _, ws in found])


# --- command line -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    source: tuple[Path, ...]
    latents: Path
    weights: Path
    way_steps: int
    way_px: int
    everybody: bool
    state: Path
    minutes: float
    dry_run: bool


@click.command(help=__doc__)
@click.argument("source", metavar="IN...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--latents", type=click.Path(path_type=Path), required=True, help="What training.project wrote."
)
@click.option("--weights", type=click.Path(path_type=Path), required=True, help="The generator it is for.")
@click.option("--way-steps", type=int, default=Way().num_steps, show_default=True, help="As projected.")
@click.option("--way-px", type=int, default=Way().px, show_default=True, help="As projected.")
@click.option("--preset", type=click.Choice(list(PRESETS)), default=DEFAULT_PRESET, show_default=True)
@click.option("--epochs", type=int, default=150, show_default=True)
@click.option("--pairs", type=int, help="Of each epoch; all of them if not given.")
@click.option("--lr", type=float, default=1e-3, show_default=True, help='The paper\'s "10e-3": 1e-3 or 1e-2.')
@click.option("--everybody", is_flag=True, help="Learn from those who are held out, too.")
@click.option("--state", type=click.Path(path_type=Path), required=True, help="Where the run lives.")
@click.option("--minutes", type=float, default=60.0, show_default=True)
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(preset: str, epochs: int, pairs: int | None, lr: float, **options: Any) -> None:
    config = Config(**options)
    additions = BEST_ADDITIONS if PRESETS[preset].is_residual else Additions()
    plan = Plan(preset, lr, epochs=epochs, pairs_per_epoch=pairs, additions=additions)
    generator = load_generator(config.weights)
    way = Way.through(generator, config.way_steps, config.way_px)
    shown = load_expressions(read_samples(config.source), Store(config.latents), way)
    is_taught = partial(is_lesson, residual=plan.is_residual)
    train = shown.only(lambda s: is_taught(s) and (config.everybody or not s.is_held_out))
    held_out = shown.only(lambda s: is_taught(s) and s.is_held_out)
    click.echo(
        f"{config}\n{plan}\n{len(train)} pictures of {len(train.subjects)} subjects, {len(held_out)} held out"
    )
    if config.dry_run:
        return
    if not len(train.pairs()):
        reason = "nobody in two expressions to learn from; run training.project, or add --everybody"
        raise click.UsageError(f"{config.latents}: {reason}")
    reader = load_au_reader(generator)  # missing now, not in an hour
    config.state.mkdir(parents=True, exist_ok=True)
    path = config.state / f"{run_name(plan, way, train.samples)}.pt"
    people = random_people(generator.generator) if additions.transplanted else None
    model, budget = start(plan, train), Budget(config.minutes, f"fit {preset}")
    if not fit(model, Lessons(train, additions, people, plan.seed), plan, budget, path):
        return
    learn_controls(model, shown.only(lambda s: config.everybody or not s.is_held_out))
    model.move_alike(BLINK, LIDS)
    learned: tuple[str, ...] = ()
    if plan.is_residual:
        learned = calibrate(model, generator.generator, reader, train)
    for name, figure in explained(model, held_out).items() if len(held_out.pairs()) else ():
        click.echo(f"held-out subjects: {name} {figure:.3f}")
    source = f"projected pictures of {len(train.subjects)} subjects"
    click.echo(
        str(
            save_pseudo_autoencoder(model, preset, generator, shown_units(train.aus.numpy()), learned, source)
        )
    )
    path.unlink()  # a later run learns anew


def run_name(plan: Plan, way: Way, samples: Sequence[Sample]) -> str:
    """Changes with whatever a fit learns from: an interrupted one is taken up by its like alone."""
    told = repr((plan, way, [(sample.subject, sample.label) for sample in samples]))
    return f"{plan.preset}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def is_lesson(sample: Sample, *, residual: bool) -> bool:
    """Subjects' pictures with labels; of turn, gaze, age and light the published model knows nothing."""
    is_labelled = sample.group != POPULATION and bool(np.isfinite(sample.aus).all())
    return is_labelled and (residual or is_expression(sample))


if __name__ == "__main__":
    run_command(main)
