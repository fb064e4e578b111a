"""Files to objects: weights, people, choreographies, photographs; one clear line for what is wrong."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch

from installation.errors import InputError
from installation.portrait import Pose
from installation.ports import Image, Latent
from installation.score.choreography import Choreography, parse_choreography
from installation.score.problems import InvalidScore, Problem
from installation.stage.pictures import resize
from models.action_units import NUM_AUS
from models.checkpoint import CheckpointError, LoadedGenerator, companion_path, load_generator
from models.people import load_person, person_z
from models.pseudo_autoencoder import LoadedPseudoAutoencoder, load_pseudo_autoencoder

if TYPE_CHECKING:  # a show reads no photographs: it needs neither these modules nor what they import
    from models.alignment import Aligned, FaceFinder
    from models.au_reader import AuReader, Reading
    from models.encoder import Encoder
    from models.projection import Projection
    from models.stylegan2 import Generator

NEUTRAL: Final = (0.0,) * NUM_AUS


# --- weights ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Networks:
    """The weights, on the CPU."""

    generator: LoadedGenerator
    pseudo_autoencoder: LoadedPseudoAutoencoder


def load_networks(weights: Path) -> Networks:
    """Read a generator and its companions.

    Raises:
        InputError: a file is missing, truncated, of another kind, or made for another generator.
    """
    try:
        generator = load_generator(weights)
        return Networks(generator, load_pseudo_autoencoder(generator))
    except CheckpointError as error:
        raise InputError(str(error)) from None


# --- choreographies -----------------------------------------------------------------------------------------


def read_choreography(path: Path, learned: Collection[int]) -> Choreography:
    """Read and check a score for weights that have learned these units.

    Raises:
        InputError: every fault of the file, `file:line:col: path: message`, one a line.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a choreography file") from None
    try:
        return parse_choreography(raw, str(path), learned)
    except InvalidScore as invalid:
        raise InputError(str(invalid)) from None


def person_of(choreography: Choreography, path: Path) -> int | Path | None:
    """Whom the score at `path` names; a file is looked for from the score's own folder."""
    named = choreography.person
    return path.parent / named if isinstance(named, str) else named


@contextmanager
def told_at_person(choreography: Choreography, path: Path) -> Iterator[None]:
    """What is wrong with the person whom the score at `path` names is told at the line that names them."""
    try:
        yield
    except InputError as error:
        at = choreography.person_at
        if at is None:
            raise
        raise InputError(str(Problem(str(path), at.line, at.column, "person", str(error)))) from None


# --- people -------------------------------------------------------------------------------------------------


@torch.inference_mode()
def draw_person(networks: Networks, number: int, truncation_psi: float) -> Pose:
    """The person of a number, neutral: the same face for ever, for the same weights."""
    generator = networks.generator.generator
    ws = generator.map(person_z(number, generator.arch.z_dim), truncation_psi)
    return Pose(ws[0].numpy(), NEUTRAL)


def read_person(networks: Networks, path: Path) -> Pose:
    """The person of a file, in the AU state that they were seen in.

    Raises:
        InputError: the file is missing, no person's, or made for another generator.
    """
    try:
        person = load_person(path, networks.generator)
    except CheckpointError as error:
        raise InputError(str(error)) from None
    return Pose(person.ws, person.aus)


# --- photographs --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen in a photograph: the face, what it does, and the OSU category that does so most often."""

    aligned: "Aligned"
    reading: "Reading"
    category: str


@dataclass(frozen=True, slots=True)
class FaceReader:
    """Photographs to what their faces show."""

    finder: "FaceFinder"
    au_reader: "AuReader"

    def see(self, photo: Path) -> Seen:
        """
        Raises:
            InputError: the file is no photograph, or there is no face in it that can be read.
        """
        from models.alignment import FaceError, align
        from models.au_reader import likeliest_category
        from models.photographs import PhotographError, read_photograph

        try:
            aligned = align(read_photograph(photo), self.finder)
        except PhotographError as error:
            raise InputError(str(error)) from None
        except FaceError as error:
            raise InputError(f"{photo}: {error}") from None
        reading = self.au_reader.read(aligned.image)
        return Seen(aligned, reading, likeliest_category(reading.aus))

    def reading_of(self, picture: Image) -> "Reading":
        """What a face that the generator drew shows: it stands where aligned faces do, whatever its size."""
        from models.pictures import ALIGNED_PX

        return self.au_reader.read(resize(picture, (ALIGNED_PX, ALIGNED_PX)))


@dataclass(frozen=True, slots=True)
class Projector:
    """Faces to where they are in the latent space."""

    generator: "Generator"
    encoder: "Encoder"

    def project(self, seen: Seen, num_steps: int, home: Latent | None = None) -> "Projection":
        """The encoder's guess, refined in so many steps; in the light and before the backdrop of `home`."""
        from models.projection import project

        return project(seen.aligned.image, self.generator, self.encoder, num_steps, home)


def load_face_reader(networks: Networks) -> FaceReader:
    """Read what looks at photographs.

    Raises:
        InputError: the AU reader is missing, truncated, or made for another generator.
    """
    _require_companion(networks, "au_reader")
    from models.alignment import FaceFinder
    from models.au_reader import load_au_reader

    try:
        return FaceReader(FaceFinder(), load_au_reader(networks.generator))
    except CheckpointError as error:
        raise InputError(str(error)) from None


def load_projector(networks: Networks) -> Projector:
    """Read what finds a face's latent.

    Raises:
        InputError: the encoder is missing, truncated, or made for another generator.
    """
    _require_companion(networks, "encoder")
    from models.encoder import load_encoder

    try:
        return Projector(networks.generator.generator, load_encoder(networks.generator))
    except CheckpointError as error:
        raise InputError(str(error)) from None


def _require_companion(networks: Networks, kind: str) -> None:
    """The show does without the readers of photographs, so weights may come without them."""
    path = companion_path(networks.generator.path, kind)
    if not path.is_file():
        raise InputError(
            f"{path}: missing; reading photographs needs it, and `python -m training.fit_{kind}` makes it"
        )
