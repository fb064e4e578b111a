"""The desk at a real port: what only a server shows."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from threading import Thread

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from installation.desk import live, serving
from installation.desk.app import desk_app
from installation.desk.serving import MOST_CONNECTIONS, bound, server_of
from installation.errors import InputError
from tests.desk.conftest import Set

TOKEN = "T" * 43


class Served:
    """A desk at a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"

    def raw(self, sent: bytes, then: bytes = b"") -> bytes:
        """All that comes back over a connection that is left open."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(sent)
            if then:
                connection.sendall(then)
            received = b""
            while part := connection.recv(1 << 16):
                received += part
            return received

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            made = {"Content-Type": "application/json", "Origin": self.origin} | headers
            connection.request(method, path, body, made)
            response = connection.getresponse()
            return response.status, response.read()

    def line(self, **more: str) -> ClientConnection:
        return connect(
            f"ws://127.0.0.1:{self.port}/api/live", origin=self.origin, additional_headers=more, proxy=None
        )  # type: ignore[arg-type]


@contextmanager
def served(stage_set: Set, token: str | None = None) -> Iterator[Served]:
    with bound("127.0.0.1", 0) as listening:
        server = server_of(desk_app(stage_set.desk, token))
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield Served(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(10)
        assert not thread.is_alive()


def heard(line: ClientConnection, num_texts: int) -> tuple[list[dict[str, object]], list[bytes]]:
    """Messages until there were so many texts."""
    texts, pictures = list[dict[str, object]](), list[bytes]()
    while len(texts) < num_texts:
        message = line.recv(10)
        if isinstance(message, str):
            texts.append(json.loads(message))
        else:
            pictures.append(message)
    return texts, pictures


def test_a_page_is_served_and_a_request_comes_through(stage_set: Set) -> None:
    with served(stage_set) as desk:
        assert desk.ask("GET", "/")[0] == 200
        assert desk.ask("POST", "/api/request", b'{"do": "go"}') == (202, b"{}")
        assert desk.ask("POST", "/api/request", b'{"do": "go"}', Origin="http://evil.example")[0] == 403
        assert desk.ask("GET", "/", Host="evil.example")[0] == 403
    assert len(stage_set.posted) == 1


def test_a_line_tells_and_shows_what_is_new(stage_set: Set) -> None:
    with served(stage_set) as desk, desk.line() as line:
        texts, _ = heard(line, 1)
        assert texts[0]["status"]["version"] == 1  # type: ignore[index]
        stage_set.stage.show.is_paused = True
        stage_set.stage.post()
        while not texts[-1]["status"]["is_paused"]:  # type: ignore[index]
            texts, pictures = heard(line, 1)
        assert all(picture.startswith(b"\xff\xd8") for picture in pictures)


def test_a_visitor_is_nothing_but_empty(stage_set: Set) -> None:
    with served(stage_set) as desk, desk.line() as line:
        stage_set.stage.show.is_visitor = True
        stage_set.stage.post()
        pictures = list[bytes]()
        while not pictures or pictures[-1] != b"":
            pictures += heard(line, 1)[1]
        stage_set.stage.post()
        assert set(heard(line, 4)[1]) <= {b""}


def test_who_wants_no_picture_gets_none(stage_set: Set) -> None:
    with served(stage_set) as desk, desk.line() as line:
        line.send('{"preview": false}')
        heard(line, 3)
        stage_set.stage.post()
        assert heard(line, 3)[1] == []
        line.send('{"preview": true}')
        assert any(heard(line, 3)[1])


def test_there_are_so_many_pages_and_no_more(stage_set: Set) -> None:
    with served(stage_set) as desk, ExitStack() as stack:
        lines = [stack.enter_context(desk.line()) for _ in range(live.MOST_PAGES)]
        for line in lines:
            heard(line, 1)
        assert is_full(desk)
        lines.pop().close()
        end_s = time.monotonic() + 10
        while is_full(desk):  # until the desk has noticed
            assert time.monotonic() < end_s


def is_full(desk: Served) -> bool:
    with desk.line() as line:
        try:
            heard(line, 1)
        except ConnectionClosed as closed:
            return closed.rcvd is not None and closed.rcvd.code == live.BUSY
    return False


@pytest.mark.parametrize(
    "headers", [{}, {"Cookie": "desk=wrong"}, {"Cookie": f"desk={TOKEN[:-1]}"}, {"Cookie": f"other={TOKEN}"}]
)
def test_a_line_is_opened_with_the_token_alone(stage_set: Set, headers: dict[str, str]) -> None:
    with served(stage_set, TOKEN) as desk:
        with pytest.raises(InvalidStatus) as refused, desk.line(**headers):
            pass
        assert refused.value.response.status_code == 403
        with desk.line(Cookie=f"desk={TOKEN}") as line:
            heard(line, 1)


def test_a_page_that_takes_nothing_is_dropped(stage_set: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SLOWEST_S", 0.2)
    monkeypatch.setattr(live, "TURN_S", 0.001)
    stage_set.stage.show.held = {f"x{number}": 0.0 for number in range(2000)}  # long texts
    stage_set.stage.post()
    with served(stage_set) as desk, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", desk.port))
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        reader.sendall(
            f"GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nOrigin: {desk.origin}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        pages = stage_set.desk.live._pages
        end_s = time.monotonic() + 20
        while not pages and time.monotonic() < end_s:
            time.sleep(0.01)
        assert pages
        while pages and time.monotonic() < end_s:
            time.sleep(0.01)
        assert not pages


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n",  # no end of headers
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
        b"",
        b"G",
    ],
)
def test_headers_that_never_end_are_not_waited_for(
    stage_set: Set, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEADERS_S", 0.2)
    with served(stage_set) as desk, socket.create_connection(("127.0.0.1", desk.port), 10) as connection:
        connection.sendall(sent)
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_headers_of_a_second_request_are_not_waited_for(
    stage_set: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEADERS_S", 0.3)
    with served(stage_set) as desk, socket.create_connection(("127.0.0.1", desk.port), 10) as connection:
        request = f"GET /api/now HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\n".encode()
        connection.sendall(request + b"\r\n")
        received = connection.recv(1 << 16)
        assert received.startswith(b"HTTP/1.1 200")
        connection.sendall(request)
        with suppress(ConnectionResetError):
            while connection.recv(1 << 16):
                pass


def test_a_line_outlives_the_time_for_headers(stage_set: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEADERS_S", 0.2)
    with served(stage_set) as desk, desk.line() as line:
        heard(line, 4)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n"
        + b"".join(b"X-%d: 1\r\n" % number for number in range(5000))
        + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # no Host
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET / HTTP/1.1\nHost : a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"\x00" * 100,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_before_it_is_read(stage_set: Set, sent: bytes) -> None:
    with served(stage_set) as desk:
        try:
            answer = desk.raw(sent)
        except ConnectionError:
            answer = b""
        assert answer.split(b" ")[1:2] in ([b"400"], [b"403"], [b"414"], [b"431"], []), answer[:80]
        assert desk.ask("GET", "/")[0] == 200


def test_a_chunked_body_has_an_end(stage_set: Set) -> None:
    with served(stage_set) as desk:
        head = f"POST /api/request HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nOrigin: {desk.origin}\r\n"
        head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        with socket.create_connection(("127.0.0.1", desk.port), 10) as connection:
            connection.sendall(head.encode())
            received = b""
            try:
                for _ in range(40):
                    connection.sendall(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
                received = connection.recv(1 << 16)
            except ConnectionError:
                received = received or connection.recv(1 << 16)
        assert received.startswith(b"HTTP/1.1 413")
        assert stage_set.posted == []


def test_a_crowd_leaves_room_when_it_leaves(stage_set: Set) -> None:
    with served(stage_set) as desk:
        crowd = [socket.create_connection(("127.0.0.1", desk.port), 10) for _ in range(MOST_CONNECTIONS + 10)]
        status = {desk.ask("GET", "/api/now")[0] for _ in range(3)}
        for each in crowd:
            each.close()
        end_s = time.monotonic() + 10
        while desk.ask("GET", "/api/now")[0] != 200:
            assert time.monotonic() < end_s
        assert status == {503}


def test_a_port_that_is_taken_is_told_in_a_line() -> None:
    with bound("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(
            InputError, match=rf"^cannot listen at 127.0.0.1:{port} \(.*\); choose another port$"
        ):
            bound("127.0.0.1", port)
    with pytest.raises(InputError, match="cannot listen"):
        bound("192.0.2.77", 1)
    with pytest.raises(InputError, match="no such address"):
        bound("no.such.name.invalid", 1)
