"""A rehearsal: a show played through ahead of its time, without a face, to see what will be in it.

The conductor plays on an understudy, which knows action units and no latents; its phrases are those of the
show with the same score, seed, hours and start, as long as no visitor comes and nobody asks for anything. In
a break of the day the show goes on in the dark, as it does on the wall; what nobody sees is not counted.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter, sub
from typing import Final

from installation.score.agenda import Agenda, Due
from installation.score.choreography import MINUTE_NS, Choreography, Who
from installation.score.conductor import Conductor
from installation.score.gesture import SAME_FACE, are_same_controls
from installation.score.hours import Hours
from installation.score.motion import Path, path_of
from installation.score.phrase import Phrase
from models.action_units import NEUTRAL, NUM_AUS
from models.controls import NUM_CONTROLS

HOUR_NS: Final = 60 * MINUTE_NS
UNMOVED: Final = (0.0,) * NUM_CONTROLS
ROUNDING: Final = 1e-9
NUM_LOOKS: Final = 16  # at a transition of which the ways alone do not tell
NUM_WATCHED: Final = 5  # transitions from each gesture to each other one: two of them differ little


# --- when it is open ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one instant of the clock until before another."""

    start_utc_ns: int
    end_utc_ns: int

    @property
    def lasts_ns(self) -> int:
        return self.end_utc_ns - self.start_utc_ns


def openings(hours: Hours, start_utc_ns: int, end_utc_ns: int) -> Iterator[Stretch]:
    """What of a time is open: a stretch for each opening of the doors, and for each day."""
    at_ns = start_utc_ns
    while at_ns < end_utc_ns:
        change_ns = hours.next_change(at_ns)
        until_ns = end_utc_ns if change_ns is None else min(end_utc_ns, change_ns)
        if hours.is_open(at_ns):
            until_ns = min(until_ns, hours.next_day(at_ns))
            yield Stretch(at_ns, until_ns)
        at_ns = until_ns


def _within(opened: Sequence[Stretch], start_utc_ns: int, end_utc_ns: int) -> Iterator[tuple[int, int]]:
    """What of a time is open, from when to when."""
    first = bisect_right(opened, start_utc_ns, key=attrgetter("end_utc_ns"))
    for number in range(first, len(opened)):
        opening = opened[number]
        if max(start_utc_ns, opening.start_utc_ns) >= end_utc_ns:
            return
        yield max(start_utc_ns, opening.start_utc_ns), min(end_utc_ns, opening.end_utc_ns)


# --- the understudy -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """What a transition does to the face."""

    distance: float  # of the AU vector: by how much all units together change
    is_no_op: bool  # nothing of it can be seen: u = 0
    is_past_neutral: bool  # false where nobody watched


class Understudy:
    """Somebody whose own face is neutral, as a list of action units; or who steps in for another one, on the
    way from a `source` in a phrase. Transitions are looked at closely where they are watched.
    """

    def __init__(
        self,
        phrase: Phrase | None = None,
        source: tuple[float, ...] = NEUTRAL,
        *,
        is_watched: bool = True,
    ) -> None:
        self.step = Step(0.0, is_no_op=True, is_past_neutral=False)  # the latest one
        self.people: list[tuple[int, Who]] = []  # show time → who they turn into from then on
        self._phrase, self._source, self._are_watched = phrase, source, is_watched
        self._num_watched: Counter[tuple[str, str]] = Counter()

    def aus_at(self, t_ns: int) -> tuple[float, ...]:
        """The AU vector at show time `t_ns`, not before the last phrase's start."""
        if self._phrase is None or t_ns >= self._phrase.end_ns:
            return self._phrase.target if self._phrase else self._source
        return _path(self._phrase, self._source).at(t_ns)[:NUM_AUS]

    def begin(self, phrase: Phrase) -> float:
        """Set out for the phrase's target; → 0: no eyes are turned."""
        source = self.aus_at(phrase.start_ns)
        changes = list(map(abs, map(sub, phrase.target, source)))
        controls = self._phrase.controls if self._phrase else {}
        self.step = Step(
            distance=sum(changes),
            is_no_op=max(changes) <= SAME_FACE and are_same_controls(phrase.controls, controls),
            is_past_neutral=self._is_watched(phrase) and is_past_neutral(_path(phrase, source)),
        )
        self._phrase, self._source = phrase, source
        return 0.0

    def become(self, who: Who, start_ns: int, fade_ns: int) -> None:
        """Turn into somebody else, who is taken to be neutral too."""
        self.people.append((start_ns, who))

    def _is_watched(self, phrase: Phrase) -> bool:
        """Whether to look at a transition closely, which takes longer than to play it."""
        before = self._phrase
        if before is None or phrase.motion != "expressive" or not self._are_watched:
            return False  # together, on a straight line, units cannot pass neutral
        self._num_watched[before.gesture, phrase.gesture] += 1
        is_interrupted = phrase.start_ns < before.end_ns
        return is_interrupted or self._num_watched[before.gesture, phrase.gesture] <= NUM_WATCHED


