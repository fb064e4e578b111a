"""Whether what a page asks for can be done by the show that plays; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from installation.notation.fields import unknown
from installation.ports import Command, Move, Play, Request

BY: Final = "the desk"
AT_THE_WALL: Final = frozenset({Command.QUIT, Command.TOGGLE_FULLSCREEN})


class Unfit(ValueError):  # noqa: N818 - it says what the request is
    """The show cannot do it; the message says why, in a line."""


def fit(request: Request, status: Mapping[str, Any] | None) -> Request:
    """The request, with who asks for it. What cannot be known before the show plays is left to it.

    Raises:
        Unfit: there is no such mood, gesture, person, unit or control; or it is for the keyboard alone.
    """
    show: Mapping[str, Any] = (status or {}).get("show") or {}
    match request:
        case Command() if request in AT_THE_WALL:
            raise Unfit(f"{request.value}: at the portrait's own keyboard alone")
        case Play():
            _check("mood", request.mood, show.get("moods"))
            _check("gesture", request.gesture, show.get("gestures"))
            if isinstance(request.person, str):
                _check("person", request.person, [str(who) for who in show.get("people") or ()])
        case Move():
            units = [f"AU{unit:02d}" for unit in show.get("units") or ()]
            learned = [*units, *(show.get("controls") or ())]
            if learned and request.part not in learned:
                raise Unfit(f"these weights have not learned {request.part}")
        case _:
            pass
    return request if isinstance(request, Command | Move) else replace(request, by=request.by or BY)


def _check(kind: str, name: str | None, names: list[str] | None) -> None:
    if name is not None and names is not None and name not in names:
        raise Unfit(unknown(kind, name, names))
