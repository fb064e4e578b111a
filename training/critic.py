"""An adversarial finish: heads on frozen features that tell renderings from fitted pictures.

Regression gives the average of what a picture's factors allow, and the average of many hairs is a blur. The
critic asks only that a picture look like a rendering, at every scale of its features; which rendering, the
regression goes on deciding. After Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021, without their
random projections; spectral norm instead of a gradient penalty, which needs no second derivative.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

WIDTH = 64
LR = 1e-3
ADAM_BETAS = (0.0, 0.99)


class Critic(nn.Module):
    """Features of N pictures, one map a scale [N, C_k, h_k, w_k] → logits, one map a scale, flattened to
    [N, ·] each: above 0 is a rendering."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(
                spectral_norm(nn.Conv2d(num, WIDTH, 3, padding=1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(WIDTH, WIDTH, 3, padding=1)),
                nn.LeakyReLU(0.2),
                nn.Conv2d(WIDTH, 1, 1),
            )
            for num in channels
        )

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        # Unit-normalised features have entries of about 1/√C: back to about 1.
        scaled = (x * x.shape[1] ** 0.5 for x in features)
        return [head(x).flatten(1) for head, x in zip(self.heads, scaled, strict=True)]


class Adversary:
    """The critic with its optimiser."""

    def __init__(self, channels: Sequence[int]) -> None:
        self.critic = Critic(channels)
        self.optimizer = torch.optim.Adam(self.critic.parameters(), lr=LR, betas=ADAM_BETAS)

    def state(self) -> dict[str, Any]:
        return {"critic": self.critic.state_dict(), "optimizer": self.optimizer.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.critic.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])

    def learn(self, fitted: Sequence[Tensor], rendered: Sequence[Tensor]) -> float:
        """One step on the hinge loss; features carry no gradient out. → share of maps told right."""
        real = self.critic([x.detach() for x in rendered])
        fake = self.critic([x.detach() for x in fitted])
        pairs = list(zip(real, fake, strict=True))
        loss = sum((1 - r).relu().mean() + (1 + f).relu().mean() for r, f in pairs) / len(pairs)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        right = [((r > 0).float().mean() + (f < 0).float().mean()) / 2 for r, f in pairs]
        return float(torch.stack(right).mean())

    def loss(self, fitted: Sequence[Tensor]) -> Tensor:
        """What the generator pays for being told apart, scalar; gradients flow into `fitted` alone."""
        self.critic.requires_grad_(False)
        logits = self.critic(fitted)
        self.critic.requires_grad_(True)
        return -torch.stack([x.mean() for x in logits]).mean()
