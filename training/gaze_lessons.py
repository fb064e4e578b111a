"""What a generator is taught about gaze: crops of eyes to resemble, a reader to convince, a face to keep.

Two directions of w reach the synthesis network through its affine maps; its convolutions learn what to make
of them. At 128² most of a lesson's time goes into the rows about the eyes, and nothing else is computed.
"""

import copy
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.stylegan2 import Generator, SynthesisLayer, SynthesisNetwork, ToRGB
from training.calibration import MOST
from training.critic import Adversary
from training.eyes import (
    HALF_HEIGHT,
    HALF_WIDTH,
    SIZE,
    Eyes,
    GazeReader,
    Looks,
    against_head,
    cut,
    openings,
    softened,
)
from training.factor_network import FactorNetwork
from training.fit_pseudo_autoencoder import random_people
from training.gaze_control import looking
from training.losses import PerceptualDistance, feature_distance

FIRST_RESOLUTION: Final = 8  # below, pictures are poses, and stay as they are
DIRECTIONS_RATE: Final = 1e-2  # of what the two directions do to styles
ADAM_BETAS: Final = (0.9, 0.99)
DETAIL_WEIGHT: Final = 2.0  # of the high-pass against the plain difference
STRAY_SQUARED: Final = 5.0  # so that no place strays far
TEACHER_WEIGHT: Final = 0.05  # of a degree
FURTHEST: Final = (14.0, 7.0)  # degrees, to which people of z look
RIDGE: Final = 1e-3
NUM_READ: Final = 40  # people, whose eyes are read in the end
# Of 16 × 16 cells: the rows and columns about the eyes; finer pictures are computed in them alone.
BAND_ROWS, BAND_COLUMNS = slice(3, 12), slice(2, 14)
CELL: Final = SIZE // 16
BAND_FROM: Final = 32
CROP_WEIGHT: Final = (17.0, 9.0)  # half axes of what counts in a crop


@dataclass(frozen=True, slots=True)
class Stage:
    """One resolution, at which eyes are compared."""

    resolution: int
    num_steps: int
    batch: int  # of the cast's eyes
    num_people: int  # of random z, whole pictures
    lr: float  # of convolutions
    keep: float  # weight of what strays outside of the eyes
    adversarial: float = 0.0


class EyeDistance(PerceptualDistance):
    """By edges and small shapes: a crop is too small for more."""

    TAPS = (1, 3, 6)
    CHANNELS = (16, 24, 32)


# --- who learns ---------------------------------------------------------------------------------------------


class AlongGaze(nn.Module):
    """An affine map's weight [C, w_dim] and what it has learned to answer to gaze [2, w_dim]."""

    directions: Tensor

    def __init__(self, directions: Tensor, num: int) -> None:
        super().__init__()
        self.register_buffer("directions", directions)
        self.answer = nn.Parameter(torch.zeros(num, 2))

    def forward(self, weight: Tensor) -> Tensor:
        others = weight - (weight @ self.directions.t()) @ self.directions
        return others + self.answer @ self.directions


