"""`make bench`: measure what is not measured yet, print it, and write docs/performance.md if asked to.

Every case is kept in build/bench/ under a fingerprint of weights and sources, so that an interrupted run goes
on where it stood, and a long one can be made in pieces: `python -m tests.bench machine frames-portrait`.
"""

import json
import sys
from pathlib import Path

import click

from run_installation import ROOT
from tests.bench.cases import CASES, QUICK, Effort, Figures, measure
from tests.bench.kept import fingerprint
from tests.bench.report import page
from tests.bench.targets import checked

FOLDER = ROOT / "build" / "bench"
SOURCES = ("models/stylegan2.py", "installation/stage", "tests/bench", "tests/literal_stylegan2.py")
WRITING = ("report.py", "targets.py", "__main__.py")  # say what was measured, and change none of it
EXIT_MISSED = 1


def tell(line: str) -> None:
    click.echo(f"bench: {line}", err=True)


def measure_and_keep(name: str, effort: Effort, path: Path) -> None:
    tell(f"{name} …")
    figures = measure(name, effort, lambda line: tell(f"{name}: {line}"))
    path.write_text(json.dumps(figures, indent=1))
    tell(f"{name}: {figures['seconds']} s; others had {figures['others']:.0%} of the machine")


@click.command()
@click.argument("cases", nargs=-1, type=click.Choice(list(CASES)))
@click.option("--quick", is_flag=True, help="A share of it: a few frames of the portrait and of 256².")
@click.option(
    "--frames", "num_rounds", type=click.IntRange(3), default=60, show_default=True, help="At most."
)
@click.option(
    "--seconds", type=click.FloatRange(1), default=240, show_default=True, help="Of timing a case, about."
)
@click.option("--again", is_flag=True, help="Measure also what is kept.")
@click.option("--write", type=click.Path(path_type=Path), help="The page to write: docs/performance.md.")
def main(
    cases: tuple[str, ...], quick: bool, num_rounds: int, seconds: float, again: bool, write: Path | None
) -> None:
    """Measure CASES, all of them if none is named. Exit code 1: not --quick, and a target was missed."""
    if quick and write:
        raise click.UsageError("--quick measures too little to be written")
    if not sys.platform.startswith("linux"):
        raise click.ClickException("what others do and memory are read from /proc: this runs on Linux alone")
    effort = Effort(5, 10, is_quick=True) if quick else Effort(num_rounds, seconds)
    FOLDER.mkdir(parents=True, exist_ok=True)
    version = fingerprint(*SOURCES, without=WRITING)
    paths = {name: FOLDER / f"{'quick-' if quick else ''}{name}-{version}.json" for name in CASES}
    for name in cases or (QUICK if quick else CASES):
        if again or not paths[name].is_file():
            measure_and_keep(name, effort, paths[name])
    kept: dict[str, Figures] = {
        name: json.loads(path.read_text()) for name, path in paths.items() if path.is_file()
    }
    click.echo(page(kept))
    if write:
        write.write_text(page(kept))
    is_missed = any(target.holds is False for target in checked(kept))
    sys.exit(EXIT_MISSED if is_missed and not quick else 0)


if __name__ == "__main__":
    main()
