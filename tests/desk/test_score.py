"""The file that plays: saved whole or not at all, by nobody's leave but its own."""

import asyncio
import errno
import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from installation import saving
from installation.desk.answers import Wrong
from installation.desk.app import desk_app
from installation.desk.score import BEFORE, playing_in, sha256
from tests.desk.asgi import Answer, acall, call, told
from tests.desk.conftest import Set

SMALL = "version: 1\ngestures: {x: {emotion: happy}}\nmoods: {m: {gestures: {x: 1}}}\n"
HAND = {"aus": {"12": 0.6, "6": 0.25}, "controls": {"yaw": -3.0}}


def put(stage_set: Set, text: str, sha: str | None = None) -> Answer:
    edited = sha256(stage_set.path.read_bytes()) if sha is None else sha
    return told(desk_app(stage_set.desk), "PUT", "/api/choreography", {"text": text, "sha256": edited})


def edited(stage_set: Set) -> str:
    return stage_set.path.read_text().replace("The long afternoon", "Another", 2)


def before_of(path: Path) -> Path:
    return path.with_name(path.name + BEFORE)


def listing(stage_set: Set) -> set[str]:
    return {path.name for path in stage_set.stage.folder.iterdir()}


def test_a_save_is_the_text_and_the_one_before_is_kept(stage_set: Set) -> None:
    before, text = stage_set.path.read_bytes(), edited(stage_set)
    names = listing(stage_set)
    answer = put(stage_set, text)
    assert (answer.status, answer.json) == (200, {"sha256": hashlib.sha256(text.encode()).hexdigest()})
    assert stage_set.path.read_bytes() == text.encode() and before_of(stage_set.path).read_bytes() == before
    assert listing(stage_set) == names | {before_of(stage_set.path).name}
    assert put(stage_set, text + "# again\n", answer.json["sha256"]).status == 200


def test_what_somebody_else_has_saved_is_not_written_over(stage_set: Set) -> None:
    sha = sha256(stage_set.path.read_bytes())
    theirs = stage_set.path.read_text() + "# theirs\n"
    stage_set.path.write_text(theirs)
    answer = put(stage_set, edited(stage_set), sha)
    assert answer.status == 409
    assert (answer.json["text"], answer.json["sha256"]) == (theirs, sha256(theirs.encode()))
    assert stage_set.path.read_text() == theirs and not before_of(stage_set.path).exists()


