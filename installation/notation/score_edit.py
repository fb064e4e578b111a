"""A gesture in the `gestures:` of a choreography, put there or in the place of the one of its name: every
other byte stays as a person wrote it. PURE.

As in `site_edit`, nothing is written anew but the gesture, at the place at which PyYAML found it or its
neighbour. What that makes of the file is read again, and has to say what it said before and this gesture.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import yaml

from installation.notation.document import parse_choreography
from installation.notation.fields import shortened
from installation.notation.gestures import AUS, EASE, GESTURES, HOLD, OFFSET, ONSET
from installation.notation.problems import InvalidScore
from installation.notation.site_edit import applied, end_of_line, line_end, written
from installation.score.choreography import Choreography
from installation.score.gesture import Gesture
from models.action_units import ACTION_UNITS, au_label
from models.controls import WRITTEN

LONGEST_NAME: Final = 60  # characters
_WORD: Final = re.compile(r"[\w.]+", re.ASCII)
_KEPT: Final = frozenset(key.name for key in (ONSET, HOLD, OFFSET, EASE))
DIGITS: Final = 3  # of an intensity and of an angle, after the point


class NotWritten(Exception):  # noqa: N818 - it says what became of the gesture
    """The gesture cannot be put into the text; the message says why, and what to do instead."""


def with_gesture(raw: bytes, name: str, aus: Mapping[int, float], controls: Mapping[str, float]) -> bytes:
    """A choreography in which the gesture of this name shows these units and controls.

    A new one comes after the others. One that is there keeps what it says of time, and loses what it showed.
    `raw` has been read without faults; `controls` have all components of those that are there, `gaze_x` and
    `gaze_y`.

    Raises:
        NotWritten: the name is none, there is nothing to show, or the text is written in an unusual way.
    """
    check_name(name)
    if not aus and not controls:
        raise NotWritten("nothing to save; move a slider first")
    text = raw.decode("utf-8")
    gestures = _gestures_in(text)
    entry = next(((key, value) for key, value in gestures.value if key.value == name), None)
    if entry is None:
        edit = _insertion(text, gestures, f"{written(name)}: {_face(aus, controls)}")
    else:
        edit = _replacement(text, *entry, aus, controls)
    result = applied(text, [edit]).encode()
    _check(raw, result, name, aus, controls)
    return result


def check_name(name: str) -> None:
    """
    Raises:
        NotWritten: no gesture can be called so; the message says how it might be called.
    """
    valid = suggested(name)
    if name != valid:
        raise NotWritten(f"'{shortened(name)}' cannot be a gesture's name; write {valid}")


def suggested(name: str) -> str:
    """The name, or the nearest one that a gesture can have."""
    words = "".join(character if character.isprintable() else " " for character in name).split()
    return " ".join(words)[:LONGEST_NAME].strip() or "new gesture"


# --- where it stands ----------------------------------------------------------------------------------------


def _gestures_in(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    gestures = next(value for key, value in root.value if key.value == GESTURES.name)
    assert isinstance(gestures, yaml.MappingNode)
    return gestures


Edit = tuple[int, int, str]  # from and until which character, and what stands there then


def _insertion(text: str, gestures: yaml.MappingNode, line: str) -> Edit:
    """After the last gesture: on a line of its own, or behind a comma."""
    end = _end(text, gestures.value[-1][1])
    if gestures.flow_style:
        return end, end, f", {line}"
    place = end_of_line(text, end)
    indent = " " * gestures.start_mark.column
    return place, place, f"{line_end(text)}{indent}{line}"


def _replacement(
    text: str, key: yaml.Node, value: yaml.Node, aus: Mapping[int, float], controls: Mapping[str, float]
) -> Edit:
    """In the place of a gesture's value; one with lines of its own comes up to its name."""
    assert isinstance(value, yaml.MappingNode)
    kept = [(each.value, _source(text, span)) for each, span in value.value if each.value in _KEPT]
    begin, end = value.start_mark.index, _end(text, value)
    between = text[key.end_mark.index : begin]
    if between.strip() == ":":
        begin = key.end_mark.index + between.index(":") + 1
        return begin, end, f" {_face(aus, controls, kept)}"
    return begin, end, _face(aus, controls, kept)


def _end(text: str, node: yaml.Node) -> int:
    """Where what a node says ends. PyYAML has a block end where the next one begins, comments and all."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    begin, end = node.start_mark.index, node.end_mark.index
    return begin + len(text[begin:end].rstrip())


def _source(text: str, node: yaml.Node) -> str:
    """A value as it stands there, or, where it takes more than a word, as it is written here."""
    found = text[node.start_mark.index : node.end_mark.index]
    return found if _WORD.fullmatch(found) else written(node.value)


# --- what is written ----------------------------------------------------------------------------------------


def _face(
    aus: Mapping[int, float], controls: Mapping[str, float], kept: list[tuple[str, str]] | None = None
) -> str:
    """`{aus: {AU12: 0.6}, gaze: [8, 0], hold: 2s}`."""
    units = ", ".join(f"{au_label(unit)}: {_number(aus[unit])}" for unit in ACTION_UNITS if unit in aus)
    parts = [f"{AUS.name}: {{{units}}}"] if units else []
    for name, components in WRITTEN.items():
        if components[0] in controls:
            numbers = [_number(controls[component]) for component in components]
            parts.append(f"{name}: {numbers[0]}" if len(numbers) == 1 else f"{name}: [{', '.join(numbers)}]")
    parts += [f"{name}: {value}" for name, value in kept or ()]
    return f"{{{', '.join(parts)}}}"


def _number(value: float) -> str:
    return f"{round(value, DIGITS) + 0.0:g}"  # + 0.0: -0 is 0


def _check(
    before: bytes, after: bytes, name: str, aus: Mapping[int, float], controls: Mapping[str, float]
) -> None:
    """
    Raises:
        NotWritten: the text says something else than it is to say.
    """
    try:
        score = parse_choreography(after, "")
    except InvalidScore:
        score = None
    gesture = score.gestures.get(name) if score else None
    meant = (
        {unit: float(_number(value)) for unit, value in aus.items()},
        {part: float(_number(value)) for part, value in controls.items()},
    )
    is_meant = gesture is not None and (gesture.aus, gesture.controls, gesture.emotion) == (*meant, None)
    if score is None or not is_meant or _others(score, name) != _others(parse_choreography(before, ""), name):
        raise NotWritten(
            f"this file is written in a way that cannot be changed here; write into its {GESTURES.name} by "
            f"hand: {written(name)}: {_face(aus, controls)}"
        )


def _others(score: Choreography, name: str) -> tuple[Choreography, dict[str, Gesture]]:
    """All that a score says besides one gesture."""
    others = {each: gesture for each, gesture in score.gestures.items() if each != name}
    return replace(score, gestures={}, people={}), others
