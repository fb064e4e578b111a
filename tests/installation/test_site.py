"""site.yaml: what a technician may say of a place, and how it is told what is wrong."""

# ruff: noqa: E501 - a message stands on one line, beside what caused it

from dataclasses import replace
from datetime import date, time
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from installation.hanging import Hanging
from installation.notation.problems import InvalidScore
from installation.notation.site_file import parse_site, site_schema
from installation.score.choreography import Place
from installation.score.hours import ALWAYS, WHOLE_DAY, Hours, Slot, instant
from installation.site import Site
from tests.notation.editor import is_accepted

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
EXAMPLE = Path(__file__).parents[2] / "docs" / "site.yaml"
DAY, EVENING = Slot(time(11), time(19)), Slot(time(20), time(2))


def parse(text: str) -> Site:
    return parse_site(dedent(text).encode(), "site.yaml", ZONE)


def hours_of(text: str) -> Hours:
    return parse("version: 1\n" + dedent(text)).hours


def errors(text: str) -> list[str]:
    with pytest.raises(InvalidScore) as caught:
        parse(text)
    return str(caught.value).split("\n")


def warnings(text: str) -> list[str]:
    return [str(problem) for problem in parse(text).warnings]


def test_the_example() -> None:
    site = parse_site(EXAMPLE.read_bytes(), "site.yaml", ZoneInfo("Europe/Berlin"))
    saturday = (Slot(time(11), time(14)), Slot(time(15), time(21)))
    feasts = [date(2026, 12, day) for day in (24, 25, 26, 31)] + [date(2027, 1, 1)]
    assert site.hours == Hours(
        zone=ZONE,
        week=((), (DAY,), (DAY,), (DAY,), (DAY,), saturday, saturday),
        exceptions={date(2026, 11, 7): (Slot(time(19), time(2)),)} | dict.fromkeys(feasts, ()),
        opening=date(2026, 9, 10),
    )
    assert replace(site, places={}) == Site(
        hours=site.hours,
        title="Museum of the Afternoon, room 3",
        choreography="../choreographies/the_long_afternoon.yaml",
        person=15,
        hanging=Hanging(
            rotation=90, margin=0.05, surround=(26, 26, 26), brightness=0.8, gamma=1.1, orbit=4.0
        ),
        fps=60.0,
        camera="/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0",
        osc=("127.0.0.1", 9000),
        display_off="xset dpms force off",
        desk=("127.0.0.1", 8080),
        osc_out=("127.0.0.1", 9001),
        display_on="xset dpms force on",
    )


def test_what_is_not_said() -> None:
    site = parse("version: 1\n")
    assert site == Site(Hours.always(ZONE), places={"version": Place(1, 10, "version")})
    assert (site.hanging, site.fps, site.camera) == (Hanging(), 60.0, None)
    assert (site.camera_view, site.consent, site.osc) == (70.0, "dwell", None)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("9000", ("127.0.0.1", 9000)),
        ("0.0.0.0:9000", ("0.0.0.0", 9000)),
        ("box.local:7", ("box.local", 7)),
        ('"[::1]:9000"', ("::1", 9000)),
    ],
)
def test_messages_come_in_from_this_computer_alone_unless_it_is_written(
    written: str, address: tuple[str, int]
) -> None:
    text = f"version: 1\nconsent: osc\nosc: {written}\n"
    site = parse(text)
    assert (site.consent, site.osc) == ("osc", address)
    assert is_accepted(text.encode(), site_schema())


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ('"#1A1a1a"', (26, 26, 26)),
        ("1a1a1a", (26, 26, 26)),
        ("101010", (16, 16, 16)),
        ("000000", (0, 0, 0)),
        ("1e1010", (30, 16, 16)),
        ("white", (255, 255, 255)),
        ("'grey'", (128, 128, 128)),
    ],
)
def test_colours(written: str, colour: tuple[int, int, int]) -> None:
    text = f"version: 1\nsurround: {written}\n"
    assert parse(text).hanging.surround == colour
    assert is_accepted(text.encode(), site_schema())


