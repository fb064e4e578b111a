"""How soon the live processes see, project and forget; beside a machine at rest, and beside a busy show.

python -m tests.prove_sight
"""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import torch

from installation.loading import draw_latent, load_networks
from installation.ports import NANOSECONDS
from installation.sight.watching import WatchingEyes
from installation.stage.camera_images import take_image
from installation.stage.shared import SharedLatest
from installation.wiring import synthesizer_of
from run_installation import WEIGHTS
from tests.sight.faces import CAMERA_PX, GREY, collins, seen
from tests.sight.processes import portraits_sight
from tests.sight.scripted import FPS, seen_when, write_film

NUM_ROUNDS = 3
NOBODY_S, SOMEBODY_S = 3, 12
LATENT = (14, 512)
SHOW_FPS = 24
SEEN_S, PROJECTED_S, FORGOTTEN_S = 0.5, 8.0, 1.0

Figures = dict[str, float | int | str | bool]


def sight() -> Figures:
    """Seconds from a face in the picture to its sighting, from a request to the likeness, and to forget."""
    figures = measured()
    with show() as frames:
        figures |= {f"{name}_beside_a_show": figure for name, figure in measured().items()}
    figures |= frames
    limits = {"seen_s": SEEN_S, "projected_s": PROJECTED_S, "forgotten_s": FORGOTTEN_S}
    holds = all(
        float(figures[name + which]) <= limit
        for name, limit in limits.items()
        for which in ("", "_beside_a_show")
    )
    return {**figures, "holds": holds}


def measured() -> Figures:
    """The longest of some rounds."""
    wall = np.full((CAMERA_PX[1], CAMERA_PX[0], 3), GREY, np.uint8)
    somebody = (seen(collins(), 460, 220 + 3 * (k % 8)) for k in range(SOMEBODY_S * FPS))
    with tempfile.TemporaryDirectory() as folder:
        film = write_film(Path(folder) / "film.mp4", [*[wall] * (NOBODY_S * FPS), *somebody])
        with WatchingEyes(film, portraits_sight, LATENT, print) as eyes:
            seen_when(eyes, lambda sighting: sighting.visitors)
            with closing(SharedLatest.attached(eyes._camera.images)) as images:
                rounds = [_round(eyes, images, number) for number in range(1, NUM_ROUNDS + 1)]
            started = time.perf_counter()
            for _ in range(1000):
                eyes.look(0)
            look_us = 1000 * (time.perf_counter() - started)
    worst = np.max(rounds, axis=0)
    names = ("seen_s", "projected_s", "forgotten_s")
    figures: Figures = {name: round(float(figure), 3) for name, figure in zip(names, worst, strict=True)}
    return figures | {"look_us": round(look_us, 1)}


def _round(eyes: WatchingEyes, images: SharedLatest, number: int) -> tuple[float, float, float]:
    """Somebody comes into the picture; their face is asked for, and forgotten."""
    _image_when(images, is_empty=True)
    shown_ns = _image_when(images, is_empty=False)
    sighting = seen_when(eyes, lambda sighting: sighting.visitors)
    seen_ns = time.monotonic_ns() - shown_ns
    time.sleep(1)
    asked_ns = time.monotonic_ns()
    eyes.project(number, sighting.visitors[0].number)
    seen_when(eyes, lambda sighting: sighting.likeness)
    projected_ns = time.monotonic_ns() - asked_ns
    assert eyes.look(0).likeness.ws is not None, eyes.look(0).likeness.doubts
    asked_ns = time.monotonic_ns()
    eyes.forget()
    seen_when(eyes, lambda _: eyes._report.num_forgets == number)
    forgotten_ns = time.monotonic_ns() - asked_ns
    return seen_ns / NANOSECONDS, projected_ns / NANOSECONDS, forgotten_ns / NANOSECONDS


def _image_when(images: SharedLatest, *, is_empty: bool) -> int:
    """When the first image was taken that shows somebody, or nobody."""
    while True:
        stamped = take_image(images)
        if stamped is not None and (stamped.value.std() < 10) == is_empty:
            return stamped.t_ns
        time.sleep(0.002)


# --- a busy show --------------------------------------------------------------------------------------------


@contextmanager
def show() -> Iterator[Figures]:
    """A process that draws frames; once it has ended, how late they were is in what this gives."""
    figures: Figures = {}
    context = multiprocessing.get_context("spawn")
    is_over, is_on, frames = context.Event(), context.Event(), context.Queue()
    process = context.Process(target=play, args=(is_on, is_over, frames), daemon=True)
    process.start()
    is_on.wait()
    yield figures
    is_over.set()
    figures.update(frames.get())
    process.join()


def play(is_on: Event, is_over: Event, frames: "multiprocessing.Queue[Figures]") -> None:
    """Draw at SHOW_FPS on one thread."""
    torch.set_num_threads(1)
    networks = load_networks(WEIGHTS)
    ws = draw_latent(networks, 1, 0.7)
    synthesizer = synthesizer_of(networks, "cpu", is_live=True)
    took = []
    is_on.set()
    while not is_over.is_set():
        started = time.perf_counter()
        synthesizer.synthesize(ws)
        took.append(time.perf_counter() - started)
        time.sleep(max(0, 1 / SHOW_FPS - took[-1]))
    milliseconds = 1000 * np.array(took)
    frames.put(
        {
            "frames": len(took),
            "frame_ms": round(float(np.median(milliseconds)), 1),
            "frame_ms_99": round(float(np.percentile(milliseconds, 99)), 1),
            "frames_beyond_1.5_periods": round(float((milliseconds > 1500 / SHOW_FPS).mean()), 5),
        }
    )


if __name__ == "__main__":
    found = sight()
    sys.stdout.write("".join(f"{name}: {figure}\n" for name, figure in found.items()))
