"""How a face goes from one expression to the next: each action unit and control along a way of its own.

    a_i(t) = S_i + (T_i − S_i)·ease((t − start_i) / lasts_i)

`linear` is the paper's: all set out and arrive together, so the AU vector moves on the straight segment from
S to T. `expressive` lets the brows lead and the mouth follow, the eyes turn before the head, and what is let
go fade more slowly than what comes. Either way each unit goes from its value to its target without turning
back.

No face passes neutral: what is let go is at every instant nearer to its beginning than what comes. As each
way's share of its distance, let go r(t) ≤ come s(t), so |S|·(1 − r) + |T|·s ≥ min(|S|, |T|) at every instant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from installation.score.gesture import conflicts
from installation.score.phrase import Phrase
from installation.score.transition import alpha, between
from models.action_units import ACTION_UNITS, AU_INDEX, NUM_AUS
from models.controls import CONTROLS

NUM_PARTS: Final = len(ACTION_UNITS) + len(CONTROLS)  # the parts of a face that move: units, then controls

# Part → when it sets out and when it arrives, as shares of the onset. The rest of the face: (0.15, 1).
_BROWS: Final = dict.fromkeys((1, 2, 4), (0.0, 0.75))
_LIDS: Final = dict.fromkeys((5, 6, 7, 41, 42, 43, 44, 45, 46), (0.05, 0.8))
_UNIT_SHARES: Final = _BROWS | _LIDS
_FACE_SHARE: Final = (0.15, 1.0)
_CONTROL_SHARES: Final[Mapping[str, tuple[float, float]]] = {
    "gaze_x": (0.0, 0.3),  # the eyes are there …
    "gaze_y": (0.0, 0.3),
    "yaw": (0.1, 1.0),  # … before the head
    "pitch": (0.1, 1.0),
}
_SHARES: Final = (
    *(_UNIT_SHARES.get(unit, _FACE_SHARE) for unit in ACTION_UNITS),
    *(_CONTROL_SHARES.get(control, (0.0, 1.0)) for control in CONTROLS),
)
# Part → the units, by their part, that it cannot hold together with.
RIVALS: Final = tuple(
    tuple(AU_INDEX[other] for other in conflicts(unit, dict.fromkeys(ACTION_UNITS, 1.0)))
    for unit in ACTION_UNITS
)
LATEST: Final = 0.12  # of the onset: how much later than that the dice let a part set out
LONGEST_RELEASE: Final = 2.5  # times the onset: two expressions on one face are a third one


@dataclass(frozen=True, slots=True)
class Way:
    """When one part of the face moves, in nanoseconds of show time."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Path:
    """The way of the whole face from S to T: exact at both ends."""

    source: tuple[float, ...]  # NUM_PARTS: 43 intensities, 7 controls
    target: tuple[float, ...]
    ways: tuple[Way, ...]
    ease: str

    @property
    def end_ns(self) -> int:
        """When the last part has arrived."""
        return max(way.end_ns for way in self.ways)

    def at(self, t_ns: int) -> tuple[float, ...]:
        """The parts at show time `t_ns`: `source` before they set out, `target` from `end_ns` on."""
        return tuple(
            between(start, end, alpha(self.ease, t_ns - way.start_ns, way.end_ns - way.start_ns))
            if start != end
            else end
            for start, end, way in zip(self.source, self.target, self.ways, strict=True)
        )


def path_of(phrase: Phrase, source: Sequence[float], target: Sequence[float]) -> Path:
    """The path of a phrase from NUM_PARTS values to others, in the phrase's motion."""
    is_together = phrase.motion != "expressive"
    ways = _together(phrase) if is_together else _each_its_own(phrase, source, target)
    return Path(tuple(source), tuple(target), ways, phrase.ease)


def _together(phrase: Phrase) -> tuple[Way, ...]:
    return (Way(phrase.start_ns, phrase.start_ns + phrase.onset_ns),) * NUM_PARTS


def _each_its_own(phrase: Phrase, source: Sequence[float], target: Sequence[float]) -> tuple[Way, ...]:
    ways = [_coming(phrase, part) for part in range(NUM_PARTS)]
    coming = [part for part in range(NUM_AUS) if target[part] > source[part]]
    rivals = {rival for part in coming for rival in RIVALS[part]}
    for part in range(NUM_AUS):
        if target[part] < source[part]:
            last = [ways[other] for other in coming] or [ways[part]]
            release_ns = 0 if part in rivals else phrase.release_ns
            ways[part] = _leaving(phrase, last, release_ns)
    return tuple(ways)


def _coming(phrase: Phrase, part: int) -> Way:
    """In its share of the onset, a little later as the dice want it."""
    sets_out, arrives = _SHARES[part]
    lag = LATEST * phrase.lags[part]
    return Way(
        phrase.start_ns + round((sets_out + lag) * phrase.onset_ns),
        phrase.start_ns + round(min(1.0, arrives + lag) * phrase.onset_ns),
    )


def _leaving(phrase: Phrase, others: Sequence[Way], release_ns: int) -> Way:
    """Neither before nor faster than what comes: from the last one's start, at least to the last one's
    end.
    """
    longest_ns = min(round(LONGEST_RELEASE * phrase.onset_ns), phrase.onset_ns + phrase.hold_ns)
    return Way(
        max(way.start_ns for way in others),
        max(phrase.start_ns + min(release_ns, longest_ns), *(way.end_ns for way in others)),
    )
