"""Whatever a folder holds, a cast, OSU's photographs or strangers', becomes samples; of nothing, an error."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.conftest import WITHOUT_PICTURE
from training.cast.manifest import CastError
from training.dataset import Sample
from training.osu_table import OsuError
from training.sources import SourceError, read_samples


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 64), (200, 80, 40)).save(path)
    return path


@pytest.fixture
def osu_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "osu"
    for name in ("01_101_1", "02_101_2", "03_101_3"):
        picture(folder / "01-04" / "Images1" / f"{name}.jpg")
    text = "subject,emotion,AU12\n101,neutral,\n101,happy,1\n"
    (folder / "AU_annotation_all_subjects.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_stranger_is_a_subject_of_whom_nothing_is_known(tmp_path):
    path = picture(tmp_path / "anna.png")
    (sample,) = read_samples([tmp_path])
    assert isinstance(sample, Sample)
    assert (sample.picture, sample.subject, sample.label) == (path, "anna", "")
    assert sample.framed_by == path and sample.group == "pictures" and sample.is_held_out
    assert sample.aus.shape == (43,) and np.isnan(sample.aus).all()
    assert sample.controls.shape == (7,) and np.isnan(sample.controls).all()


def test_pictures_are_those_of_all_sub_folders_and_nothing_else_is(tmp_path):
    wanted = [picture(tmp_path / name) for name in ("a.JPG", "b/c.webp", "b/d/e.tiff")]
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    (tmp_path / "b" / "table.csv").write_text("no picture", encoding="utf-8")
    picture(tmp_path / ".hidden.jpg")
    picture(tmp_path / ".thumbnails" / "a.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert [sample.picture for sample in read_samples([tmp_path])] == wanted


def test_no_two_strangers_are_one(tmp_path):
    for name in ("1/a.jpg", "1/a.png", "2/a.jpg", "2/b.jpg"):
        picture(tmp_path / name)
    samples = read_samples([tmp_path / "1", tmp_path / "2"])
    assert [sample.subject for sample in samples] == ["a", "a (2)", "a (3)", "b"]


def test_sources_of_all_kinds_are_read_together(cast_folder, osu_folder, tmp_path, capsys):
    strangers = tmp_path / "strangers"
    picture(strangers / "anna.jpg")
    samples = read_samples([strangers, osu_folder, cast_folder])
    groups = list(dict.fromkeys(sample.group for sample in samples))
    assert groups == ["studio", "repertoire", "population", "osu", "pictures"]
    assert len({sample.picture for sample in samples}) == len(samples)
    assert all(sample.picture.is_file() and sample.framed_by.is_file() for sample in samples)
    assert WITHOUT_PICTURE not in {sample.picture.stem for sample in samples}
    captured = capsys.readouterr()
    assert "1 pictures without a row: 03_101_3.jpg" in captured.err and captured.out == ""


def test_casts_are_read_as_one(cast_folder, tmp_path):
    apart = tmp_path / "apart"
    apart.mkdir()
    for name in ("repertoire.jsonl", "repertoire"):
        (cast_folder / name).rename(apart / name)
    together = {sample.group: sample for sample in read_samples([apart, cast_folder])}
    assert {"studio", "repertoire"} <= together.keys()
    with pytest.raises(CastError):
        read_samples([apart])


def test_a_folder_that_is_missing_or_holds_nothing_is_one_line(cast_folder, osu_folder, tmp_path):
    (tmp_path / "empty").mkdir()
    for split in ("studio", "repertoire", "population"):
        (cast_folder / split).rename(tmp_path / split)
    (osu_folder / "AU_annotation_all_subjects.csv").write_text("", encoding="utf-8")
    file = picture(tmp_path / "a.jpg")
    for path, words in (
        (tmp_path / "nowhere", "no such folder"),
        (file, "a file"),
        (tmp_path / "empty", "neither a cast nor a picture"),
        (cast_folder, "a cast without its pictures"),
    ):
        with pytest.raises(SourceError, match=words) as raised:
            read_samples([path])
        assert str(raised.value).startswith(f"{path}: ") and "\n" not in str(raised.value)
    with pytest.raises(OsuError):
        read_samples([osu_folder])


def test_no_folder_is_no_sample():
    assert read_samples([]) == []
