"""What operators ask of a show, at the keyboard, at a desk or over OSC: gestures, moods, people, and parts of
the face moved by hand. What the show cannot do is said, in a line, and changes nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from installation.errors import InputError
from installation.portrait import Portrait, Pose
from installation.ports import NANOSECONDS, Command, Move, Play, Request, Tick, Try
from installation.score.asked import Asked
from installation.score.choreography import Who
from installation.score.conductor import Conductor
from installation.score.gesture import Gesture, Span
from installation.score.hand import UNITS, Hand
from installation.score.phrase import Phrase
from installation.score.resume import Resume
from models.controls import CONTROLS

MOST_DRAWN: Final = 4  # people whom no score names
SAID_NS: Final = NANOSECONDS  # from one line to the next at least: what asks may ask sixty times a second
SHORTEST_ONSET_NS: Final = 40_000_000  # of a gesture, as in a score
SOMEBODY: Final = "somebody"

Draw = Callable[[int], Pose]  # a person's number → their anchor; may raise InputError
Say = Callable[[str], None]


def nobody_drawn(number: int) -> Pose:
    """Where there is nothing to draw with."""
    raise InputError(f"person {number}: not in the score")


def unheard(message: str) -> None:
    """Where nobody listens."""


class Operator:
    """Has conductor and portrait do what is asked for. `draw` makes people whom no score names."""

    def __init__(
        self, conductor: Conductor, portrait: Portrait, draw: Draw = nobody_drawn, say: Say = unheard
    ) -> None:
        self.hand = Hand()
        self._conductor, self._portrait, self._draw, self._say = conductor, portrait, draw, say
        self._drawn: deque[int] = deque()  # among the portrait's people; no score names them
        self._said_ns = -SAID_NS

    def obey(self, request: Request, tick: Tick) -> None:
        """Do what is asked for, as far as the score and the weights can; GO is the next gesture now."""
        conductor, now = self._conductor, (tick.t_ns, tick.utc_ns)
        match request:
            case Move():
                self._move(request, tick)
            case Play():
                self._play(request, tick)
            case Try():
                asked = Asked(request.by or SOMEBODY, trial=self._playable(request.gesture))
                _let(conductor.ask(asked, *now))
            case Command.GO:
                _let(conductor.go(*now))
            case Command.PAUSE:
                _let(conductor.pause(*now))
            case Command.RESUME:
                _let(conductor.resume(*now))

    def refuse(self, request: Request, reason: str, tick: Tick) -> None:
        """Say that nothing comes of a request."""
        asked = request.value if isinstance(request, Command) else type(request).__name__.lower()
        self._tell(f"{asked}: {reason}; ignored", tick)

    def forget_drawn(self, named: Iterable[Who]) -> None:
        """A score names these: they are its people from now on."""
        known = set(named)
        self._drawn = deque(number for number in self._drawn if number not in known)

    def begin_from(self, resume: Resume) -> None:
        """Before the show begins: begin as another one stood, with whoever of its people there is."""
        try:
            self._bring(resume.person)
        except InputError:
            resume = replace(resume, person=None)
        casting = self._conductor.casting
        casting.shown = casting.resident if resume.person is None else resume.person
        self._portrait.stand(casting.shown, resume.aus, resume.changes)
        self._conductor.resume_from(resume)

    # -- what is asked for

    def _move(self, move: Move, tick: Tick) -> None:
        learned = {f"AU{unit:02d}" for unit in self._portrait.learned_units}
        if move.part in UNITS or move.part in CONTROLS:
            if move.part in learned or move.part in self._portrait.learned_controls:
                self.hand.move(move.part, move.value, tick.t_ns)
            return  # of a part that these weights have not learned, nothing would be seen
        self._tell(f"move: {move.part!r} is no part of a face; ignored", tick)

    def _play(self, play: Play, tick: Tick) -> None:
        score, by = self._conductor.coming, play.by or SOMEBODY
        for kind, name, known in (
            ("mood", play.mood, score.moods),
            ("gesture", play.gesture, score.gestures),
        ):
            if name is not None and name not in known:
                self._tell(f"play: the score has no {kind} {name!r}; ignored", tick)
                return
        if play.person is not None:
            try:
                self._bring(play.person)
            except InputError as error:
                self._tell(f"play: {error}; ignored", tick)
                return
            _let(self._conductor.ask_for(play.person, tick.t_ns, tick.utc_ns))
        if play.mood is not None or play.gesture is not None:
            _let(self._conductor.ask(Asked(by, play.gesture, play.mood), tick.t_ns, tick.utc_ns))

    def _playable(self, gesture: Gesture) -> Gesture:
        """What of a gesture the weights have learned, no more sudden than a score may have it."""
        aus = {unit: value for unit, value in gesture.aus.items() if unit in self._portrait.learned_units}
        low_ns, high_ns = (max(SHORTEST_ONSET_NS, ns) for ns in (gesture.onset.low_ns, gesture.onset.high_ns))
        return replace(gesture, aus=aus, onset=Span(low_ns, high_ns))

    def _bring(self, who: Who | None) -> None:
        """Have somebody among the portrait's people: whom the score names, or whoever has that number.

        Raises:
            InputError: there is nobody of that name, or they cannot be drawn.
        """
        people, conductor = self._portrait.people, self._conductor
        if who is None or (who in people and who in (*conductor.coming.people, *conductor.residents)):
            return
        if isinstance(who, str):  # a visitor has a name, too, which nobody may ask for
            raise InputError(f"the score names no person {who!r}")
        if who not in people:
            people[who] = self._draw(who)
            self._drawn.append(who)
        elif who in self._drawn:
            self._drawn.remove(who)
            self._drawn.append(who)
        while len(self._drawn) > MOST_DRAWN:
            del people[self._drawn.popleft()]

    def _tell(self, line: str, tick: Tick) -> None:
        if tick.t_ns - self._said_ns >= SAID_NS:
            self._said_ns = tick.t_ns
            self._say(line)


def _let(phrases: Iterable[Phrase]) -> None:
    """Let phrases begin."""
    for _phrase in phrases:
        pass
