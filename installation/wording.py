"""How times, durations, shares and faces are told to people on a terminal."""

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from installation.notation.problems import printable
from installation.score.choreography import WEEKDAYS, Cue, Timed
from installation.score.hours import Hours
from installation.score.phrase import NANOSECONDS
from models.action_units import INTENSITY_LETTERS, INTENSITY_WORDS

BAR_WIDTH: Final = 16  # characters
NOTHING: Final = "–"
EIGHTHS: Final = "▏▎▍▌▋▊▉█"


def say(message: str) -> None:
    """To whoever is watching the program; results go to standard output."""
    print(message, file=sys.stderr)


# --- time ---------------------------------------------------------------------------------------------------


def wall(utc_ns: int, zone: ZoneInfo) -> datetime:
    """What the clock of a zone shows, to the microsecond."""
    whole_s, rest_ns = divmod(utc_ns, NANOSECONDS)
    return datetime.fromtimestamp(whole_s, zone) + timedelta(microseconds=rest_ns // 1000)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells instants of one stretch of time: with the day where there are several."""

    zone: ZoneInfo
    form: str

    @classmethod
    def between(cls, start_utc_ns: int, end_utc_ns: int, zone: ZoneInfo) -> Self:
        first, last = wall(start_utc_ns, zone), wall(end_utc_ns - 1, zone)
        if last.date() == first.date():
            return cls(zone, "%H:%M")
        return cls(zone, "%a %H:%M" if last - first < timedelta(days=6) else "%d %b %H:%M")

    def at(self, utc_ns: int) -> str:
        """`18:03`, or `Tue 18:03`."""
        return wall(utc_ns, self.zone).strftime(self.form)

    def exactly(self, utc_ns: int) -> str:
        """`18:03:07`, or `Tue 18:03:07`."""
        return wall(utc_ns, self.zone).strftime(f"{self.form}:%S")

    def day(self, utc_ns: int) -> str:
        """`Tue 6 Jan 2026`."""
        day = wall(utc_ns, self.zone)
        return f"{day:%a} {day.day} {day:%b %Y}"

    def span(self, start_utc_ns: int, end_utc_ns: int) -> str:
        """`Tue 6 Jan 2026 11:00 to 19:00`, or with the day of the end where it is another."""
        first, last = (f"{wall(utc_ns, self.zone):%H:%M}" for utc_ns in (start_utc_ns, end_utc_ns))
        day, end_day = self.day(start_utc_ns), self.day(end_utc_ns)
        return f"{day} {first} to {last if end_day == day else f'{end_day} {last}'}"


def told_of_doors(hours: Hours, utc_ns: int) -> str:
    """`closed until Tue 24 Nov 2026 11:00; the picture is dark`, or `open until 19:00`."""
    clock, change_ns = Clock(hours.zone, "%H:%M"), hours.next_change(utc_ns)
    if hours.is_open(utc_ns):
        return "open" if change_ns is None else f"open until {clock.at(change_ns)}"
    until = "" if change_ns is None else f" until {clock.day(change_ns)} {clock.at(change_ns)}"
    return f"closed{until}; the picture is dark"


def length(duration_ns: int) -> str:
    """`3.4 s`, `48 s`, `1 min 22 s`, `3 h 42 min`; a dash for nothing."""
    if not duration_ns:
        return NOTHING
    if duration_ns < 10 * NANOSECONDS:
        return f"{duration_ns / NANOSECONDS:.1f} s"
    whole_s = round(duration_ns / NANOSECONDS)
    if whole_s < 60:
        return f"{whole_s} s"
    if whole_s < 3600:
        return " ".join(_nonzero((whole_s // 60, "min"), (whole_s % 60, "s")))
    whole_min = round(whole_s / 60)
    return " ".join(_nonzero((whole_min // 60, "h"), (whole_min % 60, "min")))


def _nonzero(*parts: tuple[int, str]) -> list[str]:
    return [f"{number} {unit}" for number, unit in parts if number]


# --- tables -------------------------------------------------------------------------------------------------


def share(part: float, whole: float) -> str:
    """`46 %`; a dash for nothing."""
    if not part or not whole:
        return NOTHING
    percent = 100 * part / whole
    return "< 1 %" if percent < 0.5 else f"{percent:.0f} %"


def count(number: int) -> str:
    """`1,315`; a dash for none."""
    return f"{number:,}" if number else NOTHING


def counted(number: int, noun: str) -> str:
    """`1 mood`, `2 moods`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def bar(filled: float) -> str:
    """A bar of block characters, BAR_WIDTH long for 1; whatever is not 0 can be seen."""
    eighths = round(filled * BAR_WIDTH * 8) or int(filled > 0)
    whole, rest = divmod(eighths, 8)
    return EIGHTHS[7] * whole + (EIGHTHS[rest - 1] if rest else "")


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    bars: Iterable[float] = (),
    left: Collection[int] = (),
) -> list[str]:
    """Rows under a header, aligned: the first column and those of `left` to the left, numbers to the right.

    A bar may follow each row.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *shown, strict=True)]
    widths[0] += 2  # rows are indented, the header is not

    def line(cells: Sequence[str], indent: str) -> str:
        told = [
            cell.ljust(width) if number in left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "   ".join([(indent + cells[0]).ljust(widths[0]), *told[1:]]).rstrip()

    drawn = [f"   {bar(filled)}" for filled in bars] or [""] * len(shown)
    return [
        line(header, ""),
        *(f"{line(row, '  ')}{end}".rstrip() for row, end in zip(shown, drawn, strict=True)),
    ]


# --- cues and faces -----------------------------------------------------------------------------------------


def deed(cue: Cue) -> str:
    """What a cue does: `mood dusk, person 7`."""
    deeds = {"gesture": cue.do, "mood": cue.mood, "person": cue.person}
    return printable(", ".join(f"{kind} {name}" for kind, name in deeds.items() if name is not None))


def occasion(cue: Cue) -> str:
    """When a cue plays: `18:00`, `18:00 on tue, wed`, `visitor arrives`."""
    if not isinstance(cue.when, Timed):
        return cue.when.replace("_", " ")
    at = f"{cue.when.at:%H:%M:%S}".removesuffix(":00")
    if cue.when.dates:
        return f"{at} on {', '.join(map(str, sorted(cue.when.dates)))}"
    days = sorted(cue.when.days)
    return at if len(days) == len(WEEKDAYS) else f"{at} on {', '.join(WEEKDAYS[day] for day in days)}"


def intensity(value: float) -> str:
    """`0.60 (marked, C)`: the number, and the nearest of the names that may be written instead."""
    letter = min(INTENSITY_LETTERS, key=lambda each: abs(INTENSITY_LETTERS[each] - value))
    words = [word for word, at in INTENSITY_WORDS.items() if at == INTENSITY_LETTERS[letter]]
    return f"{value:.2f} ({', '.join([*words, letter])})"
