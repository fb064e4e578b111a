"""Look at the weights: `python -m training.evaluate --weights FILE --sheet sheet.jpg`.

A row a person of the prior, a column an expression; every face but the person's own anchor comes from the
pseudo-autoencoder.
"""

from pathlib import Path
from typing import Any, Final

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.action_units import AU_INDEX, CATEGORIES, NUM_AUS
from models.checkpoint import load_generator
from models.people import person_z
from models.pseudo_autoencoder import load_pseudo_autoencoder
from training.run import contact_sheet, run_command, write_picture

EYES_CLOSED: Final = "eyes closed"
COLUMNS: Final = ("neutral", "happy", "sad", "angry", "surprised", EYES_CLOSED)
INTENSITY: Final = 0.9
BAND_PX: Final = 24  # above the sheet, for the columns' names


def aus_of(column: str) -> torch.Tensor:
    """The column's AU vector [1, 43]: a category's prototype, or closed lids."""
    aus = torch.zeros(1, NUM_AUS)
    if column == EYES_CLOSED:
        aus[0, AU_INDEX[43]] = 1
    else:
        aus[0, [AU_INDEX[unit] for unit in CATEGORIES[column].prototype]] = INTENSITY
    return aus


@torch.inference_mode()
def expression_sheet(weights: Path, people: range, truncation_psi: float) -> NDArray[np.uint8]:
    """People × COLUMNS → [H, W, 3] uint8 BGR, columns labelled."""
    loaded = load_generator(weights)
    generator, model = loaded.generator, load_pseudo_autoencoder(loaded).model
    targets = torch.cat(
        [aus_of(column) for column in COLUMNS]
    )  # [columns, 43]; people are neutral, so u = a_T
    rows = []
    for person in people:
        anchor = generator.map(person_z(person), truncation_psi)  # [1, num_ws, 512]
        ws = model(anchor.expand(len(COLUMNS), -1, -1), targets)
        rows.append(generator.synthesis(ws))
    return labelled(contact_sheet(rows), generator.arch.resolution)


def labelled(sheet: NDArray[np.uint8], column_px: int) -> NDArray[np.uint8]:
    band = np.zeros((BAND_PX, sheet.shape[1], 3), np.uint8)
    for index, column in enumerate(COLUMNS):
        origin = (index * column_px + 6, BAND_PX - 8)
        cv2.putText(band, column, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (210, 210, 210), 1, cv2.LINE_AA)
    return np.concatenate([band, sheet])


@click.command(help=__doc__)
@click.option("--weights", type=click.Path(path_type=Path), required=True, help="The generator.")
@click.option("--sheet", type=click.Path(path_type=Path), required=True, help="The picture to write.")
@click.option("--people", type=int, default=16, show_default=True, help="How many, from number 0.")
@click.option("--truncation", type=float, default=0.8, show_default=True)
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    click.echo(options)
    if options["dry_run"]:
        return
    sheet = expression_sheet(options["weights"], range(options["people"]), options["truncation"])
    write_picture(options["sheet"], sheet)
    click.echo(str(options["sheet"]))


if __name__ == "__main__":
    run_command(main)
