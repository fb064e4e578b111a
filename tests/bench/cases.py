"""What is measured: each case gives figures that JSON can hold, in less than ten minutes."""

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # before pygame: its window is drawn without a screen

import numpy as np

from installation.hanging import Hanging
from installation.loading import draw_person, load_networks
from installation.options import TRUNCATION
from installation.portrait import expressed
from installation.ports import NANOSECONDS, Frame, Latent
from installation.stage.adaptive import AdaptiveSynthesizer
from installation.stage.backends import live_synthesizer
from installation.stage.child import num_cores
from installation.stage.display import Display
from installation.stage.pacing import Pacer, SystemClock, frame_rate
from models.action_units import NUM_AUS
from models.stylegan2 import Architecture, Generator
from run_installation import WEIGHTS
from tests.bench.alone import alone, first_frames_s, keep_to_one_core
from tests.bench.cost import multiply_adds
from tests.bench.machine import described, others_watched, peak_memory_mb, peaks
from tests.bench.players import (
    EAGER,
    GRAPHS,
    LITERAL,
    Player,
    latents,
    players,
    psnr_db,
    random_generator,
    shipped,
)  # fmt: skip
from tests.bench.timing import Spread, interleaved_ms, ratios

Figures = dict[str, Any]
Told = Callable[[str], object]
SHIPPED = "portrait"
CONFIGS = {
    "256-4096-256": Architecture(256, 4096, 256),
    "512-4096-256": Architecture(512, 4096, 256),
    "512-8192-256": Architecture(512, 8192, 256),
    "512-16384-512": Architecture(512, 16384, 512),
    "1024-32768-512": Architecture(1024, 32768, 512),
}
NUM_PEOPLE = 2  # whose pictures are compared
FPS = 30  # that one core is to hold


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: at most so many rounds, in about so many seconds a case."""

    num_rounds: int
    seconds: float
    is_quick: bool = False


def generator_of(config: str) -> Generator:
    return shipped() if config == SHIPPED else random_generator(CONFIGS[config])


# --- frames -------------------------------------------------------------------------------------------------


def frames(config: str, effort: Effort, told: Told) -> Figures:
    """Latent to 8 bits on the host, everybody in turn; how alike the pictures are; memory, each alone."""
    generator = generator_of(config)
    people = latents(generator, NUM_PEOPLE)
    ready = {}
    playing = _worth_playing(effort)
    for player in playing:
        told(f"making {player.key}")
        ready[player.key] = player.ready(generator)
    exact = [ready[_key(playing, EAGER)](ws) for ws in people]
    drawn = {
        key: min(psnr_db(draw(ws), e) for ws, e in zip(people, exact, strict=True))
        for key, draw in ready.items()
    }
    taken = timed({key: partial(draw, people[0]) for key, draw in ready.items()}, effort, told)
    del ready
    gmac = multiply_adds(generator.arch) / 1e9
    rows = {}
    for player in playing:
        ms = taken[player.key]
        published = taken.get(f"{LITERAL}, {player.num_threads}", taken[playing[0].key])
        rows[player.key] = {
            "name": player.name,
            "num_threads": player.num_threads,
            "ms": asdict(Spread.of(ms)),
            "p99_ms": float(np.percentile(ms, 99)),
            "ratio": asdict(Spread.of(ratios(published, ms))),
            "gflops": 2 * gmac / Spread.of(ms).median * 1e3,
            "psnr_db": drawn[player.key],
            "memory_mb": None if not is_weighed(player, effort) else alone(memory_mb, config, player.name),
        }
    return {
        "architecture": asdict(generator.arch),
        "gmac": gmac,
        "num_rounds": len(ms),
        "players": rows,
    }


def is_weighed(player: Player, effort: Effort) -> bool:
    """Threads take next to no memory: with all cores is enough."""
    return not effort.is_quick and player.num_threads == num_cores()


def _key(playing: list[Player], name: str) -> str:
    return next(player.key for player in playing if player.name == name)


def _worth_playing(effort: Effort) -> list[Player]:
    """Quickly: with all cores alone."""
    return [player for player in players() if not effort.is_quick or player.num_threads == num_cores()]


def timed(calls: dict[str, Callable[[], object]], effort: Effort, told: Told) -> dict[str, list[float]]:
    """As many rounds as there is time for, three at least."""
    started = time.perf_counter()
    interleaved_ms(calls, 0)  # counts for nothing: everything is allocated in it
    round_s = time.perf_counter() - started
    num_rounds = max(3, min(effort.num_rounds, int(effort.seconds / round_s)))
    return interleaved_ms(calls, num_rounds, lambda k: told(f"round {k} of {num_rounds}"))


def memory_mb(config: str, name: str) -> float:
    """The largest resident set of a process in which one player draws three frames."""
    generator = generator_of(config)
    player = next(player for player in players() if player.name == name)
    draw, (ws,) = player.ready(generator), latents(generator, 1)
    for _ in range(3):
        draw(ws)
    return peak_memory_mb()


# --- the show -----------------------------------------------------------------------------------------------


def show(effort: Effort, told: Told) -> Figures:
    """The shipped portrait: a new target, a frame in a window, and frames shown as fast as they come."""
    networks = load_networks(WEIGHTS)
    anchor = draw_person(networks, 15, TRUNCATION)
    display = Display(Hanging(), is_fullscreen=False)
    try:
        found: Figures = {"window": "768 × 768, drawn by SDL without a graphics card"}
        pictures = {
            side: Frame(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8), 0)
            for side in (256, 512)
        }
        calls: dict[str, Callable[[], object]] = {
            f"show {side}²": partial(display.show, picture) for side, picture in pictures.items()
        }
        model = networks.pseudo_autoencoder.model
        calls["a new target A(w, u)"] = lambda: expressed(model, anchor, (0.5,) * NUM_AUS)
        taken = timed(calls, effort, told)
        found["ms"] = {name: asdict(Spread.of(ms)) for name, ms in taken.items()}
        found["unpaced"] = {
            name: unpaced(generator, display, effort, told) for name, generator in portraits().items()
        }
    finally:
        display.close()
    return found


def portraits() -> dict[str, Generator]:
    """The shipped one; and where it is smaller than 512², random weights of its widths at 512²."""
    generator = shipped()
    arch = generator.arch
    found = {f"{arch.resolution}², the shipped weights": generator}
    if arch.resolution < 512:
        wider = Architecture(512, arch.channel_base, arch.channel_max)
        found["512², the same widths, random weights"] = random_generator(wider)
    return found


def unpaced(generator: Generator, display: Display, effort: Effort, told: Told) -> Figures:
    """One frame after the other, as fast as each backend can, latent to shown; and without showing."""
    people = latents(generator, 2)
    way = [np.float32(1 - k / 60) * people[0] + np.float32(k / 60) * people[1] for k in range(60)]
    num_frames = 60 if effort.is_quick else 600
    found = {}
    for player in _worth_playing(effort):
        if player.name in (LITERAL, EAGER):
            continue
        told(f"unpaced: {player.key}")
        draw, shown, drawn = player.ready(generator), [], []
        for number in range(num_frames + 20):
            ws: Latent = way[number % len(way)]
            started = time.perf_counter()
            picture = draw(ws)
            done = time.perf_counter()
            display.show(Frame(picture, number * NANOSECONDS // 60))
            if number >= 20:
                drawn.append((done - started) * 1e3)
                shown.append((time.perf_counter() - started) * 1e3)
        found[player.key] = {"drawn": _distribution(drawn), "shown": _distribution(shown)}
    return found


def _distribution(ms: list[float]) -> Figures:
    return {**asdict(Spread.of(ms)), "p99": float(np.percentile(ms, 99)), "num_frames": len(ms)}


# --- the rest -----------------------------------------------------------------------------------------------


def machine(effort: Effort, _told: Told) -> Figures:
    """What it is, and the most that it was seen to compute with each number of threads."""
    threads = sorted({num_cores(), max(1, num_cores() - 1)})
    return {**described(), "peaks": {str(n): peaks(n, min(effort.num_rounds, 9)) for n in threads}}


def one_core(effort: Effort, told: Told) -> Figures:
    """A machine of one core, which everything shares: whether frames come at 30 a second, and how fine."""
    seconds = 5 if effort.is_quick else 30
    configs = (SHIPPED, *(() if effort.is_quick else ("512-4096-256", "512-16384-512")))
    found = {}
    for config in configs:
        told(config)
        found[config] = alone(kept_up_on_one_core, config, seconds)
    return {"fps": FPS, "configs": found}


def kept_up_on_one_core(config: str, seconds: float) -> Figures:
    """In a process of its own: a show's loop without its choreography."""
    keep_to_one_core()
    generator = generator_of(config)
    clock, lines = SystemClock(), list[str]()
    people = latents(generator, 2)
    finest = live_synthesizer(generator, "cpu", clock, lines.append, GRAPHS)
    adaptive = AdaptiveSynthesizer(finest, clock, frame_rate(FPS), people[0])
    pacer, done, sides, t_ns = Pacer(clock, FPS), [], Counter[int](), 0
    while t_ns < seconds * NANOSECONDS:
        t_ns = pacer.tick().t_ns
        share = np.float32(t_ns / NANOSECONDS % 1)
        sides[len(adaptive.synthesize(people[0] + share * (people[1] - people[0])))] += 1
        done.append(clock.now_ns())
    settled = np.diff(done[len(done) // 3 :]) * (FPS / NANOSECONDS)  # in periods, once it is at rest
    return {
        "told": lines[-1],
        "resolutions": adaptive.resolutions,
        "sides": {str(side): count / len(done) for side, count in sorted(sides.items())},
        "late": float((settled > 1.5).mean()),
        "fps": float(1 / settled.mean() * FPS),
    }


def start_up(effort: Effort, _told: Told) -> Figures:
    """The whole command until it has shown a tenth of a second and ended."""
    taken = first_frames_s(*((1, 1) if effort.is_quick else (3, 5)))
    return {name: asdict(Spread.of(seconds)) for name, seconds in taken.items()}


CASES: dict[str, Callable[[Effort, Told], Figures]] = {
    "machine": machine,
    **{f"frames-{config}": partial(frames, config) for config in (SHIPPED, *CONFIGS)},
    "show": show,
    "one_core": one_core,
    "start_up": start_up,
}
QUICK = ("machine", f"frames-{SHIPPED}", "frames-256-4096-256", "start_up")


def measure(name: str, effort: Effort, told: Told) -> Figures:
    """A case, and which share of the cores others took meanwhile."""
    started = time.monotonic()
    with others_watched() as others:
        figures = CASES[name](effort, told)
        share = others()
    return {**figures, "others": round(share, 3), "seconds": round(time.monotonic() - started)}
