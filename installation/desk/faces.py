"""The faces of gestures, for whoever edits them: drawn in a process that is there while it is needed.

The desk has no generator; what draws is started when a face is asked for, gives way to everything else on the
machine, and ends when nothing has been asked of it for a while. It knows the show's weights and its resident,
and nobody else.
"""

import hashlib
import json
import multiprocessing
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Lock, Thread
from typing import Final, Self

from installation.desk.face_process import draw_faces
from installation.score.choreography import Who
from installation.score.gesture import Gesture

NUM_KEPT: Final = 1024  # faces of about 4 kB
NUM_WAITING: Final = 256  # to be drawn: what was asked for first is given up
NUM_TRIES: Final = 3  # processes that may end without having drawn anything, before their work is given up
KEY_BYTES: Final = 16
END_S: Final = 2
LOOK_S: Final = 0.05  # that a new task may wait for its turn


@dataclass(frozen=True, slots=True)
class Sitter:
    """Whose faces they are."""

    weights: Path
    resident: Who  # a number, or a person file


@dataclass(frozen=True, slots=True)
class Task:
    """A face to be drawn."""

    key: str
    sitter: Sitter
    gesture: Gesture
    is_binary: bool  # units on or off, as `motion: chained` has them


Draw = Callable[[Connection], None]


def face_key(gesture: Gesture, sitter: Sitter, *, is_binary: bool = False) -> str:
    """32 hexadecimal digits for everything that a face depends on; a gesture's name and times are nothing to
    it, and other weights at the same path are other weights.
    """
    try:
        stat = sitter.weights.stat()
        version = [stat.st_size, stat.st_mtime_ns]
    except OSError:
        version = []
    face = {key: asdict(gesture)[key] for key in ("emotion", "intensity", "aus", "controls")}
    content = [face, str(sitter.weights), version, sitter.resident, is_binary]
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=KEY_BYTES).hexdigest()


class Faces:
    """Those that have been drawn, and those to come. None of its methods waits for a face."""

    def __init__(self, sitter: Sitter, draw: Draw = draw_faces) -> None:
        """`draw` is what runs in the process: it takes tasks from its connection, and sends (key, JPEG)."""
        self._sitter, self._draw = sitter, draw
        self._lock = Lock()
        self._drawn: OrderedDict[str, bytes] = OrderedDict()  # b"": it cannot be
        self._tasks: OrderedDict[str, Task] = OrderedDict()  # in the order in which they are drawn
        self._process: SpawnProcess | None = None
        self._is_drawing = False
        self._num_tries = 0
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sit(self, sitter: Sitter) -> None:
        """From now on it is this one whose faces are asked for."""
        with self._lock:
            self._sitter = sitter

    def key(self, gesture: Gesture, *, is_binary: bool = False) -> str:
        """What its face is called."""
        return face_key(gesture, self._sitter, is_binary=is_binary)

    def ask(self, gestures: Mapping[str, Gesture], *, is_binary: bool = False) -> None:
        """Have the faces drawn of gestures by their keys: those that are not yet, before what was asked for
        earlier.
        """
        with self._lock:
            if self._is_closed:
                return
            wanted = {
                key: Task(key, self._sitter, gesture, is_binary)
                for key, gesture in gestures.items()
                if key not in self._drawn
            }
            earlier = {key: task for key, task in self._tasks.items() if key not in wanted}
            self._tasks = OrderedDict([*wanted.items(), *earlier.items()][:NUM_WAITING])
            if self._tasks and not self._is_drawing:
                self._is_drawing, self._num_tries = True, 0
                Thread(target=self._serve, name="faces", daemon=True).start()

    def get(self, key: str) -> bytes | None:
        """A face as JPEG; None where there is none (yet)."""
        with self._lock:
            if key in self._drawn:
                self._drawn.move_to_end(key)
            return self._drawn.get(key) or None

    def is_coming(self, key: str) -> bool:
        """Whether it is being drawn, or will be."""
        with self._lock:
            return key in self._tasks

    @property
    def is_drawing(self) -> bool:
        """Whether there is a process, or will be."""
        with self._lock:
            return self._is_drawing

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._is_closed = True
            self._tasks.clear()
            process = self._process
        if process is not None:
            process.kill()
            process.join(END_S)

    # --- the process, started and looked after by a thread of its own: it would die with another one ---

    def _serve(self) -> None:
        """Have a process draw until it ends; and another one, where that leaves something to be drawn."""
        context = multiprocessing.get_context("spawn")
        while True:
            connection, theirs = context.Pipe()
            process = context.Process(target=self._draw, args=(theirs,), name="faces", daemon=True)
            with self._lock:
                if self._is_over() or not _started(process):
                    self._is_drawing = False
                    break
                self._process = process
            theirs.close()
            with suppress(EOFError, OSError), connection:
                self._draw_with(connection)
            process.join(END_S)
            with self._lock:
                self._process = None
                self._num_tries += 1
        connection.close()
        theirs.close()

    def _is_over(self) -> bool:
        if self._num_tries >= NUM_TRIES:
            self._tasks.clear()
        return self._is_closed or not self._tasks

    def _draw_with(self, connection: Connection) -> None:
        """One task after the other, so that what is asked for last comes first; until EOFError."""
        while True:
            if (task := self._next()) is not None:
                connection.send(task)
                self._keep(*connection.recv())
            elif connection.poll(LOOK_S):
                connection.recv()

    def _next(self) -> Task | None:
        with self._lock:
            return next(iter(self._tasks.values()), None)

    def _keep(self, key: str, jpeg: bytes) -> None:
        with self._lock:
            self._num_tries = 0
            self._tasks.pop(key, None)
            self._drawn[key] = jpeg
            while len(self._drawn) > NUM_KEPT:
                self._drawn.popitem(last=False)


def _started(process: SpawnProcess) -> bool:
    """Start it; → whether the machine could."""
    try:
        process.start()
    except OSError:
        return False
    return True
