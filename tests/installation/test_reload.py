"""A choreography that is edited while it plays: what is handed over of it, and when."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Queue
from threading import Event
from typing import Any

import pytest

from installation import app, reload, wiring
from installation.errors import InputError
from installation.loading import load_networks
from installation.notation.document import read_choreography
from installation.notation.problems import InvalidScore
from installation.options import Recording, Show
from installation.portrait import Pose
from installation.ports import Frame
from installation.reload import Offer, Reload, offers
from installation.score.choreography import Choreography, Who
from installation.site import Site
from installation.stage.pacing import Pacer, VirtualClock
from run_installation import START, WEIGHTS
from tests.installation.edits import SCORE, SOURCE, WRONG, edited, offer, score
from tests.installation.fakes import ALWAYS, performance_of, tick
from tests.saves import saves

ENDLESS_S = 30  # nothing that works takes so long
PATH = Path(SOURCE)


def read(raw: bytes) -> Offer:
    try:
        reading = read_choreography(raw, PATH.name)
    except InvalidScore as invalid:
        raise InputError(str(invalid)) from None
    return replace(offer(raw.decode()), warnings=reading.warnings)


# -- which contents are offered


def titles(changes: Iterable[str | OSError], said: list[str]) -> list[str]:
    """What is offered of texts that follow one another in a file that plays SCORE."""
    raw = [text.encode() if isinstance(text, str) else text for text in changes]
    return [each.score.title for each in offers(PATH, raw, SCORE.encode(), read, said.append)]


def test_what_differs_from_what_is_playing_is_offered() -> None:
    said: list[str] = []
    a, b = edited(("before", "a")), edited(("before", "b"))
    assert titles([SCORE, a, a, b, SCORE, SCORE], said) == ["a", "b", "before"]
    assert said == []


def test_a_wrong_file_is_told_with_its_places_and_changes_nothing() -> None:
    said: list[str] = []
    assert titles([WRONG, edited(("before", "after"))], said) == ["after"]
    (lines,) = said
    fault, playing_on = lines.splitlines()
    assert fault.startswith("score.yaml:9:17: gestures.frown") and "AU99" in fault
    assert playing_on == "playing on with the one before"


def test_the_same_wrong_bytes_are_told_once_until_they_have_been_right() -> None:
    said: list[str] = []
    after = edited(("before", "after"))
    assert titles([WRONG, WRONG, WRONG, after, WRONG, WRONG], said) == ["after"]
    assert len(said) == 2
    said.clear()
    assert titles([WRONG, WRONG + "# still\n"], said) == []
    assert len(said) == 2


def test_a_wrong_file_that_is_put_back_is_acknowledged() -> None:
    said: list[str] = []
    assert titles([WRONG, SCORE, SCORE], said) == []
    assert said[1:] == ["score.yaml: as it was before; playing on"]


def test_a_missing_file_is_one_line_and_playing_on() -> None:
    said: list[str] = []
    missing = FileNotFoundError(2, "No such file or directory")
    assert titles([SCORE, missing, SCORE], said) == []
    assert said[0].splitlines() == [
        "score.yaml: cannot be read (No such file or directory)",
        "playing on with the one before",
    ]


def test_what_was_wrong_is_tried_again_when_the_file_that_it_names_may_be_there() -> None:
    """The bytes are the same; a person file beside them has come."""
    after = edited(("before", "after")).encode()
    is_there = iter((False, False, True))

    def read_with_people(raw: bytes) -> Offer:
        if not next(is_there):
            raise InputError("score.yaml:4:9: person: ada.safetensors: no such file")
        return read(raw)

    said: list[str] = []
    (offered,) = offers(PATH, [after, after, after], b"", read_with_people, said.append)
    assert offered.score.title == "after"
    assert len(said) == 1


# -- from the thread to the loop


@dataclass
class Player:
    """Takes scores, and keeps their titles."""

    titles: list[str] = field(default_factory=list)

    def offer(self, score: Choreography, seed: int, people: Mapping[Who, Pose], resident: Who) -> None:
        self.titles.append(score.title)


class Scripted:
    """Contents of a file that come as they are put; an exception is raised where the file is watched."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.queue: Queue[bytes | Exception | None] = Queue()
        self.said: list[str] = []
        monkeypatch.setattr(reload, "contents", lambda *_: self)

    def __iter__(self) -> Iterator[bytes]:
        while (content := self.queue.get(timeout=ENDLESS_S)) is not None:
            if isinstance(content, Exception):
                raise content
            yield content

    def follow(self, *contents: str | Exception) -> Reload:
        """A reload that has come to the end of these."""
        for content in contents:
            self.queue.put(content.encode() if isinstance(content, str) else content)
        self.queue.put(None)
        following = Reload(PATH, SCORE.encode(), read, self.said.append)
        with following:
            following._thread.join(ENDLESS_S)
        return following


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    return Scripted(monkeypatch)


