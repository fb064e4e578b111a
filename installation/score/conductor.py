"""The conductor: everything that happens in a show, each at its own instant.

What the moods choose, what cues and visitors bring, and what is asked for at the keyboard meets here in one
order, whatever the frame rate. A day begins with its own dice, at the opening, or at midnight where it is
always open: what a day plays depends on the seed and the date alone. Civil time comes in with every call.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import Final

from installation.score.agenda import Agenda
from installation.score.asked import Asked, Waiting
from installation.score.casting import Casting, Face
from installation.score.choreography import DAY_NS, FADE_NS, Choreography, Cue, Mood, Who
from installation.score.dice import Dice, show_dice
from installation.score.gesture import Gesture
from installation.score.hours import Hours
from installation.score.life import RETUNE_NS, STILL, Life, Liveliness, Movement
from installation.score.mood import MoodScheduler
from installation.score.phrase import NANOSECONDS, Phrase
from installation.score.resume import Resume
from models.action_units import NEUTRAL

# A clock that was set back further than this is believed; less is the trembling of an honest one.
SET_BACK_NS: Final = 600 * NANOSECONDS
# Who was away for longer before a new day begins has slept: the end of the old day is not played.
AWAY_NS: Final = 60 * NANOSECONDS
STAY: Final = Gesture("pause", None, None)  # it moves nothing
ATTENTIVE: Final = 0.3  # of the eyes' own wandering, while there is somebody to look at


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
        self.casting = Casting(face, resident)
        self.hours, self.seed, self._face, self._is_alive = hours, seed, face, is_alive
        self.is_paused = False  # by an operator, until the day ends
        self.num_days = 0  # that have begun
        self._resume: Resume | None = None  # what the day is to go on from
        self._is_attending = False
        self._agenda = Agenda(score.cues, hours.zone)
        self._scheduler: MoodScheduler | None = None
        self._life: Life | None = None  # today's …
        self._last_life: Life | None = None  # … and yesterday's, while it fades
        self._woke_ns = 0
        self._offered: tuple[Choreography, int, Who] | None = None
        self._waiting = Waiting()
        self._last_played: dict[int, int] = {}  # cue → show time
        self._seen_utc_ns = 0  # cues up to here have been played
        self._next_day_utc_ns = 0
        self._reached_ns = 0  # the show time that has been shown: nothing begins before it

    # -- what comes from outside

    def is_on_break(self, utc_ns: int) -> bool:
        """Whether the day has begun, be the doors closed for an hour: it goes on in the dark."""
        return self.hours.day_began(utc_ns) <= utc_ns

    def goes_on_until(self, utc_ns: int) -> bool:
        """Whether an instant ahead is of the day that is played, with the doors open."""
        return utc_ns < self._next_day_utc_ns and self.hours.is_open(utc_ns)

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

    def ask(self, asked: Asked, t_ns: int, utc_ns: int) -> Iterator[Phrase]:
        """Somebody wants a gesture or a mood, now."""
        yield from self.advance(t_ns, utc_ns)
        self._waiting.put_first(replace(asked, is_immediate=True))
        yield self._next_phrase(t_ns, utc_ns - t_ns)

    def ask_for(self, who: Who, t_ns: int, utc_ns: int) -> Iterator[Phrase]:
        """Somebody wants a person to be there, until the score names one or the day ends. A guest goes before
        them.
        """
        yield from self.advance(t_ns, utc_ns)
        self.casting.asked = who
        self.casting.turn_into(self._wanted(), t_ns, FADE_NS)

    def pause(self, t_ns: int, utc_ns: int) -> Iterator[Phrase]:
        """Begin nothing further, until told to resume or the day ends. The phrase under way is played out and
        its face stays; cues are passed over, but for the mood and the person that they come to.
        """
        yield from self.advance(t_ns, utc_ns)
        self.is_paused = True

    def resume(self, t_ns: int, utc_ns: int) -> Iterator[Phrase]:
        """Go on after a pause, with the next phrase now."""
        yield from self.advance(t_ns, utc_ns)
        if self.is_paused:
            self.is_paused = False
            yield self._next_phrase(t_ns, utc_ns - t_ns)
            self.casting.turn_into(self._wanted(), t_ns, FADE_NS)  # whom a cue has named meanwhile

    def resume_from(self, resume: Resume) -> None:
        """Begin as a show that has ended stood, if the day is still the same."""
        self._resume = resume

    def double(self, face: Face) -> "Conductor":
        """Another one, who conducts the same on another face, of which nobody sees the small life, and leaves
        this one as it is. Of the same day only.
        """
        twin = copy(self)
        twin.casting, twin._face = copy(self.casting), face
        twin.casting.face = face
        twin._is_alive, twin._life, twin._last_life = False, None, None
        twin._scheduler = self._scheduler.copy() if self._scheduler else None
        twin._waiting, twin._last_played = self._waiting.copy(), self._last_played.copy()
        return twin

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

    @property
    def coming(self) -> Choreography:
        """The score from the next boundary of a gesture on."""
        return self._offered[0] if self._offered else self.score

    @property
    def residents(self) -> tuple[Who, ...]:
        """Who is there where that score names nobody, and until then."""
        return (self.casting.resident, *(self._offered[2:] if self._offered else ()))

    # -- visitors

    @property
    def mood(self) -> Mood | None:
        """The mood that is played; None before the day begins."""
        return self._scheduler.mood if self._scheduler else None

    def receive(self, guest: Who, t_ns: int, fade_ns: int) -> None:
        """Be a guest, whomever the score names, until they are dismissed. What is played goes on."""
        self.casting.guest = guest
        self.casting.turn_into(guest, t_ns, fade_ns)

    def dismiss(self, t_ns: int, fade_ns: int) -> None:
        """Be again whom the score wants now; nobody else before `part`, or the guest would not be gone when
        the fade has ended. It may be told again, of a shorter fade.
        """
        casting = self.casting
        casting.guest = None
        casting.guest = casting.shown = self._wanted()
        self._face.become(casting.shown, t_ns, fade_ns)

    def part(self, t_ns: int) -> None:
        """The guest is gone: be whom the score wants by now."""
        self.casting.guest = None
        self.casting.turn_into(self._wanted(), t_ns, FADE_NS)

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

        A show that starts in the middle of a day begins as the day's cues have left it; or where another one
        has ended.
        """
        if self._offered:
            self._take(*self._offered)
        began_utc_ns, offset_ns = self.hours.day_began(utc_ns), utc_ns - t_ns
        is_first, began_ns = self.phrase is None, began_utc_ns - offset_ns
        start_ns = max(0, began_ns, self._now_ns)
        day = self.hours.day_of(utc_ns).toordinal()
        resume, self._resume = self._resume, None
        if resume and (resume.day != day or not is_first):
            resume = None
        number = self.phrase.number + 1 if self.phrase else resume.num_phrases if resume else 0
        dice, life_dice = (show_dice(self.seed, day, part) for part in ("gestures", "life"))
        if resume:  # or the morning would come again
            dice, life_dice = (each.branch(f"from phrase {number}") for each in (dice, life_dice))
        self._scheduler = MoodScheduler(self.score, dice, number)
        self._wake(life_dice, start_ns)
        self._next_day_utc_ns = self.hours.next_day(utc_ns)
        self.casting.begin_day()
        self.is_paused, self.num_days = resume is not None and resume.is_paused, self.num_days + 1
        self._waiting.clear()
        self._last_played.clear()
        self._seen_utc_ns = began_utc_ns - 1
        if resume or began_ns < start_ns - (0 if is_first else AWAY_NS):  # it is under way, by this clock
            self._seen_utc_ns = start_ns + offset_ns
            self._go_on_from(resume, start_ns, offset_ns)
            self._catch_up(began_utc_ns - 1, resume, start_ns)
        self.casting.turn_into(self._wanted(), start_ns, 0 if is_first else FADE_NS)
        # However the last day has ended.
        return self._next_phrase(start_ns, offset_ns, None if resume else NEUTRAL)

    def _go_on_from(self, resume: Resume | None, start_ns: int, offset_ns: int) -> None:
        """In the mood that there was, for what is left of it; in a pause, with the face that there was."""
        if resume and resume.is_paused:
            self._waiting.put_first(Asked("", trial=STAY))
        if resume and resume.mood in self.score.moods:
            longest_ns = start_ns + self.score.moods[resume.mood].dwell.high_ns
            since_ns, until_ns = resume.mood_since_utc_ns - offset_ns, resume.mood_until_utc_ns - offset_ns
            since_ns = min(since_ns, start_ns)
            self.scheduler.restore(resume.mood, since_ns, min(until_ns, longest_ns), resume.mood_by)

    def _wake(self, dice: Dice, start_ns: int) -> None:
        """Begin the day's own small life; yesterday's fades, so that neither lids nor eyes jump."""
        if not self._is_alive:
            return
        self._last_life, self._woke_ns = self._life, start_ns
        if self._last_life:
            self._last_life.retune(STILL, start_ns)
        self._life = Life(dice, STILL, start_ns)
        self._life.retune(self._liveliness, start_ns)

    def _catch_up(self, after_utc_ns: int, resume: Resume | None, start_ns: int) -> None:
        """The mood and the person that the day's cues have come to before the show has begun; what they came
        to before it ended is what it ended in.
        """
        ended_utc_ns = resume.utc_ns if resume else after_utc_ns
        for due in self._agenda.due(after_utc_ns, min(ended_utc_ns, self._seen_utc_ns)):
            self._pass_over(due.cue, None)
        if resume and resume.person not in (None, self._wanted()):
            self.casting.asked = resume.person
        for due in self._agenda.due(ended_utc_ns, self._seen_utc_ns):
            self._pass_over(due.cue, start_ns)

    def _pass_over(self, cue: Cue, now_ns: int | None) -> None:
        """Take no more of a cue than the person and, entered at an instant, the mood that it comes to."""
        if cue.person is not None:
            self.casting.by_cue, self.casting.asked = cue.person, None
        if cue.mood and now_ns is not None:
            self.scheduler.enter(cue.mood, now_ns, cue.name)

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
        while self.phrase and self.phrase.end_ns <= until_ns and not self.is_paused:
            yield self._next_phrase(self.phrase.end_ns, offset_ns)

    def _next_phrase(self, start_ns: int, offset_ns: int, before: tuple[float, ...] | None = None) -> Phrase:
        """The phrase that starts here: the one that was asked for, or the one that the mood chooses.

        What would change nothing is judged from `before`; None: from the face as it is.
        """
        scheduler = self.scheduler
        if self._offered:
            self._take(*self._offered)
            self._go_on(start_ns)
        mood_before, asked, by = scheduler.mood, None, ""
        for item in self._waiting.take():
            asked, by = item.gesture_in(self.score), item.by
            if item.mood:
                scheduler.enter(item.mood, start_ns, item.by)
        current, drifts = (
            self._face.aus_at(start_ns),
            self.score.drifts(self.hours.age_ns(start_ns + offset_ns)),
        )
        phrase = scheduler.next_phrase(start_ns, current, asked, by, drifts, before)
        if self.phrase is None or phrase.mood != self.phrase.mood:
            if self.phrase and scheduler.mood.person is not None:
                self.casting.asked = None
            fade_ns = scheduler.mood.fade_ns if scheduler.mood.person is not None else mood_before.fade_ns
            self.casting.turn_into(self._wanted(), start_ns, fade_ns)
        turn_deg = self._face.begin(phrase)
        if turn_deg and self._life:
            self._life.look(start_ns, turn_deg)
        self.phrase = phrase
        return phrase

    @property
    def scheduler(self) -> MoodScheduler:
        """Who chooses the gestures of the day, which has begun."""
        assert self._scheduler is not None, "the day has begun"
        return self._scheduler

    def _take(self, score: Choreography, seed: int, resident: Who) -> None:
        """The score that was offered, in the place of the one before."""
        self._offered = None
        self.score, self.seed, self.casting.resident = score, seed, resident
        self._agenda = Agenda(score.cues, self.hours.zone)

    def _go_on(self, now_ns: int) -> None:
        """In the midst of a day with another score: the face as it is, the mood if it still exists."""
        score = self.score
        self.scheduler.swap(score)
        if self._life:
            self._life.retune(self._liveliness, now_ns)
        self._last_played.clear()
        self._waiting.keep_known(score)
        if self.casting.by_cue not in score.people:
            self.casting.by_cue = None
        self.casting.turn_into(self._wanted(), now_ns, FADE_NS)

    # -- cues and people

    def _play(self, cue: Cue, now_ns: int, offset_ns: int) -> Iterator[Phrase]:
        if cue not in self.score.cues:  # of a score that has been replaced since
            return
        last_ns = self._last_played.get(cue.number)
        if last_ns is not None and now_ns - last_ns < cue.cooldown_ns:
            return
        self._last_played[cue.number] = now_ns
        if self.is_paused:
            self._pass_over(cue, now_ns)
            return
        if cue.person is not None:
            casting = self.casting
            casting.by_cue, casting.asked = cue.person, None
            # A mood's own person stays as long as it, and a guest until they are dismissed.
            if casting.guest is None and (cue.mood or self.scheduler.mood.person is None):
                self.casting.turn_into(cue.person, now_ns, cue.fade_ns)
        asked = Asked(cue.name, cue.do, cue.mood, cue.is_immediate)
        if (cue.do or cue.mood) and cue.is_immediate:
            self._waiting.put_first(asked)
            yield self._next_phrase(now_ns, offset_ns)
        elif cue.do or cue.mood:
            self._waiting.put_last(asked)

    def _wanted(self) -> Who:
        return self.casting.wanted(self.mood)
