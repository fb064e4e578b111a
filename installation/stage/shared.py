"""From a process to another: a mailbox of one slot in shared memory, in which the newest wins, without locks.

What a lock guards is lost with the process that is killed while it holds it, so there is none. A value is
written into one of several slots in turn, then published by a single store: the number of the newest. The
reader copies that slot and believes it only if the checksum in it agrees, which covers the number, the time
stamp and the bytes. Whatever has befallen it meanwhile (a writer that died in it or has come round to it, a
wipe, a machine whose memory is seen in another order), a value is there whole or not at all.

    ┌────────────────────┬──────────────────────────────────────────────────┬────────┬────────┐
    │ newest · capacity  │ number · t_ns · length · checksum │ payload …     │ slot 2 │ slot 3 │
    └────────────────────┴──────────────────────────────────────────────────┴────────┴────────┘
"""

import os
import sys
import zlib
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from secrets import token_hex
from struct import Struct
from threading import Lock
from typing import Final, Self

from installation.stage.latest import Stamped

PREFIX: Final = "portrait"
MEMORY: Final = Path("/dev/shm")
NUM_SLOTS: Final = 3  # while one is read, two more can be written
HEADER_BYTES: Final = 16
NEWEST, CAPACITY = 0, 1  # places in the header, in words of 8 bytes
HEAD: Final = Struct("=QqQ")  # number from 1 on, t_ns, length
CHECKSUM: Final = Struct("=Q")
RECORD_BYTES: Final = HEAD.size + CHECKSUM.size
ZEROS: Final = bytes(1 << 18)

_TRACKING = Lock()


class SharedLatest:
    """The mailbox, as its creator or whoever is attached sees it. One writer at a time, any readers."""

    def __init__(self, memory: SharedMemory, *, is_creator: bool) -> None:
        self._memory = memory
        self._is_creator = is_creator
        self._taken = 0
        with self._buffer.cast("Q") as words:
            self.capacity = words[CAPACITY]

    @classmethod
    def create(cls, capacity: int) -> Self:
        """For payloads of up to `capacity` bytes. It is gone when its creator closes it, or is killed; where
        its tracker is killed as well, when the next mailbox is created.
        """
        sweep()
        capacity += -capacity % 8
        size = HEADER_BYTES + NUM_SLOTS * (RECORD_BYTES + capacity)
        with _TRACKING:
            memory = SharedMemory(f"{PREFIX}-{os.getpid()}-{token_hex(4)}", create=True, size=size)
        assert memory.buf is not None  # as it is once closed
        with memory.buf.cast("Q") as words:
            words[CAPACITY] = capacity
        return cls(memory, is_creator=True)

    @classmethod
    def attached(cls, name: str) -> Self:
        """The mailbox of that name; it outlives this process.

        Raises:
            FileNotFoundError: there is none.
        """
        return cls(_attached(name), is_creator=False)

    @property
    def name(self) -> str:
        return self._memory.name

    @property
    def _buffer(self) -> memoryview:
        if self._memory.buf is None:
            raise ValueError("this mailbox is closed")
        return self._memory.buf

    def post(self, payload: bytes | memoryview, t_ns: int) -> None:
        """Put a payload in the place of the one before, whether or not that was taken.

        `t_ns` is of `time.monotonic_ns`, the same clock in all processes of a machine.

        Raises:
            ValueError: the payload is longer than the mailbox's capacity.
        """
        length = memoryview(payload).nbytes
        if length > self.capacity:
            raise ValueError(f"{length} bytes do not fit into a mailbox of {self.capacity}")
        number = self._newest() + 1
        head = HEAD.pack(number, t_ns, length)
        checksum = zlib.crc32(payload, zlib.crc32(head))
        start = self._start(number)
        buffer = self._buffer
        buffer[start : start + RECORD_BYTES] = head + CHECKSUM.pack(checksum)
        buffer[start + RECORD_BYTES : start + RECORD_BYTES + length] = memoryview(payload).cast("B")
        with buffer.cast("Q") as words:
            words[NEWEST] = number  # eight bytes in one store: they cannot be torn

    def take(self) -> Stamped[bytes] | None:
        """The newest payload; None where this reader has had it, or where it is not whole. Never waits."""
        for _ in range(NUM_SLOTS):  # the writer may come round while it is copied
            newest = self._newest()
            if newest == self._taken:
                return None
            stamped = self._read(newest)
            if stamped is not None:
                self._taken = newest
                return stamped
        return None

    def wipe(self) -> None:
        """Leave nothing of any payload in the memory."""
        buffer = self._buffer
        for start in range(
            HEADER_BYTES, len(buffer), len(ZEROS)
        ):  # in parts, between which others have a turn
            end = min(start + len(ZEROS), len(buffer))
            buffer[start:end] = ZEROS[: end - start]

    def close(self) -> None:
        """Let go of it; its creator wipes and removes it. Once is enough, twice does no harm."""
        if self._is_creator:
            self._is_creator = False
            self.wipe()
            with suppress(FileNotFoundError):
                self._memory.unlink()
        self._memory.close()

    def _newest(self) -> int:
        with self._buffer.cast("Q") as words:
            return words[NEWEST]

    def _start(self, number: int) -> int:
        return HEADER_BYTES + number % NUM_SLOTS * (RECORD_BYTES + self.capacity)

    def _read(self, number: int) -> Stamped[bytes] | None:
        start = self._start(number)
        record = bytes(self._buffer[start : start + RECORD_BYTES])
        found, t_ns, length = HEAD.unpack_from(record)
        if found != number or length > self.capacity:
            return None
        payload = bytes(self._buffer[start + RECORD_BYTES : start + RECORD_BYTES + length])
        checksum = zlib.crc32(payload, zlib.crc32(record[: HEAD.size]))
        if (checksum,) != CHECKSUM.unpack_from(record, HEAD.size):
            return None
        return Stamped(payload, t_ns)


def sweep() -> None:
    """Remove what programs that are no more have left of visitors, where the system shows it (Linux)."""
    for path in MEMORY.glob(f"{PREFIX}-*-*"):
        if not Path("/proc", path.name.split("-")[1]).exists():
            path.unlink(missing_ok=True)


def _attached(name: str) -> SharedMemory:
    """Without being tracked: a tracker removes what its process leaves, and this is the creator's."""
    if sys.version_info >= (3, 13):
        return SharedMemory(name, track=False)
    with _TRACKING:
        register = resource_tracker.register
        resource_tracker.register = lambda *_: None  # what `track=False` is, before there was one
        try:
            return SharedMemory(name)
        finally:
            resource_tracker.register = register
