"""Fit the pseudo-autoencoder: `python -m training.fit_pseudo_autoencoder --cast CAST --state
STATE`.

The paper's settings: all ordered pairs (S, T), S ≠ T, of a subject's expressions; loss ‖w_T − ŵ_T‖; 150
epochs of Adam, weight decay 10e-5, the rate halved every 10 epochs. STATE is a run of `fit_generator`: its
factor network gives the subjects' latents. Beside the cast's subjects, people of the prior can be added as
subjects (`--people`): they show the same expressions, drawn in the same way, and are what keeps faces outside
the cast themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor

from models.action_units import AU_INDEX, NUM_AUS, VOCABULARY
from models.checkpoint import LoadedGenerator, load_generator, write_companion
from models.pseudo_autoencoder import KIND, PRESETS, PseudoAutoencoder
from training.cast.actions import ACTIONS, AS_SUBJECTS, actions_for, draw_units
from training.cast.factors import EXPRESSION, NUM_FACTORS
from training.cast.manifest import Cast, Record, read_cast
from training.factor_network import FactorNetwork
from training.prior import draw_people
from training.run import Budget, append_log, cast_option, load_state, run_command, save_state

EPOCHS = 150
HALVE_EVERY = 10  # epochs
WEIGHT_DECAY = 1e-4  # "10e-5"
BATCH = 256
PAIRS_PER_EPOCH = 50_000  # with people of the prior there are pairs without end


@dataclass(frozen=True, slots=True)
class Expressions:
    """Subjects' expressions: latents w [N, 512], AU vectors [N, 43], subject [N]."""

    w: Tensor
    aus: Tensor
    subject: Tensor

    def pairs(self) -> Tensor:
        """All ordered pairs (S, T), S ≠ T, within a subject: [P, 2] indices."""
        blocks = []
        for subject in self.subject.unique():
            members = (self.subject == subject).nonzero().flatten()
            source, target = torch.meshgrid(members, members, indexing="ij")
            different = source != target
            blocks.append(torch.stack([source[different], target[different]], 1))
        return torch.cat(blocks)


def shown_units(cast: Cast) -> tuple[int, ...]:
    """The units that the cast's pictures show, and so teach. A blink (45) is closed eyes (43), in time."""
    shown = {unit for unit, index in AU_INDEX.items() if cast.units[:, index].any()}
    return tuple(sorted(shown | {45} if 43 in shown else shown))


def is_expression(record: Record) -> bool:
    """Studio pictures and the repertoire's single units: what an AU delta explains, unlike age or light."""
    return record.split == "studio" or (record.split == "repertoire" and record.category.startswith("AU"))


@torch.no_grad()
def of_cast(network: FactorNetwork, cast: Cast) -> Expressions:
    """The subjects' pictures as expressions, their latents from factors alone."""
    w = network(torch.from_numpy(cast.factors).float())
    subject = torch.tensor([record.subject for record in cast.records])
    return Expressions(w, torch.from_numpy(cast.units), subject)


@torch.no_grad()
def of_people(
    network: FactorNetwork,
    num_people: int,
    recipe: int,
    units_shown: Sequence[int],
    num_each: int = 12,
    seed: int = 3,
) -> Expressions:
    """People of the prior, each neutral, in categories and in single units, as the cast's subjects are."""
    rng = np.random.default_rng(seed)
    _, neutral = draw_people(num_people, seed, recipe)
    factors = neutral.repeat_interleave(num_each, 0)
    aus = np.zeros((len(factors), NUM_AUS), np.float32)
    for row in range(len(factors)):
        units = {} if row % num_each == 0 else draw_units(rng, units_shown, AS_SUBJECTS)
        actions = actions_for(units)
        factors[row, EXPRESSION] = torch.tensor([actions.get(name, 0.0) for name in ACTIONS])
        for unit, intensity in units.items():
            aus[row, AU_INDEX[unit]] = intensity
    w = torch.cat([network(chunk) for chunk in factors.split(4096)])
    subject = 100_000 + torch.arange(num_people).repeat_interleave(num_each)
    return Expressions(w, torch.from_numpy(aus), subject)


def joined(parts: Sequence[Expressions]) -> Expressions:
    return Expressions(
        *(torch.cat([getattr(part, name) for part in parts]) for name in ("w", "aus", "subject"))
    )


def predict(model: PseudoAutoencoder, w: Tensor, u: Tensor) -> Tensor:
    """w [N, 512], u [N, 43] → ŵ_T [N, num_rows, 512]: one row for a shared map, all for a flat one."""
    predicted: Tensor = model(w[:, None].expand(-1, model.num_ws if model.preset.is_flat else 1, -1), u)
    return predicted


def distance(predicted: Tensor, w: Tensor) -> Tensor:
    """‖ŵ − w‖ [N], averaged over the rows: predicted [N, num_rows, 512], w [N, 512]."""
    distances: Tensor = (predicted - w[:, None]).norm(dim=-1).mean(1)
    return distances


