"""From a thread to the loop: a mailbox of one slot, in which the newest wins.

Whatever is slow or can stall (a disk, a camera, a network) lives in a thread of its own. The loop takes what
is there and never waits; what comes too fast for it is lost, not queued.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stamped(Generic[T]):
    """A value, and when it was posted, in nanoseconds of the clock of its mailbox."""

    value: T = field(repr=False)  # it may be a picture of somebody
    t_ns: int


class Latest(Generic[T]):
    """The mailbox. Its reader learns what the thread that writes has died of."""

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._now_ns = now_ns
        self._slot: deque[Stamped[T]] = deque(maxlen=1)  # whose append and pop need no lock
        self._cause: BaseException | None = None

    def post(self, value: T) -> None:
        """Put a value in the place of the one before, whether or not that was taken."""
        self._slot.append(Stamped(value, self._now_ns()))

    def take(self) -> Stamped[T] | None:
        """The newest value; None where it has been taken. Never waits.

        Raises:
            BaseException: what the writing thread has died of, once its last value is taken.
        """
        cause = self._cause  # before the slot: what is posted, is posted alive
        with suppress(IndexError):
            return self._slot.pop()
        if cause is not None:
            raise cause
        return None

    def fed_by(self, work: Callable[[], None], name: str) -> Thread:
        """Start the thread that writes. Nobody who leaves has to wait for it."""

        def live() -> None:
            try:
                work()
            except BaseException as cause:  # whatever it is: the reader judges
                self._cause = cause

        thread = Thread(target=live, name=name, daemon=True)
        thread.start()
        return thread
