"""What is proved of months, in short; and that what proves it would notice."""

from contextlib import closing

import pytest

from installation.notation.document import parse_choreography
from installation.performance import Performance
from installation.stage.shared import SharedLatest
from installation.status import CAPACITY
from run_installation import CHOREOGRAPHY
from tests.encounters import TargetModel
from tests.installation.fakes import performance_of
from tests.prove_months import (
    HOURS,
    Watch,
    compared,
    hour_figures,
    received,
    soak_figures,
    soaked,
    traced_soak,
)


def show() -> Performance:
    """The shipped score with fake networks."""
    performance = performance_of(parse_choreography(CHOREOGRAPHY.read_bytes(), CHOREOGRAPHY.name))
    performance.portrait.model = TargetModel()
    performance.conductor.hours = HOURS
    return performance


@pytest.fixture
def mailbox():
    with closing(SharedLatest.create(CAPACITY)) as mailbox:
        yield mailbox


def test_a_night_a_morning_and_visitors_leave_neither_threads_nor_files(mailbox):
    watch = Watch(9_000, 1_000)
    figures = soak_figures(watch, soaked(received(show()), watch, mailbox))
    assert figures["num_frames"] == 9_000 and figures["num_dark"] > 4 * 290 and figures["num_closings"] == 1
    assert figures["frames_of_visitors"] > 500
    assert figures["more_threads"] == figures["more_files"] == 0


def test_what_is_allocated_is_given_back_and_what_is_not_is_found(mailbox):
    clean = traced_soak(received(show()), mailbox, 1_200)
    assert clean["grown_kb"] < 200
    kept: list[bytearray] = []
    leaky = received(show())
    step = leaky.step
    leaky.step = lambda tick: (kept.append(bytearray(1000)), step(tick))[1]
    leaking = traced_soak(leaky, mailbox, 1_200)
    assert leaking["grown_kb"] > 500 and leaking["most_at"].startswith("test_prove_months.py")


def test_day_90_is_as_even_as_day_0():
    figures = compared(show, 120)
    assert figures["differing"] == 0 and figures["num_frames"] == 7200
    assert 0 < figures["largest_step"] == figures["largest_step_on_day_90"]
    assert figures["wander_px"] < 1e-6


def test_a_clock_in_floats_would_be_noticed():
    """In seconds of 32 bits, day 90 knows no frames."""

    class Coarse(Performance):
        def pose_at(self, tick):
            import numpy as np

            seconds = np.float32(tick.t_ns / 1e9)
            return super().pose_at(type(tick)(round(float(seconds) * 1e9), tick.utc_ns))

    def coarse() -> Performance:
        plain = show()
        return Coarse(plain.conductor, plain.portrait, plain.synthesizer)

    assert compared(coarse, 20)["differing"] > 1000


def looks(grows_mb: float, more_files: int) -> list[dict]:
    return [
        {"second": 60.0 * k, "processes": [
            {"pid": 1, "mb": 100.0, "threads": 4, "files": 9},
            {"pid": 2, "mb": 300.0 + grows_mb * k / 60, "threads": 8, "files": 9 + (k > 40) * more_files},
            *([{"pid": 3, "mb": 900.0, "threads": 1, "files": 1}] if k < 3 else []),
        ]}
        for k in range(60)
    ]  # fmt: skip


SAID = """frames: 59.9 fps, p50 16.7 p95 16.9 p99 17.4 ms, late 2
frames in all: 60.0 fps, p50 16.7 p95 17.0 p99 18.4 ms
"""


@pytest.mark.parametrize(
    ("grows_mb", "more_files", "code", "holds"),
    [(0, 0, 0, True), (60, 0, 0, False), (0, 1, 0, False), (0, 0, 1, False)],
)
def test_an_hour_in_which_something_grows_does_not_hold(grows_mb, more_files, code, holds):
    figures = hour_figures(looks(grows_mb, more_files), code, SAID)
    assert figures["holds"] == holds
    assert figures["p99_ms"] == "17.4 to 18.4" and figures["fps"] == 60 and figures["processes"] == 2
