"""How worker, screen and machine are: told to the desks once a second, by a thread of its own."""

import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final, Self

import psutil

from installation.ports import NANOSECONDS
from installation.stage.frame_times import Histogram
from installation.stage.shared import SharedLatest
from installation.stage.watch import Mark, mark_of

VERSION: Final = 1
EVERY_S: Final = 1.0
STRETCH_NS: Final = 60 * NANOSECONDS
MEGABYTE: Final = 2**20
PROCESSOR_SENSORS: Final = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "acpitz")


class Shown:
    """How the frames come to the screen: in the minute before this one; in this one until there was one."""

    def __init__(self) -> None:
        self.num = 0
        self._told, self._counted = Histogram(), Histogram()
        self._last_ns: int | None = None
        self._since_ns = 0

    def add(self, now_ns: int) -> None:
        """A frame has been shown."""
        self.num += 1
        if self._last_ns is None:
            self._since_ns = now_ns
        else:
            self._counted.add(now_ns - self._last_ns)
        self._last_ns = now_ns
        if now_ns - self._since_ns >= STRETCH_NS:
            self._told, self._counted, self._since_ns = self._counted, Histogram(), now_ns

    def as_json(self) -> dict[str, float | int | None]:
        times = self._told if self._told.num else self._counted
        if not times.num or not times.total_ns:
            return {"fps": None, "p50_ms": None, "p99_ms": None, "num": self.num}
        return {
            "fps": round(times.num * NANOSECONDS / times.total_ns, 1),
            "p50_ms": times.percentile_ms(50),
            "p99_ms": times.percentile_ms(99),
            "num": self.num,
        }


class Observer:
    """Posts the health while it is a context, and sees whether files have changed."""

    def __init__(
        self,
        mailbox: SharedLatest,
        worker: Callable[[], int | None],
        folder: Path,
        files: Sequence[Path],
    ) -> None:
        """`worker` is whose memory counts; it is asked in the thread."""
        self.tell: Callable[[], dict[str, Any]] = dict  # what the loop knows; asked in the thread, too
        self.marks: tuple[Mark | None, ...] = ()  # of the files, when they were last looked at
        self._mailbox, self._worker = mailbox, worker
        self._folder, self._files = folder, files
        self._stop = Event()
        self._thread = Thread(target=self._live, name="health", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(2 * EVERY_S)

    def look(self) -> None:
        """Once."""
        self.marks = tuple(mark_of(path) for path in self._files)
        health = {"version": VERSION, "utc_ns": time.time_ns(), "pid": os.getpid(), **self.tell()}
        health |= {
            "memory_mb": memory_mb(self._worker()),
            "temperature_c": temperature_c(),
            "cpu_percent": psutil.cpu_percent(),
            "disk_free_mb": disk_free_mb(self._folder),
        }
        self._mailbox.post(json.dumps(health).encode(), time.monotonic_ns())

    def _live(self) -> None:
        while not self._stop.is_set():
            with suppress(Exception):  # whatever it is that cannot be told, the rest is, a second later
                self.look()
            self._stop.wait(EVERY_S)


def memory_mb(worker: int | None) -> dict[str, float | None]:
    """What is held: by this process, by the worker, and by all together."""
    mine = psutil.Process()
    theirs: float | None = None
    together = held_mb(mine)
    for process in mine.children(recursive=True):
        with suppress(psutil.Error):
            held = held_mb(process)
            together += held
            theirs = held if process.pid == worker else theirs
    return {"supervisor": round(held_mb(mine), 1), "worker": theirs, "all": round(together, 1)}


def held_mb(process: psutil.Process) -> float:
    return round(float(process.memory_info().rss) / MEGABYTE, 1)


def temperature_c() -> float | None:
    """Of the processor, or of the hottest thing that can be asked; None where nothing can."""
    sensors: Any = getattr(psutil, "sensors_temperatures", dict)()
    named = [entry for name in PROCESSOR_SENSORS for entry in sensors.get(name, [])]
    entries = named or [entry for entries in sensors.values() for entry in entries]
    return max((float(entry.current) for entry in entries if entry.current), default=None)


def disk_free_mb(folder: Path) -> float | None:
    """Where the state is kept."""
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), None)
    return None if there is None else round(psutil.disk_usage(str(there)).free / MEGABYTE, 1)
