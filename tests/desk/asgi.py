"""Requests to an ASGI application without a network: whatever bytes a server would hand on."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

HOST = "127.0.0.1:8080"
ORIGIN = f"http://{HOST}"
HERE = ("127.0.0.1", 8080)
Pairs = Sequence[tuple[bytes, bytes]]


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def pairs(**headers: str) -> list[tuple[bytes, bytes]]:
    """Headers by their names, `content_type` for content-type."""
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]


def usual(method: str, body: bytes | None) -> list[tuple[bytes, bytes]]:
    """What the page's own requests have."""
    headers = pairs(host=HOST)
    if method not in ("GET", "HEAD"):
        headers += pairs(origin=ORIGIN, content_type="application/json")
    if body is not None:
        headers += pairs(content_length=str(len(body)))
    return headers


def call(
    app: ASGIApp,
    method: str,
    target: str,
    body: bytes | Iterable[bytes] | None = None,
    headers: Pairs | None = None,
    *,
    server: tuple[str, int] = HERE,
    client: tuple[str, int] | None = ("127.0.0.1", 50000),
) -> Answer:
    """`target` is as in the request line, with its escapes and its query; a body in parts is chunked."""
    return asyncio.run(acall(app, method, target, body, headers, server=server, client=client))


async def acall(
    app: ASGIApp,
    method: str,
    target: str,
    body: bytes | Iterable[bytes] | None = None,
    headers: Pairs | None = None,
    *,
    server: tuple[str, int] = HERE,
    client: tuple[str, int] | None = ("127.0.0.1", 50000),
) -> Answer:
    whole = body if isinstance(body, bytes) else None
    chunks = [body] if isinstance(body, bytes) else list(body or [b""])
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path, errors="replace"),
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query.encode("utf-8", "surrogateescape"),
        "root_path": "",
        "headers": list(usual(method, whole) if headers is None else headers),
        "server": server,
        "client": client,
    }
    answer, waiting = Answer(), list(reversed(chunks))

    async def receive() -> Message:
        if waiting:
            part = waiting.pop()
            return {"type": "http.request", "body": part, "more_body": bool(waiting)}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {key.decode(): value.decode() for key, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


def told(app: ASGIApp, method: str, target: str, said: Any, **more: Any) -> Answer:
    """As `call`, of JSON."""
    return call(app, method, target, json.dumps(said).encode(), **more)


def greet(
    app: ASGIApp,
    headers: Pairs | None = None,
    said: Sequence[str] = (),
    *,
    target: str = "/api/live",
    server: tuple[str, int] = HERE,
) -> list[Mapping[str, Any]]:
    """Open a WebSocket, say something, listen until there was a text, and leave; → what was sent."""

    async def converse() -> list[Mapping[str, Any]]:
        path, _, query = target.partition("?")
        usual_headers = pairs(host=HOST, origin=ORIGIN)
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": list(usual_headers if headers is None else headers),
            "subprotocols": [],
            "server": server,
            "client": ("127.0.0.1", 50000),
            "extensions": {},
        }
        sent: list[Mapping[str, Any]] = []
        heard: asyncio.Queue[Message] = asyncio.Queue()
        heard.put_nowait({"type": "websocket.connect"})
        for text in said:
            heard.put_nowait({"type": "websocket.receive", "text": text})
        is_enough = asyncio.Event()

        async def send(message: Message) -> None:
            sent.append(message)
            if message["type"] == "websocket.close" or message.get("text"):
                is_enough.set()

        task = asyncio.ensure_future(app(scope, heard.get, send))
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await is_enough.wait()
        heard.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await task
        return sent

    return asyncio.run(converse())
