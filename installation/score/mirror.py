"""The mirror: the face shows what the visitor's does, a little later and a little less."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from installation.score.life import Movement
from installation.score.motion import RIVALS
from installation.score.phrase import NANOSECONDS
from installation.score.visitors import Visitor
from models.action_units import AU_INDEX, NEUTRAL, NUM_AUS
from models.controls import NUM_CONTROLS

HALF_NS: Final = 120_000_000  # in which a unit covers half of its way
FADE_HALF_NS: Final = NANOSECONDS // 2  # of the whole, when the mirror opens and closes
TRACE: Final = 0.1  # intensities up to here are the reader's noise
SEEN: Final = 1 / 256  # what is weaker changes no picture
# Lids have a life of their own, and a blink that comes late is a twitch: those are answered elsewhere.
LIDS: Final = frozenset(AU_INDEX[unit] for unit in (43, 45, 46))


@dataclass(frozen=True, slots=True)
class _Course:
    """From what was shown at `start_ns` to what is to be shown."""

    start_ns: int
    aus: tuple[float, ...]
    target: tuple[float, ...]
    strength: float
    strength_target: float

    def aus_at(self, t_ns: int) -> tuple[float, ...]:
        left = 2 ** (-(t_ns - self.start_ns) / HALF_NS)
        ways = zip(self.aus, self.target, strict=True)
        return tuple(_settled(target + (start - target) * left, target) for start, target in ways)

    def strength_at(self, t_ns: int) -> float:
        left = 2 ** (-(t_ns - self.start_ns) / FADE_HALF_NS)
        strength = self.strength_target + (self.strength - self.strength_target) * left
        return _settled(strength, self.strength_target)


class Mirror:
    """Shows the first visitor's action units. Ask for instants that do not go back. It keeps nothing but
    what it still shows.
    """

    def __init__(self) -> None:
        self._course = _Course(0, NEUTRAL, NEUTRAL, 0, 0)

    def see(self, t_ns: int, visitors: Sequence[Visitor], strength: float) -> None:
        """Who is there at show time `t_ns`, and how strongly the first is mirrored, in [0, 1]; 0: not."""
        read = visitors[0].aus if visitors else None
        course, now = self._course, self._course.aus_at(t_ns)
        strength_now = course.strength_at(t_ns)
        if read is None or strength <= 0:  # what is there fades, and is then dropped
            target = course.target if strength_now else NEUTRAL
            self._course = _Course(t_ns, now if strength_now else NEUTRAL, target, strength_now, 0)
        else:
            self._course = _Course(t_ns, now, _shown(read), strength_now, min(1.0, strength))

    def forget(self, t_ns: int) -> None:
        """Let go of what was seen: nothing of it is left within a second."""
        now, strength = self._course.aus_at(t_ns), self._course.strength_at(t_ns)
        self._course = _Course(t_ns, now, NEUTRAL, strength, 0)

    def at(self, t_ns: int) -> Movement:
        """What the mirror adds at show time `t_ns`: never two units that cannot hold together."""
        aus, strength = self._course.aus_at(t_ns), self._course.strength_at(t_ns)
        # Where one takes the other's place both give way, so that neither jumps.
        shown = (
            strength * max(0.0, value - max((aus[rival] for rival in RIVALS[unit]), default=0.0))
            for unit, value in enumerate(aus)
        )
        return Movement(tuple(shown), (0.0,) * NUM_CONTROLS)


def _shown(read: Sequence[float]) -> tuple[float, ...]:
    """What is to be shown of what was read: without traces, and of rivals the stronger."""
    cleared = [
        0.0 if unit in LIDS else max(0.0, (value - TRACE) / (1 - TRACE)) for unit, value in enumerate(read)
    ]
    shown = [0.0] * NUM_AUS
    for unit in sorted(range(NUM_AUS), key=lambda unit: (-cleared[unit], unit)):
        if not any(shown[rival] for rival in RIVALS[unit]):
            shown[unit] = cleared[unit]
    return tuple(shown)


def _settled(value: float, target: float) -> float:
    return target if abs(value - target) < SEEN else value
