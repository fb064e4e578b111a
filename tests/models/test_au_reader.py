"""The AU reader's file and boundary, and how categories are read from units."""

import numpy as np
import pytest
import torch

from models.action_units import AU_INDEX, CATEGORIES, NUM_AUS
from models.au_reader import AuReader, likeliest_category, load_au_reader
from models.checkpoint import CheckpointError, load_generator
from tests.models.tiny import write_tiny_reader, write_tiny_weights


def aus(*units: int, intensity: float = 0.9) -> list[float]:
    vector = [0.0] * NUM_AUS
    for unit in units:
        vector[AU_INDEX[unit]] = intensity
    return vector


def test_a_reading_has_43_intensities_and_angles():
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    reading = AuReader().eval().read(image)
    assert len(reading.aus) == NUM_AUS
    assert all(0 <= intensity <= 1 for intensity in reading.aus)
    assert np.isfinite([reading.yaw, reading.pitch, *reading.gaze]).all()


@pytest.mark.parametrize("shape", [(128, 128, 3), (256, 256), (256, 256, 4)])
def test_only_aligned_pictures_are_read(shape):
    with pytest.raises(ValueError, match="aligned picture"):
        AuReader().eval().read(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="float32"):
        AuReader().eval().read(np.zeros((256, 256, 3), np.float32))


def test_what_lies_outside_the_face_does_not_matter():
    torch.manual_seed(0)
    reader = AuReader().eval()
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    elsewhere = image.copy()
    elsewhere[:70], elsewhere[:, :38] = 0, 255
    assert reader.read(image) == reader.read(elsewhere)


def test_a_file_comes_back_as_it_was_and_belongs_to_one_generator(tmp_path):
    weights = write_tiny_weights(tmp_path)
    written = write_tiny_reader(weights)
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    read = load_au_reader(load_generator(weights)).read(image)
    np.testing.assert_allclose(read.aus, written.read(image).aus, atol=0.02)  # half precision
    write_tiny_weights(tmp_path, seed=1)
    with pytest.raises(CheckpointError, match="another generator"):
        load_au_reader(load_generator(weights))


def test_another_vocabulary_is_refused(tmp_path):
    weights = write_tiny_weights(tmp_path)
    write_tiny_reader(weights, {"action_units": "1 2 4"})
    with pytest.raises(CheckpointError, match="another list of action units"):
        load_au_reader(load_generator(weights))


# --- categories ---------------------------------------------------------------------------------------------


def test_prototypes_are_read_as_categories_that_have_them():
    for category in CATEGORIES.values():
        read = CATEGORIES[likeliest_category(aus(*category.prototype))]
        assert set(category.prototype) <= set(read.prototype) | set(read.optional)


def test_the_plain_ones_are_read_as_themselves():
    for name in ("neutral", "happy", "angry", "surprised", "disgusted", "happily_surprised", "awed"):
        assert likeliest_category(aus(*CATEGORIES[name].prototype)) == name


def test_a_breath_of_everything_is_neutral():
    assert likeliest_category([0.08] * NUM_AUS) == "neutral"


def test_a_unit_that_half_of_a_categorys_people_show_tells_it_apart():
    assert likeliest_category(aus(4, 15, 17, 1, 6)) == "sad"
    assert likeliest_category(aus(4, 15, 7)) == "sadly_angry"
