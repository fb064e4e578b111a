"""Visits: what the eyes see, made into what the portrait does. It looks at whoever comes, takes up a face as
it takes up any other person, and forgets it.

The encounter decides; here its happenings are carried out. The one thing of a visitor that is kept in this
process is the anchor under VISITOR among the portrait's people, from `TakeUp` to `Forget`.
"""

from collections import deque
from typing import Final

from installation.portrait import Portrait, anchor_at
from installation.ports import Eyes, Sighting, Tick
from installation.score.attention import Attention
from installation.score.conductor import Conductor
from installation.score.encounter import (
    GONE_NS,
    Answer,
    Encounter,
    Event,
    Forget,
    LetGo,
    Project,
    Seen,
    TakeUp,
)
from installation.score.life import Movement
from installation.score.mirror import Mirror
from models.action_units import NEUTRAL

VISITOR: Final = "visitor"  # nobody's number, and no file: those end in .safetensors


class Visit:
    """Receives whoever comes before the `eyes`, by the rules of `encounter`."""

    def __init__(
        self,
        eyes: Eyes,
        encounter: Encounter,
        attention: Attention,
        conductor: Conductor,
        portrait: Portrait,
    ) -> None:
        self.encounter = encounter
        self._eyes, self._attention, self._mirror = eyes, attention, Mirror()
        self._conductor, self._portrait = conductor, portrait
        self._score = conductor.score
        self._blinks: deque[int] = deque()  # at which instants to answer a blink
        self._has_agreed = self._is_erasing = self._is_closed = False
        self._is_erased = False  # somebody who may still be there, …
        self._is_unsure = False  # … perhaps under another number
        self._alone_ns = 0  # nobody has been there since
        self.trouble = ""  # what is the matter with the camera, in a line

    @property
    def is_private(self) -> bool:
        """Whether somebody who is there may be recognised in the picture."""
        return self._eyes.is_live and VISITOR in self._portrait.people

    def agree(self) -> None:
        """The visitor before the portrait agrees that their face be taken up."""
        self._has_agreed = True

    def erase(self) -> None:
        """Forget whoever is being shown, looked for or looked at, at once."""
        self._is_erasing = self._is_erased = True

    def go_on(self, tick: Tick) -> Movement:
        """Let happen what is due; → what the visitors move in the face. The conductor has been advanced."""
        if self._is_closed:
            self._is_closed = False
            self._eyes.wake()
        sighting = self._eyes.look(tick.t_ns)
        self.trouble = sighting.trouble
        self._look(tick.t_ns, sighting)
        if self._is_erasing:  # before the fade: what is shown needs neither
            self._eyes.forget()
            self._mirror.forget(tick.t_ns)
        seen = Seen(
            sighting.visitors, answer_in(sighting), self._has_agreed, self._is_erasing, self._is_unsure
        )
        self._has_agreed = self._is_erasing = False
        for happening in self.encounter.advance(tick.t_ns, seen):
            if isinstance(happening, Event):
                for _phrase in self._conductor.notify(happening.name, tick.t_ns, tick.utc_ns):
                    pass
            else:
                self._carry_out(happening, tick.t_ns, sighting)
        return self._attention.at(tick.t_ns) + self._mirror.at(tick.t_ns)

    def close(self, tick: Tick) -> Movement:
        """Nobody is received: the doors are closed, or it is dark. Nobody is looked at, and who was taken up
        is forgotten; → what is left in the face of their having been there.
        """
        seen = Seen(is_erasing=not self._is_closed)
        if not self._is_closed:
            self._is_closed = True
            self._mirror.forget(tick.t_ns)
        self._attention.see(tick.t_ns, ())
        for happening in self.encounter.advance(tick.t_ns, seen):
            if not isinstance(happening, Event):
                self._carry_out(happening, tick.t_ns, Sighting())
        return self._attention.at(tick.t_ns) + self._mirror.at(tick.t_ns)

    def rest(self, *, is_resting: bool) -> None:
        """Whether nobody needs the camera now; to be told while the doors are closed."""
        self._eyes.rest() if is_resting else self._eyes.wake()

    def _look(self, t_ns: int, sighting: Sighting) -> None:
        """Turn the eyes to them, blink as they do, and show what they show where the mood wants it: first to
        whose encounter it is. Who was erased is looked at and not mirrored, until there is nobody left.
        """
        visitors = sorted(sighting.visitors, key=lambda visitor: visitor.number != self.encounter.visitor)
        if visitors or sighting.trouble:  # who is not seen for a fault has not left
            self._alone_ns = t_ns
        self._is_erased &= t_ns - self._alone_ns < GONE_NS
        self._is_unsure = self._is_erased and (self._is_unsure or bool(sighting.trouble))
        score, mood = self._conductor.score, self._conductor.mood
        if score is not self._score:
            self._score = score
            self.encounter.offer(score.visitor)
        self._blinks.extend(self._attention.see(t_ns, visitors, score.visitor.follow))
        while self._blinks and self._blinks[0] <= t_ns:
            self._conductor.blink(self._blinks.popleft())
        self._conductor.attend(t_ns, is_attending=self._attention.is_attending)
        self._mirror.see(t_ns, () if self._is_erased else visitors, mood.mirror if mood else 0.0)

    def _carry_out(self, happening: Project | TakeUp | LetGo | Forget, t_ns: int, sighting: Sighting) -> None:
        match happening:
            case Project():
                self._eyes.project(happening.request, happening.visitor)
            case TakeUp():
                if self._take_up(sighting):
                    self._conductor.receive(VISITOR, happening.t_ns, happening.fade_ns)
            case LetGo():
                self._conductor.dismiss(happening.t_ns, happening.fade_ns)
            case Forget():
                self._eyes.forget()
                self._mirror.forget(t_ns)
                if VISITOR in self._portrait.people:
                    self._portrait.forget(VISITOR, t_ns)
                    self._conductor.part(t_ns)

    def _take_up(self, sighting: Sighting) -> bool:
        """Their face as an anchor: what they showed is its a₀, which the next gesture takes out; or it counts
        as their neutral, and stays. → whether there is one: it may be lost with the process that found it.
        """
        likeness = sighting.likeness
        if likeness is None or likeness.ws is None:
            return False
        aus = NEUTRAL if self.encounter.hospitality.keeps_expression else likeness.aus
        self._portrait.people[VISITOR] = anchor_at(self._portrait.model, likeness.ws, aus)
        return True


def answer_in(sighting: Sighting) -> Answer | None:
    """What has become of the latest request, as far as the encounter has to know."""
    likeness = sighting.likeness
    return Answer(likeness.request, is_good=likeness.ws is not None) if likeness else None
