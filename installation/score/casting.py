"""Who is there: whom the score names, and who goes before them."""

from typing import Protocol

from installation.score.choreography import Mood, Who
from installation.score.phrase import Phrase


class Face(Protocol):
    """What the conductor moves: the portrait, or in a rehearsal its action units alone."""

    def aus_at(self, t_ns: int) -> tuple[float, ...]:
        """The AU vector at show time `t_ns`, not before the last phrase's start."""
        ...

    def begin(self, phrase: Phrase) -> float:
        """Set out for the phrase's target; → by how many degrees that turns the eyes."""
        ...

    def become(self, who: Who, start_ns: int, fade_ns: int) -> None:
        """Turn into somebody else."""
        ...


class Casting:
    """Who is there: a guest, else who was asked for, else the mood's person, else whom a cue has brought,
    else the resident.
    """

    def __init__(self, face: Face, resident: Who) -> None:
        self.face = face
        self.resident = self.shown = resident
        self.by_cue: Who | None = None  # until another cue names somebody, or the day ends
        self.asked: Who | None = None  # by an operator, until the score names somebody, or the day ends
        self.guest: Who | None = None  # a visitor, then whom they have left to

    def begin_day(self) -> None:
        """Nobody has been named yet. A guest stays."""
        self.by_cue = self.asked = None

    def wanted(self, mood: Mood | None) -> Who:
        """Who is to be there while that mood is played."""
        return self.host(mood) if self.guest is None else self.guest

    def host(self, mood: Mood | None) -> Who:
        """Who would be there without a guest."""
        named = (self.asked, mood.person if mood else None, self.by_cue, self.resident)
        return next(who for who in named if who is not None)

    def turn_into(self, who: Who, now_ns: int, fade_ns: int) -> None:
        """Be somebody else from now on, unless they are there."""
        if who != self.shown:
            self.shown = who
            self.face.become(who, now_ns, fade_ns)
