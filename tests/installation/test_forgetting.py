"""Nothing of a visitor is left: a small share of what `make prove` shows (docs/privacy.md)."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from installation.portrait import Portrait
from tests import encounters
from tests.encounters import ScriptedEyes
from tests.encounters import encounters as received
from tests.traces import Canary, Search, everything, is_in_text, reachable, watched_deeds
from tests.visits import calls_after, files_written, real_encounters, sockets_used

ROOT = Path(__file__).parents[2]


# --- visitors ----------------------------------------------------------------------------------------------


def test_nothing_is_left_written_or_told_of_visitors_of_every_kind():
    figures = received(18, 1, seed=3)
    assert figures["encounters"] == 18
    assert figures["found_while_there"] == figures["taken_up"] >= 4
    assert figures["crashes_on_purpose"] >= 2
    assert (figures["found_afterwards"], figures["found_in_words"]) == (0, 0), figures["where"]
    assert (figures["files_written"], figures["sockets"]) == (0, 0), figures["deeds"]


def drop_but_in_people(portrait: Portrait, who: str, t_ns: int) -> None:
    del portrait.people[who]


@pytest.mark.parametrize(
    ("forgetful", "forget"),
    [(Portrait, drop_but_in_people), (ScriptedEyes, lambda eyes: None)],
    ids=["a portrait that keeps the anchor", "eyes that keep the likeness"],
)
def test_who_does_not_forget_is_found_out(monkeypatch, forgetful, forget):
    monkeypatch.setattr(forgetful, "forget", forget)
    monkeypatch.setattr(encounters, "KINDS", {"leaves while it is them": encounters.KINDS["is erased"]})
    figures = received(2, 0)
    assert figures["found_afterwards"] > 0
    assert not figures["holds"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_program_itself_writes_and_sends_nothing_while_somebody_visits_it():
    figures = real_encounters(1)
    assert figures["encounters"] == 1
    assert (figures["files_written"], figures["sockets"]) == (0, 0), figures["what"]
    assert figures["processes"] >= 3


def test_no_network_that_recognises_people_is_loaded():
    program = (
        "import gc, sys;"
        "import installation.wiring, installation.sight.watching, installation.sight.assembly;"
        "from installation.wiring import read_readers;"
        "from pathlib import Path;"
        "from models.alignment import FaceFinder;"
        "seers = [read_readers(Path('models/weights/portrait.safetensors')), FaceFinder()];"
        "from facenet_pytorch import InceptionResnetV1;"
        "assert not any(type(thing) is InceptionResnetV1 for thing in gc.get_objects());"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('training', 'dlib')]"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


# --- the search itself -------------------------------------------------------------------------------------


class Holder:
    """Anything that may keep something."""

    def __init__(self, kept: object) -> None:
        self.kept = kept


# Each is made in its test: a canary that lives longer would be found by all.
FACES = {
    "latent": lambda ws, aus: ws,
    "a row of it": lambda ws, aus: ws[2:3],
    "in doubles": lambda ws, aus: ws.astype(np.float64),
    "mixed into another": lambda ws, aus: np.ones_like(ws) + np.float32(0.03) * ws,
    "bytes from its midst": lambda ws, aus: ws.tobytes()[512:9000],
    "one number": lambda ws, aus: [float(ws[0, 0])],
    "action units": lambda ws, aus: aus,
    "one of them": lambda ws, aus: {"smile": aus[12]},
    "an array of them": lambda ws, aus: np.array(aus[:2], np.float32),
    "as records": lambda ws, aus: np.array([(1, aus)], np.dtype([("n", int), ("aus", float, len(aus))])),
    "a latent in words": lambda ws, aus: f"[{ws[0, 1]:.4f} …]",
    "units in words": lambda ws, aus: f"AU12 {aus[12]}",
}


@pytest.mark.parametrize("name", FACES)
def test_a_canary_is_found_wherever_it_sits(name):
    canary = Canary(1)
    holder = Holder([{"deep": (FACES[name](canary.ws(4), canary.aus()),)}])
    assert Search(canary).among(reachable([holder]))


def test_it_is_found_though_nobody_says_where_and_not_once_it_is_dropped():
    canary = Canary(1)
    search, held = Search(canary), [lambda: None]
    held[0].kept = canary.ws(4)
    assert search.among(everything(search))
    held.clear()
    assert not search.among(everything(search))


def test_nobody_else_is_taken_for_it():
    dice = np.random.default_rng(0)
    strangers = [
        dice.standard_normal((400, 14, 512)).astype(np.float32),
        dice.integers(0, 256, (720, 1280, 3), np.uint8),
        dice.random(2000).tolist(),
        dice.bytes(100_000),
        Canary(2).aus()[0] + 0.001,
    ]
    assert not Search(Canary(1)).among(reachable(strangers))
    assert not is_in_text("7.3419 73.518")


# --- what is written and sent ------------------------------------------------------------------------------


def test_a_file_that_is_written_is_heard_of(tmp_path):
    deeds = watched_deeds()
    deeds.is_watching = True
    try:
        (tmp_path / "face.txt").write_text("somebody")
        (tmp_path / "face.txt").read_text()
    finally:
        deeds.is_watching = False
    assert len(deeds.writes) == 1
    (tmp_path / "later.txt").write_text("not watched")
    assert len(deeds.writes) == 1


CALLS = """\
100   50.1 openat(AT_FDCWD, "/tmp/early.png", O_WRONLY|O_CREAT, 0666) = 3
100   61.1 openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3
101   61.2 openat(AT_FDCWD, "/dev/shm/psm_1", O_RDWR|O_CREAT|O_EXCL, 0600) = 4
101   61.3 openat(AT_FDCWD, "/nowhere/face.png", O_WRONLY|O_CREAT, 0666) = -1 ENOENT (No such file)
102   61.4 openat(AT_FDCWD, "/tmp/face.png", O_WRONLY|O_CREAT <unfinished ...>
101   61.5 rename("/tmp/a", "/tmp/b") = 0
102   61.6 <... openat resumed>, 0666) = 5
100   61.7 socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 6
100   61.8 connect(6, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")}, 16) = 0
100   61.9 connect(7, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0
"""


def test_strace_is_understood(tmp_path):
    trace = tmp_path / "calls.txt"
    trace.write_text(CALLS)
    calls = list(calls_after(trace, 60.0))
    assert [call.split('"')[1] for call in files_written(calls)] == ["/tmp/a", "/tmp/face.png"]
    assert len(sockets_used(calls)) == 1
