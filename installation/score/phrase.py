"""A phrase: one gesture, drawn and placed in time. What the mood scheduler hands to the portrait."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Why:
    """How a gesture came to be played: what was weighed, what was left out, and what the dice said."""

    mood_since_ns: int  # show time at which the mood was entered …
    mood_until_ns: int  # … and from which the next gesture boundary leaves it
    mood_by: str = ""  # the cue that brought the mood; "": the mood before led to it
    asked_by: str = ""  # the cue or the person who asked for it; "": the mood chose
    weights: Mapping[str, float] = field(default_factory=dict)  # gesture → weight, of those that could come
    excluded: Mapping[str, str] = field(default_factory=dict)  # gesture → why it could not
    num_redrawn: int = 0  # draws thrown away because they would have changed nothing


@dataclass(frozen=True, slots=True)
class Phrase:
    """One gesture as it will be played.

    `target` is the AU vector a_T to reach: 43 intensities in [0, 1] in the order of `ACTION_UNITS`.
    `controls` are those that the gesture names, in degrees and years; the others are the person's own.
    Instants and durations are integer nanoseconds of show time, so that they are exact on day 90 and at any
    frame rate.
    """

    number: int  # 0 for the first phrase of the show
    mood: str
    gesture: str
    target: tuple[float, ...]
    start_ns: int
    onset_ns: int  # the transition from wherever the portrait is to `target`
    hold_ns: int  # the time the target is held
    ease: str  # a name in `transition.EASES`
    motion: str = "linear"  # one of `choreography.MOTIONS`
    release_ns: int = 0  # the fade of what the last gesture showed and this one does not; `expressive` alone
    lags: tuple[float, ...] = ()  # how late each unit and control sets out, in [0, 1]; `expressive` alone
    controls: Mapping[str, float] = field(default_factory=dict)
    drifts: Mapping[str, float] = field(default_factory=dict)  # changes of the person's own controls, by arcs
    why: Why = Why(0, 0)

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.onset_ns + self.hold_ns
