"""The portrait on real X servers, by the command that a gallery runs: `make prove`, or this module alone.

Pictures of whole screens go to build/prove/screen, to be looked at. Xvfb has one monitor, of any size; those
that change their mode, go and come back are Xorg's with its dummy driver (xserver-xorg-video-dummy).
"""

import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Final

import cv2
import numpy as np
from PIL import ImageGrab

from installation.hanging import Hanging
from installation.ports import Frame, Image
from installation.stage.pictures import resize
from installation.stage.placement import placement
from run_installation import ROOT
from training.evaluation.faces import face_probabilities

Figures = dict[str, float | int | str | bool]

FOLDER: Final = ROOT / "build" / "prove" / "screen"
BLUE: Final = (40, 80, 160)  # of a surround: in no face, and in no root window
PAPER: Final = (26, 26, 26)
STARTING_S: Final = 60.0
SETTLED_S: Final = 3.0  # the picture has come out of the dark
NUM_CHANGES: Final = 50
MOST_BACK_S: Final = 3.0
PICTURE_PX: Final = (512, 512)
MODES: Final = ((1920, 1080), (1280, 720), (1024, 768), (800, 600))
NUM_FRAMES: Final = 30
DUMMY: Final = """
Section "Device"
 Identifier "card"
 Driver "dummy"
 VideoRam 256000
EndSection
Section "Monitor"
 Identifier "monitor"
 HorizSync 5-1000
 VertRefresh 5-200
EndSection
Section "Screen"
 Identifier "screen"
 Device "card"
 Monitor "monitor"
 DefaultDepth 24
 SubSection "Display"
  Depth 24
  Virtual 3840 2160
 EndSubSection
EndSection
Section "ServerFlags"
 Option "AutoAddDevices" "false"
 Option "DontVTSwitch" "true"
EndSection
"""


@dataclass(frozen=True, slots=True)
class Wall:
    """A screen, and how the portrait hangs on it."""

    name: str
    size_px: tuple[int, int]
    hanging: Hanging
    camera: str = "off"


WALLS: Final = (
    Wall("upright_90", (1080, 1920), Hanging(rotation=90, margin=0.05, surround=PAPER, orbit=4)),
    Wall("upright_270", (1080, 1920), Hanging(rotation=270, surround=BLUE)),
    Wall(
        "on_its_side", (1920, 1080), Hanging(rotation=90, fit="cover", margin=0.06, surround=PAPER, orbit=4)
    ),
    Wall("4k", (3840, 2160), Hanging(margin=0.08, surround=(200, 196, 188), orbit=4)),
    # Eyes beside a window that is drawn without a card: their libraries have not got on.
    Wall("720p", (1280, 720), Hanging(brightness=0.7, gamma=1.1), camera="/dev/v4l/by-id/not-there"),
)


