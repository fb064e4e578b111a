"""Saves of every kind while a show plays: the newest good one plays from the next gesture, and nothing else.

    python -m tests.saves 300

Real files, threads and time; only the networks are stand-ins. Every save carries its name in the title and is
compared as a whole: a part of one is often a score too, and would be found out.
"""

import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import Condition, Event, Thread

from installation import app
from installation.errors import InputError
from installation.notation.document import parse_choreography
from installation.notation.problems import InvalidScore
from installation.performance import Performance
from installation.portrait import Pose
from installation.ports import NANOSECONDS, Command, Frame, Request, Tick
from installation.reload import Offer, Reload
from installation.score.choreography import Choreography, Who
from installation.stage.pacing import Pacer, SystemClock
from installation.stage.watch import SETTLE_NS
from models.action_units import ACTION_UNITS
from tests.installation.fakes import anchor, performance_of

Figures = dict[str, float | int | str | bool]

FPS = 60
WAIT_S = 20.0  # what has not happened by then does not
PAUSE_S = (0.01, 0.2)  # between the parts of a save
SETTLE_S = SETTLE_NS / NANOSECONDS
PLAYING_ON = "playing on"


# -- what is saved


def text_of(name: str, dice: random.Random) -> bytes:
    """A good score of a random length; it is one also where it ends after any line from its moods on."""
    strength = round(dice.uniform(0.1, 1), 4)
    units = dice.sample(ACTION_UNITS, dice.randint(2, 20))
    gestures = [f"  g{k}: {{aus: {{AU{unit:02}: {strength}}}}}" for k, unit in enumerate(units)]
    lines = [
        "version: 1",
        f"title: {name}",
        f"person: {dice.randint(1, 3)}",
        "defaults: {onset: 0.1s..0.2s, hold: 0s..0.1s, motion: expressive}",
        "gestures:",
        *gestures,
        "moods:",
        f"  day: {{gestures: {{g0: 1, g{len(units) - 1}: {dice.randint(1, 9)}}}, dwell: 1s..5s}}",
        f"  night: {{gestures: {{g1: 1}}, person: {dice.randint(1, 3)}}}",
        f"life: {{blinks: {dice.randint(1, 30)}}}",
        "cues:",
        *(
            f'  - {{at: "{dice.randint(0, 23):02}:{minute:02}", do: g0}}'
            for minute in range(dice.randint(1, 9))
        ),
        f"# the end of {name}\n",
    ]
    return "\n".join(lines).encode()


def wrong_text(name: str, dice: random.Random) -> bytes:
    """One that nobody can play: broken YAML, an unknown unit, half a file, no text, nothing."""
    good = text_of(name, dice)
    moods = good.index(b"moods")
    broken = (good + b"\tx: {", good.replace(b"AU", b"UA", 1), good[:moods], good + b"\xff\xfe", b"")
    return dice.choice(broken)


# -- the ways to save


@dataclass
class Editor:
    """Somebody who saves a file, each time in another way."""

    path: Path
    dice: random.Random
    longest_pause_s: float = 0.0  # that a save was left half done

    def in_place(self, raw: bytes) -> None:
        self.path.write_bytes(raw)

    def rename(self, raw: bytes) -> None:
        temporary = self.path.with_name(f".{self.path.name}.swp")
        temporary.write_bytes(raw)
        os.replace(temporary, self.path)

    def delete_and_recreate(self, raw: bytes) -> None:
        self.path.unlink()
        time.sleep(self.dice.choice((0, 0.05, 0.5)))
        self.path.write_bytes(raw)

    def in_parts(self, raw: bytes) -> None:
        num_parts = min(self.dice.randint(5, 20), max(1, len(raw)))
        cuts = [0, *sorted(self.dice.sample(range(1, len(raw)), num_parts - 1)), len(raw)]
        with self.path.open("wb", buffering=0) as file:
            for start, end in pairwise(cuts):
                file.write(raw[start:end])
                paused = time.monotonic()
                time.sleep(self.dice.uniform(*PAUSE_S))
                self.longest_pause_s = max(self.longest_pause_s, time.monotonic() - paused)

    def through_link(self, raw: bytes) -> None:
        target = self.path.parent / "elsewhere" / "target.yaml"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(raw)
        if not (self.path.is_symlink() and self.path.readlink() == target):
            self._link(self.path, target)

    def swapped_folder(self, raw: bytes) -> None:
        """As settings come into a container: the file leads through a folder that is itself a link."""
        current = self.path.parent / "current"
        folder = Path(tempfile.mkdtemp(dir=self.path.parent))
        (folder / self.path.name).write_bytes(raw)
        self._link(current, folder)
        if not (self.path.is_symlink() and self.path.readlink() == current / self.path.name):
            self._link(self.path, current / self.path.name)

    @staticmethod
    def _link(path: Path, target: Path) -> None:
        temporary = path.with_name("link.tmp")
        temporary.symlink_to(target)
        os.replace(temporary, path)

    def ways(self) -> dict[str, Callable[[bytes], None]]:
        return {
            "in place": self.in_place,
            "rename": self.rename,
            "delete and re-create": self.delete_and_recreate,
            "in parts": self.in_parts,
            "through a link": self.through_link,
            "swapped folder": self.swapped_folder,
        }


# -- the show


