"""Closing and opening through the whole journey: what is shown, drawn, played, and when."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from installation.app import REST_NS, play
from installation.notation.document import parse_choreography
from installation.performance import Performance
from installation.ports import Command, Frame, Tick
from installation.score.hours import Hours, Slot
from installation.score.slumber import FADE_NS, FALL_NS, WAKE_NS
from installation.stage.frame_times import FrameTimes
from installation.stage.pacing import Pacer, VirtualClock, frame_rate
from models.action_units import AU_INDEX
from tests.installation.fakes import BEGAN, FakeTargetModel, digest, performance_of
from tests.score.shows import S

DEFAULT = Path(__file__).parents[2] / "choreographies" / "the_long_afternoon.yaml"
DAY_NS = 86_400 * S
DAILY = Hours(ZoneInfo("UTC"), ((Slot(time(11), time(11, 1)),),) * 7)  # a minute a day, from BEGAN on
BROKEN = Hours(ZoneInfo("UTC"), ((Slot(time(11), time(11, 1)), Slot(time(11, 2), time(11, 3))),) * 7)
LID, RAISED = AU_INDEX[43], AU_INDEX[5]


def show_in(hours: Hours) -> Performance:
    performance = performance_of(parse_choreography(DEFAULT.read_bytes(), DEFAULT.name))
    performance.conductor.hours = hours
    return performance


def step(performance: Performance, t_ns: int) -> Frame:
    return performance.step(Tick(t_ns, BEGAN + t_ns))


def lid_added(performance: Performance) -> float:
    """What was last asked of A for the lids, over the face as it is."""
    model = performance.portrait.model
    assert isinstance(model, FakeTargetModel)
    return model.asked[-1][LID]


def test_it_falls_asleep_before_it_is_dark_and_wakes_with_its_eyes_shut() -> None:
    performance = show_in(DAILY)
    for t_ns in range(0, 60 * S, S // 5):
        assert not step(performance, t_ns).is_dark
    assert lid_added(performance) < 0.5
    lids = []
    for t_ns in range(60 * S, 60 * S + FALL_NS, S // 20):
        assert not step(performance, t_ns).is_dark
        lids.append(lid_added(performance))
    assert lids[0] < 0.2 and lids[-1] + performance.portrait.aus_at(63 * S)[LID] > 0.9
    assert step(performance, 60 * S + FALL_NS).is_dark
    assert step(performance, DAY_NS - S).is_dark
    frame = step(performance, DAY_NS)
    assert not frame.is_dark and lid_added(performance) + performance.portrait.aus_at(DAY_NS)[LID] == 1
    step(performance, DAY_NS + FADE_NS + WAKE_NS)
    assert lid_added(performance) < 0.5


def morning(performance: Performance, start_ns: int) -> str:
    """The second day after it has woken, as one word."""
    first_ns = start_ns + FADE_NS + WAKE_NS
    frames = [Tick(first_ns + k * S // 30, BEGAN + first_ns + k * S // 30) for k in range(300)]
    poses = []
    for tick in frames:
        performance.step(tick)
        poses.append(performance.pose_at(tick))
    return digest(poses)


@pytest.mark.parametrize(("hours", "next_ns"), [(DAILY, DAY_NS), (BROKEN, 120 * S)])
def test_what_is_played_next_does_not_depend_on_how_it_fell_asleep(hours: Hours, next_ns: int) -> None:
    """Nobody has looked while it closed; or 20 times a second; a break is a closing as well."""
    seen, unseen = show_in(hours), show_in(hours)
    for performance in (seen, unseen):
        for t_ns in range(0, 60 * S, S // 10):
            step(performance, t_ns)
    for t_ns in range(60 * S, 70 * S, S // 20):
        step(seen, t_ns)
    for t_ns in (next_ns - S, next_ns):
        step(seen, t_ns)
        step(unseen, t_ns)
    assert morning(seen, next_ns) == morning(unseen, next_ns)


def test_one_unseen_picture_is_drawn_before_the_opening() -> None:
    """The first one after hours may be slow."""
    performance = show_in(DAILY)
    drawn = performance.synthesizer
    for t_ns in (0, S, 61 * S, 70 * S):
        step(performance, t_ns)
    num_frames = drawn.num_frames
    for seconds in range(100, 86_395, 600):
        assert step(performance, seconds * S).is_dark
    assert drawn.num_frames == num_frames
    for seconds in (86_395, 86_396, 86_399):
        assert step(performance, seconds * S).is_dark
    assert drawn.num_frames == num_frames + 1


def test_a_blackout_is_dark_and_the_show_goes_on_in_it() -> None:
    performance = show_in(Hours.always(ZoneInfo("UTC")))
    step(performance, 0)
    performance.obey(Command.BLACKOUT, Tick(S, BEGAN + S))
    number = performance.phrase.number
    frames = [step(performance, k * S) for k in range(2, 100)]
    assert all(frame.is_dark and not frame.image.any() for frame in frames)
    assert performance.phrase.number > number
    performance.obey(Command.LIGHT, Tick(100 * S, BEGAN + 100 * S))
    assert not step(performance, 101 * S).is_dark
    assert performance.slumber.lids(101 * S) == 0  # nobody has slept


# --- the loop -----------------------------------------------------------------------------------------------


class Noted:
    """A sink that notes when frames came, by the clock on the wall, and asks for things."""

    def __init__(self, clock: VirtualClock, asked: dict[int, Command] | None = None) -> None:
        self.clock, self.asked = clock, asked or {}
        self.frames: list[tuple[int, bool]] = []

    def show(self, frame: Frame) -> None:
        self.frames.append((self.clock.utc_ns() - BEGAN, frame.is_dark))

    def requests(self):
        due = [t_ns for t_ns in self.asked if t_ns <= self.clock.utc_ns() - BEGAN]
        return iter([self.asked.pop(t_ns) for t_ns in due])

    def close(self) -> None: ...


def played(performance: Performance, seconds: float, **asked: Command) -> list[tuple[int, bool]]:
    clock = VirtualClock(start_utc_ns=BEGAN)
    sink = Noted(clock, {int(name[1:]) * S // 1000: command for name, command in asked.items()})
    play(performance, sink, Pacer(clock, 30), seconds, times=FrameTimes(clock, frame_rate(30)))
    return sink.frames


def test_while_it_is_dark_the_loop_rests_and_the_first_frame_is_at_the_opening(capsys) -> None:
    hours = Hours(ZoneInfo("UTC"), ((Slot(time(11), time(11, 1)), Slot(time(11, 30), time(12))),) * 7)
    frames = played(show_in(hours), 1810)
    dark = [t_ns for t_ns, is_dark in frames if is_dark]
    assert dark[0] == 63 * S and dark[-1] < 1800 * S
    assert sum(t_ns <= 65 * S for t_ns in dark) >= 60  # the window fades at its own pace
    gaps = np.diff([t_ns for t_ns in dark if t_ns > 66 * S])
    assert gaps.max() == REST_NS and (gaps == REST_NS).mean() > 0.99
    lit = [t_ns for t_ns, is_dark in frames if not is_dark and t_ns > 100 * S]
    assert lit[0] == 1800 * S
    assert set(np.diff(lit)) <= {33_333_333, 33_333_334}
    said = capsys.readouterr().err
    assert "closed until Tue 6 Jan 2026 11:30; the picture is dark\n" in said and "open until 12:00\n" in said
    assert " stall" not in said


def test_a_blackout_is_answered_soon_though_the_loop_rests() -> None:
    show = show_in(Hours.always(ZoneInfo("UTC")))
    frames = played(show, 40, _5000=Command.BLACKOUT, _30010=Command.LIGHT)
    dark = [t_ns for t_ns, is_dark in frames if is_dark]
    assert dark[0] - 5 * S <= S // 30
    assert 150 < len(dark) < 200  # of 750
    assert (
        min(t_ns for t_ns, is_dark in frames if not is_dark and t_ns > 30 * S) - 30_010 * S // 1000 <= S // 4
    )


def test_where_nothing_ever_opens_it_rests_for_ever() -> None:
    frames = played(show_in(Hours(ZoneInfo("UTC"), ((),) * 7)), 100)
    assert all(is_dark for _, is_dark in frames) and len(frames) < 600


def test_a_recording_never_sleeps() -> None:
    """Whatever the hours: `record` plays as if it were always open, without a frame left out."""
    performance = show_in(Hours.always(ZoneInfo("UTC")))
    frames = played(performance, 10)
    assert len(frames) == 300 and not any(is_dark for _, is_dark in frames)
    assert performance.change_utc_ns is None
