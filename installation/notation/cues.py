"""`cues:` and `arcs:`: what happens when, and what evolves over the weeks of a show."""

from collections.abc import Collection
from typing import Any, Final

from installation.notation import times, values
from installation.notation.fields import Fields, Key, any_of, listing, no_mapping, table_schema
from installation.notation.gestures import read_controls
from installation.notation.moods import FADE, PERSON
from installation.notation.names import known
from installation.notation.yaml_nodes import MapNode, Node
from installation.score.choreography import DAY_NS, EVENTS, FADE_NS, Arc, Cue, Timed
from models.controls import WRITTEN

NOW, AFTER_GESTURE = "now", "after_gesture"

AT: Final = Key("at", times.clock_time, 'The time of day at which it happens, such as "18:00".')
DAYS: Final = Key("days", times.weekdays, "On these days of the week alone, such as [tue, wed], or tue..fri.")
DATES: Final = Key("dates", times.dates, "On these dates alone, such as [2026-12-24].")
WHEN: Final = Key(
    "when",
    values.one_of("event", EVENTS, common="visitor_"),
    "Instead of a time: when somebody comes, stays, is taken up, is let go, or leaves.",
    others=("on", "event"),
)
DO: Final = Key("do", values.text, "The gesture to play.")
MOOD: Final = Key("mood", values.text, "The mood to change to.")
INTERRUPT: Final = Key(
    "interrupt",
    values.one_of("interrupt", (NOW, AFTER_GESTURE)),
    "now: leave the gesture under way; after_gesture: play it out. If not said, now at an event, else after.",
)
COOLDOWN: Final = Key("cooldown", values.duration, "Not again within this time, such as 20s.")
CUE_KEYS: Final[tuple[Key[Any], ...]] = (AT, DAYS, DATES, WHEN, DO, MOOD, PERSON, FADE, INTERRUPT, COOLDOWN)
_ACTIONS: Final[tuple[Key[Any], ...]] = (DO, MOOD, PERSON)
_CUE_SCHEMA: Final = table_schema(
    *CUE_KEYS,
    anyOf=any_of(*_ACTIONS),
    oneOf=any_of(AT, WHEN),
    dependencies={
        DAYS.name: [AT.name],
        DATES.name: {"required": [AT.name], "not": {"required": [DAYS.name]}},
    },
)
_A_CUE: Final = '{at: "18:00", mood: dusk}'
CUES: Final = Key(
    "cues",
    listing(_CUE_SCHEMA, f"[{_A_CUE}]"),
    "What happens at a time of day, or when somebody comes or goes.",
)

CHANGES: Final = tuple(
    Key(name, values.change(name, components), f"By how much the {name} changes, with its sign: {example}.")
    for (name, components), example in zip(
        WRITTEN.items(), ("+10", "-5", "[+5, 0]", "+20", "[+30, 0]"), strict=True
    )
)
FROM: Final = Key("from", values.duration, "How long after the opening of the show it sets out, such as 30d.")
OVER: Final = Key("over", values.duration, "How long it takes, such as 90d.")
ARC_KEYS: Final[tuple[Key[Any], ...]] = (*CHANGES, FROM, OVER)
_AN_ARC: Final = "{age: +20, over: 90d}"
ARCS: Final = Key(
    "arcs",
    listing(table_schema(*ARC_KEYS, required=[OVER.name], anyOf=any_of(*CHANGES)), f"[{_AN_ARC}]"),
    "What evolves over the weeks of a show, counted from the site's opening date.",
)


def read_cues(
    top: Fields, gestures: Collection[str] | None, moods: Collection[str] | None
) -> tuple[Cue, ...]:
    """Every cue of the file, less those with faults. None for names: those could not be read."""
    cues = (
        _read_cue(number, table, gestures, moods) if table else None
        for number, table in enumerate(_tables(top, CUES, _A_CUE))
    )
    return tuple(cue for cue in cues if cue is not None)


def _tables(top: Fields, key: Key[tuple[Node, ...]], example: str) -> list[Fields | None]:
    tables: list[Fields | None] = []
    for node, path in top.items(key):
        if isinstance(node, MapNode):
            tables.append(Fields(top.report, path, node))
        else:
            tables.append(None)
            top.report.error(node, path, no_mapping(node, example))
    return tables


def _read_cue(
    number: int, fields: Fields, gestures: Collection[str] | None, moods: Collection[str] | None
) -> Cue | None:
    if not fields.refuse_unknown(CUE_KEYS):
        _check_that_it_happens(fields)
    when = _read_when(fields)
    interrupt = fields.read(INTERRUPT, AFTER_GESTURE if isinstance(when, Timed) else NOW)
    do, mood = (
        fields.read(_named(DO, "gesture", gestures, "tender"), None),
        fields.read(_named(MOOD, "mood", moods, "dusk"), None),
    )
    person, fade_ns = fields.read(PERSON, None), fields.read(FADE, FADE_NS)
    cooldown_ns = fields.read(COOLDOWN, 0)
    if when is None:
        return None
    return Cue(number, when, do, mood, person, fade_ns, interrupt == NOW, cooldown_ns)


def _named(key: Key[str], kind: str, names: Collection[str] | None, example: str) -> Key[str]:
    return Key(key.name, known(kind, names, f"{key.name}: {example}"), key.meaning)


def _check_that_it_happens(fields: Fields) -> None:
    at, when = fields.entry(AT.name), fields.entry(WHEN.name)
    if not (at or when):
        fields.error(f'no time; write at: "18:00", or when: {EVENTS[0]}')
    if at and when:
        fields.error("a time and an event; keep one, or write two cues", when.key)
    for key in (DAYS, DATES):
        if when and not at and (entry := fields.entry(key.name)):
            fields.error(f"an event has no {key.name}; remove it", entry.key)
    if (days := fields.entry(DAYS.name)) and fields.has(DATES):
        fields.error("days and dates; keep one, or write two cues", days.key)
    if not fields.has(*_ACTIONS):
        fields.error("nothing happens; write do: a gesture, mood: a mood, or person: somebody")


def _read_when(fields: Fields) -> Timed | str | None:
    """The time or the event; None where there is none that can be read."""
    clock, event = fields.read(AT, None), fields.read(WHEN, None)
    days, dates = fields.read(DAYS, frozenset(range(7))), fields.read(DATES, frozenset())
    return event if clock is None else Timed(clock, days, dates)


def read_arcs(top: Fields) -> tuple[Arc, ...]:
    """Every arc of the file, less those with faults."""
    return tuple(_read_arc(table) for table in _tables(top, ARCS, _AN_ARC) if table)


def _read_arc(fields: Fields) -> Arc:
    if not fields.refuse_unknown(ARC_KEYS):
        if not fields.has(*CHANGES):
            fields.error("nothing changes; write what does, such as age: +20")
        if not fields.has(OVER):
            fields.error("no length; write over: 90d")
    lasts_ns = fields.read(OVER, DAY_NS)
    if lasts_ns <= 0:
        fields.error("an arc of no length; write a time such as over: 90d")
    return Arc(read_controls(fields, CHANGES), fields.read(FROM, 0), max(1, lasts_ns))
