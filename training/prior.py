"""z → w: N(0, I) drawn into new people, each neutral and in a light of their own.

The components of z are the random numbers behind the samplers of people and scenes, so z ↦ factors ↦ w is
exact and cheap to sample. The mapping network is fitted to it: its last layers are the factor network's own,
its first ones learn z ↦ factors by regression, and then all of them are tuned together on w. Nothing but the
weights is needed afterwards to draw a person.
"""

from collections.abc import Mapping
from pathlib import Path

import click
import torch
from torch import Tensor, nn

from models.action_units import ACTION_UNITS
from models.checkpoint import save_generator
from models.stylegan2 import FullyConnected, MappingNetwork, leaky_relu
from training.cast.factors import neutral_people
from training.factor_network import FactorGenerator, FactorNetwork
from training.run import Budget

NUM_PEOPLE = 200_000
NUM_HELD_OUT = 2_000
BATCH = 256
FIRST_STEPS = 20_000  # on z ↦ factors
TUNING_STEPS = 8_000  # on z ↦ w
FIRST_LR = 0.2  # the mapping's own multiplier of 0.01 makes it 2e-3
TUNING_LR = 0.05


def normalised(z: Tensor) -> Tensor:
    """As the mapping network sees it: unit mean square."""
    return z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def draw_people(num: int, seed: int) -> tuple[Tensor, Tensor]:
    """→ z [num, 512], factors [num, F] of the neutral people that they stand for."""
    z = torch.randn(num, 512, generator=torch.Generator().manual_seed(seed))
    return z, torch.from_numpy(neutral_people(normalised(z).numpy())).float()


# --- the mapping ------------------------------------------------------------------------------------------


@torch.no_grad()
def copy_layer(source: FullyConnected, target: FullyConnected) -> None:
    """Make `target` compute what `source` does, whatever their gains; further inputs are ignored."""
    effective = torch.zeros(target.weight.shape)
    effective[:, : source.weight.shape[1]] = source.weight * source.weight_gain
    target.weight.copy_(effective / target.weight_gain)
    target.bias.copy_(source.bias * source.bias_gain / target.bias_gain)


def layers_of(mapping: MappingNetwork) -> list[FullyConnected]:
    return [getattr(mapping, f"fc{index}") for index in range(mapping.num_layers)]


class FirstLayers(nn.Module):
    """z ↦ standardised factors [N, 512]: the mapping's layers before the factor network's own."""

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
    for source, target in zip(network.layers, own[num_first:], strict=True):
        assert isinstance(source, FullyConnected)
        copy_layer(source, target)
    first = FirstLayers(own[:num_first])
    width = own[num_first].weight.shape[1]
    padded = nn.functional.pad(inputs, (0, width - inputs.shape[1]))
    matters = (own[num_first].weight * own[num_first].weight_gain).detach().square().sum(0)  # [width]
    train = slice(0, len(z) - NUM_HELD_OUT)
    budget = Budget(600, "fit mapping")
    fit(first, z[train], padded[train], matters / matters.mean(), FIRST_LR, budget, FIRST_STEPS)
    fit(mapping, z[train], w[train], 1 / w.var(0).mean(), TUNING_LR, budget, TUNING_STEPS)
    with torch.no_grad():
        mapping.w_avg.copy_(w[train].mean(0))
        held_out = w[train.stop :]
        residual = (mapping(z[train.stop :]) - held_out).square().sum()
        return 1 - float(residual / (held_out - mapping.w_avg).square().sum())


def export(model: FactorGenerator, path: Path, metadata: Mapping[str, str]) -> None:
    """Fit z → w for a trained model and write the generator's weights; always whole, some minutes."""
    click.echo(f"drawing {NUM_PEOPLE} people")
    z, factors = draw_people(NUM_PEOPLE, seed=1)
    explained = fit_mapping(model.generator.mapping, model.factors, z, factors)
    save_generator(path, model.generator, {"action_units": " ".join(map(str, ACTION_UNITS)), **metadata})
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB; z explains {explained:.3f} of w's variance")
