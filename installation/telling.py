"""What of a performance may be told to others: what the score has the face do, and nothing of a visitor."""

from installation.performance import Performance
from installation.ports import Tick
from installation.stage.osc_out import Told
from installation.status import aus_of
from installation.visit import VISITOR


class Telling:
    """The AU state that gestures and an operator's hand have come to, in which there is neither mirror nor
    small life; and the controls, unless a visitor's turn and age are in them.
    """

    def __init__(self) -> None:
        self._number = -1  # of the latest phrase while a visitor was there

    def __call__(self, performance: Performance, tick: Tick) -> Told:
        """What is told at `tick`; ticks never go back."""
        portrait, hand, phrase = performance.portrait, performance.operator.hand, performance.phrase
        aus = aus_of(performance, tick.t_ns)
        if phrase is None:
            return Told(aus, None)
        if VISITOR in portrait.people:
            self._number = phrase.number
        # Changes that were counted from a visitor's controls go on until the next gesture has arrived.
        is_own = phrase.number > self._number and tick.t_ns >= phrase.start_ns + phrase.onset_ns
        if self._number >= 0 and not is_own:
            return Told(aus, None, phrase.mood, phrase.gesture)
        pose = portrait.moved(portrait.at(tick.t_ns), hand.at(tick.t_ns), tick.t_ns)
        self._number = -1
        return Told(aus, pose.controls, phrase.mood, phrase.gesture)
