"""The supervisor's hand on a worker: how it is started, asked to leave, ended, and what it leaves."""

import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Final

from installation.stage.shared import MEMORY, PREFIX
from installation.supervision.wires import Wires
from installation.supervision.worker import MOST_WORDS, Lines, Task

Target = Callable[[Task, Lines], None]
CHUNK: Final = 1 << 16
END_S: Final = 1.0
LONGEST_LINE: Final = 4096  # bytes; what is longer is told in pieces


class Hand:
    """A worker, from its start on. To be made in the main thread, with which it dies (Linux)."""

    def __init__(
        self, target: Target, task: Task, wires: Wires, bell: socket.socket, hear: Callable[[str], None]
    ) -> None:
        """`hear` is told, in a thread, each line that the worker or a library in it prints."""
        context = multiprocessing.get_context("spawn")
        self._words, words = context.Pipe(duplex=False)
        ear, output = context.Pipe(duplex=False) if sys.platform != "win32" else (None, None)
        lines = Lines(wires, bell, words, output)
        self.process: BaseProcess = context.Process(target=target, args=(task, lines), name="worker")
        self.process.start()
        words.close()
        self._listener: Thread | None = None
        if ear is not None and output is not None:
            output.close()
            self._listener = Thread(target=listen, args=(ear, hear), name="worker's lines", daemon=True)
            self._listener.start()

    @property
    def pid(self) -> int:
        return self.process.pid or 0

    @property
    def code(self) -> int | None:
        """What it has ended with; None while it lives."""
        return None if self.process.is_alive() else self.process.exitcode

    def let_go(self, wait_s: float = 0.2) -> str:
        """It has ended: → its last words. Nothing of what it kept in shared memory stays."""
        words = ""
        with suppress(EOFError, OSError):
            if self._words.poll():
                words = self._words.recv_bytes(MOST_WORDS).decode(errors="replace")
        self._words.close()
        if self._listener is not None:
            self._listener.join(wait_s)  # it may have children that still hold its output
        sweep_after(self.pid)
        self.process.close()
        return words


def let_nobody_stay() -> None:
    """End every process that this one has started: one whose start was interrupted is in nobody's hand, and
    would be waited for at the end of the program.
    """
    for child in multiprocessing.active_children():
        child.kill()
        child.join(END_S)


def listen(ear: Connection, hear: Callable[[str], None]) -> None:
    """Lines from a pipe, until nobody is left who could write into it."""
    rest = b""
    with ear:
        while chunk := os.read(ear.fileno(), CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                hear(line.decode(errors="replace").rstrip("\r"))
    if rest:
        hear(rest.decode(errors="replace"))


def sweep_after(pid: int) -> None:
    """Remove what a process that was killed has left in shared memory, a camera's pictures too (Linux)."""
    for path in MEMORY.glob(f"{PREFIX}-{pid}-*"):
        path.unlink(missing_ok=True)
        with suppress(Exception):
            resource_tracker.unregister(f"/{path.name}", "shared_memory")
