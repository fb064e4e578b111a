"""Single pictures: resized, put side by side, written. RGB uint8 [H, W, 3] throughout."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from installation.errors import InputError
from installation.ports import Image

LABEL_HEIGHT = 0.12  # of a square


def resize(image: Image, size_px: tuple[int, int]) -> Image:
    """To (width, height).

    To shrink, only OpenCV's area filter sees every pixel. To enlarge, Lanczos is the sharpest, but draws a
    halo along the edge between hair and wall; cubic hardly does.
    """
    interpolation = cv2.INTER_AREA if size_px[0] < image.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size_px, interpolation=interpolation), np.uint8)


def side_by_side(images: Sequence[Image], labels: Sequence[str] | None = None) -> Image:
    """[H, W, 3] each → one row; with as many labels, each on a black band under its square."""
    squares = images if labels is None else [_labelled(*pair) for pair in zip(images, labels, strict=True)]
    return np.concatenate(squares, axis=1)


def _labelled(image: Image, label: str) -> Image:
    side = image.shape[0]
    band = np.zeros((max(12, round(side * LABEL_HEIGHT)), side, 3), np.uint8)
    origin = (round(side * 0.04), round(band.shape[0] * 0.75))
    cv2.putText(
        band, label, origin, cv2.FONT_HERSHEY_SIMPLEX, band.shape[0] / 40, (200, 200, 200), 1, cv2.LINE_AA
    )
    return np.concatenate([image, band])


def write(path: Path, image: Image) -> None:
    """As the file's suffix says (.png, .jpg).

    Raises:
        InputError: the suffix is unknown to OpenCV, or the file cannot be written.
    """
    try:
        encoded, data = cv2.imencode(path.suffix or ".png", np.ascontiguousarray(image[..., ::-1]))
    except cv2.error:
        encoded = False
    if not encoded:
        raise InputError(f"{path}: '{path.suffix}' is no picture format known here; use .png or .jpg")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
