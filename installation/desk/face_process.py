"""The process that draws the faces of gestures. Only in it are there networks, and only while it lives."""

import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final

from installation.errors import InputError
from installation.stage.child import settle

if TYPE_CHECKING:
    from installation.desk.faces import Sitter, Task
    from installation.ports import Image

FACE_PX: Final = 128
QUALITY: Final = 85  # of a JPEG
IDLE_S: Final = 60.0
NICENESS: Final = 19


def draw_faces(connection: Connection, idle_s: float = IDLE_S) -> None:
    """Draw what is asked for, one after the other, until nobody has asked for `idle_s`."""
    settle(NICENESS)
    give_way()
    os.environ["OMP_NUM_THREADS"] = "1"  # PyTorch reads it when it is imported
    studio: Studio | None = None
    while connection.poll(idle_s):
        try:
            task = connection.recv()
        except EOFError:
            return
        if studio is None or studio.sitter != task.sitter:
            studio = Studio(task.sitter)
        connection.send((task.key, studio.jpeg(task)))


def give_way() -> None:
    """Run only when nobody else wants to, where the system has that (Linux)."""
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


class Studio:
    """One sitter and the networks that draw them."""

    def __init__(self, sitter: "Sitter") -> None:
        self.sitter = sitter
        self._draw: Callable[[Task], Image] | None
        try:
            self._draw = prepared(sitter)
        except InputError:
            self._draw = None  # the show itself says what is the matter with its weights

    def jpeg(self, task: "Task") -> bytes:
        """The face, FACE_PX square; b"" where it cannot be drawn."""
        if self._draw is None:
            return b""
        import cv2

        from installation.stage.pictures import resize

        image = resize(self._draw(task), (FACE_PX, FACE_PX))
        _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return data.tobytes()


def prepared(sitter: "Sitter") -> "Callable[[Task], Image]":
    """What draws a gesture, as the contact sheet does.

    Raises:
        InputError: the weights or the person cannot be read.
    """
    from pathlib import Path

    import cv2

    from installation.loading import load_networks, load_person_or_draw
    from installation.options import TRUNCATION
    from installation.stills import posed
    from installation.wiring import synthesizer_of

    cv2.setNumThreads(1)
    networks = load_networks(sitter.weights)
    who = sitter.resident if isinstance(sitter.resident, int) else Path(sitter.resident)
    anchor = load_person_or_draw(networks, who, TRUNCATION)
    synthesizer = synthesizer_of(networks, "cpu")

    def draw(task: "Task") -> "Image":
        pose = posed(networks, anchor, task.gesture, is_binary=task.is_binary)
        return synthesizer.synthesize(pose.ws)

    return draw
