"""What a score says correctly and probably does not mean. Findings are warnings: the score can be played.

`lint` looks at what the file means. Whether a word that has no effect was written all the same, `is_written`
says, which knows the file by its ways: ("moods", "dusk", "fade"), or ("cues", 2, "at"), counted from 0.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

from installation.score.agenda import cues_outside_hours
from installation.score.choreography import Choreography, Cue, Mood, Timed
from installation.score.gesture import SAME_FACE, Gesture, are_same_controls, conflicts, is_same_face, reach
from installation.score.hours import Hours
from installation.score.phrase import NANOSECONDS
from models.action_units import AU_NAMES, CATEGORIES, au_label
from models.controls import CONTROL_SPANS, WRITTEN, clamped

Way = tuple[str | int, ...]

TAKING_UP: Final = ("visitor_taken_up", "visitor_let_go")
WRITTEN_AS: Final = {component: name for name, components in WRITTEN.items() for component in components}


@dataclass(frozen=True, slots=True)
class Finding:
    """One warning about what stands in the file at `way`, or about what is nearest above it."""

    way: Way
    message: str


A_MONDAY: Final = date(2024, 1, 1)  # where nobody says which week it is, any will do


@dataclass(frozen=True, slots=True)
class Setting:
    """What a score is to be played with, and where."""

    units: Collection[int]  # that the weights have learned
    controls: Collection[str]
    hours: Hours | None = None  # None: not known, or not asked
    today: date = A_MONDAY


def lint(score: Choreography, is_written: Callable[[Way], bool], setting: Setting) -> Iterator[Finding]:
    """Everything found."""
    for gesture in score.gestures.values():
        yield from lint_gesture(gesture, setting.units, setting.controls)
    yield from _unused(score)
    yield from _unreachable(score)
    yield from _final(score, is_written)
    for mood in score.moods.values():
        yield from _same_faces(score, mood)
        yield from _idle_in_mood(mood, is_written)
    yield from _idle_in_gestures(score, is_written)
    yield from _clashes(score.cues)
    yield from _idle_in_cues(score.cues, is_written)
    yield from _arcs(score, setting)
    yield from _life(is_written, score, setting)
    yield from _visitors(score, is_written)
    if setting.hours is not None:
        for outside in cues_outside_hours(score.cues, setting.hours, setting.today):
            message = f"nobody would see it on {outside}"
            yield Finding(("cues", outside.cue.number, "at"), message)


# -- one gesture ---------------------------------------------------------------------------------------------


def lint_gesture(gesture: Gesture, units: Collection[int], controls: Collection[str]) -> Iterator[Finding]:
    """What can be said of one gesture by itself, for weights that have learned these units and controls."""
    way: Way = ("gestures", gesture.name)
    yield from _impossible(gesture, way)
    yield from _unlearned(gesture, way, units)
    yield from _out_of_reach(gesture.controls, way, controls)


def _impossible(gesture: Gesture, way: Way) -> Iterator[Finding]:
    """Units that cannot hold together, where the score or a prototype asks for both."""
    written = [unit for unit, intensity in gesture.aus.items() if intensity > 0]
    for unit, other in combinations(written, 2):
        if conflicts(unit, {other: 1.0}):
            message = f"{au_label(other)} cannot hold together with {au_label(unit)}; keep one"
            yield Finding((*way, "aus", other), message)
    for unit in CATEGORIES[gesture.emotion or "neutral"].prototype:
        for other in conflicts(unit, gesture.aus) if unit not in gesture.aus else ():
            message = f"{au_label(other)} cannot hold together with {au_label(unit)} of '{gesture.emotion}'"
            hint = f"drop it, or write {au_label(unit)}: 0 beside it if it is meant"
            yield Finding((*way, "aus", other), f"{message}; {hint}")


def _unlearned(gesture: Gesture, way: Way, learned: Collection[int]) -> Iterator[Finding]:
    """Units that a score asks for and the weights never saw: the face would not know what to do."""
    asked = dict.fromkeys(CATEGORIES[gesture.emotion or "neutral"].prototype, 1.0) | dict(gesture.aus)
    for unit, intensity in asked.items():
        if intensity > 0 and unit not in learned:
            place: Way = ("aus", unit) if unit in gesture.aus else ("emotion",)
            message = f"these weights have not learned {au_label(unit)} ({AU_NAMES[unit]})"
            yield Finding((*way, *place), message)


def _out_of_reach(controls: Mapping[str, float], way: Way, learned: Collection[str]) -> Iterator[Finding]:
    """Controls that the weights never saw move, and values beyond those that they saw."""
    for name in dict.fromkeys(WRITTEN_AS[component] for component in controls if component not in learned):
        yield Finding((*way, name), f"these weights have not learned the control '{name}'; it is left out")
    for name, value in controls.items():
        words, span = name.replace("_", " "), CONTROL_SPANS[name]
        if name in learned and clamped(name, value) != value:
            bounds = f"{span.lowest:g} to {span.highest:g}"
            message = f"{words} {value:g} is outside {bounds}; {clamped(name, value):g} is taken"
            yield Finding((*way, WRITTEN_AS[name]), message)


def _idle_in_gestures(score: Choreography, is_written: Callable[[Way], bool]) -> Iterator[Finding]:
    """Words about gestures that the score's motion does not heed."""
    ways: list[Way] = [("defaults", "offset"), *(("gestures", name, "offset") for name in score.gestures)]
    for way in ways:
        if score.motion != "expressive" and is_written(way):
            message = f"motion: {score.motion} does not heed it; write motion: expressive, or remove it"
            yield Finding(way, message)
    if score.is_chained and any(_has_shades(gesture) for gesture in score.gestures.values()):
        message = "chained has units on or off: the gestures' intensities are not heeded"
        yield Finding(("defaults", "motion"), message)


