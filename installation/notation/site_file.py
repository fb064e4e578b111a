"""site.yaml: the file in which a technician says where the portrait hangs.

hours        when the place is open: days of the week → slots
exceptions   dates → slots, whatever the week says
the rest     what the portrait is shown with
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from installation.hanging import DPMS, Hanging
from installation.notation import times
from installation.notation.document import VERSION_KEY, WORDS, read_top
from installation.notation.fields import (
    Fields,
    JsonSchema,
    Reader,
    Refused,
    Report,
    found,
    reader,
    table_schema,
)
from installation.notation.problems import InvalidScore
from installation.notation.site_keys import (
    ALWAYS_OPEN,
    BRIGHTNESS,
    CAMERA,
    CAMERA_VIEW,
    CHOREOGRAPHY,
    CLOSED,
    CONSENT,
    DESK,
    DISPLAY_OFF,
    DISPLAY_ON,
    EXCEPTIONS,
    FIT,
    FPS_KEY,
    GAMMA,
    HOURS,
    KEYS,
    MARGIN,
    MONITOR,
    OPENING,
    ORBIT,
    OSC,
    OSC_OUT,
    OSC_RATE,
    PERSON,
    ROTATION,
    SITE_WORDS,
    SLOTS_FORM,
    SURROUND,
    TIMEZONE,
    TITLE,
    WEIGHTS,
)
from installation.notation.values import OFF
from installation.notation.yaml_nodes import Entry, ListNode, MapNode, Node, ScalarNode, read_nodes
from installation.score.choreography import WEEKDAYS, Place
from installation.score.hours import ALWAYS, WHOLE_DAY, Hours, Slot
from installation.score.visitors import CONSENTS, Consent
from installation.site import CAMERA_VIEW_DEG, DESK_ADDRESS, FPS, OSC_RATE_HZ, Site

Day = TypeVar("Day", int, date)

CHOREOGRAPHY_WORDS: Final = ("gestures", "moods")
_OWN_WORDS: Final = frozenset(SITE_WORDS) - WORDS
_KEYS: Final = (VERSION_KEY, *KEYS)
_HOMES: Final = dict.fromkeys(WORDS, "a choreography")


def site_schema() -> JsonSchema:
    """The JSON Schema of a site.yaml, for editors that complete and check it."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Site of a living portrait",
        **table_schema(*_KEYS, required=[VERSION_KEY.name]),
        "if": {
            "properties": {CONSENT.name: {"const": "osc", "description": CONSENT.meaning}},
            "required": [CONSENT.name],
        },
        "then": {"required": [OSC.name]},
    }


# -- the file ------------------------------------------------------------------------------------------------


def parse_site(raw: bytes, source: str, default_zone: ZoneInfo) -> Site:
    """The place in a file's bytes; `source` is its name in messages, `default_zone` the system's timezone.

    Raises:
        InvalidScore: with all faults at once. Warnings are in `Site.warnings`.
    """
    top = read_top(raw, source, _HOMES)
    site = _read_site(top, default_zone)
    if top.report.errors:
        raise InvalidScore(top.report.problems)
    return site


def is_site(raw: bytes) -> bool:
    """Whether a file means to be a place, and not a choreography: by the words that only a place has."""
    words = _words_of(raw)
    return not words.isdisjoint(_OWN_WORDS) and words.isdisjoint(CHOREOGRAPHY_WORDS)


def is_choreography(raw: bytes) -> bool:
    """Whether a file means to be a choreography, and not a place."""
    words = _words_of(raw)
    return words.isdisjoint(_OWN_WORDS) and not words.isdisjoint(CHOREOGRAPHY_WORDS)


def _words_of(raw: bytes) -> set[str]:
    """The outermost keys; none where there are none to be read."""
    try:
        root = read_nodes(raw, "").root
    except InvalidScore:
        return set()
    return {entry.key.text for entry in root.entries} if isinstance(root, MapNode) else set()


