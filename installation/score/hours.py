"""When the portrait is awake: opening hours, kept by the wall clock of the place where it hangs.

Civil time is UTC in whole nanoseconds since 1970 (`utc_ns`), and is passed in; `instant` makes it of what a
clock on the wall shows. What that clock skips in spring happens as it jumps. Of what it shows twice in autumn
an opening takes the first and a closing the second: that night is open for longer, rather than dark while the
clock still says that it is open.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Self
from zoneinfo import ZoneInfo

from installation.score.phrase import NANOSECONDS

HORIZON_DAYS: Final = 400  # nobody looks further ahead: a year, and the weeks in which its feasts move
HORIZON_NS: Final = HORIZON_DAYS * 86_400 * NANOSECONDS
MIDNIGHT: Final = time()

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def instant(day: date, at: time, zone: ZoneInfo) -> int:
    """The instant (utc_ns) at which the wall clock of `zone` shows `at` on `day`.

    A time that the clock skips is the moment at which it jumps. One that it shows twice is the first of them,
    or, where `at` has fold=1, the second (PEP 495).
    """
    wall = datetime.combine(day, at, zone)
    utc = wall.astimezone(UTC)
    if utc.astimezone(zone) != wall:  # of one zone, these are compared as the clock shows them
        utc = _jump_over(wall, zone)
    return (utc - _EPOCH) // _MICROSECOND * 1000


def _jump_over(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clock skips `wall`: between its readings by the new and the old offset."""
    early, late = (int(wall.replace(fold=fold).timestamp()) for fold in (1, 0))

    def offset(second: int) -> timedelta | None:
        return datetime.fromtimestamp(second, zone).utcoffset()

    seconds = range(early, late)
    old = offset(early)
    jump = early + bisect_left(seconds, True, key=lambda second: offset(second) != old)
    return datetime.fromtimestamp(jump, UTC)


