"""The line to each page: what plays and how it is, four times a second, and the preview.

One task reads and encodes for all pages, as long as there is one. Each page has a slot for the newest text
and one for the newest picture; what comes too fast for it is lost, and one that takes nothing is dropped.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from installation.desk.board import NOTHING, Board
from installation.desk.guard import Buckets

MOST_PAGES: Final = 8
TURN_S: Final = 0.1  # between two previews
TEXTS: Final = (0, 2)  # of five turns, those with a text
SLOWEST_S: Final = 5.0  # to take a message
WORDS: Final = 20.0  # of a page at once; …
WORDS_PER_S: Final = 2.0  # … and then in a second
LONGEST_WORD: Final = 256  # characters
BUSY, NOT_UNDERSTOOD = 1013, 1008  # why a line is closed (RFC 6455)


class NotUnderstood(ValueError):  # noqa: N818 - it says what became of the words
    """What a page says is nothing that it may say."""


@dataclass(eq=False, slots=True)
class Page:
    """One page's slots."""

    text: str | None = None
    picture: bytes | None = None
    is_watching: bool = True  # it wants the preview
    is_due: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, text: str | None, picture: bytes | None) -> None:
        """In the place of what has not been sent; None: nothing new."""
        self.text = text or self.text
        self.picture = picture if picture is not None and self.is_watching else self.picture
        if self.text is not None or self.picture is not None:
            self.is_due.set()

    def take(self) -> tuple[str | None, bytes | None]:
        """What has not been sent yet."""
        self.is_due.clear()
        taken = self.text, self.picture
        self.text = self.picture = None
        return taken


class Live:
    """The pages that are open."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._pages: set[Page] = set()
        self._telling: asyncio.Task[None] | None = None
        self._picture = NOTHING  # the newest, for a page that begins to watch

    async def serve(self, socket: WebSocket) -> None:
        """Speak with one page until either side has had enough."""
        await socket.accept()
        if len(self._pages) >= MOST_PAGES:
            await socket.close(BUSY, f"{MOST_PAGES} pages are open; close one of them")
            return
        page = Page()
        self._pages.add(page)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())
        tasks = [asyncio.create_task(_speak(socket, page)), asyncio.create_task(self._hear(socket, page))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._pages.discard(page)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self) -> None:
        """To all pages, as long as there is one."""
        turn = 0
        while self._pages:
            text = json.dumps(self._board.now()) if turn % 5 in TEXTS else None
            picture = self._board.preview() if any(page.is_watching for page in self._pages) else None
            self._picture = self._picture if picture is None else picture
            for page in self._pages:
                page.put(text, picture)
            turn += 1
            await asyncio.sleep(TURN_S)
        self._picture = NOTHING

    async def _hear(self, socket: WebSocket, page: Page) -> None:
        words = Buckets(WORDS, WORDS_PER_S, time.monotonic_ns)
        while (message := await socket.receive())["type"] == "websocket.receive":
            try:
                is_watching = is_preview_wanted(message)
            except NotUnderstood as fault:
                await socket.close(NOT_UNDERSTOOD, str(fault))
                return
            if not words.take(""):
                await socket.close(NOT_UNDERSTOOD, "too much at once")
                return
            if is_watching and not page.is_watching:
                page.is_watching = True
                page.put(None, self._picture)
            page.is_watching = is_watching


async def _speak(socket: WebSocket, page: Page) -> None:
    """Send the newest, as fast as it is taken."""
    try:
        while True:
            await page.is_due.wait()
            text, picture = page.take()
            async with asyncio.timeout(SLOWEST_S):
                if text is not None:
                    await socket.send_text(text)
                if picture is not None:
                    await socket.send_bytes(picture)
    except (TimeoutError, WebSocketDisconnect):
        return  # it is too slow, or gone


def is_preview_wanted(message: Message) -> bool:
    """What a page says, `{"preview": false}`.

    Raises:
        NotUnderstood: anything else.
    """
    text = message.get("text") or ""
    said: Any = None
    if len(text) <= LONGEST_WORD:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = None
    wanted = said.get("preview") if isinstance(said, dict) and len(said) == 1 else None
    if not isinstance(wanted, bool):
        raise NotUnderstood('a page says {"preview": true} or {"preview": false}')
    return wanted
