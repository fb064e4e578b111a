"""What happened: the timeline of the last day, and the end of the log, as the supervisor writes them."""

import json
import os
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

DAY_NS: Final = 24 * 3600 * 10**9
MOST_BYTES: Final = 1 << 20  # of a file's end that are read
MOST_EVENTS: Final = 2000
LASTING: Final = ("mood", "doors", "show")  # what goes on until another of its kind
MOST_LINES: Final = 1000
USUAL_LINES: Final = 200


def events(path: Path, now_utc_ns: int) -> list[dict[str, Any]]:
    """The last day's events, in their order, after those that it began with: its mood may be older.
    Lines that cannot be read are left out.
    """
    read = [event for line in last_lines(path) if (event := event_in(line)) is not None]
    began_ns = now_utc_ns - DAY_NS
    before = {event["kind"]: event for event in read if event["utc_ns"] <= began_ns}
    lasting = sorted((before[kind] for kind in LASTING if kind in before), key=itemgetter("utc_ns"))
    return lasting + [event for event in read if event["utc_ns"] > began_ns][-MOST_EVENTS:]


def event_in(line: str) -> dict[str, Any] | None:
    """An event of the timeline; None in a line that holds none."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or type(said.get("utc_ns")) is not int:
        return None
    kind, text = said.get("kind"), said.get("text")
    if not isinstance(kind, str) or not isinstance(text, str):
        return None
    return {"utc_ns": said["utc_ns"], "kind": kind, "text": text}


def last_lines(path: Path, num_lines: int | None = None) -> list[str]:
    """The last lines of a file, the first of which may be cut; none where there is no such file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - MOST_BYTES))
            lines = file.read(MOST_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return lines if num_lines is None else lines[-num_lines:]
