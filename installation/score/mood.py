"""The mood scheduler: which gesture comes next, and when the mood changes.

Every draw of a show is made here, at the boundary of a phrase and never in a frame: the same seed plays the
same show at any frame rate.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from installation.score.choreography import Choreography, Mood
from installation.score.dice import Dice
from installation.score.gesture import Gesture, draw_target
from installation.score.lint import SAME_FACE
from installation.score.phrase import Phrase

# Two draws of one emotion differ in a unit or an intensity; a few tries find the difference, if any.
TRIES: Final = 8


def is_no_op(target: Sequence[float], current: Sequence[float]) -> bool:
    """Whether going from `current` to `target` would change nothing that can be seen."""
    return all(abs(end - start) <= SAME_FACE for start, end in zip(current, target, strict=True))


@dataclass(frozen=True, slots=True)
class _Drawn:
    gesture: Gesture
    target: tuple[float, ...]


class MoodScheduler:
    """Plays a choreography, phrase by phrase."""

    def __init__(self, choreography: Choreography, dice: Dice) -> None:
        self._score = choreography
        self._dice = dice
        self._mood = choreography.moods[choreography.start]
        self._leave_ns: int | None = None  # None: the show has not begun
        self._round: list[str] = []  # what `shuffle` and `cycle` still have to play before they begin again
        self._played: deque[str] = deque(maxlen=max(mood.no_repeat for mood in choreography.moods.values()))
        self._num_phrases = 0

    def next_phrase(self, start_ns: int, current_aus: Sequence[float]) -> Phrase:
        """The phrase that starts at `start_ns` (show time, not before the last one's start).

        `current_aus` is the AU vector that the portrait has reached: 43 intensities in [0, 1]. A phrase that
        would change nothing is drawn again. Asked early, before the last phrase ends, it starts from there.
        """
        self._move_on(start_ns)
        drawn = self._draw(current_aus)
        self._played.append(drawn.gesture.name)
        number, self._num_phrases = self._num_phrases, self._num_phrases + 1
        return Phrase(
            number=number,
            mood=self._mood.name,
            gesture=drawn.gesture.name,
            target=drawn.target,
            start_ns=start_ns,
            onset_ns=drawn.gesture.onset.draw_ns(self._dice),
            hold_ns=drawn.gesture.hold.draw_ns(self._dice),
            ease=drawn.gesture.ease,
            is_chained=self._score.is_chained,
        )

    def _move_on(self, now_ns: int) -> None:
        """Leave the mood if its dwell is over: a mood changes at the first boundary after it."""
        if self._leave_ns is None:
            self._enter(self._mood, now_ns)
        elif now_ns >= self._leave_ns:
            self._enter(self._score.moods[self._dice.choose(self._mood.next)], now_ns)

    def _enter(self, mood: Mood, now_ns: int) -> None:
        if mood.name != self._mood.name:
            self._round = []
        self._mood = mood
        self._leave_ns = now_ns + mood.dwell.draw_ns(self._dice)

    def _draw(self, current: Sequence[float]) -> _Drawn:
        """A gesture that changes something, or the first one drawn where none does: the face is held."""
        playable = [name for name, weight in self._mood.gestures.items() if weight > 0]
        first = None
        while playable:
            gesture = self._score.gestures[self._choose(playable)]
            for _ in range(TRIES):
                drawn = _Drawn(gesture, draw_target(gesture, self._dice, is_binary=self._score.is_chained))
                if not is_no_op(drawn.target, current):
                    return drawn
                first = first or drawn
            playable.remove(gesture.name)
        assert first is not None, "a mood has at least one gesture of weight above 0"
        return first

    def _choose(self, playable: list[str]) -> str:
        """One name of `playable`, in the mood's way of choosing."""
        if self._mood.choose == "weighted":
            return self._dice.choose({name: self._mood.gestures[name] for name in self._not_recent(playable)})
        waiting = [name for name in self._round if name in playable]
        if not waiting:
            waiting = self._dice.shuffled(playable) if self._mood.choose == "shuffle" else playable
            self._round = list(waiting)
        name = waiting[0] if self._mood.choose == "cycle" else self._not_recent(waiting)[0]
        self._round.remove(name)  # a gesture that is refused has had its turn
        return name

    def _not_recent(self, names: list[str]) -> list[str]:
        """Those not among the last `no_repeat` gestures; where none is left, the longest unplayed."""
        for num_excluded in range(self._mood.no_repeat, 0, -1):
            recent = list(self._played)[-num_excluded:]
            if others := [name for name in names if name not in recent]:
                return others
        return names
