"""Faults that befall supervised shows, and what is measured of them."""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from installation.supervision.folders import LOG, TIMELINE
from installation.supervision.hand import Target
from installation.supervision.supervise import Plan
from tests.supervision.walls import Seen, Wall, shown, workers
from tests.supervision.workers import DIMMED, VISITOR

Figures = dict[str, float | int | str | bool]
NUM_BEFORE: Final = 60  # frames before a fault
AFTER_S: Final = 1.0  # for which it is watched once the picture moves again
STALL_S: Final = 1.0  # what is let pass without a frame where nothing is started anew


@dataclass
class Mishap:
    """A script: after a while `befall` happens to the worker; it is over once the picture moves again."""

    befall: Callable[[], float]
    hit_s: float = 0.0
    back_s: float = 0.0
    victims: list[int] = field(default_factory=list)

    def __call__(self, wall: Wall) -> bool:
        newest = wall.seen[-1]
        if not self.hit_s:
            num_lit = sum(not seen.is_dark for seen in wall.seen[-NUM_BEFORE:])
            if num_lit == NUM_BEFORE and workers():
                self.victims, self.hit_s = workers(), self.befall()
        elif not self.back_s:
            latest = wall.since(
                newest.seconds - 0.2
            )  # the light of a still changes as well: it does not count
            is_drawn = not any(seen.is_still or seen.is_dark for seen in latest)
            if is_drawn and workers() != self.victims and len({seen.level for seen in latest}) > 5:
                self.back_s = newest.seconds
        return bool(self.back_s) and newest.seconds - self.back_s > AFTER_S


def befallen(target: Target, befall: Callable[[], float], folder: Path) -> tuple[Mishap, Wall]:
    """One show to which something happens."""
    mishap = Mishap(befall)
    with pytest.MonkeyPatch.context() as patch:
        wall = shown(patch, folder, target, mishap)
    return mishap, wall


def recoveries(num: int, target: Target, befall: Callable[[], float]) -> dict[str, Any]:
    """The same fault, each time to another show; in a process of its own."""
    times_s, black, visitors, gaps_ms = [], 0, 0, []
    for _ in range(num):
        with tempfile.TemporaryDirectory() as folder:
            mishap, wall = befallen(target, befall, Path(folder))
        after = wall.since(mishap.hit_s)
        times_s.append(mishap.back_s - mishap.hit_s if mishap.back_s else float("inf"))
        black += sum(seen.is_dark or seen.level < DIMMED for seen in after)
        visitors += sum(seen.level > VISITOR - 40 for seen in after)
        gaps_ms.append(longest_gap_ms(after))
    return {"times_s": times_s, "black": black, "visitors": visitors, "gap_ms": max(gaps_ms)}


def longest_gap_ms(seen: list[Seen]) -> float:
    """The longest time for which nothing was shown."""
    seconds = [each.seconds for each in seen]
    return 1000 * max((b - a for a, b in pairwise(seconds)), default=0.0)


@dataclass
class Editing:
    """A script: a file is given one content after the other, a second and a half apart."""

    path: Path
    contents: list[bytes]
    begun: int = 0  # frames before the first
    edited_s: float = 0.0

    def __call__(self, wall: Wall) -> bool:
        newest = wall.seen[-1]
        if newest.is_dark and not self.begun:
            return False
        self.begun = self.begun or len(wall.seen) + NUM_BEFORE
        if len(wall.seen) > self.begun and newest.seconds - self.edited_s > 1.5:
            if not self.contents:
                return True
            self.path.write_bytes(self.contents.pop(0))
            self.edited_s = newest.seconds
        return False


def shown_for_long(
    patch: pytest.MonkeyPatch, folder: Path, target: Target, script: Callable[[Wall], bool], plan: Plan
) -> Wall:
    patch.setattr("tests.supervision.walls.LONGEST_S", 3600.0)
    return shown(patch, folder, target, script, plan=plan)


def continued(wall: Wall, begun: int, num: int, num_restarted: int) -> Figures:
    """Whether the picture went on by itself, from that frame on."""
    after = wall.seen[begun:]
    gap_ms = longest_gap_ms(after)
    dark = sum(seen.is_dark for seen in after)
    return {
        "num": num,
        "num_frames": len(after),
        "longest_gap_ms": round(gap_ms),
        "dark_frames": dark,
        "num_restarts": num_restarted,
        "holds": gap_ms < 1000 * STALL_S and dark == num_restarted == 0,
    }


def num_restarts(folder: Path) -> int:
    """How often the log says that something was the matter with a worker."""
    log = folder / "living-portrait" / "log" / LOG
    return log.read_text().count("worker: ") if log.is_file() else 0


def edited(wall: Wall, script: Editing, num: int, num_restarted: int) -> Figures:
    """Whether it did so while a file was given all its contents."""
    figures = continued(wall, script.begun, num, num_restarted)
    return {**figures, "holds": bool(figures["holds"]) and not script.contents}


@contextmanager
def small_disk() -> Iterator[Path]:
    """Of 64 KiB."""
    with tempfile.TemporaryDirectory() as folder:
        mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", folder)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=False)


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


def fill(folder: Path) -> None:
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1024)


@contextmanager
def own_state() -> Iterator[Path]:
    """A folder in which the programs that are started keep where they stood."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", folder)
        yield Path(folder)


def events(folder: Path) -> list[str]:
    """What has happened, in words."""
    path = folder / "living-portrait" / TIMELINE
    if not path.is_file():
        return []
    return [json.loads(line)["text"] for line in path.read_text().splitlines() if line.endswith("}")]


def await_event(folder: Path, text: str, most_s: float = 120) -> None:
    begun = time.monotonic()
    while text not in events(folder):
        if time.monotonic() - begun > most_s:
            raise RuntimeError(f"'{text}' has not come to pass")
        time.sleep(0.05)
