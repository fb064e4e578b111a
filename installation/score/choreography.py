"""The choreography file: YAML in, typed and frozen objects out. Nothing downstream sees the file.

gestures   what a face can do            name → Gesture
moods      which of them, how often      name → Mood
start      the mood that opens the day
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from installation.score import values
from installation.score.fields import Fields, Reader, Refused, Report, found, unknown
from installation.score.gesture import Gesture, Span
from installation.score.lint import lint
from installation.score.problems import InvalidScore, Problem
from installation.score.transition import EASES
from installation.score.yaml_nodes import Entry, MapNode, Node, ScalarNode, read_nodes
from models.action_units import ACTION_UNITS, au_label

VERSION: Final = 1
MOTIONS: Final = ("linear", "chained")
CHOOSES: Final = ("weighted", "shuffle", "cycle")
DWELL: Final = Span(4 * values.UNITS_NS["min"], 9 * values.UNITS_NS["min"])

_TOP_KEYS = ("version", "title", "person", "seed", "defaults", "gestures", "moods", "start")
_DEFAULTS_KEYS = ("onset", "hold", "ease", "motion")
_GESTURE_KEYS = ("emotion", "intensity", "aus", "onset", "hold", "ease")
_MOOD_KEYS = ("gestures", "choose", "no_repeat", "dwell", "next")


@dataclass(frozen=True, slots=True)
class Mood:
    """A state of mind: the gestures it plays and where it leads. Weights are finite, ≥ 0, and not all 0."""

    name: str
    gestures: Mapping[str, float]  # gesture → weight, in the order of the file
    choose: str  # one of CHOOSES
    no_repeat: int  # so many gestures back are not repeated
    dwell: Span
    next: Mapping[str, float]  # mood → weight


@dataclass(frozen=True, slots=True)
class Choreography:
    """A score that can be played: every name in it is known, every number in its range."""

    title: str
    person: int | str | None  # a number, or a file beside the score; None: the player's choice
    seed: int | str  # a number, or "daily"
    motion: str  # one of MOTIONS
    gestures: Mapping[str, Gesture]
    moods: Mapping[str, Mood]
    start: str
    person_at: Node | None = None  # where `person` stands, for what only its file can tell
    warnings: tuple[Problem, ...] = ()

    @property
    def is_chained(self) -> bool:
        """Each target latent is computed from the latest one (the paper's chained mode), not the anchor."""
        return self.motion == "chained"


@dataclass(frozen=True, slots=True)
class _Defaults:
    onset: Span
    hold: Span
    ease: str
    motion: str


def parse_choreography(raw: bytes, source: str, learned: Collection[int] = ACTION_UNITS) -> Choreography:
    """The choreography in a file's bytes; `source` is the file's name in messages.

    `learned` are the action units that the weights at hand can show; others are warned of.

    Raises InvalidScore with all faults at once. Warnings are in `Choreography.warnings`.
    """
    document = read_nodes(raw, source)
    report = Report(source, list(document.problems))
    if not isinstance(document.root, MapNode):
        report.error(
            document.root, "", f"expected a mapping with 'version: {VERSION}', found {found(document.root)}"
        )
        raise InvalidScore(report.problems)
    top = Fields(report, "", document.root)
    _check_version(top)
    choreography = _read_top(top)
    if report.errors or choreography is None:
        raise InvalidScore(report.problems)
    return _with_warnings(choreography, top, learned)


def _check_version(top: Fields) -> None:
    """Another version is another language: its other faults would be ours, so reading stops here."""
    entry = top.entry("version")
    if entry is None:
        top.report.error(top.node, "", f"no version; the file begins with 'version: {VERSION}'")
        return
    version = entry.value.value if isinstance(entry.value, ScalarNode) else None
    if type(version) is not int:
        top.report.error(entry.value, "version", f"expected {VERSION}, found {found(entry.value)}")
    elif version != VERSION:
        message = f"this file is written in version {version}; version {VERSION} is read here"
        top.report.error(entry.value, "version", message)
        raise InvalidScore(top.report.problems)


def _read_top(top: Fields) -> Choreography | None:
    top.refuse_unknown(_TOP_KEYS)
    title = top.read("title", values.text, "")
    person = top.read("person", values.person, None)
    seed = top.read("seed", values.seed, values.DAILY)
    defaults = _read_defaults(top)
    gesture_table = _section(top, "gestures", "{rest: {emotion: neutral}}")
    mood_table = _section(top, "moods", "{morning: {gestures: {rest: 1}}}")
    gestures = _read_gestures(gesture_table, defaults) if gesture_table else {}
    if mood_table is None:
        return None
    moods = _read_moods(mood_table, tuple(gestures) if gesture_table else None)
    start = top.read("start", _known("mood", tuple(moods)), next(iter(moods)))
    entry = top.entry("person")
    person_at = entry.value if entry else None
    return Choreography(title, person, seed, defaults.motion, gestures, moods, start, person_at)


def _section(top: Fields, key: str, example: str) -> Fields | None:
    if top.entry(key) is None:
        top.report.error(top.node, "", f"no {key}; write at least one, such as {key}: {example}")
    table = top.table(key, example)
    if table is not None and not table.node.entries:
        top.report.error(table.node, key, f"empty; write at least one, such as {key}: {example}")
        return None
    return table


def _read_defaults(top: Fields) -> _Defaults:
    plain = Gesture("", None, None)
    table = top.table("defaults", "{onset: 0.4s..1.0s, hold: 2s..6s}")
    if table is None:
        return _Defaults(plain.onset, plain.hold, plain.ease, MOTIONS[0])
    table.refuse_unknown(_DEFAULTS_KEYS)
    return _Defaults(
        onset=table.read("onset", values.onset, plain.onset),
        hold=table.read("hold", values.span, plain.hold),
        ease=table.read("ease", values.one_of("ease", tuple(EASES)), plain.ease),
        motion=table.read("motion", values.one_of("motion", MOTIONS), MOTIONS[0]),
    )


# -- gestures ------------------------------------------------------------------------------------------------


def _read_gestures(table: Fields, defaults: _Defaults) -> dict[str, Gesture]:
    """Every gesture of the table. One with faults is there too, so that its name is known to the moods."""
    gestures = {}
    for entry in table.node.entries:
        name = _name_of(table, entry)
        fields = table.table_of(entry, "{emotion: happy, intensity: marked}")
        gestures[name] = _read_gesture(name, fields, defaults) if fields else Gesture(name, None, None)
    return gestures


def _read_gesture(name: str, fields: Fields, defaults: _Defaults) -> Gesture:
    fields.refuse_unknown(_GESTURE_KEYS)
    aus = fields.table("aus", "{AU12: 0.8, brow lowerer: slight}")
    units = _read_units(aus) if aus else {}
    if not fields.entry("emotion") and (aus is None or not aus.node.entries):
        if aus or not fields.entry("aus"):
            fields.report.error(fields.node, fields.path, "no expression; write an emotion, aus, or both")
    elif (intensity := fields.entry("intensity")) and not fields.entry("emotion"):
        message = "an intensity without an emotion; write each unit's own in aus, such as {AU12: 0.8}"
        fields.report.error(intensity.key, fields.path, message)
    return Gesture(
        name=name,
        emotion=fields.read("emotion", values.emotion, None),
        intensity=fields.read("intensity", values.intensity, None),
        aus=units,
        onset=fields.read("onset", values.onset, defaults.onset),
        hold=fields.read("hold", values.span, defaults.hold),
        ease=fields.read("ease", values.one_of("ease", tuple(EASES)), defaults.ease),
    )


def _read_units(table: Fields) -> dict[int, float]:
    units: dict[int, float] = {}
    lines: dict[int, int] = {}
    for entry in table.node.entries:
        try:
            unit = values.action_unit(entry.key.text)
        except Refused as refused:
            table.report.error(entry.key, table.path, str(refused))
            continue
        if unit in units:
            message = f"{au_label(unit)} a second time; it is already on line {lines[unit]}"
            table.report.error(entry.key, table.path, message)
            continue
        lines[unit] = entry.key.line
        units[unit] = table.read_entry(entry, values.intensity, 0.0)
    return units


# -- moods ---------------------------------------------------------------------------------------------------


def _read_moods(table: Fields, gestures: tuple[str, ...] | None) -> dict[str, Mood]:
    """Every mood of the table; `gestures` are the names they may play; None: those could not be read."""
    names = tuple(entry.key.text for entry in table.node.entries)
    moods = {}
    for entry in table.node.entries:
        name = _name_of(table, entry)
        fields = table.table_of(entry, "{gestures: {tender: 3, rest: 1}}")
        if fields is None:
            moods[name] = Mood(name, {}, CHOOSES[0], 0, DWELL, {name: 1.0})
        else:
            moods[name] = _read_mood(name, fields, names, gestures)
    return moods


def _read_mood(name: str, fields: Fields, moods: tuple[str, ...], gestures: tuple[str, ...] | None) -> Mood:
    fields.refuse_unknown(_MOOD_KEYS)
    if fields.entry("gestures") is None:
        fields.report.error(
            fields.node, fields.path, "no gestures; write some with weights, such as {tender: 3, rest: 1}"
        )
    mood = Mood(
        name=name,
        gestures=_read_weights(fields, "gestures", "gesture", gestures),
        choose=fields.read("choose", values.one_of("choose", CHOOSES), CHOOSES[0]),
        no_repeat=fields.read("no_repeat", values.whole(0, 1000), 0),
        dwell=fields.read("dwell", values.span, DWELL),
        next=_read_weights(fields, "next", "mood", moods) or {name: 1.0},
    )
    _warn_of_idle_words(mood, fields)
    return mood


def _read_weights(fields: Fields, key: str, kind: str, known: tuple[str, ...] | None) -> dict[str, float]:
    table = fields.table(key, f"{{{known[0] if known else kind}: 1}}")
    if table is None:
        return {}
    weights = {}
    for entry in table.node.entries:
        name = entry.key.text
        if known is not None and name not in known:
            table.report.error(entry.key, table.path, unknown(kind, name, known))
        weights[name] = table.read_entry(entry, values.weight, 1.0)
    if not any(weights.values()):
        table.report.error(
            table.node, table.path, f"the weights sum to 0; give at least one {kind} a weight above 0"
        )
    return weights


def _warn_of_idle_words(mood: Mood, fields: Fields) -> None:
    weights = {weight for weight in mood.gestures.values() if weight > 0}
    if mood.choose != "weighted" and len(weights) > 1 and (entry := fields.entry("gestures")):
        message = f"choose: {mood.choose} plays each gesture once a round; write weights of 1, or 0 for never"
        fields.report.warn(entry.value, fields.below("gestures"), message)
    num_playable = sum(weight > 0 for weight in mood.gestures.values())
    if mood.choose == "weighted" and num_playable <= mood.no_repeat and (entry := fields.entry("no_repeat")):
        most = max(0, num_playable - 2)
        message = f"with {num_playable} gestures to play, the weights have no say; write at most {most}"
        fields.report.warn(entry.value, fields.below("no_repeat"), message)
    if mood.choose == "cycle" and mood.no_repeat and (entry := fields.entry("no_repeat")):
        fields.report.warn(
            entry.value, fields.below("no_repeat"), "choose: cycle keeps its own order; remove no_repeat"
        )


# -- names and warnings --------------------------------------------------------------------------------------


def _name_of(table: Fields, entry: Entry) -> str:
    if not entry.key.text.strip():
        table.report.error(entry.key, table.path, "an empty name; write a word before the colon")
    return entry.key.text


def _known(kind: str, names: tuple[str, ...]) -> Reader[str]:
    def read(node: Node) -> str:
        name = values.text(node)
        if name not in names:
            raise Refused(unknown(kind, name, names))
        return name

    return read


def _with_warnings(score: Choreography, top: Fields, learned: Collection[int]) -> Choreography:
    plays = {mood.name: _positive(mood.gestures) for mood in score.moods.values()}
    leads_to = {mood.name: _positive(mood.next) for mood in score.moods.values()}
    findings = lint(score.gestures, plays, leads_to, score.start, is_binary=score.is_chained, learned=learned)
    for finding in findings:
        section, name = finding.path.split(".", 1)
        table = top.table(section, "")
        entry = table.entry(name) if table else None
        top.report.warn(entry.key if entry else top.node, finding.path, finding.message)
    warnings = tuple(sorted(top.report.warnings, key=lambda problem: (problem.line, problem.column)))
    return replace(score, warnings=warnings)


def _positive(weights: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(name for name, weight in weights.items() if weight > 0)
