"""Timed cues: each once on each of its days, at the right moment."""

from datetime import date, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.score.agenda import Agenda, cues_outside_hours
from installation.score.choreography import Cue, Timed
from installation.score.hours import HORIZON_DAYS, MIDNIGHT, Hours, Slot, instant
from installation.score.phrase import NANOSECONDS

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
WEDNESDAY = date(2026, 10, 7)
DAY_NS = 86_400 * NANOSECONDS
EVERY_EVENING = Timed(time(18))


def agenda(*when: Timed | str, zone: ZoneInfo = BERLIN) -> Agenda:
    return Agenda([Cue(number, each) for number, each in enumerate(when)], zone)


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = BERLIN) -> int:
    return instant(day, time(hour, minute), zone)


def on(*days: date) -> frozenset[date]:
    return frozenset(days)


def test_due_after_and_until() -> None:
    evening = at(WEDNESDAY, 18)
    cues = agenda(EVERY_EVENING)
    assert [due.utc_ns for due in cues.due(evening - 1, evening)] == [evening]
    assert cues.due(evening, evening + 1) == ()
    assert cues.due(evening - 2, evening - 1) == ()
    assert cues.next_after(evening - 1) == evening
    assert cues.next_after(evening) == evening + DAY_NS


def test_in_the_order_of_time_then_of_the_file() -> None:
    cues = agenda(EVERY_EVENING, Timed(time(9)), EVERY_EVENING, "visitor_arrives")
    due = cues.due(at(WEDNESDAY, 0), at(WEDNESDAY, 23))
    assert [each.cue.number for each in due] == [1, 0, 2]


def test_on_weekdays_and_on_dates_alone() -> None:
    tuesdays = agenda(Timed(time(18), days=frozenset([1])))
    feast = agenda(Timed(time(18), dates=on(date(2026, 12, 24), date(2026, 12, 31))))
    begin, end = at(date(2026, 12, 1), 0), at(date(2027, 1, 1), 0)
    assert [due.utc_ns for due in tuesdays.due(begin, end)] == [
        at(date(2026, 12, day), 18) for day in (1, 8, 15, 22, 29)
    ]
    assert [due.utc_ns for due in feast.due(begin, end)] == [at(date(2026, 12, day), 18) for day in (24, 31)]
    assert feast.next_after(begin) == at(date(2026, 12, 24), 18)
    assert feast.next_after(end) is None


def test_nobody_looks_further_than_the_horizon() -> None:
    far = WEDNESDAY + timedelta(days=HORIZON_DAYS + 1)
    near = WEDNESDAY + timedelta(days=HORIZON_DAYS - 1)
    assert agenda(Timed(time(18), dates=on(far))).next_after(at(WEDNESDAY, 12)) is None
    assert agenda(Timed(time(18), dates=on(near))).next_after(at(WEDNESDAY, 12)) == at(near, 18)


@pytest.mark.parametrize("wall", [time(1, 30), time(2), time(2, 30), time(3), time(3, 30)])
@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_once_a_day_through_both_changes(day: date, wall: time) -> None:
    cues = agenda(Timed(wall))
    begin, end = at(day - timedelta(days=1), 12), at(day + timedelta(days=1), 12)
    minutes = range(begin, end + 1, 60 * NANOSECONDS)
    played = [due.utc_ns for now in minutes for due in cues.due(now, now + 60 * NANOSECONDS)]
    assert played == [instant(day, wall, BERLIN), instant(day + timedelta(days=1), wall, BERLIN)]


def test_a_date_that_the_calendar_leaves_out_has_no_cues() -> None:
    apia = ZoneInfo("Pacific/Apia")
    cues = agenda(EVERY_EVENING, Timed(time(12), dates=on(date(2011, 12, 30))), zone=apia)
    begin, end = at(date(2011, 12, 29), 0, zone=apia), at(date(2012, 1, 1), 0, zone=apia)
    assert [due.utc_ns for due in cues.due(begin, end)] == [
        at(date(2011, 12, day), 18, zone=apia) for day in (29, 31)
    ]


