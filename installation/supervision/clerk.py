"""Who writes: a thread of its own, so that no picture waits for a disk that is slow, full or stuck."""

from collections.abc import Callable
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import Final, Self

MOST_WAITING: Final = 1000  # pieces of work; what comes while so many wait is lost
END_S: Final = 3.0


class Clerk:
    """Does what it is given, one after the other, while it is a context; at its end what is left, but not for
    ever.
    """

    def __init__(self) -> None:
        self._waiting: Queue[Callable[[], None] | None] = Queue(MOST_WAITING)
        self._thread = Thread(target=self._live, name="clerk", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Full):
            self._waiting.put(None, timeout=END_S)
        self._thread.join(END_S)

    def do(self, work: Callable[[], None]) -> None:
        """Have it done. Never waits."""
        with suppress(Full):
            self._waiting.put_nowait(work)

    def _live(self) -> None:
        while (work := self._waiting.get()) is not None:
            with suppress(Exception):  # what can go wrong is said by the work itself; the thread lives on
                work()


class Complaint:
    """What keeps something from being written, said once, and again only after it has worked."""

    def __init__(self, what: str, say: Callable[[str], None]) -> None:
        self._what, self._say = what, say
        self._is_made = False

    def failed(self, error: OSError) -> None:
        if not self._is_made:
            self._is_made = True
            reason = error.strerror or type(error).__name__
            self._say(f"{self._what}: cannot be written ({reason}); the show goes on, and it is tried again")

    def worked(self) -> None:
        self._is_made = False
