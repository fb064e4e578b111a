"""Files to objects: weights, people, choreographies, photographs; one clear line for what is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch

from installation.errors import InputError
from installation.notation.problems import problem_at
from installation.portrait import Pose, anchor_at
from installation.ports import Image, Latent
from installation.score.choreography import Place, Who
from installation.stage.pictures import resize
from models.action_units import NEUTRAL
from models.checkpoint import CheckpointError, LoadedGenerator, companion_path, load_generator
from models.people import load_person, person_z
from models.pseudo_autoencoder import LoadedPseudoAutoencoder, load_pseudo_autoencoder
from models.stylegan2 import Generator, to_uint8

if TYPE_CHECKING:  # a show reads no photographs: it needs neither these modules nor what they import
    from models.alignment import Aligned, FaceFinder
    from models.au_reader import AuReader, Reading
    from models.encoder import Encoder
    from models.projection import Projection

Companion = TypeVar("Companion")


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
    except CheckpointError as error:
        raise InputError(str(error)) from None
    return Networks(generator, _companion(generator, "pseudo_autoencoder", load_pseudo_autoencoder))


def _companion(
    generator: LoadedGenerator, kind: str, load: Callable[[LoadedGenerator], Companion]
) -> Companion:
    """Read a companion of the generator.

    Raises:
        InputError: it is missing, or cannot be used; the line ends with the command that makes it.
    """
    path = companion_path(generator.path, kind)
    command = f"python -m training.adopt {generator.path} --cast CAST"
    if not path.is_file():
        raise InputError(f"{path}: missing beside {generator.path.name}; {command} makes it")
    try:
        return load(generator)
    except CheckpointError as error:
        raise InputError(f"{error}; {command} makes it anew") from None


# --- people ---------------------------------------------------------------------------------------------


def load_people(
    networks: Networks, named: Mapping[Who, Place], path: Path, truncation_psi: float
) -> dict[Who, Pose]:
    """Everybody whom the score at `path` names; their files are looked for from the score's own folder.

    Raises:
        InputError: what is wrong with their files, each told at the line that names it.
    """
    people: dict[Who, Pose] = {}
    faults = []
    for who, place in named.items():
        try:
            people[who] = load_person_or_draw(
                networks, path.parent / who if isinstance(who, str) else who, truncation_psi
            )
        except InputError as error:
            faults.append(str(problem_at(str(path), place, str(error))))
    if faults:
        raise InputError("\n".join(faults))
    return people


@torch.inference_mode()
def draw_latent(networks: Networks, number: int, truncation_psi: float) -> Latent:
    """Where the person of a number is: the same face for ever, for the same weights."""
    generator = networks.generator.generator
    return generator.map(person_z(number, generator.arch.z_dim), truncation_psi)[0].numpy()


def draw_person(networks: Networks, number: int, truncation_psi: float) -> Pose:
    """The person of a number, in the AU state that the generator draws them in.

    Ours draws everybody neutral. One that was adopted draws people as they come, laughing or not: what they
    do is read in their picture, so that neutral is A(w₀, −a₀).

    Raises:
        InputError: it has to be read, and the AU reader is missing or cannot be used.
    """
    ws, loaded = draw_latent(networks, number, truncation_psi), networks.pseudo_autoencoder
    aus = NEUTRAL if loaded.are_people_neutral else _aus_drawn(networks, ws)
    return anchor_at(loaded.model, ws, aus)


@torch.inference_mode()
def _aus_drawn(networks: Networks, ws: Latent) -> tuple[float, ...]:
    """The AU state in the picture of a latent."""
    reader, synthesis = read_au_reader(networks), networks.generator.generator.synthesis
    device = next(synthesis.parameters()).device  # not the CPU's, once a show is being played
    picture = to_uint8(synthesis(torch.from_numpy(ws)[None].to(device)))
    return reading_of(reader, picture[0].cpu().numpy()).aus


def load_person_or_draw(networks: Networks, person: int | Path, truncation_psi: float) -> Pose:
    """The person of a number, or of a file. Raises as these do."""
    if isinstance(person, int):
        return draw_person(networks, person, truncation_psi)
    return read_person(networks, person)


def read_person(networks: Networks, path: Path) -> Pose:
    """The person of a file, in the AU state that they were seen in.

    Their controls are read from the latent, as everybody's are; those in the file say what was seen.

    Raises:
        InputError: the file is missing, no person's, or made for another generator.
    """
    try:
        person = load_person(path, networks.generator)
    except CheckpointError as error:
        raise InputError(str(error)) from None
    return anchor_at(networks.pseudo_autoencoder.model, person.ws, person.aus)


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
        """What a face that the generator drew shows."""
        return reading_of(self.au_reader, picture)


def reading_of(reader: "AuReader", picture: Image) -> "Reading":
    """What a face that a generator drew shows: it stands where aligned faces do, whatever its size."""
    from models.pictures import ALIGNED_PX

    return reader.read(resize(picture, (ALIGNED_PX, ALIGNED_PX)))


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
    au_reader = read_au_reader(networks)
    from models.alignment import FaceFinder

    return FaceReader(FaceFinder(), au_reader)


def read_au_reader(networks: Networks) -> "AuReader":
    """Read what reads action units. Raises as `load_face_reader` does."""
    from models.au_reader import load_au_reader

    return _companion(networks.generator, "au_reader", load_au_reader)


def load_projector(networks: Networks) -> Projector:
    """Read what finds a face's latent; where there is no encoder, by refinement alone.

    Raises:
        InputError: the encoder is truncated or made for another generator; or there is neither that nor an AU
            reader.
    """
    from models.encoder import load_encoder
    from models.stand_in import StandIn
    from models.whole_pictures import with_whole_pictures

    loaded = networks.generator
    whole = with_whole_pictures(loaded.generator)
    if has_encoder(networks):
        return Projector(whole, _companion(loaded, "encoder", load_encoder))
    return Projector(whole, StandIn(loaded.generator, read_au_reader(networks)))


def has_encoder(networks: Networks) -> bool:
    """Whether there is one beside the generator; otherwise likenesses take longer, and are poorer."""
    return companion_path(networks.generator.path, "encoder").is_file()


def note_on(networks: Networks) -> str:
    """What is to be said of the likenesses that these weights find; "": nothing."""
    name = networks.generator.path.name
    slow = "no encoder: likenesses take three times as long, and are poorer"
    return "" if has_encoder(networks) else f"{name} has {slow}"
