"""Whether a camera is well, judged by what its pictures have been like. Pure: the time is passed in.

    stalled    there is no picture for STALLED_NS
    black      nor one that is not black
    frozen     nor one that differs from the one before, as a sensor's noise makes every picture do

What is well is known from a picture; that a camera has just been opened is no proof.
"""

from dataclasses import dataclass, replace
from typing import Final

from installation.ports import NANOSECONDS
from installation.stage.vigil import WELL, Verdict

STALLED_NS: Final = BLACK_NS = FROZEN_NS = 2 * NANOSECONDS
SLOW_NS: Final = 3 * NANOSECONDS  # until the first picture: it is said, …
START_NS: Final = 4 * NANOSECONDS  # … and given up
BLACK: Final = 6.0  # mean luminance in [0, 255]; a dark room is lighter by its sensor's noise


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a picture: when it was seen, how light it is, and a number that differs where it does."""

    t_ns: int
    luminance: float  # mean, in [0, 255]
    digest: int


@dataclass(frozen=True, slots=True)
class Record:
    """What a camera's pictures have been like since it was opened."""

    start_ns: int
    seen_ns: int | None = None  # the latest picture, …
    lit_ns: int | None = None  # … that was not black, …
    changed_ns: int | None = None  # … that differed from the one before it
    first_ns: int | None = None
    digest: int | None = None


def seen(record: Record, look: Look) -> Record:
    """The record, after one more picture."""
    is_changed = record.digest is not None and look.digest != record.digest
    return replace(
        record,
        seen_ns=look.t_ns,
        first_ns=look.t_ns if record.first_ns is None else record.first_ns,
        lit_ns=look.t_ns if look.luminance >= BLACK else record.lit_ns,
        changed_ns=look.t_ns if is_changed else record.changed_ns,
        digest=look.digest,
    )


def judged(record: Record, now_ns: int, *, is_file: bool) -> Verdict | None:
    """How it is; None: it is too early to tell. Of a file nothing is held to be frozen, nor cured by opening."""
    if record.seen_ns is None or record.first_ns is None:
        return _unseen(now_ns - record.start_ns)
    if now_ns - record.seen_ns >= STALLED_NS:
        return Verdict("no picture any more")
    if record.seen_ns - (record.lit_ns or record.first_ns) >= BLACK_NS:
        return Verdict("its picture is black", is_curable=not is_file)
    if is_file:
        return WELL if record.lit_ns is not None else None
    if record.seen_ns - (record.changed_ns or record.first_ns) >= FROZEN_NS:
        return Verdict("its picture stands still")
    return None if record.lit_ns is None or record.changed_ns is None else WELL


def _unseen(waited_ns: int) -> Verdict | None:
    if waited_ns < SLOW_NS:
        return None
    return Verdict("no picture yet", is_curable=waited_ns >= START_NS)
