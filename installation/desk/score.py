"""The choreography that plays, read, checked, rehearsed and saved for whoever edits it at the desk.

Which file it is, and what the weights have learned, the show says, and never a page. A text is checked as the
show itself would check it, but for people in files, which only the show can read.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from installation.desk.answers import Wrong
from installation.desk.faces import Sitter
from installation.errors import InputError
from installation.notation.document import read_choreography
from installation.notation.gestures import GESTURES
from installation.notation.moods import MOODS
from installation.notation.problems import InvalidScore, Problem
from installation.notation.score_edit import NotWritten, with_gesture
from installation.notation.site_file import is_site
from installation.notation.yaml_nodes import MAX_BYTES, MapNode, read_nodes
from installation.saving import is_replaceable, replace_file
from installation.score.choreography import Choreography, Who
from installation.score.hours import Hours
from installation.texts import read_site
from installation.wording import counted
from models.action_units import ACTION_UNITS
from models.controls import CONTROLS, WRITTEN

BEFORE: Final = ".before"  # what the file is called that was there before the last save


# --- what plays ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Playing:
    """What the show says of itself."""

    path: Path
    units: tuple[int, ...]  # that the weights have learned
    controls: tuple[str, ...]
    zone: ZoneInfo
    site: Path | None
    sitter: Sitter
    seed: int
    shown: Mapping[str, float]  # control → where it is now

    @property
    def hours(self) -> Hours:
        """The opening hours of the place; always, where it is not known or cannot be read."""
        try:
            return read_site(self.site, self.zone).hours
        except InputError:
            return Hours.always(self.zone)


def playing_in(status: Mapping[str, Any] | None) -> Playing:
    """
    Raises:
        Wrong: the show has not said yet what it plays.
    """
    show = (status or {}).get("show")
    if not status or not show or not show.get("choreography"):
        raise Wrong(HTTPStatus.SERVICE_UNAVAILABLE, "the show has not begun yet; wait a moment")
    resident: Who = show["resident"]
    return Playing(
        path=Path(show["choreography"]),
        units=tuple(show.get("units", ACTION_UNITS)),
        controls=tuple(show.get("controls", CONTROLS)),
        zone=ZoneInfo(status["zone"]),
        site=Path(show["site"]) if show.get("site") else None,
        sitter=Sitter(Path(show["weights"]), resident),
        seed=show["seed"],
        shown=status.get("controls") or {},
    )


# --- checking -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """What is to be said of a text; without a score it cannot be played."""

    score: Choreography | None
    problems: tuple[Problem, ...]
    lines: Mapping[str, Mapping[str, int]]  # of gestures and of moods, by their names

    @property
    def summary(self) -> str:
        faults = sum(not problem.is_warning for problem in self.problems)
        if self.score is None:
            return counted(faults, "error")
        counts = f"{counted(len(self.score.gestures), 'gesture')}, {counted(len(self.score.moods), 'mood')}"
        warnings = f"; {counted(len(self.problems), 'warning')}" if self.problems else ""
        return f"{self.score.title or 'untitled'}: {counts}{warnings}"

    def as_json(self, faces: Mapping[str, str]) -> dict[str, Any]:
        """`faces` are the keys of the gestures' faces."""
        return {
            "is_playable": self.score is not None,
            "summary": self.summary,
            "faults": [fault_as_json(problem) for problem in self.problems],
            "gestures": [
                {"name": name, "line": line, "face": faces.get(name)}
                for name, line in self.lines[GESTURES.name].items()
            ],
            "moods": [{"name": name, "line": line} for name, line in self.lines[MOODS.name].items()],
        }


def fault_as_json(problem: Problem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
        "is_warning": problem.is_warning,
    }


def check(raw: bytes, playing: Playing) -> Check:
    """What the show would say of it."""
    hours, name = playing.hours, playing.path.name
    lines = {key.name: lines_of(raw, key.name) for key in (GESTURES, MOODS)}
    today = datetime.now(hours.zone).date()
    try:
        reading = read_choreography(raw, name, playing.units, playing.controls, hours, today)
    except InvalidScore as invalid:
        problems = invalid.problems
        if is_site(raw):
            problems = (Problem(name, 1, 1, "", "this is a place, a site.yaml, and not a choreography"),)
        return Check(None, problems, lines)
    return Check(reading.choreography, reading.warnings, lines)


