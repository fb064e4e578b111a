"""The weights in the repository, as a visitor meets them: a face in every frame, moved the right way.

A small share of `make prove`, on every change.
"""

import cv2
import numpy as np
import pytest

from installation import wiring
from installation.loading import draw_person, load_networks, reading_of
from installation.options import DEFAULT_PERSON, TRUNCATION, Show
from installation.portrait import Pose, expressed
from installation.ports import NANOSECONDS
from installation.stage import pictures
from installation.stage.synthesizer import TorchSynthesizer, choose_device
from installation.stills import gesture_of
from models.action_units import ACTION_UNITS, NEUTRAL
from models.au_reader import load_au_reader
from run_installation import CHOREOGRAPHY, ROOT, WEIGHTS
from tests.installation.fakes import ALWAYS, digest, tick
from training.evaluation.faces import SIDE_PX, face_probabilities

PEOPLE = (DEFAULT_PERSON, 1, 2, 3, 42)


@pytest.fixture(scope="module")
def networks():
    return load_networks(WEIGHTS)


@pytest.fixture(scope="module")
def synthesizer(networks):
    return TorchSynthesizer(networks.generator.generator, choose_device("cpu"))


@pytest.fixture(scope="module")
def show(networks):
    """A show of the default choreography for one morning, begun anew each time it is called."""

    def begin():
        options = Show(WEIGHTS, "cpu", None, TRUNCATION, CHOREOGRAPHY, seed=7)
        return wiring.wire(networks, options, ALWAYS, is_live=False)

    return begin


def test_all_weights_fit_the_repository():
    files = list(ROOT.joinpath("models", "weights").glob("*.safetensors"))
    assert {path.name for path in files} == {
        "portrait.safetensors",
        "portrait.pseudo_autoencoder.safetensors",
        "portrait.au_reader.safetensors",
        "portrait.encoder.safetensors",
    }
    assert sum(path.stat().st_size for path in files) <= 24_000_000


def test_a_minute_of_the_show_is_a_face_in_every_frame_looked_at(show):
    performance = show()
    frames = [performance.step(tick(round(s * 1e9))).image for s in np.arange(0, 60, 2.5)]
    small = [cv2.resize(frame, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC) for frame in frames]
    assert min(face_probabilities(small)) > 0.99
    assert len({frame.tobytes() for frame in frames}) == len(frames)


