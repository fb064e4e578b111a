"""Where a show stood, in a file that is there whole or as it was before, however process or power end.

Never anything of a visitor: see `installation.score.resume`.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from installation.ports import NANOSECONDS
from installation.saving import PRIVATE, replace_file
from installation.score.hours import Hours
from installation.score.resume import Resume, ResumeError, as_json, resume_in
from installation.supervision.clerk import Clerk, Complaint

VERSION: Final = 1
MOST_BYTES: Final = 1 << 16
SAVE_NS: Final = 5 * NANOSECONDS  # so often at most
FRESH_NS: Final = 15 * 60 * NANOSECONDS  # what is older is another visit to the gallery


class Keeper:
    """Keeps where the show stands, by a clerk."""

    def __init__(self, path: Path, clerk: Clerk, say: Callable[[str], None]) -> None:
        self._path, self._clerk = path, clerk
        self._complaint = Complaint(str(path), say)
        self._kept: tuple[object, ...] | None = None
        self._kept_ns: int | None = None

    def keep(self, resume: Resume, choreography: Path, now_ns: int) -> None:
        """Write it if another phrase or mood has begun since the last time, but not too often."""
        stands = (resume.mood, resume.num_phrases, resume.person, resume.is_paused, resume.is_blackout)
        mark = (choreography, resume.seed, *stands)
        if mark == self._kept or (self._kept_ns is not None and now_ns - self._kept_ns < SAVE_NS):
            return
        self._kept, self._kept_ns = mark, now_ns
        self._clerk.do(partial(self._write, payload_of(resume, choreography)))

    def _write(self, payload: bytes) -> None:
        try:
            replace_file(self._path, payload, mode=PRIVATE)
        except OSError as error:
            self._complaint.failed(error)
        else:
            self._complaint.worked()


def payload_of(resume: Resume, choreography: Path) -> bytes:
    """A file's contents."""
    kept = {"version": VERSION, "choreography": str(choreography.absolute()), "resume": as_json(resume)}
    return json.dumps(kept).encode()


def read(path: Path, say: Callable[[str], None]) -> tuple[Path, Resume] | None:
    """The choreography and where it stood; None where nothing is kept. What is broken is said."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        say(f"{path}: cannot be read ({error.strerror}); the show begins anew")
        return None
    try:
        return kept_in(raw)
    except ResumeError as error:
        say(f"{path}: {error}; the show begins anew, and another one takes its place")
        return None


def kept_in(raw: bytes) -> tuple[Path, Resume]:
    """What a file's contents say.

    Raises:
        ResumeError: they are no state of a show.
    """
    if len(raw) > MOST_BYTES:
        raise ResumeError(f"longer than {MOST_BYTES} bytes")
    try:
        kept: Any = json.loads(raw)
    except (ValueError, RecursionError):
        raise ResumeError("not whole") from None
    if not isinstance(kept, dict) or set(kept) != {"version", "choreography", "resume"}:
        raise ResumeError("not the state of a show")
    if type(kept["version"]) is not int or kept["version"] != VERSION:
        raise ResumeError(f"version: expected {VERSION}")
    if not isinstance(kept["choreography"], str):
        raise ResumeError("choreography: expected a path")
    return Path(kept["choreography"]), resume_in(kept["resume"])


def is_fresh(resume: Resume, hours: Hours, utc_ns: int) -> bool:
    """Whether to go on from there: of the same day, and of a moment ago."""
    is_recent = 0 <= utc_ns - resume.utc_ns <= FRESH_NS
    return is_recent and hours.day_of(utc_ns).toordinal() == resume.day