def test_the_newest_score_is_handed_over_once_with_its_warnings(scripted: Scripted) -> None:
    newest = edited(("before", "newest"), ("{smile: 1, frown: 1}", "{smile: 1}"))
    following, player = scripted.follow(edited(("before", "older")), newest), Player()
    for _ in range(3):
        following.poll(player)
    assert player.titles == ["newest"]
    (lines,) = scripted.said
    told, *warnings = lines.splitlines()
    assert told == "score.yaml: reloaded; playing from the next gesture"
    assert [line for line in warnings if line.startswith("score.yaml:9:3: warning: gestures.frown: nothing")]


def test_a_dead_watcher_is_told_once_and_the_show_goes_on(scripted: Scripted) -> None:
    following, player = scripted.follow(edited(("before", "last")), MemoryError("no more")), Player()
    for _ in range(5):
        following.poll(player)
    assert player.titles == ["last"]
    _, line = scripted.said
    assert line.startswith("score.yaml: no longer watched (MemoryError('no more')); playing on")


def test_polling_waits_for_nothing_and_leaving_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that hangs holds up neither a frame nor the end."""
    is_hanging, hangs = Event(), Event()

    def hanging(*_: Any) -> Iterator[bytes]:
        is_hanging.set()
        hangs.wait(ENDLESS_S)
        return iter(())

    monkeypatch.setattr(reload, "contents", hanging)
    monkeypatch.setattr(reload, "LEAVING_S", 0.01)
    player = Player()
    with Reload(PATH, b"", read, pytest.fail) as following:
        assert is_hanging.wait(ENDLESS_S)
        for _ in range(1000):
            following.poll(player)
        assert following._thread.is_alive() and following._thread.daemon
    assert following._thread.is_alive()
    hangs.set()
    following._thread.join(ENDLESS_S)
    assert player.titles == []


# -- wired


def show_of(path: Path, person: int | None = None) -> Show:
    return Show(WEIGHTS, "cpu", person, None, path, 7)


@pytest.fixture(scope="module")
def networks() -> Any:
    return load_networks(WEIGHTS)


def test_reading_again_brings_people_and_warnings_and_the_command_line_keeps_winning(
    networks: Any, tmp_path: Path
) -> None:
    raw = edited(("AU26", "AU39")).encode()
    read_again = wiring.ready(networks, show_of(tmp_path / "s.yaml"), ALWAYS, raw)
    assert read_again.resident == 1 and set(read_again.people) == {1, 2}
    assert [warning for warning in map(str, read_again.warnings) if "AU39" in warning]
    asked = wiring.ready(networks, show_of(tmp_path / "s.yaml", person=7), ALWAYS, raw)
    assert asked.resident == 7 and {2, 7} <= set(asked.people)


@pytest.mark.parametrize(
    "raw", [WRONG.encode(), SCORE.replace("person: 2", "person: a.safetensors").encode()]
)
def test_reading_again_tells_faults_at_their_places(networks: Any, tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(InputError, match=r"s\.yaml:\d+:\d+: "):
        wiring.ready(networks, show_of(tmp_path / "s.yaml"), ALWAYS, raw)


def test_a_live_show_follows_its_file_and_takes_up_what_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "score.yaml"
    path.write_text(SCORE)
    show = performance_of(score())

    class Editor:
        """A sink whose audience edits the score, and leaves when it plays."""

        def show(self, frame: Frame) -> None:
            if frame.t_ns == 0:
                path.write_text(edited(("before", "after")))

        def requests(self) -> Iterator[app.Command]:
            return iter([app.Command.QUIT] if show.conductor.score.title == "after" else [])

        def close(self) -> None: ...

    monkeypatch.setattr(app, "load_networks", lambda _: None)
    monkeypatch.setattr(app, "wire", lambda *_, **__: show)
    monkeypatch.setattr(app, "ready", lambda *args: read(args[-1]))
    app.perform(show_of(path), Site(ALWAYS), 60, ENDLESS_S, Editor())
    assert show.conductor.score.title == "after"
    assert f"{path}: reloaded; playing from the next gesture" in capsys.readouterr().err
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("watching")]


def test_a_recording_follows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "score.yaml"
    path.write_text(SCORE)
    monkeypatch.setattr(app, "Reload", pytest.fail)
    monkeypatch.setattr(app, "load_networks", lambda _: None)
    monkeypatch.setattr(app, "wire", lambda *_, **__: performance_of(score()))
    app.record(
        show_of(path),
        Recording(tmp_path / "frames", 0.2, fps=30, size=16, start=app.datetime.fromisoformat(START)),
    )


def test_the_loop_hands_over_before_the_frame(scripted: Scripted) -> None:
    following, show = scripted.follow(edited(("before", "after"))), performance_of(score())
    shown: list[str] = []

    class Sink:
        def show(self, frame: Frame) -> None:
            shown.append(show.conductor.score.title)

        def requests(self) -> Iterator[app.Command]:
            return iter(())

        def close(self) -> None: ...

    app.play(show, Sink(), Pacer(VirtualClock(start_utc_ns=tick(0).utc_ns), 30), 0.1, following)
    assert shown == ["after"] * 3


# -- in real time


def test_a_dozen_saves_of_every_kind() -> None:
    """A small share of `make prove`."""
    figures = saves(12)
    assert figures["wrong"] == 0
    assert figures["saves"] == 12
