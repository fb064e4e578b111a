"""The small life between gestures: blinks and looks, the breath, and the stir of a face at rest. Functions of
show time and the dice, laid over whatever is expressed.

Each part has dice of its own, so that one part switched off leaves the draws of the others as they were.
Phases are counted in whole nanoseconds: nothing gets coarser on day 90.

Resting adults breathe 12 to 20 times a minute, and breathe out for longer than in.
"""

import math
from dataclasses import dataclass, replace
from itertools import repeat
from operator import add
from typing import Final

from installation.score.dice import Dice
from installation.score.eyes import Blinks, Gaze, Microsaccades, log_normal, nanoseconds
from installation.score.phrase import NANOSECONDS
from installation.score.transition import alpha, between, smoothstep
from models.action_units import AU_INDEX, NUM_AUS
from models.controls import CONTROLS, NUM_CONTROLS

RETUNE_NS: Final = 2 * NANOSECONDS

# Unit → how strong it gets at most while nothing happens: seen only when it is missing.
STIR: Final = {1: 0.10, 2: 0.08, 12: 0.10, 25: 0.08, 43: 0.07}
STIR_PERIOD_S: Final = (3.0, 5.0)  # a breath, and slower, so that it never repeats
SLOWER: Final = (1 + math.sqrt(5)) / 2

# Upper lids follow the eyes: AU43 when they look down, AU05 when they look up.
LID_PER_DEG: Final = 0.03

# Of AU45: drawn lids meet there, and a blink that went further would keep them shut too long.
LIDS_MEET: Final = 0.8

CYCLE_SIGMA: Final = 0.1  # of the logarithm of a breath's length
INHALE_SHARE: Final = (0.36, 0.42)
EXHALE_SHARE: Final = 0.5  # then a pause
DEPTH: Final = (0.75, 1.0)
BREATH_DEG: Final = 0.4  # of pitch, for the deepest breath
SWAY_DEG: Final = 0.25  # of yaw, to either side
SWAY_PERIOD_S: Final = (11, 15)

LID, UPPER_LID, BLINK = AU_INDEX[43], AU_INDEX[5], AU_INDEX[45]
YAW, PITCH, GAZE_X, GAZE_Y = (CONTROLS.index(name) for name in ("yaw", "pitch", "gaze_x", "gaze_y"))


@dataclass(frozen=True, slots=True)
class Liveliness:
    """How lively a face is; 0 switches a part off."""

    blinks_per_min: float = 17
    gaze_deg: float = 5  # how far the eyes wander at most; half as far up and down
    saccades_hz: float = 1.5  # of the micro-saccades
    breaths_per_min: float = 14
    stir: float = 1  # of the face at rest, as a share of STIR

    def strengths(self) -> tuple[float, ...]:
        """Of the parts, in the order of the fields: rates are on (1) or off (0)."""
        rates = (self.blinks_per_min, self.saccades_hz, self.breaths_per_min)
        blinks, saccades, breaths = (float(rate > 0) for rate in rates)
        return (blinks, self.gaze_deg, saccades, breaths, self.stir)


