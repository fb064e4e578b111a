"""Rehearsal for curators: what a day of a choreography holds, told in words, in JSON and as a picture.

Neither weights nor PyTorch are needed: a day takes a second.
"""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from installation.notation.problems import printable
from installation.options import DEFAULT_PERSON
from installation.score.choreography import Choreography, Timed, Who
from installation.score.hours import Hours, instant
from installation.score.phrase import NANOSECONDS
from installation.score.rehearsal import Rehearsal, Stay, Stretch, Tally, rehearse
from installation.texts import REPRODUCIBLE, read_score, read_site
from installation.wording import Clock, count, deed, length, occasion, share, table, wall

MAX_TIMES: Final = 6  # of one cue that are told


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be rehearsed."""

    score: Choreography
    seed: int
    hours: Hours
    start_utc_ns: int
    resident: Who

    @property
    def title(self) -> str:
        return printable(self.score.title) or "Untitled"


def planned(file: Path, start: datetime, seed: int | None, site: Path | None) -> Plan:
    """Read a score and a place; warnings go to standard error.

    Raises:
        InputError: every fault of the files.
    """
    place = read_site(site, REPRODUCIBLE)
    reading = read_score(file, hours=place.hours if site else None, today=start.date())
    for warning in (*place.warnings, *reading.warnings):
        print(warning, file=sys.stderr)
    score = reading.choreography
    residents = (score.person, place.person, DEFAULT_PERSON)
    return Plan(
        score=score,
        seed=score.seed_for(seed),
        hours=place.hours,
        start_utc_ns=instant(start.date(), start.time(), place.hours.zone),
        resident=next(who for who in residents if who is not None),
    )


def simulate(
    file: Path,
    start: datetime,
    seed: int | None,
    site: Path | None,
    hours: float,
    plot: Path | None,
    *,
    is_json: bool,
) -> None:
    """Print what so many hours of a choreography hold; with `plot`, draw it too."""
    plan = planned(file, start, seed, site)
    rehearsal = rehearse(plan.score, plan.seed, plan.hours, plan.start_utc_ns, hours, plan.resident)
    if plot is not None:
        draw(plan, rehearsal, plot)
    if is_json:
        print(json.dumps(as_json(plan, rehearsal), ensure_ascii=False, indent=2))
    else:
        print("\n".join(told(plan, rehearsal)))


# --- in words -----------------------------------------------------------------------------------------------


def told(plan: Plan, rehearsal: Rehearsal) -> list[str]:
    """The rehearsal, for curators, line by line."""
    clock = Clock.between(rehearsal.start_utc_ns, rehearsal.end_utc_ns, plan.hours.zone)
    lines = [plan.title, _heading(plan, rehearsal, clock)]
    if not rehearsal.opened:
        return [*lines, "", f"Closed all the time; {_opens(plan, rehearsal, clock)}."]
    lines += ["", *_moods(rehearsal), "", *_gestures(rehearsal)]
    if len(rehearsal.people) > 1:
        lines += ["", *_people(rehearsal, clock)]
    if plan.score.cues:
        lines += ["", *_cues(plan.score, rehearsal, clock)]
    return [*lines, "", *_notes(rehearsal, clock), *_missing(plan.score, rehearsal)]


def _opens(plan: Plan, rehearsal: Rehearsal, clock: Clock) -> str:
    change_ns = plan.hours.next_change(rehearsal.start_utc_ns)
    return (
        "no opening is near"
        if change_ns is None
        else f"it opens on {clock.day(change_ns)} {clock.at(change_ns)}"
    )


def _heading(plan: Plan, rehearsal: Rehearsal, clock: Clock) -> str:
    parts = [
        f"{clock.span(rehearsal.start_utc_ns, rehearsal.end_utc_ns)}, {plan.hours.zone}",
        f"seed {plan.seed}",
    ]
    if rehearsal.num_phrases:
        pace_ns = rehearsal.open_ns // rehearsal.num_phrases
        parts.append(f"open {length(rehearsal.open_ns)}")
        parts.append(f"{rehearsal.num_phrases:,} gestures, one every {length(pace_ns)}")
    return " · ".join(parts)


def _moods(rehearsal: Rehearsal) -> list[str]:
    rows = [
        (name, share(each.lasts_ns, rehearsal.open_ns), length(each.lasts_ns), count(each.num_times))
        for name, each in rehearsal.moods.items()
    ]
    bars = (each.lasts_ns / rehearsal.open_ns for each in rehearsal.moods.values())
    return table(("Moods", "share", "in all", "times"), rows, bars)


def _gestures(rehearsal: Rehearsal) -> list[str]:
    tallies = rehearsal.gestures
    most = max(each.num_times for each in tallies.values())
    rows = [
        (name, share(each.num_times, rehearsal.num_phrases), length(each.lasts_ns), count(each.num_times))
        for name, each in tallies.items()
    ]
    bars = (each.num_times / most for each in tallies.values())
    return table(("Gestures", "of all", "in all", "times"), rows, bars)


def _people(rehearsal: Rehearsal, clock: Clock) -> list[str]:
    lasts_ns: dict[Who, int] = {}
    for stay in rehearsal.people:
        lasts_ns[stay.name] = lasts_ns.get(stay.name, 0) + stay.lasts_ns
    rows = [
        (
            str(who),
            share(each_ns, rehearsal.open_ns),
            length(each_ns),
            _times([clock.at(stay.start_utc_ns) for stay in rehearsal.people if stay.name == who]),
        )
        for who, each_ns in lasts_ns.items()
    ]
    return table(("People", "share", "in all", "from"), rows, left={3})


def _cues(score: Choreography, rehearsal: Rehearsal, clock: Clock) -> list[str]:
    rows = []
    for cue in score.cues:
        times = [
            clock.at(due.utc_ns) + ("" if is_seen(rehearsal, due.utc_ns) else " (closed)")
            for due in rehearsal.cues
            if due.cue == cue
        ]
        nobody = "no visitors come to a rehearsal"
        never = "never in this time" if isinstance(cue.when, Timed) else nobody
        rows.append((f"{cue.number + 1}  {deed(cue)}", occasion(cue), _times(times) if times else never))
    return table(("Cues", "at", "played"), rows, left={1, 2})


def is_seen(rehearsal: Rehearsal, utc_ns: int) -> bool:
    """Whether the doors are open at an instant of a rehearsal."""
    return any(opening.start_utc_ns <= utc_ns < opening.end_utc_ns for opening in rehearsal.opened)


def _times(times: list[str]) -> str:
    more = f" and {len(times) - MAX_TIMES:,} more" if len(times) > MAX_TIMES else ""
    return ", ".join(times[:MAX_TIMES]) + more


def _notes(rehearsal: Rehearsal, clock: Clock) -> list[str]:
    stay, run = rehearsal.longest_stay, rehearsal.longest_run
    assert stay is not None and run is not None, "something was played"
    in_a_row = f"{run.gesture}, {run.num_times} times from {clock.at(run.start_utc_ns)}"
    rows = [
        ("longest mood", f"{stay.name}, {length(stay.lasts_ns)} from {clock.at(stay.start_utc_ns)}"),
        ("longest run of one gesture", in_a_row if run.num_times > 1 else "none came twice in a row"),
        ("gestures that changed nothing", f"{rehearsal.num_no_ops:,}"),
        ("drawn again, not to change nothing", f"{rehearsal.num_redrawn:,}"),
        ("ways that passed by neutral", f"{rehearsal.num_past_neutral:,}"),
        ("change from one to the next", f"{rehearsal.mean_distance:.1f} action units on average"),
    ]
    return table(("Notes", ""), rows, left={1})


def _missing(score: Choreography, rehearsal: Rehearsal) -> list[str]:
    never = missing(score, rehearsal)
    names = {
        "moods": ", ".join(map(printable, never["moods"])),
        "gestures": ", ".join(map(printable, never["gestures"])),
        "cues": ", ".join(f"{number} ({deed(score.cues[number - 1])})" for number in never["cues"]),
    }
    rows = [(kind, found) for kind, found in names.items() if found]
    return ["", *table(("Never came", ""), rows, left={1})] if rows else []


def missing(score: Choreography, rehearsal: Rehearsal) -> dict[str, list[Any]]:
    """The moods and gestures that never came, and the numbers from 1 of the timed cues that did not."""
    played = {due.cue.number for due in rehearsal.cues}
    return {
        "moods": [name for name, each in rehearsal.moods.items() if not each.num_times],
        "gestures": [name for name, each in rehearsal.gestures.items() if not each.num_times],
        "cues": [
            cue.number + 1 for cue in score.cues if isinstance(cue.when, Timed) and cue.number not in played
        ],
    }


# --- in JSON ------------------------------------------------------------------------------------------------


def as_json(plan: Plan, rehearsal: Rehearsal) -> dict[str, Any]:
    """The rehearsal under keys that stay: durations in seconds, instants in ISO 8601, shares from 0 to 1.

    title, seed, timezone, start, end; open: [{start, end}]; seconds: of the open time; num_gestures
    moods, gestures: name → {num_times, seconds, share}: of the time, and of the gestures
    stays: [{mood, start, end, seconds}]; people: [{person, start, end, seconds}]
    cues: [{cue, at, gesture, mood, person}], those that played, counted from 1 as in the file
    longest_stay: one of stays; longest_run: {gesture, num_times, start}; null where nothing played
    num_no_ops, num_redrawn, num_past_neutral, mean_distance; never: {moods, gestures, cues}
    """
    at = partial(_iso, zone=plan.hours.zone)
    stays = [_stay("mood", stay, at) for stay in rehearsal.stays]
    run = rehearsal.longest_run
    return {
        "title": plan.score.title,
        "seed": plan.seed,
        "timezone": str(plan.hours.zone),
        "start": at(rehearsal.start_utc_ns),
        "end": at(rehearsal.end_utc_ns),
        "open": [{"start": at(first), "end": at(last)} for first, last in open_times(rehearsal.opened)],
        "seconds": _seconds(rehearsal.open_ns),
        "num_gestures": rehearsal.num_phrases,
        "moods": {
            name: _tally(each, each.lasts_ns, rehearsal.open_ns) for name, each in rehearsal.moods.items()
        },
        "gestures": {
            name: _tally(each, each.num_times, rehearsal.num_phrases)
            for name, each in rehearsal.gestures.items()
        },
        "stays": stays,
        "people": [_stay("person", stay, at) for stay in rehearsal.people],
        "cues": [
            {
                "cue": cue.number + 1,
                "at": at(utc_ns),
                "gesture": cue.do,
                "mood": cue.mood,
                "person": cue.person,
            }
            for utc_ns, cue in ((due.utc_ns, due.cue) for due in rehearsal.cues)
        ],
        "longest_stay": max(stays, key=itemgetter("seconds"), default=None),
        "longest_run": run
        and {"gesture": run.gesture, "num_times": run.num_times, "start": at(run.start_utc_ns)},
        "num_no_ops": rehearsal.num_no_ops,
        "num_redrawn": rehearsal.num_redrawn,
        "num_past_neutral": rehearsal.num_past_neutral,
        "mean_distance": round(rehearsal.mean_distance, 6),
        "never": missing(plan.score, rehearsal),
    }


def _iso(utc_ns: int, zone: ZoneInfo) -> str:
    return wall(utc_ns, zone).isoformat(timespec="milliseconds")


def _seconds(duration_ns: int) -> float:
    return round(duration_ns / NANOSECONDS, 3)


def _stay(kind: str, stay: Stay, at: Callable[[int], str]) -> dict[str, Any]:
    instants = {"start": at(stay.start_utc_ns), "end": at(stay.end_utc_ns)}
    return {kind: stay.name, **instants, "seconds": _seconds(stay.lasts_ns)}


def _tally(tally: Tally, part: int, whole: int) -> dict[str, Any]:
    ratio = round(part / whole, 6) if whole else 0.0
    return {"num_times": tally.num_times, "seconds": _seconds(tally.lasts_ns), "share": ratio}


def open_times(opened: Iterable[Stretch]) -> list[tuple[int, int]]:
    """From when to when the doors are open: openings that touch at midnight are one."""
    times: list[tuple[int, int]] = []
    for opening in opened:
        first_ns = opening.start_utc_ns
        if times and times[-1][1] == first_ns:
            first_ns = times.pop()[0]
        times.append((first_ns, opening.end_utc_ns))
    return times


# --- as a picture -------------------------------------------------------------------------------------------


def draw(plan: Plan, rehearsal: Rehearsal, output: Path) -> None:
    """Write the timeline of the moods, and the histogram of the gestures."""
    from installation.stage import pictures, plots

    at = partial(wall, zone=plan.hours.zone)
    programme = plots.Programme(
        title=plan.title,
        subtitle=_heading(
            plan, rehearsal, Clock.between(rehearsal.start_utc_ns, rehearsal.end_utc_ns, plan.hours.zone)
        ),
        start=at(rehearsal.start_utc_ns),
        end=at(rehearsal.end_utc_ns),
        closed=tuple((at(first), at(last)) for first, last in closed_times(rehearsal)),
        moods={
            name: tuple(
                (at(stay.start_utc_ns), at(stay.end_utc_ns)) for stay in rehearsal.stays if stay.name == name
            )
            for name in rehearsal.moods
        },
        cues=tuple((at(due.utc_ns), deed(due.cue)) for due in rehearsal.cues),
        gestures={name: each.num_times for name, each in rehearsal.gestures.items()},
    )
    pictures.write(output, plots.drawn(programme))


def closed_times(rehearsal: Rehearsal) -> list[tuple[int, int]]:
    """From when to when they are closed."""
    ends = [end for times in open_times(rehearsal.opened) for end in times]
    bounds = [rehearsal.start_utc_ns, *ends, rehearsal.end_utc_ns]
    return [(first, last) for first, last in zip(bounds[::2], bounds[1::2], strict=True) if first < last]
