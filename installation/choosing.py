"""What a technician chooses with a few keys: which monitor, which way up, what surrounds the picture, and
which camera. PURE.

    SCREEN ── Enter ─▶ CAMERA ── Enter ─▶ DONE         Esc, at any time ─▶ LEFT: nothing is written
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from installation.hanging import FITS, Hanging

FULL_TURN_DEG = 360
QUARTER_TURN_DEG = 90


class Key(Enum):
    """What a key means."""

    LEFT = "monitor before"
    RIGHT = "next monitor"
    CLOCKWISE = "turn clockwise"
    ANTICLOCKWISE = "turn anticlockwise"
    FIT = "next fit"
    NEXT_CAMERA = "next camera"
    NO_CAMERA = "no camera"
    ACCEPT = "accept"
    LEAVE = "leave"


KEYS: Final = {
    "left": Key.LEFT,
    "right": Key.RIGHT,
    "up": Key.CLOCKWISE,
    "r": Key.CLOCKWISE,
    "down": Key.ANTICLOCKWISE,
    "f": Key.FIT,
    "n": Key.NEXT_CAMERA,
    "0": Key.NO_CAMERA,
    "[0]": Key.NO_CAMERA,
    "return": Key.ACCEPT,
    "enter": Key.ACCEPT,
    "escape": Key.LEAVE,
    "closed": Key.LEAVE,
}  # by SDL's names, and a window's being closed


class Step(Enum):
    """How far the technician has come."""

    SCREEN = "screen"
    CAMERA = "camera"
    DONE = "done"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Choice:
    """What has been chosen so far, of what there is."""

    num_monitors: int  # at least 1
    cameras: tuple[str, ...] = ()  # those that were found: a number, or a device
    hanging: Hanging = field(default_factory=Hanging)
    camera: int | None = None  # which of `cameras`; None: none of them
    step: Step = Step.SCREEN

    @property
    def source(self) -> str | None:
        """The camera that was chosen."""
        return None if self.camera is None else self.cameras[self.camera]

    @property
    def is_open(self) -> bool:
        """Whether there is still something to be chosen."""
        return self.step in (Step.SCREEN, Step.CAMERA)


def chosen(choice: Choice, key: Key) -> Choice:
    """The choice, once that key was pressed; a key that means nothing now changes nothing."""
    if key is Key.LEAVE and choice.is_open:
        return replace(choice, step=Step.LEFT)
    if choice.step is Step.SCREEN:
        return _screen_chosen(choice, key)
    return _camera_chosen(choice, key) if choice.step is Step.CAMERA else choice


def with_monitors(choice: Choice, num_monitors: int) -> Choice:
    """The choice, once so many monitors are there; the last one in the place of one that is gone."""
    monitor = min(choice.hanging.monitor, num_monitors - 1)
    return replace(choice, num_monitors=num_monitors, hanging=replace(choice.hanging, monitor=monitor))


def _screen_chosen(choice: Choice, key: Key) -> Choice:
    hanging = choice.hanging
    match key:
        case Key.LEFT | Key.RIGHT:
            step = 1 if key is Key.RIGHT else -1
            hanging = replace(hanging, monitor=(hanging.monitor + step) % choice.num_monitors)
        case Key.CLOCKWISE | Key.ANTICLOCKWISE:
            turn_deg = QUARTER_TURN_DEG if key is Key.CLOCKWISE else -QUARTER_TURN_DEG
            hanging = replace(hanging, rotation=(hanging.rotation + turn_deg) % FULL_TURN_DEG)
        case Key.FIT:
            hanging = replace(hanging, fit=FITS[(FITS.index(hanging.fit) + 1) % len(FITS)])
        case Key.ACCEPT:
            return replace(choice, step=Step.CAMERA)
    return replace(choice, hanging=hanging)


def _camera_chosen(choice: Choice, key: Key) -> Choice:
    match key:
        case Key.NEXT_CAMERA if choice.cameras:
            following = 0 if choice.camera is None else (choice.camera + 1) % len(choice.cameras)
            return replace(choice, camera=following)
        case Key.NO_CAMERA:
            return replace(choice, camera=None)
        case Key.ACCEPT:
            return replace(choice, step=Step.DONE)
    return choice
