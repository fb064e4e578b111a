"""What the sight process is started with where it need not see, the film that its camera plays, and the wait
for what it reports.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import av
import numpy as np

from installation.ports import Eyes, Sighting
from installation.sight.sight import Sight
from tests.sight.fakes import Stagehands, face

FPS = 25
SLICE_S = 300
ENDLESS_S = 200  # nothing that works takes so long


def scripted_sight() -> Sight:
    """It sees somebody in every image."""
    hands = Stagehands()
    hands.finder.found = [face()]
    return Sight(hands.finder, hands.reader, hands.begin, time.monotonic_ns, first_number=time.monotonic_ns())


def slow_sight() -> Sight:
    """It sees somebody, and a slice takes it very long."""
    hands = Stagehands()
    hands.finder.found = [face()]

    def begin(image: np.ndarray) -> object:
        time.sleep(SLICE_S)

    return Sight(hands.finder, hands.reader, begin, time.monotonic_ns, first_number=time.monotonic_ns())


def missing_sight() -> Sight:
    raise RuntimeError("of a visitor's face not a word")


def seen_when(eyes: Eyes, holds: Callable[[Sighting], object]) -> Sighting:
    """What is seen as soon as it holds."""
    deadline = time.monotonic() + ENDLESS_S
    while time.monotonic() < deadline:
        sighting = eyes.look(0)
        if holds(sighting):
            return sighting
        time.sleep(0.002)
    raise AssertionError(f"never: {sighting}")


def write_film(path: Path, images: Iterable[np.ndarray]) -> Path:
    """RGB uint8 [H, W, 3] → a video of FPS a second."""
    with av.open(str(path), "w") as container:
        stream = None
        for image in images:
            if stream is None:
                stream = container.add_stream(
                    "libx264", rate=FPS, options={"crf": "15", "preset": "ultrafast"}
                )
                stream.height, stream.width, stream.pix_fmt = *image.shape[:2], "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path
