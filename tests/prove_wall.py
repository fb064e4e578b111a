"""Whether it can hang for months: even frames, a speed of its own, and a memory that stays as it is.

Claims of `make prove`; each also alone, for as long as is said: `python -m tests.prove_wall pacing 60`.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np

from installation import wiring
from installation.hanging import Hanging
from installation.loading import load_networks
from installation.options import TRUNCATION, Show
from installation.performance import Performance
from installation.ports import NANOSECONDS, Clock, Detail, Frame, Latent
from installation.stage.adaptive import AdaptiveSynthesizer
from installation.stage.backends import live_synthesizer
from installation.stage.display import Display
from installation.stage.pacing import Pacer, SystemClock, VirtualClock, frame_rate
from models.stylegan2 import Architecture, Generator
from run_installation import CHOREOGRAPHY, ROOT, WEIGHTS
from tests.bench.alone import alone
from tests.bench.kept import fingerprint
from tests.bench.machine import others_watched
from tests.bench.players import latents, random_generator, shipped
from tests.installation.fakes import ALWAYS, digest, tick

Figures = dict[str, float | int | str | bool]
SOURCES = ("installation", "installation/stage", "models", "tests/prove_wall.py")
PIECES = ROOT / "build" / "prove" / "wall"  # what a claim that takes long has already done
SEED = 7
LATE = 1.5  # periods
SHORTEST = 120
WARM_UP_FRAMES = 500
SHOWN_EVERY = 10  # frame in a window


def live_performance(clock: Clock, fps: float) -> Performance:
    """The shipped portrait as `run` plays it."""
    show = Show(WEIGHTS, "auto", None, TRUNCATION, CHOREOGRAPHY, SEED)
    performance = wiring.wire(load_networks(WEIGHTS), show, ALWAYS, is_live=True)
    performance.synthesizer = wiring.kept_up(performance, clock, fps)
    return performance


def in_pieces(
    name: str, function: Callable[[Any, Any], Figures], whole: float, piece: float, arg: float
) -> list[dict[str, Any]]:
    """function(piece, arg) as often as the whole takes, each in a process of its own, and kept, so that an
    interrupted run goes on with the next one. Once all are there they are forgotten: the next run is another.
    """
    PIECES.mkdir(parents=True, exist_ok=True)
    piece = min(piece, whole)
    version = fingerprint(*SOURCES)
    paths = [PIECES / f"{name}-{version}-{piece:g}-{number}.json" for number in range(round(whole / piece))]
    for path in paths:
        if not path.is_file():
            path.write_text(json.dumps(alone(function, piece, arg)))
    pieces = [json.loads(path.read_text()) for path in paths]
    for path in paths:
        path.unlink()
    return pieces


# --- even frames --------------------------------------------------------------------------------------------


def pacing(seconds: float = 600, fps: float = 60, piece_s: float = 300) -> Figures:
    """Live for ten minutes: frames come evenly, and on the second.

    It is played in pieces, each kept, so that an interrupted run goes on with the next one.
    """
    pieces = in_pieces(f"pacing-{fps:g}", paced, seconds, piece_s, fps)
    num_frames = sum(piece["num_frames"] for piece in pieces)
    late = sum(piece["num_late"] for piece in pieces) / num_frames
    drift_ms = max((piece["drift_ms"] for piece in pieces), key=abs)
    return {
        "seconds": sum(piece["seconds"] for piece in pieces),
        "num_frames": num_frames,
        "late": late,
        "num_stalls": sum(piece["num_stalls"] for piece in pieces),
        "drift_ms": drift_ms,
        "longest_interval_ms": max(piece["longest_interval_ms"] for piece in pieces),
        "sides": " ".join(sorted({side for piece in pieces for side in piece["sides"].split()})),
        "others": max(piece["others"] for piece in pieces),
        "holds": late < 0.001 and abs(drift_ms) < 1,
    }


def paced(seconds: float, fps: float) -> Figures:
    """One piece: when each frame was begun and when it was there, by the machine's clock."""
    clock = SystemClock()
    performance = live_performance(clock, fps)
    pacer = Pacer(clock, fps)
    begun, done, is_stall, sides = list[int](), list[int](), list[bool](), set[int]()
    with others_watched() as others:
        num_stalls = 0
        while not begun or clock.now_ns() - begun[0] < seconds * NANOSECONDS:
            now = pacer.tick()
            begun.append(clock.now_ns())
            is_stall.append(pacer.num_stalls > num_stalls)
            num_stalls = pacer.num_stalls
            sides.add(len(performance.step(now).image))
            done.append(clock.now_ns())
        share = others()
    period_ns = NANOSECONDS / frame_rate(fps)
    intervals_ns = np.diff(done)
    return {
        "seconds": round((begun[-1] - begun[0]) / NANOSECONDS, 1),
        "num_frames": len(begun),
        "num_late": int((intervals_ns > LATE * float(period_ns)).sum()),
        "num_stalls": num_stalls,
        "drift_ms": drift_ns(begun, is_stall, period_ns) / 1e6,
        "longest_interval_ms": float(intervals_ns.max()) / 1e6,
        "sides": " ".join(map(str, sorted(sides))),
        "others": round(share, 3),
    }