def test_what_can_be_off() -> None:
    text = "version: 1\ncamera: off\nosc: off\norbit: off\n"
    site = parse(text)
    assert (site.camera, site.osc, site.hanging) == (None, None, Hanging())
    assert is_accepted(text.encode(), site_schema())


def test_a_schema_knows_that_messages_need_an_address() -> None:
    assert not is_accepted(b"version: 1\nconsent: osc\n", site_schema())
    assert is_accepted(b"version: 1\nconsent: key\n", site_schema())


def test_where_a_value_stands() -> None:
    """What only other files can tell is told at the line that names them."""
    site = parse("version: 1\nweights: w.safetensors\nperson:   ada.safetensors\n")
    assert site.places["weights"] == Place(2, 10, "weights")
    assert site.places["person"] == Place(3, 11, "person")


@pytest.mark.parametrize(
    ("written", "slots"),
    [
        ("11:00-19:00", (DAY,)),
        ("'20:00-02:00'", (EVENING,)),
        ("[11:00-19:00, 20:00-02:00]", (DAY, EVENING)),
        ("00:00-24:00", (WHOLE_DAY,)),
        ("always", (WHOLE_DAY,)),
        ("closed", ()),
    ],
)
def test_hours_of_a_day(written: str, slots: tuple[Slot, ...]) -> None:
    hours = hours_of(f"hours: {{tue: {written}, wed: always}}\nexceptions: {{2026-12-24: {written}}}\n")
    assert hours.week == ((), slots, (WHOLE_DAY,), (), (), (), ())
    assert hours.exceptions == {date(2026, 12, 24): slots}


@pytest.mark.parametrize(
    ("key", "days"),
    [("tue", "1"), ("tue..fri", "1234"), ("sat..mon", "560"), ("sat, sun", "56"), ("every day", "0123456")],
)
def test_days_that_a_key_names(key: str, days: str) -> None:
    week = hours_of(f"hours:\n  {key}: 11:00-19:00\n").week
    assert {str(day) for day, slots in enumerate(week) if slots} == set(days)


