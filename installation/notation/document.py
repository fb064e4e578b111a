"""The choreography file: YAML in, a `Choreography` out. Nothing downstream sees the file.

gestures   what a face can do            name → Gesture     gestures.py
moods      which of them, how often      name → Mood        moods.py
start      the mood that opens the day
cues       what happens when             list of Cue        cues.py
arcs       what evolves over weeks       list of Arc        cues.py
visitor    how visitors are received     Hospitality        visitors.py
life       what the face does by itself  Liveliness         here
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from installation.notation import values
from installation.notation.cues import ARC_KEYS, ARCS, CUE_KEYS, CUES, read_arcs, read_cues
from installation.notation.fields import (
    Fields,
    JsonSchema,
    Key,
    Report,
    found,
    mapping,
    shortened,
    table_schema,
)
from installation.notation.gestures import (
    AUS,
    DEFAULTS,
    DEFAULTS_KEYS,
    GESTURE_KEYS,
    GESTURES,
    read_defaults,
    read_gestures,
)
from installation.notation.lint import A_MONDAY, Finding, Setting, Way, lint
from installation.notation.moods import MOOD_KEYS, MOODS, PERSON, read_moods
from installation.notation.names import known
from installation.notation.problems import InvalidScore, Problem, in_order, problem_at
from installation.notation.site_keys import SITE_WORDS
from installation.notation.visitors import VISITOR, VISITOR_KEYS, read_visitor
from installation.notation.yaml_nodes import ListNode, MapNode, Node, ScalarNode, read_nodes
from installation.score.choreography import Choreography, Place, Who
from installation.score.hours import Hours
from installation.score.life import Liveliness
from models.action_units import ACTION_UNITS
from models.controls import CONTROLS

VERSION: Final = 1

VERSION_KEY: Final = Key(
    "version", values.whole(VERSION, VERSION), "Which version of this language the file is written in: 1."
)
TITLE: Final = Key("title", values.text, "What the piece is called.")
SEED: Final = Key(
    "seed",
    values.seed,
    "The show's dice: another number, other days; daily is the usual one. Every date has its own either way.",
)
START: Final = Key("start", values.text, "The mood that opens the day; the first one if not said.")
_USUAL: Final = Liveliness()
BLINKS: Final = Key(
    "blinks",
    values.number_or_off(0.1, 60, "blinks a minute", _USUAL.blinks_per_min),
    "How often the eyes blink, in blinks a minute, or off. People at rest: 17.",
)
GAZE: Final = Key(
    "gaze",
    values.number_or_off(0.1, 12, "degrees", _USUAL.gaze_deg),
    "How far the eyes wander by themselves, in degrees, or off.",
)
SACCADES: Final = Key(
    "saccades",
    values.number_or_off(0.1, 5, "small movements of the eyes a second", _USUAL.saccades_hz),
    "How often the eyes make their small movements, a second, or off. People: 1 to 2.",
)
BREATH: Final = Key(
    "breath",
    values.number_or_off(1, 40, "breaths a minute", _USUAL.breaths_per_min),
    "Breaths a minute, which move the head a little, or off. People at rest: 12 to 20.",
)
STIR: Final = Key(
    "stir",
    values.number_or_off(0.01, 2, "a share of the usual", _USUAL.stir),
    "How much a face that rests still stirs: 1 is the usual, 0.5 half of it, or off.",
)
_LIFE_KEYS: Final = (BLINKS, GAZE, SACCADES, BREATH, STIR)
LIFE: Final = Key(
    "life",
    mapping(table_schema(*_LIFE_KEYS), "{blinks: 17, breath: off}"),
    "What the face does by itself, between and during gestures.",
)
_TOP_KEYS: Final = (
    VERSION_KEY, TITLE, PERSON, SEED, DEFAULTS, LIFE, VISITOR, GESTURES, MOODS, START, CUES, ARCS,
)  # fmt: skip

# Where every word may stand, for those that are written elsewhere.
_TABLES: Final = (
    ("the top of the file", _TOP_KEYS),
    ("defaults", DEFAULTS_KEYS),
    ("a gesture", GESTURE_KEYS),
    ("a mood", MOOD_KEYS),
    ("a cue", CUE_KEYS),
    ("an arc", ARC_KEYS),
    ("life", _LIFE_KEYS),
    ("visitor", VISITOR_KEYS),
)


def _homes() -> dict[str, str]:
    homes: dict[str, list[str]] = {}
    for table, keys in _TABLES:
        for key in keys:
            homes.setdefault(key.name, []).append(table)
    return dict.fromkeys(SITE_WORDS, "site.yaml") | {name: " or ".join(each) for name, each in homes.items()}


_HOMES: Final = _homes()
WORDS: Final = frozenset(key.name for _, keys in _TABLES for key in keys)


def choreography_schema() -> JsonSchema:
    """The JSON Schema of a choreography, for editors that complete and check it."""
    required = [key.name for key in (VERSION_KEY, GESTURES, MOODS)]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Choreography of a living portrait",
        **table_schema(*_TOP_KEYS, required=required),
        "definitions": {"intensity": values.INTENSITY_SCHEMA},
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """A choreography, and what it says correctly and probably does not mean."""

    choreography: Choreography
    warnings: tuple[Problem, ...]  # in the order of the file


def read_choreography(
    raw: bytes,
    source: str,
    units: Collection[int] = ACTION_UNITS,
    controls: Collection[str] = CONTROLS,
    hours: Hours | None = None,
    today: date | None = None,
) -> Reading:
    """The choreography in a file's bytes, with its warnings; `source` is the file's name in messages.

    `units` and `controls` are those that the weights at hand have learned, `hours` the opening hours of the
    place where it is to be played from `today` on: what does not go with them is warned of.

    Raises:
        InvalidScore: with all faults at once.
    """
    top = read_top(raw, source, _HOMES)
    choreography = _read_top(top)
    if top.report.errors or choreography is None:
        raise InvalidScore(top.report.problems)
    places = _places(top.node)
    choreography = replace(choreography, people=_people(choreography, places))
    setting = Setting(units, controls, hours, today or A_MONDAY)
    findings = lint(choreography, lambda way: way in places, setting)
    warnings = (_warning(source, places, finding) for finding in findings)
    return Reading(choreography, in_order(warnings))


def parse_choreography(raw: bytes, source: str) -> Choreography:
    """The choreography in a file's bytes, without its warnings. Raises as `read_choreography` does."""
    return read_choreography(raw, source).choreography


