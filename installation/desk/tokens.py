"""What lets somebody in away from loopback: a token, the addresses it goes with, and their QR code."""

import io
import os
import re
import secrets
import socket
import stat
import sys
from contextlib import closing, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import psutil
import segno

from installation.desk.guard import TOKEN
from installation.saving import PRIVATE, replace_file

NUM_BYTES: Final = 32  # 256 bits
_WRITTEN: Final = re.compile("[A-Za-z0-9_-]{43}")
_ELSEWHERE: Final = (
    "192.0.2.1",
    9,
)  # nobody's (RFC 5737); a UDP socket that is connected there sends nothing


def fresh_token() -> str:
    """For one evening."""
    return secrets.token_urlsafe(NUM_BYTES)


def kept_token(path: Path) -> str:
    """The token of the site's own desk, which is made once: who is logged in stays so over restarts.

    One that others could have read is made anew.

    Raises:
        OSError: it cannot be written.
    """
    if (token := read_token(path)) is not None:
        return token
    token = fresh_token()
    path.unlink(missing_ok=True)
    replace_file(path, token.encode(), mode=PRIVATE)
    return token


def read_token(path: Path) -> str | None:
    """The token in a file that is its owner's alone; None where there is none."""
    with suppress(OSError, UnicodeDecodeError), path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        written = file.read(256).decode("ascii")
        is_private = sys.platform == "win32" or not stat.S_IMODE(mode) & ~PRIVATE
        if is_private and stat.S_ISREG(mode) and _WRITTEN.fullmatch(written):
            return written
    return None


def lan_addresses() -> list[str]:
    """This machine's IPv4 addresses in its networks, the one by which it reaches others first."""
    up = {name for name, status in psutil.net_if_stats().items() if status.isup}
    found = [
        each.address
        for name, addresses in psutil.net_if_addrs().items()
        for each in addresses
        if name in up and each.family == socket.AF_INET and not ip_address(each.address).is_loopback
    ]
    usual = _usual_address()
    return sorted(found, key=lambda address: (address != usual, ip_address(address).is_link_local))


def _usual_address() -> str:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as unsent, suppress(OSError):
        unsent.connect(_ELSEWHERE)
        return str(unsent.getsockname()[0])
    return ""


def url_of(host: str, port: int, token: str | None = None) -> str:
    """The desk's address; with a token, the one that lets in whoever opens it."""
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"http://{authority}/" + (f"?{TOKEN}={token}" if token else "")


def qr_code(url: str, *, is_utf8: bool = True) -> str:
    """For a terminal; of half blocks, or of colours where it knows none."""
    drawn = io.StringIO()
    segno.make(url, micro=False).terminal(drawn, compact=is_utf8)
    return drawn.getvalue().rstrip("\n")
