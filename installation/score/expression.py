"""A gesture in one line, as it is written on a command line: `happily surprised`, or `AU12=0.8, yaw=10`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from installation.score import values
from installation.score.fields import Refused
from installation.score.gesture import Gesture
from installation.score.yaml_nodes import scalar
from models.action_units import au_label
from models.controls import CONTROL_SPANS, WRITTEN

_COMMA = re.compile(r",(?![^\[\]]*\])")  # between items, not inside `gaze=[8, 0]`


@dataclass(frozen=True, slots=True)
class Expression:
    """The gesture, and beside it where the face turns and looks, its age and its light."""

    gesture: Gesture
    controls: Mapping[str, float] = field(default_factory=dict)  # a name of CONTROLS → degrees, years


def parse_expression(written: str) -> Expression:
    """An OSU category; or units with intensities, and controls: `AU12=0.8, yaw=10, gaze=[8, 0]`.

    Raises:
        Refused: an unknown category, unit, intensity or angle, or one of them twice; the text says which.
    """
    if "=" not in written:
        return Expression(Gesture(written, values.emotion(scalar(written)), None))
    aus: dict[int, float] = {}
    controls: dict[str, float] = {}
    for item in _COMMA.split(written):
        name, separator, amount = (part.strip() for part in item.partition("="))
        if not separator:
            raise Refused(f"'{name}' has no intensity; write it as AU12=0.8")
        if components := WRITTEN.get(name.lower()):
            if components[0] in controls:
                raise Refused(f"{name} stands there twice; keep one")
            controls |= _control(name, components, amount)
            continue
        unit = values.action_unit(name)
        if unit in aus:
            raise Refused(f"{au_label(unit)} stands there twice; keep one")
        aus[unit] = values.intensity(scalar(amount))
    return Expression(Gesture(written, None, None, aus), controls)


def _control(name: str, components: tuple[str, ...], amount: str) -> dict[str, float]:
    """A number, or two in brackets, as they are written in a score."""
    is_pair = len(components) == 2
    inside = amount[1:-1] if is_pair and amount.startswith("[") and amount.endswith("]") else amount
    numbers = [scalar(number.strip()).value for number in inside.split(",")]
    if len(numbers) != len(components) or not all(type(number) in (int, float) for number in numbers):
        form = f"two numbers, such as {name}=[8, 0]" if is_pair else f"a number, such as {name}=20"
        raise Refused(f"'{name}={amount}' is not {form}")
    return {part: float(number) for part, number in zip(components, numbers, strict=True)}  # type: ignore[arg-type]  # all are numbers


def playable(controls: Mapping[str, float], learned: Collection[str]) -> dict[str, float]:
    """Of the controls asked for, those that weights have learned, as far as faces were shown with them."""
    return {name: clamped(name, value) for name, value in controls.items() if name in learned}


def clamped(name: str, value: float) -> float:
    """The nearest value of a control that faces were shown with."""
    span = CONTROL_SPANS[name]
    return min(max(value, span.lowest), span.highest)
