"""Visits to the program itself, with its own processes, networks and time.

    python -m tests.visits real_encounters|on_time [N]

A video of a visitor who comes, stays and leaves, over and over, is the camera. strace says what the processes
ask of the system: the files that they open for writing, and the sockets.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from run_installation import ROOT
from tests.clip import EMPTY, ROUNDS, SUDDEN, Script, make_clip, seconds_of

Figures = dict[str, float | int | str | bool]

SCORE: Final = """
version: 1
title: hasty
defaults: {onset: 0.5s..1s, hold: 0.5s..1.5s, motion: expressive}
gestures:
  rest: {aus: {AU17: 0.2}}
  smile: {aus: {AU12: 0.6, AU06: 0.4}}
moods:
  day: {gestures: {rest: 1, smile: 1}}
visitor: {dwell: 1s, stay: 2s, fade: 1s, linger: 1s, cooldown: 1s}
"""
START_S: Final = 150.0  # to read the networks, on a busy machine
CLIP_PX: Final = (960, 540)


@dataclass(slots=True)
class Visited:
    """What became of a show."""

    notes: dict[str, Any]
    calls: list[str] = field(default_factory=list)  # strace's lines, from the first frame on
    resident_mb: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: str = ""


def visited(
    folder: Path,
    script: Script,
    *options: str,
    seconds: float,
    num_encounters: int = 0,
    is_gaze: bool = False,
    is_traced: bool = False,
) -> Visited:
    """Run the program before a video of the script, until so many visitors have come and gone."""
    clip, score = folder / "visitors.mp4", folder / "hasty.yaml"
    make_clip(clip, script, size=CLIP_PX)
    score.write_text(SCORE)
    trace = folder / "calls.txt"
    told = ["--encounters", str(num_encounters), *(["--gaze"] if is_gaze else [])]
    command = [sys.executable, "-B", "-m", "tests.live_show", *told, "run", str(score), "--headless"]
    command += ["--webcam", str(clip), "--seconds", str(seconds), *options]
    if is_traced:
        command = [*TRACER, "-o", str(trace), *command]
    with (folder / "said.txt").open("w+") as said, (folder / "notes.json").open("w+") as notes:
        process = subprocess.Popen(command, cwd=ROOT, stdout=notes, stderr=said)
        visited = Visited({})
        try:
            deadline_s = time.monotonic() + START_S + 4 * seconds
            while process.poll() is None and time.monotonic() < deadline_s:
                for name, size_mb in memory_of(process.pid):
                    visited.resident_mb[name].append(size_mb)
                time.sleep(0.5)
        finally:
            process.terminate()
            process.wait(30)
        notes.seek(0)
        said.seek(0)
        visited.errors = said.read()
        last = notes.read().splitlines()
    if not last:
        raise RuntimeError(f"the show has not ended by itself: {visited.errors[-2000:]}")
    visited.notes = json.loads(last[-1])
    if is_traced:
        visited.calls = list(calls_after(trace, visited.notes["begun_s"]))
    return visited


def memory_of(pid: int) -> Iterator[tuple[str, float]]:
    """The name of each process from this one down, and its memory in RAM that is not a file's, in MB."""
    for member in family(pid):
        try:
            status = Path(f"/proc/{member}/status").read_text()
            command = Path(f"/proc/{member}/cmdline").read_bytes().decode().split("\0")
        except OSError:  # it has ended
            continue
        found = re.findall(r"(RssAnon|RssShmem):\s+(\d+) kB", status)
        is_ours = "python" in Path(command[0]).name and "resource_tracker" not in " ".join(command)
        if is_ours and found:
            yield f"process {member}", sum(float(size) / 1024 for _, size in found)


def family(pid: int) -> Iterator[int]:
    """A process, and all that it has started."""
    try:
        tasks = Path(f"/proc/{pid}/task").glob("*/children")  # each thread has children of its own
        children = " ".join(task.read_text() for task in tasks).split()
    except OSError:  # it has ended
        return
    yield pid
    for child in children:
        yield from family(int(child))