def test_exceptions_to_what_is_always_open() -> None:
    hours = hours_of("exceptions: {2026-12-24..2026-12-26: closed}")
    assert hours.week == ALWAYS
    assert [hours.is_open(instant(date(2026, 12, day), time(12), ZONE)) for day in (23, 24, 26, 27)] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("title: x", "1:1: no version; the file begins with 'version: 1'"),
        ("- version: 1", "1:1: expected lines of KEY: VALUE, the first of them 'version: 1'; found a list"),
        ("version: 2\nhuors: {}", "1:10: version: this file is written in version 2; version 1 is read here"),
        ("version: 1\nhuors: {}", "2:1: unknown key 'huors'; did you mean 'hours'?"),
        ("version: 1\nmoods: {}", "2:1: 'moods' belongs to a choreography"),
        ("version: 1\nvisitor: {take_up: off}", "2:1: 'visitor' belongs to a choreography"),
        ("version: 1\ntake_up: off", "2:1: 'take_up' belongs to a choreography"),
        ("version: 1\nwebcam: 0", "2:1: unknown key 'webcam'; did you mean 'camera'?"),
        ("version: 1\ntimezone: Buenos Aires", "2:11: timezone: unknown timezone 'Buenos Aires'; did you mean 'America/Buenos_Aires'?"),
        ("version: 1\nopening: 10.9.2026", "2:10: opening: expected a date such as 2026-12-24, found '10.9.2026'"),
        ("version: 1\nopening: 2026-02-30", "2:10: opening: '2026-02-30' is not in the calendar"),
        ("version: 1\nhours: 11:00-19:00", "2:8: hours: expected a mapping such as {tue..sun: 11:00-19:00}, found '11:00-19:00'"),
        ("version: 1\nhours: {tue: 11:00}", "2:14: hours.tue: expected opening hours such as 11:00-19:00, found '11:00'"),
        ("version: 1\nhours: {tue: 25:00-26:00}", "2:14: hours.tue: '25:00' is no time of day; they go from 00:00 to 23:59"),
        ("version: 1\nhours: {tue: open}", "2:14: hours.tue: expected opening hours, 11:00-19:00, a list of such, closed, or always; found 'open'"),
        ("version: 1\nhours: {tue: }", "2:13: hours.tue: expected opening hours, 11:00-19:00, a list of such, closed, or always; found nothing"),
        ("version: 1\nhours: {tue: []}", "2:14: hours.tue: expected opening hours, 11:00-19:00, a list of such, closed, or always; found a list"),
        ("version: 1\nhours: {tue: [11:00-12:00, closed]}", "2:28: hours.tue[2]: expected opening hours such as 11:00-19:00, found 'closed'"),
        ("version: 1\nhours: {tus: 11:00-12:00}", "2:9: hours: unknown day 'tus'; did you mean 'tue'?"),
        ("version: 1\nhours: {tue..thu..sat: closed}", "2:9: hours: 'tue..thu..sat' is not a range; a range has two ends"),
        ("version: 1\nhours:\n  mon..wed: closed\n  sun, tue..fri: closed", "4:3: hours: tue a second time; it is already on line 3"),
        ("version: 1\nhours:\n  every day: closed\n  sun: always", "4:3: hours: sun a second time; it is already on line 3"),
        ("version: 1\nhours:\n  mon, mon: closed", "3:3: hours: mon a second time; it is already on line 3"),
        ("version: 1\nhours:\n  mon: closed\n  mon: closed", "4:3: duplicate key 'mon'; it is already on line 3"),
        ("version: 1\nexceptions: [2026-12-24]", "2:13: exceptions: expected a mapping such as {2026-12-24..2026-12-26: closed}, found a list"),
        ("version: 1\nexceptions: {christmas: closed}", "2:14: exceptions: expected a date such as 2026-12-24, found 'christmas'"),
        ("version: 1\nexceptions:\n  2026-12-24..2026-12-26: closed\n  2026-12-25: always", "4:3: exceptions: 2026-12-25 a second time; it is already on line 3"),
        ("version: 1\nperson: ada.jpg", "2:9: person: expected a number or a person file (NAME.safetensors), found 'ada.jpg'"),
        ("version: 1\nmonitor: -1", "2:10: monitor: expected a whole number from 0 to 63, found -1"),
        ("version: 1\nrotation: 45", "2:11: rotation: expected one of 0, 90, 180, 270 degrees, found 45"),
        ("version: 1\nrotation: true", "2:11: rotation: expected one of 0, 90, 180, 270 degrees, found true"),
        ("version: 1\nrotation: -90", "2:11: rotation: expected one of 0, 90, 180, 270 degrees, found -90; write 270"),
        ("version: 1\nrotation: 90°", "2:11: rotation: expected one of 0, 90, 180, 270 degrees, found '90°'; write 90"),
        ("version: 1\nrotation: '90'", "2:11: rotation: expected one of 0, 90, 180, 270 degrees, found '90' in quotes, which is a text; write 90"),
        ("version: 1\nrotation: left", "2:11: rotation: expected one of 0, 90, 180, 270 degrees, found 'left'; run hang, and turn it by the arrow keys"),
        ("version: 1\nscreen: 1", "2:1: unknown key 'screen'; did you mean 'monitor'?"),
        ("version: 1\ndisplay: 1", "2:1: unknown key 'display'; did you mean 'monitor'?"),
        ("version: 1\nmonitor: '1'", "2:10: monitor: expected a whole number from 0 to 63, found '1' in quotes, which is a text; write 1"),
        ("version: 1\nfit: Contain", "2:6: fit: unknown fit 'Contain'; did you mean 'whole'?"),
        ("version: 1\nmargin: 0,05", "2:9: margin: expected a share of the screen's shorter side, a number from 0 to 0.4; found '0,05'; write 0.05"),
        ("version: 1\nsurround: Black", "2:11: surround: expected black, grey, white, or red, green and blue in quotes such as \"#1a1a1a\"; found 'Black'; write black"),
        ("version: 1\nsurround: none", "2:11: surround: expected black, grey, white, or red, green and blue in quotes such as \"#1a1a1a\"; found 'none'; write black"),
        ("version: 1\nsurround: “#1a1a1a”", "2:11: surround: expected black, grey, white, or red, green and blue in quotes such as \"#1a1a1a\"; found '“#1a1a1a”'; with straight quotes: \"#1a1a1a\""),
        ("version: 1\nbrightness: 80", "2:13: brightness: expected a share of the screen's light, a number from 0.2 to 1; found 80; 80 % is 0.8"),
        ("version: 1\nbrightness: 0,8", "2:13: brightness: expected a share of the screen's light, a number from 0.2 to 1; found '0,8'; write 0.8"),
        ("version: 1\ngamma: 1,1", "2:8: gamma: expected a gamma, a number from 0.5 to 2; found '1,1'; write 1.1"),
        ("version: 1\norbit: 4px", "2:8: orbit: expected off or pixels, a number from 0 to 32 (0 is off); found '4px'; write 4"),
        ("version: 1\ncamera_view: 70°", "2:14: camera_view: expected degrees, a number from 30 to 150; found '70°'; write 70"),
        ("version: 1\ncamera: video0", "2:9: camera: expected off, a camera's number such as 0, or its device such as /dev/v4l/by-id/…; found 'video0'; write /dev/video0"),
        ("version: 1\nrotate: 90", "2:1: unknown key 'rotate'; did you mean 'rotation'?"),
        ("version: 1\nfit: fill", "2:6: fit: unknown fit 'fill'; did you mean 'cover'?"),
        ("version: 1\nfit:", "2:5: fit: expected one of whole, cover, found nothing"),
        ("version: 1\nmargin: 5%", "2:9: margin: expected a share of the screen's shorter side, a number from 0 to 0.4; found '5%'; write 0.05"),
        ("version: 1\nmargin: 50%", "2:9: margin: expected a share of the screen's shorter side, a number from 0 to 0.4; found '50%'"),
        ("version: 1\nmargin: off", "2:9: margin: expected a share of the screen's shorter side, a number from 0 to 0.4; found 'off'; write 0"),
        ("version: 1\nmargin: 40", "2:9: margin: expected a share of the screen's shorter side, a number from 0 to 0.4; found 40; 40 % is 0.4"),
        ("version: 1\npasse_partout: 0.1", "2:1: unknown key 'passe_partout'; did you mean 'margin'?"),
        ("version: 1\nsurround: #1a1a1a", "2:10: surround: expected black, grey, white, or red, green and blue in quotes such as \"#1a1a1a\"; found nothing; # begins a comment, so a colour with # stands in quotes"),
        ("version: 1\nsurround: '#1b3'", "2:11: surround: expected black, grey, white, or red, green and blue in quotes such as \"#1a1a1a\"; found '#1b3'; write \"#11bb33\""),
        ("version: 1\nsurround: gray", "2:11: surround: expected black, grey, white, or red, green and blue in quotes such as \"#1a1a1a\"; found 'gray'; write grey"),
        ("version: 1\nsurround: [26, 26, 26]", "2:11: surround: expected black, grey, white, or red, green and blue in quotes such as \"#1a1a1a\"; found a list"),
        ("version: 1\nsurround: 12345678", "2:11: surround: expected black, grey, white, or red, green and blue in quotes such as \"#1a1a1a\"; found 12345678"),
        ("version: 1\nbackground: black", "2:1: unknown key 'background'; did you mean 'surround'?"),
        ("version: 1\nbrightness: 80%", "2:13: brightness: expected a share of the screen's light, a number from 0.2 to 1; found '80%'; write 0.8"),
        ("version: 1\nbrightness: 0", "2:13: brightness: expected a share of the screen's light, a number from 0.2 to 1; found 0"),
        ("version: 1\nbrightness: off", "2:13: brightness: expected a share of the screen's light, a number from 0.2 to 1; found 'off'"),
        ("version: 1\ngamma: 2.2x", "2:8: gamma: expected a gamma, a number from 0.5 to 2; found '2.2x'"),
        ("version: 1\norbit: yes", "2:8: orbit: expected off or pixels, a number from 0 to 32 (0 is off); found 'yes'; write 4, or remove it"),
        ("version: 1\norbit: 100", "2:8: orbit: expected off or pixels, a number from 0 to 32 (0 is off); found 100"),
        ("version: 1\nfps: 60fps", "2:6: fps: expected frames per second, a number from 1 to 240; found '60fps'; write 60"),
        ("version: 1\ncamera: webcam", "2:9: camera: expected off, a camera's number such as 0, or its device such as /dev/v4l/by-id/…; found 'webcam'"),
        ("version: 1\ncamera: true", "2:9: camera: expected off, a camera's number such as 0, or its device such as /dev/v4l/by-id/…; found true; write 0"),
        ("version: 1\ncamera: none", "2:9: camera: expected off, a camera's number such as 0, or its device such as /dev/v4l/by-id/…; found 'none'; write off"),
        ("version: 1\ncamera: films/people.mp4", "2:9: camera: expected off, a camera's number such as 0, or its device such as /dev/v4l/by-id/…; found 'films/people.mp4'; a film is for rehearsals: run --webcam films/people.mp4"),
        ("version: 1\ncamera_view: 200", "2:14: camera_view: expected degrees, a number from 30 to 150; found 200"),
        ("version: 1\ncamera_view: wide", "2:14: camera_view: expected degrees, a number from 30 to 150; found 'wide'"),
        ("version: 1\nconsent: yes", "2:10: consent: unknown consent 'yes'; there is dwell, key, osc"),
        ("version: 1\nconsent: keys", "2:10: consent: unknown consent 'keys'; did you mean 'key'?"),
        ("version: 1\nconsent: osc", "2:10: consent: no osc: for the messages to come in; write osc: 9000"),
        ("version: 1\nconsent: osc\nosc: off", "2:10: consent: no osc: for the messages to come in; write osc: 9000"),
        ("version: 1\nconsent: osc\nosc: no", "3:6: osc: expected a port such as 9000, or an address and a port such as 0.0.0.0:9000; found 'no'; write off"),
        ("version: 1\nosc: 0", "2:6: osc: expected a port such as 9000, or an address and a port such as 0.0.0.0:9000; found 0"),
        ("version: 1\nosc: button", "2:6: osc: expected a port such as 9000, or an address and a port such as 0.0.0.0:9000; found 'button'"),
        ("version: 1\nosc: 0.0.0.0:99999", "2:6: osc: expected a port such as 9000, or an address and a port such as 0.0.0.0:9000; found '0.0.0.0:99999'"),
        ("version: 1\ndesk: yes", "2:7: desk: expected a port such as 9000, or an address and a port such as 0.0.0.0:9000; found 'yes'; write 9000"),
        ("version: 1\ndesk: localhost:99999", "2:7: desk: expected a port such as 9000, or an address and a port such as 0.0.0.0:9000; found 'localhost:99999'"),
        ("version: 1\nweights:", "2:9: weights: expected a text, found nothing"),
    ],
)  # fmt: skip
def test_errors(text: str, error: str) -> None:
    assert errors(text) == [f"site.yaml:{error}"]


