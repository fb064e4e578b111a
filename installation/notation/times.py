"""Civil time as it is written: `18:00`, opening hours, weekdays, dates, and the names of timezones."""

import re
from collections.abc import Callable, Iterator
from datetime import date, time
from difflib import get_close_matches
from itertools import chain
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from installation.notation.fields import Refused, found, reader, shortened, unknown
from installation.notation.yaml_nodes import ListNode, Node, ScalarNode
from installation.score.choreography import WEEKDAYS
from installation.score.hours import MIDNIGHT, Slot, dates_from

Day = TypeVar("Day", int, date)  # of the week, or of the calendar
T = TypeVar("T")

YEARS: Final = range(1970, 3000)
MAX_RANGE_DAYS: Final = 366
EVERY_DAY: Final = "every day"
_A_ZONE: Final = "America/Argentina/Buenos_Aires"

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_SLOT = re.compile(r"([0-9:]+) ?[-–] ?([0-9:]+)")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_CLOCK_FORM: Final = r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
_DATE_FORM: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_FULL_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS_TO = re.compile(r"([a-z]+)(?: ?[-–—] ?| to )([a-z]+)")  # as others write a range
_DAY_NAMES: Final = {name: day for names in (WEEKDAYS, _FULL_NAMES) for day, name in enumerate(names)}


def _text(node: Node) -> str:
    return node.text if isinstance(node, ScalarNode) else ""


# -- times of day --------------------------------------------------------------------------------------------


@reader({"type": "string", "pattern": f"^{_CLOCK_FORM}$"})
def clock_time(node: Node) -> time:
    """`18:00`, or `18:00:30`; in quotes or without."""
    match = _CLOCK.fullmatch(_text(node))
    if match is None:
        raise Refused(f'expected a time of day such as "18:00", found {found(node)}')
    return _time(match)


def _time(match: re.Match[str]) -> time:
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Refused(f"'{match[0]}' is no time of day; they go from 00:00 to 23:59")
    return time(hour, minute, second)


@reader({"type": "string", "pattern": rf"^{_CLOCK_FORM} ?[-–] ?({_CLOCK_FORM}|24:00(:00)?)$"})
def opening_slot(node: Node) -> Slot:
    """`11:00-19:00`; `20:00-02:00`, until two in the morning; `00:00-24:00`, the whole day."""
    match = _SLOT.fullmatch(_text(node))
    opens, closes = (_CLOCK.fullmatch(match[end]) for end in (1, 2)) if match else (None, None)
    if opens is None or closes is None:
        raise Refused(f"expected opening hours such as 11:00-19:00, found {found(node)}")
    is_midnight = (closes[1], closes[2], closes[3] or "00") == ("24", "00", "00")
    return Slot(_time(opens), MIDNIGHT if is_midnight else _time(closes))


# -- days of the week ----------------------------------------------------------------------------------------


def weekday(written: str) -> int:
    """0 for `mon` or `Monday`, … 6 for `sun`.

    Raises:
        Refused: it is no weekday.
    """
    name = written.strip().lower()
    if name not in _DAY_NAMES:
        raise Refused(unknown("day", name, WEEKDAYS))
    return _DAY_NAMES[name]


_DAYS_FORM: Final = r"^ *([Ee][Vv][Ee][Rr][Yy] [Dd][Aa][Yy]|[A-Za-z]+( *(\.\.|,) *[A-Za-z]+)*) *$"
_DAY_SCHEMA: Final = {"anyOf": [{"enum": list(WEEKDAYS)}, {"type": "string", "pattern": _DAYS_FORM}]}


def _each(read: Callable[[Node], T], nodes: tuple[Node, ...]) -> Iterator[T]:
    """The items of a list; what is wrong with one is told where it stands."""
    for node in nodes:
        try:
            yield read(node)
        except Refused as refused:
            raise Refused(str(refused), node) from None


@reader({"anyOf": [_DAY_SCHEMA, {"type": "array", "items": _DAY_SCHEMA, "minItems": 1}]})
def weekdays(node: Node) -> frozenset[int]:
    """`[tue, wed]`, or what `named_weekdays` takes, such as `tue..fri`: 0 is Monday."""
    nodes = node.items if isinstance(node, ListNode) else (node,)
    if not nodes or not all(isinstance(each, ScalarNode) for each in nodes):
        raise Refused(f"expected days such as [tue, wed], found {found(node)}")
    return frozenset(chain.from_iterable(_each(lambda node: named_weekdays(_text(node)), nodes)))


