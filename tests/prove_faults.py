"""Faults, injected one by one: how long until the picture moves again, and what was on the wall meanwhile.

Claims of `make prove`; each also alone, with its count: `python -m tests.prove_faults killed 20`. Workers
that draw grey squares start fast, so that many faults fit into a minute; the real one is killed a few times.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import psutil
import pytest

from installation.hanging import Hanging
from installation.supervision.folders import LOG
from installation.supervision.worker import work
from run_installation import CHOREOGRAPHY, ROOT
from tests.cameras import Bench
from tests.prove_screen import portrait, root_window, server
from tests.prove_wall import in_pieces
from tests.supervision.hazards import CAMERA, Flood, Unplugging, seeing
from tests.supervision.jumps import jumping, set_clock
from tests.supervision.mishaps import (
    NUM_BEFORE,
    STALL_S,
    Editing,
    Figures,
    await_event,
    continued,
    edited,
    events,
    fill,
    longest_gap_ms,
    mount,
    num_restarts,
    own_state,
    recoveries,
    shown_for_long,
    small_disk,
)
from tests.supervision.test_state import killed_while_saving
from tests.supervision.walls import PLAN, Wall, hit, shown
from tests.supervision.workers import DIMMED, VISITOR, drawing, resident, short_of_memory, visited

LIT = 60  # grey level: something is to be seen
SCREEN = ("Xvfb", "-screen", "0", "640x480x24", "-nolisten", "tcp")


def told(pieces: list[dict[str, Any]], most_s: float) -> Figures:
    times_s = [each for piece in pieces for each in piece["times_s"]]
    black, visitors = (sum(piece[key] for piece in pieces) for key in ("black", "visitors"))
    return {
        "num": len(times_s),
        "median_s": round(statistics.median(times_s), 2),
        "longest_s": round(max(times_s), 2),
        "black_frames": black,
        "visitors_frames": visitors,
        "longest_gap_ms": round(max(piece["gap_ms"] for piece in pieces)),
        "holds": max(times_s) < most_s and black == 0 and visitors == 0,
    }


def repeated(name: str, function: Callable[[Any, Any], Any], num: int, most_s: float) -> Figures:
    """In pieces of five, each kept, so that an interrupted run goes on with the next one."""
    return told(in_pieces(f"faults-{name}", function, num, 5, 0), most_s)


# --- the worker ---------------------------------------------------------------------------------------------


def hung(num: int = 20) -> Figures:
    """The worker stops: it is found out after five seconds, and another one takes its place."""
    return repeated("hung", hung_piece, num, 15)


def hung_piece(num: float, _: float) -> dict[str, Any]:
    return recoveries(int(num), drawing(resident), lambda: hit(signal.SIGSTOP))


def killed(num: int = 20) -> Figures:
    """The worker is killed, as by a system that has run out of memory."""
    return repeated("killed", killed_piece, num, 10)


def killed_piece(num: float, _: float) -> dict[str, Any]:
    return recoveries(int(num), drawing(resident), lambda: hit(signal.SIGKILL))


def crashed(num: int = 20) -> Figures:
    """The worker crashes in native code."""
    return repeated("crashed", crashed_piece, num, 10)


def crashed_piece(num: float, _: float) -> dict[str, Any]:
    return recoveries(int(num), drawing(resident), lambda: hit(signal.SIGSEGV))


def killed_with_visitor(num: int = 20) -> Figures:
    """The worker is killed while it draws a visitor: none of their picture is shown afterwards."""
    return repeated("visitor", visitor_piece, num, 15)


def visitor_piece(num: float, _: float) -> dict[str, Any]:
    """A visitor is taken up half a second after each start: what is on the wall before that is the still."""
    times_s, black, visitors, gaps_ms = [], 0, 0, []
    for _ in range(int(num)):
        hits: list[float] = []

        def script(wall: Wall, hits: list[float] = hits) -> bool:
            if not hits and wall.seen[-1].is_private:
                hits.append(hit(signal.SIGKILL))
            return bool(hits) and wall.seen[-1].is_private and wall.seen[-1].seconds - hits[0] > 0.3

        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            wall = shown(patch, Path(folder), drawing(visited), script)
        after = wall.since(hits[0] + 0.1)
        between = [seen for seen in after if not seen.is_private]
        times_s.append(between[-1].seconds - hits[0])
        black += sum(seen.is_dark or seen.level < DIMMED for seen in between)
        visitors += sum(seen.level > VISITOR - 40 for seen in between)
        gaps_ms.append(longest_gap_ms(after))
    return {"times_s": times_s, "black": black, "visitors": visitors, "gap_ms": max(gaps_ms)}


def crash_loop(num: int = 5) -> Figures:
    """A worker that runs out of memory again and again: safe mode after the fifth time, no black wall."""
    return repeated("loop", loop_piece, num, 60)


def loop_piece(num: float, _: float) -> dict[str, Any]:
    times_s, black, gaps_ms = [], 0, []
    for _ in range(int(num)):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            log = Path(folder) / "living-portrait" / "log" / LOG

            def script(_: Wall, log: Path = log) -> bool:
                return log.is_file() and "safe mode: the shipped" in log.read_text()

            wall = shown(patch, Path(folder), drawing(short_of_memory), script)
        lit = next(k for k, seen in enumerate(wall.seen) if not seen.is_dark)
        times_s.append(wall.seen[-1].seconds - wall.seen[lit].seconds)
        black += sum(seen.is_dark or seen.level < DIMMED for seen in wall.seen[lit:])
        gaps_ms.append(longest_gap_ms(wall.seen))
    return {"times_s": times_s, "black": black, "visitors": 0, "gap_ms": max(gaps_ms)}


# --- the real one, on a real screen -------------------------------------------------------------------------


def real_worker(num: int = 5) -> Figures:
    """The whole program on an X server; its worker is killed. What is shown is read from the server."""
    return repeated("real", real_piece, num, 60)


def real_piece(num: float, _: float) -> dict[str, Any]:
    times_s, black, num_looks = [], 0, 0
    for _ in range(int(num)):
        with own_state() as folder, server(*SCREEN) as display, portrait(display, Hanging(), folder) as run:
            await_event(folder, "plays")
            time.sleep(3)
            worker = max(psutil.Process(run.pid).children(), key=lambda child: child.memory_info().rss)
            worker.kill()
            killed_s = time.monotonic()
            while "plays again" not in events(folder) and time.monotonic() - killed_s < 120:
                black += root_window(display).max() < LIT
                num_looks += 1
                time.sleep(0.05)
            times_s.append(time.monotonic() - killed_s)
    return {"times_s": times_s, "black": int(black), "visitors": 0, "gap_ms": 0, "num_looks": num_looks}


def display_gone(num: int = 3) -> Figures:
    """The X server ends, and another one comes: the program ends with it, and is started anew.

    How long from the new server's being there to the picture's.
    """
    return repeated("display", display_piece, num, 60)


def display_piece(num: float, _: float) -> dict[str, Any]:
    times_s, num_left = [], 0
    for _ in range(int(num)):
        with own_state() as folder:
            for is_second in (False, True):
                begun_s = time.monotonic()
                with (
                    suppress(RuntimeError),  # it has ended by itself: it was meant to
                    server(*SCREEN) as display,
                    portrait(display, Hanging(), folder) as run,
                ):
                    while root_window(display).max() < LIT and time.monotonic() - begun_s < 120:
                        time.sleep(0.05)
                    if is_second:
                        times_s.append(time.monotonic() - begun_s)
                    else:
                        num_left += left_by(run, screen())
    return {"times_s": times_s, "black": num_left, "visitors": 0, "gap_ms": 0}


def left_by(run: subprocess.Popen[str], x_server: psutil.Process) -> int:
    """The X server is killed; → how many processes of the program outlive it."""
    family = [psutil.Process(run.pid), *psutil.Process(run.pid).children(recursive=True)]
    x_server.kill()
    _, alive = psutil.wait_procs(family, 20)
    return len(alive)


def screen() -> psutil.Process:
    """The X server that this process has started."""
    return next(child for child in psutil.Process().children() if child.name() == SCREEN[0])


# --- disk, files and clocks ---------------------------------------------------------------------------------


def saves(num: int = 200) -> Figures:
    """A process that saves where the show stands, killed at any instant: the file is whole each time."""
    pieces = in_pieces("faults-saves", saves_piece, num, 50, 0)
    num_broken = sum(piece["num_broken"] for piece in pieces)
    return {"num": num, "num_broken": num_broken, "holds": num_broken == 0}


def saves_piece(num: float, _: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return {"num_broken": killed_while_saving(Path(folder) / "state.json", int(num))}


def supervisor_killed(num: int = 20) -> Figures:
    """The supervisor itself is killed: the worker goes with it, and nothing stays in shared memory."""
    return repeated("supervisor", supervisor_piece, num, 10)


def supervisor_piece(num: float, _: float) -> dict[str, Any]:
    times_s = []
    for _ in range(int(num)):
        with own_state() as folder:
            command = [sys.executable, "-m", "tests.supervision.program"]
            with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as program:
                await_event(folder, "plays")
                children = psutil.Process(program.pid).children(recursive=True)
                program.kill()
                killed_s = time.monotonic()
            _, alive = psutil.wait_procs(children, 10)
            mine = f"portrait-{program.pid}-*"
            while list(Path("/dev/shm").glob(mine)) and time.monotonic() - killed_s < 10:
                time.sleep(0.01)
            times_s.append(float("inf") if alive else time.monotonic() - killed_s)
    return {"times_s": times_s, "black": 0, "visitors": 0, "gap_ms": 0}


def disk(num: int = 20) -> Figures:
    """A disk that is full, then read-only: the picture does not wait for it, and each is said once."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return {"holds": False, "why": "only who may mount a small disk can measure it"}
    return repeated("disk", disk_piece, num, STALL_S)


