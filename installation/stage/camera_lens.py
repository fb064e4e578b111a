"""What pictures come from: a device that the system knows, or a video file in real time."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np

from installation.errors import InputError
from installation.ports import NANOSECONDS, Image
from installation.stage.camera_device import is_device

SIZE_PX: Final = (1280, 720)  # asked for; a camera gives what it can
STEP_NS: Final = NANOSECONDS // 30  # between a file's pictures
NUM_MISSES: Final = 5  # a picture may be spoilt on its way
MISS_S: Final = 0.02


class Lens(Protocol):
    """What pictures come from."""

    def read(self) -> Image:
        """Wait for the next picture, RGB uint8 [H, W, 3].

        Raises:
            InputError: there will be none.
        """
        ...

    def close(self) -> None: ...


Opener = Callable[[str], Lens]


def open_lens(source: str) -> Lens:
    """The device or file.

    Raises:
        InputError: it cannot be opened.
    """
    return DeviceLens(source) if is_device(source) else FootageLens(source)


class DeviceLens:
    """A camera that the system knows."""

    def __init__(self, source: str) -> None:
        backend = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
        self._capture = cv2.VideoCapture(int(source) if source.isdecimal() else source, backend)
        if not self._capture.isOpened():
            raise InputError("it cannot be opened")
        # In this order: most cameras have 30 of so large pictures a second only if they may compress them.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, SIZE_PX[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, SIZE_PX[1])
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> Image:
        for _ in range(NUM_MISSES):
            is_read, image = self._capture.read()
            if is_read:
                return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
            time.sleep(MISS_S)
        raise InputError("it gives no pictures any more")

    def close(self) -> None:
        self._capture.release()


class FootageLens:
    """A video file, in real time."""

    def __init__(self, source: str) -> None:
        from installation.stage.footage import Footage  # its library is nothing that a device needs

        self._footage = Footage(Path(source))
        self._start_ns = self._due_ns = time.monotonic_ns()

    def read(self) -> Image:
        now_ns = time.monotonic_ns()
        time.sleep(max(0, self._due_ns - now_ns) / NANOSECONDS)
        self._due_ns = max(self._due_ns, now_ns) + STEP_NS
        return self._footage.at(time.monotonic_ns() - self._start_ns)

    def close(self) -> None:
        self._footage.close()
