"""The place in a show: what it shows, when it is open, and what is said of both."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from installation import app
from installation.errors import InputError
from installation.options import Recording, Show
from installation.performance import Performance
from installation.place import shown_at
from installation.portrait import Portrait
from installation.ports import Command, Frame, Tick
from installation.score.conductor import Conductor
from installation.score.hours import Hours, Slot
from installation.stage.pacing import Pacer, VirtualClock
from installation.texts import read_score, read_site
from tests.installation.fakes import FakeSynthesizer, FakeTargetModel, anchor
from tests.models.tiny import write_tiny_weights

S = 1_000_000_000
UTC_ZONE = ZoneInfo("UTC")
SCORE = (
    "version: 1\ngestures: {a: {emotion: happy}, b: {emotion: sad}}\nmoods: {m: {gestures: {a: 1, b: 1}}}\n"
)
DAYTIME = Hours(UTC_ZONE, ((Slot(time(11), time(19)),),) * 7)


@pytest.fixture
def place(tmp_path):
    """Write a site.yaml beside a choreography; → its path."""
    tmp_path.joinpath("mine.yaml").write_text(SCORE)

    def written(text: str) -> Path:
        path = tmp_path / "site.yaml"
        path.write_text(f"version: 1\ntimezone: UTC\n{text}")
        return path

    return written


def show_at(path: Path, weights: Path = Path("w.safetensors")) -> Show:
    return Show(weights, "cpu", None, None, Path("default.yaml"), 7, path)


def test_what_a_place_names_is_shown_unless_the_command_line_says_otherwise(place, tmp_path):
    path = place("choreography: mine.yaml\nperson: 9\n")
    site = read_site(path, UTC_ZONE)
    shown = shown_at(site, show_at(path), said=())
    assert (shown.choreography, shown.host, shown.weights) == (
        tmp_path / "mine.yaml",
        9,
        Path("w.safetensors"),
    )
    assert shown_at(site, show_at(path), said={"choreography"}).choreography == Path("default.yaml")


def test_files_that_a_place_names_and_that_are_missing_are_told_at_their_lines(place, tmp_path):
    path = place("choreography: nowhere.yaml\nweights: none.safetensors\n")
    with pytest.raises(InputError) as error:
        shown_at(read_site(path, UTC_ZONE), show_at(path), said=())
    ends = "; paths are taken from the folder of this file"
    assert str(error.value).splitlines() == [
        f"{path}:3:15: choreography: no such file: {tmp_path / 'nowhere.yaml'}{ends}",
        f"{path}:4:10: weights: no such file: {tmp_path / 'none.safetensors'}{ends}",
    ]


def test_a_place_is_not_a_choreography_and_says_so(place, tmp_path):
    path = place("hours: {tue: closed}\n")
    with pytest.raises(InputError, match=r"this is a place, not a choreography; write --site"):
        read_score(path)
    with pytest.raises(InputError, match="this is a choreography, not a place"):
        read_site(tmp_path / "mine.yaml", UTC_ZONE)


def test_a_recording_shows_what_the_place_shows_whatever_its_hours_and_before_its_opening(place, tmp_path):
    """At night and before the first day alike: a portrait, not a dark film."""
    path = place("opening: 2026-03-01\nhours: {tue: 11:00-19:00}\nchoreography: mine.yaml\n")
    weights = write_tiny_weights(tmp_path / "weights")
    start = datetime.fromisoformat("2026-01-06T03:00")
    app.record(show_at(path, weights), Recording(tmp_path / "frames", 0.2, 10, 16, start))
    import cv2

    frames = [cv2.imread(str(frame)) for frame in sorted((tmp_path / "frames").iterdir())]
    assert len(frames) == 2
    assert all(frame.any() for frame in frames)


class Wall:
    """A sink that keeps whether each frame was dark."""

    def __init__(self) -> None:
        self.dark: list[bool] = []

    def show(self, frame: Frame) -> None:
        self.dark.append(not frame.image.any())

    def requests(self):
        return iter(list[Command]())

    def close(self) -> None: ...


def performance(hours: Hours, score_at: Path) -> Performance:
    portrait = Portrait(FakeTargetModel(), {1: anchor()}, 1)
    score = read_score(score_at).choreography
    return Performance(Conductor(score, 7, hours, portrait, 1), portrait, FakeSynthesizer())


def test_the_picture_is_dark_while_the_doors_are_closed_and_that_is_said(place, tmp_path, capsys):
    place("")
    began = round(datetime(2026, 1, 6, 18, 59, 59, tzinfo=UTC).timestamp()) * S
    show, wall = performance(DAYTIME, tmp_path / "mine.yaml"), Wall()
    show.synthesizer.synthesize = lambda _: np.full((8, 8, 3), 9, np.uint8)
    app.play(show, wall, Pacer(VirtualClock(start_utc_ns=began), 10), 5)
    assert wall.dark == [False] * 40 + [True] * 10  # it takes three seconds to fall asleep
    assert capsys.readouterr().err == "closed until Wed 7 Jan 2026 11:00; the picture is dark\n"


@pytest.mark.parametrize(
    ("hours", "clock", "told"),
    [
        (DAYTIME, "2026-01-06T12:00", "open until 19:00"),
        (DAYTIME, "2026-01-06T19:00", "closed until Wed 7 Jan 2026 11:00; the picture is dark"),
        (Hours.always(UTC_ZONE), "2026-01-06T12:00", "open"),
        (Hours(UTC_ZONE, ((),) * 7), "2026-01-06T12:00", "closed; the picture is dark"),
    ],
)
def test_what_is_said_of_the_doors(hours, clock, told):
    instant_ns = round(datetime.fromisoformat(clock).replace(tzinfo=UTC).timestamp()) * S
    assert app.told_of_doors(hours, instant_ns) == told


def test_a_morning_begins_at_the_opening_after_a_night_in_the_dark(place, tmp_path):
    place("")
    show = performance(DAYTIME, tmp_path / "mine.yaml")
    began = round(datetime(2026, 1, 6, 18, 59, tzinfo=UTC).timestamp()) * S
    show.step(Tick(0, began))
    opening_ns = round(datetime.combine(date(2026, 1, 7), time(11), UTC).timestamp()) * S - began
    for hour in range(1, 16):
        show.step(Tick(hour * 3600 * S, began + hour * 3600 * S))
    assert show.phrase is not None and show.phrase.number == 0
    show.step(Tick(opening_ns + S, began + opening_ns + S))
    assert show.phrase.number >= 1
    assert show.phrase.start_ns >= opening_ns
