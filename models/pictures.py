"""Pictures between arrays and tensors."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def as_tensor(pictures: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> Tensor:
    """N pictures [R, R, 3] uint8 → [N, 3, R, R] in [-1, 1]."""
    stacked = torch.from_numpy(np.ascontiguousarray(np.stack(list(pictures))))
    return stacked.permute(0, 3, 1, 2).float() / 127.5 - 1