def screen() -> Figures:
    """Upright faces on every screen; fifty changes of monitors, after each of which the picture is back."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    figures: Figures = {}
    for wall in WALLS:
        figures |= {f"{wall.name}_{key}": value for key, value in hung(wall).items()}
        figures |= {f"{wall.name}_{key}": value for key, value in costs(wall).items()}
    if shutil.which("Xorg"):
        figures |= changes()
    else:
        figures |= {"changes": "Xorg with xserver-xorg-video-dummy is not installed", "changes_hold": False}
    holds = all(value for key, value in figures.items() if key.endswith(("_right", "_hold")))
    return {**figures, "holds": holds}


# --- X servers and the command ------------------------------------------------------------------------------


@contextmanager
def server(*command: str) -> Iterator[str]:
    """The name of an X server that runs inside the `with`."""
    with subprocess.Popen(
        [*command, "-noreset", "-displayfd", "1"], stdout=PIPE, stderr=DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f":{process.stdout.readline().strip()}"
        finally:
            process.send_signal(signal.SIGTERM)


@contextmanager
def portrait(
    display: str, hanging: Hanging, folder: Path, camera: str = "off"
) -> Iterator[subprocess.Popen[str]]:
    """`run`, as it hangs; what it says is in folder/log."""
    site = folder / "site.yaml"
    red, green, blue = hanging.surround
    site.write_text(
        f"version: 1\nmonitor: {hanging.monitor}\nrotation: {hanging.rotation}\nfit: {hanging.fit}\n"
        f'margin: {hanging.margin}\nsurround: "#{red:02x}{green:02x}{blue:02x}"\norbit: {hanging.orbit:g}\n'
        f"brightness: {hanging.brightness}\ngamma: {hanging.gamma}\n"
        f"camera: {camera}\n"
    )
    command = [
        sys.executable,
        "run_installation.py",
        "run",
        "--site",
        str(site),
        "--person",
        "12",
    ]
    environment = {**os.environ, "DISPLAY": display}
    for name in ("SDL_VIDEODRIVER", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=DEVNULL, stderr=log, text=True
        ) as process,
    ):
        try:
            yield process
            if process.poll() is not None:
                raise RuntimeError(f"it ended by itself: {(folder / 'log').read_text()}")
        finally:
            process.send_signal(signal.SIGTERM)


def root_window(display: str) -> Image:
    """All that an X server shows: [H, W, 3]."""
    return np.asarray(ImageGrab.grab(xdisplay=display).convert("RGB"), np.uint8)


def wait_until(is_so: Callable[[], bool], most_s: float) -> float:
    """How many seconds it took; more than `most_s`, if it did not come to pass."""
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > most_s:
            break
        time.sleep(0.02)
    return time.monotonic() - begun


def is_shown(
    shot: Image, hanging: Hanging, monitor_px: tuple[int, int], origin_px: tuple[int, int] = (0, 0)
) -> bool:
    """Whether a portrait hangs on a monitor as it should: beyond each of its edges what surrounds it, and a
    picture within.
    """
    left, top = origin_px
    part = shot[top : top + monitor_px[1], left : left + monitor_px[0]].astype(int)
    if part.shape[:2] != (monitor_px[1], monitor_px[0]):
        return False
    seen = placement(PICTURE_PX, monitor_px, hanging).aperture.grown(-hanging.orbit - 1)
    within = part[int(seen.top) : int(seen.bottom), int(seen.left) : int(seen.right)]
    around = np.ones(part.shape[:2], bool)
    reach = int(hanging.orbit) + 3
    around[
        max(int(seen.top) - reach, 0) : int(seen.bottom) + reach,
        max(int(seen.left) - reach, 0) : int(seen.right) + reach,
    ] = False
    is_surrounded = not around.any() or np.abs(part[around] - hanging.surround).max() <= 1
    is_picture = np.abs(within - hanging.surround).max(-1).mean() > 8 and within.std() > 10
    return bool(is_surrounded and is_picture)


# --- what is seen -------------------------------------------------------------------------------------------


def hung(wall: Wall) -> Figures:
    """A screenshot, and whether there is a face in it that is upright for who looks at the turned screen."""
    width, height = wall.size_px
    with (
        tempfile.TemporaryDirectory() as folder,
        server("Xvfb", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp") as display,
        portrait(display, wall.hanging, Path(folder), wall.camera),
    ):
        wait_until(lambda: root_window(display).std() > 5, STARTING_S)
        time.sleep(SETTLED_S)
        shot = root_window(display)
    path = FOLDER / f"{wall.name}.png"
    cv2.imwrite(str(path), np.ascontiguousarray(shot[..., ::-1]))
    turns = {0: None, 90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
    turn = turns[wall.hanging.rotation]
    as_seen = shot if turn is None else np.asarray(cv2.rotate(shot, turn), np.uint8)
    side = min(as_seen.shape[:2])
    top, left = ((whole - side) // 2 for whole in as_seen.shape[:2])
    square = resize(as_seen[top : top + side, left : left + side], (256, 256))
    upright, fallen = face_probabilities([square, np.ascontiguousarray(square[::-1, ::-1])])
    is_right = upright > 0.95 and upright > fallen
    if wall.hanging.brightness == wall.hanging.gamma == 1:
        is_right = is_right and is_shown(shot, wall.hanging, wall.size_px)
    return {"face": round(float(upright), 4), "upside_down": round(float(fallen), 4), "right": bool(is_right)}


def costs(wall: Wall) -> Figures:
    """Milliseconds of a frame of 512² without waiting for a monitor, by SDL's own renderer and by Mesa's."""
    width, height = wall.size_px
    figures: Figures = {}
    for driver in ("software", "opengl"):
        with server("Xvfb", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp") as display:
            environment = {
                **os.environ,
                "DISPLAY": display,
                "SDL_RENDER_VSYNC": "0",
                "SDL_RENDER_DRIVER": driver,
            }
            environment.pop("SDL_VIDEODRIVER", None)
            command = [sys.executable, "-m", "tests.prove_screen", "cost", wall.name]
            said = subprocess.run(
                command, cwd=ROOT, env=environment, stdout=PIPE, text=True, check=True
            ).stdout
        figures[f"{driver}_ms"] = json.loads(said.splitlines()[-1])
    return figures


def cost(wall: Wall) -> float:
    """The median of `show`, in this process, on the screen of $DISPLAY."""
    from installation.stage.display import Display  # it chooses a driver when it is imported

    image = np.random.default_rng(0).integers(0, 255, (*PICTURE_PX, 3), np.uint8)
    display, taken_ms = Display(wall.hanging, is_fullscreen=True), []
    for k in range(NUM_FRAMES):
        begun = time.perf_counter()
        display.show(Frame(image, k * 16_666_667))
        taken_ms.append(1000 * (time.perf_counter() - begun))
        list(display.requests())
    display.close()
    return round(statistics.median(taken_ms[5:]), 1)


# --- monitors that change -----------------------------------------------------------------------------------


@dataclass
class Monitors:
    """Two monitors side by side, of which the second is the portrait's."""

    display: str
    first_px: tuple[int, int] = (1280, 720)
    second_px: tuple[int, int] | None = (1920, 1080)

    def set(self) -> None:
        xrandr = ["xrandr", "-d", self.display, "--output", "DUMMY0", "--mode", _mode(self.first_px)]
        if self.second_px:
            xrandr += ["--output", "DUMMY1", "--mode", _mode(self.second_px), "--right-of", "DUMMY0"]
        else:
            xrandr += ["--output", "DUMMY1", "--off"]
        subprocess.run(xrandr, check=True, stdout=DEVNULL)
        # As happens of itself with a real plug: outputs are looked at, and what is in use is connected.
        subprocess.run(["xrandr", "-d", self.display], check=True, stdout=DEVNULL)

    def is_right(self, hanging: Hanging) -> bool:
        """Whether the portrait hangs where it should: on the second monitor; without one on the first."""
        origin = (self.first_px[0], 0) if self.second_px else (0, 0)
        return is_shown(root_window(self.display), hanging, self.second_px or self.first_px, origin)


