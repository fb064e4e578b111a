"""The desk costs the portrait nothing that can be seen: one claim of `make prove`.

    python -m tests.prove_desk

The real loop, networks and all, is played in turns alone and with a desk that is hammered: eight pages that
watch, four clients that ask as fast as they are answered up to a rate, and a flood of OSC, good and bad. Who
hammers is on this machine too and not, as in a gallery, on others; so it is made to give way.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from socket import AF_INET, SOCK_DGRAM, socket
from statistics import median
from threading import Lock, Thread
from zoneinfo import ZoneInfo

import numpy as np
from pythonosc.osc_message_builder import OscMessageBuilder
from websockets.sync.client import connect

from installation import app
from installation.desk.process import minded
from installation.desk.serving import bound
from installation.options import TRUNCATION, Show
from installation.ports import NANOSECONDS, Frame, Request
from installation.score.hours import Hours
from installation.site import Site
from installation.supervision.preview import Preview
from installation.supervision.requests import RequestBox
from run_installation import CHOREOGRAPHY, ROOT, WEIGHTS
from tests.desk.stage import Stage, staged

Figures = dict[str, float | int | str | bool]

FPS = 60.0
SEED = 7
SETTLED_S = 5.0  # at the beginning, which is not counted
NUM_PAGES, NUM_CLIENTS = 8, 4
REQUESTS_PER_S = 400.0  # all clients together: ten times as many as one of them is allowed
PACKETS_PER_S = 2000.0
NICENESS = 9  # of who hammers
MOST_MS = 2.0


class Shown:
    """A sink that notes when frames are shown, and hands on a preview as the supervisor does."""

    def __init__(self, stage: Stage) -> None:
        self.shown_ns = array("q")
        self._preview = Preview(stage.boxes["preview"])

    def show(self, frame: Frame) -> None:
        now_ns = time.monotonic_ns()
        self.shown_ns.append(now_ns)
        self._preview.show(frame, now_ns)

    def requests(self) -> Iterator[Request]:
        yield from ()

    def close(self) -> None:
        pass

    def between_ms(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """From each frame to the next one, after the beginning."""
        shown_ns = np.frombuffer(self.shown_ns, np.int64)
        settled = shown_ns[shown_ns > shown_ns[0] + round(SETTLED_S * NANOSECONDS)]
        return np.diff(settled) / 1e6


def desk(num_pairs: int = 5, seconds: float = 30) -> Figures:
    """From a frame to the next, at the 99th percentile: alone, and with desk and OSC hammered."""
    alone, hammered, did = list[float](), list[float](), Counter[str]()
    for _ in range(num_pairs):
        alone.append(played(seconds))
        hammered.append(played(seconds, did))
    difference = median(hammered) - median(alone)
    is_hammered = all(did[what] > 0 for what in ("200", "202", "429", "texts", "pictures", "packets"))
    return {
        "alone_p99_ms": round(median(alone), 2),
        "hammered_p99_ms": round(median(hammered), 2),
        "difference_ms": round(difference, 2),
        "alone_from_to_ms": f"{min(alone):.2f} to {max(alone):.2f}",
        "hammered_from_to_ms": f"{min(hammered):.2f} to {max(hammered):.2f}",
        **{f"num_{what}": number for what, number in sorted(did.items())},
        "holds": difference < MOST_MS and is_hammered,
    }


def played(seconds: float, did: Counter[str] | None = None) -> float:
    """A show; with `did`, hammered, and what was done is added to it. → the 99th percentile in ms."""
    with ExitStack() as stack:
        stage = stack.enter_context(staged(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        http_port, osc_port = free_port(), free_port()
        osc = None if did is None else ("127.0.0.1", osc_port)
        site = Site(Hours.always(ZoneInfo("UTC")), osc=osc)
        show = Show(WEIGHTS, "auto", None, TRUNCATION, CHOREOGRAPHY, SEED)
        sink, box = Shown(stage), RequestBox(stage.boxes["desk"])
        hammer = None
        if did is not None:
            stack.enter_context(minded(stage.wires, ("127.0.0.1", http_port), stage.folder, lambda _: None))
            command = [sys.executable, "-m", "tests.prove_desk", "hammer", str(http_port), str(osc_port)]
            hammer = subprocess.Popen([*command, str(seconds)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            stack.callback(hammer.wait)
            stack.callback(hammer.kill)
        app.perform(show, site, FPS, seconds, sink, [box], stage.boxes["status"])
        if hammer is not None and did is not None:
            did.update(json.loads(hammer.communicate(timeout=60)[0]))
        return float(np.percentile(sink.between_ms(), 99))


def free_port() -> int:
    with bound("127.0.0.1", 0) as listening:
        return int(listening.getsockname()[1])


# --- who hammers --------------------------------------------------------------------------------------------


class Hammer:
    """What is done to a desk and to OSC, in as many threads, until the time is over."""

    def __init__(self, http_port: int, osc_port: int, seconds: float) -> None:
        self._http_port, self._osc_port = http_port, osc_port
        self._end_s = time.monotonic() + seconds
        self._did, self._lock = Counter[str](), Lock()

    def run(self) -> Counter[str]:
        self._await_desk()
        deeds = [self._watch] * NUM_PAGES + [self._ask] * NUM_CLIENTS + [self._flood]
        threads = [Thread(target=deed, args=(Random(number),)) for number, deed in enumerate(deeds)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self._did

    def _count(self, what: str) -> None:
        with self._lock:
            self._did[what] += 1

    def _await_desk(self) -> None:
        while time.monotonic() < self._end_s:
            try:
                with closing(HTTPConnection("127.0.0.1", self._http_port, timeout=5)) as connection:
                    connection.request("GET", "/")
                    connection.getresponse().read()
                return
            except OSError:
                time.sleep(0.1)

    def _paced(self, per_s: float) -> Iterator[None]:
        due_s = time.monotonic()
        while time.monotonic() < self._end_s:
            yield
            due_s += 1 / per_s
            time.sleep(max(0.0, due_s - time.monotonic()))

    def _watch(self, _: Random) -> None:
        origin = f"http://127.0.0.1:{self._http_port}"
        url = f"ws://127.0.0.1:{self._http_port}/api/live"
        with connect(url, origin=origin, proxy=None) as line:  # type: ignore[arg-type]
            while time.monotonic() < self._end_s:
                self._count("texts" if isinstance(line.recv(10), str) else "pictures")

    def _ask(self, dice: Random) -> None:
        origin = f"http://127.0.0.1:{self._http_port}"
        headers = {"Origin": origin, "Content-Type": "application/json"}
        for _ in self._paced(REQUESTS_PER_S / NUM_CLIENTS):
            with closing(HTTPConnection("127.0.0.1", self._http_port, timeout=10)) as connection:
                move = {"move": {"part": "AU12", "value": round(dice.random(), 2)}}
                if dice.random() < 0.5:
                    connection.request("POST", "/api/request", json.dumps(move), headers)
                else:
                    connection.request("GET", "/api/now")
                self._count(str(connection.getresponse().status))

    def _flood(self, dice: Random) -> None:
        with closing(socket(AF_INET, SOCK_DGRAM)) as sender:
            for _ in self._paced(PACKETS_PER_S):
                packet = dice.randbytes(64) if dice.random() < 0.5 else packet_of(dice.random())
                sender.sendto(packet, ("127.0.0.1", self._osc_port))
                self._count("packets")


def packet_of(value: float) -> bytes:
    """`/portrait/au/12` and a number."""
    message = OscMessageBuilder("/portrait/au/12")
    message.add_arg(value)
    return bytes(message.build().dgram)


def main() -> None:
    if sys.argv[1:2] == ["hammer"]:
        os.nice(NICENESS)
        http_port, osc_port, seconds = sys.argv[2:]
        sys.stdout.write(json.dumps(Hammer(int(http_port), int(osc_port), float(seconds)).run()))
    else:
        sys.stdout.write(f"{json.dumps(desk(), indent=2)}\n")


if __name__ == "__main__":
    main()
