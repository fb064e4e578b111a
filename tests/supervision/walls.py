"""A supervised show before a wall that notes what it shows, and at which something happens."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from installation.options import Screen, Show
from installation.ports import Command, Frame, Request
from installation.site import Site
from installation.supervision import supervise
from installation.supervision.hand import Target
from installation.supervision.supervise import Plan
from run_installation import CHOREOGRAPHY, WEIGHTS
from tests.installation.fakes import ALWAYS

SHOW = Show(WEIGHTS, "cpu", None, None, CHOREOGRAPHY, seed=None)
SCREEN = Screen(fps=60, windowed=False, monitor=0, headless=True, seconds=None)
PLAN = Plan(SHOW, Site(ALWAYS, desk=None), SCREEN, 60.0)
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame on the wall."""

    seconds: float  # of the monotonic clock
    level: int  # its grey
    is_dark: bool
    is_private: bool
    is_still: bool  # of nobody who draws, unless they say so


@dataclass
class Wall:
    """A sink. `script` is called after each frame, and says when it is over."""

    script: Callable[["Wall"], bool]
    seen: list[Seen] = field(default_factory=list)
    is_over: bool = False
    is_lost: bool = False

    def show(self, frame: Frame) -> None:
        level = int(frame.image[0, 0, 0]) if frame.image.size else 0
        self.seen.append(Seen(time.monotonic(), level, frame.is_dark, frame.is_private, frame.is_still))
        self.is_over = self.is_over or self.script(self)

    def requests(self) -> Iterator[Request]:
        is_late = bool(self.seen) and time.monotonic() - self.seen[0].seconds > LONGEST_S
        return iter([Command.QUIT] if self.is_over or is_late else [])

    def close(self) -> None: ...

    def since(self, seconds: float) -> list[Seen]:
        return [seen for seen in self.seen if seen.seconds >= seconds]


def workers() -> list[int]:
    """The workers that there are."""
    return [child.pid or 0 for child in multiprocessing.active_children() if child.name == "worker"]


def hit(number: signal.Signals) -> float:
    """A signal to the worker; → when."""
    (pid,) = workers()
    os.kill(pid, number)
    return time.monotonic()


def shown(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    target: Target,
    script: Callable[[Wall], bool],
    seconds: float | None = None,
    plan: Plan = PLAN,
) -> Wall:
    """The show, until the script says that it is over."""
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    wall = Wall(script)
    monkeypatch.setattr(supervise, "sink_of", lambda *_: wall)
    plan = replace(plan, screen=replace(plan.screen, seconds=seconds))
    supervise.supervise(plan, target)
    return wall
