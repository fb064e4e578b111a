"""A file is there whole or as it was, whatever happens while it is written."""

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installation.saving import is_replaceable, replace_file, sweep

ROOT = Path(__file__).parents[2]
NUM_KILLS = 20


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "score.yaml"
    replace_file(path, b"one")
    replace_file(path, b"two")
    assert path.read_bytes() == b"two" and list(path.parent.iterdir()) == [path]


def test_rights_stay_or_are_those_of_another(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    replace_file(path, b"1", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o664)
    replace_file(path, b"2", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    replace_file(other, b"3", like=path)
    assert stat.S_IMODE(other.stat().st_mode) == 0o664


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives files away")
def test_owner_and_group_stay(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    os.chown(path, 12345, 23456)
    replace_file(path, b"2")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


def test_who_may_not_give_the_file_back_does_not_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    real = os.fstat
    monkeypatch.setattr(os, "fstat", lambda fd: os.stat_result((*real(fd)[:4], 54321, *real(fd)[5:])))

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "not yours")

    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.raises(PermissionError):
        replace_file(path, b"2")
    assert path.read_bytes() == b"1" and list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "folder" / "link"
    real.write_bytes(b"1")
    link.parent.mkdir()
    link.symlink_to("../real")
    replace_file(link, b"2")
    assert link.is_symlink() and real.read_bytes() == b"2" and list(link.parent.iterdir()) == [link]


@pytest.mark.parametrize("call", ["os.open", "os.fsync", "os.replace", "os.fchmod"])
def test_a_fault_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as broken:
        broken.setattr(call, fail)
        with pytest.raises(OSError, match="full"):
            replace_file(path, b"2")
    assert path.read_bytes() == b"1" and list(tmp_path.iterdir()) == [path]


def test_what_was_killed_in_a_save_is_swept_away(tmp_path: Path) -> None:
    path = tmp_path / "a[b]*.yaml"
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    left = tmp_path / f"{path.name}.{int(gone.stdout)}.part"
    others = [
        tmp_path / name
        for name in (f"{path.name}.{os.getpid()}.part", f"{path.name}.x.part", "abx.yaml.1.part")
    ]
    for each in (left, *others):
        each.write_bytes(b"")
    sweep(path)
    assert not left.exists() and all(each.exists() for each in others)


def test_kill_in_a_save_leaves_one_or_the_other(tmp_path: Path) -> None:
    """Killed for good, again and again, while two contents take turns."""
    path = tmp_path / "score.yaml"
    code = (
        "import sys; from pathlib import Path; from installation.saving import replace_file\n"
        "path = Path(sys.argv[1])\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for letter in b'ab': replace_file(path, bytes([letter]) * 300_000)\n"
    )
    for _ in range(NUM_KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(path)], cwd=ROOT, stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            while not path.exists():
                pass
            writer.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == 300_000 and len(set(content)) == 1
    replace_file(path, b"c")
    assert list(tmp_path.iterdir()) == [path]


def test_what_can_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    assert not is_replaceable(path)
    path.write_bytes(b"1")
    assert is_replaceable(path)
    answers: list[Callable[[], None]] = [
        lambda: monkeypatch.setattr(os, "access", lambda found, _: found != path),
        lambda: monkeypatch.setattr(os, "access", lambda found, _: found != tmp_path),
        lambda: monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1),
    ]
    for answer in answers:
        answer()
        assert not is_replaceable(path)
        monkeypatch.undo()
