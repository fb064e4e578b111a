"""A show without a portrait, for the desk to be tried on: `python -m tests.desk.stage --port 8123`.

It makes the mailboxes of a supervisor, posts a status, a health and a moving picture, and does what it is
asked. A binary message without bytes is a preview that is withheld: while a visitor is shown.

    --visitor   somebody is taken up after ten seconds, for ten seconds, again and again
    --token T   as `desk --lan` would serve it
"""

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from installation.desk.app import Desk, desk_app
from installation.desk.board import Board
from installation.desk.faces import Faces, Sitter
from installation.desk.serving import bound, server_of
from installation.notation.document import parse_choreography
from installation.ports import Command, Frame, Move, Play, Request, Try
from installation.stage.shared import SharedLatest
from installation.supervision.folders import LOG, RUNNING, TIMELINE
from installation.supervision.frames import capacity, packed, withheld
from installation.supervision.requests import CAPACITY, RequestBox, RequestPost
from installation.supervision.wires import Wires
from models.action_units import ACTION_UNITS, AU_INDEX
from models.controls import CONTROL_SPANS

ROOT = Path(__file__).parents[2]
SCORE = ROOT / "choreographies" / "the_long_afternoon.yaml"
WEIGHTS = ROOT / "models" / "weights" / "portrait.safetensors"
SIDE_PX = 256
S = 10**9


