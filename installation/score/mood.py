"""The mood scheduler: which gesture comes next, and when the mood changes.

Every draw of a show is made here, at the boundary of a phrase and never in a frame: the same seed plays the
same show at any frame rate.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Final

from installation.score.choreography import Choreography, Mood
from installation.score.dice import Dice
from installation.score.gesture import Gesture, are_same_controls, draw_target, is_same_face
from installation.score.motion import NUM_PARTS
from installation.score.phrase import Phrase, Why

# Two draws of one emotion differ in a unit or an intensity; a few tries find the difference, if any.
TRIES: Final = 8


@dataclass(slots=True)
class _Choice:
    """A gesture as it was drawn, and how it came to be."""

    gesture: Gesture
    target: tuple[float, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    num_redrawn: int = 0


class MoodScheduler:
    """Plays a choreography, phrase by phrase."""

    def __init__(self, score: Choreography, dice: Dice, first_number: int = 0) -> None:
        """`first_number` is that of the next phrase."""
        self._score, self._dice, self._lags = score, dice, dice.branch("lags")
        self._mood = score.moods[score.start]
        self._since_ns, self._mood_by = 0, ""
        self._leave_ns: int | None = None  # None: the mood is entered with the next phrase
        self._round: list[str] = []  # what `shuffle` and `cycle` still have to play before they begin again
        self._played: deque[str] = deque(maxlen=_memory(score))
        self._num_phrases = first_number
        self._controls: Mapping[str, float] = {}  # of the last gesture
        self._release_ns = 0  # in which the last gesture's units fade

    @property
    def mood(self) -> Mood:
        """The mood that the last phrase was played in."""
        return self._mood

    def swap(self, score: Choreography) -> None:
        """Go on with another score. The mood stays if it has one of that name; what was played is remembered.

        Another dwell of the mood counts from when it was entered.
        """
        self._score, before = score, self._mood
        if before.name in score.moods:
            self._mood = score.moods[before.name]
            if self._mood.dwell != before.dwell and self._leave_ns is not None:
                self._leave_ns = self._since_ns + self._mood.dwell.draw_ns(self._dice)
        else:
            self._mood, self._leave_ns = score.moods[score.start], None
        self._round = [name for name in self._round if self._mood.gestures.get(name, 0) > 0]
        self._played = deque(self._played, maxlen=_memory(score))

    def enter(self, mood: str, now_ns: int, by: str = "") -> None:
        """Change the mood now, whatever the dice had in mind; `by` is who wants it so."""
        if mood != self._mood.name:
            self._round = []
        self._mood = self._score.moods[mood]
        self._mood_by = by
        self._since_ns, self._leave_ns = now_ns, now_ns + self._mood.dwell.draw_ns(self._dice)

    def restore(self, mood: str, since_ns: int, leave_ns: int, by: str) -> None:
        """Be in a mood that was entered before this scheduler was there, and leave it when it would have."""
        self._mood, self._mood_by = self._score.moods[mood], by
        self._since_ns, self._leave_ns = since_ns, leave_ns

    @property
    def stay(self) -> tuple[int, int, str]:
        """Since when the mood has lasted, from when on it is left, and who wanted it."""
        return self._since_ns, self._since_ns if self._leave_ns is None else self._leave_ns, self._mood_by

    def copy(self) -> "MoodScheduler":
        """Another one, which will play the same and leaves this one as it is."""
        twin = copy(self)
        twin._dice, twin._lags = self._dice.copy(), self._lags.copy()
        twin._round, twin._played = list(self._round), self._played.copy()
        return twin

    def next_phrase(
        self,
        start_ns: int,
        current: Sequence[float],
        asked: Gesture | None = None,
        by: str = "",
        drifts: Mapping[str, float] | None = None,
        before: Sequence[float] | None = None,
    ) -> Phrase:
        """The phrase that starts at `start_ns` (show time, not before the last one's start).

        `current` is the AU vector that the portrait has reached: 43 intensities in [0, 1]. A phrase that
        would change nothing, judged from `before` or else from there, is drawn again. `asked` is the gesture
        that somebody, `by`, has asked for instead of the mood's choice; `drifts` are the changes of the
        person's own controls that the arcs have come to.
        """
        before = current if before is None else before
        if not asked:
            self._move_on(start_ns)
        choice = self._draw_asked(asked, before) if asked else self._draw(before)
        gesture, number = choice.gesture, self._num_phrases
        onset_ns, hold_ns = gesture.onset.draw_ns(self._dice), gesture.hold.draw_ns(self._dice)
        until_ns = start_ns if self._leave_ns is None else self._leave_ns
        why = Why(
            self._since_ns, until_ns, self._mood_by, by, choice.weights, choice.excluded, choice.num_redrawn
        )
        release_ns, self._release_ns = self._release_ns, gesture.offset.draw_ns(self._dice)
        self._num_phrases, self._controls = number + 1, gesture.controls
        self._played.append(gesture.name)
        return Phrase(
            number=number,
            mood=self._mood.name,
            gesture=gesture.name,
            target=choice.target if gesture.has_expression else tuple(current),
            start_ns=start_ns,
            onset_ns=onset_ns,
            hold_ns=hold_ns,
            ease=gesture.ease,
            motion=self._score.motion,
            release_ns=release_ns,
            lags=self._lags.units(NUM_PARTS) if self._score.motion == "expressive" else (),
            controls=gesture.controls,
            drifts=drifts or {},
            why=why,
        )

    def _move_on(self, now_ns: int) -> None:
        """Leave the mood if its dwell is over: a mood changes at the first boundary after it."""
        if self._leave_ns is None:
            self.enter(self._mood.name, now_ns)
        elif now_ns >= self._leave_ns:
            self.enter(self._dice.choose(self._mood.next), now_ns)

    # -- choosing a gesture

    def _draw_asked(self, gesture: Gesture, current: Sequence[float]) -> _Choice:
        """A gesture that somebody asked for: played even if it changes nothing."""
        for num_redrawn in range(TRIES):
            choice = _Choice(gesture, self._target(gesture, current), num_redrawn=num_redrawn)
            if not self._is_no_op(choice, current):
                break
        return choice

    def _draw(self, current: Sequence[float]) -> _Choice:
        """A gesture that changes something, or the first one drawn where none does: the face is held."""
        playable = [name for name, weight in self._mood.gestures.items() if weight > 0]
        idle: set[str] = set()
        num_redrawn, first = 0, None
        while playable:
            weights = self._weights(playable)
            gesture = self._score.gestures[self._choose(weights)]
            for _ in range(TRIES):
                choice = _Choice(gesture, self._target(gesture, current))
                if not self._is_no_op(choice, current):
                    choice.weights, choice.num_redrawn = weights, num_redrawn
                    choice.excluded = self._reasons(weights, idle)
                    return choice
                num_redrawn, first = num_redrawn + 1, first or choice
            idle.add(gesture.name)
            playable.remove(gesture.name)
        assert first is not None, "a mood has at least one gesture of weight above 0"
        first.num_redrawn = num_redrawn
        first.excluded = self._reasons({}, idle)
        return first

    def _target(self, gesture: Gesture, current: Sequence[float]) -> tuple[float, ...]:
        if not gesture.has_expression:
            return tuple(current)
        return draw_target(gesture, self._dice, is_binary=self._score.is_chained)

    def _is_no_op(self, choice: _Choice, current: Sequence[float]) -> bool:
        same_controls = are_same_controls(choice.gesture.controls, self._controls)
        return same_controls and is_same_face(choice.target, current)

    def _weights(self, playable: list[str]) -> dict[str, float]:
        """What can come now, each with its weight: equal ones where the mood does not weigh."""
        if self._mood.choose == "weighted":
            return {name: self._mood.gestures[name] for name in self._not_recent(playable)}
        waiting = [name for name in self._round if name in playable]
        if not waiting:
            waiting = self._dice.shuffled(playable) if self._mood.choose == "shuffle" else playable
            self._round = list(waiting)
        next_one = waiting[0] if self._mood.choose == "cycle" else self._not_recent(waiting)[0]
        return {next_one: 1.0}

    def _choose(self, weights: Mapping[str, float]) -> str:
        if self._mood.choose == "weighted":
            return self._dice.choose(weights)
        (name,) = weights
        self._round.remove(name)  # a gesture that is refused has had its turn
        return name

    def _not_recent(self, names: list[str]) -> list[str]:
        """Those not among the last `no_repeat` gestures; where none is left, the longest unplayed."""
        for num_excluded in range(self._mood.no_repeat, 0, -1):
            recent = list(self._played)[-num_excluded:]
            if others := [name for name in names if name not in recent]:
                return others
        return names

    def _reasons(self, weights: Mapping[str, float], idle: set[str]) -> dict[str, str]:
        """Why each of the mood's other gestures could not come."""
        otherwise = {
            "weighted": f"one of the last {self._mood.no_repeat}",
            "shuffle": "later in this round, or played in it",
            "cycle": "not its turn",
        }[self._mood.choose]
        return {
            name: "weight 0" if not weight else "would change nothing" if name in idle else otherwise
            for name, weight in self._mood.gestures.items()
            if name not in weights
        }


def _memory(score: Choreography) -> int:
    return max(mood.no_repeat for mood in score.moods.values())
