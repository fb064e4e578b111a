"""Project pictures at scale: `python -m training.project IN … OUT`.

IN is a cast, a folder of OSU's photographs, or any folder of pictures; OUT becomes a store of latents
(`latent_store.py`). A run that was stopped or killed goes on with the same command. One process is one core
or one GPU; `--ray local` takes all that this machine has, `--ray ADDRESS` all of a cluster, and the latents
are the same.
"""

import re
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import click

from models.checkpoint import load_generator
from models.projection import MAX_STEPS, SIZES
from training.dataset import Sample
from training.latent_store import Store, Way
from training.projector import Done, Projector, Setup, Task, tasks_of
from training.run import Budget, run_command
from training.sources import read_samples

WEIGHTS: Final = Path(__file__).resolve().parent.parent / "models" / "weights" / "portrait.safetensors"
FEW: Final = 3  # pictures of each refusal that a report names


# --- the report ---------------------------------------------------------------------------------------------


def report(samples: Sequence[Sample], store: Store, way: Way) -> list[str]:
    """What has become of the samples, this time or before; the first few names of each kind of refusal."""
    refused: dict[str, list[str]] = defaultdict(list)
    num_projected = 0
    for sample in samples:
        address = store.address(sample, way)
        if (reason := store.refusal(address)) is not None:
            refused[kind_of(reason)].append(sample.picture.name)
        elif store.has(address):
            num_projected += 1
    num_refused = sum(map(len, refused.values()))
    num_left = len(samples) - num_projected - num_refused
    counts = f"{num_projected:,} projected, {num_refused:,} refused, {num_left:,} left"
    return [
        f"of {len(samples):,} pictures: {counts}",
        *(
            f"  {len(names):,} refused, {kind}: {', '.join(names[:FEW])}{' …' if len(names) > FEW else ''}"
            for kind, names in sorted(refused.items(), key=lambda item: -len(item[1]))
        ),
    ]


def kind_of(reason: str) -> str:
    """A reason without the advice and the numbers in it: those that are alike are counted together."""
    return re.sub(r"\d+", "N", re.split(r"[;(]", reason)[0]).strip()


# --- command line -------------------------------------------------------------------------------------------


@click.command(help=__doc__)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    default=WEIGHTS,
    help="The generator, its encoder beside it; default: the portrait's.",
)
@click.option(
    "--steps", type=click.IntRange(0, MAX_STEPS), default=24, show_default=True, help="Of refinement."
)
@click.option(
    "--px",
    type=click.Choice(SIZES),
    default=128,
    show_default=True,
    help="The side at which pictures are compared.",
)
@click.option("--group", multiple=True, help="Only these (of a cast: studio, repertoire, …); repeatable.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Default: a GPU where there is one.")
@click.option(
    "--ray", metavar="ADDRESS", help="Of a Ray cluster (auto, HOST:PORT), or local: all cores here."
)
@click.option("--minutes", type=float, default=600.0, show_default=True)
@click.option("--dry-run", is_flag=True, help="Print what there is to do, and stop.")
def main(source: tuple[Path, ...], out: Path, weights: Path, **options: Any) -> None:
    way = Way.through(load_generator(weights), options["steps"], options["px"])
    store = Store(out)
    samples = _samples(source, options["group"])
    tasks = tasks_of(samples, store, way)
    click.echo(f"{way}\n{len(samples):,} pictures, {sum(len(t.samples) for t in tasks):,} to do")
    if options["dry_run"]:
        return
    store.open()
    setup = Setup(weights.absolute(), way.num_steps, way.px, options["device"])
    budget = Budget(options["minutes"], "project")
    todo = (tasks[index] for index in budget.steps(0, len(tasks)))
    num_done = 0
    try:
        with closing(_done(todo, len(tasks), setup, options["ray"])) as everything:
            for task, results in everything:
                for address, result in zip(task.addresses, results, strict=True):
                    store.write(address, result)
                num_done += len(results)
    finally:
        minutes = (time.monotonic() - budget.started_s) / 60
        rate = f", {num_done / minutes * 60:,.0f} an hour" if num_done else ""
        click.echo(f"{num_done:,} pictures in {minutes:.1f} minutes{rate}")
        click.echo("\n".join(report(samples, store, way)))


def _samples(source: Sequence[Path], groups: Sequence[str]) -> list[Sample]:
    """The folders' pictures; with absolute paths, because an actor may stand elsewhere."""
    samples = read_samples([folder.absolute() for folder in source])
    kept = [sample for sample in samples if not groups or sample.group in groups]
    if not kept:
        there = ", ".join(sorted({sample.group for sample in samples}))
        raise click.BadParameter(
            f"no picture of {' or '.join(groups)}; there is {there}", param_hint="--group"
        )
    return kept


def _done(
    tasks: Iterator[Task], num_tasks: int, setup: Setup, ray: str | None
) -> Generator[Done, None, None]:
    """Do the tasks, here or on a farm."""
    if not num_tasks:
        return
    if ray is None:
        projector = Projector(setup)
        for task in tasks:
            yield Done(task, projector.project(task))
        return
    try:
        from training.farm import Farm, connected
    except ModuleNotFoundError as error:
        raise click.BadParameter(
            f"{error.name} is missing; pip install '.[farm]'", param_hint="--ray"
        ) from None
    with connected(ray), Farm(setup, num_tasks) as farm:
        yield from farm.project(tasks)


if __name__ == "__main__":
    run_command(main)
