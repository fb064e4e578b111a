"""The display's own light: switched off while the doors are closed, and on again before they open.

By a command of the site's, or by what the system offers: `xset` (DPMS) under X11, `wlopm` under a Wayland
compositor that knows the protocol. Commands run in a thread, without a shell, and never for long: whoever
shows the picture waits for none of them.
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final, Protocol

from installation.hanging import DPMS
from installation.ports import NANOSECONDS

OFF_AFTER_NS: Final = 10 * NANOSECONDS  # after the closing: the portrait falls asleep first
ON_BEFORE_NS: Final = 30 * NANOSECONDS  # before the opening: monitors and projectors take their time
COMMAND_S: Final = 10.0  # a command that takes longer has failed
RETRY_S: Final = 30.0
CLOSE_S: Final = 2 * COMMAND_S
LONGEST_LINE: Final = 120  # characters of what a command says
INSTEAD: Final = "or write display_off: and display_on: in site.yaml"

Argv = tuple[str, ...]


class Doors(Protocol):
    """When they are open: `installation.score.hours.Hours`."""

    def is_open(self, utc_ns: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Switch:
    """The commands that darken the display, and that light it again, one after the other."""

    off: tuple[Argv, ...] = ()
    on: tuple[Argv, ...] = ()


class SwitchError(Exception):
    """The display cannot be switched, or has not been: why, in a line."""


def is_lit(doors: Doors, utc_ns: int) -> bool:
    """Whether the display is to be on: the doors are open, were so a moment ago, or are about to open."""
    return any(doors.is_open(utc_ns + shift_ns) for shift_ns in (0, -OFF_AFTER_NS, ON_BEFORE_NS))


class DisplayPower:
    """Follows the doors. `off` and `on` are a site's: command lines, or DPMS for what the system offers;
    without `off` the display stays as it is. `say` hears, in a thread, what does not work, once.
    """

    def __init__(self, doors: Doors, off: str | None, on: str | None, say: Callable[[str], None]) -> None:
        self._doors, self._off, self._on, self._say = doors, off, on, say
        self._first_utc_ns: int | None = None
        self._is_wanted: bool | None = None  # lit; None: not known yet
        self._is_closing = False
        self._is_told = False  # that it does not work
        self._is_changed = Event()
        self._thread = Thread(target=self._obey, name="display power", daemon=True)
        if off is not None:
            self._thread.start()

    def follow(self, utc_ns: int) -> None:
        """What the clock says now. Costs microseconds, and never waits."""
        if self._off is None or self._is_closing:
            return
        if self._first_utc_ns is None:
            self._first_utc_ns = utc_ns
        is_new = 0 <= utc_ns - self._first_utc_ns < OFF_AFTER_NS  # whoever starts it sees that it works
        self._want(is_wanted=is_new or is_lit(self._doors, utc_ns))

    def close(self) -> None:
        """Leave no dark display behind; waits for that, but not for ever. A second call does nothing."""
        if self._off is not None and not self._is_closing:
            self._is_closing = True
            if self._is_wanted is not None:
                self._is_wanted = True
            self._is_changed.set()
            self._thread.join(CLOSE_S)

    def _want(self, *, is_wanted: bool) -> None:
        if is_wanted != self._is_wanted:
            self._is_wanted = is_wanted
            self._is_changed.set()

    # -- in the thread

    def _obey(self) -> None:
        switch: Switch | None = None
        is_on: bool | None = None  # as far as is known
        while True:
            self._is_changed.wait(RETRY_S if is_on != self._is_wanted else None)
            self._is_changed.clear()
            is_closing, is_wanted = self._is_closing, self._is_wanted
            try:
                if is_wanted is not None and is_wanted != is_on:
                    switch = switch or switch_of(self._off or DPMS, self._on, os.environ)
                    for argv in switch.on if is_wanted else switch.off:
                        ran(argv)
                    is_on, self._is_told = is_wanted, False
            except SwitchError as error:
                if not self._is_told:
                    self._say(f"display: {error}")
                self._is_told = True
            if is_closing:
                return


def switch_of(off: str, on: str | None, environ: Mapping[str, str]) -> Switch:
    """The site's commands; or the system's, for DPMS.

    Raises:
        SwitchError: there is nothing here that switches displays.
    """
    if off != DPMS:
        try:
            return Switch((tuple(shlex.split(off)),), (tuple(shlex.split(on)),) if on else ())
        except ValueError as error:
            raise SwitchError(f"site.yaml's command cannot be read: {str(error).lower()}") from None
    if environ.get("WAYLAND_DISPLAY"):
        if not shutil.which("wlopm", path=environ.get("PATH")):
            raise SwitchError(f"stays on while it is closed; install wlopm, {INSTEAD}")
        return Switch((("wlopm", "--off", "*"),), (("wlopm", "--on", "*"),))
    if environ.get("DISPLAY"):
        if not shutil.which("xset", path=environ.get("PATH")):
            raise SwitchError(f"stays on while it is closed; install xset (x11-xserver-utils), {INSTEAD}")
        return _switch_of_x(ran(("xset", "q")))
    raise SwitchError(
        f"stays on while it is closed: there is neither X11 nor Wayland; use one of them, {INSTEAD}"
    )


def _switch_of_x(state: str) -> Switch:
    """As `xset q` tells. It says that something went wrong, but ends as if nothing had."""
    found = re.search(r"DPMS is (Enabled|Disabled)", state)
    if not found:
        raise SwitchError(
            f"stays on while it is closed: the X server has no DPMS; use another one, {INSTEAD}"
        )
    # Forcing it also starts DPMS's own timers, which would darken the show: they are left as they were found.
    on: tuple[Argv, ...] = (("xset", "dpms", "force", "on"),)
    return Switch(
        (("xset", "dpms", "force", "off"),), on if found[1] == "Enabled" else (*on, ("xset", "-dpms"))
    )


def ran(argv: Argv) -> str:
    """What a command says.

    Raises:
        SwitchError: it is not there, fails, or takes too long.
    """
    name = shlex.join(argv)
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SwitchError(f"{name}: has not ended within {COMMAND_S:g} s") from None
    except OSError as error:
        raise SwitchError(f"{name}: {error.strerror or error}") from None
    said = done.stdout.decode(errors="replace")
    if done.returncode:
        lines = said.strip().splitlines() or [f"failed with {done.returncode}"]
        raise SwitchError(f"{name}: {lines[-1][:LONGEST_LINE]}")
    return said
