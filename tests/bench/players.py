"""Who draws: each backend that this machine has, the plain modules, and StyleGAN2 as it was published."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np
import torch

from installation.options import TRUNCATION
from installation.ports import Image, Latent
from installation.stage.backends import CHOICES, Backend, Choice, backend_of
from installation.stage.child import num_cores
from models.checkpoint import load_generator
from models.people import person_z
from models.stylegan2 import Architecture, Generator, to_uint8
from run_installation import ROOT, WEIGHTS
from tests.literal_stylegan2 import LiteralSynthesizer

Draw = Callable[[Latent], Image]
GRAPHS = ROOT / "build" / "bench" / "graphs"
DTYPES = (torch.float32, torch.bfloat16)
LITERAL, EAGER = "as published, float32", "plain modules, float32"


@dataclass(frozen=True, slots=True)
class Player:
    """One way to draw, with a number of threads. It is made of a generator of its own."""

    name: str
    num_threads: int
    make: Callable[[Generator, int], Draw]

    @property
    def key(self) -> str:
        return f"{self.name}, {self.num_threads}"

    def ready(self, generator: Generator) -> Draw:
        """What draws a frame, latent to 8 bits on the host."""
        torch.set_num_threads(self.num_threads)
        draw = self.make(copy.deepcopy(generator), self.num_threads)

        def frame(ws: Latent) -> Image:
            torch.set_num_threads(self.num_threads)  # another player may have set its own
            return draw(ws)

        return frame


def players() -> list[Player]:
    """All of them with all cores and with one core less, the published one first of each."""
    makers: dict[str, Callable[[Generator, int], Draw]] = {
        LITERAL: lambda generator, _: LiteralSynthesizer(generator).synthesize,
        EAGER: plain,
    }
    choices = list(CHOICES) if find_spec("openvino") else [Choice(Backend.TORCH, dtype) for dtype in DTYPES]
    makers |= {str(choice): partial(drawing_with, choice) for choice in choices}
    threads = sorted({num_cores(), max(1, num_cores() - 1)}, reverse=True)
    everybody = [Player(name, number, make) for number in threads for name, make in makers.items()]
    if torch.cuda.is_available():
        card = Choice(Backend.CUDA)
        everybody.append(Player(f"{card.backend.value}, its own", num_cores(), partial(drawing_with, card)))
    return everybody


def drawing_with(choice: Choice, generator: Generator, num_threads: int) -> Draw:
    """A backend of the show."""
    return backend_of(choice, generator, num_threads, GRAPHS).synthesize


def plain(generator: Generator, _num_threads: int) -> Draw:
    """models/stylegan2.py as it is called where nothing is prepared."""

    @torch.inference_mode()
    def draw(ws: Latent) -> Image:
        return to_uint8(generator.synthesis(torch.from_numpy(ws)[None], noise_mode="const"))[0].numpy()

    return draw


# --- whom they draw ---------------------------------------------------------------------------------------


def shipped() -> Generator:
    return load_generator(WEIGHTS).generator


def random_generator(arch: Architecture) -> Generator:
    """Random weights, of which the pictures are within what eight bits hold, and the finer the fainter, as a
    face's are: stopping below then shows the same picture, softer.
    """
    torch.manual_seed(0)
    generator = Generator(arch).eval().requires_grad_(False)
    for resolution in arch.resolutions:
        getattr(generator.synthesis, f"b{resolution}").torgb.weight.mul_(0.2 * min(1.0, 16 / resolution))
    return generator


@torch.inference_mode()
def latents(generator: Generator, num: int) -> list[Latent]:
    """Of the first `num` people."""
    z_dim = generator.arch.z_dim
    return [generator.map(person_z(number, z_dim), TRUNCATION)[0].numpy() for number in range(num)]


def psnr_db(picture: Image, exact: Image) -> float:
    """How alike two pictures of 8 bits are; infinite for the same."""
    error = float(np.square(picture.astype(np.float64) - exact).mean())
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
