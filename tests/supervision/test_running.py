"""One show has the folder; another one beside it neither takes it over nor takes it away."""

import os
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from installation.supervision.running import announced, folder_alone, running_at, running_of
from installation.supervision.wires import Wires

WIRES = Wires(**{field.name: f"portrait-1-{number:08}" for number, field in enumerate(fields(Wires))})


def test_who_plays_is_found_while_they_do(tmp_path: Path) -> None:
    path = tmp_path / "running.json"
    with announced(path, WIRES, ("::1", 8080)):
        running = running_at(path)
        assert running is not None
        assert (running.pid, running.wires, running.desk) == (os.getpid(), WIRES, ("::1", 8080))
    assert running_at(path) is None
    assert not path.exists()


def test_who_plays_no_more_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "running.json"
    with announced(path, WIRES, None):
        path.write_bytes(path.read_bytes().replace(str(os.getpid()).encode(), b"4194999"))
        assert running_of(path.read_bytes()) is not None
        assert running_at(path) is None
    assert path.exists()  # it is another's


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such lock")
def test_another_show_keeps_nothing_in_the_folder_of_the_first(tmp_path: Path) -> None:
    said: list[str] = []
    mine = tmp_path / "new"
    with folder_alone(mine, said.append) as first:
        assert first == mine
        for _ in range(2):
            with folder_alone(mine, said.append) as second:
                assert second != mine and second.is_dir()
                (second / "state.json").write_text("{}")
            assert not second.exists()
        assert len(said) == 2 and "another show has it" in said[0]
    with folder_alone(mine, said.append) as third:
        assert third == mine
    assert len(said) == 2


def test_a_folder_that_cannot_be_made_is_no_reason_not_to_play() -> None:
    with folder_alone(Path("/proc/nowhere/portrait"), pytest.fail) as folder:
        assert folder == Path("/proc/nowhere/portrait")
