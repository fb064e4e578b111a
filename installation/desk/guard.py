"""Who may speak to the desk, and how much of it: everything passes here before anything else reads it.

A browser on the same machine or in the same network speaks for whoever sits before it, and for every page
that is open in it. So it is asked for what other pages cannot have: a `Host` that is this address and no name
that somebody else resolves to it (DNS rebinding), an `Origin` that is this page for whatever changes
anything, and, away from loopback, the cookie. The functions are pure; `Guard` is an ASGI application around
another one.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from json import dumps
from secrets import compare_digest
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = Iterable[tuple[bytes, bytes]]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
READING: Final = frozenset({"GET", "HEAD"})
TOKEN: Final = "token"  # what it is called in the address that a QR code holds
YEAR_S: Final = 366 * 24 * 3600
SECOND_NS: Final = 1_000_000_000

SECURITY: Final = (
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is heard of anybody."""

    longest_target: int = 2048  # bytes of path and query
    most_headers: int = 64
    most_header_bytes: int = 8192  # all together
    most_body_bytes: int = 256 * 1024
    slowest_body_s: float = 10.0
    slowest_send_s: float = 20.0
    burst: float = 150.0  # requests of one client at once: a page with the faces of its gestures …
    per_s: float = 30.0  # … and then in a second
    wrong_tokens: float = 5.0  # of one client at once …
    wrong_tokens_per_s: float = 0.1  # … and then in a second


class Refused(Exception):  # noqa: N818 - it says what became of the request
    """A request that goes no further."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


# --- where it comes from ------------------------------------------------------------------------------------


def is_loopback(host: str) -> bool:
    """Whether only this machine can be at the other end of `host`."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def is_own(authority: str, own: str) -> bool:
    """Whether a `Host` header names the address `own` at which its connection arrived.

    At loopback its names will do. The port is not looked at, for a tunnel may have another; the origin has
    the one of the `Host`.
    """
    host = host_in(authority)
    if host is None:
        return False
    if is_loopback(own):
        return host in LOOPBACK
    return _address(host) is not None and _address(host) == _address(own)


def host_in(authority: str) -> str | None:
    """`127.0.0.1` of `127.0.0.1:8080`, `::1` of `[::1]:8080`; None where it is written in another way."""
    host, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        host, port = authority, "80"
    if not (port.isascii() and port.isdigit() and len(port) <= 5):
        return None
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        return host if isinstance(_address(host), IPv6Address) else None
    return host.lower() if host and ":" not in host else None


def is_same_origin(origin: str, authority: str) -> bool:
    """Whether an `Origin` header is of the page that is served at this `Host`."""
    return origin == f"http://{authority}"


def client_of(host: str) -> str:
    """Who is counted as one: an address; of IPv6 a network, in which one machine has all of them."""
    address = _address(host)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return host


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


# --- who it is ----------------------------------------------------------------------------------------------


def is_token(given: bytes, token: str) -> bool:
    """Compared in a time that tells nothing of where they differ."""
    return compare_digest(given, token.encode())


def cookies(headers: Headers, name: str) -> list[bytes]:
    """Every value that a client sends under a cookie's name."""
    sought = name.encode()
    pairs = [pair for value in _values(headers, b"cookie") for pair in value.split(b";")]
    parted = (pair.strip().partition(b"=") for pair in pairs)
    return [value for key, _, value in parted if key == sought]


def token_in(query: bytes) -> bytes | None:
    """The token of an address; None where there is none, or more than one."""
    try:
        fields = parse_qs(query, keep_blank_values=True, max_num_fields=8)
    except ValueError:
        return None
    given = fields.get(TOKEN.encode(), [])
    return given[0] if len(given) == 1 else None


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key.lower() == name]


def only(headers: Headers, name: bytes) -> str | None:
    """A header's value where it is there once; None otherwise."""
    values = _values(headers, name)
    return values[0].decode("latin-1") if len(values) == 1 else None


# --- how much -----------------------------------------------------------------------------------------------


class Buckets:
    """A bucket of tokens for each client, which fills as time passes and is drawn from by one at a time.

    Of more than MOST clients the one that was heard of least lately is forgotten.
    """

    MOST: Final = 1024

    def __init__(self, burst: float, per_s: float, now_ns: Callable[[], int]) -> None:
        self._burst, self._per_s, self._now_ns = burst, per_s, now_ns
        self._levels: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, client: str) -> bool:
        """Take one; → whether there was one."""
        level = self._level(client)
        is_there = level >= 1
        self._levels[client] = level - is_there, self._now_ns()
        self._levels.move_to_end(client)
        if len(self._levels) > self.MOST:
            self._levels.popitem(last=False)
        return is_there

    def _level(self, client: str) -> float:
        level, then_ns = self._levels.get(client, (self._burst, 0))
        return min(self._burst, level + self._per_s * (self._now_ns() - then_ns) / SECOND_NS)


def check_size(scope: Scope, limits: Limits) -> None:
    """
    Raises:
        Refused: the address or the headers are longer than anybody needs.
    """
    target = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    if len(target) + len(scope["query_string"]) > limits.longest_target:
        raise Refused(HTTPStatus.REQUEST_URI_TOO_LONG, "this address is too long")
    headers = scope["headers"]
    num_bytes = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > limits.most_headers or num_bytes > limits.most_header_bytes:
        raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers")


