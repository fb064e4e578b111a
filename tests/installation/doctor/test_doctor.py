"""The doctor: what is broken is named, nothing else is blamed, and nothing breaks the doctor."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from installation.doctor import machine as machines
from installation.doctor.examination import CHECKS
from installation.doctor.findings import Health, broken, doubtful, told, well
from installation.doctor.machine import Machine, ProbeError, can_listen, playing_pid, probe, said_by
from installation.doctor.probes import PROBES
from installation.supervision.wires import Wires
from models.checkpoint import file_sha256
from run_installation import ROOT, entry
from tests.broken_setups import (
    ALL,
    bench,
    busy_camera,
    faults_of,
    is_named_rightly,
    no_such_monitor,
    taken_desk,
    taken_osc,
    tiny_weights,
    truncated_weights,
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_weights(tmp_path_factory.mktemp("weights"))


ASKED = {}  # what was asked of which files, and the answer


def in_process(name, *arguments):
    """A probe without a process of its own, asked once of the same files; its errors are told as that
    process's would be.
    """
    files = [file for path in arguments for file in sorted(Path(path).parent.glob("tiny.*"))]
    asked = (name, *((file.name, file_sha256(file)) for file in files))
    if asked not in ASKED:
        try:
            ASKED[asked] = PROBES[name](*arguments)
        except Exception as error:
            raise ProbeError(f"{type(error).__name__}: {error}") from error
    return ASKED[asked]


@pytest.fixture
def healthy(tmp_path, weights):
    with bench(tmp_path, weights, in_process) as made:
        yield made


def test_a_healthy_set_up_is_well(healthy):
    findings = healthy.examined()
    assert faults_of(findings) == []
    assert len(findings) >= len(CHECKS)
    assert all(finding.found and not finding.advice for finding in findings)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.breaks.__name__)
def test_what_is_broken_is_named_and_nothing_else_is_blamed(healthy, case):
    case.breaks(healthy)
    findings = healthy.examined()
    assert is_named_rightly(case, findings), faults_of(findings)


def test_two_faults_are_two_findings(healthy):
    truncated_weights(healthy)
    no_such_monitor(healthy)
    assert {finding.what for finding in faults_of(healthy.examined())} == {"weights", "display"}


# --- whatever happens ---------------------------------------------------------------------------------------


def test_without_pytorch_everything_else_is_looked_at(healthy):
    def installed(name):
        return None if name in ("torch", "torchvision") else machines.installed(name)

    healthy.changes |= {"installed": installed, "required": lambda: ("torch>=2", "numpy>=1")}
    for name in ("torch", "weights"):
        healthy.answers[name] = ProbeError("ModuleNotFoundError: No module named 'torch'")
    faults = faults_of(healthy.examined())
    assert [(each.what, each.health) for each in faults] == [
        ("libraries", Health.BROKEN),
        ("weights", Health.DOUBTFUL),
    ]


BARE = """
import sys
for name in ("torch", "openvino", "av", "pygame", "cv2", "matplotlib", "safetensors", "starlette"):
    sys.modules[name] = None
