"""Values of a site.yaml, changed in place: what else is in the file stays, to the byte."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.hanging import FITS, ROTATIONS
from installation.notation.site_edit import edited, written
from installation.notation.site_file import parse_site
from installation.notation.yaml_nodes import scalar
from installation.site import Site

EXAMPLE = Path(__file__).parents[2] / "docs" / "site.yaml"
VALUES: dict[str, int | str] = {"monitor": 2, "rotation": 270, "fit": "cover", "camera": "off"}


def parse(raw: bytes) -> Site:
    return parse_site(raw, "site.yaml", ZoneInfo("UTC"))


def meaning(site: Site) -> Site:
    return replace(site, places={}, warnings=())


def edit(text: str, **values: int | str) -> str:
    return edited(text.encode(), values).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: 1\nmonitor: 0\n", "version: 1\nmonitor: 2\n"),
        ("version: 1\nmonitor: 0", "version: 1\nmonitor: 2"),  # no line end
        ("version: 1", "version: 1\nmonitor: 2"),
        ("version: 1\r\ntitle: x\r\n", "version: 1\r\nmonitor: 2\r\ntitle: x\r\n"),
        ("version: 1 # v\n# t\ntitle: x\n", "version: 1 # v\nmonitor: 2\n# t\ntitle: x\n"),
        ("monitor:   0   # left\nversion: 1\n", "monitor:   2   # left\nversion: 1\n"),
        ('version: 1\n"monitor": 0\n', 'version: 1\n"monitor": 2\n'),
        ("? version\n: 1\n? monitor\n: 0\n", "? version\n: 1\n? monitor\n: 2\n"),
        ("  version: 1\n  title: x\n", "  version: 1\n  monitor: 2\n  title: x\n"),
        ("{version: 1, monitor: 0, title: x}", "{version: 1, monitor: 2, title: x}"),
        ("{version: 1 # v\n}\n", "{version: 1, monitor: 2 # v\n}\n"),
        ("---\nversion: 1\n...\n", "---\nversion: 1\nmonitor: 2\n...\n"),
        ("%YAML 1.2\n--- {version: 1}\n", "%YAML 1.2\n--- {version: 1, monitor: 2}\n"),
        ("\ufeffversion: 1\nmonitor: 0\n", "\ufeffversion: 1\nmonitor: 2\n"),
        ("\ufeffversion: 1\n", "\ufeffversion: 1\nmonitor: 2\n"),
        ("title: ñandú 🦤\nversion: 1\nmonitor: 0\n", "title: ñandú 🦤\nversion: 1\nmonitor: 2\n"),
        # what only looks like the key
        ('version: 1\ntitle: "monitor: 0"\n', 'version: 1\nmonitor: 2\ntitle: "monitor: 0"\n'),
        ("version: 1\n# monitor: 0\nfps: 30\n", "version: 1\nmonitor: 2\n# monitor: 0\nfps: 30\n"),
        (
            "version: 1\ntitle: >\n  a\n  monitor: 0\nmonitor: 1\n",
            "version: 1\ntitle: >\n  a\n  monitor: 0\nmonitor: 2\n",
        ),
    ],
)
def test_only_the_value_changes(before: str, after: str) -> None:
    assert edit(before, monitor=2) == after
    assert parse(after.encode()).hanging.monitor == 2
    assert meaning(parse(after.encode())) == replace(
        meaning(parse(before.encode())), hanging=parse(after.encode()).hanging
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: 1\ncamera: 0\n", "version: 1\ncamera: /dev/video2\n"),
        ('version: 1\ncamera: "/dev/a b" # c\n', "version: 1\ncamera: /dev/video2 # c\n"),
        ("version: 1\ncamera: '/dev/it''s'\nfps: 9\n", "version: 1\ncamera: /dev/video2\nfps: 9\n"),
        ("version: 1\ncamera: /dev/a\n  b\nfps: 9\n", "version: 1\ncamera: /dev/video2\nfps: 9\n"),
        (
            "version: 1\ncamera: >-\n  /dev/a\n\n# c\nfps: 9\n",
            "version: 1\ncamera: /dev/video2\n\n# c\nfps: 9\n",
        ),
    ],
)
def test_however_the_value_was_written(before: str, after: str) -> None:
    parse(before.encode())
    assert edit(before, camera="/dev/video2") == after


def test_new_keys_follow_the_one_before_them() -> None:
    before = "version: 1\nrotation: 0 # up\ntitle: x\n"
    after = "version: 1\nmonitor: 2\nrotation: 270 # up\nfit: cover\ncamera: off\ntitle: x\n"
    assert edited(before.encode(), VALUES).decode() == after
    assert (
        edit("{version: 1}", **VALUES) == "{version: 1, monitor: 2, rotation: 270, fit: cover, camera: off}"
    )


def test_of_the_example_four_values_change_and_nothing_else() -> None:
    before = EXAMPLE.read_bytes()
    after = edited(before, VALUES)
    lines = zip(before.split(b"\n"), after.split(b"\n"), strict=True)  # all four are there
    changed = [pair for pair in lines if pair[0] != pair[1]]
    assert {new.split(b":")[0] for _, new in changed} <= {name.encode() for name in VALUES}
    site = parse(after)
    assert (site.hanging.monitor, site.hanging.rotation, site.hanging.fit, site.camera) == (
        2,
        270,
        "cover",
        None,
    )


LINES = st.sampled_from(
    [
        "title: a place, “quoted” #1",
        "title: |\n  monitor: 9\n  more\n",
        "hours:\n  tue..fri: 11:00-19:00 # monitor: 5\n  sat: [11:00-14:00,\n    15:00-21:00]",
        "exceptions: {2026-12-24: closed}",
        "fps: 30.0",
        "monitor: 1",
        "rotation:    90   ",
        'fit: "whole"',
        "camera: 0 # the old one",
        "brightness: 0.5",
    ]
)
NOISE = st.sampled_from(["", "# fit: cover", "   ", "#"])


@given(
    st.lists(st.tuples(LINES, NOISE), unique_by=lambda line: line[0].split(":")[0]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.fixed_dictionaries(
        {},
        optional={
            "monitor": st.integers(0, 63),
            "rotation": st.sampled_from(ROTATIONS),
            "fit": st.sampled_from(FITS),
            "camera": st.sampled_from([0, 5, "off", "/dev/v4l/by-id/usb-A_b:1.0-video-index0", "/dev/ä b"]),
        },
    ),
)
def test_any_file_says_what_is_wanted_and_all_else_as_before(
    lines: list[tuple[str, str]], line_end: str, is_ended: bool, values: dict[str, int | str]
) -> None:
    text = "\n".join(["version: 1", *(part for line in lines for part in line)]) + "\n" * is_ended
    before = text.replace("\n", line_end).encode()
    after = edited(before, values)
    was, site = parse(before), parse(after)
    hanging = {name: value for name, value in values.items() if name != "camera"}
    camera = {"camera": None if values["camera"] == "off" else values["camera"]} if "camera" in values else {}
    assert meaning(site) == meaning(replace(was, hanging=replace(was.hanging, **hanging), **camera))
    assert edited(after, values) == after
    names = tuple(name.encode() for name in values)
    kept = [line for line in before.splitlines() if not line.startswith(names)]
    assert [line for line in after.splitlines() if not line.startswith(names)] == kept
    assert b"\r" not in after.replace(b"\r\n", b"") and (line_end == "\r\n" or b"\r" not in after)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])))
def test_what_is_written_is_read_back(text: str) -> None:
    node = parse(f"version: 1\ntitle: {written('/' + text)}\n".encode()).title
    assert node == "/" + text


def test_quotes_only_where_they_are_needed() -> None:
    assert [written(value) for value in (3, "off", "/dev/video0", "cover")] == [
        "3",
        "off",
        "/dev/video0",
        "cover",
    ]
    assert written("true") == '"true"' and written("/a: b") == '"/a: b"'
    assert scalar(written("/dev/v4l/by-id/x:1.0")).value == "/dev/v4l/by-id/x:1.0"
