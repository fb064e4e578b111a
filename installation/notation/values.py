"""The values of a score: numbers, durations with their units, weights, intensities, action units, controls.

Each reader takes a located node and raises `Refused` with what is wrong and what to write instead.
"""

import re
from fractions import Fraction
from typing import Final

from installation.notation.fields import Reader, Refused, found, reader, unknown
from installation.notation.yaml_nodes import ListNode, Node, ScalarNode
from installation.score.gesture import Span
from models.action_units import AU_NAMES, CATEGORIES, INTENSITY_LETTERS, INTENSITY_WORDS, au_label

UNITS_NS: Final = {
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
MIN_ONSET_NS: Final = 40_000_000  # a frame of film: nothing faster can be seen as a movement
MAX_WEIGHT: Final = 1e6
MAX_CONTROL: Final = 1000  # degrees, years: far beyond what faces were shown with
MAX_SEED: Final = 2**63 - 1
DAILY: Final = "daily"
PERSON_SUFFIX: Final = ".safetensors"

_UNITS: Final = ", ".join(UNITS_NS)
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([a-zA-Zµ]+)")
_BARE = re.compile(r"[0-9.]+(?:[eE][-+]?[0-9]+)?")
_TO = re.compile(r"([0-9.,]*[0-9]) ?([a-zA-Z]*) *(?:[-–—~…]|\.{3,}| to ) *([0-9][0-9.,]*) ?([a-zA-Z]+)")
_DURATION_FORM: Final = r"[0-9]+(\.[0-9]+)? ?(ms|s|min|h|d)"
# The first letters of what others call the units → what they are called here.
_UNIT_LIKE: Final = {"mil": "ms", "ms": "ms", "s": "s", "m": "min", "h": "h", "d": "d"}


@reader({"type": ["string", "number", "boolean"]})
def text(node: Node) -> str:
    """Any text but an empty one; a number or `true` is taken as it is written."""
    if not isinstance(node, ScalarNode) or not node.text.strip():
        raise Refused(f"expected a text, found {found(node)}")
    return node.text


def one(kind: str, example: str) -> Reader[str]:
    """As `text`, of what there can be one of, such as a gesture."""

    def read(node: Node) -> str:
        if not isinstance(node, ScalarNode) or not node.text.strip():
            raise Refused(f"expected one {kind}, such as {example}; found {found(node)}")
        return node.text

    return Reader(read, text.schema)


def one_of(kind: str, names: tuple[str, ...], common: str = "") -> Reader[str]:
    """A reader of one of a few words; `common` is how all of them begin."""

    def read(node: Node) -> str:
        if not isinstance(node, ScalarNode) or node.value is None:
            raise Refused(f"expected one of {', '.join(names)}, found {found(node)}")
        if node.text not in names:
            raise Refused(unknown(kind, node.text, names, common))
        return node.text

    return Reader(read, {"enum": list(names)})


ON, OFF = "on", "off"
_SAID: Final = {
    ON: ("on", "yes", "y", "true", "sí", "si"),
    OFF: ("off", "no", "n", "false", "none", "null", "never", "nunca"),
}
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%")


def hint(node: Node, on: str = "", off: str = OFF, full: float = 0, low: float = 0, high: float = 1) -> str:
    """`; write off`, for what people say in the place of a value; "" where they say something else.

    `on` and `off` are what to write instead of such words, and `full` instead of 100%, from `low` to `high`.
    """
    said = node.text.strip().lower() if isinstance(node, ScalarNode) else ""
    advice = {word: instead for key, instead in ((ON, on), (OFF, off)) for word in _SAID[key]}.get(said, "")
    percent = _PERCENT.fullmatch(said)
    if percent and full and low <= (share := full * float(percent[1]) / 100) <= high:
        advice = f"{share:g}"
    return advice and f"; write {advice}"


@reader({"enum": [ON, OFF]})
def on_or_off(node: Node) -> bool:
    if not isinstance(node, ScalarNode) or node.text not in (ON, OFF):
        raise Refused(f"expected {ON} or {OFF}, found {found(node)}{hint(node, ON)}")
    return node.text == ON


def whole(low: int, high: int) -> Reader[int]:
    """A reader of whole numbers from `low` to `high`."""

    def read(node: Node) -> int:
        number = _number(node)
        if not isinstance(number, int) or not low <= number <= high:
            raise Refused(f"expected a whole number from {low} to {high}, found {found(node)}")
        return number

    return Reader(
        read, {"const": low} if low == high else {"type": "integer", "minimum": low, "maximum": high}
    )


def number_in(low: float, high: float, what: str) -> Reader[float]:
    """A reader of numbers from `low` to `high`; `what` they are stands in the message."""

    def read(node: Node) -> float:
        value = _number(node)
        if value is None or not low <= value <= high:
            raise Refused(f"expected {what}, a number from {low:g} to {high:g}; found {found(node)}")
        return float(value)

    return Reader(read, {"type": "number", "minimum": low, "maximum": high})


def number_or_off(low: float, high: float, what: str, usual: float) -> Reader[float]:
    """As `number_in`; the word `off` is 0, and so is 0. Who writes `on` is told the `usual` number."""
    number = number_in(low, high, what)
    form = f"expected {OFF} or {what}, a number from {low:g} to {high:g} (0 is {OFF})"

    def read(node: Node) -> float:
        if isinstance(node, ScalarNode) and node.value in (OFF, 0) and node.value is not False:
            return 0.0
        try:
            return number(node)
        except Refused:
            advice = hint(node, f"{usual:g}, or remove it", full=usual, low=low, high=high)
            raise Refused(f"{form}; found {found(node)}{advice}") from None

    return Reader(read, {"anyOf": [number.schema, {"enum": [OFF, 0]}]})


def _number(node: Node) -> int | float | None:
    value = node.value if isinstance(node, ScalarNode) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


@reader(
    {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
            {"type": "string", "pattern": r"\.[sS][aA][fF][eE][tT][eE][nN][sS][oO][rR][sS]$"},
        ]
    }
)
def person(node: Node) -> int | str:
    """Who: a number, or the name of a person file."""
    if isinstance(node, ScalarNode) and node.text.lower().endswith(PERSON_SUFFIX):
        return node.text
    if _number(node) is None:
        raise Refused(f"expected a number or a person file (NAME{PERSON_SUFFIX}), found {found(node)}")
    return whole(0, 2**32 - 1)(node)


