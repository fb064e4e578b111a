"""A Remote that is the system's: `kill -USR1 PID` asks how the frames come."""

import signal
from collections.abc import Iterator
from types import FrameType

from installation.ports import Command

NAME = "SIGUSR1"  # Windows has none


class SignalRemote:
    """Commands by signal, from its making to `close`; to be made in the main thread."""

    def __init__(self) -> None:
        self._asked = 0
        self._number = getattr(signal, NAME, None)
        if self._number is not None:
            self._before = signal.signal(self._number, self._note)

    def requests(self) -> Iterator[Command]:
        """REPORT for what has come since the last call."""
        while self._asked:
            self._asked -= 1
            yield Command.REPORT

    def close(self) -> None:
        if self._number is not None:
            signal.signal(self._number, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = 1  # however often: one answer serves all
