"""What a portrait's weights are worth: `python -m training.evaluation --sheets FOLDER --json FILE`.

Four parts: people drawn by number (are they faces, are they different, do they stay themselves), renders of
people never seen made again from their factors, the cost of a frame, and sheets to look at. A part that lacks
something says so and is left out. The same options give the same figures, but for milliseconds.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import click
import torch

from models.checkpoint import CheckpointError, LoadedGenerator, load_generator, read_checkpoint
from models.pseudo_autoencoder import LoadedPseudoAutoencoder, load_pseudo_autoencoder
from training.cast.manifest import Cast, read_cast
from training.evaluation.cost import measure_cost
from training.evaluation.held_out import measure_held_out
from training.evaluation.people import measure_faces, measure_identities
from training.evaluation.report import Measure, Part, SkippedError, measured_parts, write_json
from training.evaluation.sheets import write_sheets
from training.fitted import is_exported_as, load_fitted
from training.run import StateError, run_command

ROOT: Final = Path(__file__).resolve().parents[2]
WEIGHTS: Final = ROOT / "models" / "weights" / "portrait.safetensors"
# Where it lies beside a checkout.
CASTS: Final = [str(path) for path in [ROOT.parent / "shared" / "cast"] if path.is_dir()]
COMMON_PX: Final = 128  # most of the cast's pictures are sharp at this size, and every portrait has it
PARTS: Final = ("faces", "identities", "held-out", "cost", "sheets")


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is measured."""

    people: int
    identities: int
    held_out: int | None  # pictures; None: all
    frames: int


FULL: Final = Amounts(people=1000, identities=100, held_out=None, frames=60)
QUICK: Final = Amounts(people=64, identities=32, held_out=48, frames=10)


@dataclass(frozen=True, slots=True)
class Config:
    """What one run is told."""

    weights: Path
    state: Path | None
    cast: tuple[Path, ...]
    baseline: Path | None
    baseline_state: Path | None
    truncation: float
    resolutions: tuple[int, ...]
    people: int | None
    quick: bool
    parts: tuple[str, ...]
    sheets: Path | None
    json: Path | None
    dry_run: bool


class Evaluation:
    """What the parts share, loaded once."""

    def __init__(self, config: Config) -> None:
        self.config = config
        amounts = QUICK if config.quick else FULL
        num_people = config.people or amounts.people
        identities = min(amounts.identities, num_people)
        self.amounts = Amounts(num_people, identities, amounts.held_out, amounts.frames)
        self.weights = load_generator(config.weights)
        self.generator = self.weights.generator
        self.companion = companion_of(self.weights)

    @cached_property
    def cast(self) -> Cast | None:
        return read_cast(*self.config.cast) if self.config.cast else None

    def measure(self) -> dict[str, Part | str]:
        """Part by part; a reason where one is skipped. Each is printed as soon as it stands."""
        measures: dict[str, Measure] = {
            "faces": self._faces,
            "identities": self._identities,
            "held-out": self._held_out,
            "cost": self._cost,
            "sheets": self._sheets,
        }
        return measured_parts(measures, self.config.parts)

    def _faces(self) -> Part:
        return measure_faces(self.generator, self.amounts.people, self.config.truncation)

    def _identities(self) -> Part:
        model = self.companion.model if self.companion else None
        psi = self.config.truncation
        return measure_identities(self.generator, model, self.cast, self.amounts.identities, psi)

    def _held_out(self) -> Part:
        config = self.config
        if self.cast is None:
            raise SkippedError("no cast: name its folder with --cast")
        if config.state is None:
            raise SkippedError("renders need the factor network: name the fit's folder with --state")
        try:
            fitted = load_fitted(config.state)
            baseline = load_fitted(config.baseline_state) if config.baseline_state else None
        except StateError as error:
            raise SkippedError(str(error)) from None
        if not is_exported_as(fitted, read_checkpoint(config.weights, "generator").tensors):
            click.echo(f"\nheld-out: {config.state} is not the state that {config.weights} was made from")
        own = fitted.generator.arch.resolution
        figures: dict[str, Any] = {}
        lines = ["MobileNetV2 is the fit's own loss network: the fit has minimised this very figure"]
        for size in config.resolutions or sorted({min(own, COMMON_PX), own}):
            part = measure_held_out(self.cast, fitted, baseline, size, self.amounts.held_out)
            figures[str(size)] = part.figures
            lines += ["", part.title, *part.lines]
        return Part("Renders of people never seen, made again from their factors", figures, lines)

    def _cost(self) -> Part:
        baseline = load_generator(self.config.baseline) if self.config.baseline else None
        return measure_cost(self.weights, baseline, self.amounts.frames)

    def _sheets(self) -> Part:
        if self.config.sheets is None:
            raise SkippedError("no folder for them: name one with --sheets")
        return write_sheets(self.generator, self.companion, self.config.truncation, self.config.sheets)


def companion_of(weights: LoadedGenerator) -> LoadedPseudoAutoencoder | None:
    """The weights' pseudo-autoencoder, or None with a line that says what is wrong with it."""
    try:
        return load_pseudo_autoencoder(weights)
    except CheckpointError as error:
        click.echo(f"expressions are left out: {error}")
        return None


FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(help=__doc__)
@click.option("--weights", type=FILE, default=WEIGHTS, show_default="the portrait's", help="The generator.")
@click.option("--state", type=FOLDER, help="The run of fit_generator that the weights were made from.")
@click.option(
    "--cast", type=FOLDER, multiple=True, default=lambda: CASTS, help="Folder of a cast; repeatable."
)
@click.option("--baseline", type=FILE, help="Earlier weights, for the cost.")
@click.option("--baseline-state", type=FOLDER, help="An earlier run, for renders of people never seen.")
@click.option("--truncation", type=float, default=0.7, show_default=True, help="ψ of the people drawn.")
@click.option(
    "--resolution",
    "resolutions",
    type=click.Choice([32, 64, 128, 256, 512, 1024]),
    multiple=True,
    help="Compare renders at this size; repeatable; default: 128 and the fit's own.",
)
@click.option("--people", type=click.IntRange(min=2), help="People sought for faces; default 1000.")
@click.option("--quick", is_flag=True, help="A small share of everything.")
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True, help="Only this; repeatable.")
@click.option("--sheets", type=FOLDER, help="Write sheets of pictures into this folder.")
@click.option("--json", type=FILE, help="Write the figures here.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and stop.")
def main(**options: Any) -> None:
    config = Config(**options)
    click.echo(config)
    if config.dry_run:
        return
    torch.manual_seed(0)
    results = Evaluation(config).measure()
    if config.json:
        options = {"weights": str(config.weights), "state": str(config.state), "quick": config.quick}
        write_json(config.json, options, results)


if __name__ == "__main__":
    run_command(main)
