"""The log is bounded, survives any disk, and the timeline keeps a day."""

import json
import os
import sys
import time
from contextlib import suppress

import pytest

from installation.ports import NANOSECONDS
from installation.supervision import logbook
from installation.supervision.clerk import Clerk
from installation.supervision.logbook import Logbook, Timeline, events_between

HOUR_NS = 3600 * NANOSECONDS


def test_lines_go_to_standard_error_and_with_their_time_to_the_log(tmp_path, capfd):
    path = tmp_path / "new" / "portrait.log"
    with Clerk() as clerk:
        book = Logbook(path, clerk, clerk)
        book.say("drawing with ψ")
    book.close()
    assert capfd.readouterr().err == "drawing with ψ\n"
    stamp, _, line = path.read_text(encoding="utf-8").partition(" ")
    assert line == "drawing with ψ\n"
    assert stamp.endswith("Z") and stamp.startswith("20")


def test_the_log_never_grows_beyond_what_it_may(tmp_path, monkeypatch):
    monkeypatch.setattr(logbook, "LOG_BYTES", 2000)
    monkeypatch.setattr(logbook, "tell", lambda line: None)
    with Clerk() as clerk:
        book = Logbook(tmp_path / "portrait.log", clerk, clerk)
        for number in range(900):
            book._write(f"line {number} " + "x" * (number % 90), time.time())
    book.close()
    files = list(tmp_path.iterdir())
    assert len(files) == 1 + logbook.NUM_OLDER
    assert sum(path.stat().st_size for path in files) <= 2000 * len(files)
    assert "line 899" in (tmp_path / "portrait.log").read_text()
    assert (1 + logbook.NUM_OLDER) * 5_000_000 <= 50_000_000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_a_full_disk_is_said_once_and_no_line_is_missed_by_who_is_there(tmp_path, capfd):
    path = tmp_path / "portrait.log"
    path.symlink_to("/dev/full")
    with Clerk() as crier, Clerk() as clerk:
        book = Logbook(path, clerk, crier)
        for number in range(5):
            book.say(f"line {number}")
    book.close()
    told = capfd.readouterr().err.splitlines()
    assert [line for line in told if line.startswith("line")] == [f"line {k}" for k in range(5)]
    assert [line for line in told if "No space left" in line] == [
        f"{path}: cannot be written (No space left on device); the show goes on, and it is tried again"
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="what fills a pipe differs")
def test_a_terminal_that_is_stuck_keeps_nothing_from_the_log(tmp_path, monkeypatch):
    """A pipe that nobody reads: a terminal after Ctrl-S, a service manager that hangs."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    monkeypatch.setattr(logbook, "STANDARD_ERROR", writer)
    with Clerk() as crier:
        with Clerk() as clerk:
            book = Logbook(tmp_path / "portrait.log", clerk, crier)
            for number in range(5):
                book.say(f"line {number}")
        book.close()
        lines = (tmp_path / "portrait.log").read_text().splitlines()
        os.close(reader)  # now whoever writes fails
    os.close(writer)
    assert [line.partition(" ")[2] for line in lines] == [f"line {k}" for k in range(5)]


def test_events_are_lines_of_json(tmp_path):
    with Clerk() as clerk:
        timeline = Timeline(tmp_path / "new" / "timeline.jsonl", clerk, pytest.fail)
        timeline.note("mood", "dusk")
        timeline.note("window", "lost")
    events = [json.loads(line) for line in (tmp_path / "new" / "timeline.jsonl").read_text().splitlines()]
    assert [(event["kind"], event["text"]) for event in events] == [("mood", "dusk"), ("window", "lost")]
    assert all(abs(event["utc_ns"] - time.time_ns()) < HOUR_NS for event in events)


def test_a_day_of_it_is_kept(tmp_path, monkeypatch):
    path, now_ns = tmp_path / "timeline.jsonl", time.time_ns()
    ages_h = range(60, -1, -1)
    path.write_text(
        "".join(f'{{"utc_ns": {now_ns - hours * HOUR_NS}, "text": "{hours}"}}\n' for hours in ages_h)
    )
    monkeypatch.setattr(logbook, "TIMELINE_BYTES", 1000)
    with Clerk() as clerk:
        Timeline(path, clerk, pytest.fail).note("mood", "now")
    events = [json.loads(line)["text"] for line in path.read_text().splitlines()]
    assert events == [*map(str, range(24, -1, -1)), "now"] or events == [*map(str, range(25, -1, -1)), "now"]


def test_what_differs_between_two_statuses_has_happened():
    """That a visitor is there is nobody's business afterwards: it is not among what has happened."""
    before = {"playing": {"mood": "day", "mood_by": ""}, "person": 15, "is_visitor": False}
    assert events_between({}, before) == [("mood", "day"), ("person", "15")]
    assert events_between(before, before) == []
    dusk = {**before, "playing": {"mood": "dusk", "mood_by": "the desk"}}
    assert events_between(before, dusk) == [("mood", "dusk")]
    taken = {**before, "is_visitor": True}
    assert events_between(before, taken) == events_between(taken, taken) == []
    shut = {**before, "playing": None, "doors": {"is_open": False, "told": "closed until Tue"}}
    assert events_between(before, shut) == [("doors", "closed until Tue")]
    lost = {**before, "camera": {"trouble": "camera: gone"}}
    assert events_between(before, lost) == [("camera", "camera: gone")]
    assert events_between(lost, before) == [("camera", "back")]
    assert events_between(before, {**before, "is_paused": True}) == [("show", "paused")]
