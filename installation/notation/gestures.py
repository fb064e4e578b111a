"""`gestures:` and `defaults:`: what a face can do, and how long it takes."""

from dataclasses import dataclass
from typing import Any, Final

from installation.notation import values
from installation.notation.fields import Fields, Key, Refused, any_of, mapping, slip, table_schema
from installation.notation.names import name_of, names_schema
from installation.score.choreography import MOTIONS
from installation.score.gesture import Gesture, Span
from installation.score.transition import EASES
from models.action_units import AU_NAMES, au_label
from models.controls import WRITTEN

ONSET: Final = Key(
    "onset",
    values.onset,
    "How long the face takes to get there: a duration such as 0.6s, or a range to draw from, 0.4s..1s.",
)
HOLD: Final = Key(
    "hold", values.span, "How long it stays there: a duration such as 3s, or a range to draw from, 2s..6s."
)
OFFSET: Final = Key(
    "offset",
    values.span,
    "With motion: expressive, how long what the next gesture does not show takes to fade: 0.8s..1.6s.",
)
EASE: Final = Key(
    "ease",
    values.one_of("ease", tuple(EASES)),
    "How the movement gathers and loses speed; minimum_jerk is how bodies move, linear how machines do.",
)
MOTION: Final = Key(
    "motion",
    values.one_of("motion", MOTIONS),
    "linear: the whole face on a straight line, as in the paper; expressive: brows, eyes and mouth each in "
    "their own time; chained: as published, units on or off, each face computed from the last one.",
)

_UNIT_SCHEMA: Final = values.intensity.schema
_AUS_SCHEMA: Final = {
    "type": "object",
    "minProperties": 1,
    "properties": {
        name: {**_UNIT_SCHEMA, "description": f"{au_label(unit)}: {AU_NAMES[unit]}"}
        for unit in AU_NAMES
        for name in (au_label(unit), AU_NAMES[unit])
    },
    "patternProperties": {
        f"^([Aa][Uu][ _]?)?0*({'|'.join(map(str, AU_NAMES))})$": _UNIT_SCHEMA,
        values.OTHER_SPELLING: _UNIT_SCHEMA,
    },
    "additionalProperties": False,
}
EMOTION: Final = Key(
    "emotion",
    values.emotion,
    "One of the 22 emotions; which of its optional units are shown is drawn each time it is played.",
)
INTENSITY: Final = Key(
    "intensity",
    values.intensity,
    "How strong the emotion is: a number from 0 to 1, a letter A to E, or slight, marked, strong.",
)
AUS: Final = Key(
    "aus",
    mapping(_AUS_SCHEMA, "{AU12: 0.8, brow lowerer: slight}"),
    "Action units, by number or name, and how strong each is; they win over the emotion's.",
)
_CONTROL_MEANINGS: Final = {
    "yaw": "Turn of the head in degrees; + is to the right of the picture.",
    "pitch": "Tilt of the head in degrees; + is up.",
    "gaze": "Where the eyes look, [right, up] in degrees; at [0, 0] they meet the viewer's.",
    "age": "How old the face is, in years.",
    "light": "Where the light comes from, [right, up] in degrees.",
}
CONTROLS: Final = tuple(
    Key(name, values.control(name, components), _CONTROL_MEANINGS[name])
    for name, components in WRITTEN.items()
)

DEFAULTS_KEYS: Final = (ONSET, HOLD, OFFSET, EASE, MOTION)
_SHOWN: Final[tuple[Key[Any], ...]] = (EMOTION, AUS, *CONTROLS)
GESTURE_KEYS: Final[tuple[Key[Any], ...]] = (EMOTION, INTENSITY, AUS, *CONTROLS, ONSET, HOLD, OFFSET, EASE)
_A_GESTURE: Final = mapping(
    table_schema(*GESTURE_KEYS, anyOf=any_of(*_SHOWN), dependencies={INTENSITY.name: [EMOTION.name]}),
    "{emotion: happy, intensity: marked}",
)

