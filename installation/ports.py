"""What crosses between rooms: the frozen types, and the Protocols behind which the hardware sits.

A stage device is nine lines around a library; a test replaces it by a scripted fake of the same Protocol.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from installation.score.phrase import NANOSECONDS

__all__ = ["NANOSECONDS", "Clock", "Command", "Frame", "Image", "Latent", "Sink", "Synthesizer", "Tick"]

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


class Command(Enum):
    """What the person at the keyboard asks for."""

    QUIT = "quit"
    TOGGLE_FULLSCREEN = "toggle fullscreen"
    GO = "go"  # the next gesture, now


class Synthesizer(Protocol):
    """Latents to pictures. `resolution` is the side of its square pictures in pixels."""

    @property
    def resolution(self) -> int: ...

    def synthesize(self, ws: Latent) -> Image:
        """ws [num_ws, 512] float32 → [resolution, resolution, 3] uint8 RGB."""
        ...


class Sink(Protocol):
    """Where frames go: a window, a file, or nowhere."""

    def show(self, frame: Frame) -> None: ...

    def commands(self) -> Iterator[Command]:
        """What was asked for since the last call; nothing for a sink without a keyboard."""
        ...

    def close(self) -> None: ...


class Clock(Protocol):
    """Monotonic time, and waiting for it; and civil time."""

    def now_ns(self) -> int: ...

    def utc_ns(self) -> int:
        """Nanoseconds since 1970, as the machine has them: they may be set back."""
        ...

    def sleep_until_ns(self, instant_ns: int) -> None: ...
