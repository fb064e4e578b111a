"""The curator's manuals, in English and Spanish: examples, tables and messages are the program's."""

import re
from pathlib import Path
from textwrap import dedent
from typing import Final
from zoneinfo import ZoneInfo

import pytest
import yaml

from installation.loading import load_networks
from installation.notation.document import parse_choreography, read_choreography
from installation.notation.problems import InvalidScore
from installation.notation.site_file import parse_site
from models.action_units import ACTION_UNITS, AU_NAMES, CATEGORIES
from models.controls import CONTROL_SPANS, WRITTEN
from run_installation import ROOT, WEIGHTS, main

UTC: Final = ZoneInfo("UTC")
FILES: Final = sorted((ROOT / "choreographies").glob("*.yaml"))
MANUALS: Final = (ROOT / "docs" / "choreography.md", ROOT / "docs" / "coreografia.md")

each_manual = pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.stem)

FRAME: Final = {
    "version": "version: 1",
    "gestures": """
  rest: {emotion: neutral}
  tender: {emotion: happy}
  sad: {emotion: sad}
  startled: {emotion: surprised}
  doubt: {aus: {AU04: 0.5}}
  glance: {gaze: [10, 0]}""",
    "moods": """
  morning: {gestures: {tender: 1, rest: 1, sad: 1}, next: {dusk: 1}}
  dusk: {gestures: {doubt: 1, startled: 1, glance: 1}, next: {morning: 1}}""",
}


