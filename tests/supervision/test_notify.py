"""What a service manager hears, at a socket such as systemd's."""

import socket
import sys

import pytest

from installation.ports import NANOSECONDS
from installation.supervision.notify import BEAT_NS, Notifier

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such sockets there")


@pytest.fixture
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


def heard(manager: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(manager.recv(1000).decode())
        except BlockingIOError:
            return messages


def test_it_is_ready_once_and_beats_as_frames_are_shown(manager):
    notifier = Notifier(manager.getsockname())
    assert heard(manager) == []
    for now_ns in range(0, 3 * NANOSECONDS, NANOSECONDS // 60):
        notifier.shown(now_ns)
    assert heard(manager) == ["READY=1\nWATCHDOG=1", *["WATCHDOG=1"] * (3 * NANOSECONDS // BEAT_NS - 1)]
    notifier.status("playing\nand more")
    notifier.close()
    assert heard(manager) == ["STATUS=playing", "STOPPING=1"]


def test_nobody_need_listen(tmp_path):
    for address in (None, str(tmp_path / "none"), "@portrait-none"):
        notifier = Notifier(address)
        notifier.shown(0)
        notifier.close()
