"""The sight process: looks at the camera's images, projects in between, and reports.

It takes what the show leaves: it runs when nobody else wants the processor, and gives what a look does not
take to projection, a slice at a time, so that nothing that is asked waits for longer than a slice and a look.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from installation.ports import NANOSECONDS, Image
from installation.sight.report import Asked, Report, packed, report_type
from installation.sight.sight import Sight
from installation.stage.latest import Stamped

ATTENTIVE_NS: Final = NANOSECONDS // 12  # from look to look while somebody is there …
IDLE_NS: Final = NANOSECONDS // 4  # … and while nobody is: a gallery's electricity
PROJECTING_NS: Final = 350_000_000  # … and while a face is projected
BLIND_NS: Final = NANOSECONDS  # without an image for so long, nobody is seen
BEAT_NS: Final = NANOSECONDS // 2  # a report at least so often
SHORTEST_NAP_NS, LONGEST_NAP_NS = 5_000_000, 20_000_000  # in which nothing that is asked is heard


class Box(Protocol):
    """A mailbox: `installation.stage.shared.SharedLatest`."""

    def post(self, payload: bytes, t_ns: int) -> None: ...

    def take(self) -> Stamped[bytes] | None: ...

    def wipe(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Boxes:
    """What the process is connected by. `images` gives the newest one that was not taken yet."""

    images: Callable[[], Stamped[Image] | None]
    wipe_images: Callable[[], None]
    asked: Box
    reports: Box


class Looking:
    """The process's work, a turn at a time. `now_ns` is the clock of the mailboxes."""

    def __init__(
        self, sight: Sight, boxes: Boxes, latent_shape: tuple[int, int], now_ns: Callable[[], int]
    ) -> None:
        self._sight, self._boxes, self._now_ns = sight, boxes, now_ns
        self._kind = report_type(*latent_shape)
        self._born_ns = self._looked_ns = self._image_ns = self._told_ns = now_ns()
        self._asked = Asked()

    def turn(self) -> int:
        """Do what is to be done now; → for how many nanoseconds there is nothing."""
        self._listen()
        has_news = self._look() if self._now_ns() >= self._due_ns() else False
        has_worked = self._sight.work()
        has_news |= has_worked and self._sight.sighting().likeness is not None
        if has_news or self._now_ns() - self._told_ns >= BEAT_NS:
            self._tell()
        if has_worked:
            return 0
        return min(LONGEST_NAP_NS, max(SHORTEST_NAP_NS, self._due_ns() - self._now_ns()))

    def _due_ns(self) -> int:
        """When to look again; one that took long does not keep projection from its slice."""
        if self._sight.is_projecting:
            return self._looked_ns + PROJECTING_NS
        return self._looked_ns + (ATTENTIVE_NS if self._sight.is_anybody_there else IDLE_NS)

    def _look(self) -> bool:
        """Whether there is anything new to tell."""
        now_ns = self._now_ns()
        stamped = self._boxes.images()
        if stamped is None:
            is_blind = now_ns - self._image_ns > BLIND_NS and self._sight.is_anybody_there
            if is_blind:
                self._sight.lose()
            return is_blind
        self._looked_ns, self._image_ns = now_ns, stamped.t_ns
        self._sight.look(stamped.value, stamped.t_ns)
        return True

    def _listen(self) -> None:
        """Do what is asked. What was asked of a process before this one died with it."""
        stamped = self._boxes.asked.take()
        if stamped is None:
            return
        asked, before = Asked.unpacked(stamped.value), self._asked
        self._asked = asked
        if asked.num_forgets != before.num_forgets:
            self._forget()
        is_new = asked.request not in (0, before.request)
        if is_new and stamped.t_ns >= self._born_ns:
            self._sight.project(asked.request, asked.visitor)

    def _forget(self) -> None:
        self._sight.forget()
        self._boxes.wipe_images()
        self._boxes.reports.wipe()
        gc.collect()  # what referred to itself held pictures
        self._tell()

    def _tell(self) -> None:
        self._told_ns = self._now_ns()
        report = Report(self._sight.sighting(), self._born_ns, self._asked.num_forgets)
        self._boxes.reports.post(packed(report, self._kind), self._told_ns)
