"""A minute of the default choreography, `expressive` beside `linear`: for `make prove`, and to be looked at.

python -m tests.motions build/motions.mp4
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from installation.loading import Networks, draw_person, load_networks
from installation.notation.document import parse_choreography
from installation.options import TRUNCATION
from installation.performance import Performance
from installation.portrait import Portrait, Pose
from installation.ports import NANOSECONDS, Frame
from installation.score.choreography import Who
from installation.score.conductor import Conductor
from installation.stage.recorder import open_recorder
from installation.wiring import synthesizer_of
from run_installation import CHOREOGRAPHY, WEIGHTS
from tests.installation.fakes import ALWAYS, tick

Figures = dict[str, float | int | str | bool]
FPS = 30
SEED = 7
# The quickest ease over the quickest part of the shortest onset that the default has, between two frames.
LARGEST_STEP = 0.5


def show_of(networks: Networks, motion: str) -> Performance:
    """The default choreography in another motion: the same gestures, drawn by the same dice."""
    score = replace(parse_choreography(CHOREOGRAPHY.read_bytes(), CHOREOGRAPHY.name), motion=motion)
    resident: Who = 15 if score.person is None else score.person
    people = {
        who: draw_person(networks, who, TRUNCATION)
        for who in {resident: None, **score.people}
        if isinstance(who, int)
    }
    loaded = networks.pseudo_autoencoder
    portrait = Portrait(loaded.model, people, resident, loaded.learned_controls)
    return Performance(
        Conductor(score, SEED, ALWAYS, portrait, resident), portrait, synthesizer_of(networks, "cpu")
    )


def steps_of(track: Sequence[Pose]) -> list[float]:
    """How far the unit that moves most moves between two frames."""
    return [float(np.abs(np.subtract(b.aus, a.aus)).max()) for a, b in pairwise(track)]


def past_neutral(show: Performance, seconds: int) -> tuple[int, int]:
    """In so many seconds: transitions, and those on whose way a unit, or the face as a whole, is less than at
    the poorer of the two ends.
    """
    frames = []
    for frame in range(seconds * 60):
        aus = np.array(show.pose_at(tick(frame * NANOSECONDS // 60)).aus)
        assert show.phrase is not None
        frames.append((show.phrase.number, np.append(aus, aus.sum())))
    phrases = [[aus for _, aus in group] for _, group in groupby(frames, key=lambda frame: frame[0])]
    num_past = 0
    for before, phrase in pairwise(phrases):
        ends = np.minimum(before[-1], phrase[-1])
        num_past += bool((np.array(phrase) < ends - 1e-9).any())
    return len(phrases) - 1, num_past


def motions(output: Path) -> Figures:
    """Write the film, and measure it: expressive to the left, linear to the right."""
    networks = load_networks(WEIGHTS)
    shows = {motion: show_of(networks, motion) for motion in ("expressive", "linear")}
    tracks: dict[str, list[Pose]] = {motion: [] for motion in shows}
    side = next(iter(shows.values())).synthesizer.resolution
    recorder = open_recorder(output, FPS, (2 * side, side))
    for frame in range(60 * FPS):
        now = tick(frame * NANOSECONDS // FPS)
        for motion, show in shows.items():
            tracks[motion].append(show.pose_at(now))
        images = [show.synthesizer.synthesize(tracks[motion][-1].ws) for motion, show in shows.items()]
        recorder.show(Frame(np.hstack(images), now.t_ns))
    recorder.close()
    figures: Figures = {}
    holds = True
    for motion, track in tracks.items():
        num_transitions, num_past = past_neutral(show_of(networks, motion), 600)
        strides = [float(np.linalg.norm(b.ws - a.ws)) for a, b in pairwise(track)]
        figures |= {
            f"{motion}_largest_step": round(max(steps_of(track)), 3),
            f"{motion}_median_stride_in_w": round(float(np.median(strides)), 3),
            f"{motion}_largest_stride_in_w": round(max(strides), 3),
            f"{motion}_transitions": num_transitions,
            f"{motion}_past_neutral": num_past,
        }
        holds = holds and max(steps_of(track)) <= LARGEST_STEP and num_past == 0 and min(strides) > 0
    return figures | {"holds": holds}


if __name__ == "__main__":
    print(json.dumps(motions(Path(sys.argv[1])), indent=1))
