"""What crosses between rooms: the frozen types, and the Protocols behind which the hardware sits.

A stage device is nine lines around a library; a test replaces it by a scripted fake of the same Protocol.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from installation.score.choreography import Who
from installation.score.gesture import Gesture
from installation.score.phrase import NANOSECONDS
from installation.score.visitors import Visitor

__all__ = [
    "NANOSECONDS",
    "Clock",
    "Command",
    "Detail",
    "Eyes",
    "Frame",
    "Image",
    "Latent",
    "Likeness",
    "Move",
    "Play",
    "Remote",
    "Request",
    "Sighting",
    "Sink",
    "Synthesizer",
    "Tick",
    "Try",
    "Visitor",
]

Image = NDArray[np.uint8]  # [H, W, 3] RGB
Latent = NDArray[np.float32]  # ws [num_ws, 512]


@dataclass(frozen=True, slots=True)
class Tick:
    """One turn of the loop: show time in whole nanoseconds since it began, never decreasing; and what the
    clock on the wall says, in nanoseconds since 1970, which may be set.
    """

    t_ns: int
    utc_ns: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What is shown: a picture and the instant it belongs to."""

    image: Image
    t_ns: int
    is_private: bool = False  # a visitor's face is in it: for the wall alone
    is_dark: bool = False  # there is no picture: the doors are closed, or somebody wants it dark
    is_still: bool = False  # the face does not move: a score may have it so, for minutes


@dataclass(frozen=True, slots=True)
class Likeness:
    """What has become of a request to project a visitor's face."""

    request: int
    ws: Latent | None = field(default=None, repr=False)  # [num_ws, 512]; None: it is not to be shown, …
    aus: tuple[float, ...] = field(default=(), repr=False)  # a₀: the 43 intensities seen in that latent
    doubts: tuple[str, ...] = ()  # … and this is why


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the eyes see at an instant."""

    visitors: tuple[Visitor, ...] = ()  # the largest and steadiest face first
    likeness: Likeness | None = None  # the answer to the latest request, once there is one
    trouble: str = ""  # what is the matter with the camera, in a line; "": nothing


class Command(Enum):
    """What is asked for in a word, at the keyboard or from afar."""

    QUIT = "quit"
    TOGGLE_FULLSCREEN = "toggle fullscreen"
    GO = "go"  # the next gesture, now
    AGREE = "agree"  # the visitor before the portrait wants their face to be taken up
    ERASE = "erase"  # forget whoever is being shown, at once
    REPORT = "report"  # say how the frames come, now
    PAUSE = "pause"  # play nothing further: the face stays as it is, and lives on
    RESUME = "resume"
    BLACKOUT = "blackout"  # show nothing; the show goes on in the dark
    LIGHT = "light"  # the end of a blackout


@dataclass(frozen=True, slots=True)
class Play:
    """A mood to enter, a gesture of the score to play now, or somebody to turn into; `by` is who wants it."""

    mood: str | None = None
    gesture: str | None = None
    person: Who | None = None  # a number, or whom the score names
    by: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A unit or a control moved by hand. It is held as long as it is told again, and then let go of."""

    part: str  # `AU12`, or one of CONTROLS
    value: float | None  # an intensity in [0, 1], degrees or years; None: let go of it


@dataclass(frozen=True, slots=True)
class Try:
    """A gesture that no score has yet, to be played now."""

    gesture: Gesture
    by: str = ""


Request = Command | Play | Move | Try


@dataclass(frozen=True, slots=True)
class Detail:
    """How finely a picture is drawn: where the generator stops, and how much its last block adds.

    Between two resolutions there is no step: (r, 0) is the picture of (r/2, 1), enlarged.
    """

    resolution: int  # the side of the picture in pixels
    share: float = 1.0  # of the last block's own RGB, in [0, 1]


class Synthesizer(Protocol):
    """Latents to pictures, which are square."""

    @property
    def resolution(self) -> int:
        """The side of its finest pictures in pixels."""
        ...

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Where it can stop, rising; the last is `resolution`."""
        ...

    def synthesize(self, ws: Latent, detail: Detail | None = None) -> Image:
        """ws [num_ws, 512] float32 → [r, r, 3] uint8 RGB, r that of `detail`; None: as finely as it can."""
        ...


class Eyes(Protocol):
    """Who sees the visitors. Nothing here ever waits for a camera."""

    @property
    def is_live(self) -> bool:
        """Whether people who are there are seen, and not a recording."""
        ...

    def look(self, t_ns: int) -> Sighting:
        """What is seen at show time `t_ns`; times never go back."""
        ...

    def project(self, request: int, visitor: int) -> None:
        """Begin to look for a visitor's face in the latent space; a request before it is dropped."""
        ...

    def forget(self) -> None:
        """Drop every picture and latent of anybody, and any request."""
        ...

    def rest(self) -> None:
        """See nobody until `wake`: give the camera free, and keep nothing. A second call does nothing."""
        ...

    def wake(self) -> None:
        """See again, as soon as can be. Where they are awake, it does nothing."""
        ...


class Sink(Protocol):
    """Where frames go: a window, a file, or nowhere."""

    def show(self, frame: Frame) -> None: ...

    def requests(self) -> Iterator[Request]:
        """What was asked for since the last call; nothing for a sink without a keyboard."""
        ...

    def close(self) -> None: ...


class Remote(Protocol):
    """Where requests come from that nobody types."""

    def requests(self) -> Iterator[Request]:
        """What was asked for since the last call. Never waits."""
        ...


class Clock(Protocol):
    """Monotonic time, and waiting for it; and civil time."""

    def now_ns(self) -> int: ...

    def utc_ns(self) -> int:
        """Nanoseconds since 1970, as the machine has them: they may be set back."""
        ...

    def sleep_until_ns(self, instant_ns: int) -> None: ...