def test_the_same_seed_at_30_and_60_frames_a_second_with_the_real_networks(show):
    slow, fast = show(), show()
    at_30 = [slow.pose_at(tick(frame * NANOSECONDS // 30)) for frame in range(10 * 30)]
    at_60 = [fast.pose_at(tick(frame * NANOSECONDS // 60)) for frame in range(10 * 60)]
    assert digest(at_30) == digest(at_60[::2])


def aus(*units: int) -> tuple[float, ...]:
    return tuple(float(unit in units) for unit in ACTION_UNITS)


def darkness_of(image: np.ndarray, rows: slice, columns: slice) -> float:
    """The darkest tenth of a region, as shares of the picture's size."""
    size = image.shape[0]
    region = image[
        int(rows.start * size) : int(rows.stop * size), int(columns.start * size) : int(columns.stop * size)
    ]
    return float(np.percentile(region, 10))


@pytest.mark.parametrize("person", PEOPLE)
def test_a_gesture_changes_the_face_and_little_else(networks, synthesizer, person):
    anchor = draw_person(networks, person, TRUNCATION)
    model = networks.pseudo_autoencoder.model
    neutral = synthesizer.synthesize(expressed(model, anchor, NEUTRAL).ws).astype(int)
    for units in ((12, 25), (1, 2, 25, 26), (4, 15), (43,)):
        moved = synthesizer.synthesize(expressed(model, anchor, aus(*units)).ws).astype(int)
        change = np.abs(moved - neutral).mean(-1)
        size = len(change)
        face = change[int(0.35 * size) : int(0.9 * size), int(0.25 * size) : int(0.75 * size)].mean()
        border = np.concatenate([change[: size // 8].ravel(), change[:, : size // 8].ravel()]).mean()
        assert face > 1.0
        assert border < face / 3


@pytest.mark.parametrize("person", PEOPLE)
def test_opening_the_mouth_darkens_it(networks, synthesizer, person):
    anchor = draw_person(networks, person, TRUNCATION)
    model, mouth = networks.pseudo_autoencoder.model, (slice(0.70, 0.85), slice(0.42, 0.58))
    closed = synthesizer.synthesize(expressed(model, anchor, NEUTRAL).ws)
    opened = synthesizer.synthesize(expressed(model, anchor, aus(25, 27)).ws)
    assert darkness_of(opened, *mouth) < darkness_of(closed, *mouth)


@pytest.mark.parametrize("person", PEOPLE)
def test_lids_close(networks, synthesizer, person):
    """Closed, an eye has lost its white and its pupil: there is less contrast across it."""
    anchor = draw_person(networks, person, TRUNCATION)
    model = networks.pseudo_autoencoder.model
    eyes = slice(0.42, 0.52), slice(0.32, 0.68)

    def contrast(pose: Pose) -> float:
        image = pictures.resize(synthesizer.synthesize(pose.ws), (256, 256))[..., 1].astype(float)
        edges = np.abs(np.diff(image, axis=1))
        return float(edges[int(eyes[0].start * 256) : int(eyes[0].stop * 256), 82:174].mean())

    opened = contrast(expressed(model, anchor, NEUTRAL))
    for unit in (43, 45):  # closed, and in a blink
        assert contrast(expressed(model, anchor, aus(unit))) < 0.8 * opened


@pytest.mark.parametrize("person", PEOPLE)
def test_nothing_asked_is_the_person_to_the_bit(networks, person):
    anchor = draw_person(networks, person, TRUNCATION)
    assert np.array_equal(gesture_of(networks, anchor, "neutral").ws, anchor.ws)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_head_turns_to_where_it_is_asked_to(networks, synthesizer, person):
    """As the AU reader sees it: degrees that are asked for arrive, whichever way the person stood."""
    anchor, reader = draw_person(networks, person, TRUNCATION), load_au_reader(networks.generator)
    for angle in (-12, 0, 12):
        turned = synthesizer.synthesize(gesture_of(networks, anchor, f"yaw={angle}").ws)
        assert reading_of(reader, turned).yaw == pytest.approx(angle, abs=5)
    up, down = (
        reading_of(reader, synthesizer.synthesize(gesture_of(networks, anchor, f"pitch={angle}").ws)).pitch
        for angle in (9, -9)
    )
    assert up > down + 9


@pytest.mark.parametrize("person", PEOPLE)
def test_the_side_that_is_asked_to_be_lit_is_the_brighter_one(networks, synthesizer, person):
    anchor = draw_person(networks, person, TRUNCATION)

    def brighter_to_the_right(gesture: str) -> float:
        image = pictures.resize(synthesizer.synthesize(gesture_of(networks, anchor, gesture).ws), (256, 256))
        cheeks = image[110:190].astype(float)
        return float(cheeks[:, 144:180].mean() - cheeks[:, 76:112].mean())

    assert brighter_to_the_right("light=[50, 25]") > 10 + brighter_to_the_right("light=[-50, 25]")


@pytest.mark.parametrize("person", PEOPLE)
def test_eyes_look_where_they_are_asked_to_and_nothing_else_moves(networks, synthesizer, person):
    """Looking to one side shows the white at the other, in both eyes."""
    anchor = draw_person(networks, person, TRUNCATION)

    def looking(gaze: str) -> np.ndarray:
        image = synthesizer.synthesize(gesture_of(networks, anchor, f"gaze={gaze}").ws)
        return pictures.resize(image, (256, 256)).astype(float).mean(-1)

    left, right = looking("[-12, 0]"), looking("[12, 0]")
    for centre in (97, 159):
        eye = slice(116, 128), slice(centre - 12, centre + 12)
        white = [np.subtract(*(half.mean() for half in np.hsplit(face[eye], 2))) for face in (left, right)]
        assert white[1] > white[0] + 15
    change = np.abs(right - left)
    change[96:146, 70:186] = 0  # the eyes
    assert change.mean() < 2
