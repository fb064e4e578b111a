"""The timed cues of a score in civil time: each plays once on each of its days, whatever the clock does.

A cue at a time that the clock skips plays as it jumps; at one that it shows twice, the first time.
Events (`when` is a word) have no time, and are not here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from installation.score.choreography import WEEKDAYS, Cue, Timed
from installation.score.hours import (
    HORIZON_DAYS,
    HORIZON_NS,
    Hours,
    Slot,
    dates_from,
    instant,
    is_in_calendar,
    local_date,
)


@dataclass(frozen=True, slots=True)
class Due:
    """A cue, and the instant at which it is to play."""

    utc_ns: int
    cue: Cue


@dataclass(frozen=True, slots=True, eq=False)  # equal to itself alone, so that it is quickly found in a cache
class Agenda:
    """When the cues of a score play, where the clock is that of `zone`."""

    cues: Sequence[Cue]
    zone: ZoneInfo

    def due(self, after_ns: int, until_ns: int) -> tuple[Due, ...]:
        """What falls due after the first instant and no later than the second, in the order of playing.

        Cues of the same instant follow one another as in the file.
        """
        first = local_date(after_ns, self.zone) - timedelta(days=1)  # a jump may lie beyond midnight
        last = local_date(until_ns, self.zone) + timedelta(days=1)
        days = dates_from(first, (last - first).days + 1)
        due = (due for day in days for due in _due_on(self, day) if after_ns < due.utc_ns <= until_ns)
        return tuple(sorted(due, key=_order))

    def next_after(self, utc_ns: int) -> int | None:
        """The next instant at which any cue plays; None: not within HORIZON_DAYS."""
        first = local_date(utc_ns, self.zone) - timedelta(days=1)
        instants = (
            self._next_of(cue.when, utc_ns, first) for cue in self.cues if isinstance(cue.when, Timed)
        )
        return min((next_ns for next_ns in instants if next_ns is not None), default=None)

    def next_due(self, utc_ns: int, num: int) -> tuple[Due, ...]:
        """The next cues to play after an instant: `num` of them, or fewer where no more come within
        HORIZON_DAYS.
        """
        found: list[Due] = []
        while len(found) < num and (next_ns := self.next_after(utc_ns)) is not None:
            found += self.due(next_ns - 1, next_ns)
            utc_ns = next_ns
        return tuple(found[:num])

    def _next_of(self, when: Timed, utc_ns: int, first: date) -> int | None:
        instants = (
            instant(day, when.at, self.zone) for day in days_of(when, first, HORIZON_DAYS + 3, self.zone)
        )
        return next((at_ns for at_ns in instants if utc_ns < at_ns <= utc_ns + HORIZON_NS), None)


def _order(due: Due) -> tuple[int, int]:
    return due.utc_ns, due.cue.number


@lru_cache(maxsize=512)
def _due_on(agenda: Agenda, day: date) -> tuple[Due, ...]:
    """What plays on a date."""
    if not is_in_calendar(day, agenda.zone):
        return ()
    timed = ((cue, cue.when) for cue in agenda.cues if isinstance(cue.when, Timed))
    playing = ((cue, when) for cue, when in timed if _plays_on(when, day))
    return tuple(Due(instant(day, when.at, agenda.zone), cue) for cue, when in playing)


def _plays_on(when: Timed, day: date) -> bool:
    return day in when.dates if when.dates else day.weekday() in when.days


def days_of(when: Timed, first: date, num_days: int, zone: ZoneInfo) -> Iterator[date]:
    """The dates of `num_days` on which a cue plays; one that the calendar of the place leaves out is none."""
    end = first + timedelta(days=num_days)
    written = sorted(day for day in when.dates if first <= day < end)
    among = written if when.dates else dates_from(first, num_days)
    return (day for day in among if _plays_on(when, day) and is_in_calendar(day, zone))


# -- cues that nobody would see ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outside:
    """A cue that falls outside the opening hours: `tue 23:00; open 11:00-19:00` says where."""

    cue: Cue
    day: date  # the first day on which it does
    slots: tuple[Slot, ...]  # the hours of that day
    is_never_inside: bool  # on no day does it fall within them
    has_date: bool  # that day is meant by its date, not as a weekday

    def __str__(self) -> str:
        assert isinstance(self.cue.when, Timed), "an event is at no time"
        day = str(self.day) if self.has_date else WEEKDAYS[self.day.weekday()]
        hours = "open " + ", ".join(map(str, self.slots)) if self.slots else "closed"
        return f"{day} {self.cue.when.at:%H:%M}; {hours}"


def cues_outside_hours(
    cues: Sequence[Cue], hours: Hours, around: date, num_days: int = 14
) -> tuple[Outside, ...]:
    """The cues that would play while the place is closed.

    A cue with dates is looked at on these, another in the `num_days` from `around`, or from the opening. A
    daily cue may well fall on closed days: it is told if it falls on no others, or if the place is open that
    day, but not then.
    """
    first = max(around, hours.opening or around)
    found = (_outside(cue, cue.when, hours, first, num_days) for cue in cues if isinstance(cue.when, Timed))
    return tuple(outside for outside in found if outside is not None)


def _outside(cue: Cue, when: Timed, hours: Hours, first: date, num_days: int) -> Outside | None:
    days = sorted(when.dates) or tuple(days_of(when, first, num_days, hours.zone))
    outside = [day for day in days if not hours.is_open(instant(day, when.at, hours.zone))]
    is_never_inside = len(outside) == len(days)
    told = [day for day in outside if is_never_inside or when.dates or hours.slots_on(day)]
    if not told:
        return None
    has_date = bool(when.dates) or told[0] in hours.exceptions
    return Outside(cue, told[0], hours.slots_on(told[0]), is_never_inside, has_date)
