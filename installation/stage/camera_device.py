"""Which device a camera is: found again though it comes back under another number, by a link that names it.

Linux numbers cameras in the order in which they appear, and links to each of them from folders: one names
what was plugged in, the other where.
"""

import sys
from pathlib import Path
from typing import Final

from installation.errors import InputError

DEVICES: Final = Path("/dev")
LINKS: Final = Path("/dev/v4l")
FOLDERS: Final = ("by-id", "by-path")  # the surer one first; two cameras of a kind may share a name in it


def is_device(source: int | str | Path) -> bool:
    """Whether a source is a camera: an index, or a path such as /dev/video0; else it is a file."""
    return str(source).isdecimal() or str(source).startswith("/dev/")


class Device:
    """A source, and where it is now."""

    def __init__(self, source: str, devices: Path = DEVICES, links: Path = LINKS) -> None:
        is_numbered = source.isdecimal() and sys.platform == "linux"
        self._path = devices / f"video{source}" if is_numbered else Path(source)
        self._is_path = is_numbered or not source.isdecimal()
        self._links = links
        self._link: Path | None = None

    def where(self) -> str:
        """What to open now: a path, or an index where cameras have none.

        Raises:
            InputError: it is not there.
        """
        if not self._is_path:
            return str(self._path)
        if self._link is None:
            self._link = self._path if self._path.is_symlink() else self._named()
        path = self._link or self._path
        if not path.exists():
            raise InputError("it is not there")
        return str(path.resolve())

    def is_there(self) -> bool:
        """Whether there is something to open."""
        try:
            self.where()
        except InputError:
            return False
        return True

    def _named(self) -> Path | None:
        """The link that leads to the device, as long as that is there."""
        for folder in FOLDERS:
            for link in sorted((self._links / folder).glob("*")):
                if link.resolve() == self._path.resolve():
                    return link
        return None