@given(
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.lists(st.times(), min_size=1, max_size=5),
    st.integers(0, 400 * 86_400),
    st.lists(st.integers(0, 3 * 86_400), max_size=6),
)
def test_however_time_is_cut_every_cue_plays_once(
    key: str, walls: list[time], begin_s: int, steps_s: list[int]
) -> None:
    cues = agenda(*map(Timed, walls), zone=ZoneInfo(key))
    cuts = [at(SPRING, 0) + begin_s * NANOSECONDS]
    for step_s in steps_s:
        cuts.append(cuts[-1] + step_s * NANOSECONDS)
    pieces = [due for a, b in pairwise(cuts) for due in cues.due(a, b)]
    assert pieces == list(cues.due(cuts[0], cuts[-1]))


@given(st.lists(st.times(), max_size=4), st.integers(0, 400 * 86_400))
def test_the_next_one_is_the_first_that_falls_due(walls: list[time], begin_s: int) -> None:
    cues, now = agenda(*map(Timed, walls)), at(SPRING, 0) + begin_s * NANOSECONDS
    due = cues.due(now, now + 2 * DAY_NS)
    assert cues.next_after(now) == (due[0].utc_ns if due else None)


# -- cues that nobody would see ------------------------------------------------------------------------------

DAY = (Slot(time(11), time(19)),)
MUSEUM = Hours(BERLIN, ((), *(DAY,) * 5, (Slot(time(20), time(2)),)), {date(2026, 12, 25): ()})


def outside(*when: Timed | str, hours: Hours = MUSEUM) -> list[tuple[str, bool]]:
    cues = [Cue(number, each) for number, each in enumerate(when)]
    return [(str(each), each.is_never_inside) for each in cues_outside_hours(cues, hours, WEDNESDAY)]


def test_cues_within_the_hours_are_not_told() -> None:
    inside = Timed(time(18), days=frozenset([1, 2]))
    on_closed_days_too = Timed(time(12), days=frozenset([0, 1, 2, 3, 4, 5]))
    after_midnight = Timed(time(1), days=frozenset([0]))
    assert outside(inside, on_closed_days_too, after_midnight, "visitor_leaves") == []


@pytest.mark.parametrize(
    ("when", "told", "is_never_inside"),
    [
        (Timed(time(23), days=frozenset([1])), "tue 23:00; open 11:00-19:00", True),
        (Timed(time(19), days=frozenset([2])), "wed 19:00; open 11:00-19:00", True),
        (Timed(time(12), days=frozenset([0])), "mon 12:00; closed", True),
        (Timed(time(12)), "sun 12:00; open 20:00-02:00", False),
        (
            Timed(time(12), dates=on(date(2026, 12, 24), date(2026, 12, 25))),
            "2026-12-25 12:00; closed",
            False,
        ),
    ],
)
def test_cues_outside_the_hours(when: Timed, told: str, is_never_inside: bool) -> None:
    assert outside(when) == [(told, is_never_inside)]


def test_exceptions_are_told_by_their_dates() -> None:
    hours = Hours(BERLIN, (DAY,) * 7, {date(2026, 10, 9): (Slot(time(11), time(15)),)})
    assert outside(EVERY_EVENING, hours=hours) == [("2026-10-09 18:00; open 11:00-15:00", False)]


def test_what_is_before_the_opening_is_not_looked_at() -> None:
    opening = WEDNESDAY + timedelta(days=60)
    hours = Hours(BERLIN, (DAY,) * 7, opening=opening)
    assert outside(EVERY_EVENING, hours=hours) == []
    assert outside(Timed(MIDNIGHT, dates=on(WEDNESDAY)), hours=hours) == [("2026-10-07 00:00; closed", True)]
