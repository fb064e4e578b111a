"""What a score says correctly and probably does not mean. Findings are warnings: the score can be played.

Pure functions over the gestures and over two graphs of names: what each mood plays, and where it leads.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from installation.score.expression import clamped
from installation.score.gesture import Gesture, conflicts, reach
from models.action_units import ACTION_UNITS, AU_NAMES, CATEGORIES, au_label
from models.controls import CONTROL_SPANS

# AU vectors that are nowhere further apart than this look the same.
SAME_FACE: Final = 0.05

Graph = Mapping[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One warning about the named thing at `path`."""

    path: str
    message: str


def lint(
    gestures: Mapping[str, Gesture],
    plays: Graph,
    leads_to: Graph,
    start: str,
    *,
    is_binary: bool,
    learned: Collection[int] = ACTION_UNITS,
) -> Iterator[Finding]:
    """Everything found. `plays` is mood → gestures, `leads_to` mood → moods; weights of 0 left out.

    `learned` are the action units that the weights at hand can show.
    """
    for gesture in gestures.values():
        yield from lint_gesture(gesture, learned)
    yield from _unused(gestures, plays)
    yield from _unreachable(leads_to, start)
    for mood, names in plays.items():
        yield from _frozen(mood, [gestures[name] for name in names], is_binary=is_binary)


def _impossible(gesture: Gesture) -> Iterator[Finding]:
    """Units that cannot hold together, where the score or a prototype asks for both."""
    path = f"gestures.{gesture.name}"
    written = [unit for unit, intensity in gesture.aus.items() if intensity > 0]
    for unit, other in combinations(written, 2):
        if conflicts(unit, {other: 1.0}):
            yield Finding(path, f"{au_label(unit)} and {au_label(other)} cannot hold together; keep one")
    for unit in CATEGORIES[gesture.emotion or "neutral"].prototype:
        for other in conflicts(unit, gesture.aus) if unit not in gesture.aus else ():
            message = f"{au_label(other)} cannot hold together with {au_label(unit)} of '{gesture.emotion}'"
            yield Finding(path, f"{message}; drop it, or write {au_label(unit)}: 0 beside it if it is meant")


def lint_gesture(gesture: Gesture, learned: Collection[int]) -> Iterator[Finding]:
    """What can be said of one gesture by itself."""
    yield from _impossible(gesture)
    yield from _unlearned(gesture, learned)


def _unlearned(gesture: Gesture, learned: Collection[int]) -> Iterator[Finding]:
    """Units that a score asks for and the weights never saw: the face would not know what to do."""
    asked = dict.fromkeys(CATEGORIES[gesture.emotion or "neutral"].prototype, 1.0) | dict(gesture.aus)
    for unit, intensity in asked.items():
        if intensity > 0 and unit not in learned:
            message = f"these weights have not learned {au_label(unit)} ({AU_NAMES[unit]})"
            yield Finding(f"gestures.{gesture.name}", message)


def lint_controls(controls: Mapping[str, float], learned: Collection[str]) -> Iterator[Finding]:
    """Controls that the weights never saw move, and values beyond those that they saw."""
    for name, value in controls.items():
        path, words, span = f"controls.{name}", name.replace("_", " "), CONTROL_SPANS[name]
        if name not in learned:
            yield Finding(path, f"these weights have not learned the control '{words}'; it is left out")
        elif clamped(name, value) != value:
            bounds = f"{span.lowest:g} to {span.highest:g}"
            yield Finding(path, f"{words} {value:g} is outside {bounds}; {clamped(name, value):g} is taken")


def _unused(gestures: Iterable[str], plays: Graph) -> Iterator[Finding]:
    played = {name for names in plays.values() for name in names}
    for name in gestures:
        if name not in played:
            yield Finding(
                f"gestures.{name}", "no mood plays this gesture; give it a weight in one, or remove it"
            )


def _unreachable(leads_to: Graph, start: str) -> Iterator[Finding]:
    reached, frontier = {start}, [start]
    while frontier:
        new = set(leads_to[frontier.pop()]) - reached
        reached |= new
        frontier += new
    for mood in leads_to:
        if mood not in reached:
            yield Finding(
                f"moods.{mood}", f"no way leads here from '{start}'; name it in a mood's next, or remove it"
            )


def _frozen(mood: str, gestures: Iterable[Gesture], *, is_binary: bool) -> Iterator[Finding]:
    """A mood that can only show one face: every transition in it would be a no-op."""
    units = zip(*(reach(gesture, is_binary=is_binary) for gesture in gestures), strict=True)
    if all(max(each.high for each in unit) - min(each.low for each in unit) <= SAME_FACE for unit in units):
        yield Finding(
            f"moods.{mood}", "all its gestures are the same face, which will stand still; add another one"
        )