def check_place(scope: Scope) -> None:
    """
    Raises:
        Refused: it is meant for another host, or another page asks for a change.
    """
    authority = only(scope["headers"], b"host")
    server = scope.get("server") or ("", None)
    if authority is None or not is_own(authority, server[0]):
        raise Refused(HTTPStatus.FORBIDDEN, "open the desk by its address, as it was told")
    if scope["type"] == "http" and scope["method"] in READING:
        return
    origin = only(scope["headers"], b"origin")
    if origin is None or not is_same_origin(origin, authority):
        raise Refused(HTTPStatus.FORBIDDEN, "only the desk's own page may ask for this")


async def body_of(headers: Headers, receive: Receive, limits: Limits) -> bytes:
    """A request's whole body, of a stated length or in chunks.

    Raises:
        Refused: it is too long, or takes too long.
    """
    stated = only(headers, b"content-length")
    if stated is not None and (not stated.isdigit() or int(stated[:9]) > limits.most_body_bytes):
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LONG)
    parts, num_bytes, has_more = list[bytes](), 0, True
    try:
        async with asyncio.timeout(limits.slowest_body_s):
            while has_more:
                message = await receive()
                if message["type"] != "http.request":
                    raise Refused(HTTPStatus.BAD_REQUEST, "this ended too early")
                parts.append(message.get("body", b""))
                num_bytes += len(parts[-1])
                if num_bytes > limits.most_body_bytes:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LONG)
                has_more = message.get("more_body", False)
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "this came too slowly") from None
    return b"".join(parts)


TOO_LONG: Final = "this is too long"


# --- the middleware -----------------------------------------------------------------------------------------


class Guard:
    """The application that lets pass to `app` what may pass. `token` is None where none is asked for."""

    def __init__(
        self,
        app: ASGIApp,
        token: str | None = None,
        cookie: str = "desk",
        limits: Limits | None = None,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._app, self._token, self._cookie = app, token, cookie
        self._limits = limits = limits or Limits()
        self._rate = Buckets(limits.burst, limits.per_s, now_ns)
        self._guesses = Buckets(limits.wrong_tokens, limits.wrong_tokens_per_s, now_ns)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        send = self._marked(send)
        try:
            entrance = self._admit(scope)
            if scope["type"] == "http" and not entrance and scope["method"] not in READING:
                receive = _replayed(await body_of(scope["headers"], receive, self._limits), receive)
        except Refused as refused:
            await _refuse(scope, receive, send, refused)
            return
        if entrance:
            await _answer(send, HTTPStatus.SEE_OTHER, b"", [(b"location", b"/"), (b"set-cookie", entrance)])
        else:
            await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> bytes:
        """→ the cookie to be set, where somebody comes with a token; else b""."""
        client = client_of((scope.get("client") or ("", 0))[0])
        if not self._rate.take(client):
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too much at once; wait a moment")
        check_size(scope, self._limits)
        check_place(scope)
        return b"" if self._token is None else self._let_in(scope, self._token, client)

    def _let_in(self, scope: Scope, token: str, client: str) -> bytes:
        is_entrance = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
        written = token_in(scope["query_string"]) if is_entrance else None
        given = cookies(scope["headers"], self._cookie) if written is None else [written]
        if not given:
            raise Refused(
                HTTPStatus.UNAUTHORIZED, "open the desk by its QR code, or by the address with its token"
            )
        if not any(is_token(each, token) for each in given):
            # The right one never waits: a page with yesterday's may be open beside it, and tries on.
            if not self._guesses.take(client):
                raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too many wrong tokens; wait a minute")
            raise Refused(HTTPStatus.UNAUTHORIZED, "this token is not the desk's; open it by its QR code")
        if written is None:
            return b""
        return f"{self._cookie}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={YEAR_S}".encode()

    def _marked(self, send: Send) -> Send:
        """As `send`, with the security headers; nobody who reads too slowly is waited for."""

        async def send_marked(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message = {**message, "headers": [*message.get("headers", []), *SECURITY]}
            async with asyncio.timeout(self._limits.slowest_send_s):
                await send(message)

        return send_marked


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What has been read already, and then whatever comes."""
    messages: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


SAID: Final = (
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
    "<title>The desk</title><h2>The desk</h2><p>{}.</p></html>"
)


async def _refuse(scope: Scope, receive: Receive, send: Send, refused: Refused) -> None:
    if scope["type"] == "websocket":
        await receive()  # that it wants to be connected
        await send({"type": "websocket.close", "code": 1008})
        return
    if scope["path"] == "/" and scope["method"] in READING:  # somebody reads it, perhaps on a telephone
        kind, content = b"text/html; charset=utf-8", SAID.format(escape(str(refused))).encode()
    else:
        kind, content = b"application/json", dumps({"error": str(refused)}).encode()
    # Of what was refused nothing further is read.
    headers = [(b"content-type", kind), (b"connection", b"close")]
    if refused.status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.append((b"retry-after", b"1"))
    await _answer(send, refused.status, content if scope["method"] != "HEAD" else b"", headers)


async def _answer(send: Send, status: int, content: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers = [*headers, (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": content})
