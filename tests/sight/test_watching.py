"""Real processes: a film for a camera, the sight, and what of it arrives here."""

import multiprocessing
import time
from dataclasses import replace

import numpy as np
import pytest

from installation.ports import NANOSECONDS, Likeness, Sighting, Visitor
from installation.sight import watching
from installation.sight.report import Report, packed
from installation.sight.watching import FORGET_NS, INTERRUPTED, WatchingEyes
from installation.stage.vigil import WELL
from models.action_units import NUM_AUS
from tests.cameras import until
from tests.sight.faces import collins, seen
from tests.sight.fakes import SHAPE
from tests.sight.processes import portraits_sight
from tests.sight.scripted import (
    ENDLESS_S,
    FPS,
    SLICE_S,
    missing_sight,
    scripted_sight,
    seen_when,
    slow_sight,
    write_film,
)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Somebody on the image's left, who sways a little."""
    images = [seen(collins(), 460, 220 + 3 * (k % 8)) for k in range(2 * FPS)]
    return write_film(tmp_path_factory.mktemp("film") / "visitor.mp4", images)


def test_somebody_is_seen_projected_and_forgotten(film):
    with WatchingEyes(film, portraits_sight, (14, 512), print) as eyes:
        assert eyes.is_live
        (visitor,) = seen_when(eyes, lambda sighting: sighting.visitors).visitors
        assert visitor.azimuth_deg > 5
        eyes.project(1, visitor.number)
        likeness = seen_when(eyes, lambda sighting: sighting.likeness).likeness
        assert (likeness.request, likeness.doubts) == (1, ())
        assert likeness.ws.shape == (14, 512)
        assert len(likeness.aus) == 43
        eyes.forget()
        assert eyes.look(0).likeness is None
        assert likeness.ws.tobytes() not in bytes(eyes._reports._memory.buf)
        forgotten = seen_when(eyes, lambda sighting: sighting.visitors and sighting.visitors[0].aus)
        assert forgotten.likeness is None
        assert likeness.ws.tobytes() not in bytes(eyes._reports._memory.buf)


def test_a_sight_that_cannot_forget_is_killed(film):
    with WatchingEyes(film, slow_sight, SHAPE, lambda _: None) as eyes:
        (visitor,) = seen_when(eyes, lambda sighting: sighting.visitors).visitors
        eyes.project(1, visitor.number)
        time.sleep(0.5)  # it is in the midst of a slice
        process = eyes._process
        asked_ns = time.monotonic_ns()
        eyes.forget()
        assert eyes.look(0).likeness is None
        deadline_ns = asked_ns + ENDLESS_S * NANOSECONDS
        while eyes._process is process and time.monotonic_ns() < deadline_ns:
            time.sleep(0.01)
        assert time.monotonic_ns() < asked_ns + SLICE_S / 2 * NANOSECONDS


def test_what_a_sight_dies_of_is_told_without_its_words(film):
    with WatchingEyes(film, missing_sight, SHAPE, lambda _: None) as eyes:
        sighting = seen_when(eyes, lambda sighting: sighting.trouble)
        assert sighting.visitors == ()
        assert "RuntimeError" in sighting.trouble
        assert "not a word" not in sighting.trouble


# --- with the process played by the test --------------------------------------------------------------------


class NoCamera:
    """In the place of `Camera`."""

    def __init__(self, source: object, say: object) -> None:
        self.trouble, self.images, self.num_wipes, self.is_resting = "", "", 0, False

    def __enter__(self) -> "NoCamera":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wipe(self) -> None:
        self.num_wipes += 1

    def rest(self) -> None:
        self.is_resting = True

    def wake(self) -> None:
        self.is_resting = False


class Idle:
    """A process that does nothing."""

    def __init__(self) -> None:
        self.is_killed = False
        self.exitcode: int | None = None

    def is_alive(self) -> bool:
        return not self.is_killed

    def kill(self) -> None:
        self.is_killed, self.exitcode = True, -9

    def join(self, timeout: float | None = None) -> None:
        pass

    def close(self) -> None:
        pass


class Played(WatchingEyes):
    def _start(self) -> Idle:
        self._process = Idle()
        return self._process

    def report(self, sighting: Sighting, num_forgets: int = 0, age_s: float = 0, born_ns: int = 1) -> None:
        t_ns = time.monotonic_ns() - round(age_s * NANOSECONDS)
        self._reports.post(packed(Report(sighting, born_ns, num_forgets), self._kind), t_ns)


@pytest.fixture
def played(monkeypatch):
    monkeypatch.setattr(watching, "Camera", NoCamera)
    with Played("none", scripted_sight, SHAPE, lambda _: None) as eyes:
        yield eyes


VISITOR = Visitor(7, 1.0, 2.0, 0.2, is_facing=True, closure=0.1, aus=(0.5,) * NUM_AUS)
LIKENESS = Likeness(1, np.ones(SHAPE, np.float32), (0.5,) * NUM_AUS)