def fit(model: PseudoAutoencoder, shown: Expressions, config: "Config") -> None:
    """Minimise ‖w_T − A(w_S, a_T − a_S)‖ over all pairs; an epoch is at most PAIRS_PER_EPOCH. Resumes."""
    pairs = shown.pairs()
    per_epoch = min(len(pairs), PAIRS_PER_EPOCH) // BATCH
    optimizer = torch.optim.Adam(model.parameters(), lr=config.lr, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, HALVE_EVERY, gamma=0.5)
    parts: dict[str, Any] = {"model": model, "optimizer": optimizer, "schedule": schedule}
    path = config.state / f"pseudo_autoencoder_{config.preset}.pt"
    saved = load_state(path) or {}
    first_epoch = saved.get("epoch", 0)
    for name in parts if saved else ():
        parts[name].load_state_dict(saved[name])
    losses = []
    for step in Budget(config.minutes, "fit pseudo-autoencoder").steps(
        first_epoch * per_epoch, config.epochs * per_epoch
    ):
        source, target = pairs[torch.randint(len(pairs), (BATCH,))].unbind(1)
        predicted = predict(model, shown.w[source], shown.aus[target] - shown.aus[source])
        loss = distance(predicted, shown.w[target]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if len(losses) == per_epoch:
            schedule.step()
            epoch = (step + 1) // per_epoch
            append_log(path.with_suffix(".jsonl"), epoch=epoch, loss=round(float(np.mean(losses)), 4))
            save_state(path, {"epoch": epoch, **{name: part.state_dict() for name, part in parts.items()}})
            losses.clear()


@torch.no_grad()
def explained(model: PseudoAutoencoder, shown: Expressions) -> dict[str, float]:
    """On pairs never seen, as shares of ‖w_S − w_T‖: the error ‖ŵ_T − w_T‖, and the drift when u = 0."""
    pairs = shown.pairs()
    pairs = pairs[torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))[:20_000]]
    source, target = pairs.unbind(1)
    predicted = predict(model, shown.w[source], shown.aus[target] - shown.aus[source])
    still = predict(model, shown.w[source], torch.zeros(len(source), NUM_AUS))
    change = (shown.w[source] - shown.w[target]).norm(dim=1).mean()
    return {
        "error": float(distance(predicted, shown.w[target]).mean() / change),
        "drift": float(distance(still, shown.w[source]).mean() / change),
    }


def load_factor_network(state: Path) -> FactorNetwork:
    """The averaged factor network of a run of `fit_generator`; click.BadParameter where there is none."""
    saved = load_state(state / "state.pt")
    if saved is None:
        raise click.BadParameter(f"{state}: no run of fit_generator here", param_hint="--state")
    network = FactorNetwork(NUM_FACTORS, len(saved["scenes"]), EXPRESSION)
    prefix = "factors."
    network.load_state_dict(
        {k.removeprefix(prefix): v for k, v in saved["average"].items() if k.startswith(prefix)}
    )
    return network.eval()


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    cast: tuple[Path, ...]
    state: Path
    weights: Path
    preset: str
    people: int
    lr: float
    epochs: int
    minutes: float
    dry_run: bool


@click.command(help=__doc__)
@cast_option
@click.option("--state", type=click.Path(path_type=Path), required=True, help="The run of fit_generator.")
@click.option("--weights", type=click.Path(path_type=Path), required=True, help="The generator it is for.")
@click.option("--preset", type=click.Choice(list(PRESETS)), default="paper", show_default=True)
@click.option("--people", type=int, default=2000, show_default=True, help="Subjects from the prior.")
@click.option("--lr", type=float, default=1e-3, show_default=True, help='The paper\'s "10e-3": 1e-3 or 1e-2.')
@click.option("--epochs", type=int, default=EPOCHS, show_default=True)
@click.option("--minutes", type=float, default=60.0, show_default=True)
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    config = Config(**options)
    torch.manual_seed(0)
    generator = load_generator(config.weights)
    network = load_factor_network(config.state)
    cast = Cast(tuple(record for record in read_cast(*config.cast).records if is_expression(record)))
    train, held_out = of_cast(network, cast.training()), of_cast(network, cast.held_out())
    units = shown_units(cast)
    click.echo(f"{config}\n{len(train.w)} expressions, {len(held_out.w)} held out")
    if config.dry_run:
        return
    shown = joined([train, of_people(network, config.people, cast.recipe, units)]) if config.people else train
    model = PseudoAutoencoder(config.preset, num_ws=generator.generator.arch.num_ws)
    if not model.preset.is_flat:
        model.start_as_copy()
    fit(model, shown, config)
    figures = explained(model, held_out)
    click.echo(f"held-out subjects: error {figures['error']:.3f}, drift at u = 0 {figures['drift']:.3f}")
    click.echo(str(save(model, config.preset, units, generator)))


def save(model: PseudoAutoencoder, preset: str, units: Sequence[int], generator: LoadedGenerator) -> Path:
    """Write the companion beside its generator; → its path."""
    metadata = {
        "preset": preset,
        "action_units": VOCABULARY,
        "learned_units": " ".join(map(str, units)),
        "source": "latents of the cast's factors, not of projected pictures",
    }
    return write_companion(generator, KIND, model.state_dict(), metadata)


if __name__ == "__main__":
    run_command(main)