# --- what it asks of the system -----------------------------------------------------------------------------

CALLS: Final = (
    "open,openat,openat2,creat,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,symlinkat,"
    "truncate,mknod,mknodat,socket,connect,sendto,sendmsg,sendmmsg"
)
TRACER: Final = ("strace", "-f", "--seccomp-bpf", "-qq", "-ttt", "-s", "200", "-e", f"trace={CALLS}")
CALL: Final = re.compile(r"^\d+\s+(?P<at>\d+\.\d+) (?P<name>\w+)\((?P<args>.*)\)\s+= (?P<result>-?\d+)")
WRITING: Final = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
IN_MEMORY: Final = re.compile(r'"/(dev/shm/|dev/null|dev/tty|proc/)')
NETWORK: Final = re.compile(r"AF_INET|sin_port|sin6_port")


def calls_after(trace: Path, start_s: float) -> Iterator[str]:
    """The calls that succeeded after that time of the system's clock; unfinished ones are joined."""
    waiting: dict[str, str] = {}
    for line in trace.read_text(errors="replace").splitlines():
        thread, _, rest = line.partition(" ")
        if "<unfinished ...>" in line:
            waiting[thread] = line.replace(" <unfinished ...>", "")
            continue
        resumed = re.search(r"<\.\.\. \w+ resumed>(.*)", rest)
        whole = waiting.pop(thread, "") + resumed[1] if resumed else line
        call = CALL.match(whole)
        if call and int(call["result"]) >= 0 and float(call["at"]) >= start_s:
            yield f"{call['name']}({call['args']})"


def files_written(calls: Sequence[str]) -> list[str]:
    """Those of them that open, make or rename a file elsewhere than in memory."""
    changing = (call for call in calls if not re.match(r"socket|connect|send", call))
    writing = (call for call in changing if not call.startswith("open") or WRITING.search(call))
    return [call for call in writing if not IN_MEMORY.search(call)]


def sockets_used(calls: Sequence[str]) -> list[str]:
    """Those of them that connect to a network, or send to it. A socket alone is made by any import of
    `requests`, to see whether the machine knows IPv6.
    """
    return [call for call in calls if re.match(r"connect|send", call) and NETWORK.search(call)]


def growth_mb(sizes: Sequence[float]) -> float:
    """From the second quarter of a show to the last: after everything has been used once."""
    quarter = len(sizes) // 4
    return max(sizes[-quarter:]) - max(sizes[quarter : 2 * quarter]) if quarter else 0.0


def real_encounters(num: int = 20) -> Figures:
    """Visitors in real time, under strace: no file is written, nothing is sent, memory is flat."""
    if shutil.which("strace") is None:
        return {"missing": "strace; on Debian: apt install strace", "holds": False}
    with tempfile.TemporaryDirectory(prefix="portrait-") as folder:
        seconds = (num + 2) * seconds_of(ROUNDS)
        show = visited(
            Path(folder), ROUNDS, "--fps", "12", seconds=seconds, num_encounters=num, is_traced=True
        )
    written, sent = files_written(show.calls), sockets_used(show.calls)
    growths = {name: growth_mb(sizes) for name, sizes in show.resident_mb.items() if len(sizes) > 20}
    return {
        "encounters": show.notes["encounters"],
        "seconds": round((show.notes["shown_ns"][-1] - show.notes["shown_ns"][0]) / 1e9, 1),
        "files_written": len(written),
        "sockets": len(sent),
        "what": "; ".join(sorted({*written, *sent})[:6]),
        "calls_seen": len(show.calls),
        "processes": len(growths),
        "memory_growth_mb": round(max(growths.values()), 2),
        "growths_mb": ", ".join(f"{growth:.1f}" for growth in growths.values()),
        "said": show.errors[-300:],
        "holds": show.notes["encounters"] >= num
        and not written
        and not sent
        and (num < 10 or max(growths.values()) < 10),
    }


# --- in time ------------------------------------------------------------------------------------------------

