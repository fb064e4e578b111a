"""Projection: where in the latent space an aligned face is. One pass of the encoder, then steps on a leash.

Each step moves every row of ws along the directions in which the generator's latents vary, so that its
picture comes closer to the photograph, and is pulled back the further it has gone: what lies far from where
people are would look like the photograph, and fall apart as soon as it smiles. (Abdal et al.,
"Image2StyleGAN", ICCV 2019; the pull is that of Tov et al., "Designing an Encoder for StyleGAN Image
Manipulation", SIGGRAPH 2021.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.encoder import Encoder
from models.pictures import aligned_tensor
from models.stand_in import StandIn
from models.stylegan2 import Generator, to_uint8

MAX_STEPS: Final = 100
STEP: Final = 0.1  # of a step, in deviations of the generator's latents
LEASH: Final = 0.001  # on the squared distance from the encoder's latent …
SCENE_LEASH: Final = 0.0003  # on that of light and backdrop …
ROWS_LEASH: Final = 0.03  # … and on that of the rows from one another, which people who are drawn have at 0
HOME_SHARE: Final = 0.6  # of the way into the portrait's light; beyond, two lights' shadows make a dark face
PERSON_SHARE: Final = 0.9  # of what tells a person from the mean of people: docs/readers.md
LIKENESS: Final = 4.0  # of features against pixels
SIZES: Final = (256, 128, 64, 32)  # at which pixels are compared

# Where an aligned face is, as shares of the picture: the oval that counts, and the weight of all beyond it.
# A fringe or a hat that the generator cannot draw should not tear at the face below it.
CENTRE, RADII, BEYOND = (0.5, 0.61), (0.31, 0.41), 0.06
# Where a viewer looks: (x, y, deviation x, deviation y, additional weight).
ATTENTION: Final = (
    (0.38, 0.476, 0.07, 0.05, 2.0),
    (0.62, 0.476, 0.07, 0.05, 2.0),
    (0.5, 0.71, 0.1, 0.06, 2.0),
    (0.5, 0.6, 0.07, 0.07, 0.5),
)


@dataclass(frozen=True, slots=True)
class Projection:
    """A face in the latent space. Only its doubts are ever told: the rest may be somebody's face."""

    ws: NDArray[np.float32] = field(repr=False)  # [num_ws, w_dim]
    scene: NDArray[np.float32] = field(repr=False)  # [16] its light and backdrop, as the encoder counts them
    picture: NDArray[np.uint8] = field(repr=False)  # [R, R, 3] RGB: what the generator draws there
    doubts: tuple[str, ...]  # why it is a poor likeness; empty when it is a good one


def project(
    image: NDArray[np.uint8],
    generator: Generator,
    encoder: Encoder,
    num_steps: int,
    home: NDArray[np.float32] | None = None,
    dtype: torch.dtype = torch.float32,
) -> Projection:
    """Aligned picture uint8 RGB [256, 256, 3] → who it is; in the light of `home` [num_ws, w_dim].

    Raises:
        ValueError: the picture is no aligned one, or `num_steps` not from 0 to 100.
    """
    refinement = Refinement(image, generator, encoder, num_steps, home, dtype)
    while refinement.step():
        pass
    return refinement.projection()


