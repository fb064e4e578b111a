"""Why this gesture now: one instant of a show, what was weighed, what was left out, and what asked for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from installation.errors import InputError
from installation.notation import values
from installation.notation.fields import Refused
from installation.notation.times import clock_time
from installation.notation.yaml_nodes import scalar
from installation.rehearse import Plan, planned
from installation.score.choreography import DAY_NS, Choreography, Cue, Who
from installation.score.hours import instant
from installation.score.phrase import Phrase
from installation.score.rehearsal import Played, Understudy, openings, play
from installation.wording import Clock, deed, intensity, length, occasion, share, table, wall
from models.action_units import ACTION_UNITS, AU_NAMES, au_label

LONGEST_NS: Final = 31 * DAY_NS  # everything before is played through: a later start is the shorter way
CHOSEN: Final = "› "


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of a show, and what is played around it."""

    utc_ns: int
    day_end_utc_ns: int  # when the doors close for that day
    before: Played | None
    now: Played
    after: Played | None
    person: Who


def explain(file: Path, at: str, start: datetime, seed: int | None, site: Path | None) -> None:
    """Print what plays at `at`, a duration into the show or a time of the same day, and why."""
    plan = planned(file, start, seed, site)
    print("\n".join(told(plan, moment_of(plan, at))))


# --- finding it ---------------------------------------------------------------------------------------------


def moment_of(plan: Plan, at: str) -> Moment:
    """
    Raises:
        InputError: `at` is neither a time nor a duration, or nothing plays then.
    """
    try:
        utc_ns = _at_time(plan, at) if ":" in at else plan.start_utc_ns + _after(at)
    except Refused:
        forms = "a time of that day such as 18:03, or how far into the show, such as 90s, 12min or 1h"
        raise InputError(f"--at '{at}': expected {forms}") from None
    _check_open(plan, at, utc_ns)
    if ":" in at and plan.hours.day_of(utc_ns) != plan.hours.day_of(plan.start_utc_ns):
        begins = f"{wall(plan.start_utc_ns, plan.hours.zone):%H:%M}"
        message = f"the show begins at {begins} that day; say a later time, or another --start"
        raise InputError(f"--at {at}: {message}")
    next_day_utc_ns = plan.hours.next_day(utc_ns)
    opened = list(openings(plan.hours, plan.start_utc_ns, next_day_utc_ns))
    understudy, before = Understudy(), None
    phrases = play(plan.score, plan.seed, plan.hours, plan.start_utc_ns, opened, plan.resident, understudy)
    now = next(phrases)
    while now.end_utc_ns <= utc_ns:
        before, now = now, next(phrases)
    came = (who for t_ns, who in understudy.people if plan.start_utc_ns + t_ns <= utc_ns)
    person = [plan.resident, *came][-1]
    return Moment(utc_ns, opened[-1].end_utc_ns, before, now, next(phrases, None), person)


def _check_open(plan: Plan, at: str, utc_ns: int) -> None:
    """
    Raises:
        InputError: the doors are closed; the text says when they are open.
    """
    if plan.hours.is_open(utc_ns):
        return
    clock, slots = Clock(plan.hours.zone, "%H:%M"), plan.hours.slots_on(wall(utc_ns, plan.hours.zone).date())
    opens = f"it is open {', '.join(map(str, slots))}" if slots else "it is closed all day"
    raise InputError(f"--at {at}: closed then; on {clock.day(utc_ns)} {opens}")


def _after(at: str) -> int:
    after_ns = values.duration(scalar(at))
    if after_ns > LONGEST_NS:
        raise InputError(f"--at {at}: at most 31d are played through; say a later --start")
    return after_ns


def _at_time(plan: Plan, at: str) -> int:
    """The instant of a time of the day, or of the night that still belongs to it."""
    zone, time = plan.hours.zone, clock_time(scalar(at))
    first = wall(plan.start_utc_ns, zone).date()
    both = (instant(day, time, zone) for day in (first, first + timedelta(days=1)))
    return next(each for each in both if each >= plan.start_utc_ns)


# --- telling it ---------------------------------------------------------------------------------------------


def told(plan: Plan, moment: Moment) -> list[str]:
    """The moment, for curators, line by line."""
    phrase, clock = moment.now.phrase, Clock(plan.hours.zone, "%H:%M")
    after_ns = moment.utc_ns - plan.start_utc_ns
    into = f"{length(after_ns)} into the show" if after_ns else "the show begins"
    when = f"{clock.day(moment.utc_ns)} {clock.exactly(moment.utc_ns)}, {plan.hours.zone}"
    sections = [
        [plan.title, f"{when} · {into} · seed {plan.seed}"],
        table(("Now", ""), _now(plan, moment, clock), left={1}),
        *_why(plan.score, phrase),
        table(("Face", ""), _face(phrase) or [("neutral", "")], left={1}),
        table(("Around it", "", "", ""), _around(moment, clock), left={1, 2, 3}),
    ]
    return "\n\n".join("\n".join(section) for section in sections).split("\n")


