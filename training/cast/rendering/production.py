"""Rendering a split: studios in processes of their own, one ledger here.

Subjects are handed out whole, because what their pictures share (hair, skin, the neutral face) is made once.
A worker writes a picture and reports its line; only this process writes the manifest. Whatever ends a run,
the same command goes on where it stopped.
"""

import multiprocessing
import os
import queue
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, Self

from tqdm import tqdm

from training.cast.actions import actions_for
from training.cast.head.model import HeadModel
from training.cast.rendering.entries import picture_entry
from training.cast.rendering.ledger import Ledger
from training.cast.rendering.overlay import lay_face_over, write_jpeg
from training.cast.rendering.splits import Subject, subject_of

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event

    from training.cast.rendering.studio import Studio

POLL_S: Final = 0.2  # how often the clock and the workers are looked at
THREADS: Final = 1  # Cycles' threads a worker: two jobs render more than one job on two threads


class ProductionError(Exception):
    """A worker that could not go on; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to render, and how."""

    split: str
    first: int  # subject
    last: int  # the subject before which to stop
    out: Path  # the cast's folder
    head: Path  # the head model
    size: int  # px
    samples: int  # a pixel


@dataclass(frozen=True, slots=True)
class Task:
    """The pictures of one subject that are missing."""

    subject: int
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Report:
    """From a worker: the line of a picture that is on the disk, or what went wrong."""

    entry: dict[str, Any] | None = None
    failure: str = ""


def render_split(order: Order, jobs: int, minutes: float) -> int:
    """Render what is missing; returns how many pictures still are, if there was not the time.

    Stops after `minutes`, or on Ctrl-C, as soon as the pictures in progress are done. Raises ProductionError.
    """
    ledger = Ledger(order.out, order.split)
    tasks = missing_tasks(order, ledger)
    names = {name for task in tasks for name in task.names}
    if not names:
        return 0
    ledger.make_room(names)
    deadline_s = time.monotonic() + 60 * minutes
    bar = tqdm(total=len(names), desc=order.split, unit="picture", file=sys.stderr)
    with bar, _Workers(order, tasks, min(jobs, len(tasks))) as workers:
        for entry in workers.entries(deadline_s):
            ledger.add(entry)
            names.remove(entry["name"])
            bar.update()
    return len(names)


def missing_tasks(order: Order, ledger: Ledger) -> list[Task]:
    """What is left to do of an order."""
    tasks = []
    for number in range(order.first, order.last):
        takes = subject_of(order.split, number).takes
        missing = frozenset(take.name for take in takes if not ledger.is_done(take.name))
        if missing:
            tasks.append(Task(number, missing))
    return tasks


class _Workers:
    """Processes that render their shares of the tasks, until they are through or told to stop."""

    def __init__(self, order: Order, tasks: Sequence[Task], jobs: int) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers' numpy: a job is to take one core
        context = multiprocessing.get_context("spawn")  # Blender does not survive a fork
        self._reports: Queue[_Report] = context.Queue()
        self._stop: Event = context.Event()
        self._is_interrupted = False
        self._processes = [
            context.Process(target=_work, args=(order, tasks[job::jobs], self._reports, self._stop))
            for job in range(jobs)
        ]

    def __enter__(self) -> Self:
        # Ctrl-C reaches the whole process group. Workers inherit that it is ignored; we tell them.
        self._handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in self._processes:
            process.start()
        signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody is there any more, unless an exception leads here."""
        signal.signal(signal.SIGINT, self._handler)
        for process in self._processes:
            process.kill()
            process.join()

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        """The first Ctrl-C waits for the pictures in progress, the second does not."""
        if self._is_interrupted:
            raise KeyboardInterrupt
        self._is_interrupted = True

    def entries(self, deadline_s: float) -> Iterator[dict[str, Any]]:
        """The pictures' lines as they come. What a worker failed at is raised when the others are done."""
        failure = ""
        is_anyone_there = True
        while is_anyone_there:
            if self._is_interrupted or failure or time.monotonic() >= deadline_s:
                self._stop.set()
            is_anyone_there = any(process.is_alive() for process in self._processes)
            for report in self._new_reports():
                if report.entry is not None:
                    yield report.entry
                failure = failure or report.failure
        exit_codes = [process.exitcode for process in self._processes if process.exitcode]
        if failure or exit_codes:
            raise ProductionError(failure or f"a renderer ended with the exit code {exit_codes[0]}")

    def _new_reports(self) -> Iterator[_Report]:
        """Those that are there, or come within POLL_S of the one before."""
        try:
            while True:
                yield self._reports.get(timeout=POLL_S)
        except queue.Empty:
            return


# -- in a worker ---------------------------------------------------------------------------------------------


def _work(order: Order, tasks: Sequence[Task], reports: "Queue[_Report]", stop: "Event") -> None:
    _silence_standard_output()
    where = "before the first picture"
    parent = multiprocessing.parent_process()

    def is_over() -> bool:
        return stop.is_set() or not (parent and parent.is_alive())

    try:
        from training.cast.rendering.studio import Studio

        studio = Studio(HeadModel.load(order.head), order.size, order.samples, THREADS)
        for task in tasks:
            if is_over():
                return
            where = f"{order.split}, subject {task.subject}"
            for entry in render_subject(studio, order, subject_of(order.split, task.subject), task.names):
                reports.put(_Report(entry))
                if is_over():
                    return
    except Exception as error:
        what = "" if isinstance(error, OSError) else f"\n{traceback.format_exc()}"
        reports.put(_Report(failure=f"{where}: {error}{what}"))


def render_subject(
    studio: "Studio", order: Order, subject: Subject, names: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """Take the named pictures of a subject; yields each one's line when the picture is on the disk."""
    neutral = None
    for take in subject.takes:
        if take.name not in names:
            continue
        rectangle = None
        if take.is_face_only:
            neutral = neutral or studio.shoot(subject.sitting, {})
            rectangle = neutral.face
        actions = actions_for(take.units)
        shot = studio.shoot(take.sitting, actions, rectangle)
        picture = shot.picture
        if neutral and rectangle:
            picture = lay_face_over(neutral.picture, picture, rectangle)
        elif take.sitting == subject.sitting and not take.units:
            neutral = shot
        write_jpeg(order.out / subject.split / f"{take.name}.jpg", picture)
        yield picture_entry(subject, take, actions, order.size, rectangle, shot.landmarks)


def _silence_standard_output() -> None:
    """Blender tells there of every picture, from C, where Python cannot redirect it; standard error stays."""
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
