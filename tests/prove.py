"""What the portrait promises, measured on the shipped weights: `make prove`.

Each claim is measured once and kept in build/prove/ under a fingerprint of weights and sources, so that an
interrupted run goes on where it stood. A share of the same claims, small enough for every change, is in
tests/test_shipped.py.
"""

import hashlib
import json
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

import av
import cv2
import numpy as np
import torch

from installation import wiring
from installation.loading import draw_person, load_networks
from installation.notation.document import parse_choreography
from installation.options import TRUNCATION, Show
from installation.portrait import Portrait
from installation.ports import NANOSECONDS, Latent
from installation.score.dice import show_dice
from installation.score.gesture import Gesture, draw_target
from installation.score.hours import instant
from installation.score.phrase import Phrase
from installation.score.rehearsal import rehearse
from installation.stage.synthesizer import TorchSynthesizer
from models.action_units import CATEGORIES
from models.checkpoint import file_sha256
from run_installation import CHOREOGRAPHY, ROOT, START, WEIGHTS, entry
from tests.encounter_film import films
from tests.encounters import thousand_encounters
from tests.installation.fakes import ALWAYS, digest, tick
from tests.models.parity import largest_difference
from tests.motions import motions
from tests.notation.fuzz import fuzz
from tests.prove_cameras import cameras
from tests.prove_convert import conversion
from tests.prove_desk import desk
from tests.prove_doctor import doctor
from tests.prove_faults import faults
from tests.prove_months import day, day_90, hour
from tests.prove_osc import osc
from tests.prove_screen import screen
from tests.prove_sight import sight
from tests.prove_wall import flat_64, flat_512, pacing, show_speed
from tests.saves import saves
from tests.score.civil import civil_time
from tests.visits import on_time, real_encounters
from training.evaluation.faces import SIDE_PX, face_probabilities
from training.identity import load_identity_reader

FOLDER = ROOT / "build" / "prove"
SEED = 7
Figures = dict[str, float | int | str | bool]


def parity() -> Figures:
    """StyleGAN2 against the published implementation: the largest difference of any pixel."""
    difference = largest_difference()
    return {"largest_difference": difference, "holds": difference < 1e-4}


