"""The encounter: somebody comes, looks, is taken up, and is forgotten. A state machine on show time.

    ALONE ─▶ NOTICED ─▶ ENGAGED ─▶ PROJECTING ─▶ TURNING ─▶ LIVING ─▶ LETTING_GO ─▶ forgotten, and a rest

What is seen at an instant holds until the next one. Whatever falls due in between happens at its own instant,
in order, so that an encounter takes the same course at any frame rate. It knows visitors by a number that is
theirs while they are in view; neither a picture nor a latent comes here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

from installation.score.dice import Dice
from installation.score.phrase import NANOSECONDS
from installation.score.presence import MOST_TRIES, NEVER, Person
from installation.score.visitors import LONGEST_MEMORY_NS, Consent, Hospitality, Visitor

NOTICE_NS: Final = 3 * NANOSECONDS // 10  # a face that is there for less may be none
ENGAGE_NS: Final = NANOSECONDS  # of looking, from nearby, before somebody stays
GONE_NS: Final = 2 * NANOSECONDS  # who has not been seen for so long has left; faces are missed for less
PATIENCE_NS: Final = 30 * NANOSECONDS  # with a projection
PAUSE_NS: Final = 5 * NANOSECONDS  # before the second; twice as long before the third
HABIT_NS: Final = (
    120 * NANOSECONDS
)  # in which who has been taken up and stays is not so again; each time longer
ERASED_FADE_NS: Final = NANOSECONDS // 2
# From their leaving to the end of the fade at most; the rest is for a camera and a frame that are late.
MEMORY_NS: Final = LONGEST_MEMORY_NS - 5 * NANOSECONDS


class Stage(Enum):
    """How far an encounter has come."""

    ALONE = "alone"
    NOTICED = "noticed"  # somebody is in view
    ENGAGED = "engaged"  # and looks at the portrait
    PROJECTING = "projecting"  # their face is looked for in the latent space
    TURNING = "turning"  # into them
    LIVING = "living"  # as them
    LETTING_GO = "letting go"


_SHOWN: Final = (Stage.TURNING, Stage.LIVING)
_WAITING: Final = (Stage.NOTICED, Stage.ENGAGED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What has become of a projection."""

    request: int
    is_good: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that has come in since the last call."""

    visitors: tuple[Visitor, ...] = ()  # in view now, the largest and steadiest face first
    answer: Answer | None = None  # it may be told again
    has_agreed: bool = False  # by key or OSC
    is_erasing: bool = False
    is_unsure: bool = False  # whoever is new may be somebody who was erased


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a score's cues may wait for."""

    name: str  # one of `choreography.EVENTS`
    t_ns: int  # when; as in the others, perhaps a little before the call that tells of it


@dataclass(frozen=True, slots=True)
class Project:
    """Begin to look for a visitor's face; the answer bears the number of the request."""

    request: int
    visitor: int
    t_ns: int


@dataclass(frozen=True, slots=True)
class TakeUp:
    """Begin to turn into the visitor whose projection was good."""

    fade_ns: int
    t_ns: int


