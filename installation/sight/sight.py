"""What the portrait sees: visitors in images, and the face of one of them in the latent space.

A deterministic core: it has no clock of its own and no process, and does nothing but what it is called for.
`look` takes an image, `work` a slice of projection in between. What it keeps of a visitor is a place while
they are in view, the best aligned pictures of their last two seconds, and, when it was asked for, a latent;
`forget` wipes the pictures and drops the rest.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np

from installation.ports import Image, Latent, Likeness, Sighting, Visitor
from installation.sight.gates import BURST_NS, Burst, Shot, closure_of, eye_distance, is_facing, view_of
from installation.sight.tracks import Place, Track, Tracks
from installation.stage.pictures import resize
from models.alignment import MIN_EYE_DISTANCE_PX, Face, crop
from models.au_reader import Reading
from models.pictures import ALIGNED_PX

FIELD_OF_VIEW_DEG: Final = 70.0  # of a webcam, across
NUM_READ: Final = 2  # visitors whose faces are read, of all: 10 ms each, a sixth of a look
PATIENCE_NS: Final = 3_000_000_000  # so long a face that is asked for may be turned away or blurred
BUDGET_NS: Final = 5_000_000_000  # of work on one projection; fewer steps where they take long


class Finder(Protocol):
    """Who finds faces: `models.alignment.FaceFinder`."""

    def faces(self, image: Image) -> list[Face]: ...


class Reader(Protocol):
    """Who reads faces: `models.au_reader.AuReader`."""

    def read(self, image: Image) -> Reading: ...


class Projection(Protocol):
    """What has come of a projection: `models.projection.Projection`."""

    @property
    def ws(self) -> Latent: ...

    @property
    def picture(self) -> Image: ...

    @property
    def doubts(self) -> tuple[str, ...]: ...


class Refinement(Protocol):
    """A projection in slices: `models.projection.Refinement`."""

    @property
    def doubts(self) -> tuple[str, ...]: ...

    @property
    def num_left(self) -> int: ...

    def step(self) -> bool: ...

    def finish_in(self, num_steps: int) -> None: ...

    def projection(self) -> Projection: ...


@dataclass(slots=True)
class Request:
    """A visitor's face that is to be found in the latent space, and how far that has come."""

    number: int
    visitor: int
    asked_ns: int | None = None  # the first look after it
    spent_ns: int = 0
    num_steps: int = 0
    refinement: Refinement | None = field(default=None, repr=False)