def test_all_errors_at_once_in_the_order_of_the_file() -> None:
    assert errors("""\
        version: 1
        timezone: Europe/Berln
        hours:
          tue..fry: 11:00-19:00
          sat: [11:00-14:00, 15-21]
        exceptions: {24 dec: shut}
        rotate: 90
        """) == [
        "site.yaml:2:11: timezone: unknown timezone 'Europe/Berln'; did you mean 'Europe/Berlin'?",
        "site.yaml:4:3: hours: unknown day 'fry'; did you mean 'fri'?",
        "site.yaml:5:22: hours.sat[2]: expected opening hours such as 11:00-19:00, found '15-21'",
        "site.yaml:6:14: exceptions: expected a date such as 2026-12-24, found '24 dec'",
        "site.yaml:6:22: exceptions.24 dec: expected opening hours, 11:00-19:00, a list of such, closed, or always; found 'shut'",
        "site.yaml:7:1: unknown key 'rotate'; did you mean 'rotation'?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("hours: {}", "2:8: warning: hours: never open; write days such as tue..sun: 11:00-19:00"),
        ("hours: {mon..sun: closed}\nexceptions: {2026-12-24: closed}", "2:8: warning: hours: never open; write days such as tue..sun: 11:00-19:00"),
        ("opening: 2026-09-10\nexceptions: {2026-09-09..2026-09-11: closed}", "3:14: warning: exceptions.2026-09-09..2026-09-11: 2026-09-09 is before the opening on 2026-09-10; till then it is closed"),
        ("hours: {tue: [11:00-15:00, 14:00-19:00]}", "2:28: warning: hours.tue[2]: 14:00-19:00 overlaps 11:00-15:00; they are taken as one"),
        ("hours: {tue: [00:00-24:00, 23:00-24:00]}", "2:28: warning: hours.tue[2]: 23:00-24:00 overlaps 00:00-24:00; they are taken as one"),
        ("hours: {tue: [11:00-19:00, 12:00-13:00, 18:00-20:00]}", "2:28: warning: hours.tue[2]: 12:00-13:00 overlaps 11:00-19:00; they are taken as one\n2:41: warning: hours.tue[3]: 18:00-20:00 overlaps 11:00-19:00; they are taken as one"),
        ("hours:\n  every day: [20:00-12:00, 11:00-13:00]", "3:28: warning: hours.every day[2]: 11:00-13:00 overlaps 20:00-12:00; they are taken as one"),
        ("hours:\n  sun: 20:00-02:00\n  mon: 01:00-05:00", "4:8: warning: hours.mon: 01:00-05:00 overlaps 20:00-02:00; they are taken as one"),
        ("exceptions: {2026-12-24: [11:00-15:00, 14:00-19:00]}", "2:40: warning: exceptions.2026-12-24[2]: 14:00-19:00 overlaps 11:00-15:00; they are taken as one"),
    ],
)  # fmt: skip
def test_warnings(text: str, warning: str) -> None:
    assert warnings(f"version: 1\n{text}\n") == [f"site.yaml:{line}" for line in warning.split("\n")]


@pytest.mark.parametrize(
    "text",
    [
        "hours: {every day: always}",
        "hours: {every day: [00:00-12:00, 12:00-24:00]}",
        "hours: {every day: 20:00-20:00}",
        "hours: {mon..sun: closed}\nexceptions: {2026-12-24: always}",
        "opening: 2026-09-10\nexceptions: {2026-09-10: closed}",
    ],
)
def test_no_warnings(text: str) -> None:
    assert warnings(f"version: 1\n{text}\n") == []


def test_the_schema_knows_every_key_of_the_example() -> None:
    schema: Any = site_schema()
    assert schema["required"] == ["version"]
    assert schema["additionalProperties"] is False
    assert set(yaml.safe_load(EXAMPLE.read_text())) | {"weights"} == set(schema["properties"])
    assert all(key["description"] for key in schema["properties"].values())