# -- the file ------------------------------------------------------------------------------------------------


def read_top(raw: bytes, source: str, homes: Mapping[str, str] | None = None) -> Fields:
    """The outermost mapping of a file of this language's version, with the faults that were found so far.

    `homes` says of each key where in the file it may stand.

    Raises:
        InvalidScore: there is no such mapping.
    """
    document = read_nodes(raw, source)
    report = Report(source, list(document.problems), homes or {})
    if not isinstance(document.root, MapNode):
        form = f"lines of KEY: VALUE, the first of them 'version: {VERSION}'"
        report.error(document.root, "", f"expected {form}; found {found(document.root)}")
        raise InvalidScore(report.problems)
    top = Fields(report, "", document.root)
    check_version(top)
    return top


def check_version(top: Fields) -> None:
    """Another version is another language: its other faults would be ours, so reading stops here."""
    entry = top.entry(VERSION_KEY.name)
    if entry is None:
        top.error(f"no version; the file begins with 'version: {VERSION}'")
        return
    version = entry.value.value if isinstance(entry.value, ScalarNode) else None
    if type(version) is not int:
        top.report.error(entry.value, "version", f"expected {VERSION}, found {found(entry.value)}")
    elif version != VERSION:
        message = f"this file is written in version {version}; version {VERSION} is read here"
        raise InvalidScore(
            [Problem(top.report.source, entry.value.line, entry.value.column, "version", message)]
        )


