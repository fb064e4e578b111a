"""The machine that the doctor looks at. All that is asked of it goes through here: tests may break it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

import platformdirs
import tzlocal

from installation.doctor.probes import Answer
from installation.errors import InputError
from installation.stage.camera_list import cameras
from installation.stage.child import num_cores
from installation.supervision.folders import PROGRAM, RUNNING, log_folder, state_folder

PROBE_S: Final = 60.0  # the first import after a start reads gigabytes from a slow disk
COMMAND_S: Final = 5.0
CAMERA_S: Final = 10.0


class ProbeError(Exception):
    """A probe has died, hung or failed: how, in a line."""


@cache
def probe(name: str, *arguments: str) -> Answer:
    """Ask one of PROBES, in a process of its own.

    Raises:
        ProbeError: there is no answer.
    """
    command = [sys.executable, "-m", "installation.doctor.probes", name, *arguments]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=PROBE_S, check=False, env=environ, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise ProbeError(f"no answer within {PROBE_S:g} s") from None
    except OSError as error:
        raise ProbeError(f"{sys.executable}: {error.strerror}") from None
    said = done.stderr.decode(errors="replace").strip().splitlines() or [""]
    if done.returncode:
        raise ProbeError(said[-1][:200] or f"ended with {done.returncode}")
    answer: Answer = json.loads(done.stdout.splitlines()[-1])
    return answer


def said_by(command: Sequence[str]) -> str | None:
    """What a program prints; None: it is not there, fails, or hangs."""
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=COMMAND_S, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")


def installed(name: str) -> str | None:
    """The version of a package; None: it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def required() -> tuple[str, ...]:
    """What the program needs, as its own metadata say."""
    return tuple(each for each in metadata.requires(PROGRAM) or () if "extra ==" not in each)


def camera_trouble(source: str) -> str:
    """What keeps a camera from giving a picture; "": nothing does. The picture is looked at by nobody."""
    from contextlib import closing

    from installation.stage.camera import Camera
    from installation.stage.camera_images import take_image
    from installation.stage.shared import SharedLatest

    last = ""
    with Camera(source, lambda line: None) as camera, closing(SharedLatest.attached(camera.images)) as images:
        ends_ns = time.monotonic_ns() + round(CAMERA_S * 1e9)
        while time.monotonic_ns() < ends_ns:
            if take_image(images) is not None:
                return ""
            last = camera.trouble or last
            time.sleep(0.05)
    return last or f"it gives no picture within {CAMERA_S:g} s"


def memory_mb() -> tuple[int, int]:
    """Memory that is available, and swap."""
    import psutil

    return psutil.virtual_memory().available >> 20, psutil.swap_memory().total >> 20


def has_nvidia(pci: Path = Path("/sys/bus/pci/devices")) -> bool:
    """Whether a graphics card of NVIDIA's is plugged in, whatever its driver."""
    try:
        return any(
            (device / "vendor").read_text().strip() == "0x10de"
            and (device / "class").read_text().startswith("0x03")
            for device in pci.iterdir()
        )
    except OSError:
        return False


def playing_pid() -> int | None:
    """The process of the show that plays here now, if one does."""
    from installation.supervision.running import running_at

    running = running_at(state_folder() / RUNNING)
    return running.pid if running else None


def can_listen(kind: socket.SocketKind, host: str, port: int) -> str:
    """Why nobody could listen there; "": somebody could."""
    from installation.stage.osc import numeric

    try:
        family, address = numeric(host, port)
        with socket.socket(family, kind) as tried:
            if kind is socket.SOCK_STREAM and sys.platform != "win32":  # as servers do
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (InputError, OSError) as error:
        return (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ""


def folders() -> dict[str, Path]:
    """What the program writes into, by what it is for."""
    return {"cache": platformdirs.user_cache_path(PROGRAM), "state": state_folder(), "log": log_folder()}


@dataclass(frozen=True, slots=True)
class Machine:
    """This one; or what a test makes of it."""

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    version: tuple[int, ...] = sys.version_info[:3]
    probe: Callable[..., Answer] = probe
    said_by: Callable[[Sequence[str]], str | None] = said_by
    which: Callable[[str], str | None] = shutil.which
    required: Callable[[], Sequence[str]] = required
    installed: Callable[[str], str | None] = installed
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    cameras: Callable[[], Sequence[str]] = cameras
    camera_trouble: Callable[[str], str] = camera_trouble
    can_listen: Callable[[socket.SocketKind, str, int], str] = can_listen
    memory_mb: Callable[[], tuple[int, int]] = memory_mb
    num_cores: Callable[[], int] = num_cores
    has_nvidia: Callable[[], bool] = has_nvidia
    playing_pid: Callable[[], int | None] = playing_pid
    zone: Callable[[], str] = tzlocal.get_localzone_name
    utc_ns: Callable[[], int] = time.time_ns
    folders: Callable[[], Mapping[str, Path]] = folders
