"""A rendered face rectangle over the neutral picture, and the JPEG that the cast keeps.

Within a studio subject only the face moves, so only its rectangle is rendered: quicker, and hair, clothes and
backdrop are the same pixels in all of a subject's pictures.

Pictures are uint8 [N, N, 3] BGR, as cv2 has them. A rectangle is (left, top, right, bottom) in shares of the
picture; it may reach beyond it.
"""

import os
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Rectangle = tuple[float, float, float, float]

FEATHER: Final = 14 / 512  # width of the blended edge, in shares of the picture
INSET: Final = 2  # px at the rectangle's edge that are not used: the pixel filter mixes the unrendered in
JPEG_QUALITY: Final = 89


def face_weight(size: int, rectangle: Rectangle) -> NDArray[np.float64]:
    """[size, size, 1]: 1 well inside the rectangle, 0 outside, 3t² - 2t³ across the feathered edge."""
    left, top, right, bottom = (round(share * size) for share in rectangle)
    left, top = max(left, 0) + INSET, max(top, 0) + INSET
    right, bottom = min(right, size) - INSET, min(bottom, size) - INSET
    pixel = np.arange(size)
    from_sides = np.minimum(pixel - left, right - 1 - pixel)[None, :]
    from_ends = np.minimum(pixel - top, bottom - 1 - pixel)[:, None]
    inside = np.minimum(from_sides, from_ends)  # whole pixels from the nearest edge
    t = np.clip((inside + 0.5) / (FEATHER * size), 0, 1)
    weight: NDArray[np.float64] = (t * t * (3 - 2 * t))[..., None]
    return weight


def lay_face_over(neutral: Picture, face: Picture, rectangle: Rectangle) -> Picture:
    """The neutral picture with the rectangle of `face` blended in."""
    if neutral.shape != face.shape:
        raise ValueError(f"pictures to lay over each other have the shapes {neutral.shape} and {face.shape}")
    weight = face_weight(len(neutral), rectangle)
    blended = np.clip(face * weight + neutral * (1 - weight) + 0.5, 0, 255)
    return blended.astype(np.uint8)


def write_jpeg(path: Path, picture: Picture) -> None:
    """Whole or not at all. Raises OSError where it cannot be written."""
    encoded, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not encoded:
        raise OSError(f"{path}: cv2 cannot encode a picture of the shape {picture.shape} as JPEG")
    partial = path.with_suffix(".partial")
    partial.write_bytes(data.tobytes())
    os.replace(partial, path)
