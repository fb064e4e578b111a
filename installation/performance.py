"""The journey of a frame, whole: time → phrase → pose → picture."""

from collections.abc import Mapping
from typing import Final, Protocol
from zlib import crc32

import numpy as np

from installation.operator import Draw, Operator, Say, nobody_drawn, unheard
from installation.portrait import Portrait, Pose
from installation.ports import Command, Detail, Frame, Request, Synthesizer, Tick
from installation.score.choreography import Choreography, Who
from installation.score.conductor import SET_BACK_NS, Conductor
from installation.score.hours import Hours
from installation.score.life import Movement
from installation.score.phrase import NANOSECONDS, Phrase
from installation.score.resume import Resume
from installation.score.slumber import Slumber
from installation.visit import Visit

EYES_NS: Final = 20 * NANOSECONDS  # before the opening the camera is taken again: whoever waits then is seen
WARM_NS: Final = 5 * NANOSECONDS  # before it a picture is drawn unseen: the first one after hours may be slow
NOT_OURS: Final = (Command.QUIT, Command.REPORT, Command.TOGGLE_FULLSCREEN)  # the loop's, or the window's


class Teller(Protocol):
    """Who tells others what is shown."""

    def tell(self, performance: "Performance", tick: Tick) -> None:
        """A frame of this tick has been shown. Never waits."""
        ...


