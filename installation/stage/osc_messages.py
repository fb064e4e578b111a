"""What may be asked for over Open Sound Control: one table of addresses, from which docs/osc.md is checked.

Senders differ in what they can send: numbers come as integers, as floats, as booleans, as text; buttons send
1 when pressed and 0 when let go of. Whatever makes no sense is nobody's request.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Final

from installation.ports import Command, Move, Play, Request
from models.action_units import ACTION_UNITS
from models.controls import CONTROLS, WRITTEN, clamped

LONGEST_NAME: Final = 200  # characters
LONGEST_NUMBER: Final = 40  # characters of one that is written as text
MOST_PEOPLE: Final = 2**32
BY: Final = "OSC"

Read = Callable[[Sequence[object]], Iterator[Request]]


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the table: for people, and what reads its arguments."""

    address: str
    arguments: str
    meaning: str
    read: Read | None = None  # None: each of the units that it stands for has one


# --- arguments ----------------------------------------------------------------------------------------------


def number_in(argument: object) -> float | None:
    """A finite number in whatever type it comes; None: it is none."""
    if isinstance(argument, str) and len(argument) <= LONGEST_NUMBER:
        try:
            argument = float(argument)
        except ValueError:
            return None
    if not isinstance(argument, int | float):  # a bool is an int
        return None
    return float(argument) if isfinite(argument) else None


def is_on(arguments: Sequence[object]) -> bool | None:
    """Whether a switch or a button is: without an argument it is; None: it does not say."""
    if not arguments or arguments[0] is None:
        return True
    number = number_in(arguments[0])
    return None if number is None else number != 0


def name_in(arguments: Sequence[object]) -> str | None:
    """A name. Some senders take its words apart: they are joined again."""
    words = [argument for argument in arguments if isinstance(argument, str)]
    name = " ".join(words).strip()
    is_name = len(words) == len(arguments) and name.isprintable() and len(name) <= LONGEST_NAME
    return name if name and is_name else None


# --- readers ------------------------------------------------------------------------------------------------


def _command(command: Command, arguments: Sequence[object]) -> Iterator[Request]:
    if is_on(arguments):
        yield command


def _switch(on: Command, off: Command, arguments: Sequence[object]) -> Iterator[Request]:
    is_wanted = is_on(arguments)
    if is_wanted is not None:
        yield on if is_wanted else off


def _mood(arguments: Sequence[object]) -> Iterator[Request]:
    if name := name_in(arguments):
        yield Play(mood=name, by=BY)


def _gesture(arguments: Sequence[object]) -> Iterator[Request]:
    if name := name_in(arguments):
        yield Play(gesture=name, by=BY)


def _person(arguments: Sequence[object]) -> Iterator[Request]:
    number = number_in(arguments[0]) if arguments else None
    if number is None:
        if name := name_in(arguments):
            yield Play(person=name, by=BY)
    elif number.is_integer() and 0 <= number < MOST_PEOPLE:
        yield Play(person=int(number), by=BY)


def _move(parts: Sequence[str], arguments: Sequence[object]) -> Iterator[Request]:
    """All of the parts or none of them; what is beyond the end of a fader is its end."""
    numbers = [number_in(argument) for argument in arguments[: len(parts)]]
    values = [number for number in numbers if number is not None]
    if len(values) == len(parts):
        for part, value in zip(parts, values, strict=True):
            yield Move(part, clamped(part, value) if part in CONTROLS else min(max(value, 0.0), 1.0))


def _release(arguments: Sequence[object]) -> Iterator[Request]:
    if not arguments:
        yield from RELEASES.values()
    for argument in arguments:
        for part in PARTS.get(str(argument), ()):
            yield RELEASES[part]


# --- the table ----------------------------------------------------------------------------------------------


def spellings(unit: int) -> set[str]:
    """How a unit may be written: `1`, `01`, `AU1`, `AU01`, `au1`, `au01`."""
    return {f"{prefix}{number}" for prefix in ("", "AU", "au") for number in (str(unit), f"{unit:02d}")}


UNIT_PARTS: Final = {name: (f"AU{unit:02d}",) for unit in ACTION_UNITS for name in spellings(unit)}
CONTROL_PARTS: Final = WRITTEN | {name: (name,) for name in CONTROLS}
PARTS: Final = UNIT_PARTS | CONTROL_PARTS
RELEASES: Final = {part: Move(part, None) for parts in PARTS.values() for part in parts}

ON: Final = "[1]"
SWITCH: Final = "[1 or 0]"
VALUES: Final = {"gaze": "x y", "light": "azimuth elevation", "age": "years"}  # of controls; else degrees
HOLD: Final = {
    "yaw": "hold the head's turn, + to the picture's right",
    "pitch": "hold its nod, + up",
    "gaze": "hold where the eyes look, + to the picture's right and up; `0 0` is at the viewer",
    "age": "hold an age",
    "light": "hold where the light comes from",
}

MESSAGES: Final = (
    Message("/portrait/go", ON, "the next gesture, now", partial(_command, Command.GO)),
    Message("/portrait/mood", "name", "enter a mood of the choreography", _mood),
    Message("/portrait/gesture", "name", "play a gesture of the choreography, now", _gesture),
    Message("/portrait/person", "number or name", "turn into a person: a number, or whom it names", _person),
    Message("/portrait/au/N", "0 to 1", "hold action unit N: `/portrait/au/12 0.6`, or `/portrait/au/AU12`"),
    *(
        Message(
            f"/portrait/{name}",
            VALUES.get(name, "degrees"),
            HOLD.get(name, f"hold {name.replace('_', ', ')} alone"),
            partial(_move, parts),
        )
        for name, parts in CONTROL_PARTS.items()
    ),
    Message("/portrait/release", "[N or a control]", "let go of what is held: of that, or of all", _release),
    Message(
        "/portrait/pause",
        SWITCH,
        "play nothing further, or play on",
        partial(_switch, Command.PAUSE, Command.RESUME),
    ),
    Message(
        "/portrait/blackout",
        SWITCH,
        "show nothing, or the portrait again",
        partial(_switch, Command.BLACKOUT, Command.LIGHT),
    ),
    Message("/portrait/agree", ON, "the visitor wants to be taken up", partial(_command, Command.AGREE)),
    Message("/portrait/erase", ON, "forget the visitor, at once", partial(_command, Command.ERASE)),
)
READERS: Final[dict[str, Read]] = {
    **{message.address: message.read for message in MESSAGES if message.read},
    **{f"/portrait/au/{name}": partial(_move, parts) for name, parts in UNIT_PARTS.items()},
}


def requests_for(address: str, arguments: Sequence[object]) -> list[Request]:
    """What a message asks for; nothing, if its address or its arguments are not in the table."""
    read = READERS.get(address)
    return list(read(arguments)) if read else []


def table() -> list[str]:
    """The rows as docs/osc.md has them."""
    return [f"| `{each.address}` | {each.arguments} | {each.meaning} |" for each in MESSAGES]
