"""A camera, or a video file in its place: pictures in shared memory, from a process of its own.

    the camera's process ── images ──▶ mailbox ──▶ whoever attaches itself
                         ── reports ─▶ a thread here: judged, killed, started again

Nobody here waits for a camera: `trouble` is a line, and where there is no picture the mailbox is empty.
"""

import multiprocessing
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

from installation.stage.camera_device import Device, is_device
from installation.stage.camera_health import Record, judged, seen
from installation.stage.camera_images import IMAGE_CAPACITY, post_image, take_image
from installation.stage.camera_process import REPORT_CAPACITY, Opener, open_lens, reported, watch
from installation.stage.minder import Minder, Process
from installation.stage.shared import SharedLatest
from installation.stage.vigil import Verdict

__all__ = ["Camera", "post_image", "take_image"]


class Camera:
    """A context, in which the camera is kept going."""

    def __init__(
        self,
        source: int | str | Path,
        say: Callable[[str], None],
        *,
        device: Device | None = None,
        open_: Opener = open_lens,
    ) -> None:
        """`source` is an index, a device such as /dev/v4l/by-id/…, or a video file, which begins again at its
        end. `say` hears, in a thread, that the camera is in trouble, and that it is back; once each.
        """
        self._source = str(source)
        self._is_file = device is None and not is_device(self._source)
        self._device = device or Device(self._source)
        self._open = open_
        self._is_missed = False
        self._minder = Minder(
            f"camera {self._source}",
            self._start,
            self._judge,
            say,
            lose=self.wipe,
            is_promising=lambda: self._is_missed and self._device.is_there(),
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

    def _start(self) -> Process:
        self._is_missed = not self._device.is_there()
        where = self._device.where()
        self._reports.take()  # the last words of the process before
        self._record: Record | None = None
        self._reason = ""
        process = multiprocessing.get_context("spawn").Process(
            target=watch,
            args=(self._images.name, self._reports.name, self._open, where, self._is_file),
            name=f"camera {self._source}",
            daemon=True,
        )
        process.start()
        return process

    def _judge(self, started_ns: int, now_ns: int) -> Verdict | None:
        record = Record(started_ns) if self._record is None else self._record
        report = self._reports.take()
        if report is not None:
            said = reported(report.value, report.t_ns)
            if isinstance(said, str):
                self._reason = said
            else:
                record = seen(record, said)
        self._record = record
        return Verdict(self._reason) if self._reason else judged(record, now_ns, is_file=self._is_file)
