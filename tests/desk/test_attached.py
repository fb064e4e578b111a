"""The command `desk`: at whatever show runs here, one at a time, and with a key away from loopback."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from installation.desk import tokens
from installation.desk.attached import alone, attach, running_of
from installation.desk.serving import bound
from installation.desk.tokens import fresh_token, kept_token, lan_addresses, qr_code, read_token
from installation.errors import InputError
from run_installation import entry
from tests.desk.stage import Stage

ROOT = Path(__file__).parents[2]
WIRES = {
    name: f"portrait-1-{name}"
    for name in ("frames", "status", "keys", "desk", "lan_desk", "health", "preview")
}
GOOD: dict[str, Any] = {"pid": 7, "wires": WIRES, "desk": None}
Until = Callable[[Callable[[], bool]], None]


@pytest.mark.parametrize(
    ("changed", "desk"),
    [
        ({}, None),
        ({"desk": "127.0.0.1:8080"}, ("127.0.0.1", 8080)),
        ({"desk": "[::1]:80"}, ("::1", 80)),
        ({"x": 1}, None),
    ],
)
def test_who_runs_is_read(changed: dict[str, Any], desk: object) -> None:
    running = running_of(json.dumps(GOOD | changed).encode())
    assert running is not None and (running.pid, running.wires.status, running.desk) == (
        7,
        WIRES["status"],
        desk,
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 9999,
        b" " * 20_000,
        *(
            json.dumps(GOOD | changed).encode()
            for changed in (
                {"pid": 0},
                {"pid": -1},
                {"pid": "7"},
                {"pid": True},
                {"pid": None},
                {"wires": {}},
                {"wires": None},
                {"wires": WIRES | {"x": "y"}},
                {"wires": WIRES | {"desk": "../../etc/passwd"}},
                {"wires": WIRES | {"desk": 1}},
                {"wires": WIRES | {"desk": ""}},
                {"desk": 8080},
                {"desk": "a b:1"},
                {"desk": "127.0.0.1"},
            )
        ),
    ],
)
def test_what_says_so_in_another_way_is_not_believed(raw: bytes) -> None:
    assert running_of(raw) is None


def test_without_a_show_there_is_no_desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=r"^no show is running here"):
        attach(tmp_path, None, print, is_lan=False)
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    (tmp_path / "running.json").write_text(json.dumps(GOOD | {"pid": int(gone.stdout)}))
    with pytest.raises(InputError, match=r"^no show is running here"):
        attach(tmp_path, None, print, is_lan=False)
    (tmp_path / "running.json").write_text("{}")
    with pytest.raises(InputError, match=r"start the show anew$"):
        attach(tmp_path, None, print, is_lan=False)
    assert entry(["desk"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and told.err.startswith("no show is running here")


def test_a_show_whose_mailboxes_are_gone_is_none(tmp_path: Path) -> None:
    (tmp_path / "running.json").write_text(json.dumps(GOOD | {"pid": os.getpid()}))
    with bound("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(InputError, match=r"^no show is running here"):
        attach(tmp_path, port, print, is_lan=False)


def command(stage: Stage, *options: str) -> "subprocess.Popen[str]":
    """`desk`, as a program of its own."""
    environment = os.environ | {"XDG_STATE_HOME": str(stage.folder.parent), "PYTHONUNBUFFERED": "1"}
    stage.folder.rename(folder := stage.folder.parent / "living-portrait")
    stage.folder = folder
    return subprocess.Popen(
        [sys.executable, "run_installation.py", "desk", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def line_with(program: "subprocess.Popen[str]", found: str) -> str:
    assert program.stdout is not None
    for line in program.stdout:
        if found in line:
            return line.strip()
    raise AssertionError(f"{found} was not said")


def test_a_desk_for_phones_ends_with_the_show(stage: Stage) -> None:
    with bound("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
    with command(stage, "--lan", "--port", str(port)) as program:
        url = line_with(program, "http://")
        host, token = re.fullmatch(rf"http://([0-9.]+):{port}/\?token=([A-Za-z0-9_-]{{43}})", url).groups()  # type: ignore[union-attr]
        with closing(HTTPConnection(host, port, timeout=10)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().status == 401
        with closing(HTTPConnection(host, port, timeout=10)) as connection:
            connection.request("GET", f"/?token={token}")
            response = connection.getresponse()
            cookie = response.headers["set-cookie"].split(";")[0]
            assert response.status == 303 and cookie == f"desk-{port}={token}"
        with closing(HTTPConnection(host, port, timeout=10)) as connection:
            connection.request("GET", "/api/now", headers={"Cookie": cookie})
            assert json.loads(connection.getresponse().read())["status"]["version"] == 1
        with pytest.raises(InputError, match=r"^a desk is attached to this show already"):
            attach(stage.folder, port + 1, print, is_lan=False)
        (stage.folder / "running.json").unlink()
        assert program.wait(20) == 0
        assert not (stage.folder / "desk_token").exists()  # of one evening


def test_a_desk_for_this_machine_needs_no_key_and_ends_with_ctrl_c(stage: Stage) -> None:
    import signal

    with bound("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
    with command(stage, "--port", str(port)) as program:
        assert line_with(program, "http://") == f"http://127.0.0.1:{port}/"
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 0


def test_the_sites_own_desk_in_the_network_is_the_one_that_is_told(tmp_path: Path) -> None:
    running = GOOD | {"pid": os.getpid(), "desk": "0.0.0.0:8080"}
    (tmp_path / "running.json").write_text(json.dumps(running))
    said = list[str]()
    with pytest.raises(InputError, match="holds no token"):
        attach(tmp_path, None, said.append, is_lan=True)
    token = kept_token(tmp_path / "desk_token")
    attach(tmp_path, None, said.append, is_lan=True)
    assert said[-1].endswith(f":8080/?token={token}") and "█" in said[0]


def test_one_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "desk.lock"
    with alone(lock), pytest.raises(InputError), alone(lock):
        pass
    with alone(lock):
        pass


# --- tokens -------------------------------------------------------------------------------------------------


def test_a_token_is_long_and_another_one_each_time() -> None:
    made = {fresh_token() for _ in range(100)}
    assert len(made) == 100 and {len(token) for token in made} == {43}  # 256 bits in base 64


def test_the_sites_token_is_kept_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "desk_token"
    token = kept_token(path)
    assert kept_token(path) == token == read_token(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    assert read_token(path) is None  # somebody else may have read it …
    assert kept_token(path) != token  # … so there is another one
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "written", [b"", b"short", b"x" * 44, b"x" * 42 + b"\n", b"\xff" * 43, b"x" * 42 + b"/"]
)
def test_what_is_no_token_is_made_anew(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "desk_token"
    path.write_bytes(written)
    path.chmod(0o600)
    assert len(kept_token(path)) == 43 and kept_token(path) == read_token(path)


def test_a_token_is_nowhere_but_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("x" * 43)
    path = tmp_path / "desk_token"
    path.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").chmod(0o644)
    kept_token(path)
    assert not path.is_symlink() and (tmp_path / "elsewhere").read_text() == "x" * 43


def test_the_usual_address_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_usual_address", lambda: "")
    found = lan_addresses()
    assert "127.0.0.1" not in found
    for address in found:
        monkeypatch.setattr(tokens, "_usual_address", lambda address=address: address)
        assert lan_addresses()[0] == address and sorted(lan_addresses()) == sorted(found)


def test_a_qr_code_says_the_address() -> None:
    """Read back by OpenCV, from the blocks as a terminal shows them."""
    import cv2
    import numpy as np

    # One token: OpenCV's detector misses a code in a hundred or so, which telephones read.
    url = "http://192.168.1.7:8081/?token=3q2-7wHk1uJm0ZcXvT9bLrYpQeA5sDfG8hKnBxMiUoE"
    rows = qr_code(url).splitlines()
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0), "\xa0": (0, 0)}
    pixels = np.array([[halves[block][half] for block in row] for row in rows for half in (0, 1)], np.uint8)
    picture = np.kron(pixels, np.ones((8, 8), np.uint8))
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == url
    assert qr_code(url, is_utf8=False).isascii()