def blocks_of(manual: Path) -> list[str]:
    text = manual.read_text(encoding="utf-8")
    return [
        dedent(block[1]) for block in re.finditer(r"^ *```yaml\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    ]


def framed(fragment: str) -> str:
    """A fragment in a whole file: its gestures and moods take the place of those of the same name."""
    sections = re.split(r"^(?=[a-z])", fragment, flags=re.MULTILINE)[1:]
    given = {section.split(":")[0]: section for section in sections}
    whole = dict(FRAME) | {name: section for name, section in given.items() if name not in FRAME}
    for name in ("gestures", "moods"):
        own = given.get(name, f"{name}:")
        names = set(re.findall(r"^  ([^ #][^:]*):", own, re.MULTILINE))
        others = [
            line for line in FRAME[name].splitlines() if line and line.split(":")[0].strip() not in names
        ]
        whole[name] = "\n".join([own.rstrip(), *others])
    return "\n".join(part.rstrip() for part in whole.values()) + "\n"


def is_whole(block: str) -> bool:
    return "version: 1" in block.splitlines()[:2]


@each_manual
def test_every_example_of_a_manual_is_right(manual):
    blocks = blocks_of(manual)
    assert len(blocks) >= 10
    for block in blocks:
        if block.startswith("# site.yaml"):
            assert parse_site(block.encode(), "site.yaml", UTC).warnings == ()
            continue
        text = block if is_whole(block) else framed(block)
        warnings = map(str, read_choreography(text.encode(), "example.yaml").warnings)
        # A fragment shows gestures without the moods that would play them.
        assert [
            each for each in warnings if is_whole(block) or "nothing plays this gesture" not in each
        ] == []


def test_a_frame_takes_a_fragment_s_names_and_keeps_its_mistakes():
    score = parse_choreography(
        framed("gestures:\n  doubt: {aus: {AU01: 1}}\nstart: dusk\n").encode(), "a.yaml"
    )
    assert score.gestures["doubt"].aus == {1: 1.0}
    assert score.start == "dusk"
    with pytest.raises(InvalidScore, match="has no unit"):
        parse_choreography(framed("gestures:\n  doubt: {aus: {AU01: 1}, hold: 3}\n").encode(), "a.yaml")


def test_both_manuals_have_the_same_examples():
    def meant(block: str) -> list[tuple[str, object]]:
        written = block.replace("mia.yaml", "mine.yaml")  # what each calls the reader's own piece
        return [(type(each).__name__, getattr(each, "value", None)) for each in yaml.parse(written)]

    english, spanish = (list(map(meant, blocks_of(manual))) for manual in MANUALS)
    assert english == spanish


@pytest.fixture(scope="module")
def learned_units():
    return load_networks(WEIGHTS).pseudo_autoencoder.learned_units


@each_manual
def test_the_tables_of_a_manual_are_those_of_the_language(manual, learned_units):
    text = manual.read_text(encoding="utf-8")
    for name, category in CATEGORIES.items():
        shown = " ".join(map(str, category.prototype))
        optional = " ".join(map(str, sorted(category.optional)))
        units = f"{shown} ({optional})" if shown else "n"
        row = rf"\| `{name.replace('_', ' ')}` \|( [^|]+ \|)? {re.escape(units)}"
        assert re.search(row, text), name
    section = text[text.index("43 ") :]
    for unit in ACTION_UNITS:
        written = f"*{unit} {AU_NAMES[unit]}*" if unit not in learned_units else f" {unit} {AU_NAMES[unit]}"
        assert written in section
    for names in WRITTEN.values():
        spans = [CONTROL_SPANS[name] for name in names]
        pairs = [f"{span.lowest:g} {word} {span.highest:g}" for word in ("to", "a") for span in spans]
        assert ", ".join(pairs[: len(spans)]) in text or ", ".join(pairs[len(spans) :]) in text
    for path in FILES:
        assert f"`{path.name}`" in text
    assert len(text.splitlines()) <= 410


MISTAKES: Final = {
    "a tab; indent with spaces": "gestures:\n\tdoubt: {aus: {AU04: 0.3}}\n",
    "3 has no unit; write 3s": "gestures:\n  doubt: {aus: {AU04: 0.3}, hold: 3}\n",
    "'3' after a comma; decimals have a point": "gestures:\n  doubt: {aus: {AU04: 0,3}}\n",
    "found '0,3'": "gestures:\n  doubt:\n    aus:\n      AU04: 0,3\n",
    "no space after the ':'": "gestures:\n  doubt: {emotion:happy}\n",
    "not in line with what is above": "gestures:\n  doubt:\n    emotion: happy\n   hold: 3s\n",
    "a second ': ' in one line": "title: Act one: dawn\n",
    "duplicate key 'tender'": "gestures:\n  tender: {emotion: sad}\n  tender: {emotion: happy}\n",
    "expected a change with its sign": "arcs:\n  - {age: 20, over: 90d}\n",
    "expected off or blinks a minute": "life: {blinks: no}\n",
    "3 has no unit; write 3s, or another of the units ms, s, min, h, d": "defaults: {hold: 3}\n",
    "unknown gesture 'tendre'; did you mean 'tender'?": "moods:\n  dawn: {gestures: {tendre: 1}}\n",
}


@pytest.mark.parametrize("message", MISTAKES)
def test_the_messages_that_the_manuals_explain_are_those_that_come(message):
    with pytest.raises(InvalidScore, match=re.escape(message)):
        parse_choreography(framed(MISTAKES[message]).encode(), "mine.yaml")
    for manual in MANUALS:
        assert message in manual.read_text(encoding="utf-8")


@each_manual
def test_a_manual_keeps_to_its_own_words(manual):
    text, own = manual.read_text(encoding="utf-8"), {"choreography": "mine.yaml", "coreografia": "mia.yaml"}
    assert set(re.findall(r"\b(?:mine|mia)\.yaml", text)) == {own[manual.stem]}
    assert not re.search(r"\bscores?\b|\bguardián\b|\btoca", text)


@each_manual
def test_a_manual_says_which_commands_know_the_place_and_the_day(manual):
    text = " ".join(manual.read_text(encoding="utf-8").split())
    for option in ("--site", "--start"):
        takers = {name for name, command in main.commands.items() if takes(command, option)}
        told = re.search(rf"([^.|]*) (?:take|aceptan) `{option} ", text)
        assert told is not None
        assert set(re.findall(r"`(\w+)`", told[1])) == takers


def takes(command, option):
    return any(option in parameter.opts for parameter in command.params)


@each_manual
def test_what_a_manual_points_to_is_there_and_small(manual):
    linked = re.findall(r"\]\(([^)#:]+)\)", manual.read_text(encoding="utf-8"))
    sizes = {name: (manual.parent / name).stat().st_size for name in linked}
    pictures = [size for name, size in sizes.items() if name.endswith(".jpg")]
    assert len(pictures) == 3
    assert max(pictures) <= 250_000
