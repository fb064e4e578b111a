"""Adopt a generator: `python -m training.adopt CHECKPOINT --osu FOLDER`, or `--cast FOLDER`.

CHECKPOINT is any generator in this format. Nothing is asked of it but that it draws faces in FFHQ's frame.
From labelled pictures of subjects its companions are made, beside it: the AU reader (a copy), the encoder,
and the pseudo-autoencoder, fitted to where its latent space has the pictures. What is there already stays; a
run that was stopped goes on with the same command.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import click
import torch

from models import au_reader, encoder, pseudo_autoencoder
from models.checkpoint import (
    CheckpointError,
    LoadedGenerator,
    companion_path,
    load_generator,
    read_companion,
    write_companion,
)
from models.encoder import Encoder, load_encoder
from models.pseudo_autoencoder import save_pseudo_autoencoder
from models.whole_pictures import with_whole_pictures
from training.adopted_encoder import FindLatents, aligned_pictures, start_from_another
from training.calibration import calibrate
from training.cast.manifest import BLINK, LIDS, shown_units
from training.dataset import Sample, fold_of
from training.fit_pseudo_autoencoder import (
    BEST_ADDITIONS,
    Plan,
    explained,
    is_lesson,
    learn_controls,
    load_expressions,
    random_people,
    run_name,
    start,
)
from training.fit_pseudo_autoencoder import fit as fit_moves
from training.latent_store import Store, Way
from training.lessons import Lessons
from training.project import WEIGHTS, report
from training.projector import Projector, Setup, tasks_of
from training.reader_fit import ReaderRun, float_tensors
from training.reader_fit import fit as fit_reader
from training.run import Budget, append_log, run_command
from training.sources import read_samples

ENCODER_STEPS: Final = 900
ENCODER_RATE: Final = 1e-3
NUM_PICTURES: Final = 1500  # from which the encoder learns, at most
REFINEMENT_STEPS: Final = Way().num_steps
# A cast has a hundred thousand pairs, of which one teaches much that another does.
PLAN: Final = Plan(pairs_per_epoch=3_072, additions=BEST_ADDITIONS)
LOADERS: Final[dict[str, Callable[[LoadedGenerator], object]]] = {
    au_reader.KIND: au_reader.load_au_reader,
    encoder.KIND: load_encoder,
    pseudo_autoencoder.KIND: pseudo_autoencoder.load_pseudo_autoencoder,
}


@dataclass(frozen=True)
class Adoption:
    """One generator, what it learns from, and where its run lives."""

    generator: LoadedGenerator
    readers_of: LoadedGenerator  # whose readers see faces already
    samples: tuple[Sample, ...]
    state: Path
    minutes: float
    device: str  # "cpu" or "cuda": where the encoder learns and pictures are projected
    started_s: float = field(default_factory=time.monotonic)

    @property
    def minutes_left(self) -> float:
        return max(0.0, self.minutes - (time.monotonic() - self.started_s) / 60)

    @property
    def log(self) -> Path:
        return self.state / "minutes.jsonl"

    @property
    def store(self) -> Store:
        return Store(self.state / "latents")

    @cached_property
    def taught(self) -> tuple[Sample, ...]:
        """Without the people on whom it is measured."""
        held_out = held_out_subjects(self.samples)
        return tuple(sample for sample in self.samples if sample.subject not in held_out)

    @cached_property
    def lessons(self) -> tuple[Sample, ...]:
        """Those of subjects, with labels: from them it is learned how faces move.

        Of strangers' pictures nobody knows what they show, and one picture of somebody moves nothing.
        """
        return tuple(sample for sample in self.samples if is_lesson(sample, residual=True))

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Write down what a part has taken, over all runs."""
        began_s = time.monotonic()
        try:
            yield
        finally:
            minutes = (time.monotonic() - began_s) / 60
            append_log(self.log, generator=self.generator.sha256[:12], part=part, minutes=minutes)


def held_out_subjects(samples: Sequence[Sample]) -> frozenset[str]:
    """On whom it is measured: in each group those who are held out, or a fifth where that is all or none."""
    held_out = set[str]()
    for group in {sample.group for sample in samples}:
        subjects = {sample.subject for sample in samples if sample.group == group}
        marked = {sample.subject for sample in samples if sample.group == group and sample.is_held_out}
        held_out |= marked if marked and marked != subjects else _fifth(subjects)
    return frozenset(held_out)


def _fifth(subjects: set[str]) -> set[str]:
    """Nobody of fewer than five."""
    names = sorted(subjects)
    return {name for name in names if fold_of(name, names) == 0} if len(names) >= 5 else set()


# --- the parts: → whether complete --------------------------------------------------------------------------


def adopt_au_reader(adoption: Adoption) -> bool:
    """It reads aligned faces, whoever drew them: a copy, tied to this generator."""
    reader = read_companion(adoption.readers_of, au_reader.KIND)
    own = {"kind", "version", "generator_sha256"}
    metadata = {key: value for key, value in reader.metadata.items() if key not in own}
    _told(write_companion(adoption.generator, au_reader.KIND, reader.tensors, metadata))
    return True