@dataclass
class Log:
    """What has happened in the show; whoever waits is told."""

    changed: Condition = field(default_factory=Condition)
    playing: str = ""
    said: list[str] = field(default_factory=list)
    offered: list[Choreography] = field(default_factory=list)
    num_late: int = 0  # scores that did not begin to play at the first boundary after they were handed over

    def say(self, message: str) -> None:
        with self.changed:
            self.said.append(message)
            self.changed.notify_all()

    def wait_for(self, is_so: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(is_so, WAIT_S)


class Watched(Performance):
    """A performance that logs."""

    def __init__(self, first: Choreography, log: Log) -> None:
        inner = performance_of(first)
        super().__init__(inner.conductor, inner.portrait, inner.synthesizer)
        self.log, self.due = log, 0

    def offer(self, score: Choreography, seed: int, people: Mapping[Who, Pose], resident: Who) -> None:
        self.log.offered.append(score)
        self.due = self.phrase.number + 1 if self.phrase else 0
        super().offer(score, seed, people, resident)

    def step(self, tick: Tick) -> Frame:
        frame, log = super().step(tick), self.log
        assert self.phrase is not None
        if log.offered and self.phrase.number >= self.due and self.conductor.score is not log.offered[-1]:
            log.num_late += 1
        if self.conductor.score.title != log.playing:
            with log.changed:
                log.playing = self.conductor.score.title
                log.changed.notify_all()
        return frame


class Audience:
    """A sink that leaves when it is told to."""

    def __init__(self) -> None:
        self.leaves = Event()

    def show(self, frame: Frame) -> None: ...

    def requests(self) -> Iterator[Request]:
        return iter([Command.QUIT] if self.leaves.is_set() else [])

    def close(self) -> None: ...


def read(raw: bytes) -> Offer:
    try:
        score = parse_choreography(raw, "score.yaml")
    except InvalidScore as invalid:
        raise InputError(str(invalid)) from None
    people = {who: replace(anchor(), ws=anchor().ws + 0.1 * int(who)) for who in score.people}
    return Offer(score, 0, people, score.person or 1)


# -- the run


@dataclass
class Run:
    """Saves, one after the other, and what came of them."""

    editor: Editor
    log: Log
    dice: random.Random
    good: dict[str, bytes]
    starved: set[str] = field(
        default_factory=set
    )  # saves whose writer was kept waiting: complete, for all we know
    num_wrong: int = 0
    seconds: list[float] = field(default_factory=list)

    def save(self, name: str, kind: str) -> None:
        """Save in that way, and wait for what has to come of it."""
        if kind == "wrong":
            self._save_wrong(name)
            return
        for title in (f"{name}, first", name) if kind == "two at once" else (name,):
            self.good[title] = text_of(title, self.dice)
            self._write(title, self.good[title], kind)
        saved = time.monotonic()
        if self.log.wait_for(lambda: self.log.playing == name):
            self.seconds.append(time.monotonic() - saved)
        else:
            self.num_wrong += 1

    def _save_wrong(self, name: str) -> None:
        playing, num_said = self.log.playing, len(self.log.said)
        self._write(name, wrong_text(name, self.dice), "wrong")
        is_told = self.log.wait_for(lambda: any(PLAYING_ON in line for line in self.log.said[num_said:]))
        self.num_wrong += not (is_told and self.log.playing == playing)

    def _write(self, title: str, raw: bytes, kind: str) -> None:
        ways = self.editor.ways()
        self.editor.longest_pause_s = 0
        ways.get(kind, self.dice.choice(list(ways.values())))(raw)
        if self.editor.longest_pause_s > SETTLE_S:
            self.starved.add(title)

    def num_foreign(self) -> int:
        """Scores that were handed over and are none of those that were saved; or not in their order."""
        complete = {title: parse_choreography(raw, "score.yaml") for title, raw in self.good.items()}
        judged = [score for score in self.log.offered if score.title not in self.starved]
        order = [list(complete).index(score.title) for score in judged if score.title in complete]
        return sum(complete.get(score.title) != score for score in judged) + (order != sorted(set(order)))


def saves(num: int, seed: int = 7) -> Figures:
    """So many saves while a show plays."""
    log, dice = Log(), random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "score.yaml"
        first = text_of("the first", dice)
        path.write_bytes(first)
        editor, audience = Editor(path, dice), Audience()
        run = Run(editor, log, dice, {"the first": first})
        kinds = [*editor.ways(), "wrong", "two at once"]
        counts = Counter(kinds[number % len(kinds)] for number in range(num))
        with Reload(path, first, read, log.say) as following:
            show = Watched(parse_choreography(first, "score.yaml"), log)
            pacer = Pacer(SystemClock(), FPS)
            loop = Thread(target=app.play, args=(show, audience, pacer, None, following), daemon=True)
            loop.start()
            for number in range(num):
                run.save(f"save {number}", kinds[number % len(kinds)])
            audience.leaves.set()
            loop.join(WAIT_S)
    is_lost = loop.is_alive() or any("no longer watched" in line for line in log.said)
    return {
        "saves": num,
        "kinds": ", ".join(f"{kind} {counts[kind]}" for kind in kinds),
        "wrong": run.num_wrong + run.num_foreign() + log.num_late + is_lost,
        "starved": len(run.starved),
        "median_s": round(median(run.seconds), 3) if run.seconds else -1.0,
        "slowest_s": round(max(run.seconds, default=-1.0), 3),
    }


if __name__ == "__main__":
    print(json.dumps(saves(int(sys.argv[1])), indent=1))
