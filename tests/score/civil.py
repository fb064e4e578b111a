"""Civil time the slow way: a walk along the clock on the wall, minute by minute, and what it says of each.

What opens at a time opens in the first minute that shows this time or a later one; what closes at a time
closes after the last minute that shows an earlier one. Nothing here knows of offsets, folds or gaps.
"""

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate
from zoneinfo import ZoneInfo

from installation.score.agenda import Agenda
from installation.score.choreography import Cue, Timed
from installation.score.hours import Hours, Slot

MINUTE_NS = 60 * 1_000_000_000
DAY_MIN = 24 * 60
CORE_DAYS, BEFORE_DAYS, AFTER_DAYS = 4, 3, 10

# One year each, for the sake of its changes: Buenos Aires changed at midnight, Lord Howe changes by half an
# hour, St. John's did a minute after midnight, Apia left out a day; Kiritimati and Kathmandu never change.
YEARS = {
    "America/Argentina/Buenos_Aires": 2008,
    "Europe/Berlin": 2026,
    "America/New_York": 2026,
    "Australia/Lord_Howe": 2026,
    "Pacific/Kiritimati": 2026,
    "Asia/Kathmandu": 2026,
    "America/St_Johns": 2010,
    "Pacific/Apia": 2011,
}


@dataclass(frozen=True)
class Walk:
    """The wall clock of a zone over consecutive minutes."""

    begin_min: int  # since 1970
    shown: tuple[datetime, ...]  # naive: what the clock shows

    @classmethod
    def of(cls, zone: ZoneInfo, begin_min: int, num_minutes: int) -> "Walk":
        minutes = range(begin_min, begin_min + num_minutes)
        shown = (datetime.fromtimestamp(minute * 60, zone).replace(tzinfo=None) for minute in minutes)
        return cls(begin_min, tuple(shown))

    @cached_property
    def _latest(self) -> list[datetime]:
        return list(accumulate(self.shown, max))

    @cached_property
    def _earliest_to_come(self) -> list[datetime]:
        return list(accumulate(reversed(self.shown), min))[::-1]

    def first_at(self, wall: datetime) -> int:
        """The first minute, from the walk's beginning, that shows `wall` or later."""
        return bisect_left(self._latest, wall)

    def after_last_before(self, wall: datetime) -> int:
        """The minute after the last one that shows less than `wall`."""
        return bisect_left(self._earliest_to_come, wall)

    @cached_property
    def dates(self) -> list[date]:
        """Those that the clock shows, without the first and the last, which may not be whole."""
        return sorted({wall.date() for wall in self.shown})[1:-1]

    def ns(self, minute: int) -> int:
        return (self.begin_min + minute) * MINUTE_NS


@dataclass(frozen=True)
class Oracle:
    """What a place with these hours and cues does, along a walk."""

    walk: Walk
    hours: Hours
    cues: Sequence[Cue]

    @cached_property
    def openings(self) -> list[tuple[int, int, date]]:
        """First minute, minute after the last, and date of each slot, in time."""
        openings = []
        for day in self.walk.dates:
            if self.hours.opening and day < self.hours.opening:
                continue
            for slot in self.hours.exceptions.get(day, self.hours.week[day.weekday()]):
                end = day + timedelta(days=1) if slot.closes <= slot.opens else day
                opens = self.walk.first_at(datetime.combine(day, slot.opens))
                closes = self.walk.after_last_before(datetime.combine(end, slot.closes))
                if opens < closes:
                    openings.append((opens, closes, day))
        return sorted(openings)

    @cached_property
    def is_open(self) -> list[bool]:
        """Of every minute."""
        open_minutes = {minute for opens, closes, _ in self.openings for minute in range(opens, closes)}
        return [minute in open_minutes for minute in range(len(self.walk.shown))]

    def day(self, minute: int) -> date | None:
        """The date of the slot that began last, while closed of the next one; None: the walk ends before."""
        begun = [day for opens, _, day in self.openings if opens <= minute]
        coming = [day for opens, _, day in self.openings if opens > minute]
        if self.is_open[minute]:
            return begun[-1]
        return coming[0] if coming else None

    def day_began_ns(self, minute: int) -> int | None:
        day = self.day(minute)
        return (
            None if day is None else self.walk.ns(min(opens for opens, _, of in self.openings if of == day))
        )

    def next_day_ns(self, minute: int) -> int | None:
        """When a date's first slot opens next; None: the walk ends before."""
        firsts = {day: self.walk.ns(opens) for opens, _, day in reversed(self.openings)}
        return min((ns for ns in firsts.values() if self.walk.ns(minute + 1) <= ns), default=None)

    def next_change_ns(self, minute: int) -> int | None:
        """None: the walk ends before."""
        for later in range(minute + 1, len(self.walk.shown) - DAY_MIN):  # the last day is not whole
            if self.is_open[later] != self.is_open[minute]:
                return self.walk.ns(later)
        return None

    @cached_property
    def plays(self) -> list[tuple[int, int]]:
        """Instant and number of every cue, in time."""
        return sorted(
            (self.walk.ns(self.walk.first_at(datetime.combine(day, cue.when.at))), cue.number)
            for cue in self.cues
            if isinstance(cue.when, Timed)
            for day in self.walk.dates
            if (day in cue.when.dates if cue.when.dates else day.weekday() in cue.when.days)
        )