def adopt_encoder(adoption: Adoption) -> bool:
    """Learned from people of random z, and from photographs through the generator."""
    generator = with_whole_pictures(adoption.generator.generator)
    pictures = aligned_pictures(adoption.taught, NUM_PICTURES, adoption.state)
    if not len(pictures):
        raise click.ClickException(f"{_folders(adoption.taught)}: no face in any picture; name other folders")
    latents, device = random_people(generator)[:, 0].to(adoption.device), adoption.device
    judge = load_encoder(adoption.readers_of).to(device)
    task = FindLatents(generator.to(device), pictures, latents, judge)
    model, average = (Encoder(generator.arch.num_ws, generator.arch.w_dim).to(device) for _ in range(2))
    name, run = _encoder_name(adoption), _reader_run(adoption)
    if not (run.state / f"{name}.pt").is_file():
        start_from_another(model, latents, task)
    if not fit_reader(model, average, task, run, name, ENCODER_RATE):
        return False
    figures = task.figures(average.eval())
    generator.cpu()  # its layers are those of what comes next
    click.echo(", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    _told(write_companion(adoption.generator, encoder.KIND, float_tensors(average), {}))
    return True


def adopt_latents(adoption: Adoption) -> bool:
    """The pictures that teach how faces move, projected."""
    way, store = _way(adoption), adoption.store
    store.open()
    tasks = tasks_of(adoption.lessons, store, way)
    if tasks:
        projector = Projector(Setup(adoption.generator.path, way.num_steps, way.px, adoption.device))
        for index in Budget(adoption.minutes_left, "project").steps(0, len(tasks)):
            results = projector.project(tasks[index])
            for address, result in zip(tasks[index].addresses, results, strict=True):
                store.write(address, result)
    click.echo("\n".join(report(adoption.lessons, store, way)))
    return not tasks_of(adoption.lessons, store, way)


def adopt_moves(adoption: Adoption) -> bool:
    """The residual pseudo-autoencoder, from all pairs of a subject's pictures."""
    generator, shown = adoption.generator, load_expressions(adoption.lessons, adoption.store, _way(adoption))
    taught = {sample.subject for sample in adoption.taught}
    train = shown.only(lambda s: s.subject in taught)
    held_out = shown.only(lambda s: s.subject not in taught)
    if not len(train.pairs()):
        reason = "no two pictures of one person with known action units"
        raise click.ClickException(f"{_folders(adoption.samples)}: {reason}; add a cast or OSU's photographs")
    path = adoption.state / f"{run_name(PLAN, _way(adoption), train.samples)}.pt"
    people = random_people(generator.generator) if PLAN.additions.transplanted else None
    model = start(PLAN, train)
    budget = Budget(adoption.minutes_left, "fit pseudo-autoencoder")
    if not fit_moves(model, Lessons(train, PLAN.additions, people, PLAN.seed), PLAN, budget, path):
        return False
    learn_controls(model, train)
    reader = au_reader.load_au_reader(generator)
    model.move_alike(BLINK, LIDS)
    controls = calibrate(model, generator.generator, reader, train)
    for name, figure in explained(model.eval(), held_out).items() if len(held_out.pairs()) else ():
        click.echo(f"held-out subjects: {name} {figure:.3f}")
    units, source = shown_units(train.aus.numpy()), f"projected pictures of {len(train.subjects)} subjects"
    _told(save_pseudo_autoencoder(model, PLAN.preset, generator, units, controls, source))
    path.unlink()  # a later run without the companion learns anew
    return True


def _way(adoption: Adoption) -> Way:
    return Way.through(adoption.generator, REFINEMENT_STEPS, Way().px)


def _reader_run(adoption: Adoption) -> ReaderRun:
    adoption.state.mkdir(parents=True, exist_ok=True)
    return ReaderRun((), adoption.state, Path(), ENCODER_STEPS, adoption.minutes_left, 0, dry_run=False)


def _encoder_name(adoption: Adoption) -> str:
    return f"encoder-{adoption.generator.sha256[:12]}"


def _folders(samples: Sequence[Sample]) -> str:
    return ", ".join(sorted({str(sample.picture.parent) for sample in samples}))


def _told(path: Path) -> None:
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the road, and the companion for which it is gone."""

    name: str
    companion: str
    make: Callable[[Adoption], bool]


PARTS: Final = (
    Part("AU reader", au_reader.KIND, adopt_au_reader),
    Part("encoder", encoder.KIND, adopt_encoder),
    Part("latents", pseudo_autoencoder.KIND, adopt_latents),
    Part("pseudo-autoencoder", pseudo_autoencoder.KIND, adopt_moves),
)


# --- what is there, and what it took ------------------------------------------------------------------------


def missing_companions(generator: LoadedGenerator) -> dict[str, str]:
    """Those that cannot be used, and why in a few words."""
    missing = {}
    for kind, load in LOADERS.items():
        try:
            load(generator)
        except CheckpointError as error:
            there = companion_path(generator.path, kind).is_file()
            missing[kind] = f"cannot stay: {error}" if there else "missing"
    return missing


def forget(generator: LoadedGenerator, state: Path) -> None:
    """Delete the companions, and the runs that made them; latents stay, under the encoder that found them."""
    runs = [*state.glob(f"encoder-{generator.sha256[:12]}.*"), *state.glob("moves-*.*")]
    for path in [*(companion_path(generator.path, kind) for kind in LOADERS), *runs]:
        if path.is_file():
            path.unlink()
            click.echo(f"{path}: deleted")


def summary(adoption: Adoption) -> list[str]:
    """Minutes and megabytes of every part and of the whole, all runs together."""
    entries = [json.loads(line) for line in adoption.log.read_text().splitlines()]
    own = [entry for entry in entries if entry["generator"] == adoption.generator.sha256[:12]]
    sizes = {
        part.name: companion_path(adoption.generator.path, part.companion).stat().st_size for part in PARTS
    }
    sizes["latents"] = sum(path.stat().st_size for path in adoption.store.folder.rglob("*.npy"))
    minutes = {name: sum(entry["minutes"] for entry in own if entry["part"] == name) for name in sizes}
    rows = [(name, minutes[name], sizes[name]) for name in sizes]
    played = sum(size for name, size in sizes.items() if name != "latents")
    rows.append(("the whole, without latents", sum(minutes.values()), played))
    return [f"{name:<27}{spent:7.1f} minutes{size / 1e6:9.1f} MB" for name, spent, size in rows]


# --- command line -------------------------------------------------------------------------------------------

FOLDER: Final = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.argument("checkpoint", type=FOLDER)
@click.option("--osu", type=FOLDER, multiple=True, help="OSU's photographs and their table; repeatable.")
@click.option("--cast", type=FOLDER, multiple=True, help="A rendered cast; repeatable.")
@click.option("--state", type=FOLDER, help="Where the run lives; default: NAME.adoption beside CHECKPOINT.")
@click.option(
    "--readers-of",
    type=FOLDER,
    default=WEIGHTS,
    help="A generator whose readers see faces already; default: the portrait's.",
)
@click.option("--minutes", type=float, default=600.0, show_default=True, help="Of the whole.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Default: a GPU where there is one.")
@click.option("--threads", type=int, default=0, help="Processor threads; 0: as many as there are.")
@click.option("--again", is_flag=True, help="Delete what is there first; to go on, leave it out.")
@click.option("--dry-run", is_flag=True, help="Print what there is to do, and stop.")
def main(checkpoint: Path, **options: Any) -> None:
    generator = load_generator(checkpoint)
    state = options["state"] or checkpoint.with_name(f"{checkpoint.stem}.adoption")
    missing = dict.fromkeys(LOADERS, "again") if options["again"] else missing_companions(generator)
    for kind in LOADERS:
        path = companion_path(checkpoint, kind)
        click.echo(f"{kind}: {missing.get(kind, f'there already ({path})')}")
    samples = _samples([*options["cast"], *options["osu"]]) if missing.keys() - {au_reader.KIND} else ()
    readers_of = load_generator(options["readers_of"])
    for kind in missing.keys() & {au_reader.KIND, encoder.KIND}:
        LOADERS[kind](readers_of)  # now, not in an hour
    if options["again"] and readers_of.sha256 == generator.sha256:
        message = f"{readers_of.path}: its own readers cannot be made from themselves; name another generator"
        raise click.ClickException(f"--readers-of {message}")
    device = options["device"] or ("cuda" if torch.cuda.is_available() else "cpu")
    adoption = Adoption(generator, readers_of, samples, state, options["minutes"], device)
    click.echo(f"{generator.generator.arch}\n{len(samples)} pictures; the run lives in {state}")
    if options["dry_run"]:
        return
    if options["again"]:
        forget(generator, state)
    if options["threads"]:
        torch.set_num_threads(options["threads"])
    torch.manual_seed(0)
    state.mkdir(parents=True, exist_ok=True)
    unfinished = next((part.name for part in PARTS if not _made(part, adoption, missing)), None)
    if unfinished:
        click.echo(f"{unfinished}: {options['minutes']:g} minutes are over; the same command goes on")
        return
    if missing:
        click.echo("\n".join(summary(adoption)))
    click.echo(f"python run_installation.py --weights {checkpoint}")


def _made(part: Part, adoption: Adoption, missing: Collection[str]) -> bool:
    """Make a part if its companion is missing; → whether it is there now."""
    if part.companion not in missing:
        return True
    with adoption.timed(part.name):
        return part.make(adoption)


def _samples(folders: Sequence[Path]) -> tuple[Sample, ...]:
    """Of absolute paths, as latents are stored under."""
    if not folders:
        message = (
            "name labelled pictures: --cast FOLDER (a rendered cast) or --osu FOLDER (OSU's photographs)"
        )
        raise click.ClickException(message)
    return tuple(read_samples([folder.absolute() for folder in folders]))


if __name__ == "__main__":
    run_command(main)
