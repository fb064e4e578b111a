"""The desk as a program: what it is put together from, and uvicorn at a socket, told to be impatient."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from installation.desk.app import Desk
from installation.desk.board import Board
from installation.desk.faces import Faces, Sitter
from installation.errors import InputError
from installation.stage.shared import SharedLatest
from installation.supervision.requests import RequestPost
from installation.supervision.wires import Wires

MOST_CONNECTIONS: Final = 64
HEADERS_S: Final = 10.0  # from a connection, or the first byte of a request, to the last of its headers
KEEP_ALIVE_S: Final = 5
MOST_HEADER_BYTES: Final = 16 * 1024
LONGEST_WORD_BYTES: Final = 1024  # of a page over its WebSocket
PING_S: Final = 10.0
LEAVING_S: Final = 1
NOBODY: Final = Sitter(Path(), 0)  # until the show says whose faces they are


@contextmanager
def desk_of(wires: Wires, mailbox: str, timeline: Path) -> Iterator[Desk]:
    """A desk at a show that runs; `mailbox` is the one in which it asks, and has no other writer.

    Raises:
        FileNotFoundError: the show is no more.
    """
    with ExitStack() as stack:
        board = Board.attached(wires, stack)
        asked = stack.enter_context(closing(SharedLatest.attached(mailbox)))
        faces = stack.enter_context(Faces(NOBODY))
        yield Desk(board, RequestPost(asked).post, faces, timeline)


class Impatient(H11Protocol):
    """uvicorn waits for the headers of a request as long as they take; this does not."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._relax()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._relax()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.transport.get_protocol() is not self:
            return  # it has become a WebSocket
        if not getattr(self.cycle, "response_complete", True):  # there may be none yet
            self._relax()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_S, self.transport.abort)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        InputError: the port is taken, or the address is not this machine's.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
    except OSError as error:
        raise InputError(f"no such address as {host}:{port} ({error.strerror})") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(MOST_CONNECTIONS)
    except OSError as error:
        listening.close()
        raise InputError(f"cannot listen at {host}:{port} ({error.strerror}); choose another port") from None
    return listening


def server_of(app: ASGIApp) -> uvicorn.Server:
    """uvicorn, with all its limits. It says nothing: a log of addresses would hold the token."""
    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="websockets-sansio",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        backlog=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=LEAVING_S,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        ws_max_size=LONGEST_WORD_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
    )
    return uvicorn.Server(config)