def disk_piece(num: float, _: float) -> dict[str, Any]:
    """The times are the longest without a frame."""
    times_s, black = [], 0
    for number in range(int(num)):
        with small_disk() as folder, pytest.MonkeyPatch.context() as patch:
            is_full = number % 2 == 0

            def script(wall: Wall, folder: Path = folder, is_full: bool = is_full) -> bool:
                if len(wall.seen) == 3 * NUM_BEFORE:
                    fill(folder) if is_full else mount("-o", "remount,ro", str(folder))
                return len(wall.seen) > 10 * NUM_BEFORE

            wall = shown(patch, folder, drawing(resident), script)
        lit = [seen for seen in wall.seen if not seen.is_dark]
        after = lit[NUM_BEFORE:]
        times_s.append(longest_gap_ms(after) / 1000)
        black += sum(seen.level < DIMMED for seen in after)
    return {"times_s": times_s, "black": black, "visitors": 0, "gap_ms": 1000 * max(times_s)}


def bad_reload(num: int = 20) -> Figures:
    """The choreography that plays is saved with a fault in it, and put right: the real worker plays on."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        score = Path(folder) / "score.yaml"
        whole = CHOREOGRAPHY.read_bytes()
        score.write_bytes(whole)
        plan = replace(PLAN, show=replace(PLAN.show, choreography=score))
        script = Editing(score, [whole[: len(whole) // 2] + b"\n  - [", whole] * num)
        wall = shown_for_long(patch, Path(folder), work, script, plan)
        return edited(wall, script, num, num_restarts(Path(folder)))


def clock_jump(num: int = 20) -> Figures:
    """The machine's clock is set by seconds to weeks, there and back, for supervisor and worker alike."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        offset = Path(folder) / "offset"
        patch.setattr(time, "time_ns", time.time_ns)  # and back again afterwards
        set_clock(offset)
        jumps = [sign * 10 ** (10 + number % 6) for number in range(num) for sign in (1, -1)]
        script = Editing(offset, [str(each).encode() for each in jumps])
        wall = shown_for_long(patch, Path(folder), jumping(offset), script, PLAN)
        return edited(wall, script, num, num_restarts(Path(folder)))


