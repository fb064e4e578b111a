"""z → w: N(0, I) drawn into new people, each neutral and in a light of their own.

The components of z are the random numbers behind the samplers of people and scenes, so z ↦ factors ↦ w is
exact and cheap. The mapping network is fitted to it by regression; nothing else is needed to draw a person
from the weights.
"""

from collections.abc import Mapping
from pathlib import Path

import click
import torch
import torch.nn.functional as F
from torch import Tensor

from models.action_units import ACTION_UNITS
from models.checkpoint import save_generator
from models.stylegan2 import MappingNetwork
from training.cast.factors import neutral_people
from training.factor_network import FactorGenerator, FactorNetwork
from training.run import Budget

NUM_PEOPLE = 60_000
NUM_HELD_OUT = 2_000
BATCH = 256
NUM_STEPS = 12_000
LR = 0.15  # the mapping's own multiplier of 0.01 makes it 1.5e-3


def normalised(z: Tensor) -> Tensor:
    """As the mapping network sees it: unit mean square."""
    return z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def draw_people(num: int, seed: int) -> tuple[Tensor, Tensor]:
    """→ z [num, 512], factors [num, F] of the neutral people that they stand for."""
    z = torch.randn(num, 512, generator=torch.Generator().manual_seed(seed))
    return z, torch.from_numpy(neutral_people(normalised(z).numpy())).float()


@torch.no_grad()
def latents(network: FactorNetwork, factors: Tensor) -> Tensor:
    return torch.cat([network(chunk) for chunk in factors.split(4096)])


def fit_mapping(mapping: MappingNetwork, z: Tensor, w: Tensor, budget: Budget) -> float:
    """Regress w [N, 512] on z [N, 512] → share of w's variance explained on NUM_HELD_OUT never seen."""
    train = len(z) - NUM_HELD_OUT
    optimizer = torch.optim.Adam(mapping.parameters(), lr=LR, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, NUM_STEPS)
    scale = w[:train].var(0).mean()
    for _ in budget.steps(0, NUM_STEPS):
        index = torch.randint(train, (BATCH,))
        loss = F.mse_loss(mapping(z[index]), w[index]) / scale
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        mapping.w_avg.copy_(w[:train].mean(0))
        residual = (mapping(z[train:]) - w[train:]).square().sum()
        return 1 - float(residual / (w[train:] - w[:train].mean(0)).square().sum())


def export(
    model: FactorGenerator, path: Path, metadata: Mapping[str, str], num_people: int = NUM_PEOPLE
) -> float:
    """Fit z → w for a trained model and write the generator's weights; → variance explained on held-out z."""
    click.echo(f"drawing {num_people} people")
    z, factors = draw_people(num_people, seed=1)
    explained = fit_mapping(
        model.generator.mapping, z, latents(model.factors, factors), Budget(60, "fit mapping")
    )
    save_generator(path, model.generator, {"action_units": " ".join(map(str, ACTION_UNITS)), **metadata})
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB; z explains {explained:.3f} of w's variance")
    return explained
