"""Which images pass: two photographs as a camera sees them, spoilt in every way."""

import numpy as np
import pytest

from installation.loading import load_face_reader, load_networks
from installation.sight.gates import BURST_NS, Burst, Shot, View, is_facing, view_of
from models.alignment import FaceFinder, crop
from run_installation import WEIGHTS
from tests.sight.faces import blurred, collins, hopper, lit, seen
from tests.sight.fakes import MS, face

PHOTOGRAPHS = {"collins": collins, "hopper": hopper}


@pytest.fixture(scope="module")
def reader():
    return load_face_reader(load_networks(WEIGHTS))


def viewed(reader, image: np.ndarray) -> View | None:
    """None: there is no face."""
    finder: FaceFinder = reader.finder
    faces = finder.faces(image)
    if not faces:
        return None
    aligned = crop(image, faces[0].landmarks)
    return view_of(faces[0], image.shape, aligned, reader.au_reader.read(aligned))


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_good_picture_passes(reader, name):
    photograph = PHOTOGRAPHS[name]()
    for image in (seen(photograph), seen(photograph, 400, 200), lit(seen(photograph), 0.6)):
        view = viewed(reader, image)
        assert view.doubts == ()
        assert view.score > 0.5


def light_behind(image: np.ndarray) -> np.ndarray:
    """Before a window: who stands there is dark."""
    is_wall = (np.abs(image.astype(int) - 120).max(-1) == 0)[..., None]
    return np.where(is_wall, 255, lit(image, 0.18)).astype(np.uint8)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize(
    ("spoil", "doubt"),
    [
        (lambda image: blurred(image, 6), "blurred"),
        (lambda image: lit(image, 0.18), "dark"),
        (light_behind, "dark"),
        (lambda image: lit(image, 2.2), "overexposed"),
        (lambda image: lit(image, 0.01), ""),
    ],
    ids=["blurred", "dark", "backlit", "washed out", "black"],
)
def test_a_spoilt_picture_does_not(reader, name, spoil, doubt):
    view = viewed(reader, spoil(seen(PHOTOGRAPHS[name]())))
    assert view is None or any(doubt in words for words in view.doubts)
    assert view is None or view.score < 0.5


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_face_half_out_of_the_picture_does_not_pass(reader, name):
    photograph = PHOTOGRAPHS[name]()
    views = [viewed(reader, seen(photograph, 460, x)) for x in (0, 20, 40, 60, 626, 632, 638)]
    assert all(view is None or view.doubts for view in views)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_half_covered_face_is_not_found(reader, name):
    image = seen(PHOTOGRAPHS[name]())
    landmarks = reader.finder.faces(image)[0].landmarks
    middle = int(landmarks[:2, 0].mean())
    image[:, middle:] = (205, 160, 130)
    assert viewed(reader, image) is None


def test_a_small_face_does_not_pass(reader):
    view = viewed(reader, seen(collins(), 230, size_px=(640, 240)))
    assert any("too small" in words for words in view.doubts)


def test_the_sharper_the_better(reader):
    scores = [viewed(reader, blurred(seen(collins()), sigma)).score for sigma in (0.01, 1.5, 2.5, 6)]
    assert scores == sorted(scores, reverse=True)


def test_half_closed_lids_do_not_pass():
    view = View(60, 0, 0, 0.5, 0.1, 150, 0)
    assert view.doubts == ("the eyes are closed",)


@pytest.mark.parametrize(
    ("shift", "is_expected"), [(0, True), (0.2, True), (-0.2, True), (0.4, False), (-0.4, False)]
)
def test_from_five_points_alone_a_turned_head_is_seen(shift, is_expected):
    landmarks = face(eye_distance_px=100).landmarks
    landmarks[2, 0] += 100 * shift
    assert is_facing(landmarks, None) == is_expected


def shot(score: float, t_ns: int) -> Shot:
    view = View(64 * score, 0, 0, 0, 1, 150, 0)
    return Shot(np.full((2, 2, 3), 9, np.uint8), view, t_ns)


def test_a_burst_is_the_best_of_its_last_seconds():
    rng = np.random.default_rng(0)
    burst, shots = Burst(), []
    for index in range(300):
        shots.append(shot(float(rng.random()), index * 83 * MS))
        burst.add(shots[-1])
        recent = [one for one in shots if one.t_ns >= shots[-1].t_ns - BURST_NS]
        assert burst.best.view.score == max(one.view.score for one in recent)
        assert len(burst) <= len(recent)
    assert sum(one.image.any() for one in shots) == len(burst)  # the others are wiped
