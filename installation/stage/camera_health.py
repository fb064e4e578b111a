"""Whether a camera is well, judged by what its process reports of its pictures. Pure: the time is passed in.

    stalled    there is no picture for STALLED_NS
    black      nor one that is not black
    frozen     nor one that differs from the one before, as a sensor's noise makes every picture do

What is well is known from a picture; that a camera could be opened is no proof.
"""

from dataclasses import dataclass, replace
from typing import Final

from installation.ports import NANOSECONDS
from installation.stage.vigil import WELL, Verdict

STALLED_NS: Final = 2 * NANOSECONDS
BLACK_NS: Final = 2 * NANOSECONDS
FROZEN_NS: Final = 2 * NANOSECONDS
OPEN_NS: Final = 3 * NANOSECONDS  # from the wish to the first picture; more, after it was too short
MOST_OPENS: Final = 4  # times as much, at most
BEGIN_NS: Final = 15 * NANOSECONDS  # until a process runs, on a machine that is starting everything at once
BLACK: Final = 6.0  # mean luminance in [0, 255]; a dark room is lighter by its sensor's noise


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a picture: its mean luminance in [0, 255], and a number that goes with it."""

    luminance: float
    digest: int


@dataclass(frozen=True, slots=True)
class Record:
    """What a camera's process has reported since it was started. Instants in nanoseconds."""

    start_ns: int
    wish_ns: int | None = None  # to open the camera, or to try that again
    reason: str = ""  # why it could not, or why there were no pictures any more
    first_ns: int | None = None  # the first picture since then, …
    seen_ns: int = 0  # … the latest, …
    lit_ns: int | None = None  # … the latest that was not black, …
    changed_ns: int | None = None  # … and the latest that differed from the one before it
    digest: int | None = None


def wished(record: Record, reason: str, t_ns: int) -> Record:
    """The record, once the process wants to open the camera; for what reason it does so again."""
    return Record(record.start_ns, t_ns, reason)


def seen(record: Record, look: Look, t_ns: int) -> Record:
    """The record, after one more picture."""
    is_changed = record.digest is not None and look.digest != record.digest
    return replace(
        record,
        first_ns=t_ns if record.first_ns is None else record.first_ns,
        seen_ns=t_ns,
        lit_ns=t_ns if look.luminance >= BLACK else record.lit_ns,
        changed_ns=t_ns if is_changed else record.changed_ns,
        digest=look.digest,
    )


def judged(record: Record, now_ns: int, *, is_file: bool, num_opens: int = 1) -> Verdict | None:
    """How it is, at the so manieth opening in vain; None: it is too early to tell.

    A file may well show the same picture for a while, or a black one, which opening it again does not change.
    """
    if record.first_ns is None:
        return _unseen(record, now_ns, min(max(1, num_opens), MOST_OPENS) * OPEN_NS)
    if now_ns - record.seen_ns >= STALLED_NS:
        return Verdict("no picture any more")
    if record.seen_ns - (record.lit_ns or record.first_ns) >= BLACK_NS:
        return Verdict("its picture is black", is_curable=not is_file)
    if not is_file and record.seen_ns - (record.changed_ns or record.first_ns) >= FROZEN_NS:
        return Verdict("its picture stands still")
    is_proven = record.lit_ns is not None and (is_file or record.changed_ns is not None)
    return WELL if is_proven else None


def _unseen(record: Record, now_ns: int, open_ns: int) -> Verdict | None:
    """Before the first picture."""
    if record.wish_ns is None:
        return Verdict("its process does not begin") if now_ns - record.start_ns >= BEGIN_NS else None
    if now_ns - record.wish_ns >= open_ns:
        return Verdict("no picture yet")
    return Verdict(record.reason, is_curable=False) if record.reason else None
