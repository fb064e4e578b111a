"""A camera in a process of its own, through all that befalls cameras: scripted devices, real processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from installation.ports import Frame, Image
from installation.stage import camera_health
from installation.stage.camera import Camera
from installation.stage.camera_images import take_image
from installation.stage.recorder import VideoRecorder
from installation.stage.shared import HEADER_BYTES, SharedLatest
from installation.stage.vigil import Patience
from tests.cameras import Bench, ScriptedLens, until

NAME = "usb-Somebody_Camera_1234-video-index0"


class Watched:
    """A camera, what it said, and what it shows."""

    def __init__(self, camera: Camera, said: list[str]) -> None:
        self.camera, self.said = camera, said
        self.mailbox = SharedLatest.attached(camera.images)
        self.image: Image | None = None

    def sees(self) -> bool:
        """Whether there is a new picture."""
        taken = take_image(self.mailbox)
        if taken is not None:
            self.image = taken.value
        return taken is not None

    def is_well(self) -> bool:
        return self.sees() and not self.camera.trouble

    def is_empty(self) -> bool:
        return not any(bytes(self.mailbox._buffer)[HEADER_BYTES:])

    def pid(self) -> int:
        (process,) = multiprocessing.active_children()
        assert process.pid is not None
        return process.pid


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made of a fault is the same after a shorter while."""
    for name in ("STALLED_NS", "BLACK_NS", "FROZEN_NS"):
        monkeypatch.setattr(camera_health, name, 700_000_000)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "dev")
    bench.plug(NAME)
    return bench


@contextmanager
def watched(bench: Bench, source: str = "0") -> Iterator[Watched]:
    said: list[str] = []
    hurried = Patience(first_ns=50_000_000, longest_ns=100_000_000)
    device = bench.device(source)
    with Camera(source, said.append, device=device, open_=ScriptedLens, patience=hurried) as camera:
        watching = Watched(camera, said)
        with closing(watching.mailbox):
            yield watching
    assert not multiprocessing.active_children()


def test_everything_that_befalls_it_is_noticed_and_mended(bench: Bench) -> None:
    """One camera through it all, as in months."""
    with watched(bench) as watching:
        until(watching.is_well)
        assert not watching.said
        faults: list[tuple[Callable[[], object], str]] = [
            (lambda: os.kill(watching.pid(), signal.SIGKILL), "its process has ended (-9)"),
            (lambda: os.kill(watching.pid(), signal.SIGSTOP), "no picture any more"),
            (lambda: bench.tell(NAME, "hang"), "no picture any more"),
            (lambda: bench.tell(NAME, "freeze"), "its picture stands still"),
            (lambda: bench.tell(NAME, "black"), "its picture is black"),
            (lambda: bench.tell(NAME, "crash"), "ZeroDivisionError in cameras.py:"),
            (lambda: bench.tell(NAME, "refuse"), "it gives no pictures any more"),
        ]
        for fault, reason in faults:
            fault()
            until(lambda: watching.camera.trouble != "")
            assert watching.camera.trouble.startswith(f"camera 0: {reason}")
            until(watching.is_empty)
            bench.tell(NAME, "run")
            until(watching.is_well)
    assert "visitor" not in " ".join(watching.said)


def test_one_that_comes_back_under_another_number_is_found_though_another_took_its_place(
    bench: Bench,
) -> None:
    with watched(bench) as watching:
        until(watching.is_well)
        bench.unplug(NAME)
        bench.plug("usb-Somebody_Else-video-index0", grey=200)
        until(lambda: watching.camera.trouble != "")
        until(watching.is_empty)
        bench.plug(NAME, 2)
        until(watching.is_well)
        assert watching.image is not None and abs(watching.image.mean() - 100) < 5
        until(lambda: len(watching.said) == 2)
    trouble, back = watching.said
    assert trouble.startswith("camera 0: it is") and trouble.endswith("; it is tried again until it is back")
    assert back.startswith("camera 0: back after ")


def test_one_that_is_not_there_at_first_is_waited_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "dev")
    with watched(bench) as watching:
        until(lambda: watching.camera.trouble == "camera 0: it is not there")
        bench.plug(NAME)
        until(watching.is_well)


def test_a_file_is_a_camera_that_begins_again(tmp_path: Path) -> None:
    """Two pictures for a fifth of a second each: what stands still for so long is no fault of a file."""
    path, said = tmp_path / "clip.mp4", list[str]()
    recorder = VideoRecorder(path, 5, (64, 48))
    for grey in (60, 180):
        recorder.show(Frame(np.full((48, 64, 3), grey, np.uint8), 0))
    recorder.close()
    with Camera(path, said.append) as camera, closing(SharedLatest.attached(camera.images)) as mailbox:
        greys = list[int]()

        def is_seen() -> bool:
            taken = take_image(mailbox)
            if taken is not None and (not greys or abs(taken.value.mean() - greys[-1]) > 50):
                greys.append(round(float(taken.value.mean())))
            return len(greys) == 5

        until(is_seen)
        assert camera.trouble == "" and not said


def test_nothing_is_left_of_the_pictures_nor_of_the_process(bench: Bench) -> None:
    with watched(bench) as watching:
        until(watching.is_well)
        pid, name = watching.pid(), watching.camera.images
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(FileNotFoundError):
        SharedLatest.attached(name)


PARENT = """
import multiprocessing, sys, time
from pathlib import Path
from installation.stage import camera_health
from installation.stage.camera import Camera
from tests.cameras import Bench, ScriptedLens

if __name__ == "__main__":
    with Camera("0", print, device=Bench(Path(sys.argv[1])).device("0"), open_=ScriptedLens) as camera:
        while not multiprocessing.active_children():
            time.sleep(0.01)
        print(camera.images, multiprocessing.active_children()[0].pid, flush=True)
        time.sleep(1000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a driver that hangs may hold its process")
def test_a_portrait_that_is_killed_takes_its_camera_along_even_one_that_hangs(
    bench: Bench, tmp_path: Path
) -> None:
    script = tmp_path / "portrait.py"
    script.write_text(PARENT)
    command = [sys.executable, script, tmp_path / "dev"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        name, number = parent.stdout.readline().split()
        pid = int(number)
        with closing(SharedLatest.attached(name.decode())) as mailbox:
            until(lambda: take_image(mailbox) is not None)
            bench.tell(NAME, "hang")
            while take_image(mailbox) is not None:
                time.sleep(0.2)
        os.kill(pid, signal.SIGSTOP)
        parent.kill()
    until(lambda: not is_running(pid))
    until(lambda: is_gone(name.decode()))


def is_running(pid: int) -> bool:
    """Not so of one that has ended, and that nobody has asked after."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_gone(name: str) -> bool:
    try:
        SharedLatest.attached(name).close()
    except FileNotFoundError:
        return True
    return False
