"""Whoever looks after a process that may die, hang or fail: it is ended, and started again, for months.

The loop that shows the portrait waits for none of this: a thread of its own starts, kills and waits, and what
the loop reads is a line. `Minder.look` is one turn of that thread, with the time passed in.
"""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Final, Protocol, Self

from installation.errors import InputError
from installation.stage.vigil import Herald, Judge, Patience, Verdict

LOOK_S: Final = 0.1
END_S: Final = 3  # a process that is killed and in the hands of a driver may take longer: it is left to it


class Process(Protocol):
    """What of `multiprocessing.Process` matters here, once it has been started."""

    @property
    def exitcode(self) -> int | None: ...

    def is_alive(self) -> bool: ...

    def kill(self) -> None: ...

    def join(self, timeout: float | None = None) -> None: ...

    def close(self) -> None: ...


class Minder:
    """Keeps a process going. While it is a context, a thread looks every LOOK_S."""

    def __init__(
        self,
        what: str,
        start: Callable[[], Process],
        judge: Judge,
        say: Callable[[str], None],
        *,
        lose: Callable[[], None] = lambda: None,
        patience: Patience | None = None,
    ) -> None:
        """All of these are called in the thread.

        start  starts a process, or raises an InputError or OSError that says why it cannot
        judge  how the process is; also once it has ended, for its last words
        lose   it has gone wrong, or ended: nothing that it left is to be relied on
        """
        self.trouble = ""  # what the matter is, in a line; "": nothing. Whoever likes may read it
        self._what = what
        self._start, self._judge, self._lose = start, judge, lose
        self._patience = patience or Patience()
        self._herald = Herald(what, say)
        self._process: Process | None = None
        self._is_killed = self._is_resting = False
        self._started_ns = self._due_ns = 0
        self._num_tries = 0
        self._reason = ""
        self._well_ns: int | None = None  # since when it is well
        self._bad_ns: int | None = None  # since when it is in trouble, or was
        self._stop = Event()
        self._thread = Thread(target=self._live, name=what, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, and wait for that, but not for ever."""
        self._stop.set()
        self._thread.join(2 * END_S)

    def rest(self) -> None:
        """Have no process until `wake`: the one there is ends within a turn or two, which is no trouble."""
        self._is_resting = True

    def wake(self) -> None:
        """Keep one going again."""
        self._is_resting = False

    def look(self, now_ns: int) -> None:
        """One turn: is it well, has it ended, is it time to end or to start it?"""
        if self._is_resting:
            self._be_without(now_ns)
            return
        verdict = self._verdict(now_ns)
        if verdict is not None:
            self._note(verdict, now_ns)
        if self._process is None:
            if now_ns >= self._due_ns:
                self._begin(now_ns)
        elif verdict is not None and verdict.trouble and verdict.is_curable and now_ns >= self._due_ns:
            self._process.kill()
            self._is_killed = True
        self._herald.hear(self._reason, now_ns)

    def _be_without(self, now_ns: int) -> None:
        """See to it that it has ended; what was said of it before is taken up again when it is back."""
        self.trouble = ""
        self._well_ns, self._bad_ns, self._num_tries, self._due_ns = None, now_ns, 0, now_ns
        if self._process is not None and not self._is_killed:
            self._process.kill()
            self._is_killed = True
        self._verdict(now_ns)

    def _verdict(self, now_ns: int) -> Verdict | None:
        """How the process is. One that has ended is let go of; one that was killed may take its time."""
        if self._process is None:
            return None
        exitcode = None if self._process.is_alive() else self._process.exitcode
        verdict = None if self._is_killed else self._judge(self._started_ns, now_ns)
        if exitcode is None:
            return verdict
        self._process.close()
        self._process = None
        self._lose()
        if self._is_killed or (verdict is not None and verdict.trouble):
            return verdict
        return Verdict(f"its process has ended ({exitcode})")

    def _note(self, verdict: Verdict, now_ns: int) -> None:
        if verdict.trouble:
            if not self._reason:
                self._bad_ns = now_ns
                self._due_ns = now_ns + self._pause_ns(now_ns)
                self._lose()
            self._well_ns = None
        else:
            self._well_ns = now_ns if self._well_ns is None else self._well_ns
            if now_ns - self._well_ns >= self._patience.steady_ns:
                self._num_tries = 0
        self._reason = verdict.trouble
        self.trouble = f"{self._what}: {verdict.trouble}" if verdict.trouble else ""

    def _begin(self, now_ns: int) -> None:
        try:
            self._process = self._start()
        except (InputError, OSError) as error:
            self._note(Verdict(str(error)), now_ns)
        self._is_killed, self._started_ns = False, now_ns
        self._due_ns = now_ns + self._pause_ns(now_ns)
        self._num_tries += 1

    def _pause_ns(self, now_ns: int) -> int:
        return self._patience.pause_ns(self._num_tries, 0 if self._bad_ns is None else now_ns - self._bad_ns)

    def _live(self) -> None:
        while not self._stop.is_set():
            try:
                self.look(time.monotonic_ns())
            except Exception as error:  # whatever it is, the portrait goes on, and so does this
                self.trouble = f"{self._what}: {type(error).__name__}"
            self._stop.wait(LOOK_S)
        if self._process is not None:
            self._process.kill()
            self._process.join(END_S)
            self._lose()
