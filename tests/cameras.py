"""A camera that does as it is told, in the process that holds it: its device is a file that says what."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from installation.errors import InputError
from installation.ports import Image
from installation.stage.camera_device import Device

FPS: Final = 30
ENDLESS_S: Final = 10**6
PATIENCE_S: Final = 30
NUM_PICTURES: Final = 7  # of noise, one after the other
NOISE: Final = 3


def until(is_so: Callable[[], bool]) -> None:
    """Wait for that; what works does not take PATIENCE_S."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


class ScriptedLens:
    """Noise about a grey, for as long as its device says `run`.

    freeze, black   the same picture again and again; one that is black
    hang            a driver that never comes back, whatever its device says later
    crash           an error that nobody expects
    refuse          it cannot be opened any more, and gives no pictures
    """

    def __init__(self, source: str) -> None:
        self._device = Path(source)
        self._number = 0
        script = json.loads(self._device.read_text())
        self._name = script["name"]
        if script["mode"] == "refuse":
            raise InputError("it cannot be opened")
        width, height = script["size_px"]
        grey, dice = np.full((height, width, 3), script["grey"], np.uint8), np.random.default_rng(os.getpid())
        self._images = grey + dice.integers(0, NOISE, (NUM_PICTURES, *grey.shape), np.uint8)

    def read(self) -> Image:
        time.sleep(1 / FPS)
        match self._mode():
            case "hang":
                time.sleep(ENDLESS_S)
            case "crash":
                raise ZeroDivisionError("a visitor's face")
            case "refuse":
                raise InputError("it gives no pictures any more")
            case "black":
                return np.zeros_like(self._images[0])
            case "run":
                self._number += 1
        return np.asarray(self._images[self._number % NUM_PICTURES], np.uint8)

    def close(self) -> None: ...

    def _mode(self) -> str:
        try:
            script = json.loads(self._device.read_text())
        except OSError as error:
            raise InputError("it is gone") from error
        if script["name"] != self._name:
            raise InputError("it is gone, and another is in its place")
        return str(script["mode"])


class Bench:
    """Cameras, and the links to them, in a folder that stands for /dev."""

    def __init__(self, folder: Path, size_px: tuple[int, int] = (64, 48)) -> None:
        self._folder, self._size_px = folder, size_px
        self._links = folder / "v4l" / "by-id"
        self._links.mkdir(parents=True, exist_ok=True)

    def device(self, source: str) -> Device:
        """What `Camera` looks for it with."""
        return Device(source, self._folder, self._folder / "v4l")

    def plug(self, name: str, number: int = 0, mode: str = "run", grey: int = 100) -> None:
        """A camera appears under a number."""
        device = self._folder / f"video{number}"
        script = {"name": name, "mode": mode, "grey": grey, "size_px": self._size_px}
        temporary = device.with_suffix(".tmp")
        temporary.write_text(json.dumps(script))
        os.replace(temporary, device)
        link = self._links / name
        link.unlink(missing_ok=True)
        link.symlink_to(device)

    def tell(self, name: str, mode: str) -> None:
        """What it does from now on."""
        device = (self._links / name).resolve()
        script = json.loads(device.read_text())
        self.plug(name, int(device.name.removeprefix("video")), mode, script["grey"])

    def unplug(self, name: str) -> None:
        """It goes, and its link with it."""
        device = (self._links / name).resolve()
        (self._links / name).unlink()
        device.unlink()