def _has_shades(gesture: Gesture) -> bool:
    """Whether a gesture asks for something between nothing and all of a unit."""
    return any(0 < intensity < 1 for intensity in (gesture.intensity or 0, *gesture.aus.values()))


# -- moods ---------------------------------------------------------------------------------------------------


def _unused(score: Choreography) -> Iterator[Finding]:
    played = {name for mood in score.moods.values() for name, weight in mood.gestures.items() if weight > 0}
    played |= {cue.do for cue in score.cues if cue.do}
    for name in score.gestures:
        if name not in played:
            message = "nothing plays this gesture; give it a weight above 0 in a mood, or remove it"
            yield Finding(("gestures", name), message)


def _unreachable(score: Choreography) -> Iterator[Finding]:
    reached = {score.start, *(cue.mood for cue in score.cues if cue.mood)}
    frontier = list(reached)
    while frontier:
        leads_to = score.moods[frontier.pop()].next
        new = {name for name, weight in leads_to.items() if weight > 0} - reached
        reached |= new
        frontier += new
    for name in score.moods:
        if name not in reached:
            message = (
                f"no way leads here from '{score.start}'; name it in a mood's next or in a cue, or remove it"
            )
            yield Finding(("moods", name), message)


def _final(score: Choreography, is_written: Callable[[Way], bool]) -> Iterator[Finding]:
    """Moods that nobody has said how to leave."""
    is_led_by_cues = any(cue.mood for cue in score.cues)
    for name in score.moods if len(score.moods) > 1 and not is_led_by_cues else ():
        if not is_written(("moods", name, "next")):
            message = (
                f"no next: from here on the day stays as it is; write next: {{{name}: 1}} if it is meant"
            )
            yield Finding(("moods", name), message)


def _same_faces(score: Choreography, mood: Mood) -> Iterator[Finding]:
    """A mood that can only show one face, or one whose order has the same face twice in a row."""
    gestures = [score.gestures[name] for name, weight in mood.gestures.items() if weight > 0]
    faces = [_face(gesture, is_binary=score.is_chained) for gesture in gestures]
    shown = [face for face in faces if face.aus is not None] or faces
    if all(_shows_nothing_new(face, shown[0]) for face in faces):
        message = "all its gestures are the same face, which will stand still; add another one"
        yield Finding(("moods", mood.name), message)
    elif mood.choose == "cycle":
        for number, (gesture, face) in enumerate(zip(gestures, faces, strict=True)):
            if _shows_nothing_new(face, faces[number - 1]):
                message = f"the same face as '{gestures[number - 1].name}' before it, so it is passed over"
                yield Finding(("moods", mood.name, "gestures", gesture.name), message)