def changes(zone: ZoneInfo, year: int) -> list[int]:
    """The minutes since 1970 at which the zone's clock is changed in a year; its middle where it never is."""
    begin = int(datetime(year, 1, 1, tzinfo=zone).timestamp()) // 60
    hours = [begin + 60 * hour for hour in range(366 * 24)]
    offsets = [datetime.fromtimestamp(hour * 60, zone).utcoffset() for hour in hours]
    found = [
        hour for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after
    ]
    return found or [hours[len(hours) // 2]]


# -- places and cues drawn at random -------------------------------------------------------------------------


def random_time(dice: random.Random) -> time:
    """By day or, as often, in the small hours, when clocks are changed."""
    hour = dice.choice((dice.randrange(24), dice.randrange(4)))
    return time(hour, dice.choice((0, 0, 15, 30, 45, dice.randrange(60))))


def random_slots(dice: random.Random) -> tuple[Slot, ...]:
    return tuple(Slot(random_time(dice), random_time(dice)) for _ in range(dice.choice((0, 1, 1, 1, 2, 3))))


def random_hours(dice: random.Random, zone: ZoneInfo, around: date) -> Hours:
    """The hours of a place, with exceptions about a date; one in five is always open."""
    days = [around + timedelta(days=number) for number in range(-5, 8)]
    exceptions = {day: random_slots(dice) for day in dice.sample(days, dice.choice((0, 1, 4)))}
    opening = dice.choice((None, None, None, around))
    if dice.random() < 0.2:
        return Hours(zone, exceptions=exceptions, opening=opening)
    return Hours(zone, tuple(random_slots(dice) for _ in range(7)), exceptions, opening)


def random_cues(dice: random.Random, around: date) -> tuple[Cue, ...]:
    """Timed cues of every kind, and an event."""
    days = [around + timedelta(days=number) for number in range(-3, 4)]

    def when() -> Timed:
        at = random_time(dice)
        week, dates = frozenset(dice.sample(range(7), 3)), frozenset(dice.sample(days, 2))
        return dice.choice((Timed(at), Timed(at, days=week), Timed(at, dates=dates)))

    return (*(Cue(number, when()) for number in range(8)), Cue(8, "visitor_arrives"))


# -- the comparison ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A place with its cues, and the oracle of the days about a minute."""

    oracle: Oracle
    agenda: Agenda

    @classmethod
    def about(cls, dice: random.Random, zone: ZoneInfo, minute: int) -> "Place":
        """Four days about a minute since 1970, within a walk that goes further."""
        around = datetime.fromtimestamp(minute * 60, zone).date()
        begin_min = minute - (BEFORE_DAYS + CORE_DAYS // 2) * DAY_MIN
        walk = Walk.of(zone, begin_min, (BEFORE_DAYS + CORE_DAYS + AFTER_DAYS) * DAY_MIN)
        cues = random_cues(dice, around)
        return cls(Oracle(walk, random_hours(dice, zone, around), cues), Agenda(cues, zone))

    def faults(self, dice: random.Random) -> list[str]:
        """What disagrees at a random instant of the four days, and in a random time from it on."""
        oracle, hours = self.oracle, self.oracle.hours
        minute = BEFORE_DAYS * DAY_MIN + dice.randrange(CORE_DAYS * DAY_MIN)
        utc_ns = oracle.walk.ns(minute) + dice.choice((0, dice.randrange(MINUTE_NS), MINUTE_NS - 1))
        until_ns = utc_ns + dice.randrange(2 * DAY_MIN) * MINUTE_NS
        due = [(due.utc_ns, due.cue.number) for due in self.agenda.due(utc_ns, until_ns)]
        next_play_ns = min((play_ns for play_ns, _ in oracle.plays if play_ns > utc_ns), default=None)
        answers: dict[str, tuple[object, object]] = {
            "is_open": (hours.is_open(utc_ns), oracle.is_open[minute]),
            "day_of": (hours.day_of(utc_ns), oracle.day(minute)),
            "day_began": (hours.day_began(utc_ns), oracle.day_began_ns(minute)),
            "next_change": (self._within(hours.next_change(utc_ns)), oracle.next_change_ns(minute)),
            "next_day": (self._within(hours.next_day(utc_ns)), oracle.next_day_ns(minute)),
            "due": (due, [play for play in oracle.plays if utc_ns < play[0] <= until_ns]),
            "next_after": (self._within(self.agenda.next_after(utc_ns)), next_play_ns),
        }
        shown = oracle.walk.shown[minute]
        return [
            f"{hours.zone} {shown} ({utc_ns}): {name} is {mine}, walked {walked}; {hours}"
            for name, (mine, walked) in answers.items()
            if mine != walked and not (name in ("day_of", "day_began") and walked is None)
        ]

    def _within(self, utc_ns: int | None) -> int | None:
        """None for what comes when the walk is over."""
        walk = self.oracle.walk
        return utc_ns if utc_ns is not None and utc_ns < walk.ns(len(walk.shown) - DAY_MIN) else None


def faults(num_places: int, num_instants: int, seed: int) -> list[str]:
    """What disagrees at `num_instants` of each of `num_places`, about the clock changes of all the zones."""
    dice = random.Random(seed)
    moments = {key: changes(ZoneInfo(key), year) for key, year in YEARS.items()}
    found = []
    for number in range(num_places):
        key = list(YEARS)[number % len(YEARS)]
        place = Place.about(dice, ZoneInfo(key), dice.choice(moments[key]))
        found += [fault for _ in range(num_instants) for fault in place.faults(dice)]
    return found


def civil_time() -> dict[str, float | int | str | bool]:
    """Opening hours, days and cues against a walk along the wall clock, about the changes of its hands."""
    num_places, num_instants = 400, 50
    wrong = faults(num_places, num_instants, seed=7)
    return {
        "instants": num_places * num_instants,
        "zones": len(YEARS),
        "wrong": len(wrong),
        "first_fault": wrong[0] if wrong else "",
        "holds": not wrong,
    }
