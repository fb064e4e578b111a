"""The commands that make a single thing: a picture of somebody, or somebody out of a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from installation.errors import InputError
from installation.loading import (
    FaceReader,
    Networks,
    Projector,
    Seen,
    draw_latent,
    load_face_reader,
    load_networks,
    load_projector,
)
from installation.notation.expression import parse_expression
from installation.notation.fields import Refused
from installation.notation.lint import lint_gesture
from installation.notation.values import PERSON_SUFFIX
from installation.options import DEFAULT_PERSON, TRUNCATION, Sitter
from installation.portrait import Pose, anchor_at, expressed
from installation.ports import Image, Latent, Synthesizer
from installation.score.dice import show_dice
from installation.score.gesture import Gesture, draw_target
from installation.stage import pictures
from installation.wiring import sit, synthesizer_of, tell_of_likenesses
from installation.wording import say
from models.action_units import ACTION_UNITS, AU_NAMES, INTENSITY_LETTERS, au_label
from models.controls import changes_to, playable
from models.people import Control, Person, save_person

if TYPE_CHECKING:
    from models.projection import Projection

SHEET_GESTURES: Final = ("neutral", "happy", "surprised", "sad")
TOLD_FROM: Final = INTENSITY_LETTERS["A"]  # weaker than a trace is the reader's own noise
NUM_TOLD: Final = 5


# --- people as they are asked for ---------------------------------------------------------------------------


def portrait(sitter: Sitter, output: Path, size: int | None) -> None:
    """Write one person's face."""
    networks = load_networks(sitter.weights)
    pose = sit(networks, sitter)
    image = synthesizer_of(networks, sitter.device).synthesize(pose.ws)
    pictures.write(output, image if size is None else pictures.resize(image, (size, size)))
    print(output)


def strip(
    sitter: Sitter, source: str, target: str, alphas: Sequence[float], output: Path, *, is_labelled: bool
) -> None:
    """Write the way from one gesture to another: w_S + (w_T − w_S)·α for each α."""
    networks = load_networks(sitter.weights)
    anchor = sit(networks, sitter)
    synthesizer = synthesizer_of(networks, sitter.device)
    ends = [gesture_of(networks, anchor, written) for written in (source, target)]
    images = [synthesizer.synthesize(ends[0].ws + (ends[1].ws - ends[0].ws) * alpha) for alpha in alphas]
    labels = [f"{alpha:g}" for alpha in alphas] if is_labelled else None
    pictures.write(output, pictures.side_by_side(images, labels))
    print(output)


def gesture_of(networks: Networks, anchor: Pose, written: str) -> Pose:
    """The anchor's person with a gesture's AUs, its optional units drawn by the same dice each time.

    Controls that it names are moved; the others stay as they are.
    """
    try:
        asked = parse_expression(written)
    except Refused as refused:
        raise InputError(f"{written}: {refused}") from None
    loaded = networks.pseudo_autoencoder
    for finding in lint_gesture(asked, loaded.learned_units, loaded.learned_controls):
        say(f"{written}: {finding.message}")
    return posed(networks, anchor, asked)


def posed(networks: Networks, anchor: Pose, gesture: Gesture, *, is_binary: bool = False) -> Pose:
    """The anchor's person with a gesture, its optional units drawn by the same dice each time."""
    loaded = networks.pseudo_autoencoder
    target = draw_target(gesture, show_dice(0, 0), is_binary=is_binary)
    changes = changes_to(playable(gesture.controls, loaded.learned_controls), anchor.controls)
    controls = tuple(own + change for own, change in zip(anchor.controls, changes, strict=True))
    return expressed(loaded.model, anchor, target, controls)


# --- people out of photographs ------------------------------------------------------------------------------