class Student:
    """The synthesis network that learns, and how far each of its parameters may go."""

    def __init__(self, old: SynthesisNetwork, directions: Tensor) -> None:
        self.directions = directions
        self.synthesis = copy.deepcopy(old).requires_grad_(False)
        self.answers: list[nn.Parameter] = []
        self.others: list[nn.Parameter] = []
        for layer in self.synthesis.modules():
            if not isinstance(layer, SynthesisLayer | ToRGB):
                continue
            along = AlongGaze(directions, len(layer.affine.weight))
            parametrize.register_parametrization(layer.affine, "weight", along, unsafe=True)
            self.answers.append(along.answer)
            self.others += [layer.weight, layer.bias]

    def learns(self, stage: Stage) -> torch.optim.Adam:
        """The stage's optimiser: of the blocks that its pictures come from."""
        self.synthesis.requires_grad_(False)
        blocks = [
            getattr(self.synthesis, f"b{r}")
            for r in self.synthesis.arch.resolutions
            if FIRST_RESOLUTION <= r <= stage.resolution
        ]
        own = {id(parameter) for block in blocks for parameter in block.parameters()}
        groups = [
            {"params": [p.requires_grad_() for p in parameters if id(p) in own], "most": rate}
            for parameters, rate in ((self.answers, DIRECTIONS_RATE), (self.others, stage.lr))
        ]
        return torch.optim.Adam(groups, betas=ADAM_BETAS)

    def parameters(self) -> list[nn.Parameter]:
        return self.answers + self.others

    def plain_state(self) -> dict[str, Tensor]:
        """Its tensors under the names of an ordinary synthesis network."""
        plain = {}
        for name in SynthesisNetwork(self.synthesis.arch).state_dict():
            module, leaf = name.rsplit(".", 1)
            plain[name] = getattr(self.synthesis.get_submodule(module), leaf).detach()
        return plain


def eye_band(synthesis: SynthesisNetwork, w: Tensor, resolution: int) -> Tensor:
    """w [N, w_dim] → the rows and columns about the eyes, of the picture at `resolution`."""
    x = synthesis.b4.const.to(torch.bfloat16).expand(len(w), -1, -1, -1)  # type: ignore[union-attr, operator]  # set by name
    rgb: Tensor | None = None
    ws = w[:, None].expand(-1, 3, -1)
    for size in synthesis.arch.resolutions:
        if size > resolution:
            break
        if size == BAND_FROM and rgb is not None:
            x, rgb = (part[:, :, BAND_ROWS, BAND_COLUMNS] for part in (x, rgb))
        x = x.contiguous(memory_format=torch.channels_last)
        x, rgb = getattr(synthesis, f"b{size}")(x, rgb, ws, "none")
    assert rgb is not None
    return rgb


def high_pass(x: Tensor) -> Tensor:
    return x - F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="nearest")


def difference(ours: Tensor, theirs: Tensor, weight: Tensor | float = 1.0) -> Tensor:
    """Weighted L1 and the L1 of the high-pass, scalar."""
    change = ours - theirs
    return (change.abs() * weight).mean() + DETAIL_WEIGHT * (high_pass(change).abs() * weight).mean()


def strayed(ours: Tensor, old: Tensor, eyes: Tensor) -> Tensor:
    """What differs outside of the eyes, scalar; `eyes` [N, 1, H, W] may be larger than the pictures."""
    outside = 1 - F.interpolate(eyes, size=ours.shape[-2:], mode="area")
    ours, old = ours * outside, old * outside
    return difference(ours, old) + STRAY_SQUARED * (ours - old).square().mean()


# --- lessons ------------------------------------------------------------------------------------------------


