"""The cast's pictures as arrays."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


def load_pictures(paths: Sequence[Path], resolution: int) -> NDArray[np.uint8]:
    """Square pictures, shrunk by area → uint8 [N, resolution, resolution, 3] RGB.

    Raises OSError for a picture that cannot be read.
    """
    pictures = np.empty((len(paths), resolution, resolution, 3), np.uint8)
    for index, path in enumerate(paths):
        picture = cv2.imread(str(path))
        if picture is None:
            raise OSError(f"{path}: cannot be read as a picture; render it again")
        shrunk = cv2.resize(picture, (resolution, resolution), interpolation=cv2.INTER_AREA)
        pictures[index] = shrunk[..., ::-1]
    return pictures