@reader({"anyOf": [{"type": "integer", "minimum": 0}, {"const": DAILY}]})
def seed(node: Node) -> int | str:
    """The dice: a number, or `daily`."""
    if isinstance(node, ScalarNode) and node.text == DAILY:
        return DAILY
    number = _number(node)
    if not isinstance(number, int) or not 0 <= number <= MAX_SEED:
        raise Refused(f"expected a whole number from 0 on, or {DAILY}; found {found(node)}")
    return number


@reader({"type": "number", "minimum": 0, "maximum": MAX_WEIGHT})
def weight(node: Node) -> float:
    """How often, beside the other weights: a number from 0 to MAX_WEIGHT."""
    number = _number(node)
    if number is None:
        raise Refused(f"expected a weight such as 1 or 0.5, found {found(node)}")
    if not 0 <= number <= MAX_WEIGHT:
        raise Refused(f"weight {found(node)} is outside 0 to {MAX_WEIGHT:.0f}; 0 is never")
    return float(number)


# -- durations -----------------------------------------------------------------------------------------------


@reader({"type": "string", "pattern": rf"^ *{_DURATION_FORM} *(\.\. *{_DURATION_FORM} *)?$"})
def span(node: Node) -> Span:
    """`2s`, or a range `0.4s..1.0s`."""
    if not isinstance(node, ScalarNode) or node.value is None or isinstance(node.value, bool):
        raise Refused(f"expected a duration such as 2s or 0.4s..1.0s, found {found(node)}")
    if match := _TO.fullmatch(node.text.strip()):  # as others write a range
        low, unit, high, last_unit = match.groups()
        raise Refused(f"{found(node)} is not a range; write {low}{unit or last_unit}..{high}{last_unit}")
    ends = node.text.split("..")
    if len(ends) > 2:
        raise Refused(f"{found(node)} is not a range; a range has two ends, such as 0.4s..1.0s")
    low_ns, high_ns = _nanoseconds(ends[0]), _nanoseconds(ends[-1])
    if low_ns > high_ns:
        raise Refused(f"the range {node.text} is empty; the shorter end comes first: {ends[1]}..{ends[0]}")
    return Span(low_ns, high_ns)


