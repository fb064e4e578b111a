"""The worker: the process that draws. It may hang, crash or be killed at any instant, and leaves nothing.

What it is told lies in a `Task`; what connects it, in `Lines`. It ends with a code that says why.
"""

import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NoReturn

from installation.errors import InputError
from installation.options import Show
from installation.ports import Frame, Remote, Request
from installation.score.resume import resume_in
from installation.site import Site
from installation.stage.child import cause_of, die_with_parent
from installation.stage.shared import SharedLatest
from installation.supervision.frames import packed
from installation.supervision.judge import DONE, FAULT, NO_GPU, NO_MEMORY, WRONG_INPUT
from installation.supervision.requests import RequestBox
from installation.supervision.wires import Wires

OOM_STEP: Final = 300  # of a thousand: so much sooner than its parent it is to go where memory runs out
OOM_MOST: Final = 1000
MOST_WORDS: Final = 4096  # bytes of its last words


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be played."""

    show: Show
    site: Site
    fps: float
    seconds: float | None = None
    resume: dict[str, Any] = field(default_factory=dict)  # as of the status; nothing: from the beginning


@dataclass(frozen=True, slots=True)
class Lines:
    """What connects it with its parent, beside the mailboxes. None of them can make it wait."""

    wires: Wires
    bell: socket.socket  # rung for each frame
    words: Connection  # its last ones
    output: Connection | None  # where everything goes that it, or a library, prints; None: as its parent's


class FrameSink:
    """A Sink that is a mailbox and a bell."""

    def __init__(self, frames: SharedLatest, bell: socket.socket) -> None:
        self._frames, self._bell = frames, bell

    def show(self, frame: Frame) -> None:
        self._frames.post(packed(frame), time.monotonic_ns())
        with suppress(OSError):  # it is full: it has been rung
            self._bell.send(b"\1")

    def requests(self) -> Iterator[Request]:
        return iter(())

    def close(self) -> None:
        pass


Play = Callable[[Task, FrameSink, list[Remote], SharedLatest], None]  # the last is where the status goes


def work(task: Task, lines: Lines, play: Play | None = None) -> NoReturn:
    """The process, from its start to its end."""
    settle(lines.output)
    try:
        with ExitStack() as stack:
            wires = lines.wires
            frames, status, *asked = (
                stack.enter_context(closing(SharedLatest.attached(name)))
                for name in (wires.frames, wires.status, wires.keys, wires.desk, wires.lan_desk)
            )
            remotes: list[Remote] = [RequestBox(mailbox) for mailbox in asked]
            lines.bell.setblocking(False)
            (play or perform)(task, FrameSink(frames, lines.bell), remotes, status)
        code = DONE
    except KeyboardInterrupt:
        code = DONE
    except InputError as error:
        code = WRONG_INPUT
        tell(lines.words, str(error))
    except BaseException as error:
        traceback.print_exc()
        code = code_of(error)
        tell(lines.words, cause_of(error))
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code)  # at once: all is closed, and what was imported needs seconds to be taken down


def perform(task: Task, sink: FrameSink, remotes: list[Remote], status: SharedLatest) -> None:
    """The show itself."""
    from installation import app

    resume = resume_in(task.resume) if task.resume else None
    app.perform(task.show, task.site, task.fps, task.seconds, sink, remotes, status, resume)


def settle(output: Connection | None) -> None:
    """Of an interruption by the keyboard the parent learns, and asks this one to leave."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if output is not None:
        for number in (1, 2):
            os.dup2(output.fileno(), number)
        output.close()
    go_first()
    die_with_parent()


def go_first() -> None:
    """Where memory runs out, the system is to end this process, and not its parent (Linux)."""
    score = Path("/proc/self/oom_score_adj")
    with suppress(OSError, ValueError):
        score.write_text(str(min(int(score.read_text()) + OOM_STEP, OOM_MOST)))


def code_of(error: BaseException) -> int:
    """What a fault is taken for, by its kind and words; PyTorch is not imported for it."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = str(error)
    if "OutOfMemoryError" in kinds or isinstance(error, MemoryError):
        return NO_MEMORY
    if "AcceleratorError" in kinds or any(word in text for word in ("CUDA", "cuDNN", "CUBLAS", "NVML")):
        return NO_GPU
    return FAULT


def tell(words: Connection, text: str) -> None:
    with suppress(OSError):
        words.send_bytes(text.encode(errors="replace")[:MOST_WORDS])
