"""The JSON Schemas: up to date, never narrower than the player, and of use against what people get wrong."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from installation.notation.document import choreography_schema, read_choreography
from installation.notation.problems import InvalidScore
from installation.notation.schema import ROOT, schemas, written
from installation.notation.site_file import site_schema
from installation.notation.yaml_nodes import read_nodes
from tests.notation.editor import is_accepted
from tests.notation.test_document import EVERYTHING, EXAMPLE, SHIPPED
from tests.notation.test_wrong import FILES


def tables(schema: object) -> Iterator[Mapping[str, Any]]:
    """Every `properties` of a schema."""
    if isinstance(schema, Mapping):
        if isinstance(properties := schema.get("properties"), Mapping):
            yield properties
        for part in schema.values():
            yield from tables(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from tables(part)


@pytest.mark.parametrize("path", schemas(), ids=lambda path: path.name)
def test_the_files_are_up_to_date(path: Path) -> None:
    assert (ROOT / path).read_text("utf-8") == written(schemas()[path]), "run installation.notation.schema"
    jsonschema.Draft7Validator.check_schema(schemas()[path])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_is_shipped_is_accepted(path: Path) -> None:
    assert is_accepted(path.read_bytes(), choreography_schema())


@pytest.mark.parametrize("text", [EXAMPLE, EVERYTHING])
def test_whatever_is_played_is_accepted(text: str) -> None:
    read_choreography(text.encode(), "a.yaml")
    assert is_accepted(text.encode(), choreography_schema())


def test_the_example_of_a_site_is_accepted() -> None:
    assert is_accepted((ROOT / "docs" / "site.yaml").read_bytes(), site_schema())


def test_most_of_what_is_wrong_is_refused_where_a_schema_can_know_it() -> None:
    schema, refused, accepted = choreography_schema(), [], []
    for path in FILES:
        try:
            document = read_nodes(path.read_bytes(), path.name)
        except InvalidScore:
            continue  # no YAML: an editor says so by itself
        if not document.problems:
            (accepted if is_accepted(path.read_bytes(), schema) else refused).append(path.stem)
    assert len(refused) >= 40
    assert sorted(accepted) == [  # names, signs and sums
        "arc_of_no_length",
        "arc_without_sign",
        "crlf",
        "cue_mood_is_a_gesture",
        "date_not_in_the_calendar",
        "day_in_spanish",
        "day_unknown",
        "gesture_misspelt",
        "mood_misspelt",
        "onset_too_short",
        "range_empty",
        "unit_twice",
        "visitor_dwell_none",
        "visitor_fade_too_long",
        "visitor_remembered_too_long",
        "weights_sum_to_zero",
    ]


def test_every_word_has_a_meaning_to_show() -> None:
    words = [item for schema in schemas().values() for table in tables(schema) for item in table.items()]
    unexplained = {word for word, schema in words if not schema.get("description")}
    days = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", "every day"}
    assert unexplained <= days
    assert all(len(schema["description"]) < 200 for word, schema in words if word not in days)
