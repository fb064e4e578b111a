"""Latents to pictures with PyTorch: what every synthesizer shares, and the one that runs everywhere."""

import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import torch

from installation.errors import InputError
from installation.ports import Detail, Image, Latent
from models.stylegan2 import Architecture, Generator, NoiseMode, SynthesisLayer, SynthesisNetwork, to_uint8

SOFTEST_PX: Final = 128  # no show stops below: enlarged to a wall, half of it is smears
NUM_STOPS: Final = 3


class TorchSynthesizer:
    """A `Synthesizer`: the generator's synthesis network in plain PyTorch operations.

    In float32, the precision of recordings and stills, pictures are the same on every run.
    """

    def __init__(
        self, generator: Generator, device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        self.arch = generator.arch
        self.synthesis = (
            generator.synthesis.to(device).eval().requires_grad_(False)
        )  # people are mapped elsewhere
        self.device = device
        self.dtype = dtype
        self.noise_mode = noise_mode_of(self.synthesis)
        freeze(self.synthesis, dtype)

    @property
    def resolution(self) -> int:
        return self.arch.resolution

    @property
    def resolutions(self) -> tuple[int, ...]:
        return stops(self.arch)

    @torch.inference_mode()
    def synthesize(self, ws: Latent, detail: Detail | None = None) -> Image:
        """ws [num_ws, 512] float32 → [r, r, 3] uint8 RGB, r that of `detail`; None: as finely as it can."""
        detail = detail or Detail(self.resolution)
        rows = torch.from_numpy(np.ascontiguousarray(ws)).to(self.device)[None]
        rgb = self.synthesis(rows, detail.resolution, self.noise_mode, self.dtype, detail.share)
        return to_uint8(rgb)[0].cpu().numpy()


def stops(arch: Architecture) -> tuple[int, ...]:
    """The resolutions worth stopping at, rising: the finest and up to two below, none too soft."""
    return tuple(r for r in arch.resolutions if r >= min(SOFTEST_PX, arch.resolution))[-NUM_STOPS:]


def noise_mode_of(synthesis: SynthesisNetwork) -> NoiseMode:
    """Noise costs a pass over the pixels: it is left out where every strength is 0."""
    has_noise = any(float(layer.noise_strength) != 0 for layer in _layers(synthesis))
    return "const" if has_noise else "none"


def freeze(synthesis: SynthesisNetwork, *dtypes: torch.dtype) -> None:
    """Compute what the weights alone decide, for playing in these; they must not change any more."""
    for layer in _layers(synthesis):
        layer.freeze(*dtypes)


def _layers(synthesis: SynthesisNetwork) -> Iterator[SynthesisLayer]:
    return (layer for layer in synthesis.modules() if isinstance(layer, SynthesisLayer))


def fastest_dtype(prepared: Callable[[torch.dtype], Callable[[], object]], num_trials: int) -> torch.dtype:
    """bfloat16 where the processor has it, float32 elsewhere: what is `prepared` for each is timed, warm."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        trial = prepared(dtype)
        trial()
        started = time.perf_counter()
        for _ in range(num_trials):
            trial()
        seconds[dtype] = time.perf_counter() - started
    return min(seconds, key=lambda dtype: seconds[dtype])


def choose_device(name: str) -> torch.device:
    """`auto`, `cpu` or `cuda`.

    Raises:
        InputError: CUDA is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: PyTorch finds no CUDA device here; use --device auto or cpu")
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)
