"""The page's files: their tables are the program's, and nothing needs another origin or a loophole."""

import json
import re
from pathlib import Path

import pytest

from installation.desk.page_files import FOLDER, read_page_file
from models.action_units import ACTION_UNITS, AU_NAMES, INCOMPATIBLE
from models.controls import CONTROLS
from run_installation import ROOT

FILES = sorted(FOLDER.iterdir())
UNITS = (FOLDER / "units.js").read_text(encoding="utf-8")
HTML = (FOLDER / "index.html").read_text(encoding="utf-8")
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in FILES if path.suffix == ".js"}


def table(name: str) -> object:
    """A constant of units.js, which are written as JSON."""
    found = re.search(rf"^export const {name} = (.*?);$", UNITS, re.DOTALL | re.MULTILINE)
    assert found
    return json.loads(found[1])


def test_units_and_their_rivals_are_those_of_the_models() -> None:
    assert table("UNITS") == {str(unit): name for unit, name in AU_NAMES.items()}
    assert list(table("UNITS")) == list(map(str, ACTION_UNITS)), "in the order of an AU state"  # type: ignore[call-overload]
    assert table("RIVALS") == [sorted(pair) for pair in INCOMPATIBLE]


def test_controls_are_those_of_the_models() -> None:
    controls = table("CONTROLS")
    assert isinstance(controls, dict) and list(controls) == list(CONTROLS)


def test_a_unit_is_in_one_region_at_most() -> None:
    regions = table("REGIONS")
    assert isinstance(regions, list)
    named = [unit for _, units in regions for unit in units]
    assert len(named) == len(set(named)) and set(named) <= set(ACTION_UNITS)
    assert [name for name, units in regions if not units] == ["Mouth"], "where all others are"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_served_and_small(path: Path) -> None:
    assert read_page_file(path.name) is not None
    assert path.stat().st_size < 40_000


def test_what_the_page_asks_for_is_there() -> None:
    asked = re.findall(r'(?:href|src)="/page/([^"]+)"', HTML)
    asked += [name for text in SCRIPTS.values() for name in re.findall(r'from "\./([^"]+)"', text)]
    assert asked and all(read_page_file(name) for name in asked)


def test_every_element_that_a_script_looks_for_is_in_the_page() -> None:
    ids = re.findall(r'\bid="([^"]+)"', HTML)
    assert len(ids) == len(set(ids))
    looked_for = {name for text in SCRIPTS.values() for name in re.findall(r'\$\("([^"]+)"\)', text)}
    assert looked_for and looked_for <= set(ids)


def test_nothing_needs_a_loophole_in_the_security_policy() -> None:
    assert not re.findall(r'<[^>]+\s(?:style|on\w+)="', HTML), "no inline styles and handlers"
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style", HTML)
    for name, text in SCRIPTS.items():
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|alert\(", text
        )
        assert not found, f"{name}: {found}"
    for path in FILES:
        outside = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf-8"))
        assert set(outside) <= {"http://www.w3.org"}, path.name


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 has it, of two colours `#rrggbb`."""

    def luminance(colour: str) -> float:
        shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def test_what_is_written_can_be_read() -> None:
    css = (FOLDER / "desk.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))
    for ground in ("ground", "raised", "lifted"):
        for ink in ("ink", "quiet", "light", "good", "watch", "bad"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, f"{ink} on {ground}"
    assert contrast(colours["on-light"], colours["light"]) >= 4.5
    assert contrast(colours["edge"], colours["ground"]) >= 3, "where a button ends"


def test_the_manuals_pictures_are_there_and_small() -> None:
    manual = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\((desk/[^)]+)\)", manual)
    assert pictures
    for each in pictures:
        assert (ROOT / "docs" / each).stat().st_size <= 200_000
    assert {path.name for path in (ROOT / "docs" / "desk").iterdir()} == {
        Path(each).name for each in pictures
    }
