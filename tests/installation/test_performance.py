"""The whole journey with fake networks: the same show at any frame rate, hours in seconds."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from installation.app import play
from installation.notation.document import parse_choreography
from installation.performance import Performance
from installation.portrait import Pose
from installation.ports import Command, Frame
from installation.score.life import STILL
from installation.stage.pacing import Pacer, VirtualClock
from tests.installation.fakes import BEGAN, digest, performance_of, tick

S = 1_000_000_000
STEEPEST = 2.0  # slope of an ease
SHORTEST_SHARE = 0.7  # of an onset, that a unit takes
DEFAULT = Path(__file__).parents[2] / "choreographies" / "the_long_afternoon.yaml"
SHIPPED = sorted((Path(__file__).parents[2] / "choreographies").glob("*.yaml"))


def performance(path: Path, seed: int = 7) -> Performance:
    return performance_of(parse_choreography(path.read_bytes(), path.name), seed)


def track(show: Performance, fps: int, seconds: int) -> list[Pose]:
    return [show.pose_at(tick(frame * S // fps)) for frame in range(seconds * fps + 1)]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_same_seed_gives_the_same_track_at_30_and_60_fps_to_the_byte(path):
    slow, fast = track(performance(path), 30, 300), track(performance(path), 60, 300)
    assert digest(slow) == digest(fast[::2])
    assert digest(slow) != digest(track(performance(path, seed=8), 30, 300))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_dropped_frames_change_nothing_that_follows(path):
    even, torn = performance(path), performance(path)
    instants = np.random.default_rng(0).integers(0, 600 * S, 200)
    for t_ns in sorted(map(int, instants)):
        torn.pose_at(tick(t_ns))
    assert digest(track(even, 30, 600)[-1:]) == digest([torn.pose_at(tick(600 * S))])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_frame_jumps(path):
    """Between two frames no unit moves further than the steepest ease over the shortest way of a unit
    allows.
    """
    score = parse_choreography(path.read_bytes(), path.name)
    poses = track(performance_of(score), 60, 120)
    steps = [max(abs(b - a) for a, b in zip(p.aus, q.aus, strict=True)) for p, q in pairwise(poses)]
    shortest_s = min(gesture.onset.low_ns for gesture in score.gestures.values()) / S
    assert 0 < max(steps) < STEEPEST / 60 / (shortest_s * SHORTEST_SHARE)


def test_an_hour_of_show_replays_through_the_real_loop():
    class Counting:
        """A sink that keeps only how many frames came, and that they came in order."""

        def __init__(self) -> None:
            self.num_frames, self.last_ns = 0, -1

        def show(self, frame: Frame) -> None:
            assert frame.t_ns > self.last_ns
            self.num_frames, self.last_ns = self.num_frames + 1, frame.t_ns

        def requests(self):
            return iter(())

        def close(self) -> None: ...

    show, sink = performance(DEFAULT), Counting()
    play(show, sink, Pacer(VirtualClock(start_utc_ns=BEGAN), 30), seconds=3600)
    assert sink.num_frames == 3600 * 30
    assert show.phrase.number > 300


def test_go_plays_the_next_gesture_from_where_the_portrait_is():
    show = performance(DEFAULT)
    show.step(tick(0))
    halfway = show.phrase.onset_ns // 2
    before, number = show.pose_at(tick(halfway)), show.phrase.number
    show.obey(Command.GO, tick(halfway))
    assert show.phrase.number == number + 1
    assert show.phrase.start_ns == halfway
    assert show.pose_at(tick(halfway)).aus == before.aus


def test_the_loop_obeys_the_keyboard_and_leaves_on_ctrl_c():
    class Keyboard:
        def __init__(self, script) -> None:
            self.script, self.num_frames = iter(script), 0

        def show(self, frame: Frame) -> None:
            self.num_frames += 1

        def requests(self):
            asked = next(self.script)
            if asked is KeyboardInterrupt:
                raise KeyboardInterrupt
            return iter(asked)

        def close(self) -> None: ...

    show = performance(DEFAULT)
    keys = Keyboard([[], [Command.GO], [], [Command.QUIT]])
    play(show, keys, Pacer(VirtualClock(start_utc_ns=BEGAN), 30), seconds=None)
    assert keys.num_frames == 4
    assert show.phrase.number == 1
    interrupted = Keyboard([[], KeyboardInterrupt])
    play(show, interrupted, Pacer(VirtualClock(start_utc_ns=BEGAN), 30), seconds=None)
    assert interrupted.num_frames == 2


def test_a_frame_says_whether_the_face_moves():
    """A score may have it stand still: then the same picture is no sign of anything."""
    score = parse_choreography(DEFAULT.read_bytes(), DEFAULT.name)
    lively, still = performance_of(score), performance_of(replace(score, life=STILL))
    for show in (lively, still):
        show.step(tick(0))
        show.obey(Command.PAUSE, tick(0))
        show.step(tick(60 * S))
    later = [tick(60 * S + k * S // 60) for k in range(1, 6)]
    assert not any(lively.step(each).is_still for each in later)
    assert all(still.step(each).is_still for each in later)
