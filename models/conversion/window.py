"""A stretch of a file of strangers, read forwards; what is large stays in the file until it is asked for."""

from typing import BinaryIO, Final, Self

MAX_READ: Final = 2**20  # bytes of anything that is no tensor: names, source texts, headers
MAX_READ_ALTOGETHER: Final = 2**24  # of one file; a checkpoint of three networks has 1 MB
MAX_LINE: Final = 2**12


class Refused(Exception):  # noqa: N818  # it says what became of the file
    """The file is not converted; the message says what is in it and what to do instead, without its name."""


class Truncated(Refused):
    """The file ends before what it holds does."""

    def __init__(self) -> None:
        super().__init__("ends in the middle; copy or download it again")


class Window:
    """The bytes from `start` to `end` of an open file. Several windows share a file: each knows its place.

    `read` and `readline` are what `pickletools` asks of a file.
    """

    def __init__(self, file: BinaryIO, start: int, end: int, budget: int = MAX_READ_ALTOGETHER) -> None:
        self._file = file
        self._position = start
        self._end = end
        self._budget = budget  # bytes that may still be read piece by piece

    def __len__(self) -> int:
        """Bytes that are left."""
        return self._end - self._position

    def _take(self, num_bytes: int) -> int:
        """Go on by so many bytes; → where they begin."""
        if not 0 <= num_bytes <= len(self):
            raise Truncated
        start, self._position = self._position, self._position + num_bytes
        return start

    def read(self, num_bytes: int) -> bytes:
        """The next bytes, MAX_READ at most.

        Raises:
            Refused: there are not so many, or they are too many.
        """
        self._budget -= num_bytes
        if num_bytes > MAX_READ or self._budget < 0:
            raise Refused("holds longer texts than a generator has; name another file")
        self._file.seek(self._take(num_bytes))
        return self._whole(num_bytes)

    def readline(self) -> bytes:
        self._file.seek(self._position)
        line = self._file.readline(min(MAX_LINE, len(self)))
        self._take(len(line))
        return line

    def skip(self, num_bytes: int) -> Self:
        """The next bytes as a window of their own: nothing is read."""
        start = self._take(num_bytes)
        return type(self)(self._file, start, start + num_bytes, MAX_READ)

    def copy(self) -> Self:
        """The same stretch, from where this one has come to."""
        return type(self)(self._file, self._position, self._end, self._budget)

    def rest(self) -> bytes:
        """All that is left, however much: ask `len` first."""
        num_bytes = len(self)
        self._file.seek(self._take(num_bytes))
        return self._whole(num_bytes)

    def _whole(self, num_bytes: int) -> bytes:
        data = self._file.read(num_bytes)
        if len(data) != num_bytes:  # it was longer when it was opened
            raise Truncated
        return data
