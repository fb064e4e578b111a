"""The display's light: commands that are scripts in a folder, which note what they are asked."""

import os
import shutil
import subprocess
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.hanging import DPMS
from installation.ports import NANOSECONDS
from installation.score.hours import Hours, Slot
from installation.stage import display_power
from installation.stage.display_power import DisplayPower, Switch, SwitchError, is_lit, ran, switch_of
from tests.cameras import until
from tests.stage.test_display import x_server

__all__ = ["x_server"]

S = NANOSECONDS
MIDNIGHT = 1_767_657_600 * S  # 6 January 2026, UTC
DAYTIME = Hours(ZoneInfo("UTC"), ((Slot(time(11), time(19)),),) * 7)
CLOSING, OPENING = MIDNIGHT + 19 * 3600 * S, MIDNIGHT + 35 * 3600 * S

XSET = """#!/bin/sh
# DPMS as a file beside this one has it: like the real one it never fails.
here=$(dirname "$0")
echo "$@" >> "$here/asked"
case "$1 $3" in
    "q ") cat "$here/state" ;;
esac
"""


def write_script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is searched before all others, under X11."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return tmp_path


def asked(tools: Path) -> list[str]:
    path = tools / "asked"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize(
    ("seconds", "lit"),
    [
        (-1, True),
        (0, True),
        (9, True),
        (11, False),
        (3600, False),
        (16 * 3600 - 31, False),
        (16 * 3600 - 29, True),
    ],
)
def test_it_is_off_a_moment_after_closing_and_on_before_the_opening(seconds: int, lit: bool) -> None:
    assert is_lit(DAYTIME, CLOSING + seconds * S) == lit


@given(st.integers(0, 3 * 86_400))
def test_it_is_never_off_while_the_doors_are_open(seconds: int) -> None:
    utc_ns = MIDNIGHT + seconds * S
    assert is_lit(DAYTIME, utc_ns) >= DAYTIME.is_open(utc_ns)


@pytest.mark.parametrize(("state", "restored"), [("Disabled", ["-dpms"]), ("Enabled", [])])
def test_a_night_under_x11_leaves_its_timers_as_they_were_found(
    tools: Path, state: str, restored: list[str]
) -> None:
    write_script(tools / "xset", XSET)
    (tools / "state").write_text(f"DPMS (Energy Star):\n  Standby: 600\n  DPMS is {state}\n")
    said: list[str] = []
    power = DisplayPower(DAYTIME, DPMS, None, said.append)
    on, off = ["dpms force on", *restored], ["dpms force off"]
    for utc_ns, wanted in [
        (CLOSING - 60 * S, ["q", *on]),  # also where nothing is known of it yet
        (CLOSING + 5 * S, ["q", *on]),
        (CLOSING + 11 * S, ["q", *on, *off]),
        (CLOSING + 3600 * S, ["q", *on, *off]),
        (OPENING - 29 * S, ["q", *on, *off, *on]),
        (CLOSING + 11 * S, ["q", *on, *off, *on, *off]),  # a clock that is set back
    ]:
        for _ in range(3):
            power.follow(utc_ns)
        until(lambda wanted=wanted: asked(tools) == wanted)
    power.close()
    assert asked(tools) == ["q", *on, *off, *on, *off, *on]  # no dark display is left behind
    power.close()
    power.follow(CLOSING + 11 * S)
    assert len(asked(tools)) == len(["q", *on, *off, *on, *off, *on]) and not said


def test_a_program_that_is_started_in_the_night_is_seen_for_a_moment(tools: Path) -> None:
    script = tools / "relay"
    write_script(script, '#!/bin/sh\necho "$@" >> "$(dirname "$0")/asked"\n')
    power = DisplayPower(DAYTIME, f"{script} off 'the hall'", f"{script} on", lambda line: None)
    power.follow(CLOSING + 3600 * S)
    until(lambda: asked(tools) == ["on"])
    power.follow(CLOSING + 3611 * S)
    until(lambda: asked(tools) == ["on", "off the hall"])
    power.close()


def test_where_the_site_says_so_nothing_is_run(tools: Path) -> None:
    write_script(tools / "xset", XSET)
    power = DisplayPower(DAYTIME, None, None, lambda line: None)
    for utc_ns in (CLOSING - S, CLOSING + 3600 * S):
        power.follow(utc_ns)
    power.close()
    assert not asked(tools)


def test_what_fails_is_said_once_and_tried_again(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display_power, "RETRY_S", 0.02)
    script = tools / "relay"
    write_script(script, '#!/bin/sh\necho "$@" >> "$(dirname "$0")/asked"\necho no such relay >&2\nexit 3\n')
    said: list[str] = []
    power = DisplayPower(DAYTIME, f"{script} off", f"{script} on", said.append)
    power.follow(CLOSING - S)
    until(lambda: len(asked(tools)) >= 3)
    assert said == [f"display: {script} on: no such relay"]
    write_script(script, '#!/bin/sh\necho "now $@" >> "$(dirname "$0")/asked"\n')
    until(lambda: asked(tools)[-1] == "now on")
    power.close()
    assert len(said) == 1


def test_a_command_that_hangs_is_ended_and_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display_power, "COMMAND_S", 0.2)
    with pytest.raises(SwitchError, match=r"sleep 60: has not ended within 0\.2 s"):
        ran(("sleep", "60"))
    with pytest.raises(SwitchError, match="no-such-command: No such file"):
        ran(("no-such-command",))


def test_commands_are_run_without_a_shell(tmp_path: Path) -> None:
    switch = switch_of("touch 'a b' $HOME; rm *", None, {})
    assert switch == Switch((("touch", "a b", "$HOME;", "rm", "*"),), ())
    with pytest.raises(SwitchError, match="no closing quotation"):
        switch_of("touch 'a", None, {})


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"WAYLAND_DISPLAY": "w-1", "DISPLAY": ":0", "PATH": "/nowhere"}, "install wlopm, or write"),
        ({"DISPLAY": ":0", "PATH": "/nowhere"}, r"install xset \(x11-xserver-utils\), or write display_off"),
        ({}, "neither X11 nor Wayland"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(environ: dict[str, str], told: str) -> None:
    with pytest.raises(SwitchError, match=told):
        switch_of(DPMS, None, environ)


def test_a_wayland_compositor_is_asked_by_its_own_tool(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
    write_script(tools / "wlopm", "#!/bin/sh\n")
    assert switch_of(DPMS, None, os.environ) == Switch((("wlopm", "--off", "*"),), (("wlopm", "--on", "*"),))


@pytest.fixture
def real_x_server(x_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    if shutil.which("xset") is None:
        pytest.skip("xset is not installed")
    monkeypatch.setenv("DISPLAY", x_server)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return x_server


def test_a_real_x_server_is_asked_what_it_can(real_x_server: str) -> None:
    """Xvfb has no monitor to switch off, and xset ends well all the same."""
    state = subprocess.run(["xset", "q"], check=True, capture_output=True, text=True).stdout
    if "DPMS is" in state:
        assert switch_of(DPMS, None, os.environ).off == (("xset", "dpms", "force", "off"),)
        return
    with pytest.raises(SwitchError, match="the X server has no DPMS"):
        switch_of(DPMS, None, os.environ)
