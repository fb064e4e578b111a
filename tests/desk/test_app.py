"""What the page is told and what it asks for, at a stage whose mailboxes are real."""

import json
import time
from pathlib import Path

import pytest

from installation.desk.app import desk_app
from installation.desk.asked import BY
from installation.desk.page_files import FOLDER, read_page_file
from installation.ports import Command, Move, Play
from installation.supervision.frames import withheld
from tests.desk.asgi import call, greet, told
from tests.desk.conftest import Set

SHA = "0" * 64


def text_of(stage_set: Set) -> str:
    return stage_set.path.read_text()


# --- what it is told ----------------------------------------------------------------------------------------


def test_now_is_what_the_show_and_its_supervisor_said_last(stage_set: Set) -> None:
    app = desk_app(stage_set.desk)
    first = call(app, "GET", "/api/now").json
    assert first["status"]["show"]["choreography"] == str(stage_set.path)
    assert first["health"]["worker"]["state"] == "playing"
    stage_set.stage.show.is_paused = True
    assert call(app, "GET", "/api/now").json == first  # until it says something else
    stage_set.stage.post()
    assert call(app, "GET", "/api/now").json["status"]["is_paused"] is True


def test_a_page_hears_and_sees_the_newest(stage_set: Set) -> None:
    sent = greet(desk_app(stage_set.desk))
    assert sent[0]["type"] == "websocket.accept"
    text = next(json.loads(message["text"]) for message in sent if message.get("text"))
    assert set(text) == {"status", "health"} and text["status"]["version"] == 1


def test_a_picture_is_a_jpeg_and_a_visitor_none(stage_set: Set) -> None:
    jpeg = stage_set.board.preview()
    assert jpeg is not None and jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9")
    assert stage_set.board.preview() is None  # it has been taken
    stage_set.stage.boxes["preview"].post(withheld(time.monotonic_ns()), time.monotonic_ns())
    assert stage_set.board.preview() == b""


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{",
        "[]",
        "null",
        '{"preview": 1}',
        '{"preview": true, "x": 1}',
        '{"do": "go"}',
        "[" * 250,
        "x" * 1000,
    ],
)
def test_a_line_on_which_something_else_is_said_is_closed(stage_set: Set, said: str) -> None:
    sent = greet(desk_app(stage_set.desk), said=[said])
    assert any(message["type"] == "websocket.close" and message["code"] == 1008 for message in sent)
    assert stage_set.posted == []


def test_who_talks_without_end_is_not_listened_to(stage_set: Set) -> None:
    sent = greet(desk_app(stage_set.desk), said=['{"preview": true}'] * 40)
    assert sent[-1] == {"type": "websocket.close", "code": 1008, "reason": "too much at once"}


def test_the_page_and_its_files_are_those_of_its_folder(stage_set: Set) -> None:
    app = desk_app(stage_set.desk)
    assert call(app, "GET", "/").body == (FOLDER / "index.html").read_bytes()
    script = call(app, "GET", "/page/dom.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.body == (FOLDER / "dom.js").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e%2fapp.py",
        "%2e%2e/app.py",
        "..%5capp.py",
        "..\\app.py",
        "....//app.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "etc/passwd",
        "dom.js%00.png",
        "dom.js%00",
        "%00",
        "dom%2ejs%2f",
        "dom.js/",
        "./dom.js",
        ".%2fdom.js",
        "//dom.js",
        "DOM.JS",
        "dom.js ",
        "dom.js.",
        "dom.js::$DATA",
        "~root",
        "..",
        ".",
        "%2e",
        "%252e%252e%252fapp.py",
        "%c0%ae%c0%ae%c0%afapp.py",
        "．．／app.py",
        "%ef%bc%8e%ef%bc%8e%ef%bc%8fapp.py",
        "..%u2215app.py",
        "file:%2f%2f%2fetc%2fpasswd",
        "C:%5cwindows%5cwin.ini",
        "CON",
        "",
        "*",
        "dom.%6as/../app.py",
    ],
)
@pytest.mark.parametrize("before", ["/page/", "/api/faces/", "/", "/api/choreography/"])
def test_no_path_leads_out_of_the_pages_folder(stage_set: Set, before: str, name: str) -> None:
    answer = call(desk_app(stage_set.desk), "GET", before + name)
    is_the_page = before + name == "/"
    assert answer.status == (200 if is_the_page else 404)
    assert is_the_page or answer.body == b'{"error":"not found"}'


