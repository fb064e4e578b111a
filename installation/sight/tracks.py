"""Faces of one image after another → visitors: who is still there, who is new, and who counts most.

A visitor is a place that moves: nothing here knows what anybody looks like. Somebody who was out of view for
longer than a turn of the head takes gets a new number when they come back.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from installation.ports import NANOSECONDS

# Unseen for so long, and in so many looks, somebody has left: a hand before the face, a turn of the head and
# a look that came late do not count. After the second time, in which there was no look (a slice of projection
# at 1024² takes seconds on a processor), whoever stands there is somebody else.
LOST_NS: Final = 700_000_000
NUM_MISSED: Final = 2
GONE_NS: Final = 4 * NANOSECONDS

NUM_CONFIRMING: Final = 2  # looks that agree: what is seen once may be a pattern in the wallpaper
# How far a face may be from where it was, in heights of a face: one walks up to five of them in a second.
REACH, REACH_PER_S, FARTHEST_REACH = 0.5, 5.0, 2.0
MOST_GROWTH: Final = 1.8  # from one look to the next, and shrinkage

SMOOTHING_S: Final = 0.12  # a place lags so far behind: less than the eyes that follow it take to move
SPEED_SMOOTHING_S: Final = 0.4
STEADY_NS: Final = NANOSECONDS  # in view for so long, a face counts in full …
STANDING: Final = 1.0  # … and moving at so many heights a second, for half
PREFERENCE: Final = 1.3  # the first one stays first until another counts for so much more


class Place(NamedTuple):
    """Where a face is in an image, in pixels."""

    x: float  # the eyes' middle
    y: float
    height: float  # of the face


@dataclass(frozen=True, slots=True)
class Track:
    """A place that moves."""

    number: int
    place: Place  # smoothed
    seen: Place  # as it was found last
    begun_ns: int
    seen_ns: int
    speed: float = 0.0  # heights a second, smoothed
    num_seen: int = 1
    num_missed: int = 0  # looks since it was seen
    face: int | None = None  # its index among the faces of the latest image

    @property
    def weight(self) -> float:
        """How much a visitor counts: the largest and steadiest the most."""
        settled = min(1.0, (self.seen_ns - self.begun_ns) / STEADY_NS)
        return self.place.height * (0.1 + settled) / (1 + self.speed / STANDING)

    def moved(self, place: Place, face: int, t_ns: int) -> "Track":
        elapsed_s = max((t_ns - self.seen_ns) / NANOSECONDS, 1e-3)
        share = 1 - math.exp(-elapsed_s / SMOOTHING_S)
        speed = math.dist(place[:2], self.seen[:2]) / self.seen.height / elapsed_s
        return replace(
            self,
            place=Place(*(was + (now - was) * share for was, now in zip(self.place, place, strict=True))),
            seen=place,
            seen_ns=t_ns,
            speed=self.speed + (speed - self.speed) * (1 - math.exp(-elapsed_s / SPEED_SMOOTHING_S)),
            num_seen=self.num_seen + 1,
            num_missed=0,
            face=face,
        )

    def missed(self) -> "Track":
        return replace(self, num_missed=self.num_missed + 1, face=None)

    def is_lost(self, t_ns: int) -> bool:
        unseen_ns = t_ns - self.seen_ns
        return unseen_ns > GONE_NS or (unseen_ns > LOST_NS and self.num_missed >= NUM_MISSED)


@dataclass(frozen=True, slots=True)
class Tracks:
    """Everybody in view, those who were seen only once among them."""

    tracks: tuple[Track, ...] = ()  # whoever counts most first
    next_number: int = 1

    @property
    def visitors(self) -> tuple[Track, ...]:
        """Those who are there for sure; whoever counts most first."""
        return tuple(track for track in self.tracks if track.num_seen >= NUM_CONFIRMING)

    def looked(self, places: Sequence[Place], t_ns: int) -> "Tracks":
        """After a look at time `t_ns`, at which faces were in these places. Times never go back."""
        here = [track for track in self.tracks if t_ns - track.seen_ns <= GONE_NS]
        matches = dict(_matches(here, places, t_ns))
        moved = [
            track.moved(places[matches[track.number]], matches[track.number], t_ns)
            if track.number in matches
            else track.missed()
            for track in here
        ]
        new = [face for face in range(len(places)) if face not in matches.values()]
        begun = [
            Track(self.next_number + index, places[face], places[face], t_ns, t_ns, face=face)
            for index, face in enumerate(new)
        ]
        stayed = [track for track in moved if not track.is_lost(t_ns)]
        return Tracks(_ordered(stayed + begun, self.tracks), self.next_number + len(new))


def _matches(tracks: Sequence[Track], places: Sequence[Place], t_ns: int) -> Iterator[tuple[int, int]]:
    """Numbers of tracks, each with the index of its face: the nearest pair first."""
    pairs = sorted(
        (distance, track.number, face)
        for track in tracks
        for face, place in enumerate(places)
        if (distance := _distance(track, place, t_ns)) < 1
    )
    numbers, faces = set(), set()
    for _, number, face in pairs:
        if number not in numbers and face not in faces:
            numbers.add(number)
            faces.add(face)
            yield number, face


def _distance(track: Track, place: Place, t_ns: int) -> float:
    """From a track to a face; from 1 on it cannot be the same."""
    elapsed_s = (t_ns - track.seen_ns) / NANOSECONDS
    reach = min(REACH + REACH_PER_S * elapsed_s, FARTHEST_REACH) * max(track.seen.height, place.height)
    growth = abs(math.log(place.height / track.seen.height)) / math.log(MOST_GROWTH)
    return max(math.dist(place[:2], track.seen[:2]) / reach, growth)


def _ordered(tracks: Sequence[Track], before: Sequence[Track]) -> tuple[Track, ...]:
    """By weight, the newest seen last; whoever was first is preferred, even while a hand is before them."""
    first = before[0].number if before else 0

    def counts(track: Track) -> tuple[bool, float, int]:
        weight = track.weight * (PREFERENCE if track.number == first else 1)
        return track.num_seen >= NUM_CONFIRMING, weight, -track.number

    return tuple(sorted(tracks, key=counts, reverse=True))