def local_date(utc_ns: int, zone: ZoneInfo) -> date:
    """The date on the wall."""
    return datetime.fromtimestamp(utc_ns // NANOSECONDS, zone).date()


@lru_cache(maxsize=1024)
def is_in_calendar(day: date, zone: ZoneInfo) -> bool:
    """Whether a place has this date: Apia crossed the date line, and had no 30 December 2011."""
    return instant(day, MIDNIGHT, zone) < instant(day + timedelta(days=1), MIDNIGHT, zone)


def dates_from(first: date, num_days: int) -> Iterator[date]:
    """`num_days` dates, one after the other."""
    return (first + timedelta(days=number) for number in range(num_days))


@dataclass(frozen=True, slots=True)
class Slot:
    """From one wall time to another: open at `opens`, no longer at `closes`.

    One that closes no later than it opens goes on past midnight: 20:00-02:00, and 00:00-00:00, the whole day.
    """

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{'24:00' if self.closes == MIDNIGHT else format(self.closes, '%H:%M')}"


WHOLE_DAY: Final = Slot(MIDNIGHT, MIDNIGHT)
ALWAYS: Final = ((WHOLE_DAY,),) * 7


@dataclass(frozen=True, slots=True)
class _Interval:
    """A slot on its day, from `opens_ns` until before `closes_ns`."""

    day: date
    opens_ns: int
    closes_ns: int


@lru_cache(maxsize=1024)  # beyond HORIZON_DAYS, so that looking ahead a second time costs little
def _intervals(slots: tuple[Slot, ...], day: date, zone: ZoneInfo) -> tuple[_Interval, ...]:
    """The slots of a day in time, by their opening; one that the clock skips altogether is none."""
    if not is_in_calendar(day, zone):
        return ()
    intervals = []
    for slot in slots:
        closing_day = day + timedelta(days=slot.closes <= slot.opens)
        closes_ns = instant(closing_day, slot.closes.replace(fold=1), zone)
        intervals.append(_Interval(day, instant(day, slot.opens, zone), closes_ns))
    there = (interval for interval in intervals if interval.opens_ns < interval.closes_ns)
    return tuple(sorted(there, key=lambda interval: (interval.opens_ns, interval.closes_ns)))


@dataclass(frozen=True, slots=True)
class Hours:
    """The opening hours of a place, with those of single dates. Slots that overlap or touch are one.

    Before its opening date a place is closed, and no exception opens it.
    """

    zone: ZoneInfo
    week: tuple[tuple[Slot, ...], ...] = ALWAYS  # seven days; 0 is Monday
    exceptions: Mapping[date, tuple[Slot, ...]] = field(default_factory=dict)  # whatever the week says
    opening: date | None = None

    @classmethod
    def always(cls, zone: ZoneInfo) -> Self:
        """Open day and night."""
        return cls(zone)

    def slots_on(self, day: date) -> tuple[Slot, ...]:
        """The slots that begin on a date."""
        if self.opening is not None and day < self.opening:
            return ()
        return self.exceptions.get(day, self.week[day.weekday()])

    def is_open(self, utc_ns: int) -> bool:
        yesterday = local_date(utc_ns, self.zone) - timedelta(days=1)
        intervals = self._intervals_from(yesterday, 3)
        return any(interval.opens_ns <= utc_ns < interval.closes_ns for interval in intervals)

    def next_change(self, utc_ns: int) -> int | None:
        """The instant of the next opening or closing after this one; None: not within HORIZON_DAYS."""
        end_ns = utc_ns  # until when it is known to be open
        change_ns: int | None = None
        for interval in self._intervals_from(local_date(utc_ns, self.zone) - timedelta(days=1)):
            if interval.opens_ns > end_ns:
                change_ns = interval.opens_ns if end_ns == utc_ns else end_ns
                break
            end_ns = max(end_ns, interval.closes_ns)
        else:
            change_ns = end_ns
        return change_ns if utc_ns < change_ns <= utc_ns + HORIZON_NS else None

    def day_of(self, utc_ns: int) -> date:
        """The day of the show, which a night past midnight still belongs to.

        While open, the date of the slot that began last, so that always open days change at midnight.
        While closed, the date of the next slot, or of the last one where none comes within HORIZON_DAYS.
        """
        today = local_date(utc_ns, self.zone)
        last, open_until_ns = None, utc_ns
        for interval in self._intervals_from(today - timedelta(days=1)):
            if interval.opens_ns > utc_ns:
                return last if last is not None and utc_ns < open_until_ns else interval.day
            last, open_until_ns = interval.day, max(open_until_ns, interval.closes_ns)
        return last or self._last_day_before(today) or today

    def day_began(self, utc_ns: int) -> int:
        """The instant at which the show of that day began, or will: the first opening of `day_of`.

        Before the doors of the day open it is ahead; while they are closed between two slots, it is past.
        """
        day = self.day_of(utc_ns)
        intervals = self._intervals_from(day, 1)
        return next((interval.opens_ns for interval in intervals), instant(day, MIDNIGHT, self.zone))

    def next_day(self, utc_ns: int) -> int:
        """The next instant at which the show of a day begins; HORIZON_DAYS ahead where none does before."""
        first = local_date(utc_ns, self.zone) - timedelta(days=1)
        began: date | None = None
        for interval in self._intervals_from(first):
            if interval.day != began and interval.opens_ns > utc_ns:
                return min(interval.opens_ns, utc_ns + HORIZON_NS)
            began = interval.day
        return utc_ns + HORIZON_NS

    def age_ns(self, utc_ns: int) -> int:
        """The time since the opening date began; 0 before it, and where there is none."""
        if self.opening is None:
            return 0
        return max(0, utc_ns - instant(self.opening, MIDNIGHT, self.zone))

    def _intervals_from(self, first: date, num_days: int = HORIZON_DAYS + 3) -> Iterator[_Interval]:
        """By their openings, as far as the horizon of the day after `first`."""
        for day in dates_from(first, num_days):
            yield from _intervals(self.slots_on(day), day, self.zone)

    def _last_day_before(self, today: date) -> date | None:
        before = (today - timedelta(days=number) for number in range(1, HORIZON_DAYS + 1))
        return next((day for day in before if any(self._intervals_from(day, 1))), None)
