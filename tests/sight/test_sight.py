"""The core: what it says of whom it sees, what it projects, and what it forgets. Networks are scripted."""

import gc
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import Sighting
from installation.sight.gates import BURST_NS
from installation.sight.sight import BUDGET_NS, PATIENCE_NS, Sight, direction
from installation.sight.tracks import LOST_NS, Place
from tests.sight.fakes import MS, ROOM, Clock, Stagehands, face

LOOK_NS = 83 * MS


class Scene:
    """A sight, and the time that looks at it take."""

    def __init__(self, **changes: object) -> None:
        self.hands = Stagehands(**changes)
        hands = self.hands
        self.sight = Sight(hands.finder, hands.reader, hands.begin, hands.clock.now_ns)
        self.t_ns = 0

    def look(self, *faces: object, times: int = 1) -> Sighting:
        for _ in range(times):
            self.hands.finder.found = faces
            self.sight.look(ROOM, self.t_ns)
            self.t_ns += LOOK_NS
        return self.sight.sighting()

    def work(self) -> int:
        """Until there is nothing to do; → how many slices."""
        num = 0
        while self.sight.work():
            num += 1
        return num


# --- whom it sees -------------------------------------------------------------------------------------------


def test_nobody():
    assert Scene().look(times=3) == Sighting()


def test_somebody():
    visitor = Scene().look(face(), times=2).visitors[0]
    assert visitor.number == 1
    assert visitor.is_facing
    assert visitor.closure == 0
    assert len(visitor.aus) == 43
    assert visitor.size == pytest.approx(130 / 360)


def test_the_images_left_is_the_pictures_right():
    left = Scene().look(face(x=100), times=2).visitors[0]
    right = Scene().look(face(x=540), times=2).visitors[0]
    assert left.azimuth_deg > 10
    assert right.azimuth_deg < -10


def test_above_is_up():
    above, below = (Scene().look(face(y=y), times=2).visitors[0] for y in (100, 250))
    assert above.elevation_deg > 5 > -5 > below.elevation_deg


@given(st.floats(20, 120), st.integers(10, 4000), st.integers(10, 4000))
def test_the_edge_is_half_the_field_of_view_away(field_of_view_deg, width, height):
    azimuth_deg, elevation_deg = direction(
        Place(-0.5, (height - 1) / 2, 10), (height, width), field_of_view_deg
    )
    assert azimuth_deg == pytest.approx(field_of_view_deg / 2)
    assert elevation_deg == pytest.approx(0)


def test_a_place_between_is_by_its_tangent():
    azimuth_deg, _ = direction(Place(1279.5 - 320, 359.5, 10), (720, 1280), 90)
    assert azimuth_deg == pytest.approx(-math.degrees(math.atan(320 / 640 * 1)), abs=0.1)


def test_a_face_too_small_to_read_is_followed_all_the_same():
    visitor = Scene().look(face(eye_distance_px=20), times=2).visitors[0]
    assert visitor.is_facing
    assert visitor.closure is visitor.aus is None


def test_only_the_first_ones_are_read():
    scene = Scene()
    crowd = [face(x=60 + 130 * index, eye_distance_px=30) for index in range(5)]
    sighting = scene.look(*crowd, times=2)
    assert len(sighting.visitors) == 5
    assert [visitor.aus is not None for visitor in sighting.visitors] == [True, True, False, False, False]


def test_a_turned_head_does_not_look_here():
    scene = Scene()
    scene.hands.reader.yaw = 35
    assert not scene.look(face(), times=2).visitors[0].is_facing


def test_whoever_is_hidden_for_a_moment_is_still_there_but_not_read():
    scene = Scene()
    before = scene.look(face(), times=5).visitors[0]
    visitor = scene.look().visitors[0]
    assert visitor.number == before.number
    assert visitor.is_facing
    assert visitor.closure is visitor.aus is None


def test_without_images_there_is_nobody():
    scene = Scene()
    scene.look(face(), times=5)
    scene.sight.lose()
    assert scene.sight.sighting() == Sighting()
    assert scene.look(face(), times=2).visitors[0].number == 2


# --- what it projects ---------------------------------------------------------------------------------------


def test_a_face_is_projected_in_slices():
    scene = Scene()
    visitor = scene.look(face(), times=3).visitors[0]
    assert not scene.sight.work()
    scene.sight.project(7, visitor.number)
    assert scene.work() == 34  # begin, 32 steps, finish
    likeness = scene.sight.sighting().likeness
    assert likeness.request == 7
    assert likeness.doubts == ()
    assert (likeness.ws == scene.hands.begun[0].image[128, 128, 0]).all()
    assert len(likeness.aus) == 43
    assert not scene.sight.work()


def test_whoever_is_asked_for_is_read_though_others_come_first():
    scene = Scene()
    crowd = [face(x=60 + 130 * index, eye_distance_px=40 - index) for index in range(4)]
    last = scene.look(*crowd, times=2).visitors[-1]
    assert last.aus is None
    scene.sight.project(1, last.number)
    seen = {visitor.number: visitor for visitor in scene.look(*crowd).visitors}
    assert seen[last.number].aus is not None
    assert scene.work() > 0


def test_a_request_drops_the_one_before():
    scene = Scene()
    visitor = scene.look(face(), times=3).visitors[0]
    scene.sight.project(1, visitor.number)
    scene.sight.work()
    scene.sight.project(2, visitor.number)
    scene.work()
    assert scene.sight.sighting().likeness.request == 2


def test_doubts_are_told_before_any_step():
    scene = Scene(doubts=("unlike anybody",))
    visitor = scene.look(face(), times=3).visitors[0]
    scene.sight.project(1, visitor.number)
    assert scene.work() == 1
    likeness = scene.sight.sighting().likeness
    assert (likeness.ws, likeness.aus, likeness.doubts) == (None, (), ("unlike anybody",))


