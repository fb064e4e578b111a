"""Pictures to look at before believing a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from models.pseudo_autoencoder import LoadedPseudoAutoencoder
from models.stylegan2 import Generator
from training.evaluation.expressions import category_units, repertoire_units
from training.evaluation.faces import Pictures, resized
from training.evaluation.people import anchors, pictures_of
from training.evaluation.report import Part

JPEG_QUALITY: Final = 88
CELL_PX: Final = 192  # of a picture on a sheet, at most
BAND_PX: Final = 24  # above a sheet, for its columns' names
NUM_PEOPLE: Final = 64
PER_ROW: Final = 8
NUM_EXPRESSIVE: Final = 8
NUM_PAIRS, NUM_STEPS = 12, 8

Sheet = NDArray[np.uint8]  # [H, W, 3] RGB


def grid(rows: Sequence[Pictures]) -> Sheet:
    """Rows of pictures [N, R, R, 3], all as many → one picture."""
    side = min(CELL_PX, rows[0].shape[1])
    shrunk = [np.concatenate([resized(picture, side) for picture in row], axis=1) for row in rows]
    return np.concatenate(shrunk)


def labelled(sheet: Sheet, names: Sequence[str]) -> Sheet:
    """A band with the columns' names above the sheet."""
    column_px = sheet.shape[1] // len(names)
    band = np.zeros((BAND_PX, sheet.shape[1], 3), np.uint8)
    for index, name in enumerate(names):
        origin = (index * column_px + 4, BAND_PX - 8)
        cv2.putText(band, name, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (210, 210, 210), 1, cv2.LINE_AA)
    return np.concatenate([band, sheet])


def write_jpeg(path: Path, sheet: Sheet) -> None:
    """Raises OSError where it cannot be written, which cv2 keeps to itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]):
        raise OSError(f"{path}: cannot be written")


# --- the sheets ---------------------------------------------------------------------------------------------


def people_sheet(generator: Generator, psi: float) -> Sheet:
    """People 0 to 63, a row after the other, as the generator draws them."""
    pictures = pictures_of(generator, anchors(generator, range(NUM_PEOPLE), psi))
    return grid([pictures[k : k + PER_ROW] for k in range(0, NUM_PEOPLE, PER_ROW)])


@torch.inference_mode()
def expression_sheet(
    generator: Generator, companion: LoadedPseudoAutoencoder, psi: float, shown: Mapping[str, Tensor]
) -> Sheet:
    """Eight people × AU vectors by name, through the pseudo-autoencoder: A(w₀, u)."""
    targets = torch.stack(list(shown.values()))
    people = anchors(generator, range(NUM_EXPRESSIVE), psi)
    rows = [
        pictures_of(generator, companion.model(anchor.expand(len(targets), -1, -1), targets))
        for anchor in tqdm(people, desc="sheet", unit="person", mininterval=5)
    ]
    return labelled(grid(rows), list(shown))


@torch.inference_mode()
def interpolation_sheet(generator: Generator, psi: float) -> Sheet:
    """Twelve pairs of people, 0 → 1, 2 → 3, …: straight lines in w, as the portrait moves."""
    ends = anchors(generator, range(2 * NUM_PAIRS), psi)
    steps = torch.linspace(0, 1, NUM_STEPS)[:, None, None]
    return grid([pictures_of(generator, first.lerp(last, steps)) for first, last in pairs_of(ends)])


def pairs_of(ends: Tensor) -> list[tuple[Tensor, Tensor]]:
    return [(ends[k], ends[k + 1]) for k in range(0, len(ends), 2)]


def write_sheets(
    generator: Generator, companion: LoadedPseudoAutoencoder | None, psi: float, folder: Path
) -> Part:
    """All sheets into `folder`."""
    made = {"people": people_sheet(generator, psi), "interpolations": interpolation_sheet(generator, psi)}
    lines = []
    if companion is None:
        lines.append("expressions: skipped, the weights have no pseudo-autoencoder")
    else:
        repertoire = repertoire_units(companion.learned_units)
        made["categories"] = expression_sheet(generator, companion, psi, category_units())
        made["repertoire"] = expression_sheet(generator, companion, psi, repertoire)
    paths = [folder / f"{name}.jpg" for name in made]
    for path, sheet in zip(paths, made.values(), strict=True):
        write_jpeg(path, sheet)
    lines += [str(path) for path in paths]
    return Part("Sheets", {"files": [str(path) for path in paths]}, lines)