# --- from beside --------------------------------------------------------------------------------------------


def camera_gone(num: int = 20) -> Figures:
    """The worker's camera is pulled out, and put back under another number: the picture goes on."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        bench = Bench(Path(folder) / "dev")
        bench.plug(CAMERA)
        script = Unplugging(bench, num)
        wall = shown_for_long(patch, Path(folder), seeing(Path(folder) / "dev"), script, PLAN)
        went_on = continued(wall, script.begun, len(script.recovered_s), num_restarts(Path(folder)))
    times = {"noticed": script.noticed_s, "back": script.recovered_s}
    longest = {f"{name}_longest_s": round(max(times_s), 2) for name, times_s in times.items()}
    median = {f"{name}_median_s": round(statistics.median(times_s), 2) for name, times_s in times.items()}
    is_soon = longest["noticed_longest_s"] <= 3 and longest["back_longest_s"] <= 5
    holds = bool(went_on["holds"]) and is_soon and len(script.recovered_s) == num
    return {**went_on, **median, **longest, "holds": holds}


def flood(num: int = 20) -> Figures:
    """For so many seconds the desks' mailboxes are full of what is no request: the picture goes on."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        script = Flood(Path(folder), num)
        wall = shown_for_long(patch, Path(folder), drawing(resident), script, PLAN)
        return continued(wall, script.begun, script.num_posted, num_restarts(Path(folder)))


# ------------------------------------------------------------------------------------------------------------

CLAIMS: dict[str, Callable[..., Figures]] = {
    claim.__name__: claim
    for claim in (
        hung,
        killed,
        crashed,
        killed_with_visitor,
        crash_loop,
        real_worker,
        display_gone,
        saves,
        supervisor_killed,
        disk,
        bad_reload,
        clock_jump,
        camera_gone,
        flood,
    )
}


def faults() -> Figures:
    """All of them."""
    figures = {name: claim() for name, claim in CLAIMS.items()}
    flat = {f"{name}_{key}": value for name, told in figures.items() for key, value in told.items()}
    return {**flat, "holds": all(told["holds"] for told in figures.values())}


def main() -> int:
    name, *num = sys.argv[1:]
    figures = CLAIMS[name](*map(int, num))
    click.echo(json.dumps(figures, indent=1))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
