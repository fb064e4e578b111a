"""A slow machine: whatever a frame needs takes time on an injected clock, and no test waits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from installation.ports import NANOSECONDS, Detail, Image, Latent
from installation.stage.adaptive import AdaptiveSynthesizer
from installation.stage.pacing import Pacer

MS = 1_000_000


@dataclass
class Machine:
    """A clock that is where work leaves it; its load, by the second, makes all work so many times as slow."""

    load: Callable[[float], float] = lambda _seconds: 1.0
    instant_ns: int = 90 * 86_400 * NANOSECONDS
    start_ns: int = field(default=90 * 86_400 * NANOSECONDS)

    def now_ns(self) -> int:
        return self.instant_ns

    def utc_ns(self) -> int:
        return self.instant_ns

    def sleep_until_ns(self, instant_ns: int) -> None:
        self.instant_ns = max(self.instant_ns, instant_ns)

    @property
    def seconds(self) -> float:
        return (self.instant_ns - self.start_ns) / NANOSECONDS

    def work(self, milliseconds: float) -> None:
        self.instant_ns += round(milliseconds * self.load(self.seconds) * MS)


class Draughtsman:
    """A `Synthesizer` whose pictures are of one colour, and cost what they are said to."""

    def __init__(self, machine: Machine, costs_ms: dict[int, float]) -> None:
        self.machine, self.costs_ms = machine, costs_ms
        self.resolutions = tuple(sorted(costs_ms))
        self.resolution = max(costs_ms)
        self.drawn: list[Detail] = []

    def synthesize(self, ws: Latent, detail: Detail | None = None) -> Image:
        detail = detail or Detail(self.resolution)
        self.drawn.append(detail)
        self.machine.work(self.costs_ms[detail.resolution])
        return np.full((detail.resolution, detail.resolution, 3), 99, np.uint8)


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame of a simulated show."""

    seconds: float
    interval_ns: int  # since the frame before
    detail: Detail


def show(
    costs_ms: dict[int, float],
    seconds: float,
    fps: int = 30,
    rest_ms: float = 1.0,
    load: Callable[[float], float] = lambda _seconds: 1.0,
) -> list[Shown]:
    """A live loop, paced as in a show: what was drawn in it, and how the frames came."""
    machine = Machine()
    draughtsman = Draughtsman(machine, costs_ms)
    ws = np.zeros((8, 512), np.float32)
    adaptive = AdaptiveSynthesizer(draughtsman, machine, Fraction(fps), ws)
    machine.start_ns, machine.load = machine.instant_ns, load
    pacer = Pacer(machine, fps)
    frames: list[Shown] = []
    last_ns = machine.instant_ns
    while machine.seconds < seconds:
        pacer.tick()
        adaptive.synthesize(ws)
        machine.work(rest_ms)
        frames.append(Shown(machine.seconds, machine.instant_ns - last_ns, draughtsman.drawn[-1]))
        last_ns = machine.instant_ns
    return frames
