"""Whether a show can be left alone for months: a day of it in minutes, an hour of it as it is, and day 90.

Claims of `make prove`; each also alone: `python -m tests.prove_months day 300000`, `hour 600`, `day_90`.
"""

import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, redirect_stderr, suppress
from dataclasses import dataclass, field
from datetime import time as clock_time
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
import numpy as np
import torch

from installation import wiring
from installation.app import play
from installation.loading import Networks, load_networks
from installation.options import TRUNCATION, Show
from installation.performance import Performance
from installation.portrait import Pose
from installation.ports import (
    NANOSECONDS,
    Command,
    Frame,
    Image,
    Latent,
    Likeness,
    Request,
    Sighting,
    Tick,
    Visitor,
)
from installation.score.hours import Hours, Slot
from installation.stage.frame_times import FrameTimes
from installation.stage.pacing import Pacer, VirtualClock, frame_rate
from installation.stage.placement import wander
from installation.stage.shared import SharedLatest
from installation.status import CAPACITY, About, StatusTeller
from models.action_units import NUM_AUS
from run_installation import CHOREOGRAPHY, ROOT, WEIGHTS
from tests.bench.alone import alone
from tests.installation.fakes import FakeSynthesizer, digest
from tests.prove_wall import held
from tests.score.shows import S, at
from tests.visits import family, growth_mb

Figures = dict[str, float | int | str | bool]
FOLDER = ROOT / "build" / "prove" / "months"
SEED = 7
FPS = 30
DAY_FRAMES = 24 * 3600 * FPS  # 2,592,000
LOOK_FRAMES = 20_000  # from one look at the memory to the next
TRACED_FRAMES = 36_000  # of the run that counts every allocation
ROOM_MB = 8.0  # by which a process may seem to grow: its allocator's, not ours
BERLIN = ZoneInfo("Europe/Berlin")
# With a break, which comes soon; the clocks change in the first night.
HOURS = Hours(BERLIN, ((Slot(clock_time(9), clock_time(13)), Slot(clock_time(13, 5), clock_time(20))),) * 7)
BEGAN_UTC_NS = 1_774_699_020 * NANOSECONDS  # 28 March 2026, 12:57 in Berlin
VISIT_NS = 600 * NANOSECONDS  # somebody comes …
STAY_NS = 60 * NANOSECONDS  # … and stays so long


# --- what takes long plays on when whoever asked for it is interrupted --------------------------------------

Lines = Callable[[dict[str, Any]], None]  # to write one of a file of JSON lines, which can be followed


def detached(name: str, number: int) -> Figures:
    """A piece of WORK in a process of its own, which outlives this one: to ask again is to wait on."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = path_of(name, number)
    found = read_lines(path)
    if not found or ("figures" not in found[-1] and not is_alive(found[0]["pid"])):
        path.write_text("")
        command = [sys.executable, "-m", "tests.prove_months", "work", name, str(number)]
        pid = subprocess.Popen(command, cwd=ROOT, start_new_session=True).pid
        found = [{"pid": pid}]
    while "figures" not in found[-1]:
        if not is_alive(found[0]["pid"]) and "figures" not in (read_lines(path) or found)[-1]:
            raise RuntimeError(f"{path}: whoever wrote it has ended")
        time.sleep(1)
        found = read_lines(path) or found
    path.rename(path.with_suffix(".last.jsonl"))  # the next run is another
    figures: Figures = found[-1]["figures"]
    return figures


def work(name: str, number: int) -> None:
    """The process of its own."""
    with path_of(name, number).open("w", buffering=1) as file:

        def write(line: dict[str, Any]) -> None:
            print(json.dumps(line), file=file)

        write({"pid": os.getpid()})
        write({"figures": WORK[name](write, number)})


def path_of(name: str, number: int) -> Path:
    return FOLDER / f"{name}-{number}.jsonl"


def read_lines(path: Path) -> list[dict[str, Any]]:
    """What is whole of a file of JSON lines; none where there is no file."""
    raw = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in raw.splitlines(keepends=True) if line.endswith("\n")]


def is_alive(pid: int) -> bool:
    """Also of a child that has ended and has not been waited for it is told that it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --- a day in minutes ---------------------------------------------------------------------------------------


