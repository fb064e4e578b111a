"""Eyes that are open: a camera and the sight, in processes of their own, and what they report.

    camera ── images ──▶ sight ── reports ──▶ here
                         sight ◀── asked ──── here

Whatever happens to either process, `look` reads memory and returns. One that has died or is silent is
replaced; one that was told to forget and has not in time is killed, for its memory is forgotten with it.
"""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from installation.ports import NANOSECONDS, Likeness, Sighting
from installation.sight.report import ASKED, Asked, Report, report_type, unpacked
from installation.sight.sight import Sight
from installation.sight.sight_process import Names, live
from installation.stage.camera import Camera
from installation.stage.minder import Minder, Process
from installation.stage.shared import SharedLatest
from installation.stage.vigil import Verdict, punctual

STALE_NS: Final = NANOSECONDS  # what was seen longer ago counts as nobody …
PROJECTING_STALE_NS: Final = 4 * NANOSECONDS  # … while a large generator may take seconds for a slice
START_NS: Final = 120 * NANOSECONDS  # to read the networks, on a machine that is busy
SILENT_NS: Final = 10 * NANOSECONDS
FORGET_NS: Final = 700_000_000  # with what it takes to notice and to kill: within a second
INTERRUPTED: Final = "it was interrupted"


class WatchingEyes:
    """`Eyes` on whoever stands before the camera. A context, in which they are open."""

    is_live: Final = True

    def __init__(
        self,
        source: int | str | Path,
        make: Callable[[], Sight],
        latent_shape: tuple[int, int],
        say: Callable[[str], None],
    ) -> None:
        """`source` is a camera or a video file, as of `Camera`. `make` is called in the sight's process, to
        which it is pickled. `say` hears, in a thread, what is the matter.
        """
        self._camera = Camera(source, say)
        self._make, self._latent_shape = make, latent_shape
        self._kind = report_type(*latent_shape)
        self._minder = Minder("sight", self._start, self._judge, say, lose=self._lose)
        self._asked, self._asked_ns, self._forget_ns = Asked(), 0, 0
        self._report = Report(Sighting(), 0, 0)
        self._reported_ns = -SILENT_NS
        self._is_resting = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            create, enter = SharedLatest.create, stack.enter_context
            self._reports = enter(closing(create(self._kind.itemsize)))
            self._requests = enter(closing(create(ASKED.itemsize)))
            self._judged = enter(closing(SharedLatest.attached(self._reports.name)))  # as the minder reads
            self._judged_report: Report | None = None
            self._judged_ns: int | None = None
            enter(self._camera)
            enter(self._minder)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, and leave nothing of what they saw."""
        self._stack.close()
        self._report = Report(Sighting(), 0, 0)

    # -- what the show asks

    def look(self, t_ns: int) -> Sighting:
        """The newest report. Some microseconds; the clock is the machine's, whatever the show's says."""
        if self._is_resting:  # though its process may have spoken once more
            return Sighting()
        stamped = self._reports.take()
        if stamped is not None:
            report = unpacked(stamped.value, self._kind)
            if report.num_forgets == self._asked.num_forgets:  # else: of before the latest forgetting
                self._report, self._reported_ns = report, stamped.t_ns
        likeness = self._likeness()
        is_waiting = self._asked.request > 0 and likeness is None
        age_ns = time.monotonic_ns() - self._reported_ns
        is_stale = age_ns > (PROJECTING_STALE_NS if is_waiting else STALE_NS)
        visitors = () if is_stale else self._report.sighting.visitors
        return Sighting(visitors, likeness, self._camera.trouble or self._minder.trouble)

    def _likeness(self) -> Likeness | None:
        """The answer to the latest request."""
        likeness, request = self._report.sighting.likeness, self._asked.request
        if not request:
            return None
        if likeness is not None and likeness.request == request:
            return likeness
        if self._report.born_ns > self._asked_ns:  # another process than was asked
            return Likeness(request, doubts=(INTERRUPTED,))
        return None

    def project(self, request: int, visitor: int) -> None:
        self._ask(replace(self._asked, request=request, visitor=visitor))

    def forget(self) -> None:
        """Also what is here, and on its way here."""
        seen = self._report.sighting.visitors
        nameless = tuple(replace(visitor, closure=None, aus=None) for visitor in seen)
        self._report = replace(self._report, sighting=Sighting(nameless))
        self._forget_ns = time.monotonic_ns()
        self._ask(Asked(num_forgets=self._asked.num_forgets + 1))
        self._reports.wipe()
        self._camera.wipe()

    def rest(self) -> None:
        """Without a camera and without the sight: their processes end, and with them all that they know."""
        if not self._is_resting:
            self._is_resting = True
            self._camera.rest()
            self._minder.rest()
            self.forget()
            self._report = Report(Sighting(), 0, 0)

    def wake(self) -> None:
        """Within some seconds: the sight has to read its networks."""
        if self._is_resting:
            self._is_resting = False
            self._camera.wake()
            self._minder.wake()

    def _ask(self, asked: Asked) -> None:
        self._asked, self._asked_ns = asked, time.monotonic_ns()
        self._requests.post(asked.packed(), self._asked_ns)

    # -- how the process is, in the minder's thread

    def _start(self) -> Process:
        names = Names(self._camera.images, self._requests.name, self._reports.name)
        process = multiprocessing.get_context("spawn").Process(
            target=live, args=(self._make, names, self._latent_shape), name="sight", daemon=True
        )
        process.start()
        self._process = process
        return process

    def _judge(self, started_ns: int, now_ns: int) -> Verdict | None:
        stamped = self._judged.take()
        if stamped is not None:
            newest = unpacked(stamped.value, self._kind)
            unseen = Sighting(trouble=newest.sighting.trouble)  # who was seen is not for this thread to keep
            self._judged_ns, self._judged_report = stamped.t_ns, replace(newest, sighting=unseen)
        report = self._judged_report
        if report is None or self._judged_ns is None or self._judged_ns < started_ns:
            return punctual(None, started_ns, now_ns, START_NS, SILENT_NS)
        if report.sighting.trouble:
            return Verdict(report.sighting.trouble)
        is_behind = report.num_forgets != self._asked.num_forgets
        if is_behind and now_ns - self._forget_ns >= FORGET_NS:
            self._process.kill()  # now, and not when the minder's patience ends
            return Verdict("does not forget in time")
        return punctual(self._judged_ns, started_ns, now_ns, START_NS, SILENT_NS)

    def _lose(self) -> None:
        """A process has gone wrong, or has ended: nothing that it has left is believed."""
        self._reports.wipe()
