"""The sight process, from its start to its end."""

import gc
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from installation.ports import NANOSECONDS, Sighting
from installation.sight.looking import Boxes, Looking
from installation.sight.report import Report, packed, report_type
from installation.sight.sight import Sight
from installation.stage.camera_images import take_image
from installation.stage.child import cause_of, num_cores, settle
from installation.stage.shared import SharedLatest

NICENESS = 19


@dataclass(frozen=True, slots=True)
class Names:
    """Of the mailboxes that connect it."""

    images: str
    asked: str
    reports: str


def live(make: Callable[[], Sight], names: Names, latent_shape: tuple[int, int]) -> NoReturn:
    """Look, until the process is ended. `make` reads the networks, here and not where it came from."""
    settle(NICENESS)
    images, asked, reports = map(SharedLatest.attached, (names.images, names.asked, names.reports))
    try:
        set_threads()
        boxes = Boxes(partial(take_image, images), images.wipe, asked, reports)
        sight = make()
        gc.freeze()  # what is forgotten is collected at once: not by way of all that was imported
        give_way()
        looking = Looking(sight, boxes, latent_shape, time.monotonic_ns)
        while True:
            time.sleep(looking.turn() / NANOSECONDS)
    except Exception as error:  # whatever it is: its traceback may hold pictures, and goes nowhere
        now_ns = time.monotonic_ns()
        last_words = Report(Sighting(trouble=cause_of(error)), now_ns, 0)
        reports.post(packed(last_words, report_type(*latent_shape)), now_ns)
    os._exit(1)


def give_way() -> None:
    """Run when nobody else wants the processor, where the system knows such a thing."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def set_threads() -> None:
    import cv2
    import torch

    torch.set_num_threads(num_threads(num_cores()))
    cv2.setNumThreads(1)


def num_threads(num_cores: int) -> int:
    """One where there are few cores: two threads beside a busy core are slower than one."""
    return 1 if num_cores < 4 else num_cores // 2
