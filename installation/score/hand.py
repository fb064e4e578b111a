"""The hand of an operator on a face: units and controls held where a slider or a sender says, and let go.

    a' = a + (v − a)·s        each held part, by its share s in [0, 1], towards its value v

The share rises and falls along smoothsteps, and the value follows what is told as a critically damped spring
does, solved for any step of time: neither ever jumps, and both are where they are at any frame rate. A sender
that is lost does not freeze a face: what has not been told again for RELEASE_AFTER_NS is let go.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from installation.score.motion import RIVALS
from installation.score.phrase import NANOSECONDS
from installation.score.transition import between, smoothstep
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS

TAKE_NS: Final = 400_000_000  # until the hand has a part; half of it after half of that
RELEASE_AFTER_NS: Final = 3 * NANOSECONDS  # without a message
RELEASE_NS: Final = NANOSECONDS
FOLLOW_S: Final = 0.06  # time constant of the spring: half-way to a new value in a tenth of a second
TRACE: Final = 0.1  # a unit as strong as this takes its rivals' place altogether

UNITS: Final[Mapping[str, int]] = {f"AU{unit:02d}": index for unit, index in AU_INDEX.items()}
PARTS: Final = frozenset((*UNITS, *CONTROLS))


@dataclass(frozen=True, slots=True)
class Held:
    """A part as the hand has it at an instant."""

    share: float  # in [0, 1]: how much of the part is the hand's
    value: float  # an intensity in [0, 1]; degrees or years


@dataclass(frozen=True, slots=True)
class _Grip:
    """A part from the latest message of it on."""

    start_ns: int
    let_go_ns: int
    level: float  # at the start, in [0, 1]; the share is its smoothstep
    value: float  # at the start …
    velocity: float  # … and by how much that changes a second
    wanted: float

    def level_at(self, t_ns: int) -> float:
        risen = self.level + max(0, min(t_ns, self.let_go_ns) - self.start_ns) / TAKE_NS
        return max(0.0, min(1.0, risen) - max(0, t_ns - self.let_go_ns) / RELEASE_NS)

    def motion_at(self, t_ns: int) -> tuple[float, float]:
        """Value and velocity of a critically damped spring, x'' = (wanted − x)/τ² − 2x'/τ."""
        elapsed_s = (t_ns - self.start_ns) / NANOSECONDS
        distance = self.value - self.wanted
        drift = self.velocity + distance / FOLLOW_S
        left = math.exp(-elapsed_s / FOLLOW_S)
        moved = (distance + drift * elapsed_s) * left
        return self.wanted + moved, drift * left - moved / FOLLOW_S

    def held_at(self, t_ns: int) -> Held:
        return Held(smoothstep(self.level_at(t_ns)), self.motion_at(t_ns)[0])

    def is_over(self, t_ns: int) -> bool:
        return t_ns > self.let_go_ns and self.level_at(t_ns) <= 0


class Hand:
    """What is moved by hand: `AU01` to `AU46`, and CONTROLS. Tell it and ask it for instants of show time
    that do not go back.
    """

    def __init__(self) -> None:
        self._grips: dict[str, _Grip] = {}  # part → how it is held; never more than there are parts

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held, as it nearly always is."""
        return not self._grips

    def move(self, part: str, value: float | None, t_ns: int) -> None:
        """Hold a part at a value from now on; None: let go of it. What is no part, or no number, is nothing.

        Intensities are kept within [0, 1].
        """
        grip = self._grips.get(part)
        if value is None:
            if grip and t_ns < grip.let_go_ns:
                self._grips[part] = _told(grip, t_ns, t_ns, grip.wanted)
            return
        if part not in PARTS or not math.isfinite(value):
            return
        wanted = min(1.0, max(0.0, value)) if part in UNITS else value
        if grip is None or grip.is_over(t_ns):
            grip = _Grip(t_ns, t_ns, 0.0, wanted, 0.0, wanted)  # it comes with its share, from anywhere
        self._grips[part] = _told(grip, t_ns, t_ns + RELEASE_AFTER_NS, wanted)

    def at(self, t_ns: int) -> Mapping[str, Held]:
        """What is held at show time `t_ns`: part → share and value; mostly nothing."""
        for part in [part for part, grip in self._grips.items() if grip.is_over(t_ns)]:
            del self._grips[part]
        return {part: grip.held_at(t_ns) for part, grip in self._grips.items()}

    def wanted(self, t_ns: int) -> Mapping[str, float]:
        """Part → where it was last told to be, of those that are not being let go of."""
        return {part: grip.wanted for part, grip in self._grips.items() if t_ns < grip.let_go_ns}


def _told(grip: _Grip, t_ns: int, let_go_ns: int, wanted: float) -> _Grip:
    """Another message: on from where the part is, as fast as it moves."""
    value, velocity = grip.motion_at(t_ns)
    return _Grip(t_ns, let_go_ns, grip.level_at(t_ns), value, velocity, wanted)


def with_hand(aus: Sequence[float], held: Mapping[int, Held]) -> tuple[float, ...]:
    """An AU state [43] with units, by their index, held by hand: these push what they cannot hold together
    with down; of two rivals that are both held the stronger one stays, without a step from one to the other.
    """
    moved = list(aus)
    for unit, each in held.items():
        moved[unit] = between(aus[unit], each.value, each.share)
    claims = {unit: each.share * each.value for unit, each in held.items()}
    rooms = (
        1 - max((_push(claims, rival, unit) for rival in RIVALS[unit] if rival in claims), default=0.0)
        for unit in range(NUM_AUS)
    )
    return tuple(value * room for value, room in zip(moved, rooms, strict=True))


def _push(claims: Mapping[int, float], rival: int, unit: int) -> float:
    """By how much a rival that is held pushes a unit down, in [0, 1]; less where the unit is held as well,
    and is the stronger one. Between two that are held, what the one is pushed down the other is not.
    """
    pushes, resists = claims[rival], claims.get(unit, 0.0)
    ahead = _within((resists - pushes) / TRACE + (unit < rival))
    return _within(pushes / TRACE) * (1 - ahead)


def _within(value: float) -> float:
    return min(1.0, max(0.0, value))
