"""Who looks after the worker: it is started, judged, ended, and started again, for months.

All of it in the loop that shows the picture, and nothing of it waits.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from installation.errors import InputError
from installation.ports import NANOSECONDS, Frame
from installation.stage.shared import SharedLatest
from installation.stage.vigil import Patience
from installation.supervision.hand import Hand, Target
from installation.supervision.judge import (
    DONE,
    WRONG_INPUT,
    Restarts,
    Signs,
    cause_of_death,
    trouble_of,
)
from installation.supervision.safety import safe
from installation.supervision.wires import Wires
from installation.supervision.worker import Task

LEAVE_S, END_S = 3.0, 3.0  # for a worker that is asked to leave, and for one that is ended
LEAVES: Final = "leaves safe mode"
STEADY_NS: Final = 60 * NANOSECONDS  # what has played for so long is as good as new
PATIENCE: Final = Patience()

Event = Callable[[str, str], None]  # kind and text, for the timeline


class Care:
    """Of a worker and of those that follow it."""

    def __init__(
        self,
        task: Task,
        wires: Wires,
        frames: SharedLatest,
        target: Target,
        *,
        say: Callable[[str], None],
        note: Event,
        is_attended: bool,
    ) -> None:
        """`frames` is the mailbox that the worker posts to. Where it is attended, there is somebody who can
        put right what it is to play.
        """
        self.bell, self._rung = socket.socketpair()
        self.bell.setblocking(False)
        self.trouble = ""  # the latest, in a line
        self.num_restarts = 0
        self.since_utc_ns = time.time_ns()
        self.is_done = False
        self.resume: dict[str, Any] = dict(task.resume)
        self.restarts = Restarts()
        self._task, self._wires, self._frames, self._target = task, wires, frames, target
        self._say, self._note, self._is_attended = say, note, is_attended
        self._began_ns = time.monotonic_ns()
        self._hand: Hand | None = None
        self._signs = Signs(0)
        self._due_ns = self._plays_ns = 0  # when it is started again; since when it plays
        self._reason = ""  # for which it was killed
        self._has_shown = False

    # -- how it is

    @property
    def state(self) -> str:
        if self._hand is None:
            return "restarting" if self.num_restarts else "starting"
        if self._signs.framed_ns is None:
            return "restarting" if self.num_restarts else "starting"
        return "safe mode" if self.restarts.is_safe else "playing"

    @property
    def pid(self) -> int | None:
        return self._hand.pid if self._hand else None

    @property
    def is_begun(self) -> bool:
        """Whether the worker there is has drawn a frame."""
        return self._hand is not None and self._signs.framed_ns is not None

    @property
    def waited_for(self) -> list[Any]:
        """What is ready when there is something to do."""
        return [self.bell] if self._hand is None else [self.bell, self._hand.process.sentinel]

    def framed(self, frame: Frame, digest: Callable[[], int], now_ns: int) -> None:
        """It has drawn a frame. The digest is only asked for once in a while."""
        if self._signs.framed_ns is None:
            self._note("worker", "plays" if self.num_restarts == 0 else "plays again")
            self.since_utc_ns, self._plays_ns = time.time_ns(), now_ns
        self._has_shown = True
        self._signs = self._signs.framed(now_ns)
        if self._signs.is_due(now_ns):
            may_stand = frame.is_dark or frame.is_still
            self._signs = self._signs.looked_at(None if may_stand else digest(), now_ns)

    # -- one turn

    def tend(self, now_ns: int) -> bool:
        """Is it well, has it ended, is another one to be started? → whether one has ended.

        Raises:
            InputError: what it is to play cannot be played, and there is somebody to tell it to.
        """
        if self._hand is None:
            if now_ns >= self._due_ns and not self.is_done:
                self._begin(now_ns)
            return False
        code = self._hand.code
        if code is not None:
            self._bury(self._hand, code, now_ns)
            return True
        if self._reason:
            return False  # it is killed already, and may take its time
        self._reason = trouble_of(self._signs, now_ns)
        if self._reason:
            self._hand.process.kill()
        elif self.is_begun and self.restarts.num_tries and now_ns - self._plays_ns >= STEADY_NS:
            self.restarts = self.restarts.steady()
        if self.restarts.is_calm(now_ns):
            self.free("after a calm time")
        return False

    def free(self, why: str) -> None:
        """Leave safe mode, if it is in it: what was wanted is tried again."""
        if self.restarts.is_safe:
            self._say(f"worker: {why} what was wanted is tried again")
            self._note("worker", "out of safe mode")
            self.restarts = Restarts()
            self._due_ns = 0
            if self._hand is not None:
                self._reason = LEAVES
                self._hand.process.kill()  # it might not hear anything else

    def _begin(self, now_ns: int) -> None:
        task = replace(self._task, resume=self.resume, seconds=self._seconds(now_ns))
        if self.restarts.is_safe:
            task = replace(task, show=safe(task.show), resume={})
        try:
            self._hand = Hand(self._target, task, self._wires, self._rung, self._say)
        except OSError as error:  # no memory for another process, no descriptor
            self._fail(f"cannot be started ({error.strerror})", now_ns)
            return
        self._signs, self._reason = Signs(now_ns), ""
        self.since_utc_ns = time.time_ns()

    def _seconds(self, now_ns: int) -> float | None:
        """How long it still has to play, of a show that ends by itself."""
        if self._task.seconds is None:
            return None
        return max(0.001, self._task.seconds - self._away_s(now_ns))

    def _away_s(self, now_ns: int) -> float:
        return (now_ns - self._began_ns) / NANOSECONDS if self._has_shown else 0.0

    def _bury(self, hand: Hand, code: int, now_ns: int) -> None:
        """It has ended. Nothing of what it drew, of whomever, stays where it lay."""
        self._hand = None
        words = hand.let_go()
        self._frames.wipe()
        if code == DONE and self._task.seconds is not None:
            self.is_done = True
            return
        if code == WRONG_INPUT and self._is_attended and not self._has_shown:
            raise InputError(words)
        reason = self._reason or cause_of_death(code, words)
        if reason == LEAVES:
            return
        self._fail(reason, now_ns, is_hopeless=code == WRONG_INPUT)

    def _fail(self, reason: str, now_ns: int, *, is_hopeless: bool = False) -> None:
        """It has gone wrong: another one, now or a little later; after too many, or where another one would
        go wrong as well, in safe mode.
        """
        was_safe = self.restarts.is_safe
        self.num_restarts += 1
        self.trouble, self.since_utc_ns = reason, time.time_ns()
        self.restarts = self.restarts.crashed(now_ns)
        if is_hopeless and not was_safe:
            self.restarts = self.restarts.made_safe(now_ns)
        pause_ns = self.restarts.pause_ns(PATIENCE)
        self._due_ns = now_ns + pause_ns
        again = f"in {pause_ns / NANOSECONDS:g} s" if pause_ns else "now"
        self._say(f"worker: {reason}; started again {again}")
        self._note("fault", f"worker: {reason}")
        if self.restarts.is_safe and not was_safe:
            self._say("worker: safe mode: the shipped weights and choreography, on the processor, no camera")
            self._note("worker", "safe mode")

    # -- the end

    def close(self, quit_: Callable[[], None]) -> None:
        """Have it leave: it is asked, then told, then ended."""
        hand, self._hand = self._hand, None
        if hand is not None:
            process = hand.process
            if self._signs.framed_ns is not None:  # else nobody would hear
                quit_()
                process.join(LEAVE_S)
            if process.is_alive():
                process.terminate()
                process.join(END_S)
            if process.is_alive():
                process.kill()
                process.join(END_S)
            hand.let_go()
        self.bell.close()
        self._rung.close()