class Passers:
    """`Eyes` before which somebody appears every ten minutes, whose face is found after a second."""

    is_live: Final = True

    def __init__(self, face: Latent) -> None:
        self._face, self._now_ns, self._asked_ns, self._request = face, 0, 0, 0
        self.num_rests, self._is_resting = 0, False

    def look(self, t_ns: int) -> Sighting:
        self._now_ns = t_ns
        number, there_ns = divmod(t_ns, VISIT_NS)
        if there_ns >= STAY_NS:
            return Sighting()
        visitor = Visitor(number + 1, 12.0 * there_ns / STAY_NS - 6, 2.0, 0.3, True, 0.05, (0.1,) * NUM_AUS)
        is_found = self._request and t_ns >= self._asked_ns + NANOSECONDS
        likeness = Likeness(self._request, self._face.copy(), (0.0,) * NUM_AUS) if is_found else None
        return Sighting((visitor,), likeness)

    def project(self, request: int, visitor: int) -> None:
        self._request, self._asked_ns = request, self._now_ns

    def forget(self) -> None:
        self._request = 0

    def rest(self) -> None:
        self.num_rests += not self._is_resting
        self._is_resting = True

    def wake(self) -> None:
        self._is_resting = False


class Stagehand(FakeSynthesizer):
    """Draws nothing of worth, in pictures of their own."""

    def synthesize(self, ws: Latent, *_: object) -> Image:
        self.num_frames += 1
        return np.full((8, 8, 3), self.num_frames % 256, np.uint8)


@dataclass
class Watch:
    """A sink that counts, looks at the process now and then, and ends the show after so many lit frames."""

    num_wanted: int
    look_frames: int = LOOK_FRAMES
    tell: Callable[[dict[str, Any]], None] = lambda look: None
    num_lit: int = 0
    num_dark: int = 0
    num_private: int = 0
    num_closings: int = 0
    looks: list[tuple[float, int, int]] = field(default_factory=list)  # memory in MB, threads, files
    last_ns: int = -1
    was_dark: bool = True

    def show(self, frame: Frame) -> None:
        assert frame.t_ns > self.last_ns
        self.last_ns = frame.t_ns
        self.num_closings += frame.is_dark and not self.was_dark
        self.was_dark = frame.is_dark
        self.num_dark += frame.is_dark
        self.num_private += frame.is_private
        self.num_lit += not frame.is_dark
        if not frame.is_dark and self.num_lit % self.look_frames == 0:
            self.looks.append(held())
            self.tell({"num_frames": self.num_lit, "held": self.looks[-1]})

    def requests(self) -> Iterator[Request]:
        if self.num_lit >= self.num_wanted:
            yield Command.QUIT

    def close(self) -> None: ...


def soaked(performance: Performance, watch: Watch, mailbox: SharedLatest) -> float:
    """The real loop on a clock that waits for nothing, with all that is told of a show; → seconds it took."""
    clock = VirtualClock(start_utc_ns=BEGAN_UTC_NS)
    pacer, times = Pacer(clock, FPS), FrameTimes(clock, frame_rate(FPS))
    teller = StatusTeller(mailbox, About(CHOREOGRAPHY, WEIGHTS, None), times, pacer)
    started = time.monotonic()
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        play(performance, watch, pacer, None, times=times, tellers=[teller])
    return time.monotonic() - started


def show_in_hours(networks: Networks) -> Performance:
    """The shipped portrait with everything but pictures, and a visitor now and then."""
    show = Show(WEIGHTS, "cpu", None, TRUNCATION, CHOREOGRAPHY, SEED)
    performance = wiring.wire(networks, show, HOURS, is_live=False)
    return received(performance)


def received(performance: Performance) -> Performance:
    """With visitors, and without a synthesizer."""
    performance.synthesizer = Stagehand()
    home = performance.portrait.at(0).ws
    eyes = Passers(home + np.float32(0.05))
    performance.visit = wiring.visit_with(eyes, performance, "dwell")
    return performance


def day(num_frames: int = DAY_FRAMES) -> Figures:
    """24 hours of show, 2,592,000 frames, with its nights: neither memory, nor threads, nor files grow."""
    return detached("day", num_frames)


def day_in(lines: Lines, num_frames: int) -> Figures:
    whole = day_of(num_frames, lines)
    traced: Figures = alone(traced_growth, min(TRACED_FRAMES, num_frames))
    holds = (
        float(whole["grown_mb"]) < ROOM_MB
        and whole["more_threads"] == whole["more_files"] == 0
        and float(traced["grown_kb"]) < 64
    )
    return {**whole, **{f"traced_{key}": value for key, value in traced.items()}, "holds": holds}


