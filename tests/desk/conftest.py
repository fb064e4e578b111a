"""A stage for every test of a module: the mailboxes are real, the show is not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from installation import ports
from installation.desk.app import Desk
from installation.desk.board import Board
from installation.desk.faces import Sitter
from installation.score.gesture import Gesture
from tests.desk.stage import Stage, staged


class StillFaces:
    """Faces that are there, or are coming, by their first letter; nothing is drawn."""

    def __init__(self) -> None:
        self.sitter: Sitter | None = None
        self.asked: dict[str, Gesture] = {}

    def sit(self, sitter: Sitter) -> None:
        self.sitter = sitter

    def key(self, gesture: Gesture, *, is_binary: bool = False) -> str:
        return f"{'f' if gesture.emotion else 'a'}{abs(hash((gesture.name, is_binary))):031x}"

    def ask(self, gestures: object, *, is_binary: bool = False) -> None:
        self.asked |= dict(gestures)  # type: ignore[call-overload]

    def get(self, key: str) -> bytes | None:
        return b"\xff\xd8 a face" if key in self.asked and key[0] == "f" else None

    def is_coming(self, key: str) -> bool:
        return key in self.asked


class Set:
    """A stage, and a desk before it: `posted` are the requests that came through."""

    def __init__(self, stage: Stage, board: Board) -> None:
        self.stage, self.board = stage, board
        self.posted: list[ports.Request] = []
        self.faces = StillFaces()
        self.desk = Desk(board, self.posted.append, self.faces, stage.timeline)

    @property
    def path(self) -> Path:
        return self.stage.show.choreography


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    folder = tmp_path / "show"
    folder.mkdir()
    with staged(folder) as made:
        made.post()
        yield made


@pytest.fixture
def stage_set(stage: Stage) -> Iterator[Set]:
    with ExitStack() as stack:
        yield Set(stage, Board.attached(stage.wires, stack))


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait for something that another process does, but not for ever."""
    import time

    def wait(is_so: Callable[[], bool]) -> None:
        end_s = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < end_s, "this never came"
            time.sleep(0.02)

    return wait