RATES: Final = (30, 25, 24, 20, 15)
LATE: Final = 1.5  # periods
MOST_LATE: Final = 0.005  # of the frames
SETTLING_S: Final = 4.0  # of a show, that do not count


def late_share(shown_ns: Sequence[int], fps: float) -> float:
    """Of frames: how many came later after the one before than LATE periods."""
    steps = [after - before for before, after in pairwise(shown_ns)]
    return sum(step > LATE * 1e9 / fps for step in steps) / max(1, len(steps))


def settled(notes: dict[str, Any]) -> list[int]:
    begun_ns = notes["shown_ns"][0] + SETTLING_S * 1e9
    return [shown_ns for shown_ns in notes["shown_ns"] if shown_ns >= begun_ns]


def rate_held(folder: Path, seconds: float = 30) -> tuple[int, dict[int, float]]:
    """The highest of RATES that is held while nobody is there; → it, and the share of late frames of each."""
    shares = {}
    for fps in RATES:
        show = visited(folder, EMPTY, "--fps", str(fps), seconds=seconds)
        shares[fps] = late_share(settled(show.notes), fps)
        if shares[fps] <= MOST_LATE:
            return fps, shares
    return RATES[-1], shares


def spans(notes: dict[str, Any], stage: str) -> list[tuple[int, int]]:
    """[first, last) frame of each time that the encounter was in a stage."""
    stages = notes["stages"]
    edges = [k for k in range(1, len(stages)) if (stages[k] == stage) != (stages[k - 1] == stage)]
    edges = [0, *edges] if stages[0] == stage else edges
    edges = edges if len(edges) % 2 == 0 else [*edges, len(stages)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def on_time(num: int = 8) -> Figures:
    """The eyes move within 0.5 s of a face, the face turns within 8 s of consent, and no frame is late
    meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="portrait-") as name:
        folder = Path(name)
        fps, shares = rate_held(folder)
        sudden = visited(folder, SUDDEN, "--fps", str(fps), seconds=120, is_gaze=True).notes
        show = visited(
            folder, ROUNDS, "--fps", str(fps), seconds=(num + 2) * seconds_of(ROUNDS), num_encounters=num
        ).notes
    shown_ns = show["shown_ns"]
    projecting = spans(show, "projecting")
    answered = [span for span in projecting if span[1] < len(shown_ns)]
    turned = [span for span in answered if show["stages"][span[1]] == "turning"]
    waits_s = [(shown_ns[last] - shown_ns[first]) / 1e9 for first, last in turned]
    steps = [shown_ns[k] - shown_ns[k - 1] for first, last in projecting for k in range(max(1, first), last)]
    late = sum(step > LATE * 1e9 / fps for step in steps)
    gaze_s = sudden["gaze_s"][1:]  # at the first, the sight may still have been reading its networks
    share = late / max(1, len(steps))
    return {
        "frames_per_second": fps,
        "late_without_visitor": round(shares[fps], 5),
        "late_at_other_rates": ", ".join(f"{rate}: {100 * late:.2f} %" for rate, late in shares.items()),
        "frames_while_projecting": len(steps),
        "late_while_projecting": round(share, 5),
        "latest_ms": round(max(steps, default=0) / 1e6, 1),
        "late_at_all": round(late_share(settled(show), fps), 5),
        "projections": len(projecting),
        "turned": len(turned),
        "consent_to_morph_s": round(max(waits_s, default=0.0), 2),
        "gazes": len(gaze_s),
        "face_to_gaze_s": round(max(gaze_s, default=0.0), 3),
        "holds": bool(gaze_s and turned and shares[fps] <= MOST_LATE)
        and max(gaze_s) <= 0.5
        and max(waits_s) <= 8
        and share <= MOST_LATE,
    }


if __name__ == "__main__":
    claim = {"real_encounters": real_encounters, "on_time": on_time}[sys.argv[1]]
    sys.stdout.write(json.dumps(claim(*map(int, sys.argv[2:])), indent=1) + "\n")
