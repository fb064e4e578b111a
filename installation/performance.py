"""The journey of a frame, whole: time → phrase → pose → picture."""

from installation.portrait import Portrait, Pose
from installation.ports import Frame, Synthesizer, Tick
from installation.score.life import Life
from installation.score.mood import MoodScheduler
from installation.score.phrase import Phrase


class Performance:
    """A choreography played by a portrait, without clock or window: `step` is told the time."""

    def __init__(
        self, scheduler: MoodScheduler, life: Life, portrait: Portrait, synthesizer: Synthesizer
    ) -> None:
        self.scheduler = scheduler
        self.life = life
        self.portrait = portrait
        self.synthesizer = synthesizer
        self.phrase: Phrase | None = None

    def step(self, tick: Tick) -> Frame:
        """The frame at `tick`; ticks never go back."""
        pose = self.pose_at(tick.t_ns)
        return Frame(self.synthesizer.synthesize(pose.ws), tick.t_ns)

    def pose_at(self, t_ns: int) -> Pose:
        """Play every phrase up to `t_ns`, each begun at its own instant, however far apart the ticks are."""
        phrase = self.phrase or self._begin_phrase(0)
        while phrase.end_ns <= t_ns:
            phrase = self._begin_phrase(phrase.end_ns)
        return self.portrait.alive(self.portrait.at(t_ns), self.life.at(t_ns))

    def go(self, t_ns: int) -> None:
        """The next gesture now; a transition under way is left where it stands."""
        self.pose_at(t_ns)
        self._begin_phrase(t_ns)

    def _begin_phrase(self, start_ns: int) -> Phrase:
        self.phrase = self.scheduler.next_phrase(start_ns, self.portrait.at(start_ns).aus)
        self.portrait.begin(self.phrase)
        return self.phrase
