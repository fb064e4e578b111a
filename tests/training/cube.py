"""A cube: the smallest closed mesh of quads."""

from typing import Final

import numpy as np

CUBE: Final = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1.0, 1) for z in (-1.0, 1)])  # [8, 3]
CUBE_QUADS: Final = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]], np.int32
)
