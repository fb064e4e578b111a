"""Requests from one process to another, as JSON in a mailbox in which the newest wins, without losing any.

Each posting carries the latest NUM_KEPT requests with their numbers; the reader takes those that it has not
had. Nobody waits, neither side can be blocked by the other, and a worker that takes the place of another one
begins with what is asked from then on. What comes from a desk comes from a network: it is read as strictly
as a file.
"""

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from installation.ports import Command, Move, Play, Request, Try
from installation.score.gesture import Gesture, Span
from installation.score.transition import EASES
from installation.stage.shared import SharedLatest
from models.action_units import AU_INDEX, CATEGORIES
from models.controls import CONTROLS

NUM_KEPT: Final = 32
CAPACITY: Final = 1 << 16  # bytes of a posting
LONGEST_NAME: Final = 200  # characters of a gesture, a mood, a person or whoever asks
LONGEST_NS: Final = 3600 * 10**9
BOUND: Final = 360.0  # degrees, or years: whatever is beyond is no request


class RequestError(ValueError):
    """What was asked for cannot be read; the message says why, in a line."""


# --- requests as JSON ---------------------------------------------------------------------------------------


def as_json(request: Request) -> dict[str, Any]:
    """`{"do": "go"}`, `{"play": {"mood": "dusk"}}`, `{"move": {"part": "AU12", "value": 0.6}}`,
    `{"try": {"name": …, "aus": {"12": 0.6}, …}}`.
    """
    match request:
        case Command():
            return {"do": request.value}
        case Play():
            asked = {"mood": request.mood, "gesture": request.gesture, "person": request.person}
            return {
                "play": {key: value for key, value in asked.items() if value is not None},
                "by": request.by,
            }
        case Move():
            return {"move": {"part": request.part, "value": request.value}}
        case Try():
            return {"try": _gesture_as_json(request.gesture), "by": request.by}


def request_in(asked: object) -> Request:
    """The request in a JSON value that may be anybody's.

    Raises:
        RequestError: it is none.
    """
    if not isinstance(asked, Mapping):
        raise RequestError('a request is an object such as {"do": "go"}')
    by = _name(asked.get("by", ""), "by")
    kinds = [key for key in ("do", "play", "move", "try") if key in asked]
    if len(kinds) != 1 or set(asked) - {*kinds, "by"}:
        raise RequestError("a request has one of do, play, move, try, and perhaps by")
    match kinds[0]:
        case "do":
            return _command(asked["do"])
        case "play":
            return _play(_table(asked["play"], "play", ("mood", "gesture", "person")), by)
        case "move":
            return _move(_table(asked["move"], "move", ("part", "value")))
        case _:
            return Try(_gesture(asked["try"]), by)


def _command(value: object) -> Command:
    for command in Command:
        if command.value == value:
            return command
    raise RequestError(f"do: expected one of {', '.join(command.value for command in Command)}")


def _play(asked: Mapping[str, object], by: str) -> Play:
    if len(asked) != 1:
        raise RequestError("play: expected one of mood, gesture, person")
    person = asked.get("person")
    if isinstance(person, int) and not isinstance(person, bool):
        if not 0 <= person < 2**32:
            raise RequestError("play: person: expected a number from 0 to 4294967295")
        return Play(person=person, by=by)
    names = {key: _name(value, f"play: {key}") for key, value in asked.items()}
    return Play(**names, by=by)


def _move(asked: Mapping[str, object]) -> Move:
    part, value = asked.get("part"), asked.get("value")
    if not isinstance(part, str) or not (part in CONTROLS or part in UNIT_NAMES):
        raise RequestError("move: part: expected AU01 to AU46 or a control")
    if value is None:
        return Move(part, None)
    return Move(part, _number(value, f"move: {part}", *((-BOUND, BOUND) if part in CONTROLS else (0.0, 1.0))))


UNIT_NAMES: Final = {f"AU{unit:02d}": unit for unit in AU_INDEX}


# --- gestures -----------------------------------------------------------------------------------------------

_SPANS: Final = ("onset", "hold", "offset")


def _gesture_as_json(gesture: Gesture) -> dict[str, Any]:
    spans = {name: getattr(gesture, name) for name in _SPANS}
    return {
        "name": gesture.name,
        "emotion": gesture.emotion,
        "intensity": gesture.intensity,
        "aus": {str(unit): value for unit, value in gesture.aus.items()},
        "controls": dict(gesture.controls),
        **{name: [span.low_ns, span.high_ns] for name, span in spans.items()},
        "ease": gesture.ease,
    }


