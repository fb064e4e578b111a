"""Eyes that look at a video: the same sight in the calling process, on show time alone.

The same file gives the same sightings at any frame rate: looks are at whole tenths of a second, with so many
slices of projection between two, whoever asks when.
"""

from collections.abc import Callable
from typing import Final, Protocol

from installation.ports import NANOSECONDS, Image, Sighting
from installation.sight.sight import Sight

LOOK_NS: Final = NANOSECONDS // 10
SLICES_PER_S: Final = 8  # of projection: what is left of a slow machine beside the show


class Film(Protocol):
    """A video file as a camera: `installation.stage.footage.Footage`."""

    def at(self, t_ns: int) -> Image: ...


class RecordedEyes:
    """`Eyes` for a recording. `sight` measures nothing by the clock: its projections take all their steps."""

    is_live: Final = False

    def __init__(self, film: Film, sight: Sight) -> None:
        self._film, self._sight = film, sight
        self._num_looks = 0
        self._num_slices = 0
        self._asked: list[Callable[[], None]] = []

    def look(self, t_ns: int) -> Sighting:
        """What was seen at the last whole tenth of a second."""
        while self._num_looks * LOOK_NS <= t_ns:
            self._turn(self._num_looks * LOOK_NS)
            self._num_looks += 1
        return self._sight.sighting()

    def _turn(self, t_ns: int) -> None:
        """What is asked between two looks is heard at the second, whichever frame it came with."""
        for ask in self._asked:
            ask()
        self._asked.clear()
        num_due = t_ns * SLICES_PER_S // NANOSECONDS
        while self._num_slices < num_due:
            self._sight.work()
            self._num_slices += 1
        self._sight.look(self._film.at(t_ns), t_ns)

    def project(self, request: int, visitor: int) -> None:
        self._asked.append(lambda: self._sight.project(request, visitor))

    def forget(self) -> None:
        """At once: nothing is heard of it later."""
        self._asked.clear()
        self._sight.forget()

    def rest(self) -> None:
        """A file is nobody else's to open."""

    def wake(self) -> None:
        """It was not asleep."""
