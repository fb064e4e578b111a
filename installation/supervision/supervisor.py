"""The supervisor: a small process that owns the window, keeps a worker going, and is asked for no more.

It imports no network and no PyTorch. What draws may hang, crash or be killed: on the wall the latest picture
stays, until frames come again.
"""

import json
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Final

from installation.ports import NANOSECONDS, Command, Frame, Remote, Request, Sink
from installation.score.hours import Hours
from installation.score.resume import ResumeError, resume_in
from installation.stage.display_power import DisplayPower
from installation.stage.watch import Mark
from installation.supervision import frames
from installation.supervision.care import Care
from installation.supervision.health import Observer, Shown
from installation.supervision.logbook import Logbook, Timeline, events_between
from installation.supervision.mailboxes import Mailboxes
from installation.supervision.notify import Notifier
from installation.supervision.picture import Picture
from installation.supervision.preview import Preview
from installation.supervision.state import Keeper

DESK_NS: Final = 20 * NANOSECONDS  # where nothing is to be seen after so long, the desk is there to say why
STILL_S: Final = 1 / 30  # between two looks where no frames come


@dataclass(frozen=True, slots=True)
class Instruments:
    """What the loop tells of itself with; none of them ever makes it wait."""

    logbook: Logbook
    timeline: Timeline
    keeper: Keeper
    notifier: Notifier
    power: DisplayPower
    observer: Observer


class Supervisor:
    """The loop."""

    def __init__(
        self,
        hours: Hours,
        choreography: Path,
        sink: Sink,
        remotes: Sequence[Remote],
        mailboxes: Mailboxes,
        care: Care,
        instruments: Instruments,
    ) -> None:
        self._hours, self._choreography = hours, choreography
        self._sink, self._remotes = sink, remotes
        self._mailboxes, self._care, self._by = mailboxes, care, instruments
        self._picture, self._preview = Picture(), Preview(mailboxes.preview)
        self._shown = Shown()
        self._status: dict[str, Any] = {}
        self._marks: tuple[Mark | None, ...] = ()
        self._state = ""
        self._was_lost = False
        self._was_open: bool | None = None
        self._start_ns, self._started_utc_ns = time.monotonic_ns(), time.time_ns()

    def live(self, open_desk: Callable[[], object] = lambda: None) -> None:
        """Until the show is over, somebody leaves, or Ctrl-C. The desk is opened once there is something to
        see, or to put right.

        Raises:
            InputError: see `Care.tend`.
        """
        self._by.timeline.note("show", "begins")
        is_desk_open = False
        try:
            while not self._care.is_done:
                now_ns, utc_ns = time.monotonic_ns(), time.time_ns()
                if self._care.tend(now_ns):
                    self._picture.lose()
                is_open = self._follow_doors(utc_ns)
                self._show(now_ns, is_open=is_open)
                self._hear_status(now_ns)
                self._follow_files()
                self._tell_state()
                if not is_desk_open and (self._care.is_begun or now_ns - self._start_ns >= DESK_NS):
                    is_desk_open = True
                    open_desk()
                if Command.QUIT in set(self._asked()):
                    break
                self._wait()
        except KeyboardInterrupt:
            self._by.logbook.say("stopped")
        self._by.timeline.note("show", "ends")

    def _wait(self) -> None:
        """Until a frame comes, the worker ends, or it is time to look."""
        if self._care.bell in wait(self._care.waited_for, STILL_S):
            with suppress(BlockingIOError):
                self._care.bell.recv(4096)

    def _follow_doors(self, utc_ns: int) -> bool:
        """→ whether they are open."""
        is_open = self._hours.is_open(utc_ns)
        if is_open and self._was_open is False:
            self._care.free("the doors open:")
        self._was_open = is_open
        self._by.power.follow(utc_ns)
        return is_open

    def _follow_files(self) -> None:
        """What was wrong with a file may be put right."""
        marks = self._by.observer.marks
        if self._marks and marks != self._marks:
            self._care.free("files have changed:")
        self._marks = marks

    # -- the picture

    def _show(self, now_ns: int, *, is_open: bool) -> None:
        frame = self._picture.next(self._newest(now_ns), now_ns - self._start_ns, is_open=is_open)
        if frame is None:
            return
        self._sink.show(frame)
        self._preview.show(frame, now_ns)
        is_lost = bool(getattr(self._sink, "is_lost", False))
        if is_lost != self._was_lost:
            self._was_lost = is_lost
            self._by.timeline.note("window", "lost" if is_lost else "back")
        if not is_lost:
            self._shown.add(now_ns)
            self._by.notifier.shown(now_ns)

    def _newest(self, now_ns: int) -> Frame | None:
        """The worker's, if there is a new one."""
        stamped = self._mailboxes.frames.take()
        if stamped is None:
            return None
        pixels = memoryview(stamped.value)[frames.HEAD.size :]
        frame = frames.unpacked(stamped.value)
        self._care.framed(frame, lambda: zlib.crc32(pixels), now_ns)
        return frame

    # -- what is asked for, and what is told

    def _asked(self) -> Iterator[Request]:
        """What is asked for at the keyboard, and by signals; the worker hears of it."""
        for request in chain(self._sink.requests(), *(remote.requests() for remote in self._remotes)):
            if request not in (Command.QUIT, Command.TOGGLE_FULLSCREEN):
                self._mailboxes.keys.post(request)
            yield request

    def _hear_status(self, now_ns: int) -> None:
        """What the worker says of itself: what has happened goes on the timeline, where it stands is kept."""
        stamped = self._mailboxes.status.take()
        if stamped is None:
            return
        with suppress(ValueError, AttributeError):
            status = json.loads(stamped.value)
            for kind, text in events_between(self._status, status):
                self._by.timeline.note(kind, text)
            self._status = status
            self._keep(status.get("resume"), now_ns)

    def _keep(self, kept: object, now_ns: int) -> None:
        if kept is None or self._care.restarts.is_safe:
            return
        with suppress(ResumeError):
            resume = resume_in(kept)
            self._care.resume = kept if isinstance(kept, dict) else {}
            self._by.keeper.keep(resume, self._choreography, now_ns)

    def _tell_state(self) -> None:
        if self._state != self._care.state:
            self._state = self._care.state
            trouble = f" ({self._care.trouble})" if self._care.trouble else ""
            self._by.notifier.status(f"{self._state}{trouble}")

    def health(self) -> dict[str, Any]:
        """What the loop knows of it, as of the desks' health. Called in another thread."""
        care = self._care
        is_dark = self._was_open is False and care.state == "playing"
        return {
            "started_utc_ns": self._started_utc_ns,
            "worker": {
                "pid": care.pid,
                "state": "dark" if is_dark else care.state,
                "since_utc_ns": care.since_utc_ns,
                "num_restarts": care.num_restarts,
                "trouble": care.trouble,
            },
            "shown": self._shown.as_json(),
            "window": "lost; it is opened anew when it can be" if self._was_lost else "",
            "log": str(self._by.logbook.path),
        }
