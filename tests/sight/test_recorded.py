"""The same film gives the same sightings, at whatever rate somebody asks."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from installation.ports import NANOSECONDS
from installation.sight.recorded import LOOK_NS, RecordedEyes
from installation.sight.sight import Sight
from tests.sight.faces import collins, seen
from tests.sight.fakes import ROOM, Stagehands, face
from tests.sight.processes import portraits_sight


@dataclass
class Film:
    """Nothing but noise, and when it was looked at."""

    times: list[int] = field(default_factory=list)

    def at(self, t_ns: int) -> np.ndarray:
        self.times.append(t_ns)
        return ROOM


class WalkingFinder:
    """Somebody goes to and fro."""

    def __init__(self) -> None:
        self.num = 0

    def faces(self, image: np.ndarray) -> list:
        self.num += 1
        return [face(x=300 + 100 * np.sin(self.num / 5))]


def played(fps: int, seconds: int = 8) -> list[str]:
    """What is seen at each tenth of a second; a request a second in, and a forgetting after seven."""
    hands = Stagehands()
    sight = Sight(WalkingFinder(), hands.reader, hands.begin, hands.clock.now_ns)
    eyes = RecordedEyes(Film(), sight)
    told = []
    for index in range(seconds * fps):
        t_ns = index * NANOSECONDS // fps
        sighting = eyes.look(t_ns)
        if index == fps:
            eyes.project(1, sighting.visitors[0].number)
        if index == 7 * fps:
            eyes.forget()
        likeness = sighting.likeness
        if index % (fps // 10) == fps // 10 - 1:
            told.append(repr((sighting, likeness and likeness.ws is not None and likeness.ws.tobytes())))
    return told


def test_at_thirty_and_sixty_frames_a_second_the_same_is_seen():
    at_30 = played(30)
    assert at_30 == played(60)
    assert at_30 == played(30)
    is_found = ["Likeness" in told for told in at_30]
    assert is_found.index(True) > 10 + 34 / 8 * 10 - 2  # slices, at eight a second
    assert not is_found[-1]


def test_looks_are_at_whole_tenths_whoever_asks_when():
    film, hands = Film(), Stagehands()
    eyes = RecordedEyes(film, Sight(hands.finder, hands.reader, hands.begin, hands.clock.now_ns))
    for t_ns in (0, 1, 30_000_000, 99_999_999, 100_000_000, 450_000_000):
        eyes.look(t_ns)
    assert film.times == [k * LOOK_NS for k in range(5)]


def test_a_request_that_is_forgotten_before_it_is_heard():
    hands = Stagehands()
    hands.finder.found = [face()]
    eyes = RecordedEyes(Film(), Sight(hands.finder, hands.reader, hands.begin, hands.clock.now_ns))
    (visitor,) = eyes.look(NANOSECONDS).visitors
    eyes.project(1, visitor.number)
    eyes.forget()
    eyes.look(3 * NANOSECONDS)
    assert hands.begun == []


@dataclass
class Panned:
    """Somebody who walks across the picture, from its left to its right."""

    def at(self, t_ns: int) -> np.ndarray:
        return seen(collins(), 460, 200 + t_ns * 240 // (3 * NANOSECONDS))


@pytest.fixture(scope="module")
def walked():
    eyes = RecordedEyes(Panned(), portraits_sight())
    return [eyes.look(index * LOOK_NS) for index in range(30)]


def test_a_real_face_is_one_visitor_who_is_followed_across_the_room(walked):
    assert walked[0].visitors == ()
    followed = [sighting.visitors[0] for sighting in walked[1:]]
    assert len({visitor.number for visitor in followed}) == 1
    azimuths = [visitor.azimuth_deg for visitor in followed]
    assert azimuths == sorted(azimuths, reverse=True)
    assert azimuths[0] > 15 > -2 > azimuths[-1]


def test_a_real_face_is_read(walked):
    followed = [sighting.visitors[0] for sighting in walked[1:]]
    assert all(visitor.is_facing for visitor in followed)
    assert all(visitor.closure < 0.2 for visitor in followed)
    assert all(0.15 < visitor.size < 0.3 for visitor in followed)