def named_weekdays(written: str) -> tuple[int, ...]:
    """The days of `tue`, `tue..fri`, `sat..mon`, `sat, sun` or `every day`, as they are written.

    Raises:
        Refused: there is something else in it.
    """
    name = written.strip().lower()
    if name == EVERY_DAY:
        return tuple(range(7))
    ends = _DAYS_TO.fullmatch(name)
    if ends and all(end in _DAY_NAMES for end in ends.groups()):
        raise Refused(f"'{shortened(written.strip())}' is not a range; write {ends[1]}..{ends[2]}")
    return _listed(
        written, weekday, lambda first, last: ((first + n) % 7 for n in range((last - first) % 7 + 1))
    )


# -- dates ---------------------------------------------------------------------------------------------------


@reader({"type": "string", "pattern": f"^{_DATE_FORM}$"})
def calendar_date(node: Node) -> date:
    """`2026-12-24`."""
    match = _DATE.fullmatch(_text(node))
    if match is None:
        raise Refused(f"expected a date such as 2026-12-24, found {found(node)}")
    return _date(match)


def _date(match: re.Match[str]) -> date:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if year not in YEARS:
        raise Refused(f"'{match[0]}' is too far away; dates go from {YEARS[0]} to {YEARS[-1]}")
    try:
        return date(year, month, day)
    except ValueError:
        raise Refused(f"'{match[0]}' is not in the calendar") from None


@reader({"anyOf": [calendar_date.schema, {"type": "array", "items": calendar_date.schema, "minItems": 1}]})
def dates(node: Node) -> frozenset[date]:
    """`[2026-12-24, 2026-12-31]`, or one date."""
    nodes = node.items if isinstance(node, ListNode) else (node,)
    if not nodes:
        raise Refused("expected dates such as [2026-12-24], found an empty list")
    return frozenset(_each(calendar_date, nodes))


def named_dates(written: str) -> tuple[date, ...]:
    """The dates of `2026-12-24`, `2026-12-24..2026-12-26` or `2026-12-24, 2026-12-31`, as they are written.

    Raises:
        Refused: there is something else in it.
    """

    def one(name: str) -> date:
        match = _DATE.fullmatch(name.strip())
        if match is None:
            raise Refused(f"expected a date such as 2026-12-24, found '{shortened(name.strip())}'")
        return _date(match)

    return _listed(written, one, _dates_between)


def _dates_between(first: date, last: date) -> Iterator[date]:
    num_days = (last - first).days + 1
    if num_days < 1:
        raise Refused(f"the range {first}..{last} is empty; the earlier date comes first")
    if num_days > MAX_RANGE_DAYS:
        raise Refused(f"the range {first}..{last} is too long; at most {MAX_RANGE_DAYS} days are read")
    return dates_from(first, num_days)


def _listed(
    written: str, one: Callable[[str], Day], between: Callable[[Day, Day], Iterator[Day]]
) -> tuple[Day, ...]:
    """Days and ranges of them, with commas between."""
    days: list[Day] = []
    for part in written.split(","):
        ends = part.split("..")
        if len(ends) > 2:
            raise Refused(f"'{shortened(part.strip())}' is not a range; a range has two ends")
        days += between(one(ends[0]), one(ends[1])) if len(ends) == 2 else [one(part)]
    return tuple(days)


# -- timezones -----------------------------------------------------------------------------------------------


@reader({"type": "string"})
def timezone(node: Node) -> ZoneInfo:
    """A zone of the IANA database, such as `America/Argentina/Buenos_Aires`."""
    name = _text(node)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"unknown timezone {found(node)}; {_zone_hint(name)}") from None


def _zone_hint(name: str) -> str:
    if name.strip().lower().startswith(("gmt", "utc")):  # an offset, which knows no summer time
        return f"write a city's, such as {_A_ZONE}"
    near = _zone_like(name)
    return f"did you mean '{near}'?" if near else f"write one such as {_A_ZONE}"


def _zone_like(name: str) -> str | None:
    """The zone whose city is nearest: people write `Buenos Aires` and `europe/berlin`."""
    # Etc/GMT-3 is three hours ahead of Greenwich: the signs of these are the other way round.
    zones = [zone for zone in sorted(available_timezones()) if "/" in zone and not zone.startswith("Etc/")]
    cities = {zone.rsplit("/", 1)[-1].lower(): zone for zone in zones}
    city = name[-40:].rsplit("/", 1)[-1].strip().lower().replace(" ", "_")
    near = get_close_matches(city, cities, n=1, cutoff=0.75)
    return cities[near[0]] if near else None