class Refinement:
    """A projection in slices, for whoever has something else to do in between.

    To make one takes about as long as a step; so does `projection`, which may be asked for after any step.
    """

    def __init__(
        self,
        image: NDArray[np.uint8],
        generator: Generator,
        encoder: Encoder,
        num_steps: int,
        home: NDArray[np.float32] | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """As of `project`; activations are `dtype`. Raises as that does."""
        seen = aligned_tensor(image)
        if not 0 <= num_steps <= MAX_STEPS:
            raise ValueError(f"{num_steps} steps: must be from 0 to {MAX_STEPS}")
        self._generator, self._encoder, self._home = generator, encoder, home
        with torch.no_grad():
            start = encoder(seen)
        self._signs = signs_of(image, start, generator, encoder)
        self._descent = Descent(start, seen, generator, encoder, num_steps * encoder.patience, dtype)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is known to be wrong before any step: why to spare them."""
        return self._signs.doubts

    def step(self) -> bool:
        """Come a step closer; whether there was one left to do."""
        return self._descent.step()

    def finish_in(self, num_steps: int) -> None:
        """Be done after at most so many steps more: they become shorter in time to arrive somewhere."""
        self._descent.finish_in(num_steps)

    @property
    def num_left(self) -> int:
        """Steps still to do."""
        return self._descent.num_left

    @torch.no_grad()
    def projection(self) -> Projection:
        """Where the steps have led, in the portrait's light."""
        ws, scene = self._descent.refined()
        signs = self._signs
        if isinstance(self._encoder, StandIn):
            signs = replace(signs, remainder=float(self._descent.remainder()))
        if self._home is not None:
            ws, scene = taken_home(ws, scene, torch.from_numpy(self._home)[None], self._encoder)
        picture = to_uint8(self._generator.synthesis(ws))[0].numpy()
        return Projection(ws[0].numpy(), scene[0].numpy(), picture, signs.doubts)


# --- steps --------------------------------------------------------------------------------------------------


class Refined(NamedTuple):
    """Where the steps have led."""

    ws: Tensor  # [N, num_ws, w_dim]
    scene: Tensor  # [N, NUM_SCENE]: light and backdrop in it


def refined(
    start: Tensor,
    seen: Tensor,
    generator: Generator,
    encoder: Encoder,
    num_steps: int,
    dtype: torch.dtype = torch.float32,
) -> Refined:
    """A descent from `start` to its end, as `Descent` takes it."""
    descent = Descent(start, seen, generator, encoder, num_steps, dtype)
    while descent.step():
        pass
    return descent.refined()


class Descent:
    """From ws `start` [N, num_ws, w_dim] some steps towards pictures `seen` [N, 3, R, R] in [-1, 1].

    R is the side at which they are compared, at most 256 and the generator's own. Light and backdrop have
    numbers of their own, on a longer leash than the person: what a lamp explains should not change the face.
    The pictures do not touch one another: costs are added, and the optimiser counts by element.
    """

    def __init__(
        self,
        start: Tensor,
        seen: Tensor,
        generator: Generator,
        encoder: Encoder,
        num_steps: int,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        num, device = len(start), start.device
        self._start, self._seen, self._generator, self._encoder = start, seen, generator, encoder
        self._dtype, self.num_left = dtype, num_steps
        shape = num, encoder.num_ws, encoder.directions.in_features
        self._code = torch.zeros(shape, device=device, requires_grad=True)
        self._scene = torch.zeros(num, encoder.scene_change.shape[0], device=device, requires_grad=True)
        self._optimizer = torch.optim.Adam([self._code, self._scene], lr=STEP, betas=(0.9, 0.99))
        self._size = min(seen.shape[-1], generator.arch.resolution)
        self._weight = attention(seen.shape[-1]).to(device)
        with torch.no_grad():
            self._wanted = list(encoder.features(seen))

    def step(self) -> bool:
        """One step, if there is one left; whether there was. They become shorter, by equal amounts."""
        if not self.num_left:
            return False
        with torch.enable_grad():
            loss = self._cost().sum()
            self._optimizer.zero_grad()
            loss.backward()
        self._optimizer.step()
        self.num_left -= 1
        self._optimizer.param_groups[0]["lr"] *= self.num_left / (self.num_left + 1)
        return True

    def finish_in(self, num_steps: int) -> None:
        """Be done after at most so many steps more."""
        self.num_left = min(self.num_left, max(0, num_steps))

    @torch.no_grad()
    def refined(self) -> Refined:
        ws = self._encoder.moved(self._start, self._code, self._scene)
        return Refined(ws, self._encoder.scene_of(self._start) + self._scene)

    @torch.no_grad()
    def remainder(self) -> Tensor:
        """[N]: how far the pictures are from those wanted."""
        return self._unlikeness(self.refined().ws)

    def _cost(self) -> Tensor:
        """[N]: how far the pictures are from those wanted, and how far from where they began."""
        code, scene, encoder = self._code, self._scene, self._encoder
        ws = encoder.moved(self._start, code, scene)
        cost = self._unlikeness(ws)
        cost = cost + LEASH * code.square().mean(1).sum(1) + SCENE_LEASH * scene.square().sum(1)
        return cost + ROWS_LEASH * (code - code.mean(1, keepdim=True)).square().mean(1).sum(1)

    def _unlikeness(self, ws: Tensor) -> Tensor:
        rgb = self._generator.synthesis(ws, self._size, dtype=self._dtype).float()
        features = feature_distance(list(self._encoder.features(rgb)), self._wanted, self._weight)
        return pixel_distance(rgb, self._seen, self._weight) + LIKENESS * features


def taken_home(ws: Tensor, scene: Tensor, home: Tensor, encoder: Encoder) -> Refined:
    """Projections [N, num_ws, w_dim] and their scenes [N, 16], most of the way into that of ws `home`.

    The people come a little nearer to the mean of all, as people by number are: what is furthest out is the
    least beautiful, and the least of a likeness.
    """
    mean = encoder.in_scene(encoder.directions.bias.expand_as(ws), encoder.scene_of(ws))
    change = HOME_SHARE * (encoder.scene_of(home) - scene)
    return Refined(encoder.in_scene(mean + PERSON_SHARE * (ws - mean), change), scene + change)


# --- distances ----------------------------------------------------------------------------------------------


def attention(size: int) -> Tensor:
    """[1, 1, size, size], mean 1: how much a place of an aligned picture counts."""
    grid = (torch.arange(size) + 0.5) / size
    distance = torch.hypot((grid[None] - CENTRE[0]) / RADII[0], (grid[:, None] - CENTRE[1]) / RADII[1])
    weight = BEYOND + (1 - BEYOND) * torch.sigmoid((1 - distance) * 12)
    for x, y, sigma_x, sigma_y, more in ATTENTION:
        square = ((grid[None] - x) / sigma_x) ** 2 + ((grid[:, None] - y) / sigma_y) ** 2
        weight = weight + more * torch.exp(-square)
    return (weight / weight.mean())[None, None]


def pixel_distance(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    """Pictures [N, 3, R, R] in [-1, 1] → [N]: mean absolute difference over sizes.

    `b` and `weight` [1, 1, R, R] may be larger than `a`.
    """
    total = a.new_zeros(len(a))
    sizes = [size for size in SIZES if size <= a.shape[-1]]
    for size in sizes:
        p, q, w = (F.interpolate(x, size=(size, size), mode="area") for x in (a, b, weight))
        total = total + ((p - q).abs() * w).mean((1, 2, 3))
    return total / len(sizes)


def feature_distance(a: Sequence[Tensor], b: Sequence[Tensor], weight: Tensor) -> Tensor:
    """Unit features [N, C, h, w] → [N]: their squared distance over taps, weighted by place."""
    total = a[0].new_zeros(len(a[0]))
    for p, q in zip(a, b, strict=True):
        place = F.interpolate(weight, size=p.shape[-2:], mode="area")
        total = total + ((p - q).square().sum(1, keepdim=True) * place).mean((1, 2, 3))
    return total / len(a)


# --- doubts -------------------------------------------------------------------------------------------------

# Between what was seen on good pictures and on spoilt ones: docs/readers.md has the figures.
MIN_SHARPNESS: Final = 0.022
MAX_DISAGREEMENT: Final = 0.66
MAX_REMAINDER: Final = 5.2


FACE: Final = slice(96, 224), slice(64, 192)  # rows and columns of an aligned picture


@dataclass(frozen=True, slots=True)
class Signs:
    """What a poor likeness is recognised by; the first two before any refinement."""

    sharpness: float  # of the face in the photograph: fine detail in shares of the contrast
    disagreement: float = 0.0  # of what the encoder finds in the photograph and in its own picture of it
    remainder: float = 0.0  # without an encoder: what the steps have left between the two

    @property
    def doubts(self) -> tuple[str, ...]:
        """In words for whoever holds the camera."""
        said = (
            (self.sharpness < MIN_SHARPNESS, "the picture is blurred; hold still, or take a sharper one"),
            (
                self.disagreement > MAX_DISAGREEMENT or self.remainder > MAX_REMAINDER,
                "part of the face is hidden, or it is unlike all that the portrait knows",
            ),
        )
        return tuple(words for is_so, words in said if is_so)


@torch.no_grad()
def signs_of(image: NDArray[np.uint8], start: Tensor, generator: Generator, encoder: Encoder) -> Signs:
    """An aligned picture, and the encoder's latent of it [1, num_ws, w_dim]."""
    if isinstance(encoder, StandIn):
        return Signs(sharpness(image))
    likeness = generator.synthesis(start)
    return Signs(sharpness(image), encoder.disagreement(aligned_tensor(image), likeness))


def sharpness(image: NDArray[np.uint8]) -> float:
    """Aligned picture [256, 256, 3] → mean fine detail of the face, in shares of its contrast."""
    face = torch.from_numpy(image[FACE].astype(np.float32).mean(-1))[None, None]
    blurred = F.avg_pool2d(face, 5, stride=1, padding=2, count_include_pad=False)
    return float((face - blurred).abs().mean() / (face.std() + 1.0))
