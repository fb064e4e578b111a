"""The service manager is told how it goes: systemd's datagrams (sd_notify(3)), where it asks for them."""

import os
import socket
from contextlib import suppress
from typing import Final

from installation.ports import NANOSECONDS

BEAT_NS: Final = NANOSECONDS  # so often at most it hears that all is well


class Notifier:
    """Says nothing where nobody listens."""

    def __init__(self, address: str | None) -> None:
        """`address` is NOTIFY_SOCKET: a path, or a name that begins with @."""
        self._address = address and ("\0" + address[1:] if address.startswith("@") else address)
        self._socket: socket.socket | None = None
        if self._address and hasattr(socket, "AF_UNIX"):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        self._is_ready = False
        self._beat_ns: int | None = None

    def shown(self, now_ns: int) -> None:
        """A frame has really been shown: READY the first time, then WATCHDOG."""
        if self._beat_ns is None or now_ns - self._beat_ns >= BEAT_NS:
            self._beat_ns = now_ns
            self._send("WATCHDOG=1" if self._is_ready else "READY=1\nWATCHDOG=1")
            self._is_ready = True

    def status(self, text: str) -> None:
        self._send(f"STATUS={text.splitlines()[0] if text else ''}")

    def close(self) -> None:
        """It ends."""
        self._send("STOPPING=1")
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if self._socket is not None and self._address:
            with suppress(OSError):  # nobody is there, or is too slow: the picture goes on
                self._socket.sendto(message.encode(), self._address)


def address() -> str | None:
    return os.environ.get("NOTIFY_SOCKET") or None