def changes() -> Figures:
    """Modes that change, the portrait's monitor unplugged and back: how long until the picture is back."""
    dice, hanging = random.Random(9), Hanging(monitor=1, margin=0.05, surround=BLUE)
    back_s: dict[str, list[float]] = {"mode": [], "unplugged": [], "back": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "xorg.conf").write_text(DUMMY)
        log = ["-logfile", str(folder / "xorg.log"), "-novtswitch", "-sharevts"]
        with server("Xorg", "-config", str(folder / "xorg.conf"), *log) as display:
            monitors = Monitors(display)
            for mode in MODES:
                subprocess.run(["xrandr", "-d", display, "--addmode", "DUMMY1", _mode(mode)], check=True)
            monitors.set()
            with portrait(display, hanging, folder) as process:
                wait_until(lambda: monitors.is_right(hanging), STARTING_S)
                begun = None
                for number in range(NUM_CHANGES):
                    if process.poll() is not None:
                        break
                    kind = _change(monitors, number, dice)
                    monitors.set()
                    back_s[kind].append(wait_until(lambda: monitors.is_right(hanging), 3 * MOST_BACK_S))
                    time.sleep(dice.uniform(0.2, 1.5))
                    begun = begun or (number >= 5 and held(process.pid)) or None  # drivers are loaded by then
                end = held(process.pid) if process.poll() is None else (0.0, 0, 0)
                cv2.imwrite(str(FOLDER / "monitors.png"), root_window(display)[..., ::-1])
            num_lines = (folder / "log").read_text().count("window:")
    slowest = max(map(max, back_s.values()))
    assert begun is not None
    return {
        "changes": sum(map(len, back_s.values())),
        **{f"{kind}_back_s": round(statistics.median(times), 2) for kind, times in back_s.items()},
        "slowest_back_s": round(slowest, 2),
        "lines_said": num_lines,
        "rss_grew_mb": round(end[0] - begun[0], 1),
        "files_grew": end[1] - begun[1],
        "threads_grew": end[2] - begun[2],
        "changes_hold": slowest <= MOST_BACK_S,
    }


def _change(monitors: Monitors, number: int, dice: random.Random) -> str:
    """Have the next monitors; → what kind of change it is."""
    if monitors.second_px is None:
        monitors.second_px = dice.choice(MODES)
        return "back"
    if number % 3 == 1:
        monitors.second_px = None
        return "unplugged"
    monitors.second_px = dice.choice([mode for mode in MODES if mode != monitors.second_px])
    return "mode"


def _mode(size_px: tuple[int, int]) -> str:
    return f"{size_px[0]}x{size_px[1]}"


def held(pid: int) -> tuple[float, int, int]:
    """Resident memory in MB, open files and threads of a process."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    num_files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return int(status["VmRSS"].split()[0]) / 1024, num_files, int(status["Threads"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["cost"]:
        result: object = cost(next(wall for wall in WALLS if wall.name == sys.argv[2]))
    else:
        result = screen()
    sys.stdout.write(f"{json.dumps(result, indent=1)}\n")
