from pathlib import Path

import numpy as np
import pytest

from training.cast.pictures import load_pictures
from training.cast.rendering.overlay import face_weight, lay_face_over, write_jpeg

SIZE = 256
RECTANGLE = (0.25, 0.25, 0.75, 1.03)  # a chin may reach out of the picture
FEATHER_PX = 7


def grey(value: int, size: int = SIZE) -> np.ndarray:
    return np.full((size, size, 3), value, np.uint8)


def test_the_face_is_whole_inside_and_absent_outside() -> None:
    weight = face_weight(SIZE, RECTANGLE)[..., 0]
    assert (weight[:64] == 0).all()
    assert (weight[:, :64] == 0).all()
    assert (weight[:, 192:] == 0).all()
    inner = slice(66 + FEATHER_PX, 190 - FEATHER_PX)
    assert (weight[66 + FEATHER_PX : 250 - FEATHER_PX, inner] == 1).all()


def test_the_edge_is_a_smooth_step_as_wide_as_the_feather() -> None:
    profile = face_weight(SIZE, RECTANGLE)[128, :, 0]
    rising = profile[: SIZE // 2]
    assert (np.diff(rising) >= 0).all()
    assert ((rising > 0) & (rising < 1)).sum() == pytest.approx(FEATHER_PX, abs=1)
    assert np.diff(rising).max() < 1.7 / FEATHER_PX
    np.testing.assert_allclose(profile, profile[::-1], atol=1e-12)


def test_a_feather_is_the_same_share_of_every_size() -> None:
    widths = [
        ((weight := face_weight(size, RECTANGLE)[size // 2, : size // 2, 0]) > 0).sum() - (weight == 1).sum()
        for size in (256, 512)
    ]
    assert widths == [7, 14]


def test_pictures_are_blended_by_the_weight() -> None:
    picture = lay_face_over(grey(100), grey(200), RECTANGLE)
    assert picture.dtype == np.uint8
    assert (picture[:60] == 100).all()
    assert (picture[128, 128] == 200).all()
    weight = face_weight(SIZE, RECTANGLE)
    np.testing.assert_allclose(picture, 100 + 100 * np.broadcast_to(weight, picture.shape), atol=0.51)


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(256, 256, 3\) and \(128, 128, 3\)"):
        lay_face_over(grey(0), grey(0, 128), RECTANGLE)


def test_a_jpeg_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "00000.jpg"
    write_jpeg(path, grey(90))
    assert [file.name for file in tmp_path.iterdir()] == ["00000.jpg"]
    np.testing.assert_allclose(load_pictures([path], SIZE)[0], grey(90), atol=1)
