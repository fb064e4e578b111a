"""The journey of a frame, whole: time → phrase → pose → picture."""

from collections.abc import Mapping

import numpy as np

from installation.portrait import Portrait, Pose
from installation.ports import Command, Detail, Frame, Request, Synthesizer, Tick
from installation.score.choreography import Choreography, Who
from installation.score.conductor import Conductor
from installation.score.hours import Hours
from installation.score.phrase import Phrase
from installation.visit import Visit


class Performance:
    """A choreography played by a portrait, without clock or window: `step` is told the time.

    With a `visit` it sees who comes; without one it is blind.
    """

    def __init__(
        self, conductor: Conductor, portrait: Portrait, synthesizer: Synthesizer, visit: Visit | None = None
    ) -> None:
        self.conductor = conductor
        self.portrait = portrait
        self.synthesizer = synthesizer
        self.visit = visit
        self._dark = np.zeros((synthesizer.resolution, synthesizer.resolution, 3), np.uint8)
        self._traced: set[int] = set()  # resolutions whose last picture was private

    @property
    def hours(self) -> Hours:
        """When it is played; at other times the picture is dark."""
        return self.conductor.hours

    @property
    def phrase(self) -> Phrase | None:
        """What is being played; None before the first tick."""
        return self.conductor.phrase

    def step(self, tick: Tick) -> Frame:
        """The frame at `tick`; ticks never go back. While the doors are closed, a dark one."""
        if not self.hours.is_open(tick.utc_ns):
            if self.conductor.is_on_break(tick.utc_ns):  # or reopening would play hours in a frame
                self._go_on(tick)
            if self.visit:
                self.visit.close(tick)
                self._draw_over(tick)
            return Frame(self._dark, tick.t_ns, is_dark=True)
        pose = self.pose_at(tick)
        is_private = self.visit is not None and self.visit.is_private
        image = self.synthesizer.synthesize(pose.ws)
        if is_private:
            self._traced.add(len(image))
        else:
            self._traced.discard(len(image))
            self._draw_over(tick)
        return Frame(image, tick.t_ns, is_private)

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
        return self.portrait.alive(self.portrait.at(tick.t_ns), life + moved if moved else life, tick.t_ns)

    def _go_on(self, tick: Tick) -> None:
        for _phrase in self.conductor.advance(tick.t_ns, tick.utc_ns):
            pass

    def obey(self, request: Request, tick: Tick) -> None:
        """Do what is asked for at the keyboard or from afar, as far as the show can. Not in the dark.

        GO is the next gesture now; a transition under way is left where it stands.
        """
        if not self.hours.is_open(tick.utc_ns):
            return
        if request is Command.GO:
            for _phrase in self.conductor.go(tick.t_ns, tick.utc_ns):
                pass
        elif request is Command.AGREE and self.visit:
            self.visit.agree()
        elif request is Command.ERASE and self.visit:
            self.visit.erase()

    def offer(self, score: Choreography, seed: int, people: Mapping[Who, Pose], resident: Who) -> None:
        """Go on with another score, and with whom it names, from the next boundary of a gesture."""
        self.portrait.people = {**self.portrait.people, **people}
        self.conductor.offer(score, seed, resident)