def _read_top(top: Fields) -> Choreography | None:
    is_misspelt = top.refuse_unknown(_TOP_KEYS)
    defaults = read_defaults(top)
    gesture_table = _section(top, GESTURES, "{rest: {emotion: neutral}}", is_misspelt)
    mood_table = _section(top, MOODS, "{morning: {gestures: {rest: 1}}}", is_misspelt)
    gestures = read_gestures(gesture_table, defaults) if gesture_table else None
    moods = read_moods(mood_table, gestures) if mood_table else None
    mood_names = {entry.key.text: None for entry in mood_table.node.entries} if mood_table else None
    start = Key(START.name, known("mood", mood_names, "start: dusk"), START.meaning)
    score = Choreography(
        title=top.read(TITLE, ""),
        person=top.read(PERSON, None),
        seed=top.read(SEED, values.DAILY),
        motion=defaults.motion,
        gestures=gestures or {},
        moods=moods or {},
        start=top.read(start, next(iter(moods or {}), "")),
        cues=read_cues(top, gestures, mood_names),
        arcs=read_arcs(top),
        life=_read_life(top),
        visitor=read_visitor(top),
    )
    return score if gestures and moods else None


def _section(top: Fields, key: Key[MapNode], example: str, is_misspelt: bool) -> Fields | None:
    if not top.has(key) and not is_misspelt:
        top.error(f"no {key.name}; write at least one, such as {key.name}: {example}")
    table = top.table(key)
    if table is not None and not table.node.entries:
        table.error(f"empty; write at least one, such as {key.name}: {example}")
        return None
    return table


def _read_life(top: Fields) -> Liveliness:
    table, usual = top.table(LIFE), _USUAL
    if table is None:
        return usual
    table.refuse_unknown(_LIFE_KEYS)
    return Liveliness(
        blinks_per_min=table.read(BLINKS, usual.blinks_per_min),
        gaze_deg=table.read(GAZE, usual.gaze_deg),
        saccades_hz=table.read(SACCADES, usual.saccades_hz),
        breaths_per_min=table.read(BREATH, usual.breaths_per_min),
        stir=table.read(STIR, usual.stir),
    )


# -- where things stand --------------------------------------------------------------------------------------

_Places = Mapping[Way, Place]  # of everything that is written; lists are counted from 0
_DEEPEST: Final = 4  # moods, dusk, gestures, tender


def _places(root: MapNode) -> _Places:
    return dict(_walk((), Place(root.line, root.column, ""), root))


def _walk(way: Way, place: Place, node: Node) -> Iterator[tuple[Way, Place]]:
    yield way, place
    if len(way) == _DEEPEST:
        return
    if isinstance(node, ListNode):
        for number, item in enumerate(node.items):
            below = Place(item.line, item.column, f"{place.path}[{number + 1}]")
            yield from _walk((*way, number), below, item)
    elif isinstance(node, MapNode):
        is_aus = len(way) == 3 and (way[0], way[2]) == (GESTURES.name, AUS.name)
        for entry in node.entries:
            path = f"{place.path}.{shortened(entry.key.text)}".lstrip(".")
            at = entry.value if isinstance(entry.value, ScalarNode) else entry.key
            word = values.action_unit(entry.key.text) if is_aus else entry.key.text
            yield from _walk((*way, word), Place(at.line, at.column, path), entry.value)


def _warning(source: str, places: _Places, finding: Finding) -> Problem:
    ways = (finding.way[:length] for length in range(len(finding.way), -1, -1))
    place = next(places[way] for way in ways if way in places)
    return problem_at(source, place, finding.message, is_warning=True)


def _people(score: Choreography, places: _Places) -> dict[Who, Place]:
    """Everybody whom the file names, and where first: only their files can tell whether they are there."""
    named: list[tuple[Who | None, Way]] = [
        (score.person, (PERSON.name,)),
        *((mood.person, (MOODS.name, mood.name, PERSON.name)) for mood in score.moods.values()),
        *((cue.person, (CUES.name, cue.number, PERSON.name)) for cue in score.cues),
    ]
    people: dict[Who, Place] = {}
    for who, way in named:
        if who is not None:
            people.setdefault(who, places[way])
    return people
