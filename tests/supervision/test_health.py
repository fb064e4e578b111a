"""How the machine is: told once a second, whatever cannot be found out."""

import json
import os
from types import SimpleNamespace

import psutil
import pytest

from installation.ports import NANOSECONDS
from installation.stage.shared import SharedLatest
from installation.supervision.health import Observer, Shown, temperature_c


def test_frames_that_are_shown_are_counted():
    shown = Shown()
    assert shown.as_json() == {"fps": None, "p50_ms": None, "p99_ms": None, "num": 0}
    for number in range(60 * 90):
        shown.add(number * NANOSECONDS // 60)
    told = shown.as_json()
    assert told["fps"] == pytest.approx(60, abs=0.1)
    assert told["p50_ms"] == pytest.approx(16.7, abs=0.1)
    assert told["num"] == 5400


def test_health_is_posted_and_changed_files_are_noticed(tmp_path):
    box = SharedLatest.create(1 << 16)
    path = tmp_path / "s.yaml"
    try:
        observer = Observer(box, os.getpid, tmp_path / "none", [path])
        observer.tell = lambda: {"worker": {"state": "playing"}}
        observer.look()
        before = observer.marks
        path.write_text("a")
        observer.look()
        assert observer.marks != before
        stamped = box.take()
    finally:
        box.close()
    assert stamped is not None
    told = json.loads(stamped.value)
    assert told["worker"]["state"] == "playing"
    assert told["memory_mb"]["all"] >= told["memory_mb"]["supervisor"] > 10
    assert told["disk_free_mb"] > 0


def test_the_temperature_may_be_unknown(monkeypatch):
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    assert temperature_c() is None
    entry = SimpleNamespace(current=55.0)
    warm = SimpleNamespace(current=71.5)
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: {"nvme": [warm], "k10temp": [entry]})
    assert temperature_c() == 55.0
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: {"nvme": [warm]})
    assert temperature_c() == 71.5