def _gesture(asked: object) -> Gesture:
    usual = Gesture("", None, None)
    keys = ("name", "emotion", "intensity", "aus", "controls", *_SPANS, "ease")
    table = _table(asked, "try", keys)
    emotion, intensity = table.get("emotion"), table.get("intensity")
    if emotion is not None and (not isinstance(emotion, str) or emotion not in CATEGORIES):
        raise RequestError("try: emotion: no such category")
    ease = table.get("ease", usual.ease)
    if not isinstance(ease, str) or ease not in EASES:
        raise RequestError(f"try: ease: expected one of {', '.join(EASES)}")
    aus = _table(table.get("aus", {}), "try: aus", tuple(str(unit) for unit in AU_INDEX))
    controls = _table(table.get("controls", {}), "try: controls", CONTROLS)
    spans = {name: _span(table.get(name), f"try: {name}", getattr(usual, name)) for name in _SPANS}
    return Gesture(
        name=_name(table.get("name", ""), "try: name"),
        emotion=emotion,
        intensity=None if intensity is None else _number(intensity, "try: intensity", 0, 1),
        aus={int(unit): _number(value, f"try: AU{unit}", 0, 1) for unit, value in aus.items()},
        controls={name: _number(value, f"try: {name}", -BOUND, BOUND) for name, value in controls.items()},
        onset=spans["onset"],
        hold=spans["hold"],
        offset=spans["offset"],
        ease=ease,
    )


def _span(asked: object, path: str, usual: Span) -> Span:
    if asked is None:
        return usual
    if not isinstance(asked, list) or len(asked) != 2 or not all(type(each) is int for each in asked):
        raise RequestError(f"{path}: expected two whole numbers of nanoseconds")
    low_ns, high_ns = asked
    if not 0 <= low_ns <= high_ns <= LONGEST_NS:
        raise RequestError(f"{path}: expected an hour at most, the shorter one first")
    return Span(low_ns, high_ns)


def _table(asked: object, path: str, keys: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(asked, Mapping) or not set(asked) <= set(keys):
        raise RequestError(f"{path}: expected an object of {', '.join(keys)}")
    return asked


def _name(asked: object, path: str) -> str:
    if not isinstance(asked, str) or len(asked) > LONGEST_NAME or not asked.isprintable():
        raise RequestError(f"{path}: expected a name of {LONGEST_NAME} printable characters at most")
    return asked


def _number(asked: object, path: str, low: float, high: float) -> float:
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not low <= asked <= high:
        raise RequestError(f"{path}: expected a number from {low:g} to {high:g}")
    return float(asked)


# --- the mailbox --------------------------------------------------------------------------------------------


class RequestPost:
    """Where one process asks. It is the mailbox's only writer."""

    def __init__(self, mailbox: SharedLatest) -> None:
        self._mailbox = mailbox
        self._kept: deque[tuple[int, dict[str, Any]]] = deque(maxlen=NUM_KEPT)
        self._number = 0

    def post(self, request: Request) -> None:
        """Ask, and go on."""
        # Numbers are instants: they go on from any writer before, and a reader knows what was before it.
        self._number = max(self._number + 1, time.monotonic_ns())
        self._kept.append((self._number, as_json(request)))
        while len(payload := json.dumps(list(self._kept)).encode()) > CAPACITY:
            self._kept.popleft()
        self._mailbox.post(payload, time.monotonic_ns())


class RequestBox:
    """A Remote: what another process asks for. What was asked before it was made is not heard."""

    def __init__(self, mailbox: SharedLatest) -> None:
        self._mailbox = mailbox
        self._heard = time.monotonic_ns()

    def requests(self) -> Iterator[Request]:
        """What was asked for since the last call; what is no request is passed over. Never waits."""
        stamped = self._mailbox.take()
        if stamped is None:
            return
        for number, asked in _postings_in(stamped.value):
            if number > self._heard:
                self._heard = number
                with suppress(RequestError):
                    yield request_in(asked)


def _postings_in(payload: bytes) -> list[tuple[int, object]]:
    """Numbers and what they ask for; none where somebody has written something else."""
    try:
        posted: Any = json.loads(payload)
        return [(number, asked) for number, asked in posted if type(number) is int]
    except (ValueError, TypeError, RecursionError):
        return []
