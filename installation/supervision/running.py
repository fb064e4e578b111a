"""Who plays here: a show says so in running.json, for desks and the doctor; and its folder is its own."""

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from installation.saving import PRIVATE, replace_file
from installation.supervision.wires import Wires

LOCK: Final = "show.lock"
MOST_BYTES: Final = 1 << 14
_MAILBOX: Final = re.compile("[A-Za-z0-9_-]{1,64}")
_ADDRESS: Final = re.compile(r"\[?([0-9A-Za-z.:-]{1,253})\]?:([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Running:
    """Who plays here now."""

    pid: int
    wires: Wires
    desk: tuple[str, int] | None  # where the site's own desk is


# --- for the show -------------------------------------------------------------------------------------------


@contextmanager
def announced(path: Path, wires: Wires, desk: tuple[str, int] | None) -> Iterator[None]:
    """Meanwhile a file says who plays here, by which mailboxes, and where the site's desk is: whoever may
    read it may ask for things.
    """
    who: dict[str, Any] = {"pid": os.getpid(), "started_utc_ns": time.time_ns(), "wires": asdict(wires)}
    host, port = desk or ("", 0)
    who["desk"] = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}") if desk else None
    with suppress(OSError):  # a disk that is full: the show goes on without being found
        replace_file(path, json.dumps(who).encode(), mode=PRIVATE)
    try:
        yield
    finally:
        with suppress(OSError):
            running = running_of(path.read_bytes())
            if running is not None and running.pid == os.getpid():
                path.unlink()


@contextmanager
def folder_alone(folder: Path, say: Callable[[str], None]) -> Iterator[Path]:
    """The folder, for one show; another one that begins meanwhile keeps what it keeps in one that goes with
    it, and leaves the first one's alone.
    """
    if sys.platform == "win32":
        yield folder
        return
    import fcntl

    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        lock = (folder / LOCK).open("ab")
    except OSError:  # what is kept there will say why
        yield folder
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{folder}: another show has it; this one keeps nothing, unless XDG_STATE_HOME names its own")
            with TemporaryDirectory(prefix="portrait-", ignore_cleanup_errors=True) as own:
                yield Path(own)
            return
        except OSError:  # a disk of the network's that knows no locks
            pass
        yield folder


# --- for others ---------------------------------------------------------------------------------------------


def running_at(path: Path) -> Running | None:
    """The show that runs on this machine, as far as can be told; None: none does."""
    try:
        running = running_of(path.read_bytes())
    except OSError:
        return None
    return running if running is not None and psutil.pid_exists(running.pid) else None


def running_of(raw: bytes) -> Running | None:
    """What a running.json says; None where it says something else."""
    try:
        said: Any = json.loads(raw) if len(raw) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    pid, wires, desk = said.get("pid"), said.get("wires"), said.get("desk")
    names = [field.name for field in fields(Wires)]
    if type(pid) is not int or pid <= 0 or not isinstance(wires, dict) or sorted(wires) != sorted(names):
        return None
    if not all(isinstance(name, str) and _MAILBOX.fullmatch(name) for name in wires.values()):
        return None
    if desk is None:
        return Running(pid, Wires(**wires), None)
    address = _ADDRESS.fullmatch(desk) if isinstance(desk, str) else None
    return Running(pid, Wires(**wires), (address[1], int(address[2]))) if address else None
