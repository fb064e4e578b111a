"""A file is replaced whole or not at all, however the process, the disk or the power ends."""

import os
import stat
import sys
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import Final

PART: Final = "part"  # the ending of what is not whole yet
PRIVATE: Final = 0o600


def replace_file(path: Path, content: bytes, *, like: Path | None = None, mode: int = 0o666) -> None:
    """The whole content or none of it; of a link, where it leads.

    It has the rights and the owner of the file that was there, or of `like`: nobody loses a file by its
    being edited. A new one has the rights `mode`, less what the user's mask takes away. It is written
    beside it, to the disk, and takes its name.

    Raises:
        OSError: the file is as it was.
    """
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target)
    part = target.with_name(f"{target.name}.{os.getpid()}.{PART}")
    try:
        _write(part, content, _status(like or target), mode)
        os.replace(part, target)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    if sys.platform != "win32":
        _sync(target.parent)


def is_replaceable(path: Path) -> bool:
    """Whether `replace_file` can be expected to work."""
    try:
        target = path.resolve()
        status = target.stat()
    except OSError:
        return False
    is_ours = sys.platform == "win32" or os.geteuid() in (0, status.st_uid)
    return is_ours and os.access(target, os.W_OK) and os.access(target.parent, os.W_OK)


def sweep(target: Path) -> None:
    """Remove what those that were killed while they wrote have left beside it."""
    for part in target.parent.glob(f"{escape(target.name)}.*.{PART}"):
        number = part.name.split(".")[-2]
        if number.isdigit() and Path("/proc/self").exists() and not Path("/proc", number).exists():
            with suppress(OSError):
                part.unlink()


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _write(part: Path, content: bytes, rights: os.stat_result | None, mode: int) -> None:
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode if rights is None else PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        if rights is not None and sys.platform != "win32":
            mine = os.fstat(file.fileno())
            if (mine.st_uid, mine.st_gid) != (rights.st_uid, rights.st_gid):
                os.fchown(file.fileno(), rights.st_uid, rights.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(rights.st_mode))
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # else a power cut may leave it empty


def _sync(folder: Path) -> None:
    """That it has another name now is on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
