"""What the camera's process does, in this one, with scripted lenses; and how every such process begins."""

import ast
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np
import pytest

from installation.errors import InputError
from installation.ports import NANOSECONDS, Frame, Image
from installation.stage import camera_lens, camera_process
from installation.stage.camera_device import Device
from installation.stage.camera_health import Record
from installation.stage.camera_images import IMAGE_CAPACITY, take_image
from installation.stage.camera_lens import NUM_MISSES, STEP_NS, DeviceLens, Lens, open_lens
from installation.stage.camera_process import REPORT_CAPACITY, heard, watch
from installation.stage.child import NICENESS, cause_of, settle
from installation.stage.recorder import VideoRecorder
from installation.stage.shared import SharedLatest
from installation.stage.vigil import Patience

PATIENCE = Patience(first_ns=1, longest_ns=1)
PR_GET_DUMPABLE = 3  # from linux/prctl.h


class EndOfTestError(Exception):
    """The process would go on for ever."""


def grey(value: int) -> Image:
    return np.full((48, 64, 3), value, np.uint8)


# -- lenses


class Capture:
    """cv2.VideoCapture, by script: None is a picture that could not be read."""

    script: list[Image | None]
    is_open = True
    opened: list[tuple[object, ...]]
    asked: dict[int, float]

    def __init__(self, *arguments: object) -> None:
        Capture.opened.append(arguments)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return Capture.is_open

    def set(self, which: int, value: float) -> bool:
        Capture.asked[which] = value
        return True

    def read(self) -> tuple[bool, Image | None]:
        image = Capture.script.pop(0)
        return image is not None, image

    def release(self) -> None: ...


@pytest.fixture(autouse=True)
def capture(monkeypatch: pytest.MonkeyPatch) -> None:
    Capture.script, Capture.opened, Capture.asked, Capture.is_open = [], [], {}, True
    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    monkeypatch.setattr(camera_lens, "MISS_S", 0)


