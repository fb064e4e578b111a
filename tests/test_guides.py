"""The pages for whoever installs and operates: tables, examples and links are the program's."""

import re
from zoneinfo import ZoneInfo

import pytest

from installation.doctor.examination import CHECKS
from installation.notation.site_file import parse_site
from installation.score.hand import RELEASE_AFTER_NS, RELEASE_NS, TAKE_NS
from installation.stage.osc import MOST_BYTES, MOST_BYTES_READ, MOST_PACKETS, RETRY_NS, requests_in
from installation.stage.osc_messages import table
from installation.stage.osc_out import OUTGOING
from models.action_units import ACTION_UNITS
from run_installation import ROOT
from tests.prove_osc import message

DOCS = ROOT / "docs"
GUIDES = ("osc.md", "operating.md", "hanging.md")
OSC = (DOCS / "osc.md").read_text("utf-8")


def rows_under(heading: str) -> list[str]:
    section = OSC[OSC.index(heading) :].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| `/")]


def test_the_table_of_what_it_hears_is_the_programs():
    assert rows_under("## What it hears") == table()


def test_the_table_of_what_it_tells_is_the_programs():
    assert rows_under("## What it tells") == [
        f"| `{address}` | {arguments} | {meaning} |" for address, arguments, meaning in OUTGOING
    ]
    listed = re.findall(r"(\d+)\s+AU(\d\d)", OSC[OSC.index("The 43 places") :])
    assert [(int(place), int(unit)) for place, unit in listed] == list(enumerate(ACTION_UNITS))


def test_every_message_of_an_example_is_understood():
    sent = re.findall(r"oscsend localhost 9000 (\S+) ([sif]+) (.+)", OSC)
    assert len(sent) >= 4
    for address, types, values in sent:
        kinds = {"s": str, "i": int, "f": float}
        arguments = [kinds[kind](value) for kind, value in zip(types, values.split(), strict=True)]
        assert requests_in(message(address, *arguments)), address
    channels = re.findall(r"`portrait/([a-z_/0-9]+)`", OSC)
    assert {"au/12", "gaze_x", "gaze_y"} <= set(channels)
    for address in ("/portrait/au/12", "/portrait/gaze_x", "/portrait/gaze_y", "/portrait/agree"):
        assert requests_in(message(address, 1.0)), address


def test_the_times_and_bounds_that_are_told_are_the_programs():
    text = " ".join(OSC.split())
    for told in (
        f"within {TAKE_NS / 1e9:g} s, half of it after {TAKE_NS / 2e9:g} s",
        f"let go of {RELEASE_AFTER_NS / 1e9:g} s after the last message, over a second",
        f"tries again every {RETRY_NS / 1e9:g} seconds",
        f"up to {MOST_PACKETS} packets or {MOST_BYTES_READ:,} bytes",
        f"a packet is {MOST_BYTES:,} bytes",
    ):
        assert told in text
    assert RELEASE_NS == 1e9


def test_the_example_of_a_site_is_right():
    (block,) = re.findall(r"```yaml\n(.*?)```", OSC, re.DOTALL)
    site = parse_site(block.encode(), "site.yaml", ZoneInfo("UTC"))
    assert site.warnings == ()
    assert (site.osc, site.osc_out, site.osc_rate) == (("127.0.0.1", 9000), ("127.0.0.1", 9001), 30)


@pytest.mark.parametrize("name", GUIDES)
def test_what_a_guide_points_to_is_there(name):
    text = (DOCS / name).read_text("utf-8")
    linked = [target for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in target]
    assert linked
    assert [target for target in linked if not (DOCS / target).exists()] == []


def test_the_sheet_is_one_to_three_pages():
    text = (DOCS / "operating.md").read_text("utf-8")
    assert 300 < len(text.split()) < 1800
    assert len(CHECKS) > 10 and "`doctor`" in text
