"""A gesture in one line, as it is written on a command line: `happily surprised`, or `AU12=0.8, AU06=C`."""

from installation.score import values
from installation.score.fields import Refused
from installation.score.gesture import Gesture
from installation.score.yaml_nodes import scalar


def parse_expression(written: str) -> Gesture:
    """An OSU category, or units with intensities.

    Raises:
        Refused: an unknown category, unit or intensity; the text says which, and what instead.
    """
    if "=" not in written:
        return Gesture(written, values.emotion(scalar(written)), None)
    aus = {}
    for item in written.split(","):
        unit, separator, intensity = item.partition("=")
        if not separator:
            raise Refused(f"'{item.strip()}' has no intensity; write it as AU12=0.8")
        aus[values.action_unit(unit.strip())] = values.intensity(scalar(intensity.strip()))
    return Gesture(written, None, None, aus)
