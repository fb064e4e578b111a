"""The conductor: everything that happens in a show, each at its own instant.

What the moods choose, what cues and visitors bring, and what is asked for at the keyboard meets here in one
order, whatever the frame rate. A day begins with its own dice, at the opening, or at midnight where it is
always open: what a day plays depends on the seed and the date alone. Civil time comes in with every call.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from installation.score.agenda import Agenda
from installation.score.choreography import DAY_NS, FADE_NS, Choreography, Cue, Mood, Who
from installation.score.dice import Dice, show_dice
from installation.score.hours import Hours
from installation.score.life import RETUNE_NS, STILL, Life, Liveliness, Movement
from installation.score.mood import MoodScheduler
from installation.score.phrase import NANOSECONDS, Phrase
from models.action_units import NEUTRAL

# A clock that was set back further than this is believed; less is the trembling of an honest one.
SET_BACK_NS: Final = 600 * NANOSECONDS
# Who was away for longer before a new day begins has slept: the end of the old day is not played.
AWAY_NS: Final = 60 * NANOSECONDS
ATTENTIVE: Final = 0.3  # of the eyes' own wandering, while there is somebody to look at


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


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to happen at the next boundary of a gesture."""

    by: str
    do: str | None = None  # a gesture
    mood: str | None = None
    is_immediate: bool = False  # what has been waiting goes on waiting


def name_of(cue: Cue) -> str:
    """`cue 2`: by its place in the file, from 1."""
    return f"cue {cue.number + 1}"


