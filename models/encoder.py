"""The encoder: an aligned face → its latent, in one pass.

pSp's idea in small (Richardson et al., "Encoding in Style", CVPR 2021; Tov et al., "Designing an Encoder for
StyleGAN Image Manipulation", SIGGRAPH 2021): one w for the whole picture, and an offset for each row of ws,
which training keeps small, because what lies far from W cannot be edited.
"""

from collections.abc import Iterator
from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from models.checkpoint import LoadedGenerator, load_state, read_companion
from models.trunk import LONG, Trunk, compact

KIND: Final = "encoder"
CODE_SIZE: Final = 256
OFFSET_SIZE: Final = 32
NUM_SCENE: Final = 16  # numbers of light and backdrop that the cast's scenes have
TAPS: Final = (1, 3, 6)  # of the trunk: the layers that see edges, lids and lips, and not yet people


class Encoder(nn.Module):
    """Aligned pictures [N, 3, 256, 256] in [-1, 1] → ws [N, num_ws, w_dim]."""

    patience: ClassVar[int] = 1  # times the steps, and the time, of who begins at its guess
    scene_reading: Tensor  # [w_dim, NUM_SCENE]: w − mean → light and backdrop
    scene_change: Tensor  # [NUM_SCENE, w_dim]: what a change of those adds to w, whoever it is

    def __init__(self, num_ws: int, w_dim: int = 512) -> None:
        super().__init__()
        self.num_ws = num_ws
        self.trunk = Trunk(LONG)
        self.code = compact(LONG, 32, CODE_SIZE)
        # A code's components are about N(0, 1); a column is what one of them adds to w.
        self.directions = nn.Linear(CODE_SIZE, w_dim)
        self.offsets = nn.Linear(CODE_SIZE, num_ws * OFFSET_SIZE)
        self.register_buffer("scene_reading", torch.zeros(w_dim, NUM_SCENE))
        self.register_buffer("scene_change", torch.zeros(NUM_SCENE, w_dim))

    @torch.no_grad()
    def start_from_latents(self, w: Tensor) -> None:
        """Directions: the principal ones of latents w [N, w_dim]; bias: their mean; offsets: none.

        Where there are fewer than CODE_SIZE of them, the others do nothing.
        """
        mean = w.mean(0)
        _, lengths, directions = torch.linalg.svd(w - mean, full_matrices=False)
        deviations = lengths[:CODE_SIZE] / len(w) ** 0.5
        found = (directions[:CODE_SIZE] * deviations[:, None]).t()
        self.directions.weight.zero_()[:, : found.shape[1]] = found
        self.directions.bias.copy_(mean)
        self.offsets.weight.zero_()
        self.offsets.bias.zero_()

    def split(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """→ w [N, w_dim] and the rows' offsets from it [N, num_ws, w_dim]."""
        code = self.code(self.trunk(pictures))
        offsets = self.offsets(code).view(-1, self.num_ws, OFFSET_SIZE)
        return self.directions(code), offsets @ self.directions.weight[:, :OFFSET_SIZE].t()

    def forward(self, pictures: Tensor) -> Tensor:
        w, offsets = self.split(pictures)
        return w[:, None] + offsets

    def moved(self, ws: Tensor, code: Tensor, scene: Tensor) -> Tensor:
        """Rows ws [N, num_ws, w_dim], each by its code [N, num_ws, 256], and all by scene [N, NUM_SCENE]."""
        return self.in_scene(ws + code @ self.directions.weight.t(), scene)

    def scene_of(self, ws: Tensor) -> Tensor:
        """What ws [N, num_ws, w_dim] say about light and backdrop: [N, NUM_SCENE], about N(0, 1) each."""
        return (ws.mean(1) - self.directions.bias) @ self.scene_reading

    def in_scene(self, ws: Tensor, change: Tensor) -> Tensor:
        """The same people, light and backdrop changed by so much [N, NUM_SCENE]."""
        return ws + (change @ self.scene_change)[:, None]

    def features(self, pictures: Tensor) -> Iterator[Tensor]:
        """Pictures [N, 3, R, R] in [-1, 1] → maps [N, C, h, w] by which likeness is judged.

        Every position is of unit length.
        """
        x = self.trunk.prepared(pictures)
        for index, layer in enumerate(self.trunk.layers[: max(TAPS) + 1]):
            x = layer(x)
            if index in TAPS:
                yield x / (x.square().sum(1, keepdim=True).sqrt() + 1e-5)

    def disagreement(self, picture: Tensor, likeness: Tensor) -> float:
        """How far what is found in two pictures [1, 3, R, R] is apart; from 0."""
        code, again = (self.code(self.trunk(one)) for one in (picture, likeness))
        return float((again - code).norm() / code.norm())


def load_encoder(generator: LoadedGenerator) -> Encoder:
    """Read the companion of a generator, in evaluation mode, on the CPU.

    Raises:
        CheckpointError: missing, truncated, or of another generator.
    """
    encoder = Encoder(generator.generator.arch.num_ws, generator.generator.arch.w_dim)
    load_state(encoder, read_companion(generator, KIND))
    return encoder.eval().requires_grad_(False)
