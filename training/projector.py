"""Pictures → latents, eight at a time, on one core or one GPU.

A face is found by MTCNN, framed as FFHQ is (a subject's pictures all in the frame of the neutral one, so that
an open mouth does not change the frame), encoded, and refined (`models/projection.py`). On the same kind of
processor a latent is the same to the last bit, whoever computes it, whenever, and in whatever company.
"""

import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from models.alignment import FaceError, Picture
from models.checkpoint import load_generator
from models.encoder import load_encoder
from models.pictures import as_tensor
from models.projection import refined
from models.whole_pictures import with_whole_pictures
from training.dataset import Sample
from training.framing import Framer
from training.latent_store import Result, Store, Way

BATCH: Final = 8  # pictures that are refined together; never fewer, so that no result depends on its company


class Task(NamedTuple):
    """A batch of samples and the addresses of their results."""

    samples: tuple[Sample, ...]
    addresses: tuple[str, ...]


class Done(NamedTuple):
    """A task and its results, one for each sample."""

    task: Task
    results: list[Result]


def tasks_of(samples: Iterable[Sample], store: Store, way: Way) -> list[Task]:
    """What is still to be done, in batches; copies of a picture are done once."""
    wanted = {store.address(sample, way): sample for sample in samples}
    missing = [(sample, address) for address, sample in wanted.items() if not store.has(address)]
    batches = [missing[first : first + BATCH] for first in range(0, len(missing), BATCH)]
    return [Task(tuple(s for s, _ in batch), tuple(a for _, a in batch)) for batch in batches]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a projector is made of, here or on another machine."""

    weights: Path
    num_steps: int = 24
    px: int = 128
    device: str | None = None  # "cpu" or "cuda"; None: the best there is


class Projector:
    """One core's or one GPU's share of the work."""

    def __init__(self, setup: Setup) -> None:
        """Raises CheckpointError: no generator, or no encoder of it. OSError: no GPU, where one is wanted."""
        has_gpu = torch.cuda.is_available()
        if setup.device == "cuda" and not has_gpu:
            raise OSError(f"cuda: no GPU on {socket.gethostname()} that PyTorch can use; take the cpu")
        self.device = torch.device(setup.device or ("cuda" if has_gpu else "cpu"))
        loaded = load_generator(setup.weights)
        self.way = Way.through(loaded, setup.num_steps, setup.px)
        self.generator = with_whole_pictures(loaded.generator).to(self.device)
        self.encoder = load_encoder(loaded).to(self.device)
        self.framer = Framer()

    def project(self, task: Task) -> list[Result]:
        """A result for each of its samples.

        Raises:
            OSError: what is here at the samples' paths is not what they were addressed by.
        """
        with _one_thread():
            _refuse_others(task, self.way)
            framed = [self._framed(sample) for sample in task.samples]
            pictures = [picture for picture in framed if not isinstance(picture, Result)]
            latents = iter(self.latents(pictures) if pictures else ())
            return [picture if isinstance(picture, Result) else Result(next(latents)) for picture in framed]

    def latents(self, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """Aligned pictures, from 1 to BATCH of them → [N, num_ws, w_dim]."""
        with _one_thread():
            full = [pictures[k % len(pictures)] for k in range(BATCH)]
            seen = as_tensor(full).to(self.device)
            with torch.no_grad():
                start = self.encoder(seen)
            small = F.interpolate(seen, size=(self.way.px, self.way.px), mode="area")
            steps = self.way.num_steps
            ws = refined(start, small, self.generator, self.encoder, steps, torch.bfloat16).ws
            return ws[: len(pictures)].cpu().numpy()

    def _framed(self, sample: Sample) -> Picture | Result:
        """A sample's aligned picture, or the reason why there is none."""
        try:
            return self.framer.framed(sample)
        except FaceError as error:
            return Result(None, str(error))


def _refuse_others(task: Task, way: Way) -> None:
    """A machine that sees other files than the one that handed out the work would store untruths."""
    for sample, address in zip(task.samples, task.addresses, strict=True):
        if Store(Path()).address(sample, way) != address:
            raise OSError(
                f"{sample.picture}: on {socket.gethostname()} the picture, its frame or the weights are not "
                "those that the run began with; every machine needs the same files at the same paths"
            )


@contextmanager
def _one_thread() -> Iterator[None]:
    """How many threads share a sum decides its last bit, which some steps of refinement make visible."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(num_threads)
