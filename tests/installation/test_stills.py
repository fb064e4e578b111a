"""From photographs to people and their expressions, with scripted readers in place of the networks."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from installation import stills, wiring
from installation.errors import InputError
from installation.loading import Seen, draw_person, load_networks
from installation.options import TRUNCATION, Sitter
from installation.stage.pictures import resize
from models.action_units import ACTION_UNITS
from models.au_reader import Reading
from models.controls import CONTROLS, changes_to
from models.people import load_person
from tests.models.tiny import SMILE, TINY, tiny_person, write_tiny_person, write_tiny_weights

SIDE_PX = 256


def aus(**intensities: float) -> tuple[float, ...]:
    """aus(AU12=0.8) → 43 intensities."""
    return tuple(float(intensities.get(f"AU{unit}", 0)) for unit in ACTION_UNITS)


@dataclass
class FakeAligned:
    image: np.ndarray
    num_faces: int = 1


@dataclass
class FakeProjection:
    ws: np.ndarray
    picture: np.ndarray
    doubts: tuple[str, ...] = ()


def grey(value: int) -> np.ndarray:
    return np.full((SIDE_PX, SIDE_PX, 3), value, np.uint8)


@dataclass
class FakeReaders:
    """Sees in a photograph what is scripted for its name; `asked`: what was projected, in how many steps."""

    scripted: dict[str, Seen]
    doubts: tuple[str, ...] = ()
    home: np.ndarray | None = None
    asked: list[tuple[Seen, int]] = field(default_factory=list)

    def see(self, photo: Path) -> Seen:
        if photo.name not in self.scripted:
            raise InputError(f"{photo}: no face in it")
        return self.scripted[photo.name]

    def reading_of(self, picture: np.ndarray) -> Reading:
        """What is projected shows what was seen."""
        return self.asked[-1][0].reading

    def project(self, seen: Seen, num_steps: int, home: np.ndarray | None = None) -> FakeProjection:
        self.asked.append((seen, num_steps))
        self.home = home
        return FakeProjection(tiny_person().ws, grey(90), self.doubts)


def seen(*, num_faces: int = 1, category: str = "neutral", **intensities: float) -> Seen:
    reading = Reading(aus(**intensities), yaw=5.0, pitch=-2.5, gaze=(1.0, 0.5))
    return Seen(FakeAligned(grey(30), num_faces), reading, category)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return write_tiny_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def readers(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    fakes = FakeReaders(
        {
            "ada.jpg": seen(category="happily_surprised", AU12=0.75, AU25=0.5, AU1=0.1),
            "crowd.jpg": seen(num_faces=3),
            "sad.jpg": seen(category="sad", AU4=0.9, AU15=1.0),
        }
    )
    monkeypatch.setattr(stills, "load_face_reader", lambda _: fakes)
    monkeypatch.setattr(stills, "load_projector", lambda _: fakes)
    monkeypatch.setattr(stills, "tell_of_likenesses", lambda _: None)
    return fakes


def project(weights: Path, photo: str, output: str = "ada.safetensors", sheet: str | None = None) -> None:
    stills.project(weights, "cpu", Path(photo), Path(output), 20, Path(sheet) if sheet else None)


# --- gestures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "absolute", "warnings"),
    [
        ("yaw=10", {"yaw": 10}, []),
        ("AU12=0.75, gaze=[-8, 2]", {"gaze_x": -8, "gaze_y": 2}, []),
        ("pitch=80", {"pitch": 10}, ["pitch=80: pitch 80 is outside -10 to 10; 10 is taken"]),
        ("age=70", {}, ["age=70: these weights have not learned the control 'age'; it is left out"]),
        ("neutral", {}, []),
    ],
)
def test_a_gesture_turns_the_face_to_where_it_says(weights, capsys, written, absolute, warnings):
    networks = load_networks(weights)
    person, model = draw_person(networks, 3, TRUNCATION), networks.pseudo_autoencoder.model
    pose = stills.gesture_of(networks, person, written)
    assert capsys.readouterr().err.splitlines() == warnings
    assert pose.aus == aus(AU12=0.75 if "AU12" in written else 0)
    own = dict(zip(CONTROLS, person.controls, strict=True))
    changes = changes_to(absolute, person.controls)
    absolute = {name: value - 0.8 * own["yaw"] * (name == "gaze_x") for name, value in absolute.items()}
    assert dict(zip(CONTROLS, pose.controls, strict=True)) == pytest.approx(own | absolute)
    assert np.array_equal(pose.ws, model.predict(person.ws, pose.aus, changes))


def test_weights_as_published_know_no_controls(tmp_path, capsys):
    networks = load_networks(write_tiny_weights(tmp_path, preset="paper"))
    person = draw_person(networks, 3, TRUNCATION)
    turned = stills.gesture_of(networks, person, "yaw=10, light=[40, 25]")
    assert np.array_equal(turned.ws, stills.gesture_of(networks, person, "neutral").ws)
    told = capsys.readouterr().err
    assert all(f"control '{name}'" in told for name in ("yaw", "light"))


# --- project ------------------------------------------------------------------------------------------------


def test_project_writes_the_person_of_a_photograph(weights, readers, tmp_path, capsys):
    project(weights, "ada.jpg")
    out, err = capsys.readouterr()
    assert out == "ada.safetensors\n"
    assert err == "ada.jpg: happily surprised: AU12 lip corner puller 0.75, AU25 lips part 0.50\n"
    assert readers.asked == [(readers.scripted["ada.jpg"], 20)]
    person = load_person(tmp_path / "ada.safetensors", load_networks(weights).generator)
    assert np.array_equal(person.ws, tiny_person().ws)
    assert person.aus == aus(AU12=0.75, AU25=0.5, AU1=0.1)
    assert person.controls == {"yaw": 5.0, "pitch": -2.5, "gaze": (1.0, 0.5)}
    assert (person.title, person.source) == ("ada", "ada.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["ada.safetensors"]


def test_what_is_doubtful_is_said_and_the_person_written(weights, readers, tmp_path, capsys):
    readers.doubts = ("the mouth is covered", "far from everybody whom the generator knows")
    project(weights, "crowd.jpg")
    assert capsys.readouterr().err.splitlines() == [
        "crowd.jpg: 3 faces; the largest is taken",
        "crowd.jpg: neutral: no action unit that shows",
        "crowd.jpg: a poor likeness: the mouth is covered",
        "crowd.jpg: a poor likeness: far from everybody whom the generator knows",
    ]
    assert (tmp_path / "ada.safetensors").exists()


def test_a_sheet_shows_the_photograph_the_likeness_and_what_it_can_do(weights, readers, tmp_path, capsys):
    project(weights, "ada.jpg", sheet="sheet.png")
    assert capsys.readouterr().out == "ada.safetensors\n"
    sheet = cv2.imread(str(tmp_path / "sheet.png"))[..., ::-1]
    assert sheet.shape == (SIDE_PX, 6 * SIDE_PX, 3)
    squares = np.split(sheet, 6, axis=1)
    assert np.array_equal(squares[0], grey(30))
    assert np.array_equal(squares[1], grey(90))
    networks = load_networks(weights)
    away = tuple(-intensity for intensity in readers.scripted["ada.jpg"].reading.aus)
    at_rest = networks.pseudo_autoencoder.model.predict(tiny_person().ws, away)  # A(w₀, −a₀)
    drawn = wiring.synthesizer_of(networks, "cpu").synthesize(at_rest)
    assert np.array_equal(squares[2], resize(drawn, (SIDE_PX, SIDE_PX)))
    assert len({square.tobytes() for square in squares}) == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": "ada.png"}, "ada.png: a person file is called NAME.safetensors"),
        ({"output": "nowhere/ada.safetensors"}, "nowhere/ada.safetensors: cannot be written"),
        ({"sheet": "nowhere/s.png"}, "nowhere/s.png: cannot be written; there is no folder nowhere"),
        ({"photo": "nobody.jpg"}, "nobody.jpg: no face in it"),
        ({"output": "taken.safetensors"}, "taken.safetensors: cannot be written (Is a directory)"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(weights, readers, tmp_path, options, message):
    tmp_path.joinpath("taken.safetensors").mkdir()
    with pytest.raises(InputError) as error:
        project(weights, **{"photo": "ada.jpg"} | options)
    assert message in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.safetensors"]


# --- express ------------------------------------------------------------------------------------------------


def expected(weights: Path, ws: np.ndarray, u: np.ndarray) -> np.ndarray:
    networks = load_networks(weights)
    moved = networks.pseudo_autoencoder.model.predict(ws, tuple(u.tolist()))
    return wiring.synthesizer_of(networks, "cpu").synthesize(moved)


def expressed(weights: Path, person: int | Path, like: str, size: int | None = None) -> np.ndarray:
    stills.express(Sitter(weights, "cpu", person, None), Path(like), Path("out.png"), 7, size)
    return cv2.imread("out.png")[..., ::-1]


def test_a_photograph_takes_the_expression_of_another(weights, readers, capsys):
    image = expressed(weights, Path("ada.jpg"), "sad.jpg")
    u = np.subtract(readers.scripted["sad.jpg"].reading.aus, readers.scripted["ada.jpg"].reading.aus)
    assert np.array_equal(image, expected(weights, tiny_person().ws, u))
    assert [num_steps for _, num_steps in readers.asked] == [7]
    out, err = capsys.readouterr()
    assert out == "out.png\n"
    assert err.splitlines()[1] == "sad.jpg: sad: AU15 lip corner depressor 1.00, AU04 brow lowerer 0.90"


def test_a_person_takes_the_expression_of_a_photograph_without_being_projected(weights, readers, tmp_path):
    like = np.array(readers.scripted["sad.jpg"].reading.aus)
    ada = write_tiny_person(tmp_path / "ada.safetensors", weights, seed=3)
    assert np.array_equal(
        expressed(weights, ada, "sad.jpg"), expected(weights, tiny_person(3).ws, like - np.array(SMILE))
    )
    three = draw_person(load_networks(weights), 3, TRUNCATION)
    assert np.array_equal(expressed(weights, 3, "sad.jpg"), expected(weights, three.ws, like))
    assert readers.asked == []


def test_an_expression_is_as_large_as_asked(weights, readers):
    assert expressed(weights, 3, "sad.jpg").shape == (TINY.resolution, TINY.resolution, 3)
    assert expressed(weights, 3, "sad.jpg", size=100).shape == (100, 100, 3)


def test_a_photograph_without_a_face_is_one_line(weights, readers, tmp_path):
    for first, like in ((Path("nobody.jpg"), "sad.jpg"), (3, "nobody.jpg")):
        with pytest.raises(InputError, match=r"^nobody\.jpg: no face in it$"):
            expressed(weights, first, like)
    assert not list(tmp_path.iterdir())
