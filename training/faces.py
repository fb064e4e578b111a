"""Pictures of faces with everything that readers are taught: units, angles, person, and latent.

Two sources. The cast's renders show people never generated, with the latent that the generator's fit found
for each. The generator's own pictures (`draw`) have exact latents, and as many people as one likes: everybody
is drawn in several scenes and expressions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import click
import numpy as np
import torch
from numpy.typing import NDArray

from models.action_units import AU_INDEX, NUM_AUS
from models.pictures import ALIGNED_PX
from models.stylegan2 import to_uint8
from training.batches import scene_key
from training.cast.actions import WIDELY, actions_for, draw_units
from training.cast.factors import FACTOR_NAMES, factor_vector, mirror_factors
from training.cast.manifest import Cast, Record, read_cast
from training.cast.people import LATENT_SIZE, latent_sitting
from training.cast.pictures import load_pictures
from training.cast.traits import Scene
from training.factor_network import FactorGenerator
from training.fitted import load_fitted
from training.run import Budget, cast_option, run_command

BATCH: Final = 16
# Factor → degrees (see factors.py), in the order of the reader's angles: yaw, pitch, gaze x, gaze y.
ANGLES: Final = {"scene.yaw": 10.0, "scene.pitch": 5.0, "scene.gaze_x": 8.0, "scene.gaze_y": 4.0}
ANGLE_COLUMNS: Final = [FACTOR_NAMES.index(name) for name in ANGLES]
MIRRORED_ANGLES: Final = np.array([-1, 1, -1, 1], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """N pictures and their labels. A mirrored picture has a latent of its own where one is known."""

    pictures: NDArray[np.uint8]  # [N, 256, 256, 3] RGB
    aus: NDArray[np.float32]  # [N, 43] in [0, 1]
    angles: NDArray[np.float32]  # [N, 4] degrees
    people: NDArray[np.int64]  # [N]: the same number is the same person
    w: NDArray[np.float32]  # [N, 512]
    w_mirrored: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.pictures)

    @classmethod
    def of_cast(cls, cast: Cast, fitted: FactorGenerator, scenes: dict[str, int]) -> Self:
        """The renders, and the latents that the fit found for them."""
        factors = cast.factors
        return cls(
            load_pictures([record.picture for record in cast.records], ALIGNED_PX),
            cast.units,
            angles_of(factors),
            np.array([record.identity_seed for record in cast.records]),
            latents(fitted, factors, cast.records, scenes),
            latents(fitted, mirror_factors(factors), cast.records, scenes, is_mirrored=True),
        )

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What `draw` has written; the pictures stay on the disk until they are looked at.

        Raises:
            OSError: there is nothing, or not all of it.
        """
        labels = np.load(folder / "labels.npz")
        pictures = np.load(folder / "pictures.npy", mmap_mode="r")
        return cls(pictures, labels["aus"], labels["angles"], labels["people"], labels["w"])


