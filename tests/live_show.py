"""The program as a gallery runs it, less the supervisor, and with a sink that notes when frames are shown.

    python -m tests.live_show [--encounters N] [--gaze] run SCORE --headless --webcam FILE.mp4 --seconds 60

At the end the notes go to standard output as JSON; no file is written, so that it can be watched whether the
program writes one.
"""

import json
import sys
import time
from array import array
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from installation import app, run
from installation.performance import Performance
from installation.ports import Command, Frame, Image, Request, Sink
from installation.score.encounter import Stage
from installation.stage.camera_images import take_image
from installation.stage.shared import SharedLatest
from installation.supervision.supervise import Plan, sink_of
from installation.wording import say
from models.controls import CONTROLS
from run_installation import entry
from tests.clip import EMPTY, picture

STAGES: Final = tuple(Stage)
APPEARED: Final = 6.0  # grey levels, in the mean, by which a picture differs once somebody is in it
MOVED_DEG: Final = 1.0  # of the eyes
GAZE_X: Final = CONTROLS.index("gaze_x")


class Notes:
    """A sink before another one."""

    def __init__(self, performance: Performance, sink: Sink, num: int, *, is_gaze: bool) -> None:
        """Leaves after `num` encounters, if that is not 0."""
        self.performance, self.sink, self.num_encounters = performance, sink, num
        self.shown_ns, self.t_ns, self.stages = array("q"), array("q"), array("b")
        self.begun_s = time.time()  # as the system's own tools tell time
        self.num_taken_up = 0
        self._was_private = False
        self._gaze = Gaze(performance) if is_gaze else None

    def show(self, frame: Frame) -> None:
        self.sink.show(frame)
        visit = self.performance.visit
        self.shown_ns.append(time.monotonic_ns())
        self.t_ns.append(frame.t_ns)
        self.stages.append(STAGES.index(visit.encounter.stage) if visit else 0)
        self.num_taken_up += self._was_private and not frame.is_private  # and let go again
        self._was_private = frame.is_private
        if self._gaze:
            self._gaze.note(frame.t_ns)

    def requests(self) -> Iterator[Request]:
        if self.num_encounters and self.num_taken_up >= self.num_encounters:
            yield Command.QUIT
        yield from self.sink.requests()

    def close(self) -> None:
        self.sink.close()

    def told(self) -> dict[str, Any]:
        return {
            "begun_s": self.begun_s,
            "encounters": self.num_taken_up,
            "shown_ns": list(self.shown_ns),
            "t_ns": list(self.t_ns),
            "stages": [STAGES[stage].value for stage in self.stages],
            "gaze_s": self._gaze.delays_s if self._gaze else [],
        }


class Gaze:
    """From the picture in which somebody suddenly stands to the frame in which the portrait's eyes moved.

    The camera's pictures are taken from its mailbox, as the sight takes them.
    """

    def __init__(self, performance: Performance) -> None:
        self.delays_s: list[float] = []
        self._performance = performance
        self._images: SharedLatest | None = None
        self._empty: NDArray[np.float32] | None = None
        self._appeared_ns: int | None = None
        self._is_looked_at = False

    def note(self, t_ns: int) -> None:
        visit = self._performance.visit
        assert visit is not None
        if self._images is None:
            self._images = SharedLatest.attached(visit._eyes._camera.images)
        stamped = take_image(self._images)
        if stamped is not None:
            self._see(stamped.value, stamped.t_ns)
        degrees = abs(visit._attention.at(t_ns).controls[GAZE_X])
        if self._appeared_ns is not None and degrees > MOVED_DEG and not self._is_looked_at:
            self._is_looked_at = True
            self.delays_s.append((time.monotonic_ns() - self._appeared_ns) / 1e9)

    def _see(self, image: Image, t_ns: int) -> None:
        if self._empty is None:
            self._empty = _small(picture(EMPTY, 0, (image.shape[1], image.shape[0])))
        small = _small(image)
        is_somebody = float(np.abs(small - self._empty).mean()) > APPEARED
        if is_somebody and self._appeared_ns is None:
            self._appeared_ns, self._is_looked_at = t_ns, False
        elif not is_somebody:
            self._appeared_ns = None


def _small(image: Image) -> NDArray[np.float32]:
    return image[::8, ::8].astype(np.float32).mean(2)


def main(args: list[str]) -> int:
    notes: list[Notes] = []
    num_encounters, is_gaze, play = 0, False, app.play
    while args and args[0].startswith("--"):
        if args.pop(0) == "--gaze":
            is_gaze = True
        else:
            num_encounters = int(args.pop(0))

    def noted(performance: Performance, sink: Sink, *rest: Any) -> None:
        notes.append(Notes(performance, sink, num_encounters, is_gaze=is_gaze))
        play(performance, notes[0], *rest)

    def alone(plan: Plan) -> None:
        """Without the supervisor: what is watched is in this process."""
        app.perform(plan.show, plan.site, plan.fps, plan.screen.seconds, sink_of(plan, say))

    app.play, run.supervise = noted, alone
    code = entry(args)
    if notes:
        sys.stdout.write(json.dumps(notes[0].told()) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
