"""A camera's pictures: no larger than they need to be, and through a mailbox from process to process."""

from struct import Struct
from typing import Final

import cv2
import numpy as np

from installation.ports import Image
from installation.stage.latest import Stamped
from installation.stage.shared import SharedLatest

LONGEST_SIDE_PX: Final = 1280
SHAPE: Final = Struct("=II")  # height and width, before the pixels
IMAGE_CAPACITY: Final = SHAPE.size + LONGEST_SIDE_PX * LONGEST_SIDE_PX * 3


def fitted(image: Image) -> Image:
    """[H, W, 3] → the same picture, no side longer than LONGEST_SIDE_PX."""
    height, width = image.shape[:2]
    scale = LONGEST_SIDE_PX / max(height, width)
    if scale >= 1:
        return image
    size_px = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size_px, interpolation=cv2.INTER_AREA), np.uint8)


def post_image(mailbox: SharedLatest, image: Image, t_ns: int) -> None:
    """RGB uint8 [H, W, 3], seen at `t_ns` of `time.monotonic_ns`; shrunk if it is larger than it need be."""
    image = np.ascontiguousarray(fitted(image))
    mailbox.post(b"".join((SHAPE.pack(*image.shape[:2]), image.data)), t_ns)


def take_image(mailbox: SharedLatest) -> Stamped[Image] | None:
    """The newest picture, RGB uint8 [H, W, 3], to be read only; None where it has been taken."""
    stamped = mailbox.take()
    if stamped is None:
        return None
    height, width = SHAPE.unpack_from(stamped.value)
    pixels = np.frombuffer(stamped.value, np.uint8, offset=SHAPE.size)
    return Stamped(pixels.reshape(height, width, 3), stamped.t_ns)
