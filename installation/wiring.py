"""The parts of a show, joined: choreography, dice, people, portrait, synthesizer, and eyes if it has any."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from installation.loading import (
    Networks,
    Projector,
    load_networks,
    load_people,
    load_person_or_draw,
    load_projector,
    note_on,
    read_au_reader,
)
from installation.options import DEFAULT_PERSON, TRUNCATION, Show, Sitter
from installation.performance import Performance
from installation.portrait import Portrait, Pose
from installation.ports import Clock, Eyes, Latent, Synthesizer
from installation.reload import Offer
from installation.score.attention import Attention
from installation.score.choreography import Choreography, Who
from installation.score.conductor import Conductor
from installation.score.dice import show_dice
from installation.score.encounter import Encounter
from installation.score.hours import Hours
from installation.score.visitors import Consent
from installation.stage.adaptive import AdaptiveSynthesizer
from installation.stage.backends import live_synthesizer
from installation.stage.camera_device import is_device
from installation.stage.pacing import SystemClock, frame_rate
from installation.stage.synthesizer import TorchSynthesizer, choose_device
from installation.texts import read_text_file, score_in
from installation.visit import Visit
from installation.wording import say

if TYPE_CHECKING:
    from installation.sight.sight import Sight
    from models.au_reader import AuReader


def wire(networks: Networks, show: Show, hours: Hours, *, is_live: bool) -> Performance:
    """Choreography, dice, portrait and synthesizer, joined."""
    if is_live:
        import_readers(networks, show.webcam)
    offer = ready(networks, show, hours, read_text_file(show.choreography))
    loaded = networks.pseudo_autoencoder
    for warning in offer.warnings:
        say(str(warning))
    portrait = Portrait(
        loaded.model, offer.people, offer.resident, loaded.learned_controls, loaded.learned_units
    )
    conductor = Conductor(offer.score, offer.seed, hours, portrait, offer.resident)
    synthesizer = synthesizer_of(networks, show.device, is_live=is_live)
    draw = partial(load_person_or_draw, networks, truncation_psi=psi_of(show))
    return Performance(conductor, portrait, synthesizer, name=show.choreography.name, draw=draw, say=say)


def ready(networks: Networks, show: Show, hours: Hours, raw: bytes) -> Offer:
    """The choreography in a file's bytes with everything that it takes to play it, checked for these weights
    and this place.

    Raises:
        InputError: every fault of it, and of the files that it names.
    """
    loaded, today = networks.pseudo_autoencoder, datetime.now(hours.zone).date()
    reading = score_in(raw, show.choreography, loaded.learned_units, loaded.learned_controls, hours, today)
    score = reading.choreography
    troupe = gather(networks, show, score)
    return Offer(score, score.seed_for(show.seed), troupe.people, troupe.resident, reading.warnings)


# --- people -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Troupe:
    """Everybody who can be there, and who is there where the score names nobody else."""

    people: dict[Who, Pose]
    resident: Who


def gather(networks: Networks, show: Show, choreography: Choreography) -> Troupe:
    """All whom the score names; the resident is the command line's, else the score's, else the house's."""
    named = choreography.people
    if show.person is not None:  # in the place of the one whom the score names for the whole
        others = {mood.person for mood in choreography.moods.values()}
        others |= {cue.person for cue in choreography.cues}
        named = {who: place for who, place in named.items() if who in others}
    people = load_people(networks, named, show.choreography, psi_of(show))
    if show.person is None and choreography.person is not None:
        return Troupe(people, choreography.person)
    hosts = (show.person, show.host, DEFAULT_PERSON)
    resident = next(host for host in hosts if host is not None)
    name = resident if isinstance(resident, int) else str(resident.resolve())
    return Troupe({**people, name: sit(networks, replace(show, person=resident))}, name)


def sit(networks: Networks, sitter: Sitter) -> Pose:
    """The sitter's anchor: a person drawn from a number, or read from a file in the AU state found there."""
    person = DEFAULT_PERSON if sitter.person is None else sitter.person
    if isinstance(person, Path) and sitter.truncation is not None:
        say(f"{person}: drawn as the file says; --truncation is for people by number")
    return load_person_or_draw(networks, person, psi_of(sitter))


