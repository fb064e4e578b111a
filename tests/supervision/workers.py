"""Workers that draw grey squares: little to import, for they are started by the dozen."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from installation.errors import InputError
from installation.ports import NANOSECONDS, Command, Frame, Remote
from installation.score.choreography import Who
from installation.score.resume import Resume, as_json
from installation.stage.shared import SharedLatest
from installation.supervision.hand import Target
from installation.supervision.worker import FrameSink, Task, work
from models.action_units import NUM_AUS
from models.controls import NUM_CONTROLS

SIDE: Final = 16
FPS: Final = 60
DARKEST, LIGHTEST = 150, 200  # grey levels of the resident
VISITOR: Final = 255  # of a visitor: nothing else is as light
DIMMED: Final = 100  # no picture of the resident is darker, the dimmed ones neither


def grey(number: int) -> int:
    """The resident, who moves."""
    return DARKEST + number % (LIGHTEST - DARKEST + 1)


def picture(level: int) -> np.ndarray:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def plays(
    task: Task, sink: FrameSink, remotes: list[Remote], status: SharedLatest, *, draw: Callable[[int], Frame]
) -> None:
    """Until it is asked to leave, or its time is over."""
    started_s, number = time.monotonic(), 0
    while task.seconds is None or time.monotonic() - started_s < task.seconds:
        if any(request is Command.QUIT for remote in remotes for request in remote.requests()):
            return
        sink.show(draw(number))
        if number % 10 == 0:
            told = {"version": 1, "playing": {"mood": "grey"}, "resume": as_json(kept(number))}
            status.post(json.dumps(told).encode(), time.monotonic_ns())
        number += 1
        time.sleep(1 / FPS)


def kept(number: int, person: Who | None = None) -> Resume:
    """Where a show stands after so many phrases."""
    now_ns = time.time_ns()
    return Resume(
        utc_ns=now_ns,
        day=time.gmtime(now_ns // NANOSECONDS).tm_yday + 738_000,
        seed=7,
        choreography="s.yaml",
        title="grey",
        mood="grey",
        mood_since_utc_ns=now_ns,
        mood_until_utc_ns=now_ns,
        mood_by="",
        num_phrases=number,
        aus=(0.0,) * NUM_AUS,
        changes=(0.0,) * NUM_CONTROLS,
        person=person,
    )


def resident(number: int) -> Frame:
    return Frame(picture(grey(number)), number)


def visited(number: int) -> Frame:
    """After half a second somebody is taken up, for good."""
    if number < FPS // 2:
        return resident(number)
    return Frame(picture(VISITOR), number, is_private=True)


def stuck(number: int) -> Frame:
    """It does not move, though the show does."""
    return Frame(picture(DARKEST), number)


def still(number: int) -> Frame:
    """It does not move, and is not meant to."""
    return Frame(picture(DARKEST), number, is_still=True)


def dark(number: int) -> Frame:
    return Frame(picture(0), number, is_dark=True)


def short_of_memory(number: int) -> Frame:
    if number == FPS // 4:
        raise MemoryError
    return resident(number)


def without_card(number: int) -> Frame:
    if number == FPS // 4:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    return resident(number)


def refused(number: int) -> Frame:
    raise InputError("s.yaml:3:1: no such gesture")


def read(task: Task, sink: FrameSink, remotes: list[Remote], status: SharedLatest) -> None:
    """The resident, if the choreography can be played."""
    if task.show.choreography.read_bytes().startswith(b"bad"):
        raise InputError(f"{task.show.choreography}:1:1: bad")
    plays(task, sink, remotes, status, draw=resident)


reading: Final = partial(work, play=read)


def drawing(draw: Callable[[int], Frame]) -> Target:
    """What the worker's process runs."""
    return partial(work, play=partial(plays, draw=draw))
