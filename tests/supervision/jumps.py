"""A worker whose civil clock somebody sets: the real show, with `time.time_ns` moved by what a file says."""

import time
from functools import partial
from pathlib import Path

from installation.supervision.hand import Target
from installation.supervision.worker import Lines, Task, work


def set_clock(path: Path) -> None:
    """From now on this process's civil time is wrong by the nanoseconds in the file."""
    true_ns, known, asked_ns = time.time_ns, [0], [0]

    def now_ns() -> int:
        if time.monotonic_ns() - asked_ns[0] > 20_000_000:
            asked_ns[0] = time.monotonic_ns()
            text = path.read_text() if path.is_file() else ""
            known[0] = int(text) if text else known[0]
        return true_ns() + known[0]

    time.time_ns = now_ns


def live(task: Task, lines: Lines, path: Path) -> None:
    set_clock(path)
    work(task, lines)


def jumping(path: Path) -> Target:
    return partial(live, path=path)