def minute() -> Figures:
    """A recorded minute: every frame a face, no frame like the one before."""
    video = FOLDER / "minute.mp4"
    started = time.perf_counter()
    assert entry(["record", str(video), "--seconds", "60", "--seed", str(SEED)]) == 0
    seconds = time.perf_counter() - started
    with av.open(str(video)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    small = [cv2.resize(frame, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA) for frame in frames]
    found = np.array(list(face_probabilities(small)))
    still = sum(bool(np.array_equal(a, b)) for a, b in pairwise(frames))
    sure = float((found > 0.99).mean())
    return {
        "frames": len(frames),
        "frames_per_second_rendered": round(len(frames) / seconds, 1),
        "with_face": float((found > 0).mean()),
        "with_face_above_0.99": sure,
        "lowest_probability": round(float(found.min()), 4),
        "identical_neighbours": still,
        "holds": len(frames) == 1800 and bool((found > 0).all()) and sure >= 0.99 and still == 0,
    }


def frame_rates() -> Figures:
    """The same seed at 30 and 60 frames a second with the real networks: the same tracks, to the byte."""
    networks = load_networks(WEIGHTS)
    tracks = {}
    for fps in (30, 60):
        show = Show(WEIGHTS, "cpu", None, TRUNCATION, CHOREOGRAPHY, SEED)
        performance = wiring.wire(networks, show, ALWAYS, is_live=False)
        poses = [performance.pose_at(tick(frame * NANOSECONDS // fps)) for frame in range(60 * fps)]
        tracks[fps] = digest(poses if fps == 30 else poses[::2])
    return {"at_30": tracks[30][:12], "at_60": tracks[60][:12], "holds": tracks[30] == tracks[60]}


def ten_thousand_gestures() -> Figures:
    """From the anchor and in the published chain: how alike the person is after 10,000 gestures."""
    networks = load_networks(WEIGHTS)
    reader = load_identity_reader()
    synthesizer = TorchSynthesizer(networks.generator.generator, torch.device("cpu"))
    figures: Figures = {}
    for name, motion in (("anchor", "linear"), ("chain", "chained")):
        dice = random.Random(SEED)
        targets = [draw_target(Gesture(name, name, None), show_dice(SEED, 0)) for name in CATEGORIES]
        portrait = Portrait(
            networks.pseudo_autoencoder.model, {15: draw_person(networks, 15, TRUNCATION)}, 15
        )
        first, last = dict[int, Latent](), dict[int, Latent]()
        for number in range(10_000):
            chosen = dice.randrange(len(targets))
            start_ns = number * NANOSECONDS
            portrait.begin(
                Phrase(number, "", "", targets[chosen], start_ns, NANOSECONDS // 2, 0, "linear", motion)
            )
            last[chosen] = portrait.at(start_ns + NANOSECONDS).ws
            first.setdefault(chosen, last[chosen])
        pictures = [np.stack([synthesizer.synthesize(ws[k]) for k in sorted(first)]) for ws in (first, last)]
        before, after = (reader.describe(shown) for shown in pictures)
        figures[f"{name}_likeness"] = round(float((before * after).sum(1).min()), 4)
        figures[f"{name}_same_bytes"] = all(np.array_equal(first[k], last[k]) for k in first)
    figures["holds"] = bool(figures["anchor_same_bytes"]) and float(figures["anchor_likeness"]) >= 0.99
    return figures


def motion() -> Figures:
    """A minute, expressive beside linear: no unit jumps, no face passes neutral. The film is to be seen."""
    return motions(FOLDER / "motions.mp4")


def wrong_files() -> Figures:
    """10,000 files, most of them wrong in some way: none crashes, hangs or fills the memory."""
    figures = fuzz(10_000)
    holds = figures["crashes"] == 0 and figures["slowest_ms"] < 250 and figures["largest_mb"] < 20
    return {**figures, "holds": holds}


def edits() -> Figures:
    """300 saves of every kind during a show: the newest good one is playing, and nothing else ever was."""
    figures = saves(300)
    return {**figures, "holds": figures["wrong"] == 0}


def days() -> Figures:
    """How long a day of each choreography takes to simulate, in seconds; nothing in it stands still."""
    start = datetime.fromisoformat(START)
    begins_ns = instant(start.date(), start.time(), ALWAYS.zone)
    figures: Figures = {}
    holds = True
    for path in sorted(CHOREOGRAPHY.parent.glob("*.yaml")):
        score = parse_choreography(path.read_bytes(), path.name)
        started = time.perf_counter()
        rehearsal = rehearse(score, SEED, ALWAYS, begins_ns, 24)
        figures[path.stem] = round(time.perf_counter() - started, 2)
        holds = (
            holds
            and float(figures[path.stem]) < 2
            and rehearsal.num_no_ops == rehearsal.num_past_neutral == 0
        )
    return figures | {"holds": holds}


def encounter_sheet() -> Figures:
    """A full encounter with each of two visitors, as film and sheet: to be seen."""
    return films(FOLDER)


CLAIMS: dict[str, Callable[[], Figures]] = {
    claim.__name__: claim
    for claim in (
        parity, minute, motion, frame_rates, ten_thousand_gestures, wrong_files, edits, civil_time, days,
        encounter_sheet, thousand_encounters, real_encounters, on_time, sight, cameras,
        conversion, screen, show_speed, pacing, flat_512, flat_64,
        day, hour, day_90, faults, doctor, osc, desk,
    )
}  # fmt: skip


def fingerprint() -> str:
    """Changes with the weights, the choreographies and every source file."""
    folders = ("installation", "models", "tests", "choreographies")
    files = sorted(
        path for folder in folders for path in ROOT.joinpath(folder).rglob("*.*") if path.is_file()
    )
    sources = [path for path in files if path.suffix in (".py", ".yaml", ".safetensors", ".npz")]
    return hashlib.sha256("".join(map(file_sha256, sources)).encode()).hexdigest()[:12]


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    version = fingerprint()
    wanted = sys.argv[1:] or list(CLAIMS)
    holds = True
    for name in wanted:
        path = FOLDER / f"{name}-{version}.json"
        if not path.exists():
            path.write_text(json.dumps(CLAIMS[name](), indent=1))
        figures = json.loads(path.read_text())
        holds = holds and figures["holds"]
        print(f"{name}: {CLAIMS[name].__doc__}\n  " + "\n  ".join(f"{k}: {v}" for k, v in figures.items()))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
