"""How a process that works for the portrait begins: it gives way, dies with it, and leaves nothing behind."""

import ctypes
import os
import signal
import sys
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from traceback import extract_tb
from typing import Final

from installation.errors import InputError

NICENESS: Final = 10
PR_SET_PDEATHSIG: Final = 1  # from linux/prctl.h
PR_SET_DUMPABLE: Final = 4


def settle(niceness: int = NICENESS) -> None:
    """To be called first, in a process that `multiprocessing` has started.

    A core dump would hold visitors' pictures, and so may what a library prints. Of an interruption by the
    keyboard the portrait itself learns, and ends its processes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.close(silence)
    leave_no_dump()
    give_way(niceness)
    die_with_parent()


def die_with_parent() -> None:
    """Be killed when the process, or the thread, that started this one ends, however it ends."""
    if sys.platform == "linux":
        # It reaches one that hangs in a driver as well.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    Thread(target=_end_with_parent, name="parent", daemon=True).start()


def give_way(niceness: int = NICENESS) -> None:
    """From now on this process leaves the processor to the portrait."""
    if sys.platform != "win32":
        os.nice(niceness)


def num_cores() -> int:
    """Those that a process here may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def leave_no_dump() -> None:
    """Should this process crash, nothing of its memory is kept."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # a limit does not bind a handler that dumps are piped to
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _end_with_parent() -> None:
    """Where the system does not see to it, or the parent was gone before it was told to."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def cause_of(error: BaseException) -> str:
    """What a process has died of, in a line, without a word that could come from a picture."""
    if isinstance(error, InputError):
        return str(error)
    frames = extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
