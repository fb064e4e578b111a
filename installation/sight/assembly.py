"""Sight put together from networks that have been read."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import torch

from installation.ports import Image, Latent
from installation.sight.sight import FIELD_OF_VIEW_DEG, Sight
from models.alignment import FaceFinder
from models.au_reader import AuReader
from models.encoder import Encoder
from models.pictures import ALIGNED_PX
from models.projection import Refinement
from models.stylegan2 import Generator

NUM_STEPS: Final = 32  # of refinement; beyond, likeness grows slowly: docs/readers.md
NUM_TRIALS: Final = 2
NANOSECONDS_PER_MS: Final = 1_000_000


def still_sight(
    reader: AuReader, generator: Generator, encoder: Encoder, home: Latent, field_of_view_deg: float
) -> Sight:
    """For a recording: the same on every run. Faces are brought into the light of `home` [num_ws, w_dim]."""
    begin = partial(_begin, generator=generator, encoder=encoder, home=home, dtype=torch.float32)
    return Sight(FaceFinder(), reader, begin, lambda: 0, field_of_view_deg)


def live_sight(
    reader: AuReader,
    generator: Generator,
    encoder: Encoder,
    home: Latent,
    field_of_view_deg: float = FIELD_OF_VIEW_DEG,
) -> Sight:
    """For a show: in the fastest precision here, and within a budget of time.

    Its visitors are numbered from the milliseconds that the machine's clock shows, so that no two processes
    in succession give the same number.
    """
    dtype = _fastest_dtype(lambda image, kind: _begin(image, generator, encoder, home, kind))
    begin = partial(_begin, generator=generator, encoder=encoder, home=home, dtype=dtype)
    first_number = time.monotonic_ns() // NANOSECONDS_PER_MS
    return Sight(FaceFinder(), reader, begin, time.monotonic_ns, field_of_view_deg, first_number)


def _begin(
    image: Image, generator: Generator, encoder: Encoder, home: Latent, dtype: torch.dtype
) -> Refinement:
    return Refinement(image, generator, encoder, NUM_STEPS, home, dtype)


def _fastest_dtype(begin: Callable[[Image, torch.dtype], Refinement]) -> torch.dtype:
    """bfloat16 where the processor has it, float32 elsewhere: a few steps of each tell. They warm up, too."""
    grey = np.full((ALIGNED_PX, ALIGNED_PX, 3), 128, np.uint8)
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        refinement = begin(grey, dtype)
        refinement.step()
        started = time.perf_counter()
        for _ in range(NUM_TRIALS):
            refinement.step()
        seconds[dtype] = time.perf_counter() - started
        refinement.projection()
    return min(seconds, key=lambda dtype: seconds[dtype])
