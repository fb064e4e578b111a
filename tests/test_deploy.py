"""The units of docs/deploy: what systemd says of them, and that they fit the program and each other."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import platformdirs
import pytest

from installation.supervision.folders import PROGRAM
from run_installation import ROOT

DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
# Exposure as `systemd-analyze security` counts it, from 0 to 10: X itself runs as root.
EXPOSURES = {"living-portrait": 2.0, "living-portrait-kiosk": 2.5, "living-portrait-x": 7.0}

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: apt install systemd"
)
each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)


def analyze(*arguments: str | Path) -> str:
    done = subprocess.run(
        ("systemd-analyze", *map(str, arguments)), capture_output=True, text=True, check=False, timeout=60
    )
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


@pytest.fixture
def installed(tmp_path):
    """A unit as it would be found on a machine that has its programs."""

    def copy(unit: Path) -> Path:
        text = re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", unit.read_text("utf-8"), flags=re.MULTILINE)
        for other in UNITS:
            (tmp_path / other.name).write_text(text if other == unit else "[Service]\nExecStart=/bin/true\n")
        return tmp_path / unit.name

    return copy


def options(unit: Path) -> dict[str, list[str]]:
    """Of all sections: option → its values."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").replace("\\\n", "").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def environment(unit: Path) -> dict[str, str]:
    pairs = " ".join(options(unit)["Environment"]).split()
    return dict(pair.split("=", 1) for pair in pairs)


@needs_systemd
@each_unit
def test_systemd_finds_no_fault(unit, installed):
    assert analyze("verify", "--man=no", installed(unit)) == "0\n"


@needs_systemd
def test_systemd_would_find_one(installed, tmp_path):
    unit = installed(UNITS[0])
    unit.write_text(unit.read_text() + "\n[Service]\nWatchdogSecs=60\n")
    assert "WatchdogSecs" in analyze("verify", "--man=no", unit)


@needs_systemd
@each_unit
def test_it_is_exposed_as_little_as_it_can_be(unit, installed):
    said = analyze("security", "--offline=true", "--no-pager", installed(unit))
    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    if exposure is None:
        pytest.skip(f"this systemd-analyze does not judge files: {said.splitlines()[-1]}")
    assert float(exposure[1]) <= EXPOSURES[unit.stem]


SHOWS = [unit for unit in UNITS if unit.stem != "living-portrait-x"]


@pytest.mark.parametrize("unit", SHOWS, ids=lambda unit: unit.stem)
def test_a_show_is_watched_started_again_for_ever_and_never_swapped(unit):
    said = options(unit)
    expected = {
        "Type": "notify",
        "WatchdogSec": "60",
        "Restart": "always",
        "RestartSec": "5",
        "StartLimitIntervalSec": "0",
        "OOMPolicy": "continue",
        "MemorySwapMax": "0",
        "LimitCORE": "0",
        "User": "portrait",
    }
    assert {name: said[name] for name in expected} == {name: [value] for name, value in expected.items()}
    assert {"video", "render"} <= set(said["SupplementaryGroups"][0].split())
    (command,) = said["ExecStart"]
    assert command.endswith(
        "/opt/living-portrait/.venv/bin/python /opt/living-portrait/run_installation.py run"
    )
    # Who tells systemd is the main process, or its child.
    assert said["NotifyAccess"] == ["all" if "cage" in command else "main"]


@pytest.mark.parametrize("unit", SHOWS, ids=lambda unit: unit.stem)
def test_the_folders_are_those_that_the_program_looks_in(unit, monkeypatch):
    for name, value in environment(unit).items():
        if name.startswith("XDG_"):
            monkeypatch.setenv(name, value)
    said = options(unit)
    assert platformdirs.user_state_path(PROGRAM) == Path("/var/lib", *said["StateDirectory"])
    assert platformdirs.user_cache_path(PROGRAM) == Path("/var/cache", *said["CacheDirectory"])
    assert platformdirs.user_log_path(PROGRAM).is_relative_to(Path("/var/lib", *said["StateDirectory"]))
    (edited,) = said["ReadWritePaths"]
    assert platformdirs.user_config_path(PROGRAM) == Path(edited)
    assert f"d {edited} " in (DEPLOY / "living-portrait.tmpfiles").read_text("utf-8")
    assert f'u portrait - "Living portrait" {environment(unit)["HOME"]}\n' in (
        DEPLOY / "living-portrait.sysusers"
    ).read_text("utf-8")


def test_x_and_the_portrait_agree_where_they_meet():
    x, portrait = (
        options(DEPLOY / "living-portrait-x.service"),
        environment(DEPLOY / "living-portrait.service"),
    )
    assert portrait["XAUTHORITY"] == f"/run/{x['RuntimeDirectory'][0]}/authority"
    assert f"-auth {portrait['XAUTHORITY']} " in x["ExecStart"][0]
    assert f" {portrait['DISPLAY']} " in x["ExecStart"][0]
    assert "-nolisten tcp" in x["ExecStart"][0]


def test_every_file_is_named_in_the_readme_and_can_be_read():
    readme = (DEPLOY / "README.md").read_text("utf-8")
    for path in DEPLOY.iterdir():
        assert path.name in readme
    journald = ConfigParser()
    journald.read_string((DEPLOY / "journald.conf").read_text("utf-8"))
    assert journald["Journal"]["SystemMaxUse"] == "200M"
    for linked in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (DEPLOY / linked).exists(), linked