def _path(phrase: Phrase, source: Sequence[float]) -> Path:
    return path_of(phrase, (*source, *UNMOVED), (*phrase.target, *UNMOVED))


def is_past_neutral(path: Path) -> bool:
    """Whether a face shows less on its way, all units together, than at either of its ends."""
    units = list(zip(path.source, path.target, path.ways, strict=True))[:NUM_AUS]
    come = [way for here, there, way in units if there > here]
    go = [way for here, there, way in units if there < here]
    if not come or not go:
        return False
    starts_later = max(way.start_ns for way in come) <= min(way.start_ns for way in go)
    if starts_later and max(way.end_ns for way in come) <= min(way.end_ns for way in go):
        return False  # what goes is behind what comes at every instant
    step_ns = (path.end_ns - min(way.start_ns for way in (*come, *go))) // NUM_LOOKS
    least = min(sum(path.source[:NUM_AUS]), sum(path.target[:NUM_AUS])) - ROUNDING
    instants = (path.end_ns - look * step_ns for look in range(NUM_LOOKS))
    return any(sum(path.at(t_ns)[:NUM_AUS]) < least for t_ns in instants)


# --- the play -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Played:
    """A phrase, until the next one began or the day was over."""

    phrase: Phrase
    start_utc_ns: int
    end_utc_ns: int
    step: Step


def play(
    score: Choreography,
    seed: int,
    hours: Hours,
    start_utc_ns: int,
    opened: Iterable[Stretch],
    resident: Who,
    understudy: Understudy,
) -> Iterator[Played]:
    """Every phrase of a show that begins at an instant, drawn as they are asked for; in a break, too.

    Whom the understudy turns into it notes itself.
    """
    conductor = Conductor(score, seed, hours, understudy, resident, is_alive=False)
    under_way: tuple[Phrase, Step] | None = None
    end_utc_ns, day = start_utc_ns, None
    for opening in opened:
        if hours.day_of(opening.start_utc_ns) != day:
            if under_way:
                yield Played(under_way[0], start_utc_ns + under_way[0].start_ns, end_utc_ns, under_way[1])
            under_way, day = None, hours.day_of(opening.start_utc_ns)
        end_utc_ns = opening.end_utc_ns
        for utc_ns in (opening.start_utc_ns, end_utc_ns - 1):
            for phrase in conductor.advance(utc_ns - start_utc_ns, utc_ns):
                if under_way:
                    before, step = under_way
                    begins, ends = start_utc_ns + before.start_ns, start_utc_ns + phrase.start_ns
                    yield Played(before, begins, ends, step)
                under_way = phrase, understudy.step
    if under_way:
        yield Played(under_way[0], start_utc_ns + under_way[0].start_ns, end_utc_ns, under_way[1])


def cues_in(
    score: Choreography, hours: Hours, start_utc_ns: int, opened: Sequence[Stretch]
) -> tuple[Due, ...]:
    """The timed cues that play; also in a break, which they outlast, but not between one day and the next."""
    agenda, played, day = Agenda(score.cues, hours.zone), list[Due](), None
    after_ns = 0
    for opening in opened:
        if hours.day_of(opening.start_utc_ns) != day:
            day, began_ns = hours.day_of(opening.start_utc_ns), hours.day_began(opening.start_utc_ns)
            after_ns = start_utc_ns if began_ns < start_utc_ns else began_ns - 1
        played += agenda.due(after_ns, opening.end_utc_ns - 1)
        after_ns = opening.end_utc_ns - 1
    return tuple(played)


