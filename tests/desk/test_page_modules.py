"""What the page computes, asked of its modules in a real browser."""

from typing import Any

import pytest

from tests.desk.browser import MISSING
from tests.desk.curator import Curator

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


def computed(curator: Curator, module: str, expression: str, *given: object) -> Any:
    """`expression` of a module `it` of the page's, with what is `given`."""
    curator.driver.get(f"{curator.url}page/icon.svg")  # the same origin, without the page
    script = (
        "const given = [...arguments], done = given.pop();"
        f"import('/page/{module}').then((it) => done({expression})).catch((fault) => done(String(fault)))"
    )
    return curator.driver.execute_async_script(script, *given)


TEXTS = [("", ""), ("a\nb\nc", "a\nc"), ("a\nb", "b\na"), ("a\na\nb\nd", "x\na\nb\nb\nc\nd"), ("a\nb", "")]


@pytest.mark.parametrize(("before", "after"), TEXTS)
def test_a_difference_holds_both_texts(curator: Curator, before: str, after: str) -> None:
    rows = computed(curator, "difference.js", "it.difference(...given)", before, after)
    assert "\n".join(row["text"] for row in rows if row["kind"] != "added") == before
    assert "\n".join(row["text"] for row in rows if row["kind"] != "removed") == after


def test_moods_last_until_another_or_until_the_doors_close(curator: Curator) -> None:
    events = [
        {"utc_ns": 1, "kind": "doors", "text": "open until 19:00"},
        {"utc_ns": 2, "kind": "mood", "text": "dusk"},
        {"utc_ns": 3, "kind": "show", "text": "end of the pause"},
        {"utc_ns": 5, "kind": "mood", "text": "night"},
        {"utc_ns": 6, "kind": "doors", "text": "closed until 11:00; the picture is dark"},
        {"utc_ns": 8, "kind": "doors", "text": "open until 19:00"},
        {"utc_ns": 9, "kind": "mood", "text": "dusk"},
    ]
    found = computed(curator, "timeline.js", "it.stretches(...given)", events, 10)
    told = [(each["name"], each["startNs"], each["endNs"]) for each in found]
    assert told == [("dusk", 2, 5), ("night", 5, 6), ("", 6, 8), ("dusk", 9, 10)]


@pytest.mark.parametrize(
    ("change", "name", "judgement"),
    [
        ({"worker": {"state": "safe mode"}}, "The show", "bad"),
        ({"worker": {"state": "restarting"}}, "The show", "watch"),
        ({"shown": {"fps": 8.0}}, "Motion", "bad"),
        ({"window": "the monitor is gone"}, "Screen", "bad"),
        ({"temperature_c": 85}, "Temperature", "watch"),
        ({"temperature_c": None}, "Temperature", "none"),
        ({"memory_mb": {"all": 20_000}}, "Memory", "bad"),
        ({"disk_free_mb": 100}, "Disk", "bad"),
    ],
)
def test_what_is_wrong_is_judged_so(
    curator: Curator, change: dict[str, Any], name: str, judgement: str
) -> None:
    health = curator.stage.show.health(curator.stage.log) | change
    status = curator.stage.show.status()
    found = computed(curator, "health.js", "it.judged(...given)", status, health, status["utc_ns"])
    assert {each["name"]: each["judgement"] for each in found}[name] == judgement
