"""An encounter from its beginning to its end, as a film and on a sheet: for eyes to judge.

    python -m tests.encounter_film build/prove

`record --webcam` plays it before the video of tests/clip.py; what is drawn on the sheet are its own frames.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from installation import app
from installation.performance import Performance
from installation.ports import NANOSECONDS, Command, Frame, Image, Sink
from installation.score.encounter import Stage
from installation.stage.pictures import Cell, Row, contact_sheet, resize, write
from models.alignment import FaceFinder, align
from run_installation import entry
from tests.clip import COLLINS, HOPPER, Script, Sitter, encounter, make_clip, picture, seconds_of

Figures = dict[str, float | int | str | bool]

S: Final = NANOSECONDS
FPS: Final = 12
SHEET_PX: Final = 256
# One gesture after another, each for a while: it is the face that is to be judged, not the score.
SCORE: Final = """
version: 1
title: three gestures
seed: 1
defaults: {onset: 1s, hold: 5s, motion: expressive}
gestures:
  rest: {emotion: neutral}
  happy: {emotion: happy}
  surprised: {emotion: surprised}
  sad: {emotion: sad}
moods:
  day: {gestures: {rest: 1, happy: 1, surprised: 1, sad: 1}, choose: cycle}
visitor: {stay: 30s}
"""


@dataclass(slots=True)
class Seen:
    """A frame of the show, and what was going on."""

    t_ns: int
    stage: Stage
    gesture: str
    image: Image = field(repr=False)


class Watcher:
    """A sink before another one, which keeps a frame each half second."""

    def __init__(self, performance: Performance, sink: Sink) -> None:
        self.performance, self.sink = performance, sink
        self.seen: list[Seen] = []

    def show(self, frame: Frame) -> None:
        self.sink.show(frame)
        visit, phrase = self.performance.visit, self.performance.phrase
        assert visit is not None and phrase is not None
        if not self.seen or frame.t_ns - self.seen[-1].t_ns >= S // 2:
            image = resize(frame.image, (SHEET_PX, SHEET_PX)).copy()
            self.seen.append(Seen(frame.t_ns, visit.encounter.stage, phrase.gesture, image))

    def requests(self) -> "Sequence[Command]":
        return tuple(self.sink.requests())

    def close(self) -> None:
        self.sink.close()


def filmed(folder: Path, output: Path, script: Script) -> list[Seen]:
    """Record the show before this video; → what was seen."""
    clip, score = folder / "visitor.mp4", folder / "gestures.yaml"
    make_clip(clip, script)
    score.write_text(SCORE)
    watchers: list[Watcher] = []
    play = app.play

    def watched(performance: Performance, sink: Sink, *rest: Any) -> None:
        watchers.append(Watcher(performance, sink))
        play(performance, watchers[0], *rest)

    app.play = watched
    try:
        options = ["--webcam", str(clip), "--choreography", str(score), "--fps", str(FPS)]
        seconds = str(seconds_of(script))
        code = entry(["record", str(output), *options, "--seconds", seconds, "--size", "512"])
    finally:
        app.play = play
    assert code == 0
    return watchers[0].seen


def row_of(sitter: Sitter, script: Script, seen: Sequence[Seen], finder: FaceFinder) -> Row:
    """The visitor, themselves turning into it, three gestures as them, and the resident again."""
    living = [one for one in seen if one.stage is Stage.LIVING]
    turning = [one for one in seen if one.stage is Stage.TURNING]
    going = [one for one in seen if one.stage is Stage.LETTING_GO]
    looking = [one for one in seen if one.stage in (Stage.ENGAGED, Stage.PROJECTING)]
    before = [one for one in looking if not turning or one.t_ns < turning[0].t_ns]
    after = [one for one in seen if one.t_ns > (going or living or seen)[-1].t_ns]
    moment_s = (before or seen)[-1].t_ns / S
    crop = align(picture(script, moment_s), finder).image
    cells = [Cell(crop, "the visitor", f"{moment_s:.1f} s")]
    cells += [_cell(one, "before") for one in before[-1:]]
    cells += [_cell(one, "turning") for one in turning[len(turning) // 2 :][:1]]
    for gesture in ("rest", "happy", "surprised", "sad"):
        played = [one for one in living if one.gesture == gesture]
        held = [a for a, b in zip(played, played[4:], strict=False) if b.t_ns - a.t_ns < 3 * S]
        cells += [_cell(one, gesture) for one in (held or played)[-1:]]
    cells += [_cell(one, "afterwards") for one in after[-1:]]
    return Row(sitter.name, (), cells)


def _cell(one: Seen, name: str) -> Cell:
    return Cell(one.image, name, f"{one.t_ns / S:.1f} s")


def films(folder: Path, sitters: Sequence[Sitter] = (COLLINS, HOPPER)) -> Figures:
    """encounter_NAME.mp4 of each, and encounter.png."""
    finder, rows, figures = FaceFinder(), [], Figures()
    for sitter in sitters:
        script = encounter(sitter, stay_s=50)
        with tempfile.TemporaryDirectory(prefix="portrait-") as name:
            seen = filmed(Path(name), folder / f"encounter_{sitter.name.lower()}.mp4", script)
        stages = list(dict.fromkeys(one.stage.value for one in seen))
        figures[f"{sitter.name}_stages"] = ", ".join(stages)
        figures[f"{sitter.name}_was_taken_up"] = Stage.LIVING.value in stages
        figures[f"{sitter.name}_resident_is_back"] = _is_like(seen[-1].image, seen[2].image, seen)
        rows.append(row_of(sitter, script, seen, finder))
    write(folder / "encounter.png", contact_sheet("An encounter", rows))
    figures["holds"] = all(figures[key] for key in figures if not key.endswith("_stages"))
    return figures


def _is_like(image: Image, other: Image, seen: Sequence[Seen]) -> bool:
    """Nearer to the other than to anything that was shown as the visitor."""
    as_visitor = [one.image for one in seen if one.stage is Stage.LIVING]
    return _distance(image, other) < min((_distance(image, one) for one in as_visitor), default=0.0)


def _distance(image: Image, other: Image) -> float:
    return float(np.abs(image.astype(np.float32) - other).mean())


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    films(Path(sys.argv[1]))
