"""The process that holds the camera: a driver that hangs or crashes takes nothing else with it.

It starts fast, for it is started again whenever its camera is in trouble: no network and no window here.
"""

import sys
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from struct import Struct
from typing import Final, Protocol

import cv2
import numpy as np

from installation.errors import InputError
from installation.ports import NANOSECONDS, Image
from installation.stage.camera_device import is_device
from installation.stage.camera_health import BLACK, Look
from installation.stage.camera_images import LONGEST_SIDE_PX, fitted, post_image
from installation.stage.child import cause_of, settle
from installation.stage.footage import Footage
from installation.stage.shared import SharedLatest

SIZE_PX: Final = (LONGEST_SIDE_PX, 720)
STEP_NS: Final = NANOSECONDS // 30  # between a file's pictures
NUM_MISSES: Final = 5  # a picture may be spoilt on its way
MISS_S: Final = 0.02

LOOK: Final = Struct("=dI")  # luminance and digest; then a reason, where it has ended
REPORT_CAPACITY: Final = 1024
LUMINANCE: Final = np.array([0.299, 0.587, 0.114])  # of red, green and blue (ITU-R BT.601)


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
        self._footage = Footage(Path(source))
        self._start_ns = self._due_ns = time.monotonic_ns()

    def read(self) -> Image:
        now_ns = time.monotonic_ns()
        time.sleep(max(0, self._due_ns - now_ns) / NANOSECONDS)
        self._due_ns = max(self._due_ns, now_ns) + STEP_NS
        return self._footage.at(time.monotonic_ns() - self._start_ns)

    def close(self) -> None:
        self._footage.close()


def watch(images: str, reports: str, open_: Opener, source: str, is_file: bool) -> None:
    """The process: what the source shows into one mailbox, and what is known of that into the other.

    A picture that is black, or that a camera has shown before, is nobody's to see: it is not posted.
    """
    settle()
    cv2.setNumThreads(1)
    with closing(SharedLatest.attached(images)) as shown, closing(SharedLatest.attached(reports)) as known:
        try:
            with closing(open_(source)) as lens:
                _look_on(lens, shown, known, is_file=is_file)
        except Exception as error:  # whatever it is, whoever looks after it hears of it
            known.post(LOOK.pack(0, 0) + cause_of(error).encode()[: REPORT_CAPACITY - LOOK.size], _now_ns())


def _look_on(lens: Lens, shown: SharedLatest, known: SharedLatest, *, is_file: bool) -> None:
    digest = None
    while True:
        image = fitted(lens.read())
        look = look_at(image, _now_ns())
        if look.luminance >= BLACK and (is_file or look.digest != digest):
            post_image(shown, image, look.t_ns)
        known.post(LOOK.pack(look.luminance, look.digest), look.t_ns)
        digest = look.digest


def look_at(image: Image, t_ns: int) -> Look:
    """What is to be known of a picture, RGB uint8 [H, W, 3], contiguous."""
    return Look(t_ns, float(np.dot(cv2.mean(image)[:3], LUMINANCE)), zlib.crc32(image.data))


def reported(payload: bytes, t_ns: int) -> Look | str:
    """What a report says: a picture, or why there will be none."""
    luminance, digest = LOOK.unpack_from(payload)
    reason = payload[LOOK.size :].decode(errors="replace")
    return reason or Look(t_ns, luminance, digest)


def _now_ns() -> int:
    return time.monotonic_ns()
