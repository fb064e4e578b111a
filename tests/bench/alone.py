"""Measurements that need a process of their own: memory, one core alone, the time until the first frame."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from run_installation import ROOT

Given = ParamSpec("Given")
Found = TypeVar("Found")


def alone(function: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    """What the function gives in a fresh process, which holds nothing of this one's."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:
        return pool.submit(function, *args, **kwargs).result()


def keep_to_one_core() -> None:
    """This process, and every thread that it makes from now on."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def first_frames_s(num_cold: int, num_warm: int) -> dict[str, list[float]]:
    """How long the whole command takes that shows a tenth of a second and ends: from starting the interpreter
    to its having ended. Cold: nothing of its own is cached; what the system caches of files is.
    """
    taken: dict[str, list[float]] = {"cold": [], "warm": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(num_cold):
            taken["cold"].append(_whole_command_s(Path(folder) / str(number)))
        for _ in range(num_warm):
            taken["warm"].append(_whole_command_s(Path(folder) / "0"))
    return taken


def _whole_command_s(cache: Path) -> float:
    command = [sys.executable, "run_installation.py", "run", "--headless", "--seconds", "0.1"]
    environment: dict[str, Any] = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr[-500:]}")
    return seconds
