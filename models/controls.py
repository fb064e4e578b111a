"""The controls of a face beside its action units: turn, gaze, age and light. Pure tables, no imports.

A control vector is 7 numbers in the order of `CONTROLS`, in the units that people use: degrees and years. The
networks see it in shares of `SPANS`, so that every component is of the size of an action unit's intensity.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ControlSpan:
    """One component of a control vector."""

    span: float  # that changes a face about as much as a whole action unit does
    lowest: float  # of what faces were shown with, and so of what may be asked for
    highest: float


# Directions as on the picture: + is to its right, + is up.
CONTROL_SPANS: Final[dict[str, ControlSpan]] = {
    "yaw": ControlSpan(15, -12, 12),  # degrees, of the head; beyond, turned faces pale
    "pitch": ControlSpan(10, -10, 10),
    "gaze_x": ControlSpan(14, -12, 12),  # degrees, of the eyes; beyond, the whites glare
    "gaze_y": ControlSpan(7, -8, 8),
    "age": ControlSpan(40, 20, 90),  # years
    "light_azimuth": ControlSpan(45, -75, 75),  # degrees, of the key light away from the camera
    "light_elevation": ControlSpan(20, 0, 50),
}
CONTROLS: Final = tuple(CONTROL_SPANS)
KEPT: Final = 0.8  # of a turn of the head, that eyes which are kept on the viewer turn back
FARTHEST: Final = {"gaze_x": 14.0, "gaze_y": 9.0}  # that eyes turn against the head without glaring
NUM_CONTROLS: Final = len(CONTROLS)

# What a person may write → the components that it gives, in their order.
WRITTEN: Final[dict[str, tuple[str, ...]]] = {
    "yaw": ("yaw",),
    "pitch": ("pitch",),
    "gaze": ("gaze_x", "gaze_y"),
    "age": ("age",),
    "light": ("light_azimuth", "light_elevation"),
}


def clamped(name: str, value: float) -> float:
    """The nearest value of a control that faces were shown with."""
    span = CONTROL_SPANS[name]
    return min(max(value, span.lowest), span.highest)


def kept_within(name: str, value: float, change: float) -> float:
    """Of a change of a control, as much as does not lead further beyond what faces were shown with."""
    span = CONTROL_SPANS[name]
    return min(max(change, min(0.0, span.lowest - value)), max(0.0, span.highest - value))


def playable(controls: Mapping[str, float], learned: Collection[str]) -> dict[str, float]:
    """Of the controls asked for, those that weights have learned, as far as faces were shown with them."""
    return {name: clamped(name, value) for name, value in controls.items() if name in learned}


def changes_to(asked: Mapping[str, float], own: Sequence[float]) -> tuple[float, ...]:
    """By how much each of somebody's `own` controls has to change for those that are asked for.

    Gaze is asked for as it is seen from before the picture: at [0, 0] the eyes meet the viewer's, though the
    head be turned; and they stay there while it turns.
    """
    at_viewer = {"gaze_x": -KEPT * own[CONTROLS.index("yaw")]}
    wanted = {name: value + at_viewer.get(name, 0.0) for name, value in asked.items()}
    for name, farthest in FARTHEST.items():
        if name in wanted:
            wanted[name] = min(max(wanted[name], -farthest), farthest)
    return tuple(wanted.get(name, mine) - mine for name, mine in zip(CONTROLS, own, strict=True))