def test_a_name_is_looked_up_and_never_a_path_made(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    (tmp_path / "secret.js").write_text("1")
    for name in (
        "../secret.js",
        "../page/../secret.js",
        str(tmp_path / "secret.js"),
        "secret.js\x00",
        "\ud800",
        "",
    ):
        assert read_page_file(name, folder) is None


def test_a_link_in_the_pages_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.js").write_text("1")
    (tmp_path / "link.js").symlink_to("/etc/hostname")
    (tmp_path / "folder.js").mkdir()
    (tmp_path / "notes.txt").write_text("1")
    found = {
        name: read_page_file(name, tmp_path) for name in ("real.js", "link.js", "folder.js", "notes.txt")
    }
    assert found == {
        "real.js": (b"1", "text/javascript; charset=utf-8"),
        "link.js": None,
        "folder.js": None,
        "notes.txt": None,
    }


def test_a_face_is_there_or_is_coming_or_is_nobodys(stage_set: Set) -> None:
    app = desk_app(stage_set.desk)
    told_of = call(app, "GET", "/api/choreography").json
    faces = {each["name"]: each["face"] for each in told_of["gestures"]}
    shown = call(app, "GET", f"/api/faces/{faces['tender']}.jpg")
    assert (shown.status, shown.headers["content-type"]) == (200, "image/jpeg")
    assert call(app, "GET", f"/api/faces/{faces['musing']}.jpg").status == 202
    assert call(app, "GET", f"/api/faces/{'0' * 32}.jpg").status == 404
    assert stage_set.faces.sitter is not None and stage_set.faces.sitter.resident == 15


def test_the_timeline_is_the_last_day(stage_set: Set) -> None:
    with stage_set.stage.timeline.open("a") as file:
        file.write(
            '{"utc_ns": 1\nnot JSON\n[1]\n{"utc_ns": "1", "kind": "x", "text": "y"}\n{"utc_ns": 2}\n'
            + "[" * 9999
        )
    answer = call(desk_app(stage_set.desk), "GET", "/api/timeline").json
    told = [(event["kind"], event["text"]) for event in answer["events"]]
    before = [("doors", "27 hours ago"), ("mood", "25 hours ago"), ("show", "24 hours ago")]
    assert told[:3] == before  # what it began with
    assert [text for _, text in told[3:]] == [f"{age} hours ago" for age in range(23, -1, -1)]
    assert answer["zone"] == "Europe/Berlin"


def test_the_end_of_the_log(stage_set: Set) -> None:
    app = desk_app(stage_set.desk)
    assert call(app, "GET", "/api/log?lines=2").json == {"lines": ["line 498", "line 499"]}
    assert len(call(app, "GET", "/api/log").json["lines"]) == 200
    stage_set.stage.log.unlink()
    assert call(app, "GET", "/api/log").json == {"lines": []}


@pytest.mark.parametrize(
    "lines", ["0", "-1", "1001", "x", "", "1e2", "٣", "9" * 5000, "1_0", "../../etc/passwd"]
)
def test_only_some_lines_of_the_log_can_be_asked_for(stage_set: Set, lines: str) -> None:
    assert call(desk_app(stage_set.desk), "GET", f"/api/log?lines={lines}").status in (414, 422)


# --- what it asks of the show -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "posted"),
    [
        ({"do": "go"}, Command.GO),
        ({"do": "blackout"}, Command.BLACKOUT),
        ({"do": "erase"}, Command.ERASE),
        ({"play": {"mood": "wandering"}}, Play(mood="wandering", by=BY)),
        ({"play": {"gesture": "tender"}, "by": "Ana"}, Play(gesture="tender", by="Ana")),
        ({"play": {"person": 7}}, Play(person=7, by=BY)),
        ({"move": {"part": "AU12", "value": 0.6}}, Move("AU12", 0.6)),
        ({"move": {"part": "yaw", "value": None}}, Move("yaw", None)),
    ],
)
def test_a_request_reaches_the_show(stage_set: Set, asked: object, posted: object) -> None:
    answer = told(desk_app(stage_set.desk), "POST", "/api/request", asked)
    assert (answer.status, answer.json, stage_set.posted) == (202, {}, [posted])


