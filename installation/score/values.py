"""The values of a score: durations with their units, intensities, action units, emotions, weights.

Each reader takes a located node and raises `Refused` with what is wrong and what to write instead.
"""

import re
from fractions import Fraction
from typing import Final

from installation.score.fields import Reader, Refused, found, unknown
from installation.score.gesture import Span
from installation.score.yaml_nodes import Node, ScalarNode
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
MAX_SEED: Final = 2**63 - 1
DAILY: Final = "daily"
PERSON_SUFFIX: Final = ".safetensors"

_UNITS = ", ".join(UNITS_NS)
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([a-zA-Zµ]+)")
_BARE = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")


def text(node: Node) -> str:
    """Any text but an empty one; a number or `true` is taken as it is written."""
    if not isinstance(node, ScalarNode) or not node.text.strip():
        raise Refused(f"expected a text, found {found(node)}")
    return node.text


def one_of(kind: str, names: tuple[str, ...]) -> Reader[str]:
    """A reader of one of a few words."""

    def read(node: Node) -> str:
        if not isinstance(node, ScalarNode) or node.value is None:
            raise Refused(f"expected one of {', '.join(names)}, found {found(node)}")
        if node.text not in names:
            raise Refused(unknown(kind, node.text, names))
        return node.text

    return read


def whole(low: int, high: int) -> Reader[int]:
    """A reader of whole numbers from `low` to `high`."""

    def read(node: Node) -> int:
        number = _number(node)
        if not isinstance(number, int) or not low <= number <= high:
            raise Refused(f"expected a whole number from {low} to {high}, found {found(node)}")
        return number

    return read


def _number(node: Node) -> int | float | None:
    value = node.value if isinstance(node, ScalarNode) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def person(node: Node) -> int | str:
    """Who: a number, or the name of a person file."""
    if isinstance(node, ScalarNode) and node.text.lower().endswith(PERSON_SUFFIX):
        return node.text
    if _number(node) is None:
        raise Refused(f"expected a number or a person file (NAME{PERSON_SUFFIX}), found {found(node)}")
    return whole(0, 2**32 - 1)(node)


def seed(node: Node) -> int | str:
    """The dice: a number, or `daily`."""
    if isinstance(node, ScalarNode) and node.text == DAILY:
        return DAILY
    if _number(node) is None:
        raise Refused(f"expected a whole number or {DAILY}, found {found(node)}")
    return whole(0, MAX_SEED)(node)


def weight(node: Node) -> float:
    """How often, beside the other weights: a number from 0 to MAX_WEIGHT."""
    number = _number(node)
    if number is None:
        raise Refused(f"expected a weight such as 1 or 0.5, found {found(node)}")
    if not 0 <= number <= MAX_WEIGHT:
        raise Refused(f"weight {found(node)} is outside 0 to {MAX_WEIGHT:.0f}; write 0 for never")
    return float(number)


# -- durations -----------------------------------------------------------------------------------------------


def span(node: Node) -> Span:
    """`2s`, or a range `0.4s..1.0s`."""
    if not isinstance(node, ScalarNode) or node.value is None or isinstance(node.value, bool):
        raise Refused(f"expected a duration such as 2s or 0.4s..1.0s, found {found(node)}")
    ends = node.text.split("..")
    if len(ends) > 2:
        raise Refused(f"{found(node)} is not a range; a range has two ends, such as 0.4s..1.0s")
    low_ns, high_ns = _nanoseconds(ends[0]), _nanoseconds(ends[-1])
    if low_ns > high_ns:
        raise Refused(f"the range {node.text} is empty; the shorter end comes first: {ends[1]}..{ends[0]}")
    return Span(low_ns, high_ns)


def onset(node: Node) -> Span:
    """A span of at least MIN_ONSET_NS: phrases that take no time would never let the show go on."""
    read = span(node)
    if read.low_ns < MIN_ONSET_NS:
        raise Refused(f"an onset of {found(node)} is too short; the shortest is 40ms")
    return read


def _nanoseconds(written: str) -> int:
    duration = written.strip()
    if match := _DURATION.fullmatch(duration):
        number, unit = match.groups()
        if unit not in UNITS_NS:
            raise Refused(f"unknown unit '{unit[:20]}' in '{duration[:40]}'; the units are {_UNITS}")
        return int(Fraction(number) * UNITS_NS[unit])
    if _BARE.fullmatch(duration):
        raise Refused(
            f"{duration[:40]} has no unit; write {duration[:40]}s, or another of the units {_UNITS}"
        )
    raise Refused(
        f"'{duration[:40]}' is not a duration; write a number and one of the units {_UNITS}, such as 0.4s"
    )


# -- faces ---------------------------------------------------------------------------------------------------

_INTENSITIES: Final = INTENSITY_LETTERS | INTENSITY_WORDS
_INTENSITY_FORMS: Final = f"a number from 0 to 1, a letter A to E, or {', '.join(INTENSITY_WORDS)}"


def intensity(node: Node) -> float:
    """A number in [0, 1], a FACS letter, or a word."""
    number = _number(node)
    if number is None:
        if isinstance(node, ScalarNode) and node.value in _INTENSITIES:
            return _INTENSITIES[node.text]
        raise Refused(f"expected an intensity, {_INTENSITY_FORMS}; found {found(node)}")
    if not 0 <= number <= 1:
        raise Refused(f"intensity {found(node)} is outside 0 to 1; write {_INTENSITY_FORMS}")
    return float(number)


def emotion(node: Node) -> str:
    """A category of `CATEGORIES`; spaces may stand for its underscores."""
    name = "_".join(text(node).lower().split())
    if name not in CATEGORIES:
        raise Refused(unknown("emotion", name, CATEGORIES))
    return name


_UNIT_BY_NAME: Final = {name: number for number, name in AU_NAMES.items()}
_LABELS: Final = (*map(au_label, AU_NAMES), *_UNIT_BY_NAME)
_UNIT_NUMBER = re.compile(r"(?:au ?)?0*([0-9]{1,3})")


def action_unit(written: str) -> int:
    """The number of `AU04`, `AU4`, `4`, `brow lowerer` or `Brow_Lowerer`."""
    name = " ".join(written.lower().replace("_", " ").split())
    if name in _UNIT_BY_NAME:
        return _UNIT_BY_NAME[name]
    match = _UNIT_NUMBER.fullmatch(name)
    if match is None:
        raise Refused(unknown("action unit", name, _LABELS))
    number = int(match[1])
    if number not in AU_NAMES:
        raise Refused(
            f"unknown action unit '{written}'; the units are AU01 to AU46 without AU03, AU36 and AU40"
        )
    return number