def test_a_device_is_asked_for_its_newest_picture_in_a_size_that_will_do() -> None:
    red_in_opencv = np.full((4, 4, 3), (0, 0, 255), np.uint8)
    Capture.script = [red_in_opencv]
    lens = open_lens("/dev/video2")
    assert Capture.opened == [("/dev/video2", cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)]
    assert Capture.asked[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert Capture.asked[cv2.CAP_PROP_FRAME_HEIGHT] == 720
    assert Capture.asked[cv2.CAP_PROP_BUFFERSIZE] == 1
    assert lens.read()[0, 0].tolist() == [255, 0, 0]


def test_an_index_is_opened_as_one() -> None:
    open_lens("3")
    assert Capture.opened[0][0] == 3


def test_a_device_that_does_not_open_or_gives_nothing_any_more_says_so() -> None:
    lens = DeviceLens("0")
    Capture.script = [None] * (NUM_MISSES - 1) + [grey(1)] + [None] * NUM_MISSES
    assert lens.read().mean() == 1
    with pytest.raises(InputError, match="no pictures"):
        lens.read()
    Capture.is_open = False
    with pytest.raises(InputError, match="cannot be opened"):
        DeviceLens("0")


def test_a_file_is_played_in_real_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, now_ns = tmp_path / "clip.mp4", 10**15
    recorder = VideoRecorder(path, 10, (64, 48))
    for value in (40, 80, 120):
        recorder.show(Frame(grey(value), 0))
    recorder.close()

    def sleep(seconds: float) -> None:
        nonlocal now_ns
        now_ns += int(seconds * NANOSECONDS)

    monkeypatch.setattr(camera_lens.time, "monotonic_ns", lambda: now_ns)
    monkeypatch.setattr(camera_lens.time, "sleep", sleep)
    with closing(open_lens(str(path))) as lens:
        values = [round(float(lens.read().mean()) / 40) * 40 for _ in range(12)]
        assert values == [40 + 40 * (k * STEP_NS // 100_000_000 % 3) for k in range(12)]
        sleep(0.2)  # whoever reads is late
        assert abs(lens.read().mean() - 120) < 5


# -- the process


class Boxes:
    """Both mailboxes, and the process in this one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(camera_process, "settle", lambda: None)
        self.images, self.reports = SharedLatest.create(IMAGE_CAPACITY), SharedLatest.create(REPORT_CAPACITY)
        self.posted, self.reasons = list[int](), list[str]()

    def run(self, *lenses: Lens, device: Device, is_file: bool = False) -> None:
        """Watch what these show, one after the other, until the end of the last one."""
        left = list(lenses)

        def open_next(_: str) -> Lens:
            if not left:
                raise EndOfTestError
            return left.pop(0)

        watch(self.images.name, self.reports.name, device, open_next, PATIENCE, is_file)

    def look(self) -> None:
        taken = take_image(self.images)
        if taken is not None:
            self.posted.append(round(float(taken.value.mean())))
        report = self.reports.take()
        if report is not None:
            self.reasons.append(heard(Record(0), report).reason)

    def close(self) -> None:
        self.images.close()
        self.reports.close()


class Film:
    """A lens that shows these, looks into the mailboxes after each, and is then gone."""

    def __init__(self, boxes: Boxes, values: list[int]) -> None:
        self.boxes, self.values, self.is_closed = boxes, values, False

    def read(self) -> Image:
        self.boxes.look()
        if not self.values:
            raise InputError("it is gone")
        return grey(self.values.pop(0))

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Boxes]:
    with closing(Boxes(monkeypatch)) as boxes:
        yield boxes


@pytest.fixture
def device(tmp_path: Path) -> Device:
    path = tmp_path / "video0"
    path.touch()
    return Device(str(path))


def test_what_is_black_or_was_shown_before_is_not_posted(boxes: Boxes, device: Device) -> None:
    film = Film(boxes, [50, 50, 50, 60, 0, 0, 60, 70, 70])
    boxes.run(film, device=device)
    assert boxes.posted == [50, 60, 60, 70] and film.is_closed


def test_of_a_file_a_still_picture_is_posted_again(boxes: Boxes, device: Device) -> None:
    boxes.run(Film(boxes, [50, 50, 0, 50]), device=device, is_file=True)
    assert boxes.posted == [50, 50, 50]


def test_a_camera_that_is_gone_is_opened_again_and_its_reason_told(boxes: Boxes, device: Device) -> None:
    boxes.run(Film(boxes, [50]), Film(boxes, []), Film(boxes, [60]), device=device)
    assert boxes.posted == [50, 60]
    boxes.look()
    assert boxes.reasons[-1].startswith("EndOfTestError in test_camera_process.py:")


def test_while_it_is_away_it_is_waited_for_and_opened_as_soon_as_it_is_there(
    boxes: Boxes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause would be endless."""
    path, naps = tmp_path / "video0", list[float]()

    def nap(seconds: float) -> None:
        naps.append(seconds)
        boxes.look()
        if len(naps) == 3:
            path.touch()

    monkeypatch.setattr(camera_process.time, "sleep", nap)
    monkeypatch.setattr(f"{__name__}.PATIENCE", Patience(first_ns=10**18, longest_ns=10**18))
    boxes.run(device=Device(str(path)))
    assert len(naps) == 3 and boxes.reasons == ["it is not there"] * 3


def test_a_reason_that_is_too_long_for_a_report_is_cut(boxes: Boxes, device: Device) -> None:
    class Wordy(Film):
        def read(self) -> Image:
            raise InputError("é" * REPORT_CAPACITY)

    def nap(_: float) -> None:
        boxes.look()
        raise EndOfTestError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.PATIENCE", Patience(first_ns=10**18, longest_ns=10**18))
        patch.setattr(camera_process.time, "sleep", nap)
        boxes.run(Wordy(boxes, []), device=device)
    assert boxes.reasons[0].startswith("é" * 500)


def test_it_brings_neither_networks_nor_a_window_nor_a_player() -> None:
    """So that it starts fast; seen in a process of its own, for this one has them."""
    code = "import sys, installation.stage.camera; print([name for name in sys.modules if '.' not in name])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    modules = set(ast.literal_eval(done.stdout))
    assert "cv2" in modules and not {"av", "facenet_pytorch", "matplotlib", "pygame", "torch"} & modules


# -- every such process


def settled(answer: Connection) -> None:
    settle()
    os.write(2, b"a visitor's face")
    os.kill(os.getpid(), signal.SIGINT)
    import resource

    is_dumpable = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE) if sys.platform == "linux" else 0
    answer.send((os.nice(0), resource.getrlimit(resource.RLIMIT_CORE), is_dumpable))
    time.sleep(1000)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_it_gives_way_dumps_nothing_says_nothing_and_is_not_interrupted(capfd) -> None:
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=settled, args=(theirs,), daemon=True)
    child.start()
    assert ours.poll(30)
    niceness, core, is_dumpable = ours.recv()
    child.kill()
    child.join()
    assert niceness == min(19, os.nice(0) + NICENESS) and core == (0, 0) and not is_dumpable
    assert "visitor" not in capfd.readouterr().err


def test_a_cause_is_told_without_what_an_error_says() -> None:
    assert cause_of(InputError("it is gone")) == "it is gone"
    with pytest.raises(ValueError, match="face") as caught:
        raise ValueError("a visitor's face")
    cause = cause_of(caught.value)
    assert cause.startswith("ValueError in test_camera_process.py:") and "visitor" not in cause
