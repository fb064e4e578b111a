"""The supervisor with a worker that draws grey squares: what is on the wall, whatever befalls it."""

import errno
import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from installation.errors import InputError
from installation.supervision import care, judge
from installation.supervision.folders import LOG, STATE, TIMELINE
from installation.supervision.hand import Hand
from run_installation import ROOT
from tests.supervision.walls import PLAN, Wall, hit, shown, workers
from tests.supervision.workers import (
    DARKEST,
    DIMMED,
    VISITOR,
    dark,
    drawing,
    reading,
    refused,
    resident,
    short_of_memory,
    still,
    stuck,
    visited,
    without_card,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the worker is stopped and killed by signals")
NUM_BEFORE = 30  # frames before something happens


@dataclass
class Fault:
    """After NUM_BEFORE frames the worker is hit; it is over once frames have come again for a while."""

    number: signal.Signals
    hit_s: float = 0.0
    back_s: float = 0.0

    def __call__(self, wall: Wall) -> bool:
        lit = [seen for seen in wall.seen if not seen.is_dark]
        if not self.hit_s:
            if len(lit) >= NUM_BEFORE:
                self.victim = workers()
                self.hit_s = hit(self.number)
            return False
        if not self.back_s:
            is_back = workers() and workers() != self.victim and wall.seen[-1].level >= DARKEST
            if is_back and wall.seen[-1].seconds - self.hit_s > 1:
                self.back_s = wall.seen[-1].seconds
            return False
        return wall.seen[-1].seconds - self.back_s > 1


def told(folder: Path, name: str) -> str:
    return (folder / "living-portrait" / name).read_text()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_whatever_befalls_the_worker_the_picture_stays_and_goes_on(monkeypatch, tmp_path, number):
    fault = Fault(number)
    wall = shown(monkeypatch, tmp_path, drawing(resident), fault)
    after = wall.since(fault.hit_s)
    assert fault.back_s
    assert all(not seen.is_dark and seen.level >= DIMMED for seen in after)
    if number == signal.SIGSTOP:  # it takes a while until it is found out
        assert min(seen.level for seen in after) < DARKEST
    assert all(abs(a.level - b.level) < 60 for a, b in pairwise(after))
    log = told(tmp_path, f"log/{LOG}")
    reason = "hangs: no frame for 5 s" if number == signal.SIGSTOP else f"ended by {number.name}"
    assert f"worker: {reason}" in log
    assert "started again now" in log
    assert '"kind": "fault"' in told(tmp_path, TIMELINE)
    assert not workers()


def test_a_visitor_goes_with_the_worker_that_drew_them(monkeypatch, tmp_path):
    hits: list[float] = []

    def script(wall: Wall) -> bool:
        if not hits:
            if wall.seen[-1].is_private:
                hits.append(hit(signal.SIGKILL))
            return False
        return wall.seen[-1].seconds - hits[0] > 1.5

    wall = shown(monkeypatch, tmp_path, drawing(visited), script)
    stills = [seen for seen in wall.since(hits[0] + 0.2) if not seen.is_private]
    assert stills
    assert all(DIMMED <= seen.level < VISITOR - 20 for seen in stills)
    assert "255" not in told(tmp_path, STATE)


def test_what_is_dark_stays_dark(monkeypatch, tmp_path):
    """A blackout is somebody's wish: a worker that dies in it does not end it."""
    hits: list[float] = []

    def script(wall: Wall) -> bool:
        if not hits:
            if len(wall.seen) > 30 and workers():
                hits.append(hit(signal.SIGKILL))
            return False
        return time.monotonic() - hits[0] > 1.5

    wall = shown(monkeypatch, tmp_path, drawing(dark), script)
    assert all(seen.is_dark for seen in wall.seen)


@pytest.mark.parametrize(
    ("draw", "reason"), [(short_of_memory, "out of memory"), (without_card, "the graphics card has failed")]
)
def test_crash_after_crash_leads_to_safe_mode_which_says_why(monkeypatch, tmp_path, draw, reason):
    monkeypatch.setattr(judge, "NUM_CRASHES", 3)

    def script(wall: Wall) -> bool:
        return "safe mode: the shipped" in told_so_far(tmp_path)

    wall = shown(monkeypatch, tmp_path, drawing(draw), script)
    log = told(tmp_path, f"log/{LOG}")
    assert log.count(f"worker: {reason}") == 3
    assert "Traceback" in log
    first = next(k for k, seen in enumerate(wall.seen) if not seen.is_dark)
    assert all(not seen.is_dark and seen.level >= DIMMED for seen in wall.seen[first:])


def told_so_far(folder: Path) -> str:
    try:
        return told(folder, f"log/{LOG}")
    except OSError:
        return ""


def test_what_cannot_be_played_is_told_to_whoever_is_there(monkeypatch, tmp_path):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with pytest.raises(InputError, match="no such gesture"):
        shown(monkeypatch, tmp_path, drawing(refused), lambda _: False)
    assert not workers()


def test_where_nobody_is_there_what_cannot_be_played_is_not_insisted_on(monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    shown(
        monkeypatch, tmp_path, drawing(refused), lambda _: "safe mode: the shipped" in told_so_far(tmp_path)
    )
    assert "cannot play what it is to play: s.yaml:3:1: no such gesture" in told_so_far(tmp_path)


def test_safe_mode_ends_when_files_are_put_right(monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    score = tmp_path / "s.yaml"
    score.write_text("bad")
    freed: list[float] = []

    def script(wall: Wall) -> bool:
        log = told_so_far(tmp_path)
        if "what was wanted is tried again" in log:
            freed.append(wall.seen[-1].seconds)
            return freed[-1] - freed[0] > 2 and bool(workers())
        if "safe mode: the shipped" in log and not wall.seen[-1].is_dark:
            score.write_text("good")
        return False

    plan = replace(PLAN, show=replace(PLAN.show, choreography=score))
    wall = shown(monkeypatch, tmp_path, reading, script, plan=plan)
    after = [seen for seen in wall.seen if seen.seconds >= freed[0]]
    assert all(not seen.is_dark and seen.level >= DIMMED for seen in after)
    assert told_so_far(tmp_path).count("s.yaml:1:1: bad") == 1


def test_it_ends_when_its_time_is_over(monkeypatch, tmp_path):
    wall = shown(monkeypatch, tmp_path, drawing(resident), lambda _: False, seconds=0.5)
    lit = [seen for seen in wall.seen if not seen.is_dark]
    assert 0.3 < lit[-1].seconds - lit[0].seconds < 5
    assert [json.loads(line)["text"] for line in told(tmp_path, TIMELINE).splitlines()] == [
        "begins",
        "plays",
        "grey",
        "ends",
    ]


def test_nothing_is_left_in_shared_memory(monkeypatch, tmp_path):
    before = set(Path("/dev/shm").glob("portrait-*"))
    fault = Fault(signal.SIGKILL)
    shown(monkeypatch, tmp_path, drawing(resident), fault)
    assert set(Path("/dev/shm").glob("portrait-*")) <= before


def test_the_supervisor_imports_no_network():
    """It is small, and starts at once."""
    code = (
        "import sys, installation.run, psutil\n"
        "heavy = {'torch', 'openvino', 'facenet_pytorch', 'torchvision', 'av'} & set(sys.modules)\n"
        "print(sorted(heavy), psutil.Process().memory_info().rss / 2**20 < 120)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split("\n")[-2] == "[] True"


def test_the_plan_can_be_given_to_another_process():
    import pickle

    assert pickle.loads(pickle.dumps(PLAN)) == PLAN


@pytest.mark.parametrize(("draw", "is_bad"), [(stuck, True), (still, False)])
def test_a_picture_may_only_stand_where_the_show_does(monkeypatch, tmp_path, draw, is_bad):
    """A score may switch the small life off, and pause: that is no fault, however long it is so."""
    monkeypatch.setattr(judge, "STUCK_NS", judge.LOOK_NS)

    def script(wall: Wall) -> bool:
        lit = [seen for seen in wall.seen if not seen.is_dark]
        is_found = is_bad and "is stuck" in told_so_far(tmp_path)
        return is_found or (bool(lit) and lit[-1].seconds - lit[0].seconds > (30 if is_bad else 3.5))

    shown(monkeypatch, tmp_path, drawing(draw), script)
    assert ("is stuck: the same picture" in told_so_far(tmp_path)) == is_bad


def test_where_no_process_can_be_started_it_is_tried_again(monkeypatch, tmp_path):
    tries: list[int] = []

    def hand(*args) -> Hand:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        return Hand(*args)

    monkeypatch.setattr(care, "Hand", hand)
    wall = shown(monkeypatch, tmp_path, drawing(resident), lambda wall: not wall.seen[-1].is_dark)
    assert not wall.seen[-1].is_dark
    assert "worker: cannot be started (Cannot allocate memory); started again in" in told_so_far(tmp_path)


def test_a_worker_that_hangs_can_leave_safe_mode(monkeypatch, tmp_path):
    """It is stopped: of what is only asked of it it would not hear."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    score = tmp_path / "s.yaml"
    score.write_text("bad")
    stopped: list[float] = []

    def script(wall: Wall) -> bool:
        if not stopped:
            if not wall.seen[-1].is_dark:
                stopped.append(hit(signal.SIGSTOP))
                score.write_text("good")
            return False
        return told(tmp_path, TIMELINE).count("plays again") > 1

    plan = replace(PLAN, show=replace(PLAN.show, choreography=score))
    shown(monkeypatch, tmp_path, reading, script, plan=plan)
    assert "out of safe mode" in told(tmp_path, TIMELINE)
    assert "hangs: no frame" not in told_so_far(tmp_path)


def test_who_interrupts_the_start_of_a_worker_leaves_nobody_behind(monkeypatch, tmp_path):
    """Ctrl-C, after the process has been started and before anybody has it in hand."""

    def hand(*args) -> Hand:
        Hand(*args)
        assert workers()
        raise KeyboardInterrupt

    monkeypatch.setattr(care, "Hand", hand)
    shown(monkeypatch, tmp_path, drawing(resident), lambda _: False)
    assert not workers()


def test_the_service_manager_hears_of_nothing_that_nobody_sees(monkeypatch, tmp_path):
    """While the window is lost there is no heartbeat, however well the worker draws."""
    address = str(tmp_path / "manager")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    heard: list[str] = []
    since: list[float] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.setblocking(False)

        def script(wall: Wall) -> bool:
            with suppress(BlockingIOError):
                heard.append(("lost: " if since else "") + manager.recv(4096).decode())
            lit = [seen for seen in wall.seen if not seen.is_dark]
            if not since and lit and lit[-1].seconds - lit[0].seconds > 1.5:
                wall.is_lost = True
                since.append(lit[-1].seconds)
            return bool(since) and wall.seen[-1].seconds - since[0] > 2.5

        shown(monkeypatch, tmp_path, drawing(resident), script)
    assert heard[1] == "READY=1\nWATCHDOG=1" or heard[0] == "READY=1\nWATCHDOG=1"
    assert heard.count("WATCHDOG=1") >= 1 and "STATUS=playing" in heard
    assert not [each for each in heard if each.startswith("lost: ") and "WATCHDOG" in each]