AT_REST: Final = Liveliness()
STILL: Final = Liveliness(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Movement:
    """What the small life adds at an instant."""

    aus: tuple[float, ...]  # 43 intensities in [0, 1], in the order of `ACTION_UNITS`
    controls: tuple[float, ...]  # 7 changes in degrees, in the order of `CONTROLS`; age and light stay

    def __add__(self, other: "Movement") -> "Movement":
        return Movement(tuple(map(add, self.aus, other.aus)), tuple(map(add, self.controls, other.controls)))


class Life:
    """What a face does by itself. Ask for instants that do not go back."""

    def __init__(self, dice: Dice, liveliness: Liveliness = AT_REST, start_ns: int = 0) -> None:
        rates = _rates(liveliness, AT_REST)  # parts that are off go on unseen, or they could not be faded in
        self._rates = rates
        self._fade = _Fade(liveliness.strengths(), liveliness.strengths(), start_ns)
        self._blinks = Blinks(dice.branch("blinks"), dice.branch("shifts"), rates.blinks_per_min, start_ns)
        self._gaze = Gaze(dice.branch("gaze"), start_ns)
        self._microsaccades = Microsaccades(dice.branch("saccades"), rates.saccades_hz, start_ns)
        self._breath = Breath(dice.branch("breath"), rates.breaths_per_min, start_ns)
        self._sway = _wave(dice.branch("sway"), SWAY_PERIOD_S, start_ns)
        stir = dice.branch("stir")
        self._stirs = {
            AU_INDEX[unit]: (most, _wave(stir, STIR_PERIOD_S, start_ns)) for unit, most in STIR.items()
        }

    def at(self, t_ns: int) -> Movement:
        """What is added at show time `t_ns`, a function of time alone: the same at any frame rate."""
        self._go_on(t_ns)
        blinks, gaze_deg, saccades, breaths, stir = self._fade.at(t_ns)
        x, y = self._gaze.at(t_ns)
        micro_x, micro_y = self._microsaccades.at(t_ns)

        aus = [0.0] * NUM_AUS
        for index, (most, wave) in self._stirs.items():
            aus[index] = stir * most * wave.at(t_ns)
        # One lid cannot be raised and lowered, and while it blinks it does neither.
        lid = aus[LID] - LID_PER_DEG * gaze_deg * y
        aus[BLINK] = blinks * LIDS_MEET * self._blinks.closure(t_ns)
        aus[LID] = min(1.0, max(0.0, lid)) * (1 - aus[BLINK])
        aus[UPPER_LID] = min(1.0, max(0.0, -lid)) * (1 - aus[BLINK])

        controls = [0.0] * NUM_CONTROLS
        controls[YAW] = breaths * SWAY_DEG * (2 * self._sway.at(t_ns) - 1)
        controls[PITCH] = breaths * BREATH_DEG * self._breath.at(t_ns)
        controls[GAZE_X] = gaze_deg * x + saccades * micro_x
        controls[GAZE_Y] = gaze_deg * y + saccades * micro_y
        return Movement(tuple(aus), tuple(controls))

    def look(self, t_ns: int, degrees: float) -> None:
        """A gesture begins to turn the eyes or the head by so many degrees: a blink often comes with it."""
        self._go_on(t_ns)
        self._blinks.accompany(t_ns, degrees)

    def blink(self, t_ns: int) -> None:
        """Blink now, in the place of the next time: somebody else has."""
        self._go_on(t_ns)
        self._blinks.bring_forward(t_ns)

    def retune(self, liveliness: Liveliness, t_ns: int) -> None:
        """From now on as lively as that, without a jump: parts fade in and out within RETUNE_NS."""
        self._go_on(t_ns)
        self._fade = _Fade(self._fade.at(t_ns), liveliness.strengths(), t_ns)
        self._rates = rates = _rates(liveliness, self._rates)
        self._blinks.retune(rates.blinks_per_min, t_ns)
        self._microsaccades.retune(rates.saccades_hz, t_ns)
        self._breath.retune(rates.breaths_per_min, t_ns)

    def _go_on(self, t_ns: int) -> None:
        """Move the eyes on, one fixation after the other, and let blinks come with them."""
        while (start_ns := self._gaze.due_ns) <= t_ns:
            range_deg = self._fade.at(start_ns)[1]
            self._blinks.accompany(start_ns, self._gaze.shift(range_deg))


def _rates(liveliness: Liveliness, before: Liveliness) -> Liveliness:
    """The rates of a liveliness; of what is switched off, those from before."""
    return replace(
        liveliness,
        blinks_per_min=liveliness.blinks_per_min or before.blinks_per_min,
        saccades_hz=liveliness.saccades_hz or before.saccades_hz,
        breaths_per_min=liveliness.breaths_per_min or before.breaths_per_min,
    )


@dataclass(frozen=True, slots=True)
class _Fade:
    """The strengths of the parts, from one liveliness to another."""

    source: tuple[float, ...]
    target: tuple[float, ...]
    start_ns: int

    def at(self, t_ns: int) -> tuple[float, ...]:
        done = alpha("smoothstep", t_ns - self.start_ns, RETUNE_NS)
        return tuple(map(between, self.source, self.target, repeat(done))) if done < 1 else self.target


@dataclass(frozen=True, slots=True)
class Wave:
    """A quiet rise and fall: two sines whose periods never meet."""

    start_ns: int
    periods_ns: tuple[int, int]

    def at(self, t_ns: int) -> float:
        """In [0, 1]."""
        first, second = (
            math.sin(2 * math.pi * ((t_ns - self.start_ns) % period_ns / period_ns))
            for period_ns in self.periods_ns
        )
        return (first + second + 2) / 4


def _wave(dice: Dice, period_s: tuple[float, float], start_ns: int) -> Wave:
    """A wave with a period from that range, somewhere on its way at `start_ns`."""
    period_ns = nanoseconds(dice.between(*period_s))
    return Wave(start_ns - round(period_ns * dice.unit()), (period_ns, round(period_ns * SLOWER)))


@dataclass(frozen=True, slots=True)
class _Cycle:
    """One breath, in and out."""

    start_ns: int
    duration_ns: int
    inhale: float  # share of the duration
    depth: float

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.duration_ns

    def at(self, t_ns: int) -> float:
        """How full the chest is, in [0, depth]; 0 and at rest at both ends."""
        phase = (t_ns - self.start_ns) / self.duration_ns
        breathed_in = min(1.0, phase / self.inhale)
        breathed_out = min(1.0, max(0.0, (phase - self.inhale) / EXHALE_SHARE))
        return self.depth * (smoothstep(breathed_in) - smoothstep(breathed_out))


class Breath:
    """One breath after the other, no two alike."""

    def __init__(self, dice: Dice, per_min: float, start_ns: int) -> None:
        self._dice = dice
        self._per_min = per_min
        self._cycle = self._drawn(start_ns)

    def at(self, t_ns: int) -> float:
        """How full the chest is, in [0, 1]."""
        while self._cycle.end_ns <= t_ns:
            self._cycle = self._drawn(self._cycle.end_ns)
        return self._cycle.at(t_ns)

    def retune(self, per_min: float, t_ns: int) -> None:
        """From now on so many a minute, above 0. The breath under way goes on from where it is."""
        self.at(t_ns)
        cycle, slower = self._cycle, self._per_min / per_min
        self._per_min = per_min
        self._cycle = replace(
            cycle,
            start_ns=t_ns - round((t_ns - cycle.start_ns) * slower),
            duration_ns=round(cycle.duration_ns * slower),
        )

    def _drawn(self, start_ns: int) -> _Cycle:
        return _Cycle(
            start_ns,
            nanoseconds(log_normal(self._dice, 60 / self._per_min, CYCLE_SIGMA)),
            self._dice.between(*INHALE_SHARE),
            self._dice.between(*DEPTH),
        )