def _read_site(top: Fields, default_zone: ZoneInfo) -> Site:
    top.refuse_unknown(_KEYS)
    hours = _read_hours(top, default_zone)
    title, weights, choreography = (top.read(key, None) for key in (TITLE, WEIGHTS, CHOREOGRAPHY))
    return Site(
        hours=hours,
        title=title or "",
        weights=weights,
        choreography=choreography,
        person=top.read(PERSON, None),
        hanging=_read_hanging(top),
        fps=top.read(FPS_KEY, FPS),
        camera=top.read(CAMERA, None),
        camera_view=top.read(CAMERA_VIEW, CAMERA_VIEW_DEG),
        consent=_read_consent(top),
        osc=top.read(OSC, None),
        osc_out=top.read(OSC_OUT, None),
        osc_rate=top.read(OSC_RATE, OSC_RATE_HZ),
        display_off=top.read(DISPLAY_OFF, DPMS),
        display_on=_read_display_on(top),
        desk=top.read(DESK, DESK_ADDRESS),
        places={entry.key.text: _place(entry) for entry in top.node.entries},
        warnings=tuple(sorted(top.report.warnings, key=lambda problem: (problem.line, problem.column))),
    )


def _read_hanging(top: Fields) -> Hanging:
    usual = Hanging()
    return Hanging(
        monitor=top.read(MONITOR, usual.monitor),
        rotation=top.read(ROTATION, usual.rotation),
        fit=top.read(FIT, usual.fit),
        margin=top.read(MARGIN, usual.margin),
        surround=top.read(SURROUND, usual.surround),
        brightness=top.read(BRIGHTNESS, usual.brightness),
        gamma=top.read(GAMMA, usual.gamma),
        orbit=top.read(ORBIT, usual.orbit),
    )


def _read_consent(top: Fields) -> Consent:
    consent, osc = top.read(CONSENT, CONSENTS[0]), top.entry(OSC.name)
    if consent == "osc" and (osc is None or (isinstance(osc.value, ScalarNode) and osc.value.value == OFF)):
        entry = top.entry(CONSENT.name)
        message = "no osc: for the messages to come in; write osc: 9000"
        top.report.error(entry.value if entry else top.node, CONSENT.name, message)
    return consent


def _read_display_on(top: Fields) -> str | None:
    """A display that a command has darkened stays so, unless another one lights it."""
    off, on = top.entry(DISPLAY_OFF.name), top.read(DISPLAY_ON, None)
    is_command = off is not None and isinstance(off.value, ScalarNode) and off.value.value not in (OFF, DPMS)
    if is_command and on is None and off is not None:
        message = "and what lights it again? write display_on: with a command, or see that the display wakes"
        top.report.warn(off.value, DISPLAY_OFF.name, message)
    elif on is not None and not is_command:
        entry = top.entry(DISPLAY_ON.name)
        message = "without effect: display_off: names no command that this one would undo"
        top.report.warn(entry.value if entry else top.node, DISPLAY_ON.name, message)
    return on


def _place(entry: Entry) -> Place:
    return Place(entry.value.line, entry.value.column, entry.key.text)


# -- opening hours -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Written:
    """A slot, and where it stands."""

    slot: Slot
    node: Node
    path: str


@dataclass(frozen=True, slots=True)
class _Named:
    """The slots of a day, and the key that names it."""

    key: ScalarNode
    slots: tuple[_Written, ...]


def _read_hours(top: Fields, default_zone: ZoneInfo) -> Hours:
    opening = top.read(OPENING, None)
    hours, exceptions = top.table(HOURS), top.table(EXCEPTIONS)
    week = _read_days(hours, times.named_weekdays, lambda day: WEEKDAYS[day]) if hours else {}
    dates = _read_days(exceptions, times.named_dates, str) if exceptions else {}
    if hours:
        _warn_of_overlaps(top.report, week)
        is_ever_open = any(named.slots for named in (*week.values(), *dates.values()))
        if not is_ever_open and not top.report.errors:
            top.report.warn(hours.node, hours.path, "never open; write days such as tue..sun: 11:00-19:00")
    if exceptions:
        for day, named in dates.items():
            _warn_of_overlaps(top.report, {day.weekday(): named})
        _warn_of_early(exceptions, dates, opening)
    return Hours(
        zone=top.read(TIMEZONE, default_zone),
        week=tuple(_slots_of(week.get(day)) for day in range(7)) if hours else ALWAYS,
        exceptions={day: _slots_of(named) for day, named in dates.items()},
        opening=opening,
    )


