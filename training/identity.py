"""The identity reader: who a face is, as 128 numbers, learned from the cast's people.

For evaluation only. It is no network's loss and the installation never loads it, so that a figure it gives
has not been minimised, and no visitor can be recognised. It sees an oval of the face: neither backdrop nor
clothes, which tell the cast's people apart too easily.
"""

from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models.checkpoint import CheckpointError, load_state, read_checkpoint
from models.pictures import as_tensor
from models.trunk import SHORT, Trunk, compact

KIND: Final = "identity_reader"
PATH: Final = Path(__file__).resolve().parent / "weights" / "identity_reader.safetensors"
SIZE: Final = 128
# Of an aligned picture, as shares: the oval that is seen, and the square around it.
CENTRE, RADII = (0.5, 0.6), (0.27, 0.36)
ROWS, COLUMNS = slice(64, 248), slice(36, 220)
BATCH: Final = 16


def oval(size: int = 256) -> Tensor:
    """[size, size]: 1 on the face, falling to 0 within a few pixels."""
    grid = (torch.arange(size) + 0.5) / size
    distance = torch.hypot((grid[None] - CENTRE[0]) / RADII[0], (grid[:, None] - CENTRE[1]) / RADII[1])
    return torch.sigmoid((1 - distance) * 30)


class IdentityReader(nn.Module):
    """Aligned pictures [N, 3, 256, 256] in [-1, 1] → unit vectors [N, 128]."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk(SHORT)
        self.code = compact(SHORT, 24, SIZE)
        self.register_buffer("mask", oval(), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        face = (pictures * self.mask)[..., ROWS, COLUMNS]
        return F.normalize(self.code(self.trunk(face)).float())

    @torch.inference_mode()
    def describe(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Aligned pictures, uint8 RGB [N, 256, 256, 3] → unit vectors [N, 128]; likeness is their product."""
        parts = [self(as_tensor(pictures[k : k + BATCH])) for k in range(0, len(pictures), BATCH)]
        return np.asarray(torch.cat(parts).numpy(), np.float32)


def load_identity_reader(path: Path = PATH) -> IdentityReader:
    """In evaluation mode, on the CPU.

    Raises:
        CheckpointError: missing, truncated, or of another kind.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: missing; python -m training.fit_identity makes it")
    reader = IdentityReader()
    load_state(reader, read_checkpoint(path, KIND))
    return reader.eval().requires_grad_(False)
