"""`moods:`: which gestures a mood plays, how it chooses, and where it leads."""

from collections.abc import Collection
from typing import Final

from installation.notation import values
from installation.notation.fields import Fields, Key, mapping, table_schema, unknown_key
from installation.notation.names import WEIGHTS_SCHEMA, name_of, names_schema
from installation.notation.yaml_nodes import MapNode
from installation.score.choreography import CHOOSES, DWELL, FADE_NS, Mood

MAX_NO_REPEAT: Final = 100

PLAYS: Final = Key(
    "gestures",
    mapping(WEIGHTS_SCHEMA, "{tender: 3, rest: 1}"),
    "Which gestures it plays, each with its weight: one of 3 comes three times as often as one of 1.",
)
CHOOSE: Final = Key(
    "choose",
    values.one_of("choose", CHOOSES),
    "weighted: by the weights; shuffle: each once in random order; cycle: in the order written.",
)
NO_REPEAT: Final = Key(
    "no_repeat", values.whole(0, MAX_NO_REPEAT), "How many of the last gestures are not played again at once."
)
DWELL_KEY: Final = Key(
    "dwell",
    values.span,
    "How long the mood lasts before it goes on to the next: a duration such as 5min, or a range, 4min..9min.",
)
NEXT: Final = Key(
    "next",
    mapping(WEIGHTS_SCHEMA, "{dusk: 1}"),
    "Which moods it leads to, each with its weight; without it the mood stays.",
)
PERSON: Final = Key(
    "person", values.person, "Who it is: a number, or a person file (NAME.safetensors) beside this one."
)
FADE: Final = Key(
    "fade", values.duration, "How long one person takes to turn into the other, such as 90s; 8s if not said."
)
MIRROR: Final = Key(
    "mirror",
    values.intensity_or_off,
    "How strongly the face answers a visitor's with the same expression, such as 0.5; if not said, off.",
)
MOOD_KEYS: Final = (PLAYS, CHOOSE, NO_REPEAT, DWELL_KEY, NEXT, PERSON, FADE, MIRROR)
_A_MOOD: Final = mapping(table_schema(*MOOD_KEYS, required=[PLAYS.name]), "{gestures: {tender: 3, rest: 1}}")

MOODS: Final = Key(
    "moods",
    mapping(names_schema(_A_MOOD.schema), "{morning: {gestures: {rest: 1}}}"),
    "The moods that the portrait lives through, one at a time, each under a name of your own.",
)


def read_moods(table: Fields, gestures: Collection[str] | None) -> dict[str, Mood]:
    """Every mood of the table; `gestures` are the names they may play; None: those could not be read."""
    names = {entry.key.text: None for entry in table.node.entries}
    moods = {}
    for entry in table.node.entries:
        name = name_of(table, entry)
        fields = table.table_of(entry, _A_MOOD)
        if fields:
            moods[name] = _read_mood(name, fields, names, gestures)
    return moods


def _read_mood(name: str, fields: Fields, moods: Collection[str], gestures: Collection[str] | None) -> Mood:
    if not fields.refuse_unknown(MOOD_KEYS) and not fields.has(PLAYS):
        fields.error("no gestures; write some with weights, such as gestures: {tender: 3, rest: 1}")
    return Mood(
        name=name,
        gestures=_read_weights(fields, PLAYS, "gesture", gestures),
        choose=fields.read(CHOOSE, CHOOSES[0]),
        no_repeat=fields.read(NO_REPEAT, 0),
        dwell=fields.read(DWELL_KEY, DWELL),
        next=_read_weights(fields, NEXT, "mood", moods) or {name: 1.0},
        person=fields.read(PERSON, None),
        fade_ns=fields.read(FADE, FADE_NS),
        mirror=fields.read(MIRROR, 0.0),
    )


def _read_weights(
    fields: Fields, key: Key[MapNode], kind: str, known: Collection[str] | None
) -> dict[str, float]:
    table = fields.table(key)
    if table is None:
        return {}
    if not table.node.entries:
        table.error(f"empty; write a {kind} and its weight, such as {{NAME: 1}}")
        return {}
    weights = {}
    for entry in table.node.entries:
        name = entry.key.text
        if known is not None and name not in known:
            table.error(unknown_key(kind, entry, known), entry.key)
            weights[name] = 1.0
        else:
            weights[name] = table.read_entry(entry, values.weight, 1.0)
    if not any(weights.values()):
        table.error(f"the weights sum to 0; give at least one {kind} a weight above 0")
    return weights
