"""How a process that may die, hang or fail is judged, when it is tried again, and what is said of it.

Pure: the time is passed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from installation.ports import NANOSECONDS


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a process is that is alive."""

    trouble: str = ""  # in a few words; "": it is well
    is_curable: bool = True  # by another process in its place


WELL: Final = Verdict()
Judge = Callable[[int, int], Verdict | None]  # when it was started, now; None: it is too early to tell


def punctual(
    reported_ns: int | None, started_ns: int, now_ns: int, start_ns: int, silent_ns: int
) -> Verdict | None:
    """The judgement of a process by its reports alone: the first one within `start_ns`, then `silent_ns`."""
    if reported_ns is None or reported_ns < started_ns:
        return Verdict("has not begun") if now_ns - started_ns >= start_ns else None
    return Verdict("does not answer") if now_ns - reported_ns >= silent_ns else WELL


@dataclass(frozen=True, slots=True)
class Patience:
    """When to try again."""

    first_ns: int = NANOSECONDS // 2  # doubles with each try, …
    longest_ns: int = 5 * NANOSECONDS  # … up to this
    away_ns: int = 600 * NANOSECONDS  # what has been in trouble for so long …
    rare_ns: int = 30 * NANOSECONDS  # … is tried as seldom
    steady_ns: int = 3 * NANOSECONDS  # what has been well for so long is as good as new

    def pause_ns(self, num_tries: int, away_ns: int) -> int:
        """From a try to the next one, after so many and so long in trouble."""
        if away_ns >= self.away_ns:
            return self.rare_ns
        return min(self.first_ns << min(num_tries, 32), self.longest_ns)


class Herald:
    """Says that it is in trouble once, and that it is back once; of a loose contact ever more seldom."""

    FIRST_NS: Final = NANOSECONDS  # well for so long: it is back, …
    LONGEST_NS: Final = 3600 * NANOSECONDS  # … and the next time for twice as long

    def __init__(self, what: str, say: Callable[[str], None]) -> None:
        self._what, self._say = what, say
        self._bad_ns: int | None = None  # when what has been said began
        self._well_ns: int | None = None
        self._wait_ns = self.FIRST_NS

    def hear(self, trouble: str, now_ns: int) -> None:
        """What the matter is now, "" for nothing."""
        if trouble:
            self._well_ns = None
            if self._bad_ns is None:
                self._bad_ns = now_ns
                self._say(f"{self._what}: {trouble}; it is tried again until it is back")
            return
        self._well_ns = now_ns if self._well_ns is None else self._well_ns
        if self._bad_ns is not None and now_ns - self._well_ns >= self._wait_ns:
            self._say(f"{self._what}: back after {(self._well_ns - self._bad_ns) / NANOSECONDS:.1f} s")
            self._bad_ns = None
            self._wait_ns = min(2 * self._wait_ns, self.LONGEST_NS)
        elif self._bad_ns is None and now_ns - self._well_ns >= self.LONGEST_NS:
            self._wait_ns = self.FIRST_NS
