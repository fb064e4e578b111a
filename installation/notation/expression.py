"""A gesture in one line, as it is written on a command line: `happily surprised`, or `AU12=0.8, yaw=10`."""

import re

from installation.notation import values
from installation.notation.fields import Refused
from installation.notation.yaml_nodes import ListNode, Node, scalar
from installation.score.gesture import Gesture
from models.action_units import au_label
from models.controls import WRITTEN

_COMMA = re.compile(r",(?![^\[\]]*\])")  # between items, not inside `gaze=[8, 0]`


def parse_expression(written: str) -> Gesture:
    """An OSU category; or units with intensities, and controls: `AU12=0.8, yaw=10, gaze=[8, 0]`.

    Raises:
        Refused: an unknown category, unit, intensity or angle, or one of them twice; the text says which.
    """
    if "=" not in written:
        return Gesture(written, values.emotion(scalar(written)), None)
    aus: dict[int, float] = {}
    controls: dict[str, float] = {}
    for item in _COMMA.split(written):
        name, separator, amount = (part.strip() for part in item.partition("="))
        if not separator:
            raise Refused(f"'{name}' has no intensity; write it as AU12=0.8")
        if components := WRITTEN.get(name.lower()):
            if components[0] in controls:
                raise Refused(f"{name} stands there twice; keep one")
            controls |= values.control(name, components, joint="=")(_node(amount))
            continue
        unit = values.action_unit(name)
        if unit in aus:
            raise Refused(f"{au_label(unit)} stands there twice; keep one")
        aus[unit] = values.intensity(scalar(amount))
    return Gesture(written, None, None, aus, controls)


def _node(written: str) -> Node:
    """A number, or numbers in brackets, as they stand in a score."""
    if written.startswith("[") and written.endswith("]"):
        return ListNode(1, 1, tuple(scalar(number.strip()) for number in written[1:-1].split(",")))
    return scalar(written)