def test_what_somebody_else_saves_at_the_last_moment_is_not_written_over(
    stage_set: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file = saving.replace_file

    def meanwhile(path: Path, content: bytes, *, like: Path | None = None) -> None:
        assert path.name.endswith(BEFORE)
        replace_file(path, content, like=like)
        stage_set.path.write_text("theirs")

    monkeypatch.setattr("installation.desk.score.replace_file", meanwhile)
    assert put(stage_set, edited(stage_set)).status == 409
    assert stage_set.path.read_text() == "theirs"


def test_what_cannot_be_played_is_not_saved(stage_set: Set) -> None:
    before = stage_set.path.read_bytes()
    answer = put(stage_set, edited(stage_set).replace("gestures:", "gestuers:", 1))
    assert answer.status == 422 and answer.json["faults"] and not answer.json["faults"][0]["is_warning"]
    assert stage_set.path.read_bytes() == before and not before_of(stage_set.path).exists()


@pytest.mark.parametrize("fails", ["write", "fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_disk_that_is_full_or_read_only_loses_nothing(
    stage_set: Set, monkeypatch: pytest.MonkeyPatch, fails: str, number: int
) -> None:
    before, names, text = stage_set.path.read_bytes(), listing(stage_set), edited(stage_set)

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    target = {"write": "installation.saving._write", "fsync": "os.fsync", "replace": "os.replace"}[fails]
    with monkeypatch.context() as broken:
        broken.setattr(target, fail)
        answer = put(stage_set, text)
    assert answer.status == 507 and os.strerror(number) in answer.json["error"]
    assert stage_set.path.read_bytes() == before and listing(stage_set) == names
    assert put(stage_set, text).status == 200  # once there is room again


def test_a_link_is_written_through_and_rights_stay(stage_set: Set) -> None:
    text = edited(stage_set)
    real = stage_set.stage.folder / "real" / "score.yaml"
    real.parent.mkdir()
    stage_set.path.rename(real)
    stage_set.path.symlink_to(real)
    real.chmod(0o640)
    owner = real.stat().st_uid, real.stat().st_gid
    answer = told(
        desk_app(stage_set.desk),
        "PUT",
        "/api/choreography",
        {"text": text, "sha256": sha256(real.read_bytes())},
    )
    assert answer.status == 200 and stage_set.path.is_symlink() and real.read_text() == text
    for path in (real, before_of(real)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert (path.stat().st_uid, path.stat().st_gid) == owner


@pytest.mark.parametrize("sent_ends", ["\n", "\r\n"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_lines_end_as_they_did_whatever_a_browser_makes_of_them(
    stage_set: Set, ends: str, sent_ends: str
) -> None:
    stage_set.path.write_bytes(SMALL.replace("\n", ends).encode())
    text = f"{SMALL}# more\n"
    assert put(stage_set, text.replace("\n", sent_ends)).status == 200
    saved = ends if sent_ends == "\n" else sent_ends  # those that were written on purpose stay
    assert stage_set.path.read_bytes() == text.replace("\n", saved).encode()


def test_only_the_file_that_plays_is_ever_written(stage_set: Set) -> None:
    other = stage_set.stage.folder / "other.yaml"
    other.write_text("mine")
    for path in (str(other), "other.yaml", "../other.yaml"):
        said = {"text": edited(stage_set), "sha256": sha256(b"mine"), "path": path}
        assert told(desk_app(stage_set.desk), "PUT", "/api/choreography", said).status == 422
    assert other.read_text() == "mine"


def test_a_file_of_somebody_else_or_in_a_closed_folder_is_not_writable(
    stage_set: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = desk_app(stage_set.desk)
    assert call(app, "GET", "/api/choreography").json["is_writable"] is True
    monkeypatch.setattr(os, "geteuid", lambda: stage_set.path.stat().st_uid + 1)
    assert call(app, "GET", "/api/choreography").json["is_writable"] is False
    monkeypatch.undo()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_file())  # not in the folder
    assert call(app, "GET", "/api/choreography").json["is_writable"] is False


def test_a_file_that_is_gone_is_told(stage_set: Set) -> None:
    stage_set.path.unlink()
    answer = call(desk_app(stage_set.desk), "GET", "/api/choreography")
    assert answer.status == 503 and "cannot be read" in answer.json["error"]


# --- a gesture by hand --------------------------------------------------------------------------------------


def by_hand(stage_set: Set, name: str, **changed: object) -> Answer:
    raw = stage_set.path.read_bytes()
    said = {"text": raw.decode(), "sha256": sha256(raw), "name": name, **HAND, **changed}
    return told(desk_app(stage_set.desk), "POST", "/api/choreography/gesture", said)


def test_a_gesture_by_hand_is_written_into_text_and_file(stage_set: Set) -> None:
    before = stage_set.path.read_text()
    answer = by_hand(stage_set, "by_hand").json
    lines = answer["text"].splitlines()
    assert lines[answer["line"] - 1] == "  by_hand: {aus: {AU06: 0.25, AU12: 0.6}, yaw: -3}"
    lines.pop(answer["line"] - 1)
    assert lines == before.splitlines()
    assert stage_set.path.read_text() == answer["text"] and answer["sha256"] == sha256(
        answer["text"].encode()
    )


def test_the_other_half_of_a_gaze_is_as_it_is_shown(stage_set: Set) -> None:
    stage_set.stage.show.held = {"gaze_y": 4.0}
    stage_set.stage.post()
    answer = by_hand(stage_set, "aside", aus={}, controls={"gaze_x": 7}).json
    assert answer["text"].splitlines()[answer["line"] - 1] == "  aside: {gaze: [7, 4]}"


@pytest.mark.parametrize("name", ["", " ", " smile", "a\nb", "a\x00b", "x" * 61, "\u200bx", "a  b"])
def test_a_name_that_is_none_is_answered_with_one(stage_set: Set, name: str) -> None:
    before = stage_set.path.read_bytes()
    answer = by_hand(stage_set, name)
    assert answer.status == 422 and "; write " in answer.json["error"]
    assert by_hand(stage_set, answer.json["error"].rpartition("; write ")[2]).status == 200
    assert stage_set.path.read_bytes() != before


def test_a_gesture_is_not_written_into_a_file_that_has_changed(stage_set: Set) -> None:
    assert by_hand(stage_set, "by_hand", sha256="0" * 64).status == 409
    assert by_hand(stage_set, "by_hand", aus={}, controls={}).status == 422
    assert by_hand(stage_set, "by_hand", text="version: 1\n").status == 422


# --- the show -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [None, {}, {"show": None}, {"show": {"choreography": None}}])
def test_a_show_that_has_not_begun_has_no_file(status: dict[str, object] | None) -> None:
    with pytest.raises(Wrong, match="has not begun"):
        playing_in(status)


def test_hours_are_those_of_the_site(stage_set: Set, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("version: 1\ntimezone: Europe/Berlin\nhours: {mon: 11:00-12:00}\n")
    always = playing_in(stage_set.board.status).hours
    stage_set.stage.show.site = str(site)
    stage_set.stage.post()
    there = playing_in(stage_set.board.status).hours
    site.write_text("version: 1\nhours: nonsense\n")
    assert always == playing_in(stage_set.board.status).hours != there


def test_a_save_of_two_at_once_is_one_after_the_other(stage_set: Set) -> None:
    app = desk_app(stage_set.desk)
    sha = sha256(stage_set.path.read_bytes())
    texts = [edited(stage_set) + f"# {number}\n" for number in range(5)]

    async def all_at_once() -> list[int]:
        bodies = (json.dumps({"text": text, "sha256": sha}).encode() for text in texts)
        return [
            answer.status
            for answer in await asyncio.gather(
                *(acall(app, "PUT", "/api/choreography", body) for body in bodies)
            )
        ]

    assert sorted(asyncio.run(all_at_once())) == [200, 409, 409, 409, 409]
    assert stage_set.path.read_text() in texts
