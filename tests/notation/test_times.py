"""Civil time as people write it, and what they are told."""

import re
from datetime import date, time

import pytest

from installation.notation import times
from installation.notation.fields import Refused
from installation.notation.yaml_nodes import ListNode, MapNode, Node, read_nodes, scalar
from installation.score.hours import WHOLE_DAY, Slot

CHRISTMAS = tuple(date(2026, 12, day) for day in (24, 25, 26))


def node(written: str) -> Node:
    """A value as it stands in a file."""
    root = read_nodes(f"key: {written}\n".encode(), "s.yaml").root
    assert isinstance(root, MapNode)
    return root.entries[0].value


def refused(read: object, written: object) -> str:
    assert callable(read)
    with pytest.raises(Refused) as caught:
        read(written)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("18:00", time(18)),
        ('"09:05"', time(9, 5)),
        ("9:05", time(9, 5)),
        ("18:00:30", time(18, 0, 30)),
        ("00:00", time()),
    ],
)
def test_times_of_day(written: str, read: time) -> None:
    assert times.clock_time(node(written)) == read


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("24:00", "'24:00' is no time of day; they go from 00:00 to 23:59"),
        ("18:60", "'18:60' is no time of day; they go from 00:00 to 23:59"),
        ("1800", 'expected a time of day such as "18:00", found 1800'),
        ("6pm", "expected a time of day such as \"18:00\", found '6pm'"),
        ("18:00h", "expected a time of day such as \"18:00\", found '18:00h'"),
        ("", 'expected a time of day such as "18:00", found nothing'),
        ("[18:00]", 'expected a time of day such as "18:00", found a list'),
    ],
)
def test_what_is_no_time_of_day(written: str, reason: str) -> None:
    assert refused(times.clock_time, node(written)) == reason


@pytest.mark.parametrize(
    ("written", "slot"),
    [
        ("11:00-19:00", Slot(time(11), time(19))),
        ("11:00 – 19:00", Slot(time(11), time(19))),
        ("20:00-02:00", Slot(time(20), time(2))),
        ("00:00-24:00", WHOLE_DAY),
        ("9:30-24:00", Slot(time(9, 30), time())),
    ],
)
def test_opening_hours(written: str, slot: Slot) -> None:
    assert times.opening_slot(node(written)) == slot


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("11:00", "expected opening hours such as 11:00-19:00, found '11:00'"),
        ("11:00..19:00", "expected opening hours such as 11:00-19:00, found '11:00..19:00'"),
        ("11-19", "expected opening hours such as 11:00-19:00, found '11-19'"),
        ("24:00-02:00", "'24:00' is no time of day; they go from 00:00 to 23:59"),
        ("11:00-24:30", "'24:30' is no time of day; they go from 00:00 to 23:59"),
        ("11:00-25:00", "'25:00' is no time of day; they go from 00:00 to 23:59"),
    ],
)
def test_what_are_no_opening_hours(written: str, reason: str) -> None:
    assert refused(times.opening_slot, node(written)) == reason


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("tue", (1,)),
        ("Tuesday", (1,)),
        ("tue..fri", (1, 2, 3, 4)),
        ("tue .. fri", (1, 2, 3, 4)),
        ("sat..mon", (5, 6, 0)),
        ("wed..wed", (2,)),
        ("sat, sun", (5, 6)),
        ("mon, wed..fri", (0, 2, 3, 4)),
        ("every day", tuple(range(7))),
        ("mon..sun", tuple(range(7))),
    ],
)
def test_days_of_the_week(written: str, days: tuple[int, ...]) -> None:
    assert times.named_weekdays(written) == days


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("teu", "unknown day 'teu'; did you mean 'tue'?"),
        ("tue-fri", "'tue-fri' is not a range; write tue..fri"),
        ("Tue – Fri", "'Tue – Fri' is not a range; write tue..fri"),
        ("monday to friday", "'monday to friday' is not a range; write monday..friday"),
        ("tue-xx", "unknown day 'tue-xx'; did you mean 'tue'?"),
        ("tue..xx", "unknown day 'xx'; there is mon, tue, wed, thu, fri, sat, sun"),
        ("tue..thu..sat", "'tue..thu..sat' is not a range; a range has two ends"),
        ("sat,", "unknown day ''; there is mon, tue, wed, thu, fri, sat, sun"),
        ("", "unknown day ''; there is mon, tue, wed, thu, fri, sat, sun"),
    ],
)
def test_what_are_no_days_of_the_week(written: str, reason: str) -> None:
    assert refused(times.named_weekdays, written) == reason


def test_the_days_of_a_cue() -> None:
    assert times.weekdays(node("[tue, Wednesday]")) == {1, 2}
    assert times.weekdays(node("sun")) == {6}
    assert times.weekdays(node("tue..fri")) == {1, 2, 3, 4}
    assert times.weekdays(node("sat, sun")) == {5, 6}
    assert times.weekdays(node("[mon..tue, sat]")) == {0, 1, 5}
    assert times.weekdays(node("every day")) == set(range(7))
    assert refused(times.weekdays, node("tue-fri")) == "'tue-fri' is not a range; write tue..fri"
    assert refused(times.weekdays, node("[tue, wd]")) == "unknown day 'wd'; did you mean 'wed'?"
    assert refused(times.weekdays, node("[]")) == "expected days such as [tue, wed], found a list"