@dataclass(frozen=True, slots=True)
class _Face:
    """All that can be seen of a gesture."""

    aus: tuple[float, ...] | None  # None: it keeps the expression that is there
    is_fixed: bool  # no two draws of it differ
    controls: Mapping[str, float]


def _face(gesture: Gesture, *, is_binary: bool) -> _Face:
    ranges = reach(gesture, is_binary=is_binary)
    is_fixed = all(each.high - each.low <= SAME_FACE for each in ranges)
    aus = tuple((each.low + each.high) / 2 for each in ranges) if gesture.has_expression else None
    return _Face(aus, is_fixed, gesture.controls)


def _shows_nothing_new(face: _Face, before: _Face) -> bool:
    """Whether nothing can be seen to change when a face comes after another."""
    if not (face.is_fixed and before.is_fixed and are_same_controls(face.controls, before.controls)):
        return False
    return face.aus is None or (before.aus is not None and is_same_face(face.aus, before.aus))


def _idle_in_mood(mood: Mood, is_written: Callable[[Way], bool]) -> Iterator[Finding]:
    """Words of a mood that have no effect beside its other words."""
    way: Way = ("moods", mood.name)
    weights = [weight for weight in mood.gestures.values() if weight > 0]
    is_uneven, most = len(set(weights)) > 1, max(0, len(weights) - 2)
    if mood.choose != "weighted" and is_uneven:
        message = f"choose: {mood.choose} plays each gesture once a round; write weights of 1, or 0 for never"
        yield Finding((*way, "gestures"), message)
    if mood.choose == "cycle" and mood.no_repeat:
        yield Finding((*way, "no_repeat"), "choose: cycle keeps its own order; remove no_repeat")
    elif mood.no_repeat > most and (len(weights) > 2 or is_uneven):
        message = (
            f"of {len(weights)} gestures only one is then left to play, and their order is always the same"
        )
        yield Finding((*way, "no_repeat"), f"{message}; write at most {most}")
    if mood.person is None and is_written((*way, "fade")):
        yield Finding((*way, "fade"), "nobody to fade to; name a person, or remove it")


# -- cues ----------------------------------------------------------------------------------------------------


def _clashes(cues: Collection[Cue]) -> Iterator[Finding]:
    """Cues of which another one at the same time leaves nothing to be seen."""
    seen: dict[tuple[object, ...], Cue] = {}
    for cue in cues:
        for thing in _wanted(cue):
            before = next((seen[thing, day] for day in _meets(cue.when) if (thing, day) in seen), None)
            if before and cue.cooldown_ns <= before.cooldown_ns:
                message = f"{before.name} changes the {thing} at the same time, and gives way to this one"
                yield Finding(("cues", cue.number), message)
                break
        seen |= {(thing, day): cue for thing in _wanted(cue) for day in _claims(cue.when)}


def _wanted(cue: Cue) -> Iterator[str]:
    """What only one cue can have at a time; gestures that do not interrupt follow one another."""
    if cue.mood is not None:
        yield "mood"
    if cue.person is not None:
        yield "person"
    if cue.do is not None and cue.is_immediate:
        yield "gesture"


def _claims(when: Timed | str) -> Iterator[tuple[object, ...]]:
    """The days that a cue has a time on: of the week, or of the calendar with the weekdays that they are."""
    if isinstance(when, str):
        yield (when,)
    elif when.dates:
        yield from ((when.at, day) for day in when.dates)
        yield from ((when.at, "dated", day.weekday()) for day in when.dates)
    else:
        yield from ((when.at, day) for day in when.days)


def _meets(when: Timed | str) -> Iterator[tuple[object, ...]]:
    """The claims of others that stand in its way."""
    if isinstance(when, str):
        yield (when,)
    elif when.dates:
        yield from ((when.at, day) for day in when.dates)
        yield from ((when.at, day.weekday()) for day in when.dates)
    else:
        yield from ((when.at, day) for day in when.days)
        yield from ((when.at, "dated", day) for day in when.days)


