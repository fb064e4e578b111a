"""People by number: the same number is the same z, for ever."""

import numpy as np
import torch
from torch import Tensor


def person_z(number: int, z_dim: int = 512) -> Tensor:
    """→ z [1, z_dim] ~ N(0, I) of person `number`, from 0 to 2³² − 1.

    NumPy promises that the stream of RandomState never changes; of its newer generators it does not.
    """
    return torch.from_numpy(np.random.RandomState(number).standard_normal((1, z_dim))).float()