def _slots_of(named: _Named | None) -> tuple[Slot, ...]:
    return tuple(written.slot for written in named.slots) if named else ()


def _read_days(
    table: Fields, days_of: Callable[[str], tuple[Day, ...]], word_of: Callable[[Day], str]
) -> dict[Day, _Named]:
    """Every day that the keys of a table name; one that is named twice is reported."""
    named: dict[Day, _Named] = {}
    for entry in table.node.entries:
        slots = tuple(_read_slots(table, entry))
        try:
            days = days_of(entry.key.text)
        except Refused as refused:
            table.report.error(entry.key, table.path, str(refused))
            continue
        again = next((day for day in days if day in named or days.count(day) > 1), None)
        if again is not None:
            line = named[again].key.line if again in named else entry.key.line
            message = f"{word_of(again)} a second time; it is already on line {line}"
            table.report.error(entry.key, table.path, message)
        named |= {day: _Named(entry.key, slots) for day in days if day not in named}
    return named


def _read_slots(table: Fields, entry: Entry) -> Iterator[_Written]:
    """`11:00-19:00`, a list of such, `closed`, or `always`."""
    path = table.below(entry.key.text)
    match entry.value:
        case ScalarNode(text=text) if text == CLOSED:
            return
        case ScalarNode(text=text) if text == ALWAYS_OPEN:
            yield _Written(WHOLE_DAY, entry.value, path)
        case ListNode(items=items) if items:
            for number, node in enumerate(items, 1):
                yield from _read_slot(table.report, node, f"{path}[{number}]", times.opening_slot)
        case node:
            yield from _read_slot(table.report, node, path, _single_slot)


def _read_slot(report: Report, node: Node, path: str, read: Reader[Slot]) -> Iterator[_Written]:
    try:
        yield _Written(read(node), node, path)
    except Refused as refused:
        report.error(node, path, str(refused))


@reader(times.opening_slot.schema)
def _single_slot(node: Node) -> Slot:
    """As `opening_slot`, where the other forms may stand as well."""
    if not isinstance(node, ScalarNode) or ":" not in node.text:
        raise Refused(f"expected opening hours, {SLOTS_FORM}; found {found(node)}")
    return times.opening_slot(node)


# -- warnings ------------------------------------------------------------------------------------------------

_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S


def _warn_of_overlaps(report: Report, week: dict[int, _Named]) -> None:
    """Slots that begin before an earlier one ends, past midnight too: perhaps a slip of the pen."""
    slots = [(*_seconds(day, each.slot), each) for day, named in week.items() for each in named.slots]
    slots.sort(key=lambda slot: slot[:2])
    if slots:  # Sunday night goes on in the next week's Monday
        opens_s, closes_s, first = slots[0]
        slots.append((opens_s + _WEEK_S, closes_s + _WEEK_S, first))
    open_until_s, latest = 0, ""
    warned: set[tuple[int, int]] = set()  # a slot of many days once
    for opens_s, closes_s, each in slots:
        place = each.node.line, each.node.column
        if opens_s < open_until_s and place not in warned:
            warned.add(place)
            report.warn(each.node, each.path, f"{each.slot} overlaps {latest}; they are taken as one")
        if closes_s > open_until_s:
            open_until_s, latest = closes_s, str(each.slot)


def _seconds(day: int, slot: Slot) -> tuple[int, int]:
    """From and until which second of the week, whose end may lie in the next."""
    opens, closes = (at.hour * 3600 + at.minute * 60 + at.second for at in (slot.opens, slot.closes))
    begin_s = day * _DAY_S + opens
    return begin_s, begin_s + ((closes - opens) % _DAY_S or _DAY_S)


def _warn_of_early(table: Fields, dates: dict[date, _Named], opening: date | None) -> None:
    """Exceptions that come too early: one warning a key."""
    early: dict[int, tuple[date, ScalarNode]] = {}
    for day, named in dates.items():
        if opening is not None and day < opening:
            early.setdefault(id(named.key), (day, named.key))
    for day, key in early.values():
        message = f"{day} is before the opening on {opening}; till then it is closed"
        table.report.warn(key, table.below(key.text), message)