class Conductor:
    """Plays a score on a face. `resident` is who is there where the score names nobody else. Nobody sees the
    small life of a rehearsal, which `is_alive` leaves out.
    """

    def __init__(
        self,
        score: Choreography,
        seed: int,
        hours: Hours,
        face: Face,
        resident: Who,
        *,
        is_alive: bool = True,
    ) -> None:
        self.phrase: Phrase | None = None
        self.score = score
        self.hours, self._seed, self._face, self._is_alive = hours, seed, face, is_alive
        self._resident = self._shown = resident
        self._by_cue: Who | None = None  # the person whom a cue has brought
        self._guest: Who | None = None  # who goes before everybody: a visitor, then whom they have left to
        self._is_attending = False
        self._agenda = Agenda(score.cues, hours.zone)
        self._scheduler: MoodScheduler | None = None
        self._life: Life | None = None  # today's …
        self._last_life: Life | None = None  # … and yesterday's, while it fades
        self._woke_ns = 0
        self._offered: tuple[Choreography, int, Who] | None = None
        self._queue: deque[Asked] = deque()
        self._last_played: dict[int, int] = {}  # cue → show time
        self._seen_utc_ns = 0  # cues up to here have been played
        self._next_day_utc_ns = 0
        self._reached_ns = 0  # the show time that has been shown: nothing begins before it

    # -- what comes from outside

    def is_on_break(self, utc_ns: int) -> bool:
        """Whether the day has begun, be the doors closed for an hour: it goes on in the dark."""
        return self.hours.day_began(utc_ns) <= utc_ns

    def advance(self, t_ns: int, utc_ns: int) -> Iterator[Phrase]:
        """Begin everything that is due up to show time `t_ns`, which is `utc_ns` on the clock; → its
        phrases.
        """
        offset_ns = utc_ns - t_ns
        if utc_ns < self._seen_utc_ns - SET_BACK_NS:
            self._seen_utc_ns = self._next_day_utc_ns = utc_ns
        if utc_ns >= self._next_day_utc_ns:
            if t_ns - self._reached_ns >= AWAY_NS:
                self._life = None
            if self.phrase and self._next_day_utc_ns - self._seen_utc_ns < AWAY_NS:
                yield from self._perform(self._next_day_utc_ns - 1, offset_ns)
            yield self._begin_day(t_ns, utc_ns)
        yield from self._perform(utc_ns, offset_ns)
        self._reached_ns = t_ns

    def notify(self, event: str, t_ns: int, utc_ns: int) -> Iterator[Phrase]:
        """Play the cues of an event, one of EVENTS."""
        yield from self.advance(t_ns, utc_ns)
        for cue in self.score.cues:
            if cue.when == event:
                yield from self._play(cue, t_ns, utc_ns - t_ns)

    def go(self, t_ns: int, utc_ns: int) -> Iterator[Phrase]:
        """The next gesture now; a transition under way is left where it stands."""
        yield from self.advance(t_ns, utc_ns)
        yield self._next_phrase(t_ns, utc_ns - t_ns)

    def life_at(self, t_ns: int) -> Movement:
        """What the face does by itself at show time `t_ns`, to which the show has been advanced."""
        assert self._life is not None, "the day has begun"
        if t_ns >= self._woke_ns + RETUNE_NS:
            self._last_life = None
        movement = self._life.at(t_ns)
        return movement if self._last_life is None else movement + self._last_life.at(t_ns)

    def offer(self, score: Choreography, seed: int, resident: Who) -> None:
        """Go on with another score from the next boundary of a gesture; the latest one offered is taken.

        The dice of the day go on: another seed, and another start, count from the next day.
        """
        self._offered = (score, seed, resident)

    # -- visitors

    @property
    def mood(self) -> Mood | None:
        """The mood that is played; None before the day begins."""
        return self._scheduler.mood if self._scheduler else None

    def receive(self, guest: Who, t_ns: int, fade_ns: int) -> None:
        """Be a guest, whomever the score names, until they are dismissed. What is played goes on."""
        self._guest = guest
        self._turn_into(guest, t_ns, fade_ns)

    def dismiss(self, t_ns: int, fade_ns: int) -> None:
        """Be again whom the score wants now; nobody else before `part`, or the guest would not be gone when
        the fade has ended. It may be told again, of a shorter fade.
        """
        self._guest = None
        self._guest = self._shown = self._wanted()
        self._face.become(self._shown, t_ns, fade_ns)

    def part(self, t_ns: int) -> None:
        """The guest is gone: be whom the score wants by now."""
        self._guest = None
        self._turn_into(self._wanted(), t_ns, FADE_NS)

    def attend(self, t_ns: int, *, is_attending: bool) -> None:
        """Whether there is somebody to look at: the eyes then wander less by themselves."""
        if is_attending != self._is_attending:
            self._is_attending = is_attending
            if self._life:
                self._life.retune(self._liveliness, t_ns)

    def blink(self, t_ns: int) -> None:
        """Blink: somebody has."""
        if self._life and self.score.life.blinks_per_min:
            self._life.blink(t_ns)

    @property
    def _liveliness(self) -> Liveliness:
        life = self.score.life
        return replace(life, gaze_deg=ATTENTIVE * life.gaze_deg) if self._is_attending else life

    # -- the day

    def _begin_day(self, t_ns: int, utc_ns: int) -> Phrase:
        """The first phrase of a day, at the instant at which it began if the show has come to it playing.

        A show that starts in the middle of a day begins as the day's cues have left it.
        """
        if self._offered:
            self._take(*self._offered)
        began_utc_ns, offset_ns = self.hours.day_began(utc_ns), utc_ns - t_ns
        is_first, began_ns = self.phrase is None, began_utc_ns - offset_ns
        start_ns = max(0, began_ns, self._now_ns)
        day = self.hours.day_of(utc_ns).toordinal()
        number = 0 if self.phrase is None else self.phrase.number + 1
        self._scheduler = MoodScheduler(self.score, show_dice(self._seed, day), number)
        self._wake(show_dice(self._seed, day, "life"), start_ns)
        self._next_day_utc_ns = self.hours.next_day(utc_ns)
        self._by_cue = None
        self._queue.clear()
        self._last_played.clear()
        self._seen_utc_ns = began_utc_ns - 1
        if began_ns < start_ns - (0 if is_first else AWAY_NS):  # it is under way, by this clock
            self._seen_utc_ns = start_ns + offset_ns
            self._catch_up(began_utc_ns, start_ns)
        self._turn_into(self._wanted(), start_ns, 0 if is_first else FADE_NS)
        return self._next_phrase(start_ns, offset_ns, NEUTRAL)  # however the last day has ended

    def _wake(self, dice: Dice, start_ns: int) -> None:
        """Begin the day's own small life; yesterday's fades, so that neither lids nor eyes jump."""
        if not self._is_alive:
            return
        self._last_life, self._woke_ns = self._life, start_ns
        if self._last_life:
            self._last_life.retune(STILL, start_ns)
        self._life = Life(dice, STILL, start_ns)
        self._life.retune(self._liveliness, start_ns)

    def _catch_up(self, began_utc_ns: int, start_ns: int) -> None:
        """The mood and the person that the day's cues have come to before the show has begun."""
        for due in self._agenda.due(began_utc_ns - 1, self._seen_utc_ns):
            if due.cue.person is not None:
                self._by_cue = due.cue.person
            if due.cue.mood:
                self._playing.enter(due.cue.mood, start_ns, name_of(due.cue))

    def _perform(self, utc_ns: int, offset_ns: int) -> Iterator[Phrase]:
        """Everything up to an instant of the clock, cues and phrases in their order."""
        after_ns, self._seen_utc_ns = max(self._seen_utc_ns, utc_ns - DAY_NS), max(utc_ns, self._seen_utc_ns)
        for due in self._agenda.due(after_ns, utc_ns):
            due_ns = max(due.utc_ns - offset_ns, self._now_ns)
            yield from self._play_to(due_ns, offset_ns)
            yield from self._play(due.cue, due_ns, offset_ns)
        yield from self._play_to(utc_ns - offset_ns, offset_ns)

    # -- phrases

    @property
    def _now_ns(self) -> int:
        return max(self._reached_ns, self.phrase.start_ns if self.phrase else 0)

    def _play_to(self, until_ns: int, offset_ns: int) -> Iterator[Phrase]:
        while self.phrase and self.phrase.end_ns <= until_ns:
            yield self._next_phrase(self.phrase.end_ns, offset_ns)

    def _next_phrase(self, start_ns: int, offset_ns: int, before: tuple[float, ...] | None = None) -> Phrase:
        """The phrase that starts here: the one that was asked for, or the one that the mood chooses.

        What would change nothing is judged from `before`; None: from the face as it is.
        """
        scheduler = self._playing
        if self._offered:
            self._take(*self._offered)
            self._go_on(start_ns)
        mood_before, asked, by = scheduler.mood, None, ""
        while self._queue and asked is None:
            item = self._queue.popleft()
            asked, by = item.do, item.by
            if item.mood:
                scheduler.enter(item.mood, start_ns, item.by)
            if item.is_immediate:
                break
        current, drifts = self._face.aus_at(start_ns), self._drifts(start_ns + offset_ns)
        phrase = scheduler.next_phrase(start_ns, current, asked, by, drifts, before)
        if self.phrase is None or phrase.mood != self.phrase.mood:
            fade_ns = scheduler.mood.fade_ns if scheduler.mood.person is not None else mood_before.fade_ns
            self._turn_into(self._wanted(), start_ns, fade_ns)
        turn_deg = self._face.begin(phrase)
        if turn_deg and self._life:
            self._life.look(start_ns, turn_deg)
        self.phrase = phrase
        return phrase

    @property
    def _playing(self) -> MoodScheduler:
        assert self._scheduler is not None, "the day has begun"
        return self._scheduler

    def _drifts(self, utc_ns: int) -> Mapping[str, float]:
        """How far the arcs have come, added up."""
        drifts: dict[str, float] = {}
        for arc in self.score.arcs:
            for name, change in arc.at(self.hours.age_ns(utc_ns)).items():
                drifts[name] = drifts.get(name, 0.0) + change
        return drifts

    def _take(self, score: Choreography, seed: int, resident: Who) -> None:
        """The score that was offered, in the place of the one before."""
        self._offered = None
        self.score, self._seed, self._resident = score, seed, resident
        self._agenda = Agenda(score.cues, self.hours.zone)

    def _go_on(self, now_ns: int) -> None:
        """In the midst of a day with another score: the face as it is, the mood if it still exists."""
        score = self.score
        self._playing.swap(score)
        if self._life:
            self._life.retune(self._liveliness, now_ns)
        self._last_played.clear()
        known = (asked for asked in self._queue if asked.do is None or asked.do in score.gestures)
        self._queue = deque(asked for asked in known if asked.mood is None or asked.mood in score.moods)
        if self._by_cue not in score.people:
            self._by_cue = None
        self._turn_into(self._wanted(), now_ns, FADE_NS)

    # -- cues and people

    def _play(self, cue: Cue, now_ns: int, offset_ns: int) -> Iterator[Phrase]:
        if cue not in self.score.cues:  # of a score that has been replaced since
            return
        last_ns = self._last_played.get(cue.number)
        if last_ns is not None and now_ns - last_ns < cue.cooldown_ns:
            return
        self._last_played[cue.number] = now_ns
        if cue.person is not None:
            self._by_cue = cue.person
            # A mood's own person stays as long as it, and a guest until they are dismissed.
            if self._guest is None and (cue.mood or self._playing.mood.person is None):
                self._turn_into(cue.person, now_ns, cue.fade_ns)
        asked = Asked(name_of(cue), cue.do, cue.mood, cue.is_immediate)
        if (cue.do or cue.mood) and cue.is_immediate:
            self._queue.appendleft(asked)
            yield self._next_phrase(now_ns, offset_ns)
        elif (cue.do or cue.mood) and asked not in self._queue:
            self._queue.append(asked)

    def _wanted(self) -> Who:
        """Who is there: a guest, else the mood's person, else whom a cue has brought, else the resident."""
        for who in (self._guest, self.mood.person if self.mood else None, self._by_cue):
            if who is not None:
                return who
        return self._resident

    def _turn_into(self, who: Who, now_ns: int, fade_ns: int) -> None:
        if who != self._shown:
            self._shown = who
            self._face.become(who, now_ns, fade_ns)
