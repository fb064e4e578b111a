"""What the parts share: each thing is made when it is first asked for, and what lacks skips who asked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from models.alignment import FaceError, FaceFinder, align
from models.au_reader import AuReader, load_au_reader
from models.checkpoint import CheckpointError, LoadedGenerator
from models.encoder import Encoder, load_encoder
from models.photographs import read_photograph
from models.pictures import ALIGNED_PX, as_tensor
from models.pseudo_autoencoder import LoadedPseudoAutoencoder, load_pseudo_autoencoder
from models.stylegan2 import Generator
from training.cast.manifest import Cast, read_cast
from training.cast.pictures import load_pictures
from training.evaluation.faces import INSTALL, FaceReader, Pictures, package_file
from training.evaluation.held_out import evenly
from training.evaluation.people import anchors
from training.evaluation.readers.who import Gallery, Witness, dlib_witness
from training.evaluation.report import SkippedError, rounded
from training.factor_network import FactorGenerator
from training.fitted import load_fitted
from training.identity import IdentityReader, load_identity_reader
from training.run import StateError

HOME_PERSON, HOME_PSI = 15, 0.8  # the house's portrait, in whose light visitors are to sit
# Of people who do exist; both in the public domain.
PHOTOGRAPHS: Final = {"astronaut": ("skimage", "astronaut.png"), "hopper": ("matplotlib", "grace_hopper.jpg")}
BATCH: Final = 32
OURS, OUTSIDER = "identity reader", "dlib"

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is measured."""

    held_out: int | None  # renders; None: all
    training: int | None  # pictures among which the nearest is sought
    projected: int
    sheet: int  # renders on it
    frames: int  # by which time is taken
    visitors: int | None = None  # renders projected as visitors are; None: all


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Renders in which a face was found, aligned as a photograph is."""

    cast: Cast
    pictures: Pictures  # [N, 256, 256, 3]
    num_looked_at: int

    @property
    def people(self) -> NDArray[np.int64]:
        return np.array([record.identity_seed for record in self.cast.records])

    def only(self, rows: NDArray[np.int64]) -> "Seen":
        records = tuple(self.cast.records[row] for row in rows)
        return Seen(Cast(records), self.pictures[rows], len(rows))

    def one_of_everybody(self) -> "Seen":
        """The first picture of each person; of a studio's subject it is the one at rest."""
        return self.only(np.sort(np.unique(self.people, return_index=True)[1]))


def aligned_faces(
    finder: FaceFinder, images: Iterable[NDArray[np.uint8]], label: str
) -> tuple[NDArray[np.int64], Pictures]:
    """Pictures of any size → in which of them a readable face was found [N], and these [N, 256, 256, 3]."""
    rows, found = list[int](), list[NDArray[np.uint8]]()
    for row, image in enumerate(tqdm(images, label, mininterval=5)):
        try:
            found.append(align(image, finder).image)
        except FaceError:
            continue
        rows.append(row)
    return np.array(rows, np.int64), np.array(found, np.uint8).reshape(-1, ALIGNED_PX, ALIGNED_PX, 3)


@torch.inference_mode()
def w_of(encoder: Encoder, pictures: Pictures) -> NDArray[np.float64]:
    """Pictures [N, 256, 256, 3] → w [N, w_dim] as the encoder sees them, the rows' offsets left out."""
    parts = [encoder.split(as_tensor(pictures[k : k + BATCH]))[0] for k in range(0, len(pictures), BATCH)]
    return np.asarray(torch.cat(parts).numpy(), np.float64)


def or_skipped(load: Callable[[], Loaded]) -> Loaded:
    """What `load` reads; a file that cannot be used skips the part, with the file's own line."""
    try:
        return load()
    except (CheckpointError, StateError) as error:
        raise SkippedError(str(error)) from None


def known(value: float) -> float | None:
    """For JSON, which has no NaN: a figure, or None where there is nothing to measure."""
    return None if np.isnan(value) else rounded(value)


