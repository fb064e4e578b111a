"""What the system asks for: `kill -USR1 PID`, how the frames come; and that the program ends."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def ending_as_asked(say: Callable[[str], None]) -> Iterator[None]:
    """Whoever ends the program, a service manager or a closed terminal, ends it as Ctrl-C does: nothing is
    left open, and nothing in shared memory.
    """
    names = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    except KeyboardInterrupt:  # outside the loop, which has its own
        say("stopped")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