def angles_of(factors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Factors [N, F] → yaw, pitch, gaze x, gaze y [N, 4] in degrees."""
    return np.asarray(factors[:, ANGLE_COLUMNS] * np.array(list(ANGLES.values())), np.float32)


@torch.no_grad()
def latents(
    fitted: FactorGenerator,
    factors: NDArray[np.floating],
    records: Sequence[Record],
    scenes: dict[str, int],
    *,
    is_mirrored: bool = False,
) -> NDArray[np.float32]:
    """w [N, 512] that the fit gives to renders; without the free vector where it never saw the scene."""
    x = torch.from_numpy(np.asarray(factors)).float()
    rows = torch.tensor([scenes.get(scene_key(record), -1) for record in records])
    known = rows >= 0
    w = fitted.factors(x)
    if known.any():
        w[known] = fitted.factors(x[known], rows[known] + is_mirrored * len(scenes))
    return np.asarray(w.numpy(), np.float32)


# --- the generator's own pictures ---------------------------------------------------------------------------


def turned(scene: Scene, rng: np.random.Generator) -> Scene:
    """The same light and backdrop, head and eyes turned as far as the generator has seen them turned."""
    if rng.random() < 0.4:
        return scene
    return replace(
        scene,
        yaw=rng.uniform(-17, 17),
        pitch=rng.uniform(-9, 9),
        gaze_x=rng.uniform(-14, 14),
        gaze_y=rng.uniform(-8, 8),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What is to be drawn: factors [N, F], AU vectors [N, 43], people [N]."""

    factors: NDArray[np.float32]
    aus: NDArray[np.float32]
    people: NDArray[np.int64]


def draw_factors(num: int, num_each: int, units_shown: Sequence[int], recipe: int, seed: int) -> Drawn:
    """`num` pictures of people of the prior: each `num_each` times, in other scenes and expressions."""
    rng = np.random.default_rng(seed)
    factors, aus, people = [], np.zeros((num, NUM_AUS), np.float32), np.arange(num) // num_each
    person = None
    for row in range(num):
        sitting = latent_sitting(rng.standard_normal(LATENT_SIZE), recipe)
        if row % num_each == 0 or person is None:
            person = sitting.person
        units = draw_units(rng, units_shown, WIDELY)
        factors.append(factor_vector(person, turned(sitting.scene, rng), actions_for(units)))
        for unit, intensity in units.items():
            aus[row, AU_INDEX[unit]] = intensity
    return Drawn(np.array(factors, np.float32), aus, people + seed * 1_000_000)


@torch.no_grad()
def pictures_of(fitted: FactorGenerator, factors: NDArray[np.float32]) -> Iterator[tuple[Any, Any]]:
    """Factors [N, F] → batches of pictures uint8 [B, 256, 256, 3] and w [B, 512]."""
    for first in range(0, len(factors), BATCH):
        w = fitted.factors(torch.from_numpy(factors[first : first + BATCH]))
        ws = fitted.generator.broadcast(w)
        size = min(ALIGNED_PX, fitted.generator.arch.resolution)
        rgb = fitted.generator.synthesis(ws, size, noise_mode="none", dtype=torch.bfloat16)
        if size < ALIGNED_PX:
            rgb = torch.nn.functional.interpolate(rgb, (ALIGNED_PX, ALIGNED_PX), mode="bicubic")
        yield to_uint8(rgb).numpy(), w.numpy()


def draw(fitted: FactorGenerator, drawn: Drawn, folder: Path, budget: Budget) -> None:
    """Write pictures.npy and labels.npz; the labels come last, so that half a set is none."""
    folder.mkdir(parents=True, exist_ok=True)
    num = len(drawn.factors)
    shape = (num, ALIGNED_PX, ALIGNED_PX, 3)
    pictures = np.lib.format.open_memmap(folder / "pictures.npy", "w+", np.uint8, shape)
    w = np.empty((num, fitted.generator.arch.w_dim), np.float32)
    batches = pictures_of(fitted, drawn.factors)
    for step, (made, latent) in zip(budget.steps(0, -(-num // BATCH)), batches, strict=False):
        rows = slice(step * BATCH, step * BATCH + len(made))
        pictures[rows], w[rows] = made, latent
    pictures.flush()
    angles = angles_of(drawn.factors)
    np.savez(folder / "labels.npz", aus=drawn.aus, angles=angles, people=drawn.people, w=w)


@click.command(help="Draw pictures by a fitted generator, with exact latents, for readers to learn from.")
@cast_option
@click.option("--state", type=click.Path(path_type=Path), required=True, help="The run of fit_generator.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--num", type=click.IntRange(1), default=12_000, show_default=True, help="Pictures.")
@click.option("--each", type=click.IntRange(1), default=4, show_default=True, help="Of everybody.")
@click.option("--seed", type=click.IntRange(0), default=11, show_default=True)
def main(cast: tuple[Path, ...], state: Path, out: Path, num: int, each: int, seed: int) -> None:
    renders = read_cast(*cast)
    drawn = draw_factors(num, each, renders.shown_units, renders.recipe, seed)
    draw(load_fitted(state), drawn, out, Budget(600, "draw faces"))
    click.echo(str(out))


if __name__ == "__main__":
    run_command(main)