@pytest.mark.parametrize(
    ("written", "dates"),
    [
        ("2026-12-24", CHRISTMAS[:1]),
        ("2026-12-24..2026-12-26", CHRISTMAS),
        ("2026-12-24, 2026-12-25..2026-12-26", CHRISTMAS),
        ("2026-12-31..2027-01-01", (date(2026, 12, 31), date(2027, 1, 1))),
    ],
)
def test_dates(written: str, dates: tuple[date, ...]) -> None:
    assert times.named_dates(written) == dates


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("24.12.2026", "expected a date such as 2026-12-24, found '24.12.2026'"),
        ("christmas", "expected a date such as 2026-12-24, found 'christmas'"),
        ("2026-02-29", "'2026-02-29' is not in the calendar"),
        ("9999-12-31", "'9999-12-31' is too far away; dates go from 1970 to 2999"),
        ("0000-00-00", "'0000-00-00' is too far away; dates go from 1970 to 2999"),
        ("2026-12-26..2026-12-24", "the range 2026-12-26..2026-12-24 is empty; the earlier date comes first"),
        ("2026-01-01..2027-12-31", "the range 2026-01-01..2027-12-31 is too long; at most 366 days are read"),
    ],
)
def test_what_are_no_dates(written: str, reason: str) -> None:
    assert refused(times.named_dates, written) == reason


def test_one_date_or_several_of_a_cue() -> None:
    assert times.calendar_date(node("2026-12-24")) == CHRISTMAS[0]
    assert times.dates(node("[2026-12-24, 2026-12-25, 2026-12-26]")) == set(CHRISTMAS)
    assert times.dates(node("2026-12-24")) == {CHRISTMAS[0]}
    assert refused(times.dates, node("[]")) == "expected dates such as [2026-12-24], found an empty list"
    assert refused(times.calendar_date, node("[]")) == "expected a date such as 2026-12-24, found a list"


@pytest.mark.parametrize("name", ["America/Argentina/Buenos_Aires", "Europe/Berlin", "UTC"])
def test_timezones(name: str) -> None:
    assert times.timezone(node(name)).key == name


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("Europe/Berln", "unknown timezone 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
        ("berlin", "unknown timezone 'berlin'; did you mean 'Europe/Berlin'?"),
        ("New York", "unknown timezone 'New York'; did you mean 'America/New_York'?"),
        ("Mars", "unknown timezone 'Mars'; write one such as America/Argentina/Buenos_Aires"),
        ("Europe", "unknown timezone 'Europe'; write one such as America/Argentina/Buenos_Aires"),
        ("../../hosts", "unknown timezone '../../hosts'; write one such as America/Argentina/Buenos_Aires"),
        ("2", "unknown timezone 2; write one such as America/Argentina/Buenos_Aires"),
        ("", "unknown timezone nothing; write one such as America/Argentina/Buenos_Aires"),
        ("GMT-3", "unknown timezone 'GMT-3'; write a city's, such as America/Argentina/Buenos_Aires"),
        ("UTC-03:00", "unknown timezone 'UTC-03:00'; write a city's, such as America/Argentina/Buenos_Aires"),
        ("gmt +1", "unknown timezone 'gmt +1'; write a city's, such as America/Argentina/Buenos_Aires"),
        ("Etc/GTM-3", "unknown timezone 'Etc/GTM-3'; write one such as America/Argentina/Buenos_Aires"),
        ("[UTC]", "unknown timezone a list; write one such as America/Argentina/Buenos_Aires"),
    ],
)  # fmt: skip
def test_unknown_timezones(written: str, reason: str) -> None:
    assert refused(times.timezone, node(written)) == reason


def test_what_is_written_as_the_schema_has_it_is_read() -> None:
    """The patterns that editors check by, beside what is read."""
    slot = times.opening_slot.schema["pattern"]
    for opens in ("0:00", "09:30", "23:59:59"):
        for closes in ("02:00", "24:00", "24:00:00"):
            written = f"{opens}-{closes}"
            assert re.search(slot, written)
            times.opening_slot(scalar(written))
    for written in ("24:00-02:00", "11:00-24:01", "11:00", "11:60-12:00"):
        assert not re.search(slot, written)
    form = times.weekdays.schema["anyOf"][0]["anyOf"][1]["pattern"]
    for written in (
        "tue..fri",
        " Tue .. fri",
        "sat,sun",
        "mon, wed..fri",
        "every day",
        "Every Day ",
        "Sunday",
    ):
        assert re.search(form, written)
        times.weekdays(scalar(written))
    assert not re.search(form, "tue-fri")
    days = times.weekdays.schema["anyOf"][0]["anyOf"][0]["enum"]
    assert times.weekdays(ListNode(1, 1, tuple(map(scalar, days)))) == set(range(7))
