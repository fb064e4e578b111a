"""What is asked for, by cues and by operators: it waits for the next boundary of a gesture."""

from collections import deque
from dataclasses import dataclass

from installation.score.choreography import Choreography
from installation.score.gesture import Gesture


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to happen at the next boundary of a gesture."""

    by: str
    do: str | None = None  # a gesture
    mood: str | None = None
    is_immediate: bool = False  # what has been waiting goes on waiting
    trial: Gesture | None = None  # a gesture that no score has

    def gesture_in(self, score: Choreography) -> Gesture | None:
        """The gesture that is asked for, if one is."""
        return self.trial if self.do is None else score.gestures[self.do]


class Waiting:
    """What has been asked for and has not happened yet, in its order."""

    def __init__(self) -> None:
        self._queue: deque[Asked] = deque()

    def put_first(self, asked: Asked) -> None:
        """Ask for something that cannot wait."""
        self._queue.appendleft(asked)

    def put_last(self, asked: Asked) -> None:
        """Ask for something, unless it has been asked for already."""
        if asked not in self._queue:
            self._queue.append(asked)

    def take(self) -> list[Asked]:
        """What is to happen at this boundary: moods, up to the first gesture."""
        taken: list[Asked] = []
        while self._queue:
            item = self._queue.popleft()
            taken.append(item)
            if item.do is not None or item.trial or item.is_immediate:
                break
        return taken

    def clear(self) -> None:
        """Nothing has been asked for."""
        self._queue.clear()

    def keep_known(self, score: Choreography) -> None:
        """Drop what another score does not have."""
        known = (asked for asked in self._queue if asked.do is None or asked.do in score.gestures)
        self._queue = deque(asked for asked in known if asked.mood is None or asked.mood in score.moods)

    def copy(self) -> "Waiting":
        """Another one that waits for the same."""
        twin = Waiting()
        twin._queue = self._queue.copy()
        return twin
