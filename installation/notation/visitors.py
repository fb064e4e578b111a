"""`visitor:`: how the portrait receives whoever comes."""

from typing import Final

from installation.notation import values
from installation.notation.fields import Fields, Key, Reader, Refused, found, mapping, table_schema
from installation.notation.yaml_nodes import Node
from installation.score.phrase import NANOSECONDS
from installation.score.visitors import LONGEST_MEMORY_NS, Hospitality

RELEASED, KEPT = "released", "kept"
MIN_DWELL_NS: Final = NANOSECONDS
MAX_FOLLOW: Final = 2
_USUAL: Final = Hospitality()


def _dwell() -> Reader[int]:
    def read(node: Node) -> int:
        dwell_ns = values.duration(node)
        if dwell_ns < MIN_DWELL_NS:
            raise Refused(f"a look of {found(node)} is no consent; the shortest is 1s")
        return dwell_ns

    return Reader(read, values.duration.schema)


FOLLOW: Final = Key(
    "follow",
    values.number_or_off(0.1, MAX_FOLLOW, "a share of the usual", _USUAL.follow),
    "How far eyes and head follow visitors: 1 is the usual, 0.5 half of it, or off.",
)
TAKE_UP: Final = Key(
    "take_up",
    values.on_or_off,
    "on: whoever stays sees the portrait turn into them for a while; off: it never does.",
)
DWELL: Final = Key(
    "dwell", _dwell(), "How long somebody who has stayed goes on looking before it turns into them; 4s."
)
STAY: Final = Key("stay", values.span, "How long it then lives as them, such as 40s..60s.")
FADE: Final = Key("fade", values.duration, "How long it takes to turn into them, and back, such as 6s.")
LINGER: Final = Key("linger", values.duration, "How long it stays them once they have left, such as 5s.")
COOLDOWN: Final = Key(
    "cooldown", values.duration, "How long it is itself before it turns into somebody again, such as 30s."
)
EXPRESSION: Final = Key(
    "expression",
    values.one_of("expression", (RELEASED, KEPT)),
    "released: the expression that they wore is taken out of their face; kept: it stays under the gestures.",
)
VISITOR_KEYS: Final = (FOLLOW, TAKE_UP, DWELL, STAY, FADE, LINGER, COOLDOWN, EXPRESSION)
VISITOR: Final = Key(
    "visitor",
    mapping(table_schema(*VISITOR_KEYS), "{take_up: off, follow: off}"),
    "How visitors are received, where there is a camera.",
)


def read_visitor(top: Fields) -> Hospitality:
    """What the file says of visitors; the usual where it says nothing."""
    table, usual = top.table(VISITOR), _USUAL
    if table is None:
        return usual
    table.refuse_unknown(VISITOR_KEYS)
    hospitality = Hospitality(
        follow=table.read(FOLLOW, usual.follow),
        takes_up=table.read(TAKE_UP, usual.takes_up),
        dwell_ns=table.read(DWELL, usual.dwell_ns),
        stay=table.read(STAY, usual.stay),
        fade_ns=table.read(FADE, usual.fade_ns),
        linger_ns=table.read(LINGER, usual.linger_ns),
        cooldown_ns=table.read(COOLDOWN, usual.cooldown_ns),
        keeps_expression=table.read(EXPRESSION, RELEASED) == KEPT,
    )
    _check_that_they_are_forgotten(table, hospitality)
    return hospitality


def _check_that_they_are_forgotten(table: Fields, hospitality: Hospitality) -> None:
    """Nobody may choose to remember visitors for longer."""
    together_ns = hospitality.linger_ns + hospitality.fade_ns
    if together_ns > LONGEST_MEMORY_NS:
        entry = table.entry(LINGER.name) or table.entry(FADE.name)
        message = f"linger and fade are {together_ns / NANOSECONDS:g}s together"
        longest = f"{LONGEST_MEMORY_NS // NANOSECONDS}s"
        advice = f"who has left is forgotten within {longest}, so write less"
        table.error(f"{message}; {advice}", entry.value if entry else None)
