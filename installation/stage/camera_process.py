"""The process that holds the camera: a driver that hangs or crashes takes nothing else with it.

It starts fast, for it is started again whenever its camera hangs: no network and no window here. For a camera
that is gone it waits by itself.
"""

import time
import zlib
from contextlib import closing
from dataclasses import astuple
from struct import Struct
from typing import Final

import cv2
import numpy as np

from installation.errors import InputError
from installation.ports import Image
from installation.stage.camera_device import Device
from installation.stage.camera_health import BLACK, Look, Record, seen, wished
from installation.stage.camera_images import fitted, post_image
from installation.stage.camera_lens import Lens, Opener
from installation.stage.child import cause_of, settle
from installation.stage.latest import Stamped
from installation.stage.shared import SharedLatest
from installation.stage.vigil import Patience

REPORT_CAPACITY: Final = 1024
LOOK: Final = Struct("=?dI")  # a report of a picture; of none, it is a zero and the reason
GLANCE_S: Final = 0.1  # at where a device should be, while it is not there
LUMINANCE: Final = np.array([0.299, 0.587, 0.114])  # of red, green and blue (ITU-R BT.601)


def watch(
    images: str, reports: str, device: Device, open_: Opener, patience: Patience, is_file: bool
) -> None:
    """The process: what the device shows goes into one mailbox, and what is known of that into the other.

    A picture that is black, or that a camera has shown before, is nobody's to see: it is not posted.
    """
    settle()
    cv2.setNumThreads(1)
    with closing(SharedLatest.attached(images)) as shown, closing(SharedLatest.attached(reports)) as known:
        try:
            _keep_trying(device, open_, patience, shown, known, is_file)
        except Exception as error:  # whatever it is, whoever looks after this process hears of it
            _tell(known, cause_of(error))


def heard(record: Record, report: Stamped[bytes]) -> Record:
    """The record, after what the process has reported."""
    if report.value[0]:
        _, luminance, digest = LOOK.unpack(report.value)
        return seen(record, Look(luminance, digest), report.t_ns)
    return wished(record, report.value[1:].decode(errors="replace"), report.t_ns)


def look_at(image: Image) -> Look:
    """What is to be known of a picture, RGB uint8 [H, W, 3], contiguous."""
    return Look(float(np.dot(cv2.mean(image)[:3], LUMINANCE)), zlib.crc32(image.data))


def _keep_trying(
    device: Device, open_: Opener, patience: Patience, shown: SharedLatest, known: SharedLatest, is_file: bool
) -> None:
    num_tries, bad_ns = 0, time.monotonic_ns()
    while True:
        tried_ns = time.monotonic_ns()
        try:
            _tell(known, "")
            with closing(open_(device.where())) as lens:
                _look_on(lens, shown, known, is_file=is_file)
        except InputError as error:
            now_ns = time.monotonic_ns()
            if now_ns - tried_ns >= patience.steady_ns:
                num_tries, bad_ns = 0, now_ns
            pause_ns = patience.pause_ns(num_tries, now_ns - bad_ns)
            is_found = _wait(device, now_ns + pause_ns, known, cause_of(error))
            num_tries = 0 if is_found else num_tries + 1


def _look_on(lens: Lens, shown: SharedLatest, known: SharedLatest, *, is_file: bool) -> None:
    digest = None
    while True:
        image = fitted(lens.read())
        look, t_ns = look_at(image), time.monotonic_ns()
        if look.luminance >= BLACK and (is_file or look.digest != digest):
            post_image(shown, image, t_ns)
        known.post(LOOK.pack(True, *astuple(look)), t_ns)
        digest = look.digest


def _wait(device: Device, until_ns: int, known: SharedLatest, reason: str) -> bool:
    """Until then, or until a device that was not there is; → whether it is."""
    was_there = device.is_there()
    while time.monotonic_ns() < until_ns:
        _tell(known, reason)
        time.sleep(GLANCE_S)
        if not was_there and device.is_there():
            return True
    return False


def _tell(known: SharedLatest, reason: str) -> None:
    """The camera is to be opened; for what reason not yet."""
    known.post(b"\0" + reason.encode()[: REPORT_CAPACITY - 1], time.monotonic_ns())