@dataclass(frozen=True, slots=True)
class LetGo:
    """Begin to turn back, from wherever the portrait is."""

    fade_ns: int
    t_ns: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop everything of anybody: it has never been shown, or is not shown any more."""

    t_ns: int


Happening = Event | Project | TakeUp | LetGo | Forget
_Due = tuple[int, Callable[[int], None]]  # from when on, and what happens then


def _nothing(now_ns: int) -> None:
    """Nothing is due."""


_NOTHING: Final[_Due] = (NEVER, _nothing)


class Encounter:
    """How the portrait receives visitors, one at a time. `consent` is what has it take up a face: that they
    go on looking, or that they, or somebody for them, say so.
    """

    def __init__(self, hospitality: Hospitality, consent: Consent, dice: Dice) -> None:
        self.stage = Stage.ALONE
        self.visitor: int | None = None  # whose encounter it is
        self._hospitality = self._offered = hospitality
        self._consent, self._dice = consent, dice
        self._people: dict[int, Person] = {}
        self._lost_ns: int | None = None  # the visitor has not been in view since
        self._happenings: list[Happening] = []
        self._now_ns = 0
        self._ends_ns = NEVER  # the stage
        self._rests_until_ns = 0
        self._num_requests = 0
        self._is_likeness_good = False
        self._goal_ns: int | None = None  # of looking, that has their face taken up; None: not yet asked for
        self._has_agreed = False

    # -- what comes from outside

    def advance(self, t_ns: int, seen: Seen) -> tuple[Happening, ...]:
        """What happens up to show time `t_ns`, at which this is seen; times do not go back."""
        self._happenings = []
        self._go_on(t_ns)
        self._see(seen.visitors, weary_until_ns=NEVER if seen.is_unsure else 0)
        if seen.answer and self.stage is Stage.PROJECTING and seen.answer.request == self._num_requests:
            self._hear(seen.answer.is_good)
        if seen.has_agreed and self.stage is Stage.ENGAGED and self._goal_ns is not None:
            self._has_agreed = True
        if seen.is_erasing:
            self._erase(t_ns)
        self._go_on(t_ns)
        return tuple(self._happenings)

    def offer(self, hospitality: Hospitality) -> None:
        """Receive visitors like that, from the next encounter on; where no face is taken up any more, let go
        at once.
        """
        self._offered = hospitality

    @property
    def hospitality(self) -> Hospitality:
        """How the visitor whose encounter it is is received."""
        return self._hospitality

    # -- what falls due

    def _go_on(self, t_ns: int) -> None:
        while True:
            due_ns, happen = min(self._due(), key=lambda due: max(due[0], self._now_ns), default=_NOTHING)
            if due_ns > t_ns:
                break
            self._now_ns = max(self._now_ns, due_ns)
            happen(self._now_ns)
        self._now_ns = t_ns

    def _due(self) -> Iterator[_Due]:
        """What will happen if nothing changes, and when; of the same instant, in this order."""
        for person in self._people.values():
            if person.lost_ns is not None:
                yield person.lost_ns + GONE_NS, partial(self._lose, person)
            elif not person.is_noticed:
                yield person.since_ns + NOTICE_NS, partial(self._notice, person)
        if self.stage in _WAITING:
            yield from self._due_engagements()
        if self.stage is Stage.ENGAGED:
            yield from self._due_with(self._person)
        elif self.stage is Stage.PROJECTING:
            yield self._ends_ns if self._offered.takes_up else 0, self._give_up
            if self._is_likeness_good and self._lost_ns is None:
                yield 0, self._take_up
        else:
            yield from self._due_shown()

    def _due_shown(self) -> Iterator[_Due]:
        """While somebody's face is shown."""
        if self.stage in _SHOWN:
            if self._lost_ns is not None:
                yield self._lost_ns + self._linger_ns, self._let_go
            if not self._offered.takes_up:
                yield 0, self._let_go
            yield self._ends_ns, self._live if self.stage is Stage.TURNING else self._let_go
        elif self.stage is Stage.LETTING_GO:
            yield self._ends_ns, self._rest

    def _due_engagements(self) -> Iterator[_Due]:
        """Whoever looks first; and while the one who is engaged cannot be taken up, another who can."""
        is_engaged = self.stage is Stage.ENGAGED
        until_ns = self._person.free_from_ns if is_engaged else NEVER
        for person in sorted(
            self._people.values(), key=lambda each: (each.number != self.visitor, each.rank)
        ):
            if person.is_noticed and not (is_engaged and person.number == self.visitor):
                due_ns = max(person.due_ns(ENGAGE_NS), person.free_from_ns if is_engaged else self._now_ns)
                if max(due_ns, self._now_ns) < until_ns:
                    yield due_ns, partial(self._engage, person)

    def _due_with(self, person: Person) -> Iterator[_Due]:
        """With whoever is engaged."""
        yield person.given_up_ns, self._disengage
        if person.given_up_ns != NEVER or not self._offered.takes_up or person.num_tries >= MOST_TRIES:
            return
        if self._goal_ns is None:
            weary_ns = person.weary_until_ns if self._consent == "dwell" else 0
            yield max(self._rests_until_ns, weary_ns), self._ask
        elif self._consent == "dwell":
            yield max(person.due_ns(self._goal_ns), person.next_try_ns), self._project
        elif self._has_agreed:
            yield person.next_try_ns, self._project

    @property
    def _person(self) -> Person:
        assert self.visitor is not None, "somebody's encounter"
        return self._people[self.visitor]

    # -- people come and go

    def _see(self, visitors: tuple[Visitor, ...], weary_until_ns: int) -> None:
        for rank, visitor in enumerate(visitors):
            person = self._people.setdefault(
                visitor.number, Person(visitor.number, rank, self._now_ns, weary_until_ns=weary_until_ns)
            )
            person.see(visitor, rank, self._now_ns)
        in_view = {visitor.number for visitor in visitors}
        for person in self._people.values():
            if person.number not in in_view:
                person.miss(self._now_ns)
        if self.visitor in in_view:
            self._lost_ns = None
        elif self._lost_ns is None:
            self._lost_ns = self._now_ns

    def _notice(self, person: Person, now_ns: int) -> None:
        is_first = not any(other.is_noticed for other in self._people.values())
        person.is_noticed = True
        if is_first:
            self._tell("visitor_arrives")
        if self.stage is Stage.ALONE:
            self._turn_to_somebody()

    def _lose(self, person: Person, now_ns: int) -> None:
        del self._people[person.number]
        if person.number == self.visitor and self.stage is Stage.PROJECTING:
            self._happenings.append(Forget(now_ns))
            self._turn_to_somebody()
        elif person.number == self.visitor and self.stage in _WAITING:
            self._turn_to_somebody()
        if person.is_noticed and not any(other.is_noticed for other in self._people.values()):
            self._tell("visitor_leaves")

    def _turn_to_somebody(self) -> None:
        """To whoever is there, or nobody."""
        noticed = (person for person in self._people.values() if person.is_noticed)
        self._turn_to(
            min(noticed, key=lambda person: (person.lost_ns is not None, person.rank), default=None)
        )

    def _turn_to(self, person: Person | None) -> None:
        self._enter(Stage.NOTICED if person else Stage.ALONE, NEVER)
        self.visitor = person.number if person else None
        self._lost_ns = person.lost_ns if person else None
        self._goal_ns, self._has_agreed = None, False
        self._hospitality = self._offered

    # -- from the first look to the likeness

    def _engage(self, person: Person, now_ns: int) -> None:
        self._turn_to(person)
        self.stage = Stage.ENGAGED
        if not person.has_stayed:
            person.has_stayed = True
            self._tell("visitor_stays")

    def _disengage(self, now_ns: int) -> None:
        self._turn_to(self._person)

    def _ask(self, now_ns: int) -> None:
        """From now on their face may be taken up."""
        self._goal_ns = self._person.looked_ns(now_ns) + self._hospitality.dwell_ns

    def _project(self, now_ns: int) -> None:
        person = self._person
        person.num_tries += 1
        person.next_try_ns = now_ns + PAUSE_NS * 2 ** (person.num_tries - 1)
        self._num_requests += 1
        self._is_likeness_good = False
        self._enter(Stage.PROJECTING, now_ns + PATIENCE_NS)
        self._happenings.append(Project(self._num_requests, person.number, now_ns))

    def _hear(self, is_good: bool) -> None:
        if is_good:
            self._is_likeness_good = True
        else:
            self._give_up(self._now_ns)

    def _give_up(self, now_ns: int) -> None:
        """Nothing came of it: nothing is kept, and perhaps it is tried again."""
        self._happenings.append(Forget(now_ns))
        self._enter(Stage.ENGAGED, NEVER)

    # -- somebody else's face

    @property
    def _fade_ns(self) -> int:
        return min(self._hospitality.fade_ns, MEMORY_NS - GONE_NS)

    @property
    def _linger_ns(self) -> int:
        """How long it stays somebody who is not in view any more."""
        return max(GONE_NS, min(self._hospitality.linger_ns, MEMORY_NS - self._fade_ns))

    def _take_up(self, now_ns: int) -> None:
        person = self._person
        person.num_times += 1
        person.num_tries = 0
        self._tell("visitor_taken_up")
        self._happenings.append(TakeUp(self._fade_ns, now_ns))
        self._enter(Stage.TURNING, now_ns + self._fade_ns)

    def _live(self, now_ns: int) -> None:
        self._enter(Stage.LIVING, now_ns + self._hospitality.stay.draw_ns(self._dice))

    def _let_go(self, now_ns: int, most_ns: int = LONGEST_MEMORY_NS) -> None:
        fade_ns = min(self._fade_ns, most_ns)
        self._tell("visitor_let_go")
        self._happenings.append(LetGo(fade_ns, now_ns))
        self._enter(Stage.LETTING_GO, now_ns + fade_ns)

    def _rest(self, now_ns: int) -> None:
        """Forget, and take up nobody for a while; who stays in view is not taken up again for longer."""
        self._happenings.append(Forget(now_ns))
        person = None if self.visitor is None else self._people.get(self.visitor)
        if person and person.num_times:
            person.weary_until_ns = max(person.weary_until_ns, now_ns + HABIT_NS * person.num_times)
        self._rests_until_ns = now_ns + self._hospitality.cooldown_ns
        self._turn_to_somebody()

    def _erase(self, now_ns: int) -> None:
        for person in self._people.values():
            person.weary_until_ns = NEVER
        if self.stage in _SHOWN:
            self._let_go(now_ns, ERASED_FADE_NS)
        elif self.stage is not Stage.LETTING_GO:
            self._rest(now_ns)
        elif self._ends_ns - now_ns > ERASED_FADE_NS:
            self._happenings.append(LetGo(ERASED_FADE_NS, now_ns))
            self._enter(Stage.LETTING_GO, now_ns + ERASED_FADE_NS)

    # -- to be told

    def _enter(self, stage: Stage, ends_ns: int) -> None:
        self.stage, self._ends_ns = stage, ends_ns

    def _tell(self, event: str) -> None:
        self._happenings.append(Event(event, self._now_ns))
