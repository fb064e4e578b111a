"""How the worker is, what it has died of, and when another takes its place. PURE: the time is passed in."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from installation.ports import NANOSECONDS
from installation.stage.vigil import Patience

DONE, FAULT, WRONG_INPUT, NO_GPU, NO_MEMORY = 0, 1, 2, 3, 4  # what a worker ends with
START_NS: Final = 120 * NANOSECONDS  # to the first frame: weights are read, backends raced
SILENT_NS: Final = 5 * NANOSECONDS  # without a frame
STUCK_NS: Final = 30 * NANOSECONDS  # with the same picture, of a face that breathes and blinks
LOOK_NS: Final = NANOSECONDS  # so often a picture is compared with the one before
NUM_CRASHES: Final = 5  # so many …
CRASHES_NS: Final = 300 * NANOSECONDS  # … in so long are a loop, or without its ever having been steady
CALM_NS: Final = 12 * 3600 * NANOSECONDS  # after so long in safe mode, what was wanted is tried again


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a worker that lives. Instants are of the monotonic clock."""

    started_ns: int
    framed_ns: int | None = None  # its newest frame
    looked_ns: int = 0
    digest: int | None = None  # of the picture that was looked at; None: it need not move
    same_ns: int = 0  # since when it is the same

    def framed(self, now_ns: int) -> Self:
        """A frame has come."""
        return replace(self, framed_ns=now_ns)

    def is_due(self, now_ns: int) -> bool:
        """Whether its picture is to be looked at."""
        return now_ns - self.looked_ns >= LOOK_NS

    def looked_at(self, digest: int | None, now_ns: int) -> Self:
        """Its picture has this digest; None: it is dark, or may stand still."""
        same_ns = self.same_ns if digest == self.digest else now_ns
        return replace(self, looked_ns=now_ns, digest=digest, same_ns=same_ns)


def trouble_of(signs: Signs, now_ns: int) -> str:
    """What is wrong with a worker that lives, in a few words; "": nothing, as far as can be told."""
    if signs.framed_ns is None:
        is_late = now_ns - signs.started_ns >= START_NS
        return f"has not begun in {START_NS // NANOSECONDS} s" if is_late else ""
    if now_ns - signs.framed_ns >= SILENT_NS:
        return f"hangs: no frame for {SILENT_NS // NANOSECONDS} s"
    if signs.digest is not None and now_ns - signs.same_ns >= STUCK_NS:
        return f"is stuck: the same picture for {STUCK_NS // NANOSECONDS} s"
    return ""


CODES: Final[Mapping[int, str]] = {
    FAULT: "has failed",
    DONE: "has ended without being asked",
    WRONG_INPUT: "cannot play what it is to play",
    NO_GPU: "the graphics card has failed",
    NO_MEMORY: "out of memory",
}


def cause_of_death(code: int, words: str = "") -> str:
    """What an exit code says, and its last words: `ended by SIGSEGV`, `out of memory: …`."""
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        told = f"ended by {name}" + (": probably the system's, out of memory" if name == "SIGKILL" else "")
    else:
        told = CODES.get(code, f"ended with code {code}")
    return f"{told}: {words}" if words else told


@dataclass(frozen=True, slots=True)
class Restarts:
    """The crashes of late, and what follows from them."""

    crashes_ns: tuple[int, ...] = ()
    num_tries: int = 0  # since it was last steady
    safe_ns: int | None = None  # since when it is in safe mode

    @property
    def is_safe(self) -> bool:
        return self.safe_ns is not None

    def crashed(self, now_ns: int) -> Self:
        """Once more; too often is what safe mode is for."""
        crashes_ns = (*(then for then in self.crashes_ns if now_ns - then < CRASHES_NS), now_ns)
        safe_ns, num_tries = self.safe_ns, self.num_tries + 1
        # However long each of them has taken: what never begins is no better than what crashes at once.
        if safe_ns is None and max(len(crashes_ns), num_tries) >= NUM_CRASHES:
            safe_ns, crashes_ns = now_ns, ()
        return replace(self, crashes_ns=crashes_ns, num_tries=num_tries, safe_ns=safe_ns)

    def pause_ns(self, patience: Patience) -> int:
        """From the latest crash to the next start. The first time none."""
        return patience.pause_ns(self.num_tries - 2, 0) if self.num_tries > 1 else 0

    def steady(self) -> Self:
        """It has played for a while."""
        return replace(self, num_tries=0)

    def made_safe(self, now_ns: int) -> Self:
        return replace(self, safe_ns=now_ns, crashes_ns=())

    def is_calm(self, now_ns: int) -> bool:
        """Whether it has been in safe mode for long enough."""
        return self.safe_ns is not None and now_ns - self.safe_ns >= CALM_NS
