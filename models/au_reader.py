"""The AU reader: what an aligned face does (43 action units), where its eyes look and its head is turned.

A companion of the generator, because the portrait and its reader must mean the same by a unit: it was taught
from the same renders and from the generator's own pictures. Intensities are in [0, 1]; FACS writes A–E.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.action_units import AU_INDEX, CATEGORIES, NUM_AUS, VOCABULARY, Category
from models.checkpoint import CheckpointError, LoadedGenerator, load_state, read_companion
from models.pictures import aligned_tensor
from models.trunk import SHORT, Trunk, compact

KIND: Final = "au_reader"
# Of an aligned picture: from the raised brows to the chin, with room for an alignment that is a little off.
ROWS, COLUMNS = slice(72, 248), slice(40, 216)
NUM_ANGLES: Final = 4  # yaw, pitch, gaze x, gaze y
DEGREES: Final = 10.0  # of an output of 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What a face shows."""

    aus: tuple[float, ...]  # 43 intensities in [0, 1], in the order of ACTION_UNITS
    yaw: float  # degrees; + turns to the picture's right
    pitch: float  # + looks up
    gaze: tuple[float, float]  # of the eyes against the head, degrees: + the picture's right, + up


class AuReader(nn.Module):
    """Aligned pictures → 43 intensities and four angles."""

    def __init__(self, num_channels: int = 64, num_hidden: int = 160) -> None:
        super().__init__()
        self.trunk = Trunk(SHORT)
        self.head = compact(SHORT, num_channels, num_hidden)
        self.outputs = nn.Sequential(nn.ReLU(), nn.Dropout(0.1), nn.Linear(num_hidden, NUM_AUS + NUM_ANGLES))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """[N, 3, 256, 256] in [-1, 1] → intensities [N, 43] in [0, 1], angles [N, 4] in degrees."""
        features = self.trunk(pictures[..., ROWS, COLUMNS])
        outputs: Tensor = self.outputs(self.head(features)).float()
        return outputs[:, :NUM_AUS].sigmoid(), outputs[:, NUM_AUS:] * DEGREES

    @torch.inference_mode()
    def read(self, image: NDArray[np.uint8]) -> Reading:
        """One aligned picture, uint8 RGB [256, 256, 3].

        Raises:
            ValueError: see `aligned_tensor`.
        """
        aus, angles = self(aligned_tensor(image))
        yaw, pitch, gaze_x, gaze_y = angles[0].tolist()
        return Reading(tuple(aus[0].tolist()), yaw, pitch, (gaze_x, gaze_y))


def load_au_reader(generator: LoadedGenerator) -> AuReader:
    """Read the companion of a generator, in evaluation mode, on the CPU.

    Raises:
        CheckpointError: missing, truncated, of another generator, or of another vocabulary.
    """
    checkpoint = read_companion(generator, KIND)
    if checkpoint.metadata.get("action_units") != VOCABULARY:
        raise CheckpointError(f"{checkpoint.path}: made for another list of action units; fit it again")
    reader = AuReader()
    load_state(reader, checkpoint)
    return reader.eval().requires_grad_(False)


# --- categories ---------------------------------------------------------------------------------------------

# Where the table gives no figure: "over 70 % of subjects", and the units of everybody else.
PROTOTYPE_SHARE: Final = 0.9
STRAY_SHARE: Final = 0.03
SHOWN_FROM: Final = 0.3  # intensity at which a unit is as likely shown as not …
SURENESS: Final = 12.0  # … and how quickly that becomes certain: odds per unit of intensity
OSU_UNITS: Final = tuple(
    sorted({unit for shown in CATEGORIES.values() for unit in (*shown.prototype, *shown.optional)})
)


def likeliest_category(aus: Sequence[float]) -> str:
    """AU vector [43] → the OSU category that shows it most often (Du et al., PNAS 2014, table 1).

    Naïve Bayes over the 17 units of the table; each unit is taken as shown with a probability that rises with
    its intensity. Several categories share their prototypes: no reader can tell all of them apart.
    """
    return max(CATEGORIES, key=lambda name: log_likelihood(CATEGORIES[name], aus))


def log_likelihood(category: Category, aus: Sequence[float]) -> float:
    """How well a category explains an AU vector: Σ log(share · shown + (1 − share) · (1 − shown))."""
    shares = dict.fromkeys(category.prototype, PROTOTYPE_SHARE) | category.optional
    total = 0.0
    for unit in OSU_UNITS:
        share = min(max(shares.get(unit, STRAY_SHARE), STRAY_SHARE), 1 - STRAY_SHARE)
        shown = 1 / (1 + math.exp(-SURENESS * (aus[AU_INDEX[unit]] - SHOWN_FROM)))
        total += math.log(share * shown + (1 - share) * (1 - shown))
    return total
