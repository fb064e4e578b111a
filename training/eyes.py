"""Eyes by themselves: cut out of pictures, masked in them, and read for where they look.

An iris travels two to four pixels of a 256² picture from one side to the other. Losses over the whole face
hardly see that; over two crops of 64 × 40 pixels they do. All places are pixels of a 256² picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from training.batches import scene_key
from training.cast.factors import FACTOR_NAMES, NUM_FACTORS, mirror_factors
from training.cast.manifest import SHARP_SIZE, Cast, CastError, Record
from training.cast.traits import GLASSES
from training.run import Budget

SIZE: Final = 256
HALF_WIDTH, HALF_HEIGHT = 32, 20  # of a crop
OPENING: Final = (24.0, 14.0)  # half axes of what belongs to an eye, and may move

GAZE_X, GAZE_Y, YAW = map(FACTOR_NAMES.index, ("scene.gaze_x", "scene.gaze_y", "scene.yaw"))
WORN: Final = [FACTOR_NAMES.index(f"glasses.{name}") for name in GLASSES]
X_DEGREES, Y_DEGREES, YAW_DEGREES = 8.0, 4.0, 10.0  # of a factor of 1: see factors.py
EYES_STAY: Final = 0.8  # of a turn of the head: so far the cast's eyes turn back, roughly to the viewer
SPREAD: Final = (4.0, 2.5)  # degrees, of the population's gaze about that


class Looks(NamedTuple):
    """N pictures' eyes and what is drawn for them."""

    crops: Tensor  # [N, 2, 3, 40, 64] in [-1, 1], the picture's left eye first
    landmarks: Tensor  # [N, 2, 2] x, y
    factors: Tensor  # [N, F], of the same people looking at the viewer
    gaze: Tensor  # [N, 2] degrees away from the viewer, to the picture's right and up
    scenes: Tensor  # [N] rows of the free vectors
    is_sharp: Tensor  # [N] at 256²


@dataclass(frozen=True, slots=True, eq=False)
class Eyes:
    """The cast's eyes that no glasses hide, as they were rendered."""

    crops: Tensor  # as in Looks, uint8
    landmarks: Tensor
    factors: NDArray[np.float64]
    gaze: Tensor
    scenes: Tensor  # −1: the fit never saw the scene
    num_scenes: int
    is_sharp: Tensor
    share: NDArray[np.float64]  # [N] of the lessons, sum 1: who looks aside teaches most

    def __len__(self) -> int:
        return len(self.crops)

    @classmethod
    def of_cast(cls, cast: Cast, scenes: Mapping[str, int]) -> Self:
        """Raises CastError where nobody's eyes are seen, OSError for a picture that cannot be read."""
        seen = {record: crops_of(record) for record in cast.records if not record.factors[WORN].any()}
        kept = Cast(tuple(record for record, crops in seen.items() if crops is not None))
        if not kept.records:
            raise CastError("no eyes without glasses to learn from; name a cast with faces")
        factors = kept.factors
        gaze = gaze_of(factors)
        is_sharp = np.array([record.size >= SHARP_SIZE for record in kept.records])
        share = (0.3 + (np.abs(gaze) / SPREAD).sum(1)) * np.where(is_sharp, 3, 1)
        return cls(
            torch.from_numpy(np.stack([crops for crops in seen.values() if crops is not None])),
            torch.from_numpy(kept.landmarks[:, :2] * SIZE),
            looking_at_viewer(factors),
            torch.from_numpy(gaze).float(),
            torch.tensor([scenes.get(scene_key(record), -1) for record in kept.records]),
            len(scenes),
            torch.from_numpy(is_sharp),
            share / share.sum(),
        )

    @property
    def turn(self) -> Tensor:
        """The heads' yaw [N, 1] in degrees."""
        return torch.from_numpy(self.factors[:, [YAW]] * YAW_DEGREES).float()

    @property
    def gaze_against_head(self) -> Tensor:
        """[N, 2] degrees."""
        return against_head(self.gaze, self.turn)

    def draw(self, num: int, rng: np.random.Generator) -> Looks:
        """`num` of them at random, all as they are or all mirrored.

        Half of the draws leave random numbers where the factors once held the gaze: they must not matter.
        """
        index, is_mirrored = rng.choice(len(self), num, p=self.share), rng.random() < 0.5
        factors = self.factors[index]
        if rng.random() < 0.5:
            factors[:, GAZE_X] += rng.normal(0, SPREAD[0] / X_DEGREES, num)
            factors[:, GAZE_Y] += rng.normal(0, SPREAD[1] / Y_DEGREES, num)
        crops, landmarks = self.crops[index].float() / 127.5 - 1, self.landmarks[index]
        gaze, scenes, is_sharp = self.gaze[index], self.scenes[index], self.is_sharp[index]
        if is_mirrored:
            factors = mirror_factors(factors)
            crops = crops.flip(1, 4)
            landmarks = (landmarks.flip(1) - torch.tensor([SIZE, 0.0])) * torch.tensor([-1.0, 1.0])
            gaze = gaze * torch.tensor([-1.0, 1.0])
            scenes = torch.where(scenes < 0, scenes, scenes + self.num_scenes)
        return Looks(crops, landmarks, torch.from_numpy(factors).float(), gaze, scenes, is_sharp)


