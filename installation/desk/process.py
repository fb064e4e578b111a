"""The desk of the site: a process that the supervisor starts, and starts again.

It tells its parent a line now and then, what there is to say or that it is there, and needs no answer. What
it dies of, a port that is taken for instance, is its last line.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from installation.desk.app import desk_app
from installation.desk.guard import is_loopback
from installation.desk.serving import bound, desk_of, server_of
from installation.desk.tokens import kept_token, lan_addresses, url_of
from installation.errors import InputError
from installation.ports import NANOSECONDS
from installation.stage.child import cause_of, settle
from installation.stage.minder import Minder, Process
from installation.stage.vigil import Patience, Verdict, punctual
from installation.supervision.folders import DESK_TOKEN, TIMELINE
from installation.supervision.wires import Wires

BEAT_S: Final = 1.0
HERE: Final = ""  # that it is there
AT: Final = "the desk is at"
START_NS: Final = 30 * NANOSECONDS
SILENT_NS: Final = 15 * NANOSECONDS
# A port may be taken for months, and each try takes a second of a processor.
PATIENCE: Final = Patience(2 * NANOSECONDS, longest_ns=60 * NANOSECONDS, rare_ns=300 * NANOSECONDS)
EVERYWHERE: Final = ("0.0.0.0", "::")  # any address of the machine

Address = tuple[str, int]


def serve(wires: Wires, address: Address, folder: Path, words: Connection) -> None:
    """Serve the site's desk until killed, or until the show is no more. `folder` is that of the state."""
    settle()
    try:
        _serve(wires, address, folder, words)
    except (InputError, FileNotFoundError) as error:
        _tell(words, str(error))
        sys.exit(2)
    except Exception as error:
        _tell(words, cause_of(error))
        sys.exit(1)


def _serve(wires: Wires, address: Address, folder: Path, words: Connection) -> None:
    host, port = address
    token = None if is_loopback(host) else kept_token(folder / DESK_TOKEN)
    with bound(host, port) as listening, desk_of(wires, wires.desk, folder / TIMELINE) as desk:
        key = "; `desk --lan` tells its key" if token else ""
        _tell(words, f"{AT} {' or '.join(urls_of(host, port))}{key}")
        server = server_of(desk_app(desk, token, cookie_of(port)))

        async def live() -> None:
            beating = asyncio.create_task(_beat(words))
            await server.serve(sockets=[listening])
            beating.cancel()

        asyncio.run(live())


async def _beat(words: Connection) -> None:
    while True:
        _tell(words, HERE)
        await asyncio.sleep(BEAT_S)


def _tell(words: Connection, line: str) -> None:
    with suppress(OSError):
        words.send(line)


def urls_of(host: str, port: int, token: str | None = None) -> list[str]:
    """The addresses at which it can be opened."""
    hosts = lan_addresses() or ["127.0.0.1"] if host in EVERYWHERE else [host]
    return [url_of(each, port, token) for each in hosts]


def cookie_of(port: int) -> str:
    """Browsers share cookies among the ports of a machine."""
    return f"desk-{port}"


# --- the parent's side --------------------------------------------------------------------------------------


def minded(wires: Wires, address: Address, folder: Path, say: Callable[[str], None]) -> Minder:
    """Keeps the site's desk going, while it is a context."""
    kept = Kept(wires, address, folder, say)
    return Minder("desk", kept.start, kept.judge, say, patience=PATIENCE)


class Kept:
    """The process, as its minder starts and judges it."""

    def __init__(self, wires: Wires, address: Address, folder: Path, say: Callable[[str], None]) -> None:
        self._wires, self._address, self._folder, self._say = wires, address, folder, say
        self._words: Connection | None = None
        self._heard_ns: int | None = None
        self._last_line = ""
        self._said = ""

    def start(self) -> Process:
        """Not as a daemon: it has processes of its own."""
        context = get_context("spawn")
        if self._words is not None:
            self._words.close()
        self._words, theirs = context.Pipe(duplex=False)
        self._heard_ns, self._last_line = None, ""
        arguments = (self._wires, self._address, self._folder, theirs)
        process = context.Process(target=serve, args=arguments, name="desk")
        process.start()
        theirs.close()
        return process

    def judge(self, started_ns: int, now_ns: int) -> Verdict | None:
        """By what it tells; its last line, where it has died of what that says."""
        with suppress(EOFError, OSError):
            while self._words is not None and self._words.poll():
                self._hear(self._words.recv())
        if self._last_line:
            return Verdict(self._last_line)
        return punctual(self._heard_ns, started_ns, now_ns, START_NS, SILENT_NS)

    def _hear(self, line: str) -> None:
        if line == HERE:
            self._heard_ns = time.monotonic_ns()
        elif line.startswith(AT):
            if line != self._said:  # once, not each time that it is started again
                self._say(line)
            self._said = line
        else:
            self._last_line = line
