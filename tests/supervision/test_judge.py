"""How a worker is judged, and when another takes its place: on clocks that are passed in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import NANOSECONDS
from installation.stage.vigil import Patience
from installation.supervision.judge import (
    CALM_NS,
    CRASHES_NS,
    NO_GPU,
    NUM_CRASHES,
    SILENT_NS,
    START_NS,
    STUCK_NS,
    Restarts,
    Signs,
    cause_of_death,
    trouble_of,
)
from installation.supervision.worker import FAULT, NO_MEMORY, code_of

S = NANOSECONDS
BORN = 90 * 86_400 * S


def test_it_may_take_two_minutes_to_begin():
    signs = Signs(BORN)
    assert trouble_of(signs, BORN + START_NS - 1) == ""
    assert trouble_of(signs, BORN + START_NS) == "has not begun in 120 s"


def test_it_hangs_when_no_frame_comes():
    signs = Signs(BORN).framed(BORN + 7 * S)
    assert trouble_of(signs, BORN + 7 * S + SILENT_NS - 1) == ""
    assert trouble_of(signs, BORN + 7 * S + SILENT_NS) == "hangs: no frame for 5 s"


def after(pictures: list[int | None]) -> str:
    """A picture a second, of these digests."""
    signs = Signs(BORN)
    for second, digest in enumerate(pictures):
        now_ns = BORN + second * S
        signs = signs.framed(now_ns)
        assert signs.is_due(now_ns)
        signs = signs.looked_at(digest, now_ns)
    return trouble_of(signs, BORN + (len(pictures) - 1) * S)


def test_it_is_stuck_when_its_picture_does_not_move():
    num = STUCK_NS // S
    assert after([5] * num) == ""
    assert after([5] * (num + 1)) == "is stuck: the same picture for 30 s"
    assert after([4, *[5] * num]) == ""
    assert after([*[5] * num, 4]) == ""
    assert after([None] * (num + 1)) == ""  # the dark does not move


@given(st.lists(st.integers(0, 1) | st.none(), min_size=1, max_size=100))
def test_a_picture_that_moves_or_may_stand_still_is_never_stuck(pictures):
    """Unless the last 31 are the same picture."""
    tail = pictures[-(STUCK_NS // S + 1) :]
    is_stuck = len(tail) == STUCK_NS // S + 1 and tail[0] is not None and len(set(tail)) == 1
    assert bool(after(pictures)) == is_stuck


@pytest.mark.parametrize(
    ("code", "words", "told"),
    [
        (-9, "", "ended by SIGKILL: probably the system's, out of memory"),
        (-11, "", "ended by SIGSEGV"),
        (-62, "", "ended by signal 62"),
        (1, "KeyError in mood.py:12", "has failed: KeyError in mood.py:12"),
        (2, "s.yaml:3: no", "cannot play what it is to play: s.yaml:3: no"),
        (3, "", "the graphics card has failed"),
        (4, "", "out of memory"),
        (0, "", "has ended without being asked"),
        (77, "", "ended with code 77"),
    ],
)
def test_what_it_died_of_is_told_in_words(code, words, told):
    assert cause_of_death(code, words) == told


class OutOfMemoryError(RuntimeError):
    """As PyTorch's is called."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), NO_MEMORY),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), NO_MEMORY),
        (RuntimeError("CUDA error: device-side assert triggered"), NO_GPU),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), NO_GPU),
        (RuntimeError("shape mismatch"), FAULT),
        (KeyError("mood"), FAULT),
    ],
)
def test_faults_have_codes(error, code):
    assert code_of(error) == code


def test_the_first_time_it_is_started_at_once_then_ever_later():
    restarts, pauses = Restarts(), []
    for second in range(0, 4000, 400):
        restarts = restarts.crashed(BORN + second * S)
        pauses.append(restarts.pause_ns(Patience()) / S)
    assert pauses[:5] == [0, 0.5, 1, 2, 4]
    assert set(pauses[5:]) == {5}
    assert restarts.steady().crashed(BORN).pause_ns(Patience()) == 0


def test_what_never_gets_steady_is_a_loop_however_long_each_try_takes():
    restarts = Restarts()
    for k in range(NUM_CRASHES):
        assert not restarts.is_safe
        restarts = restarts.crashed(BORN + k * START_NS)
    assert restarts.is_safe


def test_five_crashes_in_five_minutes_are_a_loop():
    restarts = Restarts()
    for k in range(NUM_CRASHES - 1):
        restarts = restarts.steady().crashed(BORN + k * 10 * S)
        assert not restarts.is_safe
    restarts = restarts.steady()
    late = BORN + CRASHES_NS
    assert not restarts.crashed(late).is_safe  # the first of them is long ago
    safe = restarts.crashed(late - 1)
    assert safe.is_safe
    assert not safe.is_calm(late - 1 + CALM_NS - 1)
    assert safe.is_calm(late - 1 + CALM_NS)
