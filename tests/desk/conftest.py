"""A stage for every test of a module: the mailboxes are real, the show is not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from installation import ports
from installation.desk.app import Desk
from installation.desk.board import Board
from installation.desk.faces import Sitter
from installation.score.gesture import Gesture
from tests.desk.browser import DESKTOP, browser, resize
from tests.desk.curator import Curator
from tests.desk.opened import Masks, opened
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


# --- in a browser -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """One browser for all tests; each leaves it at no page."""
    with browser() as driver:
        yield driver


@pytest.fixture(scope="session")
def mask(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A face of 128², of one colour."""
    path: Path = tmp_path_factory.mktemp("mask") / "mask.jpg"
    Image.fromarray(np.full((128, 128, 3), (150, 110, 80), np.uint8)).save(path)
    return path.read_bytes()


@pytest.fixture
def curator(driver: Any, mask: bytes, tmp_path: Path) -> Iterator[Curator]:
    resize(driver, DESKTOP)
    with staged(tmp_path) as stage, opened(stage, Masks(mask)) as url:
        yield Curator(driver, stage, url)
        driver.execute_script("sessionStorage.clear(); window.onbeforeunload = null")
        faults = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
        # What is refused on purpose, and a desk that went away, are the network's to tell.
        assert [fault for fault in faults if "Failed to load" not in fault and "WebSocket" not in fault] == []
        driver.get("about:blank")
