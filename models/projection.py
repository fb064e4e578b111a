"""Projection: where in the latent space an aligned face is. One pass of the encoder, then steps on a leash.

Each step moves every row of ws along the directions in which the generator's latents vary, so that its
picture comes closer to the photograph, and is pulled back the further it has gone: what lies far from where
people are would look like the photograph, and fall apart as soon as it smiles. (Abdal et al.,
"Image2StyleGAN", ICCV 2019; the pull is that of Tov et al., "Designing an Encoder for StyleGAN Image
Manipulation", SIGGRAPH 2021.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.encoder import Encoder
from models.pictures import aligned_tensor
from models.stylegan2 import Generator, to_uint8

MAX_STEPS: Final = 100
STEP: Final = 0.1  # of a step, in deviations of the generator's latents
LEASH: Final = 0.001  # on the squared distance from the encoder's latent …
SCENE_LEASH: Final = 0.0003  # on that of light and backdrop …
ROWS_LEASH: Final = 0.004  # … and on that of the rows from one another
HOME_SHARE: Final = 0.6  # of the way into the portrait's light; beyond, two lights' shadows make a dark face
LIKENESS: Final = 1.0  # of features against pixels
SIZES: Final = (256, 128, 64, 32)  # at which pixels are compared

# Where an aligned face is, as shares of the picture: the oval that counts, and the backdrop's weight.
CENTRE, RADII, BEYOND = (0.5, 0.58), (0.36, 0.46), 0.1
# Where a viewer looks: (x, y, deviation x, deviation y, additional weight).
ATTENTION: Final = (
    (0.38, 0.476, 0.07, 0.05, 2.0),
    (0.62, 0.476, 0.07, 0.05, 2.0),
    (0.5, 0.71, 0.1, 0.06, 2.0),
    (0.5, 0.6, 0.07, 0.07, 0.5),
)


@dataclass(frozen=True, slots=True)
class Projection:
    """A face in the latent space."""

    ws: NDArray[np.float32]  # [num_ws, 512]
    scene: NDArray[np.float32]  # [16] the light and backdrop in it, as the encoder counts them
    picture: NDArray[np.uint8]  # [R, R, 3] RGB: what the generator draws there
    doubts: tuple[str, ...]  # why it is a poor likeness; empty when it is a good one


def project(
    image: NDArray[np.uint8],
    generator: Generator,
    encoder: Encoder,
    num_steps: int,
    home: NDArray[np.float32] | None = None,
) -> Projection:
    """Aligned picture uint8 RGB [256, 256, 3] → who it is; in the light of `home` [num_ws, 512].

    Raises:
        ValueError: the picture is no aligned one, or `num_steps` not from 0 to 100.
    """
    seen = aligned_tensor(image)
    if not 0 <= num_steps <= MAX_STEPS:
        raise ValueError(f"{num_steps} steps: must be from 0 to {MAX_STEPS}")
    with torch.no_grad():
        start = encoder(seen)
    ws, scene = refined(start, seen, generator, encoder, num_steps)
    doubts = signs_of(image, start, generator, encoder).doubts
    with torch.no_grad():
        if home is not None:
            ws, scene = taken_home(ws, scene, torch.from_numpy(home)[None], encoder)
        picture = to_uint8(generator.synthesis(ws))[0].numpy()
    return Projection(ws[0].numpy(), scene[0].numpy(), picture, doubts)


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
    """From ws `start` [N, num_ws, w_dim] some steps towards pictures `seen` [N, 3, R, R] in [-1, 1].

    R is the side at which they are compared, at most 256 and the generator's own. Light and backdrop have
    numbers of their own, on a longer leash than the person: what a lamp explains should not change the face.
    The pictures do not touch one another: costs are added, and the optimiser counts by element.
    """
    num, device = len(start), start.device
    code = torch.zeros(num, encoder.num_ws, encoder.directions.in_features, device=device, requires_grad=True)
    scene = torch.zeros(num, encoder.scene_change.shape[0], device=device, requires_grad=True)
    optimizer = torch.optim.Adam([code, scene], betas=(0.9, 0.99))
    size = min(seen.shape[-1], generator.arch.resolution)
    weight = attention(seen.shape[-1]).to(device)
    with torch.no_grad():
        wanted = list(encoder.features(seen))
    for step in range(num_steps):
        optimizer.param_groups[0]["lr"] = STEP * (1 - step / num_steps)
        rgb = generator.synthesis(encoder.moved(start, code, scene), size, dtype=dtype).float()
        loss = pixel_distance(rgb, seen, weight)
        loss = loss + LIKENESS * feature_distance(list(encoder.features(rgb)), wanted, weight)
        loss = loss + LEASH * code.square().mean(1).sum(1) + SCENE_LEASH * scene.square().sum(1)
        loss = loss + ROWS_LEASH * (code - code.mean(1, keepdim=True)).square().mean(1).sum(1)
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
    with torch.no_grad():
        return Refined(encoder.moved(start, code, scene), encoder.scene_of(start) + scene)


def taken_home(ws: Tensor, scene: Tensor, home: Tensor, encoder: Encoder) -> Refined:
    """Projections [N, num_ws, w_dim] and their scenes [N, 16], most of the way into that of ws `home`."""
    change = HOME_SHARE * (encoder.scene_of(home) - scene)
    return Refined(encoder.in_scene(ws, change), scene + change)


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


@dataclass(frozen=True, slots=True)
class Signs:
    """What a poor likeness is recognised by, before any refinement."""

    sharpness: float  # of the face in the photograph: fine detail in shares of the contrast
    disagreement: float  # of what the encoder finds in the photograph and in its own picture of it; from 0

    @property
    def doubts(self) -> tuple[str, ...]:
        """In words for whoever holds the camera."""
        said = (
            (self.sharpness < MIN_SHARPNESS, "the picture is blurred; hold still, or take a sharper one"),
            (
                self.disagreement > MAX_DISAGREEMENT,
                "part of the face is hidden, or it is unlike all that the portrait knows",
            ),
        )
        return tuple(words for is_so, words in said if is_so)


@torch.no_grad()
def signs_of(image: NDArray[np.uint8], start: Tensor, generator: Generator, encoder: Encoder) -> Signs:
    """An aligned picture, and the encoder's latent of it [1, num_ws, w_dim]."""
    pictures = aligned_tensor(image), generator.synthesis(start)
    code, again = (encoder.code(encoder.trunk(picture)) for picture in pictures)
    return Signs(sharpness(image), float((again - code).norm() / code.norm()))


def sharpness(image: NDArray[np.uint8]) -> float:
    """Aligned picture [256, 256, 3] → mean fine detail of the face, in shares of its contrast."""
    face = torch.from_numpy(image[96:224, 64:192].astype(np.float32).mean(-1))[None, None]
    blurred = F.avg_pool2d(face, 5, stride=1, padding=2, count_include_pad=False)
    return float((face - blurred).abs().mean() / (face.std() + 1.0))
