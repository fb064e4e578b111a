"""Small pictures of a generator that was taught its largest ones only.

Skip synthesis (Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020) is a sum of
pictures of 4², 8², … A generator that was fitted at every size has a picture at each of them, and what is
wanted small can be drawn small. One that was trained with a discriminator has only the last: what it has at
128² on the way to 1024² lacks what the other sizes add, contrast and colour too.
"""

from itertools import islice
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from models.people import person_z
from models.stylegan2 import Generator, NoiseMode, SynthesisNetwork

SMALLEST_PX: Final = 32  # at which pictures are compared with photographs
TOLERANCE: Final = 0.05  # of the variance of pictures; .006 where every size was taught
NUM_LOOKED_AT: Final = 4


class WholeSynthesis(SynthesisNetwork):
    """A synthesis network whose smaller pictures are its largest one, shrunk."""

    def forward(
        self,
        ws: Tensor,
        resolution: int | None = None,
        noise_mode: NoiseMode = "const",
        dtype: torch.dtype = torch.float32,
        share: Tensor | float = 1.0,
    ) -> Tensor:
        """As of `SynthesisNetwork`, as slow at every resolution as at the largest, whose `share` it is."""
        whole = super().forward(ws, None, noise_mode, dtype, share)
        size = resolution or self.arch.resolution
        return whole if size == self.arch.resolution else F.interpolate(whole, size=(size, size), mode="area")


@torch.no_grad()
def is_whole_at_every_size(generator: Generator) -> bool:
    """Whether the pictures on the way to the largest, from 32² on, are that one in small."""
    z = torch.cat([person_z(number, generator.arch.z_dim) for number in range(NUM_LOOKED_AT)])
    z = z.to(generator.mapping.w_avg.device)
    pyramid = list(generator.synthesis.pyramid(generator.map(z), "none"))
    largest = pyramid[-1]
    first = generator.arch.resolutions.index(SMALLEST_PX)
    for small in islice(pyramid, first, len(pyramid) - 1):
        wanted = F.interpolate(largest, size=small.shape[-2:], mode="area")
        if not float((small - wanted).square().mean()) < TOLERANCE * float(wanted.var()):
            return False
    return True


def with_whole_pictures(generator: Generator) -> Generator:
    """The generator, if it is whole at every size; otherwise one of the same weights that shrinks."""
    if is_whole_at_every_size(generator):
        return generator
    with torch.device("meta"):
        whole, synthesis = Generator(generator.arch), WholeSynthesis(generator.arch)
    synthesis.load_state_dict(generator.synthesis.state_dict(), assign=True)
    whole.mapping, whole.synthesis = generator.mapping, synthesis
    return whole.eval().requires_grad_(False)
