"""A desk at a stage, opened at a port of its own."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from threading import Event, Thread

from installation.desk.app import Desk, Faces, desk_app
from installation.desk.board import Board
from installation.desk.faces import Sitter, face_key
from installation.desk.serving import bound, server_of
from installation.score.gesture import Gesture
from installation.stage.shared import SharedLatest
from installation.supervision.requests import RequestPost
from tests.desk.stage import WEIGHTS, Stage


class Masks:
    """`Faces` that are there at once, all alike."""

    sitter = Sitter(WEIGHTS, 15)

    def __init__(self, jpeg: bytes) -> None:
        self.jpeg = jpeg
        self.asked: set[str] = set()

    def sit(self, sitter: Sitter) -> None:
        self.sitter = sitter

    def key(self, gesture: Gesture, *, is_binary: bool = False) -> str:
        return face_key(gesture, self.sitter, is_binary=is_binary)

    def ask(self, gestures: Mapping[str, Gesture], *, is_binary: bool = False) -> None:
        self.asked |= set(gestures)

    def get(self, key: str) -> bytes | None:
        return self.jpeg if key in self.asked else None

    def is_coming(self, key: str) -> bool:
        return False


@contextmanager
def opened(stage: Stage, faces: Faces, port: int = 0, token: str | None = None) -> Iterator[str]:
    """The desk's address, while the stage plays; a port of 0 is any that is free. `token` lets in."""
    stage.post()
    with ExitStack() as stack:
        stop = Event()
        playing = Thread(target=stage.perform, args=(stop,))
        stack.callback(playing.join)
        stack.callback(stop.set)
        playing.start()
        asked = stack.enter_context(closing(SharedLatest.attached(stage.wires.desk)))
        desk = Desk(Board.attached(stage.wires, stack), RequestPost(asked).post, faces, stage.timeline)
        listening = stack.enter_context(closing(bound("127.0.0.1", port)))
        server = server_of(desk_app(desk, token))
        serving = Thread(target=server.run, kwargs={"sockets": [listening]})
        stack.callback(serving.join)
        stack.callback(setattr, server, "should_exit", True)
        serving.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
