"""What the readers of faces are worth: `python -m training.evaluation.readers --cast CAST --state STATE`.

Eight parts, on people never seen: action units, categories, photographs, identity, what the encoder finds
(a quarter of an hour and more), a sheet of projections to look at, visitors (the longest: an hour), and what
a face costs. A part that lacks something says so and is left out. The same options give the same figures, but
for milliseconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import torch

from models.checkpoint import load_generator
from training.evaluation.__main__ import CASTS, FILE, FOLDER, WEIGHTS
from training.evaluation.readers.categories import measure_categories
from training.evaluation.readers.cost import measure_cost
from training.evaluation.readers.identity import measure_identity
from training.evaluation.readers.likeness import measure_likeness
from training.evaluation.readers.material import Amounts, Material
from training.evaluation.readers.photographs import measure_photographs
from training.evaluation.readers.sheet import measure_sheet
from training.evaluation.readers.units import measure_units
from training.evaluation.readers.visitors import measure_visitors
from training.evaluation.report import Part, measured_parts, write_json
from training.identity import PATH
from training.run import run_command

PARTS: Final[Mapping[str, Callable[[Material], Part]]] = {
    "au": measure_units,
    "categories": measure_categories,
    "photographs": measure_photographs,
    "identity": measure_identity,
    "encoder": measure_likeness,
    "sheet": measure_sheet,
    "visitors": measure_visitors,
    "cost": measure_cost,
}
FULL: Final = Amounts(held_out=None, training=None, projected=24, sheet=8, frames=30)
QUICK: Final = Amounts(held_out=48, training=200, projected=6, sheet=2, frames=5, visitors=6)


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    weights: Path
    state: Path | None
    cast: tuple[Path, ...]
    identity: Path
    quick: bool
    parts: tuple[str, ...]
    sheets: Path | None
    json: Path | None
    dry_run: bool


def measure(config: Config) -> dict[str, Part | str]:
    """Part by part; a reason where one is skipped. Each is printed as soon as it stands."""
    material = Material(
        load_generator(config.weights),
        QUICK if config.quick else FULL,
        config.cast,
        config.state,
        config.identity,
        config.sheets,
    )
    return measured_parts({name: partial(part, material) for name, part in PARTS.items()}, config.parts)


@click.command(help=__doc__)
@click.option("--weights", type=FILE, default=WEIGHTS, show_default="the portrait's", help="The generator.")
@click.option("--state", type=FOLDER, help="The run of fit_generator that the weights were made from.")
@click.option(
    "--cast", type=FOLDER, multiple=True, default=lambda: CASTS, help="Folder of a cast; repeatable."
)
@click.option("--identity", type=FILE, default=PATH, show_default="the fit's", help="The identity reader.")
@click.option("--quick", is_flag=True, help="A small share of everything.")
@click.option("--part", "parts", type=click.Choice(list(PARTS)), multiple=True, help="Only this; repeatable.")
@click.option("--sheets", type=FOLDER, help="Write the sheet and the confusion matrix into this folder.")
@click.option("--json", type=FILE, help="Write the figures here.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    config = Config(**options)
    click.echo(config)
    if config.dry_run:
        return
    torch.manual_seed(0)
    results = measure(config)
    if config.json:
        options = {"weights": str(config.weights), "state": str(config.state), "quick": config.quick}
        write_json(config.json, options, results)


if __name__ == "__main__":
    run_command(main)