@pytest.mark.parametrize(
    "asked",
    [
        None,
        [],
        7,
        "go",
        {},
        {"do": "dance"},
        {"do": None},
        {"do": ["go"]},
        {"do": "go", "x": 1},
        {"do": "quit"},
        {"do": "toggle fullscreen"},  # at the keyboard alone
        {"do": "go", "play": {"mood": "wandering"}},
        {"play": {}},
        {"play": {"mood": "dawn"}},
        {"play": {"gesture": "../../x"}},
        {"play": {"person": "other.safetensors"}},
        {"play": {"person": -1}},
        {"play": {"person": True}},
        {"play": {"mood": "wandering", "gesture": "tender"}},
        {"play": {"file": "x"}},
        {"move": {"part": "AU99", "value": 1}},
        {"move": {"part": "AU46", "value": 1}},  # not learned
        {"move": {"part": "AU12", "value": 2}},
        {"move": {"part": "AU12", "value": "1"}},
        {"move": {"part": "yaw", "value": 1e9}},
        {"move": {"part": "__class__", "value": 1}},
        {"try": {"name": "x", "aus": {"99": 1}}},
        {"try": {"hold": [0, 10**18]}},
        {"by": "x"},
        {"do": "go", "by": "\u0000"},
        {"do": "go", "by": "x" * 1000},
        {"do": "go", "by": "\ud800"},
    ],
)
def test_what_is_no_request_is_answered_in_a_line(stage_set: Set, asked: object) -> None:
    answer = told(desk_app(stage_set.desk), "POST", "/api/request", asked)
    assert answer.status == 422 and list(answer.json) == ["error"] and "\n" not in answer.json["error"]
    assert stage_set.posted == []


BROKEN = [
    b"",
    b"{",
    b"nul",
    b'{"do": "go"',
    b'{"do": "go"} x',
    b"{'do': 'go'}",
    b'{"do": NaN}',
    b'{"do": Infinity}',
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"\x00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"9" * 5000,
    b'"\xff"',
    b'{"do": "go",}',
    b"//",
    b"\xed\xa0\x80",
]


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/request"),
        ("POST", "/api/choreography/check"),
        ("POST", "/api/choreography/rehearse"),
        ("POST", "/api/choreography/try"),
        ("POST", "/api/choreography/gesture"),
        ("PUT", "/api/choreography"),
    ],
)
def test_what_is_no_json_is_nothing(stage_set: Set, method: str, path: str, body: bytes) -> None:
    before = stage_set.path.read_bytes()
    assert call(desk_app(stage_set.desk), method, path, body).status == 422
    assert stage_set.posted == [] and stage_set.path.read_bytes() == before


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", "/api/choreography/check", {"text": 1}),
        ("POST", "/api/choreography/check", {"text": "", "path": "/etc/passwd"}),
        ("POST", "/api/choreography/check", {"text": "\ud800"}),
        ("POST", "/api/choreography/check", []),
        ("POST", "/api/choreography/rehearse", {"text": "", "hours": True}),
        ("POST", "/api/choreography/rehearse", {"text": "", "hours": 0}),
        ("POST", "/api/choreography/rehearse", {"text": "", "hours": 10**400}),
        ("POST", "/api/choreography/rehearse", {"text": "", "hours": "8"}),
        ("PUT", "/api/choreography", {"text": ""}),
        ("PUT", "/api/choreography", {"text": "", "sha256": None}),
        ("PUT", "/api/choreography", {"text": "", "sha256": SHA, "path": "/tmp/x.yaml"}),
        ("POST", "/api/choreography/try", {"text": "", "gesture": 1}),
        ("POST", "/api/choreography/try", {"text": "version: 1\n", "gesture": "x"}),
        (
            "POST",
            "/api/choreography/gesture",
            {"text": "", "sha256": SHA, "name": "x", "aus": [], "controls": {}},
        ),
        (
            "POST",
            "/api/choreography/gesture",
            {"text": "", "sha256": SHA, "name": "x", "aus": {"12": 2}, "controls": {}},
        ),
        (
            "POST",
            "/api/choreography/gesture",
            {"text": "", "sha256": SHA, "name": 1, "aus": {"12": 1}, "controls": {}},
        ),
    ],
)
def test_what_is_said_wrongly_changes_nothing(stage_set: Set, method: str, path: str, said: object) -> None:
    before = sorted((path, path.read_bytes()) for path in stage_set.stage.folder.iterdir())
    answer = told(desk_app(stage_set.desk), method, path, said)
    assert answer.status == 422 and "\n" not in answer.json["error"]
    assert sorted((path, path.read_bytes()) for path in stage_set.stage.folder.iterdir()) == before


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "application/jsonx"])
def test_a_form_of_another_page_is_no_json(stage_set: Set, kind: str) -> None:
    made = [
        (b"host", b"127.0.0.1:8080"),
        (b"origin", b"http://127.0.0.1:8080"),
        (b"content-type", kind.encode()),
    ]
    assert told(desk_app(stage_set.desk), "POST", "/api/request", {"do": "go"}, headers=made).status == 415
    assert stage_set.posted == []
