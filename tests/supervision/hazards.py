"""What befalls a supervised show from beside it: its camera goes and comes, and somebody floods it with
requests that are none.
"""

import json
import os
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Final

from installation.operator import unheard
from installation.ports import Command, Frame, Remote
from installation.stage.camera import Camera
from installation.stage.shared import SharedLatest
from installation.supervision.folders import RUNNING
from installation.supervision.hand import Target
from installation.supervision.requests import NUM_KEPT, as_json
from installation.supervision.worker import FrameSink, Task, work
from tests.cameras import Bench, ScriptedLens
from tests.supervision.walls import Wall
from tests.supervision.workers import DARKEST, LIGHTEST, picture, plays

CAMERA, NUMBER = "camera", "0"
MIDDLE: Final = (DARKEST + LIGHTEST) // 2  # lighter than this the resident is while the camera is away
WELL_S: Final = 1.5  # before it goes again
AWAY_S: Final = 0.5  # once that has been noticed

# --- a camera -----------------------------------------------------------------------------------------------


def sees(task: Task, sink: FrameSink, remotes: list[Remote], status: SharedLatest, *, folder: Path) -> None:
    """The resident, and a camera on the bench in that folder."""
    device = Bench(folder).device(NUMBER)  # whose name is found by its link
    with Camera(NUMBER, unheard, device=device, open_=ScriptedLens) as camera:
        images = SharedLatest.attached(camera.images)
        has_seen = False

        def draw(number: int) -> Frame:
            nonlocal has_seen
            has_seen = has_seen or images.take() is not None
            is_away = not has_seen or bool(camera.trouble)
            shade = number % (MIDDLE - DARKEST)
            return Frame(picture(shade + (MIDDLE if is_away else DARKEST)), number)

        plays(task, sink, remotes, status, draw=draw)
        images.close()


def seeing(folder: Path) -> Target:
    return partial(work, play=partial(sees, folder=folder))


@dataclass
class Unplugging:
    """A script: the camera is pulled out and put back under another number, so many times."""

    bench: Bench
    num: int
    begun: int = 0  # frames before the first time
    since_s: float = 0.0
    is_out: bool = False
    noticed_s: list[float] = field(default_factory=list)
    recovered_s: list[float] = field(default_factory=list)

    def __call__(self, wall: Wall) -> bool:
        newest = wall.seen[-1]
        if newest.is_dark:
            return False
        now_s, is_away = newest.seconds, newest.level >= MIDDLE
        is_noticed = len(self.noticed_s) > len(self.recovered_s)
        lasted_s = now_s - self.since_s
        if self.is_out and not is_noticed and is_away:
            self.noticed_s.append(lasted_s)
        elif self.is_out and is_noticed and lasted_s > AWAY_S:
            self.bench.plug(CAMERA, number=len(self.noticed_s))
            self.is_out = False
        elif not self.is_out and is_noticed and not is_away:
            self.recovered_s.append(lasted_s)
        elif not self.is_out and not is_noticed and not is_away and lasted_s > WELL_S:
            if len(self.recovered_s) == self.num:
                return True
            self.begun = self.begun or len(wall.seen)
            self.bench.unplug(CAMERA)
            self.is_out = True
        elif self.is_out or is_noticed or not is_away:
            return False
        self.since_s = now_s
        return False


# --- requests -----------------------------------------------------------------------------------------------

GARBAGE: Final = (
    b"",
    b"\xff" * 1000,
    b"null",
    b"[1, 2]",
    b'[[1, {"do": "go"}]]' * 2,
    b"[" * 5000,
    b'{"do": "quit"}',
)


def nonsense(number: int) -> bytes:
    """Bytes that are no posting, and postings of what is no request."""
    if number % 2:
        return GARBAGE[number % len(GARBAGE)]
    asked = (
        None,
        7,
        {"do": "fly"},
        {"move": {"part": "AU12", "value": 1e999}},
        {"play": {}},
        as_json(Command.GO),
    )
    many = [[time.monotonic_ns() + k, asked[(number + k) % len(asked)]] for k in range(NUM_KEPT)]
    return json.dumps(many).encode()


@dataclass
class Flood:
    """A script: for a while both desks' mailboxes are written to as fast as can be."""

    folder: Path
    seconds: float
    begun: int = 0
    begun_s: float = 0.0
    num_posted: int = 0
    _stop: Event = field(default_factory=Event)

    def __call__(self, wall: Wall) -> bool:
        newest = wall.seen[-1]
        if newest.is_dark:
            return False
        if not self.begun:
            self.begun, self.begun_s = len(wall.seen), newest.seconds
            Thread(target=self._pour, daemon=True).start()
        if newest.seconds - self.begun_s > self.seconds:
            self._stop.set()
        return newest.seconds - self.begun_s > self.seconds + 1

    def _pour(self) -> None:
        wires = json.loads((self.folder / "living-portrait" / RUNNING).read_bytes())["wires"]
        boxes = [SharedLatest.attached(wires[name]) for name in ("desk", "lan_desk")]
        while not self._stop.is_set():
            boxes[self.num_posted % 2].post(nonsense(self.num_posted // 2), time.monotonic_ns())
            self.num_posted += 1
            os.sched_yield()
        for box in boxes:
            box.close()
