"""Opening hours: what is open when, past midnight and through both changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.score.hours import ALWAYS, HORIZON_NS, MIDNIGHT, WHOLE_DAY, Hours, Slot, instant
from installation.score.phrase import NANOSECONDS
from tests.score.civil import YEARS, faults

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_NS = 3600 * NANOSECONDS
MINUTE_NS = 60 * NANOSECONDS
DAY = Slot(time(11), time(19))
EVENING = Slot(time(20), time(2))
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Berlin: 02:00 is 03:00, and 03:00 is 02:00
WEDNESDAY = date(2026, 10, 7)


def daily(*slots: Slot, opening: date | None = None, **exceptions: tuple[Slot, ...]) -> Hours:
    """Every day the same, but for `d2026_12_24=(…)`."""
    dates = {date(*map(int, name[1:].split("_"))): slots for name, slots in exceptions.items()}
    return Hours(BERLIN, (slots,) * 7, dates, opening)


def at(day: date, hour: int, minute: int = 0, fold: int = 0) -> int:
    return instant(day, time(hour, minute, fold=fold), BERLIN)


def shown(utc_ns: int | None, zone: ZoneInfo = BERLIN) -> str:
    """What the clock shows, with its offset."""
    assert utc_ns is not None
    return datetime.fromtimestamp(utc_ns / NANOSECONDS, zone).isoformat(" ", "minutes")


def test_agrees_with_a_walk_along_the_clock() -> None:
    """`make prove` walks further."""
    assert faults(num_places=2 * len(YEARS), num_instants=25, seed=1) == []


# -- the wall clock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "wall", "instants"),
    [
        ("Europe/Berlin", SPRING, time(1, 59), "2026-03-29 01:59+01:00"),
        ("Europe/Berlin", SPRING, time(2, 0), "2026-03-29 03:00+02:00"),
        ("Europe/Berlin", SPRING, time(2, 59), "2026-03-29 03:00+02:00"),
        ("Europe/Berlin", SPRING, time(3, 0), "2026-03-29 03:00+02:00"),
        ("Europe/Berlin", AUTUMN, time(2, 30), "2026-10-25 02:30+02:00"),
        ("Europe/Berlin", AUTUMN, time(2, 30, fold=1), "2026-10-25 02:30+01:00"),
        ("Europe/Berlin", AUTUMN, time(3, 0), "2026-10-25 03:00+01:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-04 02:30+11:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45, fold=1), "2026-04-05 01:45+10:30"),
        ("America/Argentina/Buenos_Aires", date(2007, 12, 30), time(0, 30), "2007-12-30 01:00-02:00"),
        ("Pacific/Apia", date(2011, 12, 30), time(12), "2011-12-31 00:00+14:00"),
        ("Asia/Kathmandu", WEDNESDAY, time(12), "2026-10-07 12:00+05:45"),
    ],
)
def test_wall_time_to_instant(zone: str, day: date, wall: time, instants: str) -> None:
    assert shown(instant(day, wall, ZoneInfo(zone)), ZoneInfo(zone)) == instants


@given(
    st.sampled_from(list(YEARS)),
    st.datetimes(datetime(2006, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001 - walls
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_instants_keep_the_order_of_wall_times(key: str, wall: datetime, later: timedelta) -> None:
    zone, after = ZoneInfo(key), wall + later
    assert instant(wall.date(), wall.time(), zone) <= instant(after.date(), after.time(), zone)


@given(st.sampled_from(list(YEARS)), st.datetimes(datetime(2006, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001
def test_what_the_clock_shows_comes_back(key: str, moment: datetime) -> None:
    zone, utc = ZoneInfo(key), moment.replace(tzinfo=UTC)
    wall = utc.astimezone(zone)
    utc_ns = (utc - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert instant(wall.date(), wall.timetz().replace(tzinfo=None), zone) == utc_ns


# -- open and closed -----------------------------------------------------------------------------------------


def test_open_from_the_opening_until_before_the_closing() -> None:
    hours = daily(DAY)
    opens, closes = at(WEDNESDAY, 11), at(WEDNESDAY, 19)
    assert [hours.is_open(ns) for ns in (opens - 1, opens, closes - 1, closes)] == [False, True, True, False]
    assert [hours.next_change(ns) for ns in (opens - 1, opens, closes - 1)] == [opens, closes, closes]
    assert hours.next_change(closes) == at(WEDNESDAY + timedelta(days=1), 11)


def test_past_midnight_the_evening_goes_on() -> None:
    hours = daily(EVENING)
    thursday = WEDNESDAY + timedelta(days=1)
    night = at(thursday, 1, 30)
    assert hours.is_open(night) and not hours.is_open(at(thursday, 2))
    assert hours.next_change(night) == at(thursday, 2)
    assert hours.day_of(night) == WEDNESDAY
    assert hours.day_began(night) == at(WEDNESDAY, 20)
    assert hours.next_day(night) == at(thursday, 20)


def test_a_friday_night_ends_on_a_closed_saturday() -> None:
    hours = Hours(BERLIN, ((),) * 4 + ((EVENING,),) + ((),) * 2)
    friday, saturday = date(2026, 10, 9), date(2026, 10, 10)
    assert hours.is_open(at(saturday, 1)) and not hours.is_open(at(friday, 1))
    assert hours.day_of(at(saturday, 3)) == friday + timedelta(days=7)


@pytest.mark.parametrize(
    ("slots", "changes"),
    [
        ((Slot(time(10), time(12)), Slot(time(12), time(14))), [10, 14]),
        ((Slot(time(10), time(13)), Slot(time(12), time(14))), [10, 14]),
        ((Slot(time(10), time(18)), Slot(time(12), time(14))), [10, 18]),
        ((Slot(time(15), time(18)), Slot(time(10), time(12))), [10, 12, 15, 18]),
    ],
)
def test_slots_that_overlap_or_touch_are_one(slots: tuple[Slot, ...], changes: list[int]) -> None:
    hours, now = daily(*slots), at(WEDNESDAY, 5)
    found = []
    while (change := hours.next_change(now)) and change < at(WEDNESDAY, 23):
        found.append(now := change)
    assert found == [at(WEDNESDAY, hour) for hour in changes]


def test_whole_days_join_and_end_at_a_closed_one() -> None:
    hours = daily(WHOLE_DAY, d2026_12_25=())
    christmas = date(2026, 12, 25)
    assert hours.next_change(at(WEDNESDAY, 12)) == at(christmas, 0)
    assert not hours.is_open(at(christmas, 12))
    assert hours.next_change(at(christmas, 12)) == at(christmas + timedelta(days=1), 0)


def test_exceptions_stand_above_the_week() -> None:
    hours = daily(DAY, d2026_10_07=(Slot(time(18), time(23)),), d2026_10_08=())
    assert not hours.is_open(at(WEDNESDAY, 12)) and hours.is_open(at(WEDNESDAY, 22))
    assert hours.next_change(at(WEDNESDAY, 23)) == at(date(2026, 10, 9), 11)


def test_always_and_never() -> None:
    always, never = Hours.always(BERLIN), Hours(BERLIN, ((),) * 7)
    now = at(WEDNESDAY, 12)
    assert always.week == ALWAYS
    assert (always.is_open(now), always.next_change(now)) == (True, None)
    assert (never.is_open(now), never.next_change(now)) == (False, None)
    assert (never.day_of(now), never.day_began(now)) == (WEDNESDAY, at(WEDNESDAY, 0))
    assert never.next_day(now) == now + HORIZON_NS


# -- both changes of the clock -------------------------------------------------------------------------------


def test_the_long_night_closes_the_second_time() -> None:
    hours = daily(Slot(time(20), time(2, 30)))
    first, second = at(AUTUMN, 2, 30), at(AUTUMN, 2, 30, fold=1)
    assert second - first == HOUR_NS
    assert [hours.is_open(ns) for ns in (first, second - 1, second)] == [True, True, False]
    assert hours.next_change(at(AUTUMN, 1)) == second


def test_the_long_night_opens_the_first_time_and_stays_open() -> None:
    hours = daily(Slot(time(2, 30), time(5)))
    opens = at(AUTUMN, 2, 30)
    assert [hours.is_open(ns) for ns in (opens - 1, opens)] == [False, True]
    assert hours.next_change(opens) == at(AUTUMN, 5)


def test_the_short_night() -> None:
    jump = at(SPRING, 3)
    assert daily(Slot(time(2, 30), time(5))).next_change(at(SPRING, 1)) == jump
    assert daily(Slot(time(20), time(2, 30))).next_change(at(SPRING, 1)) == jump
    nothing_left = daily(Slot(time(2, 10), time(2, 50)))
    assert not any(nothing_left.is_open(jump + n * MINUTE_NS) for n in range(-90, 90))
    assert nothing_left.next_change(at(SPRING, 1)) == at(SPRING + timedelta(days=1), 2, 10)


def test_a_date_that_the_calendar_leaves_out_has_no_hours() -> None:
    apia = ZoneInfo("Pacific/Apia")
    friday, saturday = date(2011, 12, 30), date(2011, 12, 31)
    hours = Hours(apia, ((),) * 7, {friday: (EVENING, WHOLE_DAY), saturday: (DAY,)})
    assert not hours.is_open(instant(saturday, time(1), apia))
    assert hours.next_change(instant(date(2011, 12, 29), time(12), apia)) == instant(saturday, time(11), apia)


# -- the day of the show -------------------------------------------------------------------------------------


def test_while_it_is_closed_the_next_day_is_meant() -> None:
    hours = daily(DAY, d2026_10_08=())
    friday = WEDNESDAY + timedelta(days=2)
    for now in (at(WEDNESDAY, 19), at(friday, 10)):
        assert hours.day_of(now) == friday
        assert hours.day_began(now) == hours.next_day(now) == at(friday, 11)


def test_between_two_slots_the_day_goes_on() -> None:
    hours = daily(Slot(time(10), time(12)), Slot(time(15), time(18)))
    for hour in (11, 13, 16):
        assert hours.day_of(at(WEDNESDAY, hour)) == WEDNESDAY
        assert hours.day_began(at(WEDNESDAY, hour)) == at(WEDNESDAY, 10)
        assert hours.next_day(at(WEDNESDAY, hour)) == at(WEDNESDAY + timedelta(days=1), 10)


def test_always_open_the_day_changes_at_midnight() -> None:
    hours = Hours.always(BERLIN)
    assert hours.day_of(at(WEDNESDAY, 0)) == hours.day_of(at(WEDNESDAY, 23, 59)) == WEDNESDAY
    assert hours.day_began(at(WEDNESDAY, 23)) == at(WEDNESDAY, 0)
    assert hours.next_day(at(WEDNESDAY, 0)) == at(WEDNESDAY + timedelta(days=1), 0)


def test_after_the_last_opening_its_day_remains() -> None:
    hours = Hours(BERLIN, ((),) * 7, {WEDNESDAY: (DAY,)})
    later = at(WEDNESDAY + timedelta(days=30), 12)
    assert (hours.day_of(later), hours.day_began(later)) == (WEDNESDAY, at(WEDNESDAY, 11))
    assert hours.next_change(later) is None


@given(st.integers(0, 3 * 24 * 60), st.integers(0, 24 * 60))
def test_days_never_go_back(minute: int, step: int) -> None:
    hours = daily(Slot(time(20), time(3)), Slot(time(1), time(2)), Slot(time(2, 30), time(12)))
    now = at(AUTUMN - timedelta(days=1), 0) + minute * MINUTE_NS
    assert hours.day_of(now) <= hours.day_of(now + step * MINUTE_NS)


# -- the opening ---------------------------------------------------------------------------------------------


def test_before_its_opening_it_is_closed() -> None:
    hours = daily(DAY, opening=WEDNESDAY, d2026_10_06=(WHOLE_DAY,))
    tuesday = WEDNESDAY - timedelta(days=1)
    assert not hours.is_open(at(tuesday, 12))
    assert hours.next_change(at(tuesday, 12)) == at(WEDNESDAY, 11)
    assert hours.is_open(at(WEDNESDAY, 12))
    assert Hours(BERLIN, opening=WEDNESDAY).next_change(at(tuesday, 12)) == at(WEDNESDAY, 0)


def test_age_counts_from_the_midnight_of_the_opening() -> None:
    hours = daily(DAY, opening=AUTUMN)
    midnight = instant(AUTUMN, MIDNIGHT, BERLIN)
    assert [hours.age_ns(midnight + ns) for ns in (-1, 0, 1)] == [0, 0, 1]
    assert hours.age_ns(at(AUTUMN + timedelta(days=1), 0)) == 25 * HOUR_NS
    assert daily(DAY).age_ns(midnight) == 0


@pytest.mark.parametrize(
    ("slot", "text"),
    [(DAY, "11:00-19:00"), (WHOLE_DAY, "00:00-24:00"), (Slot(time(9), MIDNIGHT), "09:00-24:00")],
)
def test_slots_in_words(slot: Slot, text: str) -> None:
    assert str(slot) == text