class Sight:
    """The core. `begin` starts the projection of an aligned picture; `now_ns` measures what slices take."""

    def __init__(
        self,
        finder: Finder,
        reader: Reader,
        begin: Callable[[Image], Refinement],
        now_ns: Callable[[], int],
        field_of_view_deg: float = FIELD_OF_VIEW_DEG,
        first_number: int = 1,
        budget_ns: int = BUDGET_NS,
    ) -> None:
        self._finder, self._reader, self._begin, self._now_ns = finder, reader, begin, now_ns
        self._field_of_view_deg, self._budget_ns = field_of_view_deg, budget_ns
        self._tracks = Tracks(next_number=first_number)
        self._visitors: dict[int, Visitor] = {}  # by number; whoever counts most first
        self._bursts: dict[int, Burst] = {}
        self._request: Request | None = None
        self._likeness: Likeness | None = None

    @property
    def is_anybody_there(self) -> bool:
        """Somebody, or what may turn out to be."""
        return bool(self._tracks.tracks)

    @property
    def is_projecting(self) -> bool:
        """Whether there are slices to be done."""
        return self._request is not None and self._request.refinement is not None

    def sighting(self) -> Sighting:
        return Sighting(tuple(self._visitors.values()), self._likeness)

    # -- looking

    def look(self, image: Image, t_ns: int) -> None:
        """Look at an image, RGB uint8 [H, W, 3], of time `t_ns`; times never go back."""
        faces = self._finder.faces(image)
        self._tracks = self._tracks.looked([_place_of(face) for face in faces], t_ns)
        read = self._to_read(self._tracks.visitors)
        self._visitors = {
            track.number: self._seen(track, faces, image, t_ns, is_read=track.number in read)
            for track in self._tracks.visitors
        }
        self._drop_bursts(t_ns)
        self._judge_request(t_ns)

    def lose(self) -> None:
        """There are no images: whoever was there is gone."""
        self._tracks = Tracks(next_number=self._tracks.next_number)
        self._visitors = {}
        self._drop_bursts()
        self._judge_request(0)

    def _to_read(self, tracks: Sequence[Track]) -> set[int]:
        """Whose faces are read: theirs that is asked for, and the first ones'."""
        asked = self._request.visitor if self._request else 0
        numbers = sorted((track.number for track in tracks), key=lambda number: number != asked)
        return set(numbers[:NUM_READ])

    def _seen(self, track: Track, faces: list[Face], image: Image, t_ns: int, *, is_read: bool) -> Visitor:
        azimuth_deg, elevation_deg = direction(track.place, image.shape, self._field_of_view_deg)
        size = track.place.height / image.shape[0]
        if track.face is None:
            before = self._visitors.get(track.number)
            was_facing = before is not None and before.is_facing
            return Visitor(track.number, azimuth_deg, elevation_deg, size, was_facing)
        landmarks = faces[track.face].landmarks
        reading = None
        if is_read and eye_distance(landmarks) >= MIN_EYE_DISTANCE_PX:
            aligned = crop(image, landmarks)
            reading = self._reader.read(aligned)
            view = view_of(faces[track.face], image.shape, aligned, reading)
            self._bursts.setdefault(track.number, Burst()).add(Shot(aligned, view, t_ns))
        return Visitor(
            track.number,
            azimuth_deg,
            elevation_deg,
            size,
            is_facing(landmarks, reading),
            closure_of(reading) if reading else None,
            reading.aus if reading else None,
        )

    def _drop_bursts(self, t_ns: int | None = None) -> None:
        """Theirs who have left; and at a time, what is too old."""
        for number in [number for number in self._bursts if number not in self._visitors]:
            self._bursts.pop(number).wipe()
        if t_ns is not None:
            for burst in self._bursts.values():
                burst.drop_until(t_ns - BURST_NS)

    # -- projecting

    def project(self, request: int, visitor: int) -> None:
        """Begin to look for a visitor's face in the latent space; what was asked before is dropped."""
        self._likeness = None
        self._request = Request(request, visitor)

    def work(self) -> bool:
        """Do a slice, about as long as a step of refinement takes; False: there is nothing to do now."""
        request = self._request
        if request is None:
            return False
        started_ns = self._now_ns()
        if request.refinement is None:
            shot = self._shot_of(request.visitor)
            if shot is None or shot.view.doubts:
                return False  # a better one may come; `look` loses its patience
            request.refinement = self._begin(shot.image)
            if request.refinement.doubts:
                self._answer(doubts=request.refinement.doubts)
        elif request.refinement.step():
            request.num_steps += 1
        else:
            self._finish(request)
        request.spent_ns += self._now_ns() - started_ns
        _keep_within(request, self._budget_ns)
        return True

    def _finish(self, request: Request) -> None:
        assert request.refinement is not None
        found = request.refinement.projection()
        doubts = found.doubts or (() if np.isfinite(found.ws).all() else ("no likeness was found",))
        if doubts:
            self._answer(doubts=doubts)
            return
        # What the latent shows, not what the visitor did: it is this that a gesture has to leave.
        reading = self._reader.read(resize(found.picture, (ALIGNED_PX, ALIGNED_PX)))
        self._answer(ws=found.ws, aus=reading.aus)

    def _judge_request(self, t_ns: int) -> None:
        """Give up where the visitor has left, or does not show their face."""
        request = self._request
        if request is None:
            return
        if request.asked_ns is None:
            request.asked_ns = t_ns
        if request.visitor not in self._visitors:
            self._answer(doubts=("the visitor has left",))
        elif request.refinement is None and t_ns - request.asked_ns > PATIENCE_NS:
            shot = self._shot_of(request.visitor)
            if shot is None:
                self._answer(doubts=("the face is too small or hidden",))
            elif shot.view.doubts:
                self._answer(doubts=shot.view.doubts)

    def _shot_of(self, visitor: int) -> Shot | None:
        burst = self._bursts.get(visitor)
        return burst.best if burst else None

    def _answer(
        self, ws: Latent | None = None, aus: tuple[float, ...] = (), doubts: tuple[str, ...] = ()
    ) -> None:
        assert self._request is not None
        self._likeness = Likeness(self._request.number, ws, aus, doubts)
        self._request = None

    # -- forgetting

    def forget(self) -> None:
        """Drop every picture, reading and latent of anybody, and any request.

        Whoever is in view keeps their number and their place: somebody stands there, whoever it is.
        """
        self._request = self._likeness = None
        for burst in self._bursts.values():
            burst.wipe()
        self._bursts.clear()
        self._visitors = {
            number: replace(visitor, closure=None, aus=None) for number, visitor in self._visitors.items()
        }


def _keep_within(request: Request, budget_ns: int) -> None:
    """No more steps than fit into what is left of a budget, if they take as long as those before them."""
    if request.refinement is None or not request.num_steps:
        return
    step_ns = max(1, request.spent_ns // (request.num_steps + 1))  # to begin took as long as a step
    request.refinement.finish_in((budget_ns - request.spent_ns) // step_ns - 1)  # and to finish will


def _place_of(face: Face) -> Place:
    eyes = face.landmarks[:2].mean(0)
    return Place(float(eyes[0]), float(eyes[1]), float(face.box[3] - face.box[1]))


def direction(place: Place, shape: tuple[int, ...], field_of_view_deg: float) -> tuple[float, float]:
    """Where a face in an image of `shape` [H, W, …] is, seen from the portrait: azimuth, elevation in °.

    The camera hangs at the portrait and looks into the room: what it has on its image's left, the portrait
    has on its own left, which is the picture's right to those who stand before it.
    """
    height, width = shape[:2]
    focal_px = width / 2 / math.tan(math.radians(field_of_view_deg) / 2)
    right, up = (width - 1) / 2 - place.x, (height - 1) / 2 - place.y
    elevation = math.atan2(up, math.hypot(focal_px, right))
    return math.degrees(math.atan2(right, focal_px)), math.degrees(elevation)
