from pathlib import Path

import numpy as np
import pytest

from training.cast.manifest import read_cast
from training.cast.pictures import load_pictures


def test_pictures_are_rgb_of_one_size(cast_folder: Path) -> None:
    paths = [record.picture for record in read_cast(cast_folder).records]
    pictures = load_pictures(paths, 32)
    assert pictures.shape == (7, 32, 32, 3)
    assert pictures.dtype == np.uint8
    np.testing.assert_allclose(pictures[0].mean((0, 1)), (200, 80, 40), atol=3)


def test_a_picture_that_cannot_be_read_is_named(cast_folder: Path) -> None:
    broken = cast_folder / "studio" / "024_00.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(OSError, match=r"024_00\.jpg"):
        load_pictures([broken], 32)