@dataclass
class FakeShow:
    """What the mailboxes hold: a score that is played by the clock, and whatever was asked."""

    choreography: Path
    asked: list[Request] = field(default_factory=list)
    mood: str = ""
    gesture: str = ""
    asked_by: str = ""
    since_ns: int = field(default_factory=time.time_ns)
    began_ns: int = field(default_factory=time.time_ns)
    number: int = 0
    held: dict[str, float] = field(default_factory=dict)
    is_paused: bool = False
    is_blackout: bool = False
    person: int | str = 15
    is_visitor: bool = False
    site: str | None = None

    def __post_init__(self) -> None:
        self.score = parse_choreography(self.choreography.read_bytes(), str(self.choreography))
        self.mood = self.score.start
        self.gesture = next(iter(self.score.moods[self.mood].gestures))

    def hear(self, request: Request) -> None:
        """Do what is asked, as a worker would."""
        self.asked.append(request)
        match request:
            case Command.GO:
                self.play(self.following(1), "the desk")
            case Command.PAUSE | Command.RESUME:
                self.is_paused = request is Command.PAUSE
            case Command.BLACKOUT | Command.LIGHT:
                self.is_blackout = request is Command.BLACKOUT
            case Command.ERASE:
                self.is_visitor = False
            case Play():
                self.enter(request)
            case Move(part, None):
                self.held.pop(part, None)
            case Move(part, float(value)):
                self.held[part] = value
            case Try():
                self.play(request.gesture.name, request.by)
            case _:
                pass

    def enter(self, request: Play) -> None:
        if request.mood:
            self.mood, self.since_ns = request.mood, time.time_ns()
            self.play(next(iter(self.score.moods[self.mood].gestures)), request.by)
        elif request.gesture:
            self.play(request.gesture, request.by)
        elif request.person is not None:
            self.person = request.person

    def play(self, gesture: str, by: str) -> None:
        self.gesture, self.asked_by, self.began_ns = gesture, by, time.time_ns()
        self.number += 1

    def following(self, step: int) -> str:
        names = list(self.score.moods[self.mood].gestures)
        at = names.index(self.gesture) if self.gesture in names else 0
        return names[(at + step) % len(names)]

    def turn(self) -> None:
        """Another gesture every seven seconds."""
        if not self.is_paused and time.time_ns() - self.began_ns > 7 * S:
            self.play(self.following(1), "")

    def aus(self) -> list[float]:
        gesture = self.score.gestures.get(self.gesture)
        shown = [0.0] * len(ACTION_UNITS)
        for unit, value in (gesture.aus if gesture else {}).items():
            shown[AU_INDEX[unit]] = value
        for part, value in self.held.items():
            if part.startswith("AU"):
                shown[AU_INDEX[int(part[2:])]] = value
        return shown

    def status(self) -> dict[str, Any]:
        """As `installation.status` builds it."""
        utc_ns = time.time_ns()
        mood = self.score.moods[self.mood]
        shown = self.score.gestures.get(self.gesture)
        controls = dict(shown.controls) if shown else {}
        controls |= {part: value for part, value in self.held.items() if not part.startswith("AU")}
        return {
            "version": 1,
            "utc_ns": utc_ns,
            "t_ns": utc_ns - self.began_ns,
            "pid": os.getpid(),
            "zone": "Europe/Berlin",
            "show": {
                "choreography": str(self.choreography),
                "title": self.score.title,
                "seed": 7,
                "weights": str(WEIGHTS),
                "resident": 15,
                "moods": list(self.score.moods),
                "gestures": list(self.score.gestures),
                "people": list(self.score.people),
                "units": [unit for unit in ACTION_UNITS if unit < 29 or unit == 43],
                "controls": {name: [span.lowest, span.highest] for name, span in CONTROL_SPANS.items()},
                "site": self.site,
            },
            "doors": {"is_open": True, "change_utc_ns": utc_ns + 3600 * S, "told": "open until 19:00"},
            "playing": {
                "mood": self.mood,
                "mood_since_utc_ns": self.since_ns,
                "mood_until_utc_ns": self.since_ns + 300 * S,
                "mood_by": "",
                "gesture": self.gesture,
                "asked_by": self.asked_by,
                "start_utc_ns": self.began_ns,
                "onset_s": 0.9,
                "hold_s": 5.1,
                "number": self.number,
                "weights": dict(mood.gestures),
                "excluded": {self.gesture: "was just played"},
            },
            "next": [
                {"gesture": self.following(step), "mood": self.mood, "utc_ns": self.began_ns + step * 7 * S}
                for step in (1, 2, 3)
            ],
            "cues": [{"at_utc_ns": utc_ns + 1800 * S, "name": "cue 2", "mood": self.mood}],
            "person": self.person,
            "is_visitor": self.is_visitor,
            "visit": "shown" if self.is_visitor else "nobody",
            "aus": self.aus(),
            "controls": {name: controls.get(name, 0.0) for name in CONTROL_SPANS},
            "held": dict(self.held),
            "is_paused": self.is_paused,
            "is_dark": self.is_blackout,
            "is_blackout": self.is_blackout,
            "frames": {
                "fps": 59.9,
                "p50_ms": 12.1,
                "p99_ms": 15.8,
                "late": 3,
                "num": (utc_ns - self.began_ns) // 16_666_667,
                "side": 256,
                "stalls": 0,
            },
            "camera": {"is_there": True, "trouble": ""},
            "resume": {},
        }

    def health(self, log: Path) -> dict[str, Any]:
        """As the supervisor posts it."""
        utc_ns = time.time_ns()
        worker = {
            "pid": os.getpid(),
            "state": "playing",
            "since_utc_ns": self.since_ns,
            "num_restarts": 0,
            "trouble": "",
        }
        return {
            "version": 1,
            "utc_ns": utc_ns,
            "started_utc_ns": self.since_ns,
            "pid": os.getpid(),
            "worker": worker,
            "shown": {"fps": 59.9, "p50_ms": 16.6, "p99_ms": 17.2, "num": 1234},
            "memory_mb": {"supervisor": 180.0, "worker": 900.0, "all": 1200.0},
            "temperature_c": 61.0,
            "cpu_percent": 42.0,
            "disk_free_mb": 51200.0,
            "window": "",
            "log": str(log),
        }

    def picture(self) -> bytes:
        """A disc that goes round."""
        t_ns = time.monotonic_ns()
        if self.is_visitor:
            return withheld(t_ns)
        y, x = np.mgrid[0:SIDE_PX, 0:SIDE_PX]
        angle = t_ns / S
        near = np.hypot(x - 128 - 60 * math.cos(angle), y - 128 - 60 * math.sin(angle)) < 40
        image = np.where(near[..., None], (220, 160, 120), (40, 34, 30)).astype(np.uint8)
        return packed(Frame(image * (not self.is_blackout), t_ns, is_dark=self.is_blackout))


