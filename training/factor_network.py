"""Factors → w: the mapping that only training uses, and the generator it is fitted together with.

Adversarial training from noise needs a GPU for days. The cast's pictures have known causes, so the generator
is fitted by regression instead: factors (identity, look, actions, scene) + a free vector a scene → w →
picture. The free vector holds what no factor explains (single hairs, clouds in the backdrop), and is left out
for a share of the steps so that factors alone give a good picture.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from models.stylegan2 import Architecture, FullyConnected, Generator, leaky_relu
from training.cast.factors import EXPRESSION, NUM_FACTORS

NUM_FREE = 32
FREE_GAIN = 10.0  # the free vectors start small and learn fast: they are stored at a tenth of their effect
MAX_DEVIATIONS = 4.0  # standardised factors are clipped here: one odd person must not pull the network


class FactorNetwork(nn.Module):
    """Factors [N, F] and a scene's free vector → w [N, w_dim]: w = who and where + B · actions.

    The face at rest goes through layers; what it does is added to their result, linearly and alike for
    everybody: a straight line in w is a straight line in the strength of every action, and nobody turns into
    somebody else on the way. Free vectors come in pairs: scene k as rendered, and mirrored at k + num_scenes.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, num_factors: int, num_scenes: int, actions: slice, w_dim: int = 512, num_layers: int = 4
    ) -> None:
        super().__init__()
        self.actions = actions  # where they stand among the factors
        num_actions = actions.stop - actions.start
        self.register_buffer("mean", torch.zeros(num_factors - num_actions))
        self.register_buffer("deviation", torch.ones(num_factors - num_actions))
        self.free = nn.Embedding(2 * num_scenes, NUM_FREE)
        nn.init.normal_(self.free.weight, std=0.01)
        sizes = [num_factors - num_actions + NUM_FREE] + [w_dim] * num_layers
        self.layers = nn.ModuleList(FullyConnected(i, o) for i, o in pairwise(sizes))
        self.expression = nn.Parameter(torch.zeros(w_dim, num_actions))  # B

    def at_rest(self, factors: Tensor) -> Tensor:
        """The factors that are no actions [N, F − A]."""
        return torch.cat([factors[:, : self.actions.start], factors[:, self.actions.stop :]], 1)

    def standardise(self, factors: Tensor) -> None:
        """Learn mean and deviation from factors [N, F]."""
        self.mean.copy_(self.at_rest(factors).mean(0))
        self.deviation.copy_(self.at_rest(factors).std(0, unbiased=False) + 0.05)

    def standardised(self, factors: Tensor, scenes: Tensor | None = None) -> Tensor:
        """What the first layer sees: factors of about unit variance, and the free vectors or zeros."""
        x = ((self.at_rest(factors) - self.mean) / self.deviation).clamp(-MAX_DEVIATIONS, MAX_DEVIATIONS)
        free = x.new_zeros(len(x), NUM_FREE) if scenes is None else self.free(scenes) * FREE_GAIN
        return torch.cat([x, free], 1)

    def forward(self, factors: Tensor, scenes: Tensor | None = None) -> Tensor:
        """Raw factors [N, F] float32; scenes [N] int64, or None for factors alone → w [N, w_dim]."""
        x = self.standardised(factors, scenes)
        for layer in self.layers:
            x = leaky_relu(layer(x))
        return x + factors[:, self.actions] @ self.expression.t()


class FactorGenerator(nn.Module):
    """The factor network and the generator, trained as one."""

    def __init__(self, arch: Architecture, num_scenes: int) -> None:
        super().__init__()
        self.factors = FactorNetwork(NUM_FACTORS, num_scenes, EXPRESSION, arch.w_dim)
        self.generator = Generator(arch)

    def ws(self, factors: Tensor, scenes: Tensor | None = None) -> Tensor:
        """→ ws [N, num_ws, w_dim]."""
        return self.generator.broadcast(self.factors(factors, scenes))
