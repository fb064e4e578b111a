"""z → w: N(0, I) drawn into new people, each neutral and in a light of their own.

The components of z are the random numbers behind the samplers of people and scenes, so z ↦ factors ↦ w is
exact and cheap to sample. The mapping network is fitted to it: its last layers are the factor network's own,
its first ones learn z ↦ factors (see `prior_start.py` for where they begin), and then all of them are tuned
together on w. Nothing but the weights is needed afterwards to draw a person.
"""

from collections.abc import Mapping
from pathlib import Path

import click
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.action_units import VOCABULARY
from models.checkpoint import save_generator
from models.pseudo_autoencoder import NEUTRAL_PEOPLE
from models.stylegan2 import FullyConnected, MappingNetwork, leaky_relu
from training.cast.factors import neutral_people
from training.cast.people import LATENT_NAMES
from training.factor_network import FactorGenerator, FactorNetwork
from training.prior_start import OFFSET, copy_effective, effective, start_layers
from training.run import Budget

NUM_PEOPLE = 150_000
NUM_HELD_OUT = 2_000
BATCH = 256
FIRST_STEPS = 8_000  # on z ↦ factors
TUNING_STEPS = 4_000  # on z ↦ w
FIRST_LR = 0.1  # the mapping's own multiplier of 0.01 makes it 1e-3
TUNING_LR = 0.05


def normalised(z: Tensor) -> Tensor:
    """As the mapping network sees it: unit mean square."""
    return z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def draw_people(num: int, seed: int, recipe: int) -> tuple[Tensor, Tensor]:
    """→ z [num, 512], factors [num, F] of the recipe's people that they stand for, faces at rest."""
    z = torch.randn(num, 512, generator=torch.Generator().manual_seed(seed))
    return z, torch.from_numpy(neutral_people(normalised(z).numpy(), recipe)).float()


# --- the mapping ------------------------------------------------------------------------------------------


def copy_layer(source: FullyConnected, target: FullyConnected, offset: float = 0.0) -> None:
    """Make `target` compute what `source` does, whatever their gains, for inputs that are `offset` higher.

    Further inputs are ignored.
    """
    weight, bias = effective(source)
    copy_effective(
        target, F.pad(weight, (0, target.weight.shape[1] - weight.shape[1])), bias - offset * weight.sum(1)
    )


def layers_of(mapping: MappingNetwork) -> list[FullyConnected]:
    return [getattr(mapping, f"fc{index}") for index in range(mapping.num_layers)]


class FirstLayers(nn.Module):
    """z ↦ standardised factors + OFFSET [N, 512]: the mapping's layers before the factor network's own."""

    def __init__(self, layers: list[FullyConnected]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, z: Tensor) -> Tensor:
        x = normalised(z)
        for layer in self.layers:
            x = leaky_relu(layer(x))
        return x


def fit(
    module: nn.Module, z: Tensor, target: Tensor, weight: Tensor, lr: float, budget: Budget, steps: int
) -> None:
    """Minimise Σ weight · (module(z) − target)² over people in random order."""
    optimizer = torch.optim.Adam(module.parameters(), lr=lr, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in budget.steps(0, steps):
        index = torch.randint(len(z), (BATCH,))
        loss = ((module(z[index]) - target[index]).square() * weight).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def fit_mapping(mapping: MappingNetwork, network: FactorNetwork, z: Tensor, factors: Tensor) -> float:
    """Fit the mapping; → share of w's variance explained on the last NUM_HELD_OUT people, never seen."""
    with torch.no_grad():
        inputs = network.standardised(factors)  # [N, F + NUM_FREE], the free part 0
        w = torch.cat([network(chunk) for chunk in factors.split(4096)])
    own = layers_of(mapping)
    num_first = len(own) - len(network.layers)
    for index, source in enumerate(network.layers):
        assert isinstance(source, FullyConnected)
        copy_layer(source, own[num_first + index], OFFSET if index == 0 else 0.0)
    first, join = FirstLayers(own[:num_first]), own[num_first]
    padded = F.pad(inputs, (0, join.weight.shape[1] - inputs.shape[1]))
    matters = effective(join)[0].square().sum(0)  # [width]: how far each input moves w
    train = slice(0, len(z) - NUM_HELD_OUT)
    start_layers(own[:num_first], normalised(z[train]), padded[train], matters, len(LATENT_NAMES))
    budget = Budget(600, "fit mapping")
    goal = padded[train] + OFFSET
    fit(first, z[train], goal, matters / matters.mean(), FIRST_LR, budget, FIRST_STEPS)
    fit(mapping, z[train], w[train], 1 / w.var(0).mean(), TUNING_LR, budget, TUNING_STEPS)
    with torch.no_grad():
        mapping.w_avg.copy_(w[train].mean(0))
        held_out = w[train.stop :]
        residual = (mapping(z[train.stop :]) - held_out).square().sum()
        return 1 - float(residual / (held_out - mapping.w_avg).square().sum())


def export(model: FactorGenerator, path: Path, recipe: int, metadata: Mapping[str, str]) -> None:
    """Fit z → w for a trained model and write the generator's weights; always whole, some minutes."""
    click.echo(f"drawing {NUM_PEOPLE} people")
    z, factors = draw_people(NUM_PEOPLE, seed=1, recipe=recipe)
    explained = fit_mapping(model.generator.mapping, model.factors, z, factors)
    save_generator(path, model.generator, {"action_units": VOCABULARY, "people": NEUTRAL_PEOPLE, **metadata})
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB; z explains {explained:.3f} of w's variance")
