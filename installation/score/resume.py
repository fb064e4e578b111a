"""What is kept of a show that is playing, so that another process goes on where it stood.

Never anything of a visitor: while one is there, the person is whom they would leave to.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final

from installation.score.choreography import Who
from models.action_units import NUM_AUS
from models.controls import NUM_CONTROLS

VERSION: Final = 1
MOST_NS: Final = 1 << 62
MOST_PHRASES: Final = 1 << 40
MOST_SEED: Final = 1 << 64
MOST_PERSON: Final = (1 << 32) - 1
LONGEST_NAME: Final = 4096  # characters
FARTHEST: Final = 360.0  # degrees, or years: of a change of controls


class ResumeError(ValueError):
    """What was kept cannot be read; the message says why, in a line."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a show stood at an instant."""

    utc_ns: int
    day: int  # of the show, as `date.toordinal` counts
    seed: int
    choreography: str  # the name of its file …
    title: str  # … and what it is called
    mood: str
    mood_since_utc_ns: int
    mood_until_utc_ns: int  # from when on the next boundary of a gesture leaves it
    mood_by: str
    num_phrases: int  # that have begun
    aus: tuple[float, ...]  # AU state: 43 intensities in [0, 1]
    changes: tuple[float, ...]  # of the person's own controls: 7, in degrees and years
    person: Who | None  # None: whomever the score names
    is_paused: bool = False
    is_blackout: bool = False


def as_json(resume: Resume) -> dict[str, Any]:
    """A JSON object that `resume_in` reads."""
    return {
        "version": VERSION,
        **asdict(resume),
        "aus": list(resume.aus),
        "changes": list(resume.changes),
    }


def resume_in(kept: object) -> Resume:
    """The show in a JSON value, which may have been damaged.

    Raises:
        ResumeError: it is none.
    """
    names = [field.name for field in fields(Resume)]
    if not isinstance(kept, Mapping) or set(kept) != {"version", *names}:
        raise ResumeError(f"a show that is kept has version, {', '.join(names)}")
    if kept["version"] != VERSION:
        raise ResumeError(f"version: expected {VERSION}")
    return Resume(
        utc_ns=_whole(kept, "utc_ns", -MOST_NS, MOST_NS),
        day=_whole(kept, "day", 1, date.max.toordinal()),
        seed=_whole(kept, "seed", -MOST_SEED, MOST_SEED),
        choreography=_name(kept, "choreography"),
        title=_name(kept, "title"),
        mood=_name(kept, "mood"),
        mood_since_utc_ns=_whole(kept, "mood_since_utc_ns", -MOST_NS, MOST_NS),
        mood_until_utc_ns=_whole(kept, "mood_until_utc_ns", -MOST_NS, MOST_NS),
        mood_by=_name(kept, "mood_by"),
        num_phrases=_whole(kept, "num_phrases", 0, MOST_PHRASES),
        aus=_numbers(kept, "aus", NUM_AUS, 0.0, 1.0),
        changes=_numbers(kept, "changes", NUM_CONTROLS, -FARTHEST, FARTHEST),
        person=_who(kept["person"]),
        is_paused=_truth(kept, "is_paused"),
        is_blackout=_truth(kept, "is_blackout"),
    )


def _whole(kept: Mapping[str, object], key: str, low: int, high: int) -> int:
    value = kept[key]
    if type(value) is not int or not low <= value <= high:
        raise ResumeError(f"{key}: expected a whole number from {low} to {high}")
    return value


def _truth(kept: Mapping[str, object], key: str) -> bool:
    value = kept[key]
    if not isinstance(value, bool):
        raise ResumeError(f"{key}: expected true or false")
    return value


def _name(kept: Mapping[str, object], key: str) -> str:
    value = kept[key]
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise ResumeError(f"{key}: expected a text of {LONGEST_NAME} characters at most")
    return value


def _numbers(kept: Mapping[str, object], key: str, num: int, low: float, high: float) -> tuple[float, ...]:
    values = kept[key]
    if (
        not isinstance(values, list)
        or len(values) != num
        or not all(_is_in(each, low, high) for each in values)
    ):
        raise ResumeError(f"{key}: expected {num} numbers from {low:g} to {high:g}")
    return tuple(map(float, values))


def _is_in(value: object, low: float, high: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and low <= value <= high  # type: ignore[operator,arg-type]


def _who(value: object) -> Who | None:
    if value is None or (isinstance(value, str) and len(value) <= LONGEST_NAME):
        return value
    if type(value) is int and 0 <= value <= MOST_PERSON:
        return value
    raise ResumeError("person: expected a number, a file, or null")