def psi_of(sitter: Sitter) -> float:
    """How far from the average face people by number may be."""
    return TRUNCATION if sitter.truncation is None else sitter.truncation


def synthesizer_of(networks: Networks, device: str, *, is_live: bool = False) -> Synthesizer:
    """The fastest here, for a live show; else the exact one, whose pictures are the same on every run."""
    generator = networks.generator.generator
    if is_live:
        return live_synthesizer(generator, device, SystemClock(), say)
    return TorchSynthesizer(generator, choose_device(device))


def kept_up(performance: Performance, clock: Clock, fps: float) -> Synthesizer:
    """Its synthesizer, made to draw as finely as the frame rate allows and no finer."""
    finest = performance.synthesizer
    adaptive = AdaptiveSynthesizer(finest, clock, frame_rate(fps), performance.portrait.at(0).ws)
    if adaptive.resolutions != finest.resolutions:
        side = adaptive.resolutions[0]
        say(f"what these weights draw below {side}² is another picture: {side}² is kept, however slow")
    return adaptive


# --- visitors -----------------------------------------------------------------------------------------------


def visit_with(eyes: Eyes, performance: Performance, consent: Consent) -> Visit:
    """The visits of a show that sees by these eyes."""
    dice = show_dice(0, 0, "visitors")  # who comes when is no dice's to say: one stream serves every day
    conductor, portrait = performance.conductor, performance.portrait
    encounter = Encounter(conductor.score.visitor, consent, dice.branch("encounters"))
    return Visit(eyes, encounter, Attention(dice.branch("attention")), conductor, portrait)


# What sees is imported by shows that do: others need neither those networks nor their libraries.


def live_eyes(
    webcam: int | Path, networks: Networks, home: Latent, view_deg: float
) -> AbstractContextManager[Eyes]:
    """Eyes that look through a camera, in processes of their own, from `with` on. Whoever is taken up is
    brought into the light of `home`.

    Raises:
        InputError: the video, or what reads faces, cannot be used: told here, where it is read.
    """
    from installation.sight.watching import WatchingEyes
    from installation.stage.footage import Footage

    if not is_device(webcam):
        Footage(Path(str(webcam))).close()
    read_au_reader(networks)
    tell_of_likenesses(networks)
    make = partial(read_live_sight, networks.generator.path, home, view_deg)
    return WatchingEyes(webcam, make, home.shape, say)


def tell_of_likenesses(networks: Networks) -> None:
    """Say what is to be said of the likenesses that these weights find."""
    if note := note_on(networks):
        say(note)


def read_live_sight(weights: Path, home: Latent, view_deg: float) -> "Sight":
    """The networks that see, read in the process that needs them."""
    from installation.sight.assembly import live_sight

    reader, projector = read_readers(weights)
    return live_sight(reader, projector.generator, projector.encoder, home, view_deg)


def recorded_eyes(webcam: int | Path, weights: Path, home: Latent, view_deg: float) -> Eyes:
    """Eyes for a recording, which look at a video.

    Raises:
        InputError: it is none, or the networks that read faces cannot be used.
    """
    from installation.sight.assembly import still_sight
    from installation.sight.recorded import RecordedEyes
    from installation.stage.footage import Footage

    footage = Footage(Path(str(webcam)))
    reader, projector = read_readers(weights)
    return RecordedEyes(footage, still_sight(reader, projector.generator, projector.encoder, home, view_deg))


def import_readers(networks: Networks, webcam: int | Path | None) -> None:
    """Import what this show may read faces with, now or after an edit: visitors', and those of people whom a
    generator draws as they come. Not while it plays: an import holds it up for seconds.
    """
    if webcam is not None:
        import installation.sight.watching  # noqa: F401
    if not networks.pseudo_autoencoder.are_people_neutral:
        import models.au_reader  # noqa: F401


def read_readers(weights: Path) -> "tuple[AuReader, Projector]":
    """What looks at faces, of a generator's own: the show's may be on another device."""
    networks = load_networks(weights)
    return read_au_reader(networks), load_projector(networks)
