"""A gesture in one line, as it is written on a command line: `happily surprised`, or `AU12=0.8, AU06=C`."""

from dataclasses import dataclass
from typing import Final

from installation.score import values
from installation.score.fields import Refused
from installation.score.gesture import Gesture
from installation.score.yaml_nodes import scalar
from models.action_units import au_label

CONTROLS: Final = ("yaw", "pitch", "gaze", "age", "light")  # of a face, beside its action units


@dataclass(frozen=True, slots=True)
class Expression:
    """The gesture, and the controls that were asked for and that nothing here can move yet."""

    gesture: Gesture
    controls: tuple[str, ...] = ()


def parse_expression(written: str) -> Expression:
    """An OSU category, or units with intensities.

    Raises:
        Refused: an unknown category, unit or intensity, or a unit twice; the text says which.
    """
    if "=" not in written:
        return Expression(Gesture(written, values.emotion(scalar(written)), None))
    aus: dict[int, float] = {}
    controls = []
    for item in written.split(","):
        name, separator, amount = (part.strip() for part in item.partition("="))
        if not separator:
            raise Refused(f"'{name}' has no intensity; write it as AU12=0.8")
        if name.lower() in CONTROLS:
            controls.append(name.lower())
            continue
        unit = values.action_unit(name)
        if unit in aus:
            raise Refused(f"{au_label(unit)} stands there twice; keep one")
        aus[unit] = values.intensity(scalar(amount))
    return Expression(Gesture(written, None, None, aus), tuple(controls))