@reader(span.schema)
def onset(node: Node) -> Span:
    """A span of at least MIN_ONSET_NS: phrases that take no time would never let the show go on."""
    read = span(node)
    if read.low_ns < MIN_ONSET_NS:
        raise Refused(f"an onset of {found(node)} is too short; the shortest is 40ms")
    return read


@reader({"type": "string", "pattern": f"^ *{_DURATION_FORM} *$"})
def duration(node: Node) -> int:
    """`90s`: one duration, in nanoseconds."""
    read = span(node)
    if isinstance(node, ScalarNode) and ".." in node.text:
        raise Refused(f"{found(node)} is a range; write one duration, such as 90s")
    return read.low_ns


def _nanoseconds(written: str) -> int:
    duration = written.strip()
    shown = duration[:40]
    if match := _DURATION.fullmatch(duration):
        number, unit = match.groups()
        if unit not in UNITS_NS:
            like = next((own for first, own in _UNIT_LIKE.items() if unit.lower().startswith(first)), None)
            hint = f"write {number}{like}; " if like else ""
            raise Refused(f"unknown unit '{unit[:20]}' in '{shown}'; {hint}the units are {_UNITS}")
        return int(Fraction(number) * UNITS_NS[unit])
    if _BARE.fullmatch(duration):
        raise Refused(f"{shown} has no unit; write {shown}s, or another of the units {_UNITS}")
    if _DURATION.fullmatch(duration.replace(",", ".")):
        raise Refused(f"'{shown}' has a comma; write {shown.replace(',', '.')}")
    raise Refused(f"'{shown}' is not a duration; write a number and one of the units {_UNITS}, such as 0.4s")


# -- faces ---------------------------------------------------------------------------------------------------

_INTENSITIES: Final = INTENSITY_LETTERS | INTENSITY_WORDS
_INTENSITY_FORMS: Final = f"a number from 0 to 1, a letter A to E, or {', '.join(INTENSITY_WORDS)}"
INTENSITY_SCHEMA: Final = {
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"enum": list(_INTENSITIES)}]
}


@reader({"allOf": [{"$ref": "#/definitions/intensity"}]})  # one for 86 names of units
def intensity(node: Node) -> float:
    """A number in [0, 1], a FACS letter, or a word."""
    return _intensity(node, "an intensity", "0")


@reader({"anyOf": [{"$ref": "#/definitions/intensity"}, {"const": OFF}]})
def intensity_or_off(node: Node) -> float:
    """As `intensity`; the word `off` is 0."""
    is_off = isinstance(node, ScalarNode) and node.value == OFF
    return 0.0 if is_off else _intensity(node, f"{OFF} or an intensity", OFF)


def _intensity(node: Node, what: str, none: str) -> float:
    number = _number(node)
    if number is None:
        if isinstance(node, ScalarNode) and node.value in _INTENSITIES:
            return _INTENSITIES[node.text]
        advice = hint(node, "a number such as 0.5", none, full=1)
        raise Refused(f"expected {what}, {_INTENSITY_FORMS}; found {found(node)}{advice}")
    if not 0 <= number <= 1:
        raise Refused(f"intensity {found(node)} is outside 0 to 1; write {_INTENSITY_FORMS}")
    return float(number)


# Happily_Surprised, Brow  Lowerer: patterns of a JSON Schema know no case.
OTHER_SPELLING: Final = "^(?!([Aa][Uu])?[ _]?[0-9]).*([A-Z_]|  )"
_EMOTIONS: Final = tuple(name.replace("_", " ") for name in CATEGORIES)