def test_what_is_reported_is_seen(played):
    played.report(Sighting((VISITOR,)))
    assert played.look(0) == played.look(1) == Sighting((VISITOR,))


def test_what_was_seen_too_long_ago_is_nobody(played):
    played.report(Sighting((VISITOR,)), age_s=1.1)
    assert played.look(0).visitors == ()


def test_while_a_face_is_projected_a_slice_may_take_longer(played):
    played.project(1, 7)
    played.report(Sighting((VISITOR,)), age_s=2)
    assert played.look(0).visitors == (VISITOR,)
    played.report(Sighting((VISITOR,)), age_s=5)
    assert played.look(0).visitors == ()


def test_only_the_latest_request_is_answered(played):
    played.project(2, 7)
    played.report(Sighting((VISITOR,), LIKENESS))
    assert played.look(0).likeness is None
    played.report(Sighting((VISITOR,), replace(LIKENESS, request=2)))
    assert played.look(0).likeness.request == 2
    played.project(3, 7)
    assert played.look(0).likeness is None


def test_a_process_that_took_over_was_never_asked(played):
    played.project(2, 7)
    played.report(Sighting(), born_ns=time.monotonic_ns())
    assert played.look(0).likeness == Likeness(2, doubts=(INTERRUPTED,))


def test_after_forgetting_what_was_on_its_way_is_not_believed(played):
    played.project(1, 7)
    played.report(Sighting((VISITOR,), LIKENESS))
    assert played.look(0).likeness is not None
    played.report(Sighting((VISITOR,), LIKENESS))
    played.forget()
    played.report(Sighting((VISITOR,), LIKENESS))
    sighting = played.look(0)
    assert sighting.likeness is None
    assert sighting.visitors == (replace(VISITOR, closure=None, aus=None),)
    assert played._camera.num_wipes == 1
    played.report(Sighting((VISITOR,)), num_forgets=1)
    assert played.look(0) == Sighting((VISITOR,))


def test_forgetting_leaves_nothing_in_the_mailbox(played):
    played.report(Sighting((VISITOR,), LIKENESS))
    ones = LIKENESS.ws.tobytes()
    assert ones in bytes(played._reports._memory.buf)
    played.forget()
    assert ones not in bytes(played._reports._memory.buf)


def test_a_process_that_forgets_in_time_is_left_alone_and_one_that_does_not_is_killed(played):
    now_ns = time.monotonic_ns()
    played.report(Sighting((VISITOR,)))
    assert played._judge(now_ns - NANOSECONDS, now_ns) == WELL
    played.forget()
    played.report(Sighting((VISITOR,)))
    forgot_ns = played._forget_ns
    assert played._judge(0, forgot_ns + FORGET_NS - 1) == WELL
    assert not played._process.is_killed
    assert played._judge(0, forgot_ns + FORGET_NS).trouble
    assert played._process.is_killed


def test_the_cameras_trouble_is_told_first(played):
    played._minder.trouble = "sight: does not answer"
    assert played.look(0).trouble == "sight: does not answer"
    played._camera.trouble = "camera 0: black"
    assert played.look(0).trouble == "camera 0: black"


def test_whoever_minds_the_sight_keeps_nothing_of_what_it_saw(played):
    """It may never report again: what it had seen would stay for ever."""
    played.report(Sighting((VISITOR,), LIKENESS))
    now_ns = time.monotonic_ns()
    assert played._judge(now_ns - NANOSECONDS, now_ns) == WELL
    assert played._judged_report.sighting == Sighting()


# --- closed doors -------------------------------------------------------------------------------------------


def test_eyes_that_rest_know_nothing_and_have_no_process(played):
    played.report(Sighting((VISITOR,), LIKENESS))
    assert played.look(0).visitors
    until(lambda: hasattr(played, "_process"))
    process, camera = played._process, played._camera
    played.rest()
    assert played.look(0) == Sighting() and LIKENESS.ws.tobytes() not in bytes(played._reports._memory.buf)
    assert camera.is_resting
    until(lambda: process.is_killed)
    played.rest()  # again and again, while the doors are closed
    assert camera.num_wipes == 1
    played.wake()
    until(lambda: played._process is not process)
    assert not camera.is_resting
    played.report(Sighting((VISITOR,)), num_forgets=1)
    assert played.look(0) == Sighting((VISITOR,))


def test_a_camera_is_given_free_for_the_night_and_somebody_is_seen_in_the_morning(film):
    said: list[str] = []
    with WatchingEyes(film, scripted_sight, SHAPE, said.append) as eyes:
        seen_when(eyes, lambda sighting: sighting.visitors)
        before = {child.pid for child in multiprocessing.active_children()}
        assert len(before) == 2  # the camera and the sight
        eyes.rest()
        until(lambda: not multiprocessing.active_children())
        assert eyes.look(0) == Sighting()
        eyes.wake()
        assert seen_when(eyes, lambda sighting: sighting.visitors)
        assert before.isdisjoint(child.pid for child in multiprocessing.active_children())
    assert not said