def project(
    weights: Path, device: str, photo: Path, output: Path, num_steps: int, sheet: Path | None
) -> None:
    """Write the person in a photograph, and on a sheet what became of them."""
    if output.suffix.lower() != PERSON_SUFFIX:
        raise InputError(f"{output}: a person file is called NAME{PERSON_SUFFIX}")
    for written in (output, sheet or output):
        if not written.parent.is_dir():  # said before the work of minutes, not after it
            raise InputError(f"{written}: cannot be written; there is no folder {written.parent}")
    networks = load_networks(weights)
    reader, projector = load_face_reader(networks), load_projector(networks)
    tell_of_likenesses(networks)
    seen = see(reader, photo)
    home = draw_latent(networks, DEFAULT_PERSON, TRUNCATION)  # the house's light and backdrop
    projection = likeness_of(projector, seen, photo, num_steps, home)
    reading = reader.reading_of(
        projection.picture
    )  # what the latent shows, which may be less than the face did
    controls: dict[str, Control] = {"yaw": reading.yaw, "pitch": reading.pitch, "gaze": reading.gaze}
    person = Person(projection.ws, reading.aus, controls, title=photo.stem, source=photo.name)
    try:
        save_person(output, person, networks.generator.sha256)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror})") from None
    print(output)
    if sheet is not None:
        anchor = anchor_at(networks.pseudo_autoencoder.model, projection.ws, reading.aus)
        gestures = [gesture_of(networks, anchor, written) for written in SHEET_GESTURES]
        images = [seen.aligned.image, projection.picture]
        pictures.write(sheet, sheet_of(images, gestures, synthesizer_of(networks, device)))


def sheet_of(images: Sequence[Image], poses: Sequence[Pose], synthesizer: Synthesizer) -> Image:
    """Pictures, then poses drawn as large as the first picture is, in one row."""
    side = images[0].shape[0]
    drawn = [synthesizer.synthesize(pose.ws) for pose in poses]
    return pictures.side_by_side([pictures.resize(image, (side, side)) for image in (*images, *drawn)])


def express(sitter: Sitter, like: Path, output: Path, num_steps: int, size: int | None) -> None:
    """Write the sitter's face with the action units of another: A(w, a_like − a)."""
    networks = load_networks(sitter.weights)
    reader = load_face_reader(networks)
    if isinstance(sitter.person, Path) and sitter.person.suffix.lower() != PERSON_SUFFIX:
        seen = see(reader, sitter.person)
        projector = load_projector(networks)
        tell_of_likenesses(networks)
        projection = likeness_of(projector, seen, sitter.person, num_steps)
        aus = reader.reading_of(projection.picture).aus
        anchor = anchor_at(networks.pseudo_autoencoder.model, projection.ws, aus)
    else:
        anchor = sit(networks, sitter)
    pose = expressed(networks.pseudo_autoencoder.model, anchor, see(reader, like).reading.aus)
    image = synthesizer_of(networks, sitter.device).synthesize(pose.ws)
    pictures.write(output, image if size is None else pictures.resize(image, (size, size)))
    print(output)


def see(reader: FaceReader, photo: Path) -> Seen:
    """Look at a photograph, and say what is seen."""
    seen = reader.see(photo)
    if seen.aligned.num_faces > 1:
        say(f"{photo}: {seen.aligned.num_faces} faces; the largest is taken")
    say(f"{photo}: {described(seen)}")
    return seen


def described(seen: Seen) -> str:
    """`happily surprised: AU12 lip corner puller 0.83, AU25 lips part 0.61`, the strongest units first."""
    shown = sorted(zip(seen.reading.aus, ACTION_UNITS, strict=True), reverse=True)[:NUM_TOLD]
    units = [f"{au_label(unit)} {AU_NAMES[unit]} {a:.2f}" for a, unit in shown if a >= TOLD_FROM]
    return f"{seen.category.replace('_', ' ')}: {', '.join(units) or 'no action unit that shows'}"


def likeness_of(
    projector: Projector, seen: Seen, photo: Path, num_steps: int, home: Latent | None = None
) -> "Projection":
    """Find the face in the latent space, and say what is doubtful about it."""
    projection = projector.project(seen, num_steps, home)
    for doubt in projection.doubts:
        say(f"{photo}: a poor likeness: {doubt}")
    return projection