# --- what was in it -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stay(Stretch):
    """A mood, or a person, for a while."""

    name: Who


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was played, and for how long in all."""

    num_times: int = 0
    lasts_ns: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One gesture, several times in a row."""

    gesture: str
    num_times: int
    start_utc_ns: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What can be seen of a show between two instants. Moods and gestures are in the order of the file."""

    start_utc_ns: int
    end_utc_ns: int
    opened: tuple[Stretch, ...]  # none: closed all the time, and everything below is empty
    stays: tuple[Stay, ...]  # in moods, in their order; cut where the doors close
    people: tuple[Stay, ...]  # whoever was there; cut alike
    moods: Mapping[str, Tally]  # every one of the score: entered so often
    gestures: Mapping[str, Tally]  # every one of the score
    cues: tuple[Due, ...]
    longest_run: Run | None
    num_phrases: int
    num_no_ops: int  # played, though nothing of it could be seen
    num_redrawn: int  # thrown away, because nothing of them could have been seen
    num_past_neutral: int  # of the transitions that were watched
    mean_distance: float  # of a transition: by how much all units together change

    @property
    def longest_stay(self) -> Stay | None:
        return max(self.stays, key=lambda stay: stay.lasts_ns, default=None)

    @property
    def open_ns(self) -> int:
        return sum(opening.lasts_ns for opening in self.opened)


def rehearse(
    score: Choreography,
    seed: int,
    hours: Hours,
    start_utc_ns: int,
    num_hours: float,
    resident: Who = 0,
) -> Rehearsal:
    """Play so many hours from an instant, and take notes; `resident` is there where nobody is named."""
    end_utc_ns = start_utc_ns + round(num_hours * HOUR_NS)
    opened = tuple(openings(hours, start_utc_ns, end_utc_ns))
    understudy, notes = Understudy(), _Notes(opened)
    for played in play(score, seed, hours, start_utc_ns, opened, resident, understudy):
        notes.take(played)
    stays = tuple(notes.stays)
    changes = [(start_utc_ns, resident)]
    changes += [(start_utc_ns + t_ns, who) for t_ns, who in understudy.people]
    return Rehearsal(
        start_utc_ns=start_utc_ns,
        end_utc_ns=end_utc_ns,
        opened=opened,
        stays=stays,
        people=_people(changes, end_utc_ns, opened),
        moods=_tallies(score.moods, stays),
        gestures={
            name: Tally(notes.times.get(name, 0), notes.lasts_ns.get(name, 0)) for name in score.gestures
        },
        cues=cues_in(score, hours, start_utc_ns, opened),
        longest_run=notes.longest_run if notes.num_phrases else None,
        num_phrases=notes.num_phrases,
        num_no_ops=notes.num_no_ops,
        num_redrawn=notes.num_redrawn,
        num_past_neutral=notes.num_past_neutral,
        mean_distance=notes.distance / max(1, notes.num_phrases),
    )


class _Notes:
    """What is counted while a show is played; only this is kept of it."""

    def __init__(self, opened: Sequence[Stretch]) -> None:
        self.num_phrases = self.num_no_ops = self.num_redrawn = self.num_past_neutral = 0
        self.distance = 0.0
        self.times: dict[str, int] = {}
        self.lasts_ns: dict[str, int] = {}
        self.stays: list[Stay] = []
        self.longest_run = self._run = Run("", 0, 0)
        self._opened = opened

    def take(self, played: Played) -> None:
        phrase, step, name = played.phrase, played.step, played.phrase.gesture
        seen = list(_within(self._opened, played.start_utc_ns, played.end_utc_ns))
        if not seen:
            return
        self.num_phrases += 1
        self.num_no_ops += step.is_no_op
        self.num_redrawn += phrase.why.num_redrawn
        self.num_past_neutral += step.is_past_neutral
        self.distance += step.distance
        self.times[name] = self.times.get(name, 0) + 1
        for start_utc_ns, end_utc_ns in seen:
            self.lasts_ns[name] = self.lasts_ns.get(name, 0) + end_utc_ns - start_utc_ns
            _append(self.stays, Stay(start_utc_ns, end_utc_ns, phrase.mood))
        run = self._run
        is_again = name == run.gesture
        self._run = Run(name, run.num_times + 1, run.start_utc_ns) if is_again else Run(name, 1, seen[0][0])
        if self._run.num_times > self.longest_run.num_times:
            self.longest_run = self._run


def _append(stays: list[Stay], stay: Stay) -> None:
    """One that goes on where the last one ended is the same one."""
    if stays and (stays[-1].name, stays[-1].end_utc_ns) == (stay.name, stay.start_utc_ns):
        stay = Stay(stays.pop().start_utc_ns, stay.end_utc_ns, stay.name)
    stays.append(stay)


def _people(
    changes: Sequence[tuple[int, Who]], end_utc_ns: int, opened: Sequence[Stretch]
) -> tuple[Stay, ...]:
    """Who was there when, from the instants at which it was somebody else."""
    stays: list[Stay] = []
    for (begins_ns, who), (ends_ns, _) in pairwise([*changes, (end_utc_ns, "")]):
        for times in _within(opened, begins_ns, ends_ns):
            _append(stays, Stay(*times, who))
    return tuple(stays)


def _tallies(names: Iterable[str], stays: Iterable[Stay]) -> dict[str, Tally]:
    tallies: dict[Who, Tally] = {}
    for stay in stays:
        before = tallies.get(stay.name, Tally())
        tallies[stay.name] = Tally(before.num_times + 1, before.lasts_ns + stay.lasts_ns)
    return {name: tallies.get(name, Tally()) for name in names}
