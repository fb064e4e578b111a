"""When the sight process looks, projects, hears and reports: on a clock of the test's own."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from installation.ports import NANOSECONDS, Image
from installation.sight.looking import BEAT_NS, Boxes, Looking
from installation.sight.report import Asked, Report, report_type, unpacked
from installation.sight.sight import Sight
from installation.sight.sight_process import num_threads
from installation.stage.latest import Stamped
from tests.sight.fakes import MS, ROOM, SHAPE, Clock, Stagehands, face

KIND = report_type(*SHAPE)


@dataclass
class Box:
    """A mailbox, and all that was ever posted into it."""

    posted: list[Stamped[bytes]] = field(default_factory=list)
    is_new: bool = False
    num_wipes: int = 0

    def post(self, payload: bytes, t_ns: int) -> None:
        self.posted.append(Stamped(payload, t_ns))
        self.is_new = True

    def take(self) -> Stamped[bytes] | None:
        is_new, self.is_new = self.is_new, False
        return self.posted[-1] if is_new else None

    def wipe(self) -> None:
        self.num_wipes += 1
        self.is_new = False


class Process:
    """The process with a camera before it, in which looks and slices take time."""

    def __init__(self, look_ms: int = 70, slice_ms: int = 80, start_ns: int = NANOSECONDS) -> None:
        self.clock = Clock(now=start_ns, step_ns=slice_ms * MS)
        self.hands = Stagehands(clock=self.clock)
        self.looks: list[int] = []
        self.images_end_ns: int | None = None
        self.wiped = 0
        self.asked, self.reports = Box(), Box()
        self._look_ms = look_ms
        self.looking = self.begun()

    def begun(self) -> Looking:
        hands = self.hands
        sight = Sight(hands.finder, hands.reader, hands.begin, self.clock.now_ns)
        boxes = Boxes(self._image, self._wipe, self.asked, self.reports)
        return Looking(sight, boxes, SHAPE, self.clock.now_ns)

    def _image(self) -> Stamped[Image] | None:
        if self.images_end_ns is not None and self.clock.now > self.images_end_ns:
            return None
        self.looks.append(self.clock.now)
        stamped = Stamped(ROOM, self.clock.now)
        self.clock.now += self._look_ms * MS
        return stamped

    def _wipe(self) -> None:
        self.wiped += 1

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        end_ns = self.clock.now + round(seconds * NANOSECONDS)
        while self.clock.now < end_ns and not until():
            nap_ns = self.looking.turn()
            assert nap_ns <= 20 * MS
            self.clock.now += max(nap_ns, 100_000)

    def ask(self, request: int = 0, visitor: int = 0, num_forgets: int = 0) -> None:
        self.asked.post(Asked(request, visitor, num_forgets).packed(), self.clock.now)

    @property
    def reported(self) -> list[Report]:
        return [unpacked(stamped.value, KIND) for stamped in self.reports.posted]

    @property
    def last(self) -> Report:
        return self.reported[-1]


def gaps_ms(looks: list[int]) -> np.ndarray:
    return np.diff(looks) / MS


def test_it_looks_four_times_a_second_while_nobody_is_there():
    process = Process()
    process.run(6)
    assert 240 < gaps_ms(process.looks).mean() < 280


def test_it_looks_twelve_times_a_second_while_somebody_is():
    process = Process(look_ms=40)
    process.hands.finder.found = [face()]
    process.run(3)
    gaps = gaps_ms(process.looks[3:])
    assert gaps.min() >= 83
    assert gaps.mean() < 100


@pytest.mark.parametrize(("look_ms", "slice_ms"), [(70, 80), (150, 170), (500, 300), (70, 2000)])
def test_while_it_projects_it_still_looks_and_while_it_looks_it_still_projects(look_ms, slice_ms):
    process = Process(look_ms, slice_ms)
    process.hands.finder.found = [face()]
    process.run(3)
    (visitor,) = process.last.sighting.visitors
    num_before = len(process.looks)
    process.ask(1, visitor.number)
    started_ns = process.clock.now
    process.run(60, until=lambda: process.last.sighting.likeness is not None)
    gaps = gaps_ms(process.looks[num_before:])
    assert process.last.sighting.likeness.ws is not None
    assert gaps.max(initial=0) <= max(350 + slice_ms, look_ms + slice_ms) + 30
    assert process.clock.now - started_ns < 20 * NANOSECONDS


def test_what_is_found_is_told_once_it_is_found():
    process = Process()
    process.hands.finder.found = [face()]
    process.run(1)
    (visitor,) = process.last.sighting.visitors
    process.ask(5, visitor.number)
    process.run(6)
    told = [report.sighting.likeness for report in process.reported if report.sighting.likeness]
    assert {likeness.request for likeness in told} == {5}
    assert (told[0].ws == told[-1].ws).all()


def test_a_request_is_carried_out_once():
    process = Process()
    process.hands.finder.found = [face()]
    process.run(1)
    (visitor,) = process.last.sighting.visitors
    for _ in range(3):
        process.ask(5, visitor.number)
        process.run(6)
    assert len(process.hands.begun) == 1


def test_a_forgetting_behind_a_request_is_not_lost():
    """The newest wins, and it says both."""
    process = Process()
    process.hands.finder.found = [face()]
    process.run(1)
    (visitor,) = process.last.sighting.visitors
    process.ask(1, visitor.number)
    process.run(6)
    assert process.last.sighting.likeness.ws is not None
    process.ask(0, 0, num_forgets=1)
    process.ask(2, visitor.number, num_forgets=1)
    process.looking.turn()
    assert process.last.num_forgets == 1
    assert process.last.sighting.likeness is None
    assert process.wiped == process.reports.num_wipes == 1
    process.run(6)
    assert process.last.sighting.likeness.request == 2


@pytest.mark.parametrize("wait_ms", range(0, 1500, 370))
def test_it_forgets_within_a_second_whatever_it_is_doing(wait_ms):
    process = Process(look_ms=150, slice_ms=170)
    process.hands.finder.found = [face()]
    process.run(2)
    (visitor,) = process.last.sighting.visitors
    process.ask(1, visitor.number)
    process.run(wait_ms / 1000)
    process.ask(num_forgets=1)
    asked_ns = process.clock.now
    process.run(5, until=lambda: process.last.num_forgets == 1)
    assert process.clock.now - asked_ns < NANOSECONDS
    process.run(1)
    assert process.last.sighting.likeness is None


def test_a_process_that_takes_over_does_not_do_what_the_one_before_was_asked():
    process = Process()
    process.hands.finder.found = [face()]
    process.run(1)
    (visitor,) = process.last.sighting.visitors
    process.ask(1, visitor.number, num_forgets=3)
    process.clock.now += MS
    process.looking = process.begun()
    process.run(6)
    assert process.hands.begun == []
    assert process.last.num_forgets == 3
    (visitor,) = process.last.sighting.visitors
    process.ask(2, visitor.number, num_forgets=3)
    process.run(6)
    assert process.last.sighting.likeness.request == 2


def test_without_images_nobody_is_seen_and_it_says_so():
    process = Process()
    process.hands.finder.found = [face()]
    process.run(2)
    assert process.last.sighting.visitors
    process.images_end_ns = process.clock.now
    process.run(1.5)
    assert process.last.sighting.visitors == ()
    num_before = len(process.reported)
    process.run(3)
    assert len(process.reported) - num_before >= 3 * NANOSECONDS // BEAT_NS - 1
    process.images_end_ns = None
    process.run(1)
    assert process.last.sighting.visitors


@pytest.mark.parametrize(("num_cores", "num"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4)])
def test_threads(num_cores, num):
    assert num_threads(num_cores) == num