from run_installation import entry
sys.executable = "nothing"  # that could be asked, either
sys.exit(entry(["doctor"]))
"""


def test_the_doctor_itself_needs_no_large_library(tmp_path):
    homes = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "STATE", "CACHE")}
    done = subprocess.run(
        [sys.executable, "-c", BARE], capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, **homes}, cwd=ROOT,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode in (0, 2)
    for what in ("Python", "site.yaml", "choreography", "clock", "log folder"):
        assert f"✓ {what} " in done.stdout, done.stdout


FIELDS = [name for name in Machine.__dataclass_fields__ if name not in ("environ", "version", "folders")]


@pytest.mark.parametrize("name", FIELDS)
def test_a_check_that_fails_is_told_and_the_others_go_on(healthy, name):
    def fail(*_):
        raise RuntimeError("a driver\nof the worst kind")

    healthy.changes[name] = fail
    findings = healthy.examined()
    faults = faults_of(findings)
    assert all(each.health is Health.DOUBTFUL for each in faults)
    assert all("could not be looked at (RuntimeError: a driver)" in each.found for each in faults)
    assert len(findings) >= len(CHECKS) - 2
    assert any(each.what == "Python" for each in findings)


def test_what_a_running_show_has_taken_is_not_blamed(healthy):
    for take in (taken_desk, taken_osc, busy_camera):
        take(healthy)
    healthy.changes["playing_pid"] = lambda: 1234
    assert faults_of(healthy.examined()) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended with -11"),
        ("raise ImportError('libcuda.so.1: cannot open')", "ImportError: libcuda.so.1: cannot open"),
        ("import time; time.sleep(60)", "no answer within 0.5 s"),
    ],
)
def test_a_probe_that_crashes_or_hangs_takes_nobody_with_it(monkeypatch, code, words):
    real = machines.subprocess.run

    def run(command, **options):
        return real([sys.executable, "-c", code], **options)

    monkeypatch.setattr(machines.subprocess, "run", run)
    if "sleep" in code:
        monkeypatch.setattr(machines, "PROBE_S", 0.5)
    probe.cache_clear()
    with pytest.raises(ProbeError, match=words):
        probe("torch")


def test_a_probe_answers_from_its_own_process():
    probe.cache_clear()
    assert probe("codecs")["num_bytes"] > 500


def test_a_program_that_is_not_there_or_fails_says_nothing():
    assert said_by(("nothing-of-this-name",)) is None
    assert said_by((sys.executable, "-c", "raise SystemExit(1)")) is None
    assert said_by((sys.executable, "-c", "print('well')")) == "well\n"


WIRES = {field.name: "portrait-1-00000000" for field in fields(Wires)}


def test_whether_a_show_plays_is_told_by_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(machines, "state_folder", lambda: tmp_path)
    file = tmp_path / machines.RUNNING
    for content, pid in (
        (None, None),
        ("", None),
        ("[]", None),
        ('{"pid": "x"}', None),
        ('{"pid": 4194999}', None),
        (json.dumps({"pid": 4194999, "wires": WIRES}), None),
        (json.dumps({"pid": os.getpid(), "wires": WIRES}), os.getpid()),
    ):
        if content is not None:
            file.write_text(content)
        assert playing_pid() == pid, content


def test_where_nobody_may_listen_is_told():
    assert "numbers" in can_listen(socket.SOCK_DGRAM, "a.name", 9000)
    assert can_listen(socket.SOCK_STREAM, "203.0.113.5", 8080)
    assert can_listen(socket.SOCK_STREAM, "127.0.0.1", 0) == ""


# --- what is printed ----------------------------------------------------------------------------------------


def test_the_report_is_aligned_and_says_what_to_do():
    lines = told(
        [well("Python", "3.11"), broken("camera", "gone\x1b[2J", "plug it in"), doubtful("swap", "2", "off")]
    )
    assert lines == [
        "✓ Python  3.11",
        "✗ camera  gone\\x1b[2J",
        "          → plug it in",
        "! swap    2",
        "          → off",
        "",
        "1 broken, 1 doubtful, 1 well",
    ]


def test_the_command_ends_with_2_where_something_is_broken(tmp_path, capsys, monkeypatch, weights):
    from installation.doctor import examination

    with bench(tmp_path, weights, in_process) as made:
        healthy = made.examined()
        monkeypatch.setattr(examination, "examine", lambda patient: healthy)
        assert entry(["doctor", "--site", str(tmp_path / "site.yaml")]) == 0
        assert capsys.readouterr().out.endswith(" well\n")
        faults = [*healthy, broken("camera", "gone", "plug it in")]
        monkeypatch.setattr(examination, "examine", lambda patient: faults)
        assert entry(["doctor", "--site", str(tmp_path / "site.yaml")]) == 2
        assert "→ plug it in" in capsys.readouterr().out


def test_a_site_that_is_not_there_is_a_finding(capsys, monkeypatch, tmp_path):
    from installation.doctor import examination

    monkeypatch.setattr(examination, "CHECKS", [each for each in CHECKS if each[0] == "site.yaml"])
    assert entry(["doctor", "--site", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml: cannot be read" in capsys.readouterr().out
