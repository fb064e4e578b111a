"""The desk's routes: the page, what it is told, and what it asks for. Before them stands the guard.

    GET  /                            the page; with ?token=T the guard sets the cookie
    GET  /page/NAME                   its files
    GET  /api/now                     {"status", "health"}
    WS   /api/live                    the same four times a second, and the preview
    POST /api/request                 something is asked of the show
    …    /api/choreography            the file that plays, and what may be done with a text of it
    GET  /api/faces/KEY.jpg           a gesture's face
    GET  /api/timeline, /api/log      what happened

What is wrong with a request is answered in a line, {"error": …}, and nothing that it says becomes a path.
What takes time (reading a text, a disk) has a thread, one at a time; a rehearsal has a process.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from installation import ports
from installation.desk import record, score
from installation.desk.answers import Wrong, fields_in, http_fault, json_in, name_of, text_of, unfit, wrong
from installation.desk.asked import BY, Unfit, fit
from installation.desk.board import Board
from installation.desk.faces import Sitter
from installation.desk.guard import Guard, Limits
from installation.desk.live import Live
from installation.desk.page_files import INDEX, read_page_file
from installation.desk.rehearsing import MOST_HOURS, rehearsed
from installation.notation.fields import unknown
from installation.score.gesture import Gesture
from installation.supervision.requests import RequestError, as_json, request_in

T = TypeVar("T")

KEY: Final = re.compile("[0-9a-f]{16,128}")


class Faces(Protocol):
    """`installation.desk.faces.Faces`, or what a test puts in its place."""

    def sit(self, sitter: Sitter) -> None: ...

    def key(self, gesture: Gesture, *, is_binary: bool = False) -> str: ...

    def ask(self, gestures: Mapping[str, Gesture], *, is_binary: bool = False) -> None: ...

    def get(self, key: str) -> bytes | None: ...

    def is_coming(self, key: str) -> bool: ...


class Desk:
    """What the routes do. `post` asks something of the show."""

    def __init__(
        self, board: Board, post: Callable[[ports.Request], None], faces: Faces, timeline: Path
    ) -> None:
        self.board, self.live = board, Live(board)
        self._post, self._faces, self._timeline = post, faces, timeline
        self._text_turn, self._rehearsal_turn = asyncio.Lock(), asyncio.Lock()

    # --- the page, and what it is told ---

    async def index(self, _: Request) -> Response:
        return _file(INDEX)

    async def page(self, request: Request) -> Response:
        return _file(request.path_params["name"])

    async def now(self, _: Request) -> Response:
        return JSONResponse(self.board.now())

    async def face(self, request: Request) -> Response:
        key: str = request.path_params["key"]
        if not KEY.fullmatch(key):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if (jpeg := self._faces.get(key)) is not None:
            return Response(jpeg, media_type="image/jpeg")
        if self._faces.is_coming(key):
            return JSONResponse({}, HTTPStatus.ACCEPTED)
        raise HTTPException(HTTPStatus.NOT_FOUND)

    async def timeline(self, _: Request) -> Response:
        utc_ns = time.time_ns()
        happened = await asyncio.to_thread(record.events, self._timeline, utc_ns)
        zone = (self.board.status or {}).get("zone")
        return JSONResponse({"events": happened, "now_utc_ns": utc_ns, "zone": zone})

    async def log(self, request: Request) -> Response:
        asked = request.query_params.get("lines", str(record.USUAL_LINES))
        if not (
            asked.isascii() and asked.isdigit() and len(asked) < 9 and 0 < int(asked) <= record.MOST_LINES
        ):
            raise unfit(f"lines: expected a number from 1 to {record.MOST_LINES}")
        path = (self.board.health or {}).get("log")
        lines = await asyncio.to_thread(record.last_lines, Path(path), int(asked)) if path else []
        return JSONResponse({"lines": lines})

    # --- what it asks of the show ---

    async def ask(self, request: Request) -> Response:
        try:
            self._post(fit(request_in(await json_in(request)), self.board.status))
        except (RequestError, Unfit) as fault:
            raise unfit(str(fault)) from None
        return JSONResponse({}, HTTPStatus.ACCEPTED)

    async def try_gesture(self, request: Request) -> Response:
        asked = await fields_in(request, ("text", "gesture"))
        raw, name = text_of(asked), name_of(asked, "gesture")
        found = await self._in_turn(score.playable, raw, self._playing())
        if name not in found.gestures:
            raise unfit(unknown("gesture", name, found.gestures))
        try:
            # As the show will read it: a gesture of a score may be longer than one that is asked for.
            self._post(request_in(as_json(ports.Try(found.gestures[name], BY))))
        except RequestError as fault:
            raise unfit(str(fault)) from None
        return JSONResponse({}, HTTPStatus.ACCEPTED)

    # --- the choreography ---

    async def choreography(self, _: Request) -> Response:
        playing = self._playing()
        raw = await self._in_turn(score.read, playing)
        told = await self._checked(raw, playing)
        is_writable = await asyncio.to_thread(score.is_writable, playing)
        file = {"path": str(playing.path), "text": raw.decode(), "sha256": score.sha256(raw)}
        return JSONResponse({**file, "is_writable": is_writable, **told})

    async def check(self, request: Request) -> Response:
        raw = text_of(await fields_in(request, ("text",)))
        return JSONResponse(await self._checked(raw, self._playing()))

    async def rehearse(self, request: Request) -> Response:
        asked = await fields_in(request, ("text", "hours"))
        raw, num_hours = text_of(asked), asked["hours"]
        if isinstance(num_hours, bool) or not isinstance(num_hours, int | float):
            raise unfit("hours: expected a number")
        if not 0 < num_hours <= MOST_HOURS:
            raise unfit(f"hours: expected more than 0, and {MOST_HOURS} at most")
        playing = self._playing()
        told = await self._checked(raw, playing)
        if not told["is_playable"]:
            return JSONResponse({**told, "rehearsal": None})
        if self._rehearsal_turn.locked():
            raise Wrong(HTTPStatus.SERVICE_UNAVAILABLE, "another dry run is under way; wait for it")
        async with self._rehearsal_turn:
            seen = await asyncio.to_thread(rehearsed, raw, playing, num_hours)
        return JSONResponse({**told, "rehearsal": seen})

    async def save(self, request: Request) -> Response:
        asked = await fields_in(request, ("text", "sha256"))
        saved = await self._in_turn(score.save, text_of(asked), name_of(asked, "sha256"), self._playing())
        return JSONResponse({"sha256": saved})

    async def save_gesture(self, request: Request) -> Response:
        asked = await fields_in(request, ("text", "sha256", "name", "aus", "controls"))
        name = name_of(asked, "name")
        try:
            parts = request_in({"try": {key: asked[key] for key in ("aus", "controls")}})
        except RequestError as fault:
            raise unfit(str(fault).removeprefix("try: ")) from None
        assert isinstance(parts, ports.Try)
        face = parts.gesture
        raw, edited = text_of(asked), name_of(asked, "sha256")
        text, saved, line = await self._in_turn(
            score.save_gesture, raw, edited, name, face.aus, face.controls, self._playing()
        )
        return JSONResponse({"text": text.decode(), "sha256": saved, "line": line})

    def _playing(self) -> score.Playing:
        return score.playing_in(self.board.status)

    async def _checked(self, raw: bytes, playing: score.Playing) -> dict[str, Any]:
        """What is to be said of a text; the faces of its gestures are drawn from now on."""
        checked = await self._in_turn(score.check, raw, playing)
        keys: dict[str, str] = {}
        if checked.score is not None:
            is_binary = checked.score.is_chained
            self._faces.sit(playing.sitter)
            gestures = checked.score.gestures
            keys = {name: self._faces.key(each, is_binary=is_binary) for name, each in gestures.items()}
            self._faces.ask({keys[name]: each for name, each in gestures.items()}, is_binary=is_binary)
        return checked.as_json(keys)

    async def _in_turn(self, work: Callable[..., T], *args: object) -> T:
        """In a thread, one after the other: two that save at once would both be the first."""
        async with self._text_turn:
            return await asyncio.to_thread(work, *args)


def desk_app(
    desk: Desk, token: str | None = None, cookie: str = "desk", limits: Limits | None = None
) -> ASGIApp:
    """The application; with a token, for those alone who have it."""
    routes = [
        Route("/", desk.index, methods=["GET"]),
        Route("/page/{name}", desk.page, methods=["GET"]),
        Route("/api/now", desk.now, methods=["GET"]),
        WebSocketRoute("/api/live", desk.live.serve),
        Route("/api/request", desk.ask, methods=["POST"]),
        Route("/api/choreography", desk.choreography, methods=["GET"]),
        Route("/api/choreography", desk.save, methods=["PUT"]),
        Route("/api/choreography/check", desk.check, methods=["POST"]),
        Route("/api/choreography/rehearse", desk.rehearse, methods=["POST"]),
        Route("/api/choreography/try", desk.try_gesture, methods=["POST"]),
        Route("/api/choreography/gesture", desk.save_gesture, methods=["POST"]),
        Route("/api/faces/{key}.jpg", desk.face, methods=["GET"]),
        Route("/api/timeline", desk.timeline, methods=["GET"]),
        Route("/api/log", desk.log, methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers={Wrong: wrong, HTTPException: http_fault})
    app.router.redirect_slashes = False
    return Guard(app, token, cookie, limits)


def _file(name: str) -> Response:
    found = read_page_file(name)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    content, media_type = found
    return Response(content, media_type=media_type)
