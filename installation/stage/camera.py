"""A camera, or a video file in its place: pictures in shared memory, from a process of its own.

    the camera's process ── images ──▶ mailbox ──▶ whoever attaches itself
                         ── reports ─▶ a thread here: judged, killed, started again

Nobody here waits for a camera: `trouble` is a line, and where there is no picture the mailbox is empty.
"""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

from installation.stage.camera_device import Device, is_device
from installation.stage.camera_health import Record, judged
from installation.stage.camera_images import IMAGE_CAPACITY
from installation.stage.camera_lens import Opener, open_lens
from installation.stage.camera_process import REPORT_CAPACITY, heard, watch
from installation.stage.minder import Minder, Process
from installation.stage.shared import SharedLatest
from installation.stage.vigil import Patience, Verdict


class Camera:
    """A context, in which the camera is kept going."""

    def __init__(
        self,
        source: int | str | Path,
        say: Callable[[str], None],
        *,
        device: Device | None = None,
        open_: Opener = open_lens,
        patience: Patience | None = None,
    ) -> None:
        """`source` is an index, a device such as /dev/v4l/by-id/…, or a video file, which begins again at its
        end. `say` hears, in a thread, that the camera is in trouble, and that it is back; once each.
        """
        self._source = str(source)
        self._is_file = device is None and not is_device(self._source)
        self._device = device or Device(self._source)
        self._open, self._patience = open_, patience or Patience()
        self._record = Record(0)
        self._num_opens = 0  # in vain
        self._minder = Minder(
            f"camera {self._source}",
            self._start,
            self._judge,
            say,
            lose=self.wipe,
            patience=self._patience,
        )

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._images = stack.enter_context(closing(SharedLatest.create(IMAGE_CAPACITY)))
            self._reports = stack.enter_context(closing(SharedLatest.create(REPORT_CAPACITY)))
            stack.enter_context(self._minder)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, and leave nothing of any picture."""
        self._stack.close()

    @property
    def images(self) -> str:
        """The name of the mailbox, for `SharedLatest.attached` and `take_image` in any process."""
        return self._images.name

    @property
    def trouble(self) -> str:
        """What is the matter, in a line; "": nothing. Never waits."""
        return self._minder.trouble

    def wipe(self) -> None:
        """Leave nothing of any picture in the memory, until the next one is seen."""
        self._images.wipe()

    def rest(self) -> None:
        """Give the device free, for other programs, until `wake`; there are no pictures meanwhile."""
        self._minder.rest()
        self.wipe()

    def wake(self) -> None:
        """Take it again."""
        self._minder.wake()

    def _start(self) -> Process:
        self._device.is_there()  # by what name, it remembers
        self._reports.take()  # the last words of the process before
        self._record = Record(time.monotonic_ns())
        self._num_opens += 1
        names = self._images.name, self._reports.name
        process = multiprocessing.get_context("spawn").Process(
            target=watch,
            args=(*names, self._device, self._open, self._patience, self._is_file),
            name=f"camera {self._source}",
            daemon=True,
        )
        process.start()
        return process

    def _judge(self, _: int, now_ns: int) -> Verdict | None:
        report = self._reports.take()
        if report is not None:
            self._record = heard(self._record, report)
        if self._num_opens and self._record.first_ns is not None:
            self._num_opens = 0
            self._device.is_there()
        return judged(self._record, now_ns, is_file=self._is_file, num_opens=self._num_opens)