def _idle_in_cues(cues: Collection[Cue], is_written: Callable[[Way], bool]) -> Iterator[Finding]:
    for cue in cues:
        way: Way = ("cues", cue.number)
        if cue.person is None and is_written((*way, "fade")):
            yield Finding((*way, "fade"), "nobody to fade to; name a person, or remove it")
        if cue.do is None and cue.mood is None and is_written((*way, "interrupt")):
            message = "a person changes at once, whatever is played; remove it"
            yield Finding((*way, "interrupt"), message)
        is_abrupt = cue.is_immediate and (cue.do is not None or cue.mood is not None)
        is_frequent = isinstance(cue.when, str) and cue.when not in TAKING_UP  # those have their own
        if is_frequent and is_abrupt and not is_written((*way, "cooldown")):
            message = "without a cooldown it comes with every visitor; write one, such as cooldown: 20s"
            yield Finding((*way, "when"), message)


# -- arcs and life -------------------------------------------------------------------------------------------


def _arcs(score: Choreography, setting: Setting) -> Iterator[Finding]:
    if score.arcs and setting.hours is not None and setting.hours.opening is None:
        message = "no opening day to count from, so nothing evolves; write opening: in the site.yaml"
        yield Finding(("arcs",), message)
    for number, arc in enumerate(score.arcs):
        for name, change in arc.changes.items():
            way, words, span = ("arcs", number, WRITTEN_AS[name]), name.replace("_", " "), CONTROL_SPANS[name]
            if name not in setting.controls:
                yield Finding(way, f"these weights have not learned the control '{words}'; it stays as it is")
            elif abs(change) > span.highest - span.lowest:
                bounds = f"from {span.lowest:g} to {span.highest:g}"
                yield Finding(
                    way, f"{words} goes {bounds}, which is less than {change:+g}; the rest is not seen"
                )


# What `life` writes → the unit or the controls that it moves.
_MOVED: Final[dict[str, tuple[str, ...]]] = {
    "gaze": ("gaze_x", "gaze_y"),
    "saccades": ("gaze_x", "gaze_y"),
    "breath": ("yaw", "pitch"),
}
_LIDS: Final = 43  # a blink moves as closed eyes do


def _life(is_written: Callable[[Way], bool], score: Choreography, setting: Setting) -> Iterator[Finding]:
    """Life that a score asks for, and that the weights cannot show; what it does not write is left out."""
    life = score.life
    amounts = {"gaze": life.gaze_deg, "saccades": life.saccades_hz, "breath": life.breaths_per_min}
    for name, amount in amounts.items():
        if (
            amount
            and is_written(("life", name))
            and not any(each in setting.controls for each in _MOVED[name])
        ):
            moved = "the eyes" if name != "breath" else "the head"
            yield Finding(("life", name), f"these weights have not learned to move {moved}; write off")
    if life.blinks_per_min and is_written(("life", "blinks")) and _LIDS not in setting.units:
        yield Finding(("life", "blinks"), "these weights have not learned to close the eyes; write off")


# -- visitors ------------------------------------------------------------------------------------------------


MIN_SEEN_NS: Final = 2 * NANOSECONDS  # of somebody's face; less is a flicker


def _visitors(score: Choreography, is_written: Callable[[Way], bool]) -> Iterator[Finding]:
    seen_ns = score.visitor.fade_ns + score.visitor.stay.low_ns
    if score.visitor.takes_up and seen_ns < MIN_SEEN_NS:
        message = f"it turns back {seen_ns / NANOSECONDS:g}s after it began to turn, which flickers"
        yield Finding(("visitor", "stay"), f"{message}; write a longer stay or fade")
    if not score.visitor.takes_up:
        for key in ("dwell", "stay", "fade", "linger", "cooldown", "expression"):
            if is_written(("visitor", key)):
                yield Finding(("visitor", key), "nobody is taken up; write take_up: on, or remove it")
        for cue in score.cues:
            if cue.when in TAKING_UP:
                yield Finding(("cues", cue.number, "when"), "take_up is off, so this never comes")
    for cue in score.cues:
        if cue.mood is not None and cue.when in ("visitor_arrives", "visitor_stays", "visitor_taken_up"):
            yield from _without_return(score, cue, cue.mood)


def _without_return(score: Choreography, cue: Cue, mood: str) -> Iterator[Finding]:
    """A mood that visitors bring, and that nothing ends when they have gone."""
    is_final = all(name == mood for name, weight in score.moods[mood].next.items() if weight > 0)
    if is_final and score.start != mood and not any(each.mood not in (None, mood) for each in score.cues):
        message = f"the portrait stays '{mood}' when they have gone; write next in that mood"
        yield Finding(("cues", cue.number, "mood"), f"{message}, or a cue when: visitor_leaves")
