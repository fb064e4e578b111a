"""Sight put together from networks that have been read."""

import time
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from installation.ports import Image, Latent
from installation.sight.sight import BUDGET_NS, FIELD_OF_VIEW_DEG, Sight
from installation.stage.synthesizer import fastest_dtype
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
    reader: AuReader,
    generator: Generator,
    encoder: Encoder,
    home: Latent,
    field_of_view_deg: float = FIELD_OF_VIEW_DEG,
) -> Sight:
    """For a recording: the same on every run. Faces are brought into the light of `home` [num_ws, w_dim]."""
    start = Start(generator, encoder, home, NUM_STEPS, torch.float32)
    return Sight(FaceFinder(), reader, start.begin, lambda: 0, field_of_view_deg)


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
    start = Start(generator, encoder, home, NUM_STEPS, torch.float32)
    start = replace(start, dtype=_fastest_dtype(start))
    first_number = time.monotonic_ns() // NANOSECONDS_PER_MS
    return Sight(
        FaceFinder(),
        reader,
        start.begin,
        time.monotonic_ns,
        field_of_view_deg,
        first_number,
        BUDGET_NS * encoder.patience,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """How a projection begins."""

    generator: Generator
    encoder: Encoder
    home: Latent
    num_steps: int
    dtype: torch.dtype

    def begin(self, image: Image) -> Refinement:
        """That of an aligned picture, uint8 RGB [256, 256, 3]."""
        return Refinement(image, self.generator, self.encoder, self.num_steps, self.home, self.dtype)


def _fastest_dtype(start: Start) -> torch.dtype:
    """A few steps of each tell. They warm up, too, as the first picture does."""
    grey = np.full((ALIGNED_PX, ALIGNED_PX, 3), 128, np.uint8)
    start.begin(grey).projection()
    return fastest_dtype(lambda dtype: replace(start, dtype=dtype).begin(grey).step, NUM_TRIALS)
