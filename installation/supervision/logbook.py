"""What is said, by whomever, to standard error and with its time to a log that never grows beyond 50 MB; and
what happened, for the timeline.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from installation.ports import NANOSECONDS
from installation.supervision.clerk import Clerk, Complaint

STANDARD_ERROR: Final = 2
LOG_BYTES: Final = 5_000_000
NUM_OLDER: Final = 9  # files beside the newest
TIMELINE_BYTES: Final = 4_000_000  # beyond it what is old is left out, …
KEPT_BYTES: Final = 1_000_000  # … and of what is not, more than this
KEPT: Final = timedelta(hours=25)


class Logbook:
    """The lines of all processes. They are given to clerks, and nobody waits: of two, for a terminal may be
    stuck for ever, and what is kept is to be kept nevertheless.
    """

    def __init__(self, path: Path, clerk: Clerk, crier: Clerk) -> None:
        """`clerk` writes the log, `crier` to standard error."""
        self.path = path
        self._clerk, self._crier = clerk, crier
        self._handler = LogFile(path, Complaint(str(path), self._cry))

    def say(self, line: str) -> None:
        """To whoever is watching the program, and to the log."""
        self._cry(line)
        self._clerk.do(partial(self._write, line, time.time()))

    def _cry(self, line: str) -> None:
        self._crier.do(partial(tell, line))

    def _write(self, line: str, time_s: float) -> None:
        record = logging.LogRecord("portrait", logging.INFO, "", 0, line, None, None)
        record.created = time_s
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._handler.emit(record)

    def close(self) -> None:
        with suppress(OSError):
            self._handler.close()


class LogFile(RotatingFileHandler):
    """Lines with their instants. What cannot be written is lost, and said once."""

    def __init__(self, path: Path, complaint: Complaint) -> None:
        super().__init__(path, maxBytes=LOG_BYTES, backupCount=NUM_OLDER, encoding="utf-8", delay=True)
        self._complaint = complaint
        self._has_failed = False

    def format(self, record: logging.LogRecord) -> str:
        return f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%fZ} {record.msg}"

    def emit(self, record: logging.LogRecord) -> None:
        self._has_failed = False
        super().emit(record)
        if not self._has_failed:
            self._complaint.worked()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the library's name
        self._has_failed = True
        error = sys.exception()
        self._complaint.failed(error if isinstance(error, OSError) else OSError(None, str(error)))


def tell(line: str) -> None:
    """To standard error, if anybody is there. Not by its stream, on whose lock a program that ends would wait
    for a terminal that is stuck.
    """
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    with suppress(OSError):
        os.write(STANDARD_ERROR, f"{line}\n".encode(encoding, errors="replace"))


class Timeline:
    """What happened, a JSON line each, for at least a day."""

    def __init__(self, path: Path, clerk: Clerk, say: Callable[[str], None]) -> None:
        self._path, self._clerk = path, clerk
        self._complaint = Complaint(str(path), say)

    def note(self, kind: str, text: str) -> None:
        event = {"utc_ns": time.time_ns(), "kind": kind, "text": text}
        self._clerk.do(partial(self._write, json.dumps(event, ensure_ascii=False)))

    def _write(self, line: str) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
            if self._path.stat().st_size > TIMELINE_BYTES:
                trim(self._path, time.time_ns())
        except OSError as error:
            self._complaint.failed(error)
        else:
            self._complaint.worked()


def trim(path: Path, now_utc_ns: int) -> None:
    """Leave the latest day of a timeline."""
    since_ns = now_utc_ns - round(KEPT.total_seconds()) * NANOSECONDS
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    kept: list[str] = []
    size = 0
    for line in reversed(lines):
        size += len(line.encode())
        if size > KEPT_BYTES or utc_ns_of(line) < since_ns:
            break
        kept.append(line)
    partial_ = path.with_suffix(".part")
    partial_.write_text("".join(reversed(kept)), encoding="utf-8")
    os.replace(partial_, path)


def utc_ns_of(line: str) -> int:
    """When an event was; 0 of a line that cannot be read."""
    with suppress(ValueError, KeyError, TypeError):
        return int(json.loads(line)["utc_ns"])
    return 0


# --- what the status says has happened ----------------------------------------------------------------------


def events_between(before: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str]]:
    """Kinds and texts of what differs between two statuses. Nothing of visitors, nor when they came."""
    played, plays = (status.get("playing") or {} for status in (before, now))
    events = []
    if plays.get("mood") and plays.get("mood") != played.get("mood"):
        events.append(("mood", str(plays["mood"])))
    person = None if now.get("is_visitor") else now.get("person")
    if person is not None and person != before.get("person"):
        events.append(("person", str(person)))
    doors, were = ((status.get("doors") or {}) for status in (now, before))
    if doors and doors.get("is_open") != were.get("is_open"):
        events.append(("doors", str(doors.get("told") or ("open" if doors.get("is_open") else "closed"))))
    trouble, was = ((status.get("camera") or {}).get("trouble") or "" for status in (now, before))
    if trouble != was:
        events.append(("camera", str(trouble or "back")))
    for key, text in (("is_paused", "paused"), ("is_blackout", "blackout")):
        if bool(now.get(key)) != bool(before.get(key)):
            events.append(("show", text if now.get(key) else f"end of {text.replace('paused', 'the pause')}"))
    return events
