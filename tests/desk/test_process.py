"""The desk of the site as a process: kept by a minder, light, and silent but for a line."""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import psutil

from installation.desk.process import Kept, cookie_of, minded, urls_of
from installation.desk.serving import bound
from installation.stage.vigil import WELL
from tests.desk.stage import Stage

ROOT = Path(__file__).parents[2]
MOST_MB = 100
Until = Callable[[Callable[[], bool]], None]


def free_port() -> int:
    with bound("127.0.0.1", 0) as listening:
        return int(listening.getsockname()[1])


def is_served(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/api/now")
            return connection.getresponse().status == 200
        except OSError:
            return False


def test_it_is_served_and_served_again_when_it_is_killed(stage: Stage, until: Until) -> None:
    port, said = free_port(), list[str]()
    with minded(stage.wires, ("127.0.0.1", port), stage.folder, said.append) as minder:
        until(lambda: is_served(port))
        (desk,) = [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
        assert desk.nice() == min(19, psutil.Process().nice() + 10)
        assert desk.memory_info().rss < MOST_MB * 2**20
        desk.kill()
        until(lambda: not desk.is_running())
        until(lambda: is_served(port))
        until(lambda: minder.trouble == "")
    assert not is_served(port)
    assert said.count(f"the desk is at http://127.0.0.1:{port}/") == 1


def test_a_port_that_is_taken_is_told_once_and_tried_again(stage: Stage, until: Until) -> None:
    said = list[str]()
    with bound("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        minder = minded(stage.wires, ("127.0.0.1", port), stage.folder, said.append)
        with minder:
            until(lambda: "cannot listen" in minder.trouble)
            until(lambda: bool(said))
            listening.close()
            until(lambda: is_served(port))
    assert [line for line in said if "cannot listen" in line] == said[:1]
    assert said[0].startswith(f"desk: cannot listen at 127.0.0.1:{port} (") and "\n" not in said[0]


def test_one_that_says_nothing_is_in_trouble(stage: Stage) -> None:
    kept = Kept(stage.wires, ("127.0.0.1", free_port()), stage.folder, lambda _: None)
    process = kept.start()
    started_ns = time.monotonic_ns()
    try:
        while (verdict := kept.judge(started_ns, time.monotonic_ns())) is None:
            time.sleep(0.02)
        assert verdict == WELL
    finally:
        process.kill()
        process.join(10)
    later = kept.judge(started_ns, time.monotonic_ns() + 60 * 10**9)
    assert later is not None and later.trouble == "does not answer"
    process.close()


def test_a_desk_needs_no_network_and_little_memory() -> None:
    """Not the networks that draw, that is: PyTorch alone is 200 MB."""
    heavy = ("torch", "cv2", "pygame", "openvino", "matplotlib", "scipy", "facenet_pytorch")
    code = f"import installation.desk.process, sys; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_cookie_is_that_of_a_port() -> None:
    assert cookie_of(8080) != cookie_of(8081)
    assert urls_of("127.0.0.1", 8080) == ["http://127.0.0.1:8080/"]
    assert urls_of("::1", 8080, "t") == ["http://[::1]:8080/?token=t"]
