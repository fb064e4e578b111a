"""The routes of the choreography: read, checked, rehearsed and tried, at a stage whose mailboxes are real."""

import time

import pytest

from installation.desk import rehearsing
from installation.desk.app import desk_app
from installation.desk.asked import BY
from installation.ports import Try
from tests.desk.asgi import call, told
from tests.desk.conftest import Set


def text_of(stage_set: Set) -> str:
    return stage_set.path.read_text()


def test_the_file_that_plays_is_told_with_its_check(stage_set: Set) -> None:
    answer = call(desk_app(stage_set.desk), "GET", "/api/choreography").json
    assert (answer["path"], answer["text"]) == (str(stage_set.path), text_of(stage_set))
    assert answer["is_playable"] and answer["is_writable"]
    lines = answer["text"].splitlines()
    for kind in ("gestures", "moods"):
        for each in answer[kind]:
            assert lines[each["line"] - 1].strip().startswith(f"{each['name']}:")
    warning = answer["faults"][0]
    assert warning["is_warning"] and "AU41" in warning["message"]  # which the fake weights have not learned


def test_a_slip_is_told_at_its_line(stage_set: Set) -> None:
    text = text_of(stage_set).replace("emotion: happy", "emotion: hapy", 1)
    answer = told(desk_app(stage_set.desk), "POST", "/api/choreography/check", {"text": text}).json
    (fault,) = answer["faults"]
    line = text.splitlines()[fault["line"] - 1]
    assert line[fault["column"] - 1 :].startswith("hapy") and "'happy'" in fault["message"]
    assert (answer["is_playable"], answer["summary"]) == (False, "1 error")
    assert answer["gestures"][0] == {"name": "unaware", "line": 24, "face": None}


def test_a_text_of_anything_is_checked(stage_set: Set) -> None:
    app = desk_app(stage_set.desk)
    for text in (
        "",
        "\x00",
        "version: 1",
        "- 1",
        "&a [*a]",
        "a" * 200_000,
        "version: 1\ntimezone: Europe/Berlin\n",
    ):
        answer = told(app, "POST", "/api/choreography/check", {"text": text})
        assert answer.status == 200 and not answer.json["is_playable"] and answer.json["faults"]


def test_a_dry_run_is_what_simulate_tells(stage_set: Set) -> None:
    said = {"text": text_of(stage_set), "hours": 0.5}
    answer = told(desk_app(stage_set.desk), "POST", "/api/choreography/rehearse", said).json
    assert answer["is_playable"] and answer["rehearsal"]["seconds"] == 1800.0
    assert set(answer["rehearsal"]["moods"]) == {each["name"] for each in answer["moods"]}


def test_a_dry_run_of_what_cannot_be_played_is_its_faults(stage_set: Set) -> None:
    said = {"text": "version: 1\n", "hours": 8}
    answer = told(desk_app(stage_set.desk), "POST", "/api/choreography/rehearse", said).json
    assert answer["rehearsal"] is None and answer["faults"]


def test_a_dry_run_without_end_is_ended(stage_set: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsing, "LONGEST_S", 0.05)
    monkeypatch.setattr(rehearsing.rehearsed, "__defaults__", (0.05,))
    said = {"text": text_of(stage_set), "hours": 168}
    answer = told(desk_app(stage_set.desk), "POST", "/api/choreography/rehearse", said)
    assert answer.status == 503 and "try fewer" in answer.json["error"]


def test_a_gesture_of_a_text_is_tried(stage_set: Set) -> None:
    text = "version: 1\ngestures: {mine: {emotion: happy}}\nmoods: {m: {gestures: {mine: 1}}}\n"
    app = desk_app(stage_set.desk)
    answer = told(app, "POST", "/api/choreography/try", {"text": text, "gesture": "mine"})
    assert (answer.status, answer.json) == (202, {})
    (tried,) = stage_set.posted
    assert isinstance(tried, Try) and (tried.gesture.name, tried.gesture.emotion, tried.by) == (
        "mine",
        "happy",
        BY,
    )
    assert told(app, "POST", "/api/choreography/try", {"text": text, "gesture": "tender"}).status == 422


def test_a_gesture_that_lasts_too_long_is_not_tried(stage_set: Set) -> None:
    text = "version: 1\ngestures: {a: {emotion: happy, hold: 2h}}\nmoods: {m: {gestures: {a: 1}}}\n"
    answer = told(desk_app(stage_set.desk), "POST", "/api/choreography/try", {"text": text, "gesture": "a"})
    assert answer.status == 422 and "hold" in answer.json["error"] and stage_set.posted == []


def test_before_the_show_has_begun_nothing_is_known_of_a_file(stage_set: Set) -> None:
    stage_set.stage.boxes["status"].post(b"null", time.monotonic_ns())
    app = desk_app(stage_set.desk)
    assert call(app, "GET", "/api/choreography").status == 503
    assert told(app, "POST", "/api/choreography/check", {"text": ""}).status == 503
    assert told(app, "POST", "/api/request", {"do": "go"}).status == 202  # this much can be asked of any show