DEFAULTS: Final = Key(
    "defaults",
    mapping(table_schema(*DEFAULTS_KEYS), "{onset: 0.4s..1.0s, hold: 2s..6s}"),
    "What holds for every gesture that does not say otherwise.",
)
GESTURES: Final = Key(
    "gestures",
    mapping(names_schema(_A_GESTURE.schema), "{rest: {emotion: neutral}}"),
    "What the face can do: a name of your own for each gesture, and what is seen.",
)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for every gesture that does not say otherwise."""

    onset: Span
    hold: Span
    offset: Span
    ease: str
    motion: str


def read_defaults(top: Fields) -> Defaults:
    """Those of the file, or the language's own."""
    plain = Gesture("", None, None)
    own = Defaults(plain.onset, plain.hold, plain.offset, plain.ease, MOTIONS[0])
    table = top.table(DEFAULTS)
    if table is None:
        return own
    table.refuse_unknown(DEFAULTS_KEYS)
    return Defaults(
        onset=table.read(ONSET, own.onset),
        hold=table.read(HOLD, own.hold),
        offset=table.read(OFFSET, own.offset),
        ease=table.read(EASE, own.ease),
        motion=table.read(MOTION, own.motion),
    )


def read_gestures(table: Fields, defaults: Defaults) -> dict[str, Gesture]:
    """Every gesture of the table. One with faults is there too, so that its name is known to the moods."""
    gestures = {}
    for entry in table.node.entries:
        name = name_of(table, entry)
        fields = table.table_of(entry, _A_GESTURE)
        gestures[name] = _read_gesture(name, fields, defaults) if fields else Gesture(name, None, None)
    return gestures


def _read_gesture(name: str, fields: Fields, defaults: Defaults) -> Gesture:
    if not fields.refuse_unknown(GESTURE_KEYS):
        _check_that_something_is_shown(fields)
    aus = fields.table(AUS)
    return Gesture(
        name=name,
        emotion=fields.read(EMOTION, None),
        intensity=fields.read(INTENSITY, None),
        aus=_read_units(aus) if aus else {},
        controls=read_controls(fields, CONTROLS),
        onset=fields.read(ONSET, defaults.onset),
        hold=fields.read(HOLD, defaults.hold),
        offset=fields.read(OFFSET, defaults.offset),
        ease=fields.read(EASE, defaults.ease),
    )


def read_controls(fields: Fields, keys: tuple[Key[dict[str, float]], ...]) -> dict[str, float]:
    """The components of every control that is written, by their names in `models.controls.CONTROLS`."""
    none: dict[str, float] = {}
    return {name: number for key in keys for name, number in fields.read(key, none).items()}


def _check_that_something_is_shown(fields: Fields) -> None:
    if not fields.has(*_SHOWN):
        fields.error("nothing to show; write an emotion, aus, a gaze, or several of them")
    elif (intensity := fields.entry(INTENSITY.name)) and not fields.has(EMOTION):
        message = "an intensity without an emotion; write each unit's own in aus, such as {AU12: 0.8}"
        fields.error(message, intensity.key)


def _read_units(table: Fields) -> dict[int, float]:
    if not table.node.entries:
        table.error("empty; write a unit and how strong it is, such as {AU12: 0.8}, or remove it")
    units: dict[int, float] = {}
    lines: dict[int, int] = {}
    for entry in table.node.entries:
        try:
            unit = values.action_unit(entry.key.text)
        except Refused as refused:
            table.error(slip(entry) or str(refused), entry.key)
            continue
        if unit in units:
            where = "in this line" if lines[unit] == entry.key.line else f"on line {lines[unit]}"
            table.error(f"{au_label(unit)} a second time; it is already {where}", entry.key)
            continue
        lines[unit] = entry.key.line
        units[unit] = table.read_entry(entry, values.intensity, 0.0)
    return units
