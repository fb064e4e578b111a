"""A frame on its way from the process that draws it to the one that shows it: a head, then the pixels."""

import json
from pathlib import Path
from struct import Struct
from typing import Final

import numpy as np
from safetensors import SafetensorError, safe_open

from installation.ports import Frame, Image

HEAD: Final = Struct("=qHHB")  # show time, height, width, what kind
PRIVATE, DARK, WITHHELD, STILL = 1, 2, 4, 8
MOST_PX: Final = 4096  # a side
USUAL_PX: Final = 256  # a side of the shipped portrait


def capacity(side_px: int) -> int:
    """Of a mailbox for frames of that side."""
    return HEAD.size + side_px * side_px * 3


def packed(frame: Frame) -> bytes:
    image = np.ascontiguousarray(frame.image)
    kind = PRIVATE * frame.is_private | DARK * frame.is_dark | STILL * frame.is_still
    return b"".join((HEAD.pack(frame.t_ns, *image.shape[:2], kind), image.data))


def withheld(t_ns: int) -> bytes:
    """In the place of a frame that is not to be seen elsewhere: it has no pixels."""
    return HEAD.pack(t_ns, 0, 0, PRIVATE | WITHHELD)


def is_withheld(payload: bytes) -> bool:
    return bool(HEAD.unpack_from(payload)[3] & WITHHELD)


def unpacked(payload: bytes) -> Frame:
    """The frame, whose picture [H, W, 3] lies in the payload itself and is to be read only."""
    t_ns, height, width, kind = HEAD.unpack_from(payload)
    image: Image = np.frombuffer(payload, np.uint8, offset=HEAD.size, count=height * width * 3)
    kinds = (bool(kind & each) for each in (PRIVATE, DARK, STILL))
    return Frame(image.reshape(height, width, 3), t_ns, *kinds)


def side_of(weights: Path) -> int:
    """The side in pixels of the pictures that a weights file draws; USUAL_PX of one that cannot be read:
    whoever is to draw with it says what is wrong with it.
    """
    try:
        with safe_open(weights, framework="np") as file:
            side = json.loads((file.metadata() or {})["architecture"])["resolution"]
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return USUAL_PX
    return side if isinstance(side, int) and 0 < side <= MOST_PX else USUAL_PX