class Performance:
    """A choreography played by a portrait, without clock or window: `step` is told the time.

    With a `visit` it sees who comes; without one it is blind. `name` is that of the choreography's file.
    """

    def __init__(
        self,
        conductor: Conductor,
        portrait: Portrait,
        synthesizer: Synthesizer,
        visit: Visit | None = None,
        *,
        name: str = "",
        draw: Draw = nobody_drawn,
        say: Say = unheard,
    ) -> None:
        self.name = name
        self.operator = Operator(conductor, portrait, draw, say)
        self.conductor = conductor
        self.portrait = portrait
        self.synthesizer = synthesizer
        self.visit = visit
        self.slumber: Slumber | None = None  # None before the first tick
        self.is_blackout = False  # somebody wants it dark: the show goes on unseen, until the day ends
        self._blackout_day = 0  # on which that was, of those that have begun
        self._is_warm = True
        self._mark = (
            0  # of the latest pose, by which it is known again; not the pose, which may be a visitor's
        )
        self._dark = np.zeros((synthesizer.resolution, synthesizer.resolution, 3), np.uint8)
        self._traced: set[int] = set()  # resolutions whose last picture was private

    @property
    def hours(self) -> Hours:
        """When it is played; at other times the picture is dark."""
        return self.conductor.hours

    @property
    def is_open(self) -> bool:
        """Whether the doors were open at the latest tick."""
        return self.slumber is None or self.slumber.is_awake

    @property
    def change_utc_ns(self) -> int | None:
        """When the doors change next, as of the latest tick; None: not within a year."""
        return self.slumber.doors.change_ns if self.slumber else None

    @property
    def phrase(self) -> Phrase | None:
        """What is being played; None before the first tick."""
        return self.conductor.phrase

    def step(self, tick: Tick) -> Frame:
        """The frame at `tick`; ticks never go back. While the doors are closed, a dark one, once the portrait
        has fallen asleep; and while somebody wants it dark.
        """
        slumber = self.slumber or Slumber.first(tick.t_ns, tick.utc_ns, self.hours)
        self.slumber = slumber = slumber.go_on(tick.t_ns, tick.utc_ns, self.hours)
        if slumber.is_awake and not self.is_blackout:
            return self._drawn(self.pose_at(tick), tick)
        # In a break between two slots the day goes on, too, or reopening would play hours in a frame.
        if slumber.is_awake or self.conductor.is_on_break(tick.utc_ns):
            self._go_on(tick)
            self.conductor.life_at(tick.t_ns)
        left = self.visit.close(tick) if self.visit else None
        if not slumber.is_awake:
            self._rest(tick)
        if self.is_blackout or slumber.is_dark(tick.t_ns):
            self._draw_over(tick)
            return Frame(self._dark, tick.t_ns, is_dark=True)
        life = self.conductor.life_at(tick.t_ns)
        return self._drawn(self._alive(life + left if left else life, tick.t_ns), tick)

    def _rest(self, tick: Tick) -> None:
        """The doors are closed: give the camera free, and be ready again in time."""
        opening_ns = self.change_utc_ns
        pause_ns = max(EYES_NS, WARM_NS) + 1 if opening_ns is None else opening_ns - tick.utc_ns
        if self.visit:
            self.visit.rest(is_resting=pause_ns > EYES_NS)
        if pause_ns > WARM_NS:
            self._is_warm = False
        elif not self._is_warm:
            self._is_warm = True
            self._traced.update(self.synthesizer.resolutions)

    def _drawn(self, pose: Pose, tick: Tick) -> Frame:
        is_private = self.visit is not None and self.visit.is_private
        image = self.synthesizer.synthesize(pose.ws)
        if is_private:
            self._traced.add(len(image))
        else:
            self._traced.discard(len(image))
            self._draw_over(tick)
        mark = crc32(np.ascontiguousarray(pose.ws).data)
        is_still, self._mark = mark == self._mark, mark
        return Frame(image, tick.t_ns, is_private, is_still=is_still)

    def _draw_over(self, tick: Tick) -> None:
        """A synthesizer may keep a buffer for each resolution: a visitor's last picture would lie there until
        the next one of that size, for the night, or as long as the machine is slow.
        """
        if self._traced and not (self.visit and self.visit.is_private):
            nobody = np.zeros_like(self.portrait.at(tick.t_ns).ws)
            for resolution in self._traced:
                self.synthesizer.synthesize(nobody, Detail(resolution))
            self._traced.clear()

    def pose_at(self, tick: Tick) -> Pose:
        """Play everything up to the tick, each at its own instant, however far apart the ticks are."""
        self._go_on(tick)
        moved = self.visit.go_on(tick) if self.visit else None
        life = self.conductor.life_at(tick.t_ns)
        return self._alive(life + moved if moved else life, tick.t_ns)

    def _alive(self, life: Movement, t_ns: int) -> Pose:
        lids = self.slumber.lids(t_ns) if self.slumber else 0.0
        pose = self.portrait.at(t_ns)
        if not self.operator.hand.is_empty:
            pose = self.portrait.moved(pose, self.operator.hand.at(t_ns), t_ns)
        return self.portrait.alive(pose, life, t_ns, lids)

    def _go_on(self, tick: Tick) -> None:
        for _phrase in self.conductor.advance(tick.t_ns, tick.utc_ns):
            pass
        if self.conductor.num_days != self._blackout_day:  # one that is forgotten does not last for months
            self.is_blackout = False

    def obey(self, request: Request, tick: Tick) -> None:
        """Do what is asked for at the keyboard or from afar, as far as the show can. Not while the doors are
        closed; and in a blackout nobody's face is taken up.
        """
        if request in NOT_OURS:
            return
        if not self.hours.is_open(tick.utc_ns):
            self.operator.refuse(request, "the doors are closed", tick)
        elif request in (Command.BLACKOUT, Command.LIGHT):
            self._go_on(tick)
            self._darken(self.conductor.num_days, is_blackout=request is Command.BLACKOUT)
        elif request is Command.AGREE:
            if self.visit:
                self.visit.agree()
        elif request is Command.ERASE:
            if self.visit:
                self.visit.erase()
        else:
            self.operator.obey(request, tick)

    def _darken(self, day: int, *, is_blackout: bool) -> None:
        self.is_blackout, self._blackout_day = is_blackout, day

    # -- for another process to go on with

    def resume_at(self, tick: Tick) -> Resume | None:
        """Where the show stands; None before it has begun. Nothing of a visitor is in it."""
        conductor, phrase = self.conductor, self.conductor.phrase
        if phrase is None:
            return None
        offset_ns, host = tick.utc_ns - tick.t_ns, conductor.casting.host(conductor.mood)
        since_ns, until_ns, by = conductor.scheduler.stay
        return Resume(
            utc_ns=tick.utc_ns,
            day=self.hours.day_of(tick.utc_ns).toordinal(),
            seed=conductor.seed,
            choreography=self.name,
            title=conductor.score.title,
            mood=conductor.scheduler.mood.name,
            mood_since_utc_ns=since_ns + offset_ns,
            mood_until_utc_ns=until_ns + offset_ns,
            mood_by=by,
            num_phrases=phrase.number + 1,
            aus=self.portrait.aus_at(tick.t_ns),
            changes=self.portrait.changes(phrase, self.portrait.people[host]),
            person=host,
            is_paused=conductor.is_paused,
            is_blackout=self.is_blackout,
        )

    def resume_from(self, resume: Resume, utc_ns: int) -> bool:
        """Before the first tick: begin as another show stood, if it is the same show of the same day.
        → whether it is.
        """
        conductor = self.conductor
        ours = (self.hours.day_of(utc_ns).toordinal(), conductor.seed, self.name, conductor.score.title)
        theirs = (resume.day, resume.seed, resume.choreography, resume.title)
        if ours != theirs or resume.mood not in conductor.score.moods or resume.utc_ns > utc_ns + SET_BACK_NS:
            return False
        self.operator.begin_from(resume)
        self._darken(conductor.num_days + 1, is_blackout=resume.is_blackout)
        return True

    def offer(self, score: Choreography, seed: int, people: Mapping[Who, Pose], resident: Who) -> None:
        """Go on with another score, and with whom it names, from the next boundary of a gesture."""
        self.portrait.people = {**self.portrait.people, **people}
        self.operator.forget_drawn(people)
        self.conductor.offer(score, seed, resident)