def _now(plan: Plan, moment: Moment, clock: Clock) -> list[tuple[str, str]]:
    now, phrase, start_utc_ns = moment.now, moment.now.phrase, plan.start_utc_ns
    mood, why = plan.score.moods[phrase.mood], phrase.why
    times = [f"since {clock.exactly(now.start_utc_ns)}", f"for {length(now.end_utc_ns - now.start_utc_ns)}"]
    cut_ns = start_utc_ns + phrase.end_ns - now.end_utc_ns
    times += [f"cut short by {length(cut_ns)}"] if cut_ns > 0 else []
    left_ns = now.start_utc_ns + phrase.onset_ns - moment.utc_ns
    times.append(f"reached in {length(left_ns)}" if left_ns > 0 else "reached")
    is_last, until_utc_ns = list(mood.next) == [mood.name], start_utc_ns + why.mood_until_ns
    is_to_end = is_last or until_utc_ns >= moment.day_end_utc_ns
    until = (
        "until the day ends" if is_to_end else f"until the first gesture after {clock.exactly(until_utc_ns)}"
    )
    brought = f", brought by {_asker(plan.score, why.mood_by)}" if why.mood_by else ""
    rows = [
        ("gesture", ", ".join([phrase.gesture, *times])),
        ("mood", f"{mood.name}, since {clock.exactly(start_utc_ns + why.mood_since_ns)}{brought}, {until}"),
        ("leads to", ", ".join(f"{name} {chance}" for name, _, chance in _chances(mood.next))),
        ("person", str(moment.person)),
    ]
    return [row for row in rows if not (is_last and row[0] == "leads to")]


def _chances(weights: Mapping[str, float]) -> list[tuple[str, str, str]]:
    """Name, weight and chance of everything that can come."""
    total = sum(weights.values())
    return [(name, f"{weight:g}", share(weight, total)) for name, weight in weights.items()]


def _why(score: Choreography, phrase: Phrase) -> list[list[str]]:
    """What asked for the gesture or how it was drawn, and what could not come."""
    why, mood = phrase.why, score.moods[phrase.mood]
    reasons = [(_asker(score, why.asked_by), "brought the mood" if why.weights else "asked for it")]
    reasons = reasons if why.asked_by else []
    if mood.choose != "weighted" and why.weights:
        reasons.append((f"the mood {_WAYS[mood.choose]}", f"it was the turn of {phrase.gesture}"))
    if not why.weights and not why.asked_by:
        reasons.append(("no gesture of the mood", "would change the face: it is held"))
    if why.num_redrawn:
        reasons.append(("thrown away", f"{why.num_redrawn} drawn that would have changed nothing"))
    sections = [table(("Why", ""), reasons, left={1})] if reasons else []
    if mood.choose == "weighted" and why.weights:
        rows = [
            (f"{CHOSEN if name == phrase.gesture else '  '}{name}", weight, chance)
            for name, weight, chance in _chances(why.weights)
        ]
        total = sum(why.weights.values())
        bars = [weight / total for weight in why.weights.values()]
        sections.append(table(("Drawn from", "weight", "chance"), rows, bars))
    if why.excluded:
        sections.append(table(("Left out", ""), list(why.excluded.items()), left={1}))
    return sections


_WAYS: Final = {
    "shuffle": "plays each gesture once, in random order",
    "cycle": "plays its gestures in their order",
}


def _asker(score: Choreography, asked_by: str) -> str:
    """A cue with what it does and when; anybody else by name."""
    cues = {cue.name: cue for cue in score.cues}
    cue: Cue | None = cues.get(asked_by)
    return f"{asked_by}: {deed(cue)}, {occasion(cue)}" if cue else asked_by


def _face(phrase: Phrase) -> list[tuple[str, str]]:
    """The target's units, the strongest first, and its controls."""
    shown = sorted(zip(phrase.target, ACTION_UNITS, strict=True), key=lambda each: -each[0])
    rows = [(f"{au_label(unit)} {AU_NAMES[unit]}", intensity(value)) for value, unit in shown if value > 0]
    rows += [(name.replace("_", " "), f"{value:g} {_unit(name)}") for name, value in phrase.controls.items()]
    drifts = {name: drift for name, drift in phrase.drifts.items() if name not in phrase.controls and drift}
    return rows + [
        (name.replace("_", " "), f"{drift:+.1f} {_unit(name)}, by the arcs") for name, drift in drifts.items()
    ]


def _unit(control: str) -> str:
    return "years" if control == "age" else "degrees"


def _around(moment: Moment, clock: Clock) -> list[tuple[str, str, str, str]]:
    rows = []
    for name, played in (("before", moment.before), ("next", moment.after)):
        if played:
            start, phrase = clock.exactly(played.start_utc_ns), played.phrase
            rows.append((name, start, phrase.gesture, phrase.mood))
        else:
            rows.append((name, "", "nothing that day", ""))
    return rows
