"""What pseudo-autoencoders learn from: pictures of subjects, what they show, and where they were projected.

One format for every source. A `Sample` is a picture and its labels: who, which category or unit, action
units, controls. Projected (`training/project.py`), samples become `Expressions`: latents beside labels. All
ordered pairs (S, T), S ≠ T, of a subject are the lessons (Aranda et al., "Experimentos").

Sources: the cast (here), a folder of OSU's photographs, any pictures (`sources.py`). Latents are always those
of projected pictures, never the generator's own factors: those would make the problem linear by construction.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.action_units import CATEGORIES, NUM_AUS
from models.controls import CONTROLS, NUM_CONTROLS
from models.pseudo_autoencoder import SPANS
from training.cast.factors import FACTOR_NAMES
from training.cast.manifest import Cast, Record, is_held_out

NEUTRAL: Final = "neutral"
POPULATION: Final = "population"  # the group of people with one picture each
NUM_FOLDS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture and what it shows."""

    picture: Path
    subject: str  # the same name is the same person in the same scene
    label: str  # an OSU category, or what the picture shows alone: "AU01", "yaw+15"
    aus: NDArray[np.float32]  # [43] intensities in [0, 1]
    controls: NDArray[np.float32]  # [7] degrees and years; NaN where nobody has measured
    framed_by: Path  # the picture whose face gives the frame: the subject's neutral one
    group: str  # of subjects that show the same things: "studio", "repertoire", "population", "osu"
    is_held_out: bool = False  # whether the generator was fitted without this person
    traits: tuple[str, ...] = ()  # "women", "from 60", "dark skin": by which figures are broken down


# --- the cast -----------------------------------------------------------------------------------------------

# MakeHuman's age: 2/3 is 25 years, 1 is 90.
YOUNG, YEARS_YOUNG, YEARS_A_UNIT = 2 / 3, 25.0, 195.0

# Factor → what it counts in degrees (see factors.py).
ANGLE_FACTORS: Final = {
    "yaw": ("scene.yaw", 10.0),
    "pitch": ("scene.pitch", 5.0),
    "gaze_x": ("scene.gaze_x", 8.0),
    "gaze_y": ("scene.gaze_y", 4.0),
    "light_azimuth": ("scene.side_key_azimuth", 20.0),
    "light_elevation": ("scene.key_elevation", 8.0),
}


def years_of(age: float) -> float:
    """MakeHuman's age → years; below 25 it mixes a child in, and years stop meaning much."""
    return YEARS_YOUNG + YEARS_A_UNIT * (age - YOUNG)


def controls_of(factors: NDArray[np.floating]) -> NDArray[np.float32]:
    """A record's factors [F] → its control vector [7]."""
    value = dict(zip(FACTOR_NAMES, factors.tolist(), strict=True))
    found = {name: scale * value[factor] for name, (factor, scale) in ANGLE_FACTORS.items()}
    found["age"] = years_of(value["phenotype.age"])
    return np.array([found[name] for name in CONTROLS], np.float32)


def traits_of(factors: NDArray[np.floating]) -> tuple[str, ...]:
    """Sex, age and skin tone, in words."""
    value = dict(zip(FACTOR_NAMES, factors.tolist(), strict=True))
    years, tone = years_of(value["phenotype.age"]), value["skin.tone"]
    return (
        "women" if value["phenotype.gender"] >= 0.5 else "men",
        "under 30" if years < 30 else "30 to 59" if years < 60 else "from 60",
        "light skin" if tone < 0.3 else "medium skin" if tone < 0.55 else "dark skin",
    )


def samples_of_cast(cast: Cast, keep: Callable[[Record], bool] = lambda record: True) -> list[Sample]:
    """The cast's pictures. Subjects of studio and repertoire are framed by their neutral picture."""
    neutral = {
        (record.identity_seed, record.recipe): record.picture
        for record in cast.records
        if record.split == "studio" and record.category == NEUTRAL
    }
    return [
        Sample(
            picture=record.picture,
            subject=f"{record.identity_seed}/{record.recipe}",
            label=record.category,
            aus=record.units,
            controls=controls_of(record.factors),
            framed_by=neutral.get((record.identity_seed, record.recipe), record.picture),
            group=record.split,
            is_held_out=is_held_out(record),
            traits=traits_of(record.factors),
        )
        for record in cast.records
        if keep(record)
    ]


# --- projected ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Expressions:
    """N samples beside their latents."""

    samples: tuple[Sample, ...]
    ws: Tensor  # [N, num_ws, w_dim] float32
    aus: Tensor  # [N, 43] in [0, 1]
    controls: Tensor  # [N, 7] degrees and years; NaN where nobody has measured

    def __len__(self) -> int:
        return len(self.samples)

    @classmethod
    def of(cls, samples: Sequence[Sample], latents: Sequence[NDArray[np.float32]]) -> Self:
        """Samples and a latent [num_ws, w_dim] for each of them."""
        aus, controls = (
            np.array([getattr(sample, name) for sample in samples], np.float32).reshape(len(samples), width)
            for name, width in (("aus", NUM_AUS), ("controls", NUM_CONTROLS))
        )
        ws = np.stack(latents) if len(samples) else np.zeros((0, 1, 1), np.float32)
        return cls(tuple(samples), *map(torch.from_numpy, (ws, aus, controls)))

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everybody's name, once."""
        return tuple(sorted({sample.subject for sample in self.samples}))

    def only(self, keep: Callable[[Sample], bool]) -> Self:
        """Those of the samples."""
        return self.rows([row for row, sample in enumerate(self.samples) if keep(sample)])

    def rows(self, rows: Sequence[int]) -> Self:
        index = torch.tensor(rows, dtype=torch.long)
        samples = tuple(self.samples[row] for row in rows)
        return type(self)(samples, self.ws[index], self.aus[index], self.controls[index])

    def rows_by_subject(self) -> dict[str, list[int]]:
        """Everybody's name → the rows of their pictures."""
        rows = defaultdict[str, list[int]](list)
        for row, sample in enumerate(self.samples):
            rows[sample.subject].append(row)
        return rows

    def pairs(self) -> Tensor:
        """All ordered pairs (S, T), S ≠ T, within a subject: [P, 2] rows."""
        pairs = [pair for rows in self.rows_by_subject().values() for pair in permutations(rows, 2)]
        return torch.tensor(pairs, dtype=torch.long).view(-1, 2)

    def moves(self, source: Tensor, target: Tensor) -> Tensor:
        """u of rows [P] and [P] → [P, 50]: changes of action units, and behind them of controls in spans."""
        turned = (self.controls[target] - self.controls[source]) / torch.tensor(SPANS)
        return torch.cat([self.aus[target] - self.aus[source], turned.nan_to_num(0)], 1)


def fold_of(subject: str, subjects: Sequence[str]) -> int:
    """Which fifth of all subjects one belongs to: in sorted order, they take turns."""
    return sorted(subjects).index(subject) % NUM_FOLDS


def is_expression(sample: Sample) -> bool:
    """What action units alone explain, unlike age or light: categories, and single units."""
    return sample.label in CATEGORIES or sample.label.startswith("AU")