def drift_ns(begun: list[int], is_stall: list[bool], period_ns: Fraction) -> float:
    """How much later, or earlier, frames come in the end than they would by start + k · period.

    A stall drops frames and starts anew from where it ends: the drifts between stalls are added up. Of each
    stretch the earliest of its first and last tenth count, since a frame may be late and none is early; one
    of fewer than SHORTEST frames says more of these than of drift.
    """
    total = 0.0
    starts = [0, *(k for k, stalled in enumerate(is_stall) if stalled and k > 0), len(begun)]
    for first, last in pairwise(starts):
        if last - first < SHORTEST:
            continue
        behind = [float(begun[k] - begun[first] - (k - first) * period_ns) for k in range(first, last)]
        tenth = max(1, len(behind) // 10)
        total += min(behind[-tenth:]) - min(behind[:tenth])
    return total


# --- a speed of its own -------------------------------------------------------------------------------------


def show_speed(seconds: float = 60, live_s: float = 10) -> Figures:
    """What is shown at a second of the show is the same at any frame rate, simulated and live."""
    networks = load_networks(WEIGHTS)
    show = Show(WEIGHTS, "cpu", None, TRUNCATION, CHOREOGRAPHY, SEED)
    tracks = {}
    for fps in (24, 30, 60):
        performance = wiring.wire(networks, show, ALWAYS, is_live=False)
        pacer = Pacer(VirtualClock(), fps)
        tracks[fps] = {
            now_ns: digest([performance.pose_at(tick(now_ns))])
            for now_ns in (pacer.tick().t_ns for _ in range(round(seconds * fps)))
        }
    live = {fps: live_track(fps, live_s) for fps in (30, 60)}
    simulated = agreement(tracks[24], tracks[60])[0] + agreement(tracks[30], tracks[60])[0]
    differing = agreement(tracks[24], tracks[60])[1] + agreement(tracks[30], tracks[60])[1]
    shared, live_differing = agreement(live[30], live[60])
    return {
        "instants_simulated": simulated,
        "instants_live": shared,
        "differing": differing + live_differing,
        "holds": simulated > 0 and shared > 0 and differing + live_differing == 0,
    }


def live_track(fps: int, seconds: float) -> dict[int, str]:
    """The pose of each frame by its show time, while it is really played and drawn."""
    clock = SystemClock()
    performance = live_performance(clock, fps)
    pacer, track = Pacer(clock, fps), dict[int, str]()
    while not track or max(track) < seconds * NANOSECONDS:
        t_ns = pacer.tick().t_ns
        pose = performance.pose_at(tick(t_ns))
        performance.synthesizer.synthesize(pose.ws)
        track[t_ns] = digest([pose])
    return track


def agreement(one: dict[int, str], other: dict[int, str]) -> tuple[int, int]:
    """How many instants both have, and in how many they differ. Late frames have instants of their own."""
    shared = one.keys() & other.keys()
    return len(shared), sum(one[t_ns] != other[t_ns] for t_ns in shared)


# --- a memory that stays as it is ---------------------------------------------------------------------------


def flat_512(num_frames: int = 20_000, piece: int = 10_000) -> Figures:
    """Many frames at 512²: neither memory, nor threads, nor open files grow, all pieces taken together."""
    return flat_at(512, num_frames, piece)


def flat_64(num_frames: int = 200_000, piece: int = 50_000) -> Figures:
    """Ten times as many at 64²."""
    return flat_at(64, num_frames, piece)


def flat_at(side: int, num_frames: int, piece: int) -> Figures:
    pieces = in_pieces(f"flat-{side}", flat, num_frames, piece, side)
    sums = {
        key: round(sum(one[key] for one in pieces), 2)
        for key in ("num_frames", "grown_mb", "more_threads", "more_files")
    }
    return {
        "whose": pieces[0]["whose"],
        **sums,
        "pieces": len(pieces),
        "before_mb": max(one["before_mb"] for one in pieces),
        "frames_per_second": min(one["frames_per_second"] for one in pieces),
        "holds": sums["grown_mb"] < 10 and sums["more_threads"] == sums["more_files"] == 0,
    }


def flat(num_frames: int, side: int) -> Figures:
    """In a process of its own: drawn as a show draws, a share of them also shown in a window."""
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    generator, whose = generator_at(side)
    clock = SystemClock()
    people = latents(generator, 2)
    synthesizer = live_synthesizer(generator, "auto", clock, lambda line: click.echo(line, err=True))
    adaptive = AdaptiveSynthesizer(synthesizer, clock, frame_rate(60), people[0])
    display = Display(Hanging(), is_fullscreen=False)
    before, started = (0.0, 0, 0), time.monotonic()
    most_mb = 0.0
    for number, ws in enumerate(way(people, WARM_UP_FRAMES + num_frames)):
        other = number % 1000 == 999  # the weak machine's share: another resolution for a frame
        image = adaptive.synthesize(ws, Detail(adaptive.resolution if other else side, 1.0))
        if number % SHOWN_EVERY == 0:
            display.show(Frame(image, round(number * NANOSECONDS / 60)))
            list(display.requests())
        if number == WARM_UP_FRAMES:
            before = held()
        if number % 1000 == 0 and number > WARM_UP_FRAMES:
            most_mb = max(most_mb, held()[0])
    after = held()
    display.close()
    grown_mb = max(most_mb, after[0]) - before[0]
    return {
        "whose": whose,
        "num_frames": num_frames,
        "frames_per_second": round(num_frames / (time.monotonic() - started), 1),
        "before_mb": round(before[0], 1),
        "grown_mb": round(grown_mb, 2),
        "more_threads": after[1] - before[1],
        "more_files": after[2] - before[2],
    }


def generator_at(side: int) -> tuple[Generator, str]:
    """The shipped portrait if this is its resolution; else its widths there, with random weights."""
    generator = shipped()
    if side == generator.arch.resolution:
        return generator, "the shipped portrait"
    arch = Architecture(side, generator.arch.channel_base, generator.arch.channel_max)
    return random_generator(arch), "the shipped portrait's widths, random weights"


def way(people: list[Latent], num: int) -> Iterator[Latent]:
    """From one person to the other and back, so that no two neighbours are the same."""
    for number in range(num):
        share = np.float32(abs(number % 240 - 120) / 120)
        yield people[0] + share * (people[1] - people[0])


def held() -> tuple[float, int, int]:
    """Resident memory in MB, threads, and open files of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    num_threads, num_files = (sum(1 for _ in Path("/proc/self", kind).iterdir()) for kind in ("task", "fd"))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, num_threads, num_files


# ------------------------------------------------------------------------------------------------------------

CLAIMS: dict[str, Callable[..., Figures]] = {
    claim.__name__: claim for claim in (pacing, show_speed, flat_512, flat_64)
}


def main() -> int:
    name, *durations = sys.argv[1:]
    figures = CLAIMS[name](*map(float if name in ("pacing", "show_speed") else int, durations))
    click.echo(json.dumps(figures, indent=1))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
