"""What the camera does: it changes pictures, keeps their labels true, and is the same for the same dice."""

import numpy as np
import pytest

from training.camera import CHANGES, LOOSE, TIGHT, Jitter, compressed, photographed, reframed

STILL = Jitter(0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    """Smooth light and dark, with an edge or two."""
    y, x = np.mgrid[0:128, 0:128] / 128
    colours = np.stack([0.3 + 0.4 * x, 0.6 - 0.3 * y, 0.4 + 0.2 * np.sin(9 * x)], -1)
    colours[50:70, 40:60] = 0.9
    return (colours * 255).astype(np.uint8)


def test_the_same_dice_give_the_same_picture(face):
    one, two = (photographed(face, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert one.shape == face.shape and one.dtype == np.uint8


def test_hardly_two_are_alike(face):
    rng = np.random.default_rng(0)
    assert len({photographed(face, rng).tobytes() for _ in range(50)}) == 50


@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=lambda change: change.__name__)
def test_every_change_changes_something_and_stays_finite(face, change):
    colours = face.astype(np.float32) / 255
    for seed in range(20):
        changed = change(colours, np.random.default_rng(seed))
        assert changed.shape == colours.shape and changed.dtype == np.float32
        assert np.isfinite(changed).all()
        assert not np.array_equal(changed, colours)


def test_a_still_frame_is_the_picture(face):
    np.testing.assert_array_equal(reframed(face, np.random.default_rng(0), STILL), face)


def test_a_tight_frame_moves_less_than_a_loose_one(face):
    def moved(jitter: Jitter) -> float:
        pictures = [reframed(face, np.random.default_rng(seed), jitter) for seed in range(30)]
        return float(np.abs(np.stack(pictures).astype(float) - face).mean())

    assert moved(TIGHT) < moved(LOOSE)


def test_compression_keeps_the_picture_recognisable(face):
    rng = np.random.default_rng(0)
    worst = max(np.abs(compressed(face, rng).astype(float) - face).mean() for _ in range(20))
    assert 0 < worst < 20
