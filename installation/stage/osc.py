"""Requests over Open Sound Control: a button on the wall, a show controller, a phone.

Nothing is ever answered. Packets that cannot be read, and addresses that are not known, are nobody's request;
the time tag of a bundle is not waited for. What the addresses mean is in `osc_messages`.
"""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message import ParseError as MessageParseError

from installation.errors import InputError
from installation.ports import NANOSECONDS, Command, Move, Play, Request
from installation.stage.osc_messages import requests_for

MOST_BYTES: Final = 1472  # of a packet: as many as Ethernet carries in one piece
MOST_PACKETS: Final = 64  # between two frames; the others wait in the system's own buffer, or are lost, …
MOST_BYTES_READ: Final = 4096  # … and so they do after so many bytes
RETRY_NS: Final = 30 * NANOSECONDS
BUNDLE: Final = b"#bundle\0"
HEADER_BYTES: Final = 16  # of a bundle: its name and its time tag
PLAIN: Final = frozenset(b"ifhdsTFN")  # the types of arguments that anybody here has a use for

Address = tuple[str, int] | tuple[str, int, int, int]


class OscRemote:
    """A Remote that listens at `host`:`port` for UDP packets, from the loop itself: reading never waits.

    An address that is taken, or not there yet, is told once to `say`, and tried again every 30 s: a show goes
    on without it. `now_ns` is a monotonic clock.
    """

    def __init__(
        self,
        host: str,
        port: int,
        say: Callable[[str], None] = lambda line: None,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._host, self._port, self._say, self._now_ns = host, port, say, now_ns
        self._socket: socket.socket | None = None
        self._is_closed = self._is_told = False
        self._listen()

    @property
    def port(self) -> int:
        """Where it listens: what was asked for, or, asked for 0, a free one."""
        return int(self._socket.getsockname()[1]) if self._socket else self._port

    @property
    def is_listening(self) -> bool:
        return self._socket is not None

    def requests(self) -> Iterator[Request]:
        """What was asked for since the last call; of what was asked for several times, the last."""
        if self._socket is None and not self._is_closed and self._now_ns() >= self._retry_ns:
            self._listen()
        messages = [message for packet in self._packets() for message in messages_in(packet)]
        last = reversed(dict.fromkeys(reversed(messages)))  # what is said again is read once
        return iter(newest(request for message in last for request in _requests_of(message)))

    def _packets(self) -> Iterator[bytes]:
        num_bytes = 0
        for _ in range(MOST_PACKETS):
            if self._socket is None or num_bytes >= MOST_BYTES_READ:
                return
            try:
                packet = self._socket.recv(MOST_BYTES + 1)
            except BlockingIOError:
                return
            except OSError:  # of one packet that the network has lost
                continue
            num_bytes += len(packet)
            if len(packet) <= MOST_BYTES:
                yield packet

    def _listen(self) -> None:
        self._retry_ns = self._now_ns() + RETRY_NS
        try:
            self._socket = listening(self._host, self._port)
        except InputError as error:
            if not self._is_told:
                self._say(f"osc: {error}; the show goes on without, and it is tried again every 30 s")
            self._is_told = True
            return
        if self._is_told:
            self._say(f"osc: listening at {self._host}:{self.port}")
        self._is_told = False

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        self._is_closed = True
        if self._socket is not None:
            self._socket.close()
            self._socket = None


# --- addresses ----------------------------------------------------------------------------------------------


def listening(host: str, port: int) -> socket.socket:
    """A socket that is bound, and never waits.

    Raises:
        InputError: there is no such address here, or somebody else listens at it.
    """
    family, address = numeric(host, port)
    try:
        bound = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        raise InputError(f"no socket can be made ({error.strerror})") from None
    try:
        bound.setblocking(False)
        bound.bind(address)
    except OSError as error:
        bound.close()
        reason = f"cannot listen at {host}:{port} ({error.strerror})"
        raise InputError(f"{reason}; write another port in site.yaml, or end what has this one") from None
    return bound


def numeric(host: str, port: int) -> tuple[socket.AddressFamily, Address]:
    """The address of a host that is written in numbers, or localhost. Names are not looked up: that may wait
    for seconds, and be answered otherwise after a power cut.

    Raises:
        InputError: it is a name.
    """
    written = "127.0.0.1" if host == "localhost" else host
    try:
        found = socket.getaddrinfo(written, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):  # long or strange names are refused by their encoding
        raise InputError(f"{host!r} is not an address in numbers; write one such as 192.168.1.20") from None
    family, _, _, _, address = found[0]
    return family, address  # type: ignore[return-value]


# --- packets ------------------------------------------------------------------------------------------------


def requests_in(packet: bytes) -> list[Request]:
    """What a packet, a message or a bundle of them, asks for."""
    return [request for message in messages_in(packet) for request in _requests_of(message)]


def messages_in(packet: bytes) -> list[bytes]:
    """The messages of a packet, in their order, bundles in bundles too; none if it is damaged.

    The library's own reader of bundles goes round for ever where the size of an element is negative.
    """
    messages: list[bytes] = []
    waiting = [packet]
    while waiting:
        part = waiting.pop()
        if part.startswith(b"/"):
            messages.append(part)
            continue
        if not part.startswith(BUNDLE) or len(part) < HEADER_BYTES:
            return []
        elements, place = [], HEADER_BYTES
        while place < len(part):
            size = int.from_bytes(part[place : place + 4])
            elements.append(part[place + 4 : place + 4 + size])
            place += 4 + size
        if place != len(part):
            return []
        waiting += reversed(elements)
    return messages


def _requests_of(message: bytes) -> list[Request]:
    if not _is_plain(message):
        return []
    # The parser is asked about bytes of strangers, and refuses some with errors that are not its own.
    with suppress(MessageParseError, ValueError, IndexError, OverflowError):
        parsed = OscMessage(message)
        return requests_for(parsed.address, parsed.params)
    return []


def _is_plain(message: bytes) -> bool:
    """Whether it has arguments of the plain types alone. Blobs may lead the parser back and round, and each
    type that it does not know it writes a line about to the log.
    """
    start = 4 * (message.find(0) // 4 + 1)  # texts are filled up to four bytes
    if start >= len(message):
        return True
    end = message.find(0, start)
    return message[start] == ord(",") and PLAIN.issuperset(message[start + 1 : end])


def newest(requests: Iterable[Request]) -> list[Request]:
    """Of requests for the same, the last one: a fader is where it is, and between two frames no more is asked
    for than there are things to ask for.
    """
    kept: dict[object, Request] = {}
    for request in requests:
        match request:
            case Move():
                about: object = request.part
            case Play():
                about = (request.mood is None, request.gesture is None, request.person is None)
            case _:
                about = request if isinstance(request, Command) else type(request)
        kept.pop(about, None)
        kept[about] = request
    return list(kept.values())
