"""How the command line reads what is typed: its kinds of parameters, the options that several commands have,
and the command that is meant by none.

Light: help does not wait for it.
"""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from installation.notation.values import PERSON_SUFFIX
from installation.options import REFINEMENT_STEPS, START, TRUNCATION, WEIGHTS
from installation.stage.camera_device import is_device


class DefaultRun(click.Group):
    """Calls `run` when no command is named, so that `run_installation.py my.yaml --windowed` plays it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        is_option = first.startswith("-") and first not in ("-h", "--help", "--version")
        is_file = first not in self.commands and (Path(first).suffix != "" or Path(first).exists())
        return super().parse_args(ctx, ["run", *args] if not args or is_option or is_file else args)


class Finite(click.FloatRange):
    """A number in a range; `nan` and `inf`, which compare oddly, are in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return float(number)


class Alphas(click.ParamType[tuple[float, ...]]):
    """Numbers from 0 to 1 with commas between them."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            alphas = tuple(map(float, value.split(",")))
        except ValueError:
            self.fail(f"'{value}': write numbers with commas between them, such as 0,.5,1", param, ctx)
        if not all(0 <= alpha <= 1 for alpha in alphas):
            self.fail(f"'{value}': each number must be from 0 to 1", param, ctx)
        return alphas


class Start(click.DateTime):
    """A day, or a time of one."""

    name = "start"

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%dT%H:%M", "%Y-%m-%d"])

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "[YYYY-MM-DD|YYYY-MM-DDTHH:MM]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"'{value}': write a day such as 2026-12-24, or 2026-12-24T18:00", param, ctx)


class Who(click.ParamType[int | Path]):
    """A person: a number, or a file; where a command can read photographs, any other file is one."""

    name = "number|file"

    def __init__(self, *, is_photo_read: bool = False) -> None:
        self.is_photo_read = is_photo_read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | Path:
        if isinstance(value, int | Path):
            return value
        if value.isascii() and value.isdigit():
            return int(click.IntRange(0, 2**32 - 1).convert(value, param, ctx))
        if not self.is_photo_read and Path(value).suffix.lower() != PERSON_SUFFIX:
            self.fail(f"'{value}' is neither a number nor a person file (NAME{PERSON_SUFFIX})", param, ctx)
        return Path(value)


class Webcam(click.ParamType[int | Path]):
    """A camera's number, its device, or a video file in its place; of a recording, the file alone."""

    def __init__(self, *, is_live: bool) -> None:
        self.is_live = is_live
        self.name = "number|device|video" if is_live else "video"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | Path:
        is_number = isinstance(value, str) and value.isascii() and value.isdigit()
        # Not Path.resolve: a link in /dev keeps its name, which says which camera.
        webcam = int(value) if is_number else Path(os.path.abspath(value))  # noqa: PTH100
        if not self.is_live and is_device(webcam):
            self.fail(f"'{value}' is no video: what a camera sees is never written", param, ctx)
        if not is_device(webcam) and Path(value).is_dir():
            self.fail(f"'{value}' is a folder; say a camera's number or device, or a video", param, ctx)
        if not is_device(webcam) and not Path(value).is_file():
            self.fail(f"'{value}': no such video; cameras are numbers or devices, such as 0", param, ctx)
        if Path(value).suffix.lower() in (".yaml", ".yml"):
            self.fail(f"'{value}' is a choreography; write --webcam 0 before it", param, ctx)
        return webcam


# --- options that several commands have ---------------------------------------------------------------------

FILE = click.Path(path_type=Path)


def with_weights(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command has."""
    weights = click.option(
        "--weights", type=FILE, default=WEIGHTS, help="The generator.  [default: the shipped one]"
    )
    device = click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="Where to draw.",
    )
    return weights(device(command))


person_option = click.option(
    "--person", type=Who(), help="Who: any number is somebody; `project` writes files of others."
)
truncation_option = click.option(
    "--truncation",
    type=Finite(0, 1),
    help=f"ψ, of people by number: 1 their whole variety, 0 the average one.  [default: {TRUNCATION}]",
)
steps_option = click.option(
    "--steps",
    "num_steps",
    type=click.IntRange(0, 100),
    default=REFINEMENT_STEPS,
    show_default=True,
    help="How long to refine the likeness of a photograph.",
)
seed_option = click.option(
    "--seed", type=click.IntRange(0), help="The show's dice.  [default: the choreography's]"
)
site_option = click.option(
    "--site", type=FILE, help="The place it hangs in: a site.yaml with opening hours, timezone, screen."
)
start_option = click.option(
    "--start",
    type=Start(),
    default=START,
    show_default=True,
    help="When the show begins, by the site's clock, without one by UTC.",
)


def said() -> set[str]:
    """The options of the command being run that were given, and not left to their defaults."""
    context = click.get_current_context()
    return {
        name for name in context.params if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
