"""The work around Blender: without it, by a studio that only remembers, and with it where it is installed."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from click.testing import CliRunner

from training.cast import __main__ as command_line
from training.cast.manifest import read_cast
from training.cast.pictures import load_pictures
from training.cast.rendering.landmarks import Landmarks
from training.cast.rendering.overlay import Rectangle
from training.cast.rendering.production import Order, ProductionError, render_split, render_subject
from training.cast.rendering.splits import subject_of
from training.cast.traits import Sitting

ROOT = Path(__file__).parents[3]
BLENDER = ROOT / ".cast-venv" / "bin" / "python"
HEAD = ROOT / "build" / "head_model.npz"
FACE: Rectangle = (0.25, 0.2, 0.75, 1.02)


@dataclass
class FakeShot:
    picture: np.ndarray
    landmarks: Landmarks
    face: Rectangle = FACE


@dataclass
class FakeStudio:
    """Takes flat pictures: 100 whole, 200 where only the face was asked for."""

    size: int
    shots: list[tuple[dict[str, float], Rectangle | None]] = field(default_factory=list)

    def shoot(
        self, _sitting: Sitting, actions: Mapping[str, float], rectangle: Rectangle | None = None
    ) -> FakeShot:
        self.shots.append((dict(actions), rectangle))
        picture = np.full((self.size, self.size, 3), 200 if rectangle else 100, np.uint8)
        return FakeShot(picture, Landmarks(np.full((5, 2), 0.5), np.full((128, 2), 0.5)))


def order(folder: Path, split: str, first: int = 0, last: int = 1, size: int = 64) -> Order:
    (folder / split).mkdir(parents=True, exist_ok=True)
    return Order(split, first, last, folder, HEAD, size, samples=1)


def produce(folder: Path, split: str, number: int, *names: str) -> tuple[FakeStudio, list[dict[str, Any]]]:
    studio = FakeStudio(64)
    subject = subject_of(split, number)
    wanted = frozenset(names or (take.name for take in subject.takes))
    return studio, list(render_subject(cast(Any, studio), order(folder, split), subject, wanted))


def test_expressions_are_laid_over_the_neutral_picture(tmp_path: Path) -> None:
    studio, entries = produce(tmp_path, "studio", 3)
    assert len(studio.shots) == len(entries) == 22  # the neutral picture once
    assert [entry["rect"] for entry in entries] == [None, *[list(FACE)] * 21]
    happy = load_pictures([tmp_path / "studio" / "003_01.jpg"], 64)[0]
    np.testing.assert_allclose(happy[40, 32], 200, atol=2)
    np.testing.assert_allclose(happy[5], 100, atol=2)


def test_a_resumed_subject_takes_its_neutral_picture_again_and_keeps_the_old(tmp_path: Path) -> None:
    studio, entries = produce(tmp_path, "studio", 3, "003_20", "003_21")
    assert [entry["name"] for entry in entries] == ["003_20", "003_21"]
    assert studio.shots[0] == ({}, None)
    assert [rectangle for _, rectangle in studio.shots] == [None, FACE, FACE]
    assert not (tmp_path / "studio" / "003_00.jpg").exists()


def test_what_moves_more_than_the_face_is_taken_whole(tmp_path: Path) -> None:
    studio, entries = produce(tmp_path, "repertoire", 24, "024_AU01", "024_yaw+8", "024_age0.78")
    assert [rectangle for _, rectangle in studio.shots] == [None, FACE, None, None]
    assert ["identity" in entry for entry in entries] == [False, False, True]


def test_what_stops_a_worker_is_told(tmp_path: Path) -> None:
    nowhere = Order("population", 0, 1, tmp_path, tmp_path / "no_head.npz", 64, 1)
    with pytest.raises(ProductionError, match="before the first picture: "):
        render_split(nowhere, jobs=1, minutes=1)


def test_nothing_to_do_starts_nothing(tmp_path: Path) -> None:
    assert render_split(order(tmp_path, "studio", 3, 3), jobs=4, minutes=1) == 0


def test_without_blender_the_command_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    arguments = ["render", "--split", "studio", "--last", "1", "--out", str(tmp_path / "cast")]
    result = CliRunner().invoke(command_line.main, arguments)
    assert result.exit_code == 2
    assert "`make cast-env`" in result.output
    assert not (tmp_path / "cast").exists()


# -- Blender -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blender() -> Path:
    if not (BLENDER.exists() and HEAD.exists()):
        pytest.skip("Blender is not here: `make cast-env` installs it into .cast-venv")
    return BLENDER


def render(blender: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(blender), "-m", "training.cast", "render", *options]
    command += ["--out", str(out), "--size", "64", "--samples", "1"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)


def test_blender_renders_somebody_and_only_once(blender: Path, tmp_path: Path) -> None:
    done = render(blender, tmp_path, "--split", "population", "--first", "7", "--last", "8")
    assert done.stdout == ""  # Blender talks there
    assert "1/1" in done.stderr
    (record,) = read_cast(tmp_path).records
    picture = load_pictures([record.picture], 64)[0]
    skin = picture[32:44, 28:36].mean((0, 1))
    assert skin[0] > skin[2] > 10  # a lit face is redder than blue
    eye_line = record.landmarks[:2, 1]
    np.testing.assert_allclose(eye_line, 0.47, atol=0.03)

    line = (tmp_path / "population.jsonl").read_text(encoding="utf-8")
    assert json.loads(line)["name"] == "00007"
    render(blender, tmp_path, "--split", "population", "--first", "7", "--last", "8")
    assert (tmp_path / "population.jsonl").read_text(encoding="utf-8") == line