@reader({"anyOf": [{"enum": list(_EMOTIONS)}, {"type": "string", "pattern": OTHER_SPELLING}]})
def emotion(node: Node) -> str:
    """A category of `CATEGORIES`; spaces may stand for its underscores."""
    written = one("emotion", "emotion: happy")(node)
    name = _words(written)
    if name in _EMOTIONS:
        return name.replace(" ", "_")
    if _unit_called(name):
        raise Refused(f"'{written}' is an action unit; write aus: {{{written}: 0.8}}")
    raise Refused(unknown("emotion", written, _EMOTIONS))


_UNIT_BY_NAME: Final = {name: number for number, name in AU_NAMES.items()}
_LABELS: Final = (*map(au_label, AU_NAMES), *_UNIT_BY_NAME)
_UNIT_NUMBER = re.compile(r"(?:au ?)?0*([0-9]{1,3})")


def action_unit(written: str) -> int:
    """The number of `AU04`, `AU4`, `4`, `brow lowerer` or `Brow_Lowerer`.

    Raises:
        Refused: there is no such unit.
    """
    name = _words(written)
    if number := _unit_called(name):
        return number
    if _UNIT_NUMBER.fullmatch(name):
        message = f"unknown action unit '{written}'; the units are AU01 to AU46 without AU03, AU36 and AU40"
        raise Refused(message)
    if name in _EMOTIONS:
        raise Refused(f"'{name}' is an emotion; write emotion: {name} beside aus")
    raise Refused(unknown("action unit", written, _LABELS))


def _words(written: str) -> str:
    return " ".join(written.lower().replace("_", " ").split())


def _unit_called(name: str) -> int | None:
    match = _UNIT_NUMBER.fullmatch(name)
    number = int(match[1]) if match else _UNIT_BY_NAME.get(name)
    return number if number in AU_NAMES else None


# -- controls ------------------------------------------------------------------------------------------------


def control(name: str, components: tuple[str, ...], joint: str = ": ") -> Reader[dict[str, float]]:
    """A reader of a control as it is written: a number, or as many in brackets as it has components.

    `joint` stands between name and value in messages.
    """
    form = (
        f"two numbers, such as {name}{joint}[8, 5]"
        if len(components) > 1
        else f"a number, such as {name}{joint}8"
    )
    one = {"type": "number", "minimum": -MAX_CONTROL, "maximum": MAX_CONTROL}

    def read(node: Node) -> dict[str, float]:
        nodes = _components(node, len(components), form)
        return {component: _amount(each, form) for component, each in zip(components, nodes, strict=True)}

    pair = {"type": "array", "items": one, "minItems": len(components), "maxItems": len(components)}
    return Reader(read, pair if len(components) > 1 else one)


def _components(node: Node, number: int, form: str) -> tuple[Node, ...]:
    if number == 1:
        return (node,)
    if not isinstance(node, ListNode):
        raise Refused(f"expected {form}; found {found(node)}")
    if len(node.items) != number:
        raise Refused(f"expected {form}; found {_count(node)}")
    return node.items


def _count(node: ListNode) -> str:
    """`[2,5, 3]` is three numbers, of which two were meant for one."""
    match len(node.items):
        case 0:
            return "an empty list"
        case 1:
            return "one number"
        case number:
            return f"{ {3: 'three', 4: 'four'}.get(number, number) } numbers; decimals have a point"


def _amount(node: Node, form: str) -> float:
    number = _number(node)
    if number is None:
        raise Refused(f"expected {form}; found {found(node)}", node)
    if abs(number) > MAX_CONTROL:
        raise Refused(f"{found(node)} is outside -{MAX_CONTROL} to {MAX_CONTROL}", node)
    return float(number)


def change(name: str, components: tuple[str, ...]) -> Reader[dict[str, float]]:
    """A reader of by how much a control changes: with a sign, `+20`, so that it is not taken for a value."""
    number = control(name, components)
    example = "[+30, +5]" if len(components) > 1 else "+20"

    def read(node: Node) -> dict[str, float]:
        changes = number(node)
        for each in node.items if isinstance(node, ListNode) else (node,):
            if isinstance(each, ScalarNode) and each.value and each.text[0] not in "+-":  # 0 has none
                message = f"expected a change with its sign, such as {name}: {example}; found {each.text}"
                raise Refused(message, each)
        return changes

    return Reader(read, number.schema)
