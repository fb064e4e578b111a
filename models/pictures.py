"""Pictures between arrays and tensors."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ALIGNED_PX: Final = 256  # a side of the square in which all networks see faces


def aligned_tensor(image: NDArray[np.uint8]) -> Tensor:
    """One aligned picture, uint8 RGB [256, 256, 3] → [1, 3, 256, 256] in [-1, 1].

    Raises:
        ValueError: the picture has another shape or type; align it first.
    """
    if image.shape != (ALIGNED_PX, ALIGNED_PX, 3) or image.dtype != np.uint8:
        message = "only an aligned picture, uint8 [256, 256, 3], can be read"
        raise ValueError(f"{image.dtype} {list(image.shape)}: {message}")
    return as_tensor([image])


def as_tensor(pictures: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> Tensor:
    """N pictures [R, R, 3] uint8 → [N, 3, R, R] in [-1, 1]."""
    stacked = torch.from_numpy(np.ascontiguousarray(np.stack(list(pictures))))
    return stacked.permute(0, 3, 1, 2).float() / 127.5 - 1
