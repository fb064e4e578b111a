"""A file that somebody edits while it is in use: its contents, each time that a save is complete.

Editors save in every way: in place, in parts, by a temporary file that takes over the name, by deleting the
file and writing it anew; tools put a link in its place. So it is the folder that is watched, and that of a
link's target. Notices of changes make it fast; that the file is looked at all the time makes it sure, for a
drive that is unplugged, or written to from another machine, gives no notice.
"""

import os
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event
from typing import Final

import watchfiles

from installation.ports import NANOSECONDS

LOOK_MS: Final = 100
SETTLE_NS: Final = 300_000_000  # a file to which nothing has happened for so long is complete
MISSING_NS: Final = 2 * NANOSECONDS  # one that is away for less is being saved
MOST_BYTES: Final = 1 << 20  # so much is read of a longer file, which nobody has written by hand

Mark = tuple[int, ...]


def contents(path: Path, stop: Event, say: Callable[[str], None]) -> Iterator[bytes | OSError]:
    """What is in the file, now and after each save, or why it cannot be read; ends when told to stop."""
    return settled(path, notices(path, stop, say), time.monotonic_ns)


def settled(path: Path, looks: Iterable[bool], now_ns: Callable[[], int]) -> Iterator[bytes | OSError]:
    """What is in the file each time that it has come to rest. `looks` say when to look, as `notices` does.

    It is read when nothing has happened to it for SETTLE_NS, and again if anything happened meanwhile. What
    keeps it from being read counts once it has lasted for MISSING_NS.
    """
    mark, changed_ns, is_due = mark_of(path), now_ns(), True
    for is_noticed in looks:
        seen, t_ns = mark_of(path), now_ns()
        if seen != mark or is_noticed:
            mark, changed_ns, is_due = seen, t_ns, True
        if not is_due or t_ns - changed_ns < SETTLE_NS:
            continue
        content = _read(path)
        has_lasted = isinstance(content, bytes) or t_ns - changed_ns >= MISSING_NS
        if has_lasted and mark_of(path) == mark:
            is_due = False
            yield content


def mark_of(path: Path) -> Mark | None:
    """What differs when a file has changed, wherever links lead; None: there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _read(path: Path) -> bytes | OSError:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        return error


def notices(path: Path, stop: Event, say: Callable[[str], None]) -> Iterator[bool]:
    """When to look: every LOOK_MS, and as soon as something happens in the folder; → whether to the file.

    Where no notice of changes is to be had, it says so once.
    """
    has_notices = True
    while not stop.is_set():
        folders = _folders(path)
        if folders and has_notices:
            try:
                yield from _noticed(path, folders, stop)
                continue
            except (OSError, RuntimeError) as error:  # the library's own error is a RuntimeError
                if _folders(path) == folders:
                    has_notices = False
                    say(f"{path}: no notice of changes here ({error}); looking every {LOOK_MS} ms instead")
        stop.wait(LOOK_MS / 1000)
        yield False


def _noticed(path: Path, folders: dict[Path, Mark], stop: Event) -> Iterator[bool]:
    """`notices` for as long as the folders are these. The first says what may have happened before them."""
    is_first = True
    with closing(_changes(folders, stop)) as changes:
        for changed in changes:
            yield is_first or not changed.isdisjoint(_names(path))
            is_first = False
            if not changed.isdisjoint(folders) or _folders(path) != folders:
                return


def _changes(folders: Collection[Path], stop: Event) -> Generator[set[Path], None, None]:
    """The paths in the folders to which something happens, as soon as it does; and none, every LOOK_MS."""
    for changes in watchfiles.watch(
        *folders,
        watch_filter=None,
        recursive=False,
        debounce=LOOK_MS,
        rust_timeout=LOOK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=False,
    ):
        yield {Path(changed) for _, changed in changes}


def _names(path: Path) -> tuple[Path, Path]:
    """The file, and what it is where it is a link."""
    return path.absolute(), Path(os.path.realpath(path))  # a ring of links is no error here


def _folders(path: Path) -> dict[Path, Mark]:
    """The folders to watch, and which ones these are: a drive that comes back is another one."""
    found: dict[Path, Mark] = {}
    for name in _names(path):
        with suppress(OSError):
            status = name.parent.stat()
            found[name.parent] = status.st_dev, status.st_ino
    return found