class Lessons:
    """What a student is taught, and by whom."""

    def __init__(self, old: Generator, factors: FactorNetwork, eyes: Eyes, reader: GazeReader) -> None:
        self.old, self.factors, self.eyes, self.reader = old, factors, eyes, reader
        self.people = random_people(old)[:, 0]
        with torch.no_grad():
            w = factors(torch.from_numpy(eyes.factors).float())
            read = read_all(reader, eyes)
        self.mean = w.mean(0)
        # From w: where the eyes are, and how far the head is turned.
        self.places = ridge(w - self.mean, torch.cat([eyes.landmarks.flatten(1), eyes.turn], 1))
        self.slope = slope(eyes.gaze_against_head, read)
        self.distance = EyeDistance()
        grid = [torch.arange(-half, half) + 0.5 for half in (HALF_HEIGHT, HALF_WIDTH)]
        y, x = torch.meshgrid(*grid, indexing="ij")
        weight = torch.exp(-((x / CROP_WEIGHT[0]) ** 2) - (y / CROP_WEIGHT[1]) ** 2)
        self.weight = weight / weight.mean()

    def loss(
        self, student: Student, stage: Stage, adversary: Adversary | None, rng: np.random.Generator
    ) -> Tensor:
        """One lesson: eyes of the cast, and people of z who look somewhere."""
        looks = self.eyes.draw(stage.batch, rng)
        w, people = self.latents(looks, rng), self.somebody(stage.num_people, rng)
        ours, stray = self.cast_eyes(student, w, looks, stage.resolution)
        own, gaze, own_stray = self.looking_about(student, people, stage.resolution, rng)
        band_share = (BAND_ROWS.stop - BAND_ROWS.start) * (BAND_COLUMNS.stop - BAND_COLUMNS.start) / 16**2
        loss = stage.keep * (band_share * stray + own_stray) + TEACHER_WEIGHT * (
            F.smooth_l1_loss(self.reader(softened(ours)), self.reader(softened(looks.crops)))
            + F.smooth_l1_loss(self.reader(softened(own)), gaze * self.slope)
        )
        return loss + self.likeness(ours, own, looks, stage, adversary)

    def latents(self, looks: Looks, rng: np.random.Generator) -> Tensor:
        """w of the cast's people; half of the times with their scenes' free vectors, where all have one."""
        is_free = rng.random() < 0.5 and bool((looks.scenes >= 0).all())
        with torch.no_grad():
            w: Tensor = self.factors(looks.factors, looks.scenes if is_free else None)
        return w

    def somebody(self, num: int, rng: np.random.Generator) -> Tensor:
        """w of people of z; half of the times with two actions each."""
        w = self.people[torch.from_numpy(rng.integers(0, len(self.people), num))]
        num_actions = self.factors.expression.shape[1]
        if rng.random() < 0.5:  # half
            return w
        actions = np.zeros((num, num_actions), np.float32)
        for row in actions:
            row[rng.integers(0, num_actions, 2)] = rng.random(2)
        with torch.no_grad():
            return w + torch.from_numpy(actions) @ self.factors.expression.t()

    def cast_eyes(self, student: Student, w: Tensor, looks: Looks, resolution: int) -> tuple[Tensor, Tensor]:
        """→ crops of drawn eyes, and how far their surroundings have strayed."""
        ours = eye_band(student.synthesis, looking(w, looks.gaze, student.directions), resolution)
        with torch.no_grad():
            old = eye_band(self.old.synthesis, w, resolution)
        mask = openings(looks.landmarks)
        mask = mask[..., in_pixels(BAND_ROWS), in_pixels(BAND_COLUMNS)]
        corner = torch.tensor([BAND_COLUMNS.start, BAND_ROWS.start]) * CELL
        return cut(enlarged(ours, resolution), looks.landmarks - corner), strayed(ours, old, mask)

    def looking_about(
        self, student: Student, w: Tensor, resolution: int, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """People of z look somewhere → crops of their eyes, degrees against the head, what has strayed."""
        gaze = torch.from_numpy(rng.uniform(-1, 1, (len(w), 2)) * FURTHEST).float()
        landmarks, turn = self.place(w)
        told = {"noise_mode": "none", "dtype": torch.bfloat16}
        ws = self.old.broadcast(looking(w, gaze, student.directions))
        ours = student.synthesis(ws, resolution, **told)
        with torch.no_grad():
            old = self.old.synthesis(self.old.broadcast(w), resolution, **told)
        crops = cut(enlarged(ours, resolution), landmarks)
        return crops, against_head(gaze, turn), strayed(ours, old, openings(landmarks))

    def place(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """w [N, w_dim] → eyes [N, 2, 2] in px, the head's turn [N, 1] in degrees, both read linearly."""
        eyes, turn = (with_one(w - self.mean) @ self.places).split((4, 1), 1)
        return eyes.view(-1, 2, 2), turn

    @torch.no_grad()
    def gains(self, student: Student) -> Tensor:
        """How much further than asked eyes have to look, [2], so that the reader sees what was asked."""
        w = self.people[:NUM_READ]
        landmarks, _ = self.place(w)
        seen = []
        for gaze in torch.diag(torch.tensor(FURTHEST)):
            there, back = (self._read(student, w, landmarks, way * gaze) for way in (1, -1))
            axis = int(gaze.argmax())
            seen.append((there - back)[:, axis].mean() / (2 * gaze[axis] * self.slope[axis]))
        return (1 / torch.stack(seen).clamp(min=1e-3)).clamp(1, MOST)

    def _read(self, student: Student, w: Tensor, landmarks: Tensor, gaze: Tensor) -> Tensor:
        ws = self.old.broadcast(looking(w, gaze, student.directions))
        pictures = student.synthesis(ws, noise_mode="none", dtype=torch.bfloat16)
        return self.reader(softened(cut(enlarged(pictures, pictures.shape[-1]), landmarks)))  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped

    def likeness(
        self, ours: Tensor, own: Tensor, looks: Looks, stage: Stage, adversary: Adversary | None
    ) -> Tensor:
        """How far drawn eyes are from the rendered ones: at half size all of them, at full size the sharp."""
        half, goal = halved(ours), halved(looks.crops)
        loss = difference(half, goal, F.avg_pool2d(self.weight[None, None], 2))
        features = self.features(half)
        with torch.no_grad():
            wanted = self.features(goal)
        loss = loss + feature_distance(features, wanted).mean()
        sharp = looks.is_sharp if stage.resolution == SIZE else torch.zeros_like(looks.is_sharp)
        if sharp.any():
            fine, finest = ours[sharp].flatten(0, 1), looks.crops[sharp].flatten(0, 1)
            loss = loss + sharp.float().mean() * (
                difference(fine, finest, self.weight) + self.distance(twice(fine), twice(finest)).mean()
            )
        if adversary is not None:
            drawn = [torch.cat(maps) for maps in zip(features, self.features(halved(own)), strict=True)]
            adversary.learn(drawn, wanted)
            loss = loss + stage.adversarial * adversary.loss(drawn)
        return loss

    def features(self, half: Tensor) -> list[Tensor]:
        return self.distance.features(twice(twice(half)))


def ridge(x: Tensor, y: Tensor) -> Tensor:
    """The linear map of x [N, D] and 1 to y [N, K]: [D + 1, K]."""
    x = with_one(x)
    found: Tensor = torch.linalg.solve(x.t() @ x + RIDGE * len(x) * torch.eye(x.shape[1]), x.t() @ y)
    return found


def with_one(x: Tensor) -> Tensor:
    return F.pad(x, (0, 1), value=1.0)


def slope(shown: Tensor, read: Tensor) -> Tensor:
    """How much a reader says of a degree, [2]: less than one where it is unsure."""
    shown, read = shown - shown.mean(0), read - read.mean(0)
    return (shown * read).sum(0) / shown.square().sum(0).clamp(min=1e-6)


@torch.no_grad()
def read_all(reader: GazeReader, eyes: Eyes) -> Tensor:
    return torch.cat([reader(softened(part.float() / 127.5 - 1)) for part in eyes.crops.split(64)])


def in_pixels(cells: slice) -> slice:
    return slice(cells.start * CELL, cells.stop * CELL)


def enlarged(pictures: Tensor, resolution: int) -> Tensor:
    """To pixels of a 256² picture."""
    return F.interpolate(pictures, scale_factor=SIZE // resolution, mode="nearest")


def halved(crops: Tensor) -> Tensor:
    """[N, 2, 3, 40, 64] → [2 N, 3, 20, 32]."""
    return F.avg_pool2d(crops.flatten(0, 1), 2)


def twice(pictures: Tensor) -> Tensor:
    return F.interpolate(pictures, scale_factor=2, mode="bilinear")
