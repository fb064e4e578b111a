"""Two photographs in the public domain, as a camera sees them.

Eileen Collins ("astronaut", NASA) comes with scikit-image, Grace Hopper (US Navy) with matplotlib.
"""

from functools import cache
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from skimage.data import astronaut

from models.photographs import read_photograph

CAMERA_PX = (640, 480)
GREY = 120


@cache
def collins() -> np.ndarray:
    """[512, 512, 3]; 43 px between the eyes."""
    return astronaut()


@cache
def hopper() -> np.ndarray:
    """[600, 512, 3]; 84 px between the eyes."""
    return read_photograph(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg")


def seen(
    photograph: np.ndarray, height: int = 460, x: int = 320, size_px: tuple[int, int] = CAMERA_PX
) -> np.ndarray:
    """A photograph, so high, on a grey wall, its middle at `x`: RGB uint8 [480, 640, 3]."""
    width_px, height_px = size_px
    wall = np.full((height_px, width_px, 3), GREY, np.uint8)
    scale = height / photograph.shape[0]
    small = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:height_px]
    left, top = x - small.shape[1] // 2, (height_px - small.shape[0]) // 2
    inside = slice(max(0, -left), min(small.shape[1], width_px - left))
    wall[top : top + small.shape[0], max(0, left) : left + inside.stop] = small[:, inside]
    return wall


def lit(image: np.ndarray, gain: float) -> np.ndarray:
    """By so much more or less light."""
    return (image * gain).clip(0, 255).astype(np.uint8)


def blurred(image: np.ndarray, sigma_px: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma_px)
