"""Somebody in view of the camera: since when, and for how long they have looked at the portrait."""

from dataclasses import dataclass
from typing import Final

from installation.score.phrase import NANOSECONDS
from installation.score.visitors import Visitor

NEAR: Final = 0.12  # height of a face, in shares of the image's, that has come near; about 2 m away …
STILL_NEAR: Final = 0.09  # … and of one that has not gone away again
FORGIVEN_NS: Final = 2 * NANOSECONDS  # a look away that is shorter does not count
MOST_TRIES: Final = 3  # at a likeness of one visitor
NEVER: Final = 1 << 62


@dataclass(slots=True)
class Person:
    """Somebody in view, or not yet gone."""

    number: int
    rank: int  # their place among those in view
    since_ns: int  # in view without a gap
    lost_ns: int | None = None  # not in view since
    is_noticed: bool = False
    has_stayed: bool = False
    num_tries: int = 0  # at a likeness …
    next_try_ns: int = 0
    num_times: int = 0  # taken up
    weary_until_ns: int = 0  # not again by itself before then
    _is_near: bool = False
    _looks_since_ns: int | None = None
    _away_ns: int = 0  # does not look since
    _looked_ns: int = 0  # before that, short looks away forgiven

    def see(self, visitor: Visitor, rank: int, t_ns: int) -> None:
        """They are in view."""
        if self.lost_ns is not None:
            self.since_ns, self.lost_ns = t_ns, None
        self.rank = rank
        self._is_near = visitor.size >= (STILL_NEAR if self._is_near else NEAR)
        self._look(visitor.is_facing and self._is_near, t_ns)

    def miss(self, t_ns: int) -> None:
        """They are not in view."""
        if self.lost_ns is None:
            self.lost_ns = t_ns
            self._look(False, t_ns)

    def _look(self, does_look: bool, t_ns: int) -> None:
        """From now on they look, or they do not."""
        if does_look and self._looks_since_ns is None:
            if t_ns - self._away_ns > FORGIVEN_NS:
                self._looked_ns = 0
            self._looks_since_ns = t_ns
        elif not does_look and self._looks_since_ns is not None:
            self._looked_ns, self._away_ns, self._looks_since_ns = self.looked_ns(t_ns), t_ns, None

    def looked_ns(self, t_ns: int) -> int:
        """For how long they have looked by then."""
        return self._looked_ns + (0 if self._looks_since_ns is None else t_ns - self._looks_since_ns)

    def due_ns(self, goal_ns: int) -> int:
        """When they will have looked for so long, if they go on; NEVER while they do not look."""
        return NEVER if self._looks_since_ns is None else self._looks_since_ns + goal_ns - self._looked_ns

    @property
    def given_up_ns(self) -> int:
        """When they will have looked away for too long; NEVER while they look."""
        return self._away_ns + FORGIVEN_NS if self._looks_since_ns is None else NEVER

    @property
    def free_from_ns(self) -> int:
        """From when on their face may be taken up by itself."""
        return self.weary_until_ns if self.num_tries < MOST_TRIES else NEVER