def gaze_of(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors [N, F] → degrees away from the viewer [N, 2]."""
    x = factors[:, GAZE_X] * X_DEGREES + EYES_STAY * factors[:, YAW] * YAW_DEGREES
    return np.stack([x, factors[:, GAZE_Y] * Y_DEGREES], 1)


def against_head(gaze: Tensor, turn: Tensor) -> Tensor:
    """Gaze [N, 2] away from the viewer, the head's turn [N, 1] → degrees against the head."""
    return gaze - F.pad(EYES_STAY * turn, (0, 1))


def looking_at_viewer(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors [N, F] → the same, with the gaze that is usual for the head's turn."""
    assert factors.shape[1] == NUM_FACTORS
    calm = factors.copy()
    calm[:, GAZE_X] = -EYES_STAY * factors[:, YAW] * YAW_DEGREES / X_DEGREES
    calm[:, GAZE_Y] = 0
    return calm


# --- places -------------------------------------------------------------------------------------------------


def crops_of(record: Record) -> Tensor | None:
    """A record's two eyes, uint8 [2, 3, 40, 64]; None where they reach beyond the picture."""
    picture = cv2.imread(str(record.picture))
    if picture is None:
        raise OSError(f"{record.picture}: cannot be read as a picture; render it again")
    shrunk = cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)[..., ::-1]
    landmarks = torch.from_numpy(record.landmarks[None, :2] * SIZE)
    margin = torch.tensor([HALF_WIDTH, HALF_HEIGHT]) + 1
    if not bool(((landmarks > margin) & (landmarks < SIZE - margin)).all()):
        return None
    return cut(torch.from_numpy(shrunk.copy()).permute(2, 0, 1)[None], landmarks)[0]


def cut(pictures: Tensor, landmarks: Tensor) -> Tensor:
    """Pictures [N, 3, H, W], eyes [N, 2, 2] x, y in them → crops [N, 2, 3, 40, 64]."""
    rows = [
        [picture[:, y - HALF_HEIGHT : y + HALF_HEIGHT, x - HALF_WIDTH : x + HALF_WIDTH] for x, y in places]
        for picture, places in zip(pictures, landmarks.round().int().tolist(), strict=True)
    ]
    return torch.stack([torch.stack(row) for row in rows])


def openings(landmarks: Tensor) -> Tensor:
    """Eyes [N, 2, 2] → [N, 1, 256, 256]: 1 where they are, falling to 0 within a few pixels."""
    grid = torch.arange(SIZE) + 0.5
    dx = (grid[None, None, None, :] - landmarks[:, :, 0, None, None]) / OPENING[0]
    dy = (grid[None, None, :, None] - landmarks[:, :, 1, None, None]) / OPENING[1]
    return torch.sigmoid((1 - torch.hypot(dx, dy)) * 8).amax(1, keepdim=True)


# --- a reader of gaze ---------------------------------------------------------------------------------------

READ_ROWS, READ_COLUMNS = slice(4, 36), slice(8, 56)  # of a crop
JITTER: Final = (3, 4)  # px down and across, by which crops are moved while it learns
READER_BATCH: Final = 64
READER_RATE: Final = 2e-3
DEGREES: Final = 4.0  # of an output of 1


class GazeReader(nn.Module):
    """Both eyes → where they look against the head. It teaches, and so must not be the judge."""

    def __init__(self) -> None:
        super().__init__()
        widths = ((3, 24, 1), (24, 32, 2), (32, 48, 1), (48, 64, 2), (64, 64, 1))
        layers: list[nn.Module] = []
        for num_in, num_out, stride in widths:
            layers += [nn.Conv2d(num_in, num_out, 3, stride, 1), nn.BatchNorm2d(num_out), nn.ReLU()]
        self.features = nn.Sequential(*layers, nn.AvgPool2d(2))
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * 64 * 4 * 6, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, crops: Tensor) -> Tensor:
        """[N, 2, 3, 40, 64] in [-1, 1] → degrees [N, 2], to the picture's right and up."""
        x = crops[..., READ_ROWS, READ_COLUMNS].flatten(0, 1)
        x = x - x.mean((2, 3), keepdim=True)
        x = x / (x.std((1, 2, 3), keepdim=True) + 0.05)
        read: Tensor = self.head(self.features(x).view(len(crops), -1)) * DEGREES
        return read


def softened(crops: Tensor) -> Tensor:
    """Crops [..., 40, 64] as sharp as most renderings are: at half their size."""
    flat = F.avg_pool2d(crops.flatten(0, -4), 2)
    return F.interpolate(flat, scale_factor=2, mode="bilinear").view_as(crops)


def fit_gaze_reader(eyes: Eyes, num_steps: int) -> GazeReader:
    """A reader of the cast's gaze; half of what it sees is softened."""
    reader, rng = GazeReader(), np.random.default_rng(0)
    optimizer = torch.optim.AdamW(reader.parameters(), READER_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, READER_RATE, max(num_steps, 2))
    shown = eyes.gaze_against_head
    for step in Budget(600, "fit gaze reader").steps(0, num_steps):
        index = torch.from_numpy(rng.integers(0, len(eyes), READER_BATCH))
        shift = tuple(int(rng.integers(-most, most + 1)) for most in JITTER)
        crops = eyes.crops[index].float() / 127.5 - 1
        wanted = shown[index]
        if step % 2:
            crops, wanted = crops.flip(1, 4), wanted * torch.tensor([-1.0, 1.0])
        if rng.random() < 0.5:
            crops = softened(crops)
        crops = crops.roll(shift, (3, 4)) + 0.03 * torch.randn(crops.shape)
        loss = F.smooth_l1_loss(reader(crops), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return reader.eval().requires_grad_(False)
