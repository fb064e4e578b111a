"""A choreography: who, what a face can do, which moods it lives through, and what happens when.

The objects that `installation.notation.document` makes of a file, and that the show is played from: frozen,
every name in them known, every number in its range.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

from installation.score.gesture import Gesture, Span
from installation.score.life import Liveliness
from installation.score.phrase import NANOSECONDS
from installation.score.visitors import Hospitality

Who = int | str  # a person's number, or a file beside the score

MINUTE_NS: Final = 60 * NANOSECONDS
DAY_NS: Final = 24 * 60 * MINUTE_NS
DWELL: Final = Span(4 * MINUTE_NS, 9 * MINUTE_NS)
FADE_NS: Final = 8 * NANOSECONDS

MOTIONS: Final = ("linear", "expressive", "chained")
CHOOSES: Final = ("weighted", "shuffle", "cycle")
EVENTS: Final = (
    "visitor_arrives",  # somebody comes into view
    "visitor_stays",  # and looks at the portrait
    "visitor_taken_up",  # it begins to turn into them
    "visitor_let_go",  # it begins to turn back
    "visitor_leaves",
)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as `date.weekday` counts them


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its file something stands: line and column from 1, and the dotted way there."""

    line: int
    column: int
    path: str


@dataclass(frozen=True, slots=True)
class Mood:
    """A state of mind: the gestures it plays and where it leads. Weights are finite, ≥ 0, and not all 0."""

    name: str
    gestures: Mapping[str, float]  # gesture → weight, in the order of the file
    choose: str  # one of CHOOSES
    no_repeat: int  # so many gestures back are not repeated
    dwell: Span
    next: Mapping[str, float]  # mood → weight
    person: Who | None = None  # while this mood lasts; None: whoever is there
    fade_ns: int = FADE_NS  # to that person, and back
    mirror: float = 0  # how strongly the face shows what the visitor's does, in [0, 1]


@dataclass(frozen=True, slots=True)
class Timed:
    """Every day at a time of the wall clock, on these weekdays, or on these dates alone."""

    at: time
    days: frozenset[int] = frozenset(range(7))  # 0 is Monday
    dates: frozenset[date] = frozenset()  # none: every date


@dataclass(frozen=True, slots=True)
class Cue:
    """What happens at a time or at an event: a gesture, a mood, a person, or several of these."""

    number: int  # its place in the file, from 0
    when: Timed | str  # a time, or one of EVENTS
    do: str | None = None  # a gesture
    mood: str | None = None
    person: Who | None = None
    fade_ns: int = FADE_NS
    is_immediate: bool = False  # leave the gesture under way; otherwise it is played out
    cooldown_ns: int = 0  # not again within this time

    @property
    def name(self) -> str:
        """`cue 2`: by its place in the file, from 1."""
        return f"cue {self.number + 1}"


@dataclass(frozen=True, slots=True)
class Arc:
    """What evolves over the weeks of a show: controls that drift by `changes` between two days of it."""

    changes: Mapping[str, float]  # a name of CONTROLS → change, in degrees or years
    begins_ns: int  # after the opening
    lasts_ns: int

    def at(self, age_ns: int) -> Mapping[str, float]:
        """How far each control has drifted when the show is `age_ns` old; before the opening, not at all."""
        share = min(1.0, max(0.0, (age_ns - self.begins_ns) / self.lasts_ns))
        return {name: change * share for name, change in self.changes.items()}


@dataclass(frozen=True, slots=True)
class Choreography:
    """A score that can be played."""

    title: str
    person: Who | None  # None: the player's choice
    seed: int | str  # a number, or "daily"
    motion: str  # one of MOTIONS
    gestures: Mapping[str, Gesture]
    moods: Mapping[str, Mood]
    start: str  # the mood that opens the day
    cues: tuple[Cue, ...] = ()
    arcs: tuple[Arc, ...] = ()
    life: Liveliness = field(default_factory=Liveliness)
    visitor: Hospitality = field(default_factory=Hospitality)
    people: Mapping[Who, Place] = field(default_factory=dict)  # everybody it names, and where first

    def seed_for(self, said: int | None) -> int:
        """The number of the dice: what was said, else the score's own. The day is part of every draw in any
        case, so `daily` needs none.
        """
        named = self.seed if said is None else said
        return named if isinstance(named, int) else 0

    def drifts(self, age_ns: int) -> dict[str, float]:
        """How far the arcs have come when the show is `age_ns` old, added up."""
        drifts: dict[str, float] = {}
        for arc in self.arcs:
            for name, change in arc.at(age_ns).items():
                drifts[name] = drifts.get(name, 0.0) + change
        return drifts

    @property
    def is_chained(self) -> bool:
        """Each target latent is computed from the latest one (the paper's chained mode), not the anchor."""
        return self.motion == "chained"
