"""Evaluate how A(w, u) changes expressions: `python -m training.evaluate IN… --latents STORE --weights FILE`.

Models are fitted on folds of the cast's subjects and judged on pictures that the generator draws of their
predictions. Fits and readings are kept in FOLDER, so a command that was stopped goes on; figures are in
FOLDER/results.json, and --docs writes the pages from them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import torch

from models.checkpoint import load_generator
from training.cast.manifest import CastError
from training.dataset import POPULATION
from training.evaluation.__main__ import CASTS, FILE, FOLDER, WEIGHTS
from training.evaluation.readers.__main__ import FULL as READERS
from training.evaluation.readers.material import Material
from training.evaluation.report import Part, SkippedError, measured_parts
from training.evaluation.transfer.amounts import FULL, QUICK
from training.evaluation.transfer.chains import measure_chains
from training.evaluation.transfer.laboratory import Laboratory, Place, UnfinishedError
from training.evaluation.transfer.models import measure_models
from training.evaluation.transfer.one_fold import measure_ablations, measure_readings, measure_subjects
from training.evaluation.transfer.pages import write_pages
from training.evaluation.transfer.results import read_results, write_results
from training.evaluation.transfer.sheets import measure_sheets
from training.evaluation.transfer.strangers import measure_strangers
from training.evaluation.transfer.ways import measure_ways
from training.fit_pseudo_autoencoder import load_expressions
from training.identity import PATH
from training.latent_store import Store, Way
from training.run import run_command
from training.sources import read_samples

PARTS: Final[Mapping[str, Callable[[Laboratory], Part]]] = {
    "readings": measure_readings,
    "models": measure_models,
    "strangers": measure_strangers,
    "ablations": measure_ablations,
    "subjects": measure_subjects,
    "chains": measure_chains,
    "ways": measure_ways,
    "sheets": measure_sheets,
}


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    source: tuple[Path, ...]
    latents: Path
    weights: Path
    state: Path
    docs: Path | None
    identity: Path
    quick: bool
    parts: tuple[str, ...]
    minutes: float
    threads: int
    way_steps: int
    way_px: int
    dry_run: bool


def laboratory(config: Config) -> Laboratory:
    """What there is to measure.

    Raises:
        CastError: the folders hold no cast, or none of it has been projected.
    """
    generator = load_generator(config.weights)
    samples = read_samples(config.source)
    if not any(sample.group == "studio" for sample in samples):
        named = ", ".join(map(str, config.source)) or "nothing named"
        raise CastError(f"{named}: no studio of a cast; only its subjects show every category, name a cast")
    store, way = Store(config.latents), Way.through(generator, config.way_steps, config.way_px)
    shown = load_expressions([sample for sample in samples if sample.group != POPULATION], store, way)
    if not len(shown):
        raise CastError(
            f"{config.latents}: no latent of these pictures; python -m training.project makes them"
        )
    click.echo(f"{len(shown)} pictures of {len(shown.subjects)} subjects")
    return Laboratory(
        Material(generator, READERS, config.source, identity=config.identity),
        shown,
        [sample for sample in samples if sample.group == POPULATION],
        Place(config.state, store, way),
        QUICK if config.quick else FULL,
        config.minutes,
    )


def measure(config: Config) -> bool:
    """Part by part, each kept as soon as it stands; → whether all of them do."""
    lab = laboratory(config)
    torch.manual_seed(0)
    for name in config.parts or PARTS:
        try:
            found = measured_parts({name: partial(PARTS[name], lab)}, (name,))
        except UnfinishedError:
            click.echo(f"\n{name}: the minutes are spent; the same command goes on", err=True)
            return False
        write_results(config.state, lab, found, is_quick=config.quick)
    return True


@click.command(help=__doc__)
@click.argument("source", metavar="[IN]...", type=FOLDER, nargs=-1)
@click.option("--latents", type=FOLDER, required=True, help="What training.project wrote.")
@click.option("--weights", type=FILE, default=WEIGHTS, show_default="the portrait's", help="The generator.")
@click.option("--state", type=FOLDER, required=True, help="Where fits, readings and results are kept.")
@click.option("--docs", type=FOLDER, help="Write evaluation.md and paper.md into this folder.")
@click.option("--identity", type=FILE, default=PATH, show_default="the fit's", help="The identity reader.")
@click.option("--quick", is_flag=True, help="A small share of everything.")
@click.option("--part", "parts", type=click.Choice(list(PARTS)), multiple=True, help="Only this; repeatable.")
@click.option("--minutes", type=float, default=600.0, show_default=True)
@click.option("--threads", type=int, default=0, help="Of the processor; 0: all.")
@click.option("--way-steps", type=int, default=Way().num_steps, show_default=True, help="As projected.")
@click.option("--way-px", type=int, default=Way().px, show_default=True, help="As projected.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(source: tuple[Path, ...], **options: Any) -> None:
    config = Config(source=source or tuple(map(Path, CASTS)), **options)
    click.echo(config)
    if config.dry_run:
        return
    if config.threads:
        torch.set_num_threads(config.threads)
    if not (measure(config) and config.docs):
        return
    try:
        for path in write_pages(read_results(config.state), config.state / "figures", config.docs):
            click.echo(str(path))
    except SkippedError as reason:
        raise click.ClickException(f"pages: {reason}") from None


if __name__ == "__main__":
    run_command(main)
