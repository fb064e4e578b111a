"""Latents to pictures with PyTorch, on a GPU where there is one."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from installation.errors import InputError
from installation.ports import Image, Latent
from models.stylegan2 import Generator, NoiseMode, SynthesisLayer, to_uint8

NUM_TRIALS = 5


class TorchSynthesizer:
    """A `Synthesizer`: the generator's synthesis network, exact (float32) or in the fastest precision here.

    Exact pictures are the same on every run; a live show may take whatever wins a race of a few frames.
    """

    def __init__(self, generator: Generator, device: torch.device, *, is_live: bool = False) -> None:
        self.arch = generator.arch
        self.synthesis = (
            generator.synthesis.to(device).eval().requires_grad_(False)
        )  # people are mapped elsewhere
        self.device = device
        has_noise = any(float(layer.noise_strength) != 0 for layer in self._layers())
        self.noise_mode: NoiseMode = "const" if has_noise else "none"
        self.dtype = self._fastest_dtype() if is_live else torch.float32
        self._freeze(self.dtype)

    @property
    def resolution(self) -> int:
        return self.arch.resolution

    @torch.inference_mode()
    def synthesize(self, ws: Latent) -> Image:
        """ws [num_ws, 512] float32 → [resolution, resolution, 3] uint8 RGB."""
        return self._picture(ws, self.dtype)

    def _layers(self) -> Iterator[SynthesisLayer]:
        return (layer for layer in self.synthesis.modules() if isinstance(layer, SynthesisLayer))

    def _freeze(self, dtype: torch.dtype) -> None:
        for layer in self._layers():
            layer.freeze(dtype)

    def _picture(self, ws: Latent, dtype: torch.dtype) -> Image:
        rows = torch.from_numpy(np.ascontiguousarray(ws)).to(self.device)[None]
        rgb = self.synthesis(rows, noise_mode=self.noise_mode, dtype=dtype)
        return to_uint8(rgb)[0].cpu().numpy()

    @torch.inference_mode()
    def _fastest_dtype(self) -> torch.dtype:
        """A few frames of each tell."""
        ws = np.zeros((self.arch.num_ws, self.arch.w_dim), np.float32)

        def prepared(dtype: torch.dtype) -> Callable[[], object]:
            self._freeze(dtype)
            return lambda: self._picture(ws, dtype)

        return fastest_dtype(prepared, NUM_TRIALS)


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
