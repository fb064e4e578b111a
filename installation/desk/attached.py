"""The command `desk`: another desk at the show that runs on this machine, while somebody wants it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

import psutil

from installation.desk.app import desk_app
from installation.desk.guard import is_loopback
from installation.desk.process import EVERYWHERE, Address, cookie_of, urls_of
from installation.desk.serving import bound, desk_of, server_of
from installation.desk.tokens import fresh_token, qr_code, read_token
from installation.errors import InputError
from installation.notation.devices import LOOPBACK
from installation.stage.child import leave_no_dump
from installation.supervision.folders import DESK_TOKEN, RUNNING, TIMELINE
from installation.supervision.running import MOST_BYTES, Running, running_at, running_of

USUAL_PORT: Final = 8081  # beside that of the site's own
LOOK_S: Final = 0.5
LOCK: Final = "desk.lock"
NO_SHOW: Final = "no show is running here; begin one with `run`, and then the desk"

Say = Callable[[str], None]


def attach(folder: Path, port: int | None, say: Say, *, is_lan: bool) -> None:
    """Serve a desk until Ctrl-C, or until the show is over. `folder` is that of the state.

    Where the site's own desk is in the network already, it is that one whose address is told.

    Raises:
        InputError: no show runs here, a desk is attached to it already, or the port is taken.
    """
    running = running_in(folder / RUNNING)
    if is_lan and port is None and running.desk and not is_loopback(running.desk[0]):
        tell_of_own(running.desk, folder / DESK_TOKEN, say)
        return
    leave_no_dump()
    with alone(folder / LOCK):
        _serve(running, folder, (EVERYWHERE[0] if is_lan else LOOPBACK, port or USUAL_PORT), say)


def _serve(running: Running, folder: Path, address: Address, say: Say) -> None:
    host, port = address
    token = None if is_loopback(host) else fresh_token()
    try:
        with (
            bound(host, port) as listening,
            desk_of(running.wires, running.wires.lan_desk, folder / TIMELINE) as desk,
        ):
            tell_of(urls_of(host, port, token), say, has_code=token is not None)
            server = server_of(desk_app(desk, token, cookie_of(port)))

            def follow() -> None:
                while is_there(running, folder / RUNNING):
                    time.sleep(LOOK_S)
                say("the show is over, and so is this desk")
                server.should_exit = True

            Thread(target=follow, name="the show", daemon=True).start()
            server.run(sockets=[listening])
    except FileNotFoundError:
        raise InputError(NO_SHOW) from None
    except KeyboardInterrupt:
        return  # as it is meant to end


# --- the show -----------------------------------------------------------------------------------------------


def running_in(path: Path) -> Running:
    """The show that runs on this machine.

    Raises:
        InputError: none does, or what says so cannot be read.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(NO_SHOW) from None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); ask as the user whose show it is"
        ) from None
    running = running_of(raw)
    if running is None:
        raise InputError(f"{path}: not written by this version of the portrait; start the show anew")
    if not psutil.pid_exists(running.pid):
        raise InputError(NO_SHOW)
    return running


def is_there(running: Running, path: Path) -> bool:
    """Whether it is still this show that runs."""
    return running_at(path) == running


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else is in here meanwhile; a process that is killed has left.

    Raises:
        InputError: somebody is.
    """
    if sys.platform == "win32":
        yield  # where two of them are, the show hears the one that was begun last
        return
    import fcntl

    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("a desk is attached to this show already; end it first, with Ctrl-C") from None
        yield


# --- what is said -------------------------------------------------------------------------------------------


def tell_of(urls: list[str], say: Say, *, has_code: bool) -> None:
    """Where it can be opened; for phones, as a QR code too."""
    if has_code:
        say(qr_code(urls[0], is_utf8="utf" in (sys.stdout.encoding or "").lower()))
        say("whoever has this address works the portrait; it is not encrypted: for a network of your own")
    for url in urls:
        say(url)


def tell_of_own(address: Address, path: Path, say: Say) -> None:
    """
    Raises:
        InputError: its token cannot be read.
    """
    token = read_token(path)
    if token is None:
        raise InputError(f"{path}: holds no token; restart the show, which makes one")
    tell_of(urls_of(*address, token), say, has_code=True)