class Material:
    """Networks, people and pictures. Every property raises SkippedError where something is missing."""

    def __init__(
        self,
        weights: LoadedGenerator,
        amounts: Amounts,
        cast: Sequence[Path] = (),
        state: Path | None = None,
        identity: Path | None = None,
        sheets: Path | None = None,
    ) -> None:
        self.weights, self.amounts, self.sheets = weights, amounts, sheets
        self._cast, self._state, self.identity = cast, state, identity

    # --- networks

    @property
    def generator(self) -> Generator:
        return self.weights.generator

    @cached_property
    def au_reader(self) -> AuReader:
        return or_skipped(lambda: load_au_reader(self.weights))

    @cached_property
    def encoder(self) -> Encoder:
        return or_skipped(lambda: load_encoder(self.weights))

    @cached_property
    def pseudo_autoencoder(self) -> LoadedPseudoAutoencoder:
        return or_skipped(lambda: load_pseudo_autoencoder(self.weights))

    @cached_property
    def identity_reader(self) -> IdentityReader:
        path = self.identity
        return or_skipped(lambda: load_identity_reader(path) if path else load_identity_reader())

    @cached_property
    def finder(self) -> FaceFinder:
        if find_spec("facenet_pytorch") is None:
            raise SkippedError(f"facenet-pytorch is missing: {INSTALL}")
        return FaceFinder()

    @cached_property
    def dlib(self) -> FaceReader:
        return FaceReader()

    @cached_property
    def fitted(self) -> FactorGenerator:
        if self._state is None:
            raise SkippedError("renders need the factor network: name the fit's folder with --state")
        state = self._state
        return or_skipped(lambda: load_fitted(state))

    # --- people

    @cached_property
    def home(self) -> NDArray[np.float32]:
        """The latent of the house's portrait, [num_ws, w_dim]."""
        people = range(HOME_PERSON, HOME_PERSON + 1)
        return np.asarray(anchors(self.generator, people, HOME_PSI)[0].numpy(), np.float32)

    @cached_property
    def cast(self) -> Cast:
        if not self._cast:
            raise SkippedError("no cast: name its folder with --cast")
        return read_cast(*self._cast)

    @cached_property
    def held_out(self) -> Seen:
        """Renders of people never seen, or as many of them as are to be measured."""
        wanted = evenly(self.cast.held_out(), self.amounts.held_out)
        images = (load_pictures([record.picture], record.size)[0] for record in wanted.records)
        rows, pictures = aligned_faces(self.finder, images, "faces, held out")
        if not len(rows):
            raise SkippedError(f"MTCNN finds no face in the {len(wanted.records)} held-out pictures")
        return Seen(Cast(tuple(wanted.records[row] for row in rows)), pictures, len(wanted.records))

    @cached_property
    def training(self) -> Cast:
        """Where the nearest picture is sought."""
        training = evenly(self.cast.training(), self.amounts.training)
        if not training.records:
            raise SkippedError("the cast has no training pictures to compare with")
        return training

    @cached_property
    def training_w(self) -> NDArray[np.float64]:
        """The encoder's w of each of those, [M, w_dim]."""
        paths = [record.picture for record in self.training.records]
        firsts = tqdm(range(0, len(paths), BATCH), "training pictures", mininterval=5)
        parts = [w_of(self.encoder, load_pictures(paths[k : k + BATCH], ALIGNED_PX)) for k in firsts]
        return np.concatenate(parts)

    @cached_property
    def photographs(self) -> dict[str, NDArray[np.uint8]]:
        """Name → RGB [H, W, 3] of every photograph that is installed."""
        found = {}
        for name, (package, file) in PHOTOGRAPHS.items():
            try:
                found[name] = read_photograph(package_file(package, file))
            except SkippedError:
                continue
        if not found:
            raise SkippedError(f"no photograph: scikit-image and matplotlib are missing: {INSTALL}")
        return found

    # --- witnesses

    @cached_property
    def witnesses(self) -> tuple[dict[str, Witness], list[str]]:
        """Who tells people apart, as far as they are here; and a line for each who is not."""
        made: dict[str, Callable[[], Witness]] = {
            OURS: lambda: _our_witness(self.identity_reader),
            OUTSIDER: lambda: dlib_witness(self.dlib),
        }
        found, notes = dict[str, Witness](), list[str]()
        for name, make in made.items():
            try:
                found[name] = make()
            except SkippedError as reason:
                notes.append(f"{name}: skipped, {reason}")
        return found, notes

    @cached_property
    def gallery(self) -> Gallery:
        everybody = self.held_out.one_of_everybody()
        witnesses, _ = self.witnesses
        return Gallery(
            everybody.people, {name: describe(everybody.pictures) for name, describe in witnesses.items()}
        )


def _our_witness(reader: IdentityReader) -> Witness:
    return lambda pictures: np.asarray(reader.describe(pictures), np.float64)
