"""What the desks may see of the wall: a small picture, a few times a second, and never a visitor."""

from typing import Final

import cv2
import numpy as np

from installation.ports import NANOSECONDS, Frame
from installation.stage.shared import SharedLatest
from installation.supervision.frames import packed, withheld

SIDE_PX: Final = 256
EVERY_NS: Final = NANOSECONDS // 10


class Preview:
    """A mailbox that is given a frame once in a while."""

    def __init__(self, mailbox: SharedLatest) -> None:
        self._mailbox = mailbox
        self._posted_ns: int | None = None

    def show(self, frame: Frame, now_ns: int) -> None:
        if self._posted_ns is not None and now_ns - self._posted_ns < EVERY_NS:
            return
        self._posted_ns = now_ns
        self._mailbox.post(withheld(frame.t_ns) if frame.is_private else packed(reduced(frame)), now_ns)


def reduced(frame: Frame) -> Frame:
    """No side is longer than SIDE_PX."""
    height, width = frame.image.shape[:2]
    scale = SIDE_PX / max(height, width)
    if scale >= 1:
        return frame
    size_px = max(1, round(width * scale)), max(1, round(height * scale))
    image = np.asarray(cv2.resize(frame.image, size_px, interpolation=cv2.INTER_AREA), np.uint8)
    return Frame(image, frame.t_ns, is_dark=frame.is_dark)