def test_it_waits_for_an_image_that_passes_the_gates():
    scene = Scene()
    scene.hands.reader.closure = 0.9
    visitor = scene.look(face(), times=3).visitors[0]
    scene.sight.project(1, visitor.number)
    assert scene.work() == 0
    scene.hands.reader.closure = 0.0
    scene.look(face())
    assert scene.work() == 34


def test_its_patience_ends_and_it_says_why():
    scene = Scene()
    scene.hands.reader.yaw = 26
    visitor = scene.look(face(), times=3).visitors[0]
    scene.sight.project(1, visitor.number)
    scene.look(face(), times=PATIENCE_NS // LOOK_NS + 1)
    assert scene.sight.sighting().likeness is None
    assert scene.look(face(), times=2).likeness.doubts == ("the face is turned away",)


def test_a_face_too_small_to_be_projected_is_refused():
    scene = Scene()
    visitor = scene.look(face(eye_distance_px=20), times=3).visitors[0]
    scene.sight.project(1, visitor.number)
    assert scene.look(face(eye_distance_px=20), times=PATIENCE_NS // LOOK_NS + 3).likeness.doubts


@pytest.mark.parametrize("num_slices", [0, 1, 5])
def test_a_visitor_who_leaves_is_no_longer_projected(num_slices):
    scene = Scene()
    visitor = scene.look(face(), times=3).visitors[0]
    scene.sight.project(1, visitor.number)
    for _ in range(num_slices):
        scene.sight.work()
    likeness = scene.look(times=LOST_NS // LOOK_NS + 2).likeness
    assert likeness.doubts == ("the visitor has left",)
    assert not scene.sight.work()


@pytest.mark.parametrize("step_ms", [1, 80, 200, 500, 1500])
def test_a_projection_keeps_within_its_budget(step_ms):
    scene = Scene(clock=Clock(step_ns=step_ms * MS))
    visitor = scene.look(face(), times=3).visitors[0]
    scene.sight.project(1, visitor.number)
    scene.work()
    assert scene.sight.sighting().likeness.ws is not None
    assert scene.hands.clock.now <= max(BUDGET_NS, 3 * step_ms * MS)
    assert scene.hands.begun[0].num_done == min(32, max(1, BUDGET_NS // (step_ms * MS) - 2))


def test_the_best_of_the_burst_is_taken():
    scene = Scene()
    hands = scene.hands
    for closure in (0.3, 0.0, 0.3):
        hands.reader.closure = closure
        scene.look(face(), times=2)
        if not closure:
            best = scene.sight._bursts[1].best.image.copy()
    scene.sight.project(1, 1)
    scene.sight.work()
    np.testing.assert_array_equal(hands.begun[0].image, best)


def test_a_picture_that_is_too_old_is_gone():
    scene = Scene()
    scene.look(face(), times=3)
    burst = scene.sight._bursts[1]
    scene.hands.reader.closure = 0.3
    scene.look(face(), times=BURST_NS // LOOK_NS + 2)
    assert burst.best.view.closure == 0.3


# --- what it forgets ----------------------------------------------------------------------------------------


CANARY = 201  # what is red in a visitor's image is all of it, and so is their latent


def canaries() -> int:
    """How many arrays there are, anywhere, that show it."""
    gc.collect()
    arrays = {
        id(held): held
        for thing in gc.get_objects()
        for held in gc.get_referents(thing)
        if issubclass(type(held), np.ndarray) and held.size > 30  # and not what has warnings in its class
    }
    return sum(
        bool((array[..., 0] == CANARY).all())
        for array in arrays.values()
        if array.ndim > 1 and array.shape[-1]
    )


def canary_room() -> np.ndarray:
    room = ROOM.copy()
    room[..., 0] = CANARY
    return room


@pytest.mark.parametrize("num_slices", [0, 1, 10, 34])
def test_nothing_of_a_visitor_is_left_once_they_are_forgotten(num_slices):
    scene = Scene()
    scene.hands.finder.found = [face()]
    assert canaries() == 0
    for t_ns in range(0, 5 * LOOK_NS, LOOK_NS):
        scene.sight.look(canary_room(), t_ns)
    scene.sight.project(1, 1)
    for _ in range(num_slices):
        scene.sight.work()
    scene.hands.begun.clear()  # the test's own
    assert canaries() > 0
    scene.sight.forget()
    assert canaries() == 0
    (visitor,) = scene.sight.sighting().visitors
    assert visitor.aus is visitor.closure is scene.sight.sighting().likeness is None
    assert not scene.sight.work()


def test_nothing_is_kept_of_who_has_left():
    scene = Scene()
    scene.hands.finder.found = [face()]
    for t_ns in range(0, 5 * LOOK_NS, LOOK_NS):
        scene.sight.look(canary_room(), t_ns)
    assert canaries() > 0
    scene.t_ns = 5 * LOOK_NS
    scene.look(times=LOST_NS // LOOK_NS + 2)
    assert canaries() == 0


def test_a_picture_is_wiped_and_not_only_dropped():
    """Whatever else holds on to it has nothing."""
    scene = Scene()
    scene.look(face(), times=3)
    image = scene.sight._bursts[1].best.image
    assert image.any()
    scene.sight.forget()
    assert not image.any()


def test_whoever_is_forgotten_and_still_there_keeps_their_number():
    scene = Scene()
    before = scene.look(face(), times=5).visitors[0]
    scene.sight.forget()
    assert scene.look(face()).visitors[0].number == before.number