def day_of(num_frames: int, lines: Lines) -> Figures:
    """Every look at the process is a line."""
    torch.set_num_threads(1)
    watch = Watch(num_frames, tell=lines)
    with closing(SharedLatest.create(CAPACITY)) as mailbox:
        seconds = soaked(show_in_hours(load_networks(WEIGHTS)), watch, mailbox)
    return soak_figures(watch, seconds)


def soak_figures(watch: Watch, seconds: float) -> Figures:
    memory = [look[0] for look in watch.looks]
    first, last = watch.looks[len(watch.looks) // 4], watch.looks[-1]
    return {
        "num_frames": watch.num_lit,
        "num_dark": watch.num_dark,
        "num_closings": watch.num_closings,
        "frames_of_visitors": watch.num_private,
        "seconds": round(seconds, 1),
        "frames_per_second": round(watch.num_lit / seconds, 1),
        "memory_mb": round(last[0], 1),
        "grown_mb": round(growth_mb(memory), 2),
        "more_threads": last[1] - first[1],
        "more_files": last[2] - first[2],
    }


def traced_growth(num_frames: int) -> Figures:
    """What Python itself has allocated and not given back, after everything has been used once."""
    torch.set_num_threads(1)
    performance = show_in_hours(load_networks(WEIGHTS))
    with closing(SharedLatest.create(CAPACITY)) as mailbox:
        return traced_soak(performance, mailbox, num_frames)


def traced_soak(performance: Performance, mailbox: SharedLatest, num_frames: int) -> Figures:
    """Half of the frames, a look, the other half, another look: by how much the second one is larger, and the
    place that grew most.
    """
    snapshots: list[tracemalloc.Snapshot] = []

    def look(_: dict[str, Any]) -> None:
        gc.collect()
        snapshots.append(tracemalloc.take_snapshot())

    tracemalloc.start()
    try:
        soaked(performance, Watch(num_frames, num_frames // 4, look), mailbox)
    finally:
        tracemalloc.stop()
    ours = [tracemalloc.Filter(False, tracemalloc.__file__), tracemalloc.Filter(False, __file__)]
    before, after = (snapshot.filter_traces(ours) for snapshot in (snapshots[1], snapshots[-1]))
    changes = after.compare_to(before, "lineno")
    top = max(changes, key=lambda change: change.size_diff)
    place = f"{Path(top.traceback[0].filename).name}:{top.traceback[0].lineno}"
    return {
        "num_frames": num_frames,
        "grown_kb": round(sum(change.size_diff for change in changes) / 1024, 1),
        "most_kb": round(top.size_diff / 1024, 1),
        "most_at": place,
    }


# --- an hour as it is ---------------------------------------------------------------------------------------

FRAMES_LINE: Final = re.compile(
    r"frames(?: in all)?: (?P<fps>[\d.]+) fps, p50 (?P<p50>[\d.]+) p95 (?P<p95>[\d.]+) p99 (?P<p99>[\d.]+) ms"
)


def hour(seconds: int = 3600) -> Figures:
    """The program itself, supervised, with its own synthesizer: all its processes stay as they are."""
    return detached("hour", seconds)


def hour_in(lines: Lines, seconds: int) -> Figures:
    """Run the program for so long; a line a minute about each of its processes."""
    command = [sys.executable, "run_installation.py", "run", "--headless", "--seconds", str(seconds)]
    looks, begun, period_s = list[dict[str, Any]](), time.monotonic(), min(60.0, seconds / 20)
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "XDG_STATE_HOME": state}
        program = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=environment)
        while program.poll() is None:
            processes = [look for pid in family(program.pid) if (look := looked_at(pid))]
            looks.append({"second": round(time.monotonic() - begun, 1), "processes": processes})
            lines(looks[-1])
            with suppress(subprocess.TimeoutExpired):
                program.wait(period_s)
        output.seek(0)
        said = output.read()
    lines({"code": program.returncode, "said": said[-20_000:]})
    return hour_figures(looks, program.returncode, said)


def looked_at(pid: int) -> dict[str, Any] | None:
    """A process's memory that is no file's, its threads and open files; None: it has ended."""
    folder = Path("/proc", str(pid))
    try:
        status = folder.joinpath("status").read_text()
        words = folder.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
        num_files = sum(1 for _ in folder.joinpath("fd").iterdir())
    except OSError:
        return None
    found = dict(re.findall(r"^(RssAnon|RssShmem|Threads):\s+(\d+)", status, re.MULTILINE))
    if "RssAnon" not in found:  # a zombie
        return None
    memory_mb = (int(found["RssAnon"]) + int(found["RssShmem"])) / 1024
    name = " ".join(words[1:])[:60]
    return {
        "pid": pid,
        "name": name,
        "mb": round(memory_mb, 1),
        "threads": int(found["Threads"]),
        "files": num_files,
    }


def hour_figures(looks: Sequence[dict[str, Any]], code: int, said: str) -> Figures:
    """Of the processes that were there nearly all the time."""
    tracks: dict[int, list[dict[str, Any]]] = {}
    for look in looks:
        for process in look["processes"]:
            tracks.setdefault(process["pid"], []).append(process)
    steady = [track for track in tracks.values() if len(track) >= 0.7 * len(looks)]
    grown = [growth_mb([look["mb"] for look in track]) for track in steady]
    halves = [(track[len(track) // 2], track[-2]) for track in steady]  # at the last one it may be ending
    frames = [match.groupdict() for match in FRAMES_LINE.finditer(said)]
    p99s = [float(each["p99"]) for each in frames]
    more = {key: sum(max(0, b[key] - a[key]) for a, b in halves) for key in ("threads", "files")}
    return {
        "seconds": looks[-1]["second"],
        "code": code,
        "processes": len(steady),
        "memory_mb": round(sum(track[-2]["mb"] for track in steady), 1),
        "grown_mb": round(max(grown, default=0.0), 2),
        "more_threads": more["threads"],
        "more_files": more["files"],
        "fps": float(frames[-1]["fps"]) if frames else 0.0,
        "p99_ms": f"{min(p99s)} to {max(p99s)}" if p99s else "",
        "holds": code == 0
        and len(steady) >= 2
        and max(grown) < ROOM_MB
        and more["threads"] == more["files"] == 0,
    }


# --- day 90 -------------------------------------------------------------------------------------------------

NINETY_DAYS_NS: Final = 90 * 86_400 * NANOSECONDS


def day_90(seconds: float = 600) -> Figures:
    """Motion on day 90 is as even as on day 0: the same show by a clock that has run for 90 days."""
    networks = load_networks(WEIGHTS)
    show = Show(WEIGHTS, "cpu", None, TRUNCATION, CHOREOGRAPHY, SEED)
    figures = compared(lambda: wiring.wire(networks, show, HOURS, is_live=False), seconds)
    return {**figures, "holds": figures["differing"] == 0 and float(figures["wander_px"]) < 1e-6}


def compared(make: Callable[[], Performance], seconds: float) -> Figures:
    """The frames of a morning by show time 0 and by show time 90 days, drawn at 60 a second."""
    tracks = [list(poses(make(), start_ns, seconds)) for start_ns in (0, NINETY_DAYS_NS)]
    steps = [[float(np.abs(b.ws - a.ws).max()) for a, b in pairwise(track)] for track in tracks]
    frame_ns = NANOSECONDS // 60
    wanders = [
        max(
            abs(wander(t_ns + frame_ns, 32)[0] - wander(t_ns, 32)[0])
            for t_ns in range(start, start + 600 * S, S)
        )
        for start in (0, NINETY_DAYS_NS)
    ]
    return {
        "num_frames": len(tracks[0]),
        "differing": sum(digest([a]) != digest([b]) for a, b in zip(*tracks, strict=True)),
        "largest_difference": max(float(np.abs(a.ws - b.ws).max()) for a, b in zip(*tracks, strict=True)),
        "largest_step": max(steps[0]),
        "largest_step_on_day_90": max(steps[1]),
        "still_frames": steps[0].count(0.0),
        "still_frames_on_day_90": steps[1].count(0.0),
        "wander_px": abs(wanders[1] - wanders[0]),
    }


def poses(performance: Performance, start_ns: int, seconds: float) -> Iterator[Pose]:
    """From an opening on, which is at show time `start_ns`."""
    opening_utc_ns = at("09:00", zone=BERLIN)
    for frame in range(round(seconds * 60)):
        t_ns = frame * NANOSECONDS // 60
        yield performance.pose_at(Tick(start_ns + t_ns, opening_utc_ns + t_ns))


# ------------------------------------------------------------------------------------------------------------

CLAIMS: dict[str, Callable[..., Figures]] = {claim.__name__: claim for claim in (day, hour, day_90)}
WORK: dict[str, Callable[[Lines, int], Figures]] = {"day": day_in, "hour": hour_in}


def main() -> int:
    name, *words = sys.argv[1:]
    if name == "work":
        work(words[0], int(words[1]))
        return 0
    figures = CLAIMS[name](*map(int, words))
    click.echo(json.dumps(figures, indent=1))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
