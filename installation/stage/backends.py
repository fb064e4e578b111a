"""Which synthesizer plays a show: a graphics card where there is one, else whatever wins a race here.

Processors differ fivefold in what they make of bfloat16, and no name or flag of theirs tells: a second of
measuring does.
"""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import torch

from installation.ports import Clock, Synthesizer
from installation.stage.child import num_cores
from installation.stage.cuda_synthesizer import cuda_synthesizer
from installation.stage.openvino_synthesizer import OpenVinoSynthesizer
from installation.stage.synthesizer import TorchSynthesizer, choose_device, freeze
from models.stylegan2 import Generator

T = TypeVar("T")
RACE_NS: Final = 1_000_000_000
NUM_ROUNDS: Final = (3, 20)  # at least and at most
HOPELESS: Final = 2.0  # times as slow as the fastest: out after the first round


class Backend(Enum):
    """What draws."""

    TORCH = "PyTorch"
    OPENVINO = "OpenVINO"
    CUDA = "CUDA graphs"


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend in a precision."""

    backend: Backend
    dtype: torch.dtype = torch.float32

    def __str__(self) -> str:
        return f"{self.backend.value}, {str(self.dtype).removeprefix('torch.')}"


CHOICES: Final = tuple(
    Choice(backend, dtype)
    for backend in (Backend.OPENVINO, Backend.TORCH)
    for dtype in (torch.bfloat16, torch.float32)
)


def backend_of(
    choice: Choice,
    generator: Generator,
    num_threads: int | None = None,
    cache: Path | None = None,
    graph: Any = None,
) -> Synthesizer:
    """One backend, forced. On a card the precision is the card's. A `graph` is OpenVINO's, as it was read for
    the other precision.

    Raises:
        ImportError: OpenVINO is not installed.
        RuntimeError: it cannot be used here.
    """
    if choice.backend is Backend.CUDA:
        return cuda_synthesizer(generator)
    num_threads = num_threads or spare_threads()
    if choice.backend is Backend.OPENVINO:
        return OpenVinoSynthesizer(generator, choice.dtype, num_threads, cache, graph)
    torch.set_num_threads(num_threads)
    return TorchSynthesizer(generator, torch.device("cpu"), choice.dtype)


def live_synthesizer(
    generator: Generator,
    device: str,
    clock: Clock,
    tell: Callable[[str], None],
    cache: Path | None = None,
) -> Synthesizer:
    """The fastest that `device` (auto, cpu or cuda) allows; what it is, and what failed, is told in a line.

    Raises:
        InputError: CUDA is asked for and there is none.
    """
    torch.set_num_threads(min(spare_threads(), torch.get_num_threads()))
    if choose_device(device).type == "cuda":
        try:
            synthesizer = backend_of(Choice(Backend.CUDA), generator)
            synthesizer.synthesize(some_latent(generator))
        except RuntimeError as error:  # among others torch.cuda.OutOfMemoryError
            tell(f"the graphics card cannot be used ({_line(error)}); drawing on the processor")
            generator.synthesis.to("cpu")
        else:
            tell(f"drawing with {Choice(Backend.CUDA, synthesizer.dtype)}")  # type: ignore[attr-defined]
            return synthesizer
    return _fastest_here(generator, clock, tell, cache)


def _fastest_here(
    generator: Generator, clock: Clock, tell: Callable[[str], None], cache: Path | None
) -> Synthesizer:
    num_threads, ws = torch.get_num_threads(), some_latent(generator)
    runners: dict[Choice, Synthesizer] = {}
    graph: Any = None  # read once, or converted, which takes seconds
    for choice in CHOICES:
        try:
            runner = backend_of(choice, generator, num_threads, cache, graph)
            graph = runner.graph if isinstance(runner, OpenVinoSynthesizer) else graph
            runner.synthesize(ws)  # OpenVINO compiles when it is first asked
            runners[choice] = runner
        except Exception as error:  # whatever a library dies of: the others draw
            if choice.dtype == torch.float32:  # once is enough
                tell(f"{choice.backend.value} cannot be used ({_line(error)}); drawing without it")
    freeze(generator.synthesis, torch.bfloat16, torch.float32)  # PyTorch runs in both
    costs_ns = race({choice: partial(runner.synthesize, ws) for choice, runner in runners.items()}, clock)
    winner = min(costs_ns, key=lambda choice: costs_ns[choice])
    synthesizer = runners[winner]
    runners.clear()
    freeze(generator.synthesis, *([winner.dtype] if winner.backend is Backend.TORCH else []))
    if isinstance(synthesizer, OpenVinoSynthesizer):
        synthesizer.prepare()
    threads = "one thread" if num_threads == 1 else f"{num_threads} threads"
    side = generator.arch.resolution
    tell(f"drawing with {winner}, {threads}: {costs_ns[winner] / 1e6:.1f} ms at {side}²")
    return synthesizer


def race(runners: Mapping[T, Callable[[], object]], clock: Clock) -> dict[T, float]:
    """The median time of each in nanoseconds, taken in turn, so that a slow moment meets all of them.

    The first round warms up, and whoever is hopeless in the second one runs no further.
    """
    times: dict[T, list[int]] = {name: [] for name in runners}
    for run in runners.values():
        run()
    started_ns = clock.now_ns()
    running = set(runners)
    for done in range(NUM_ROUNDS[1]):
        if done >= NUM_ROUNDS[0] and clock.now_ns() - started_ns >= RACE_NS:
            break
        for name in [name for name in runners if name in running]:
            began_ns = clock.now_ns()
            runners[name]()
            times[name].append(clock.now_ns() - began_ns)
        best_ns = min(min(taken) for taken in times.values())
        running = {name for name in running if min(times[name]) <= HOPELESS * best_ns}
    return {name: statistics.median(taken) for name, taken in times.items()}


def spare_threads() -> int:
    """All cores but one, which is for everything else: the sight if there is one, and the system.

    Two threads beside a busy core are slower than one.
    """
    return max(1, num_cores() - 1)


def some_latent(generator: Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A ws to measure with; how long a picture takes does not depend on what it shows."""
    return np.zeros((generator.arch.num_ws, generator.arch.w_dim), np.float32)


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]