@dataclass
class Stage:
    """The mailboxes of a supervisor, as it has them."""

    show: FakeShow
    folder: Path  # where state, log and score are
    boxes: dict[str, SharedLatest]

    @property
    def wires(self) -> Wires:
        return Wires(**{name: box.name for name, box in self.boxes.items()})

    @property
    def timeline(self) -> Path:
        return self.folder / TIMELINE

    @property
    def log(self) -> Path:
        return self.folder / LOG

    def post(self) -> None:
        """All that is told, once."""
        now_ns = time.monotonic_ns()
        self.show.turn()
        self.boxes["status"].post(json.dumps(self.show.status()).encode(), now_ns)
        self.boxes["health"].post(json.dumps(self.show.health(self.log)).encode(), now_ns)
        self.boxes["preview"].post(self.show.picture(), now_ns)

    def perform(self, stop: Event, *, visits: bool = False) -> None:
        """Play until told to stop."""
        heard = [RequestBox(self.boxes[name]) for name in ("desk", "lan_desk")]
        began_s = time.monotonic()
        while not stop.wait(0.1):
            for box in heard:
                for request in box.requests():
                    sys.stderr.write(f"{request}\n")
                    self.show.hear(request)
            if visits:
                self.show.is_visitor = int(time.monotonic() - began_s) % 20 >= 10
            self.post()


@contextmanager
def staged(folder: Path, score: Path = SCORE) -> Iterator[Stage]:
    """A stage with a copy of a score, which may be written; log and timeline have something in them."""
    choreography = folder / score.name
    shutil.copyfile(score, choreography)
    utc_ns = time.time_ns()
    kinds = ("show", "mood", "person", "doors", "worker", "window", "camera", "fault")
    events = [
        {"utc_ns": utc_ns - age * 3600 * S, "kind": kinds[age % len(kinds)], "text": f"{age} hours ago"}
        for age in range(30, -1, -1)
    ]
    (folder / TIMELINE).write_text("".join(json.dumps(event) + "\n" for event in events))
    (folder / LOG).write_text("".join(f"line {number}\n" for number in range(500)))
    sizes = {"frames": capacity(SIDE_PX), "preview": capacity(SIDE_PX)}
    with ExitStack() as stack:
        boxes = {
            name: stack.enter_context(closing(SharedLatest.create(sizes.get(name, CAPACITY))))
            for name in Wires.__dataclass_fields__
        }
        stage = Stage(FakeShow(choreography), folder, boxes)
        running = {"pid": os.getpid(), "wires": asdict(stage.wires), "desk": None}
        (folder / RUNNING).write_text(json.dumps(running))
        yield stage
        (folder / RUNNING).unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--token")
    parser.add_argument(
        "--folder", type=Path, help="Where state, log and score are; XDG_STATE_HOME/living-portrait."
    )
    parser.add_argument("--visitor", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portrait-stage-")))
        if options.folder is not None:
            folder = options.folder
            folder.mkdir(parents=True, exist_ok=True)
        stage = stack.enter_context(staged(folder))
        stage.post()
        stop = Event()
        stack.callback(stop.set)
        Thread(target=stage.perform, args=(stop,), kwargs={"visits": options.visitor}, daemon=True).start()
        board = Board.attached(stage.wires, stack)
        desk_box = stack.enter_context(closing(SharedLatest.attached(stage.wires.desk)))
        faces = stack.enter_context(Faces(Sitter(WEIGHTS, 15)))
        desk = Desk(board, RequestPost(desk_box).post, faces, stage.timeline)
        listening = bound(options.host, options.port)
        sys.stderr.write(f"http://{options.host}:{options.port}/  {stage.show.choreography}\n")
        server_of(desk_app(desk, options.token)).run(sockets=[listening])


if __name__ == "__main__":
    main()