def lines_of(raw: bytes, section: str) -> dict[str, int]:
    """On which line each name of a section stands, as far as the text can be read."""
    try:
        root = read_nodes(raw, "").root
    except InvalidScore:
        return {}
    for entry in root.entries if isinstance(root, MapNode) else ():
        if entry.key.text == section and isinstance(entry.value, MapNode):
            return {each.key.text: each.key.line for each in entry.value.entries}
    return {}


def playable(raw: bytes, playing: Playing) -> Choreography:
    """
    Raises:
        Wrong: with the faults of a text that cannot be played.
    """
    checked = check(raw, playing)
    if checked.score is None:
        faults = [fault_as_json(problem) for problem in checked.problems]
        raise Wrong(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"this cannot be played: {checked.summary}", faults=faults
        )
    return checked.score


# --- the file -----------------------------------------------------------------------------------------------


def read(playing: Playing) -> bytes:
    """
    Raises:
        Wrong: it cannot be read.
    """
    try:
        with playing.path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        raw.decode("utf-8")
    except OSError as error:
        why = f"{playing.path.name}: cannot be read ({error.strerror})"
        raise Wrong(HTTPStatus.SERVICE_UNAVAILABLE, why) from None
    except UnicodeDecodeError:
        raise Wrong(
            HTTPStatus.SERVICE_UNAVAILABLE, f"{playing.path.name}: not UTF-8; save it as UTF-8"
        ) from None
    return raw


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def is_writable(playing: Playing) -> bool:
    return is_replaceable(playing.path)


def unchanged(playing: Playing, edited: str) -> bytes:
    """What is in the file.

    Raises:
        Wrong: it is not what was edited, of which `edited` is the SHA-256; with what it is.
    """
    raw = read(playing)
    if sha256(raw) != edited:
        why = f"{playing.path.name} has changed on the disk since it was read"
        raise Wrong(HTTPStatus.CONFLICT, why, text=raw.decode(), sha256=sha256(raw))
    return raw


def save(raw: bytes, edited: str, playing: Playing) -> str:
    """Put a text that can be played in the place of the one that was edited, which is kept beside it; → its
    SHA-256.

    Raises:
        Wrong: it cannot be played, the file has changed meanwhile, or cannot be written. It is as it was.
    """
    before = unchanged(playing, edited)
    raw = with_line_ends_of(before, raw)
    playable(raw, playing)
    target = playing.path.resolve()
    try:
        replace_file(target.with_name(target.name + BEFORE), before, like=target)
        unchanged(playing, edited)
        replace_file(target, raw)
    except OSError as error:
        why = f"{playing.path.name}: cannot be written ({error.strerror}); it is as it was"
        raise Wrong(HTTPStatus.INSUFFICIENT_STORAGE, why) from None
    return sha256(raw)


def with_line_ends_of(before: bytes, raw: bytes) -> bytes:
    """A browser ends lines in one way; where those of the file ended in the other one, they do again."""
    is_windows = b"\r\n" in before and before.count(b"\r\n") == before.count(b"\n")
    return raw.replace(b"\n", b"\r\n") if is_windows and b"\r" not in raw else raw


def save_gesture(
    text: bytes,
    edited: str,
    name: str,
    aus: Mapping[int, float],
    controls: Mapping[str, float],
    playing: Playing,
) -> tuple[bytes, str, int]:
    """Write a gesture into a text, and that into the file; → the text, its SHA-256, and the gesture's line.

    Raises:
        Wrong: as `save` does, or where the gesture cannot be written.
    """
    before = unchanged(playing, edited)
    text = with_line_ends_of(before, text)
    playable(text, playing)
    try:
        result = with_gesture(text, name, aus, whole(controls, playing.shown))
    except NotWritten as fault:
        raise Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, str(fault)) from None
    return result, save(result, edited, playing), lines_of(result, GESTURES.name)[name]


def whole(controls: Mapping[str, float], shown: Mapping[str, float]) -> dict[str, float]:
    """With the other half of a control that is written as two numbers, as it is shown."""
    return {
        component: controls.get(component, shown.get(component, 0.0))
        for components in WRITTEN.values()
        if any(component in controls for component in components)
        for component in components
    }
