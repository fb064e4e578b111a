"""What does for an encoder where a generator has none: its own latents, and the AU reader's eyes.

Everybody begins as the mean of all people, and refinement alone has to find them, along the directions in
which the generator's latents vary (Abdal et al., "Image2StyleGAN", ICCV 2019; the mean as a start is that of
Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020). Nobody knows where such a
generator has its light: likenesses keep that of the photograph.
"""

from typing import Final

import torch
from torch import Tensor

from models.au_reader import AuReader
from models.encoder import TAPS, Encoder
from models.stylegan2 import Generator

NUM_LATENTS: Final = 4096  # of which mean and directions are taken
PATIENCE: Final = 3  # times the steps of who begins at an encoder's guess


class StandIn(Encoder):
    """An encoder that sees as the AU reader does, and takes everybody for the mean."""

    patience = PATIENCE

    def __init__(self, generator: Generator, au_reader: AuReader) -> None:
        super().__init__(generator.arch.num_ws, generator.arch.w_dim)
        # Its first layers tell edges, lids and lips, as an encoder's do: all that likeness is judged by.
        self.trunk.layers = au_reader.trunk.layers[: max(TAPS) + 1]
        z = torch.randn(NUM_LATENTS, generator.arch.z_dim, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            self.start_from_latents(generator.mapping(z.to(generator.mapping.w_avg.device)).cpu())
        self.eval().requires_grad_(False)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.directions.bias.expand(len(pictures), self.num_ws, -1)
