"""Who gets in: a table of what is tried, and the mechanism that ends it."""

import asyncio
import re

import pytest

from installation.desk import guard
from installation.desk.app import desk_app
from installation.desk.guard import SECURITY, Guard
from tests.desk.asgi import HOST, ORIGIN, Pairs, acall, call, greet, pairs, told
from tests.desk.conftest import Set

TOKEN = "T" * 43
COOKIE = ("cookie", f"desk={TOKEN}")
GO = {"do": "go"}
JSON = {"content_type": "application/json"}
SECOND_NS = 10**9


def headers(*more: tuple[str, str], host: str = HOST, origin: str = ORIGIN) -> Pairs:
    return [
        *pairs(host=host, origin=origin, **JSON),
        *((key.encode(), value.encode()) for key, value in more),
    ]


# --- places -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authority", "own", "is_own"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("localhost:8080", "127.0.0.1", True),
        ("LocalHost:9", "127.0.0.1", True),  # a tunnel has another port
        ("[::1]:8080", "::1", True),
        ("192.168.1.7:8080", "192.168.1.7", True),
        ("192.168.1.7", "::ffff:192.168.1.7", True),
        ("[fe80::7]:8080", "fe80::7", True),
        ("evil.example:8080", "127.0.0.1", False),  # a name that somebody else resolves: DNS rebinding
        ("evil.example", "192.168.1.7", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("localhost.", "127.0.0.1", False),
        ("localhost", "192.168.1.7", False),
        ("127.0.0.1:8080", "192.168.1.7", False),
        ("192.168.1.8:8080", "192.168.1.7", False),
        ("192.168.1.7:8080", "127.0.0.1", False),
        ("127.0.0.1:8080@evil.example", "127.0.0.1", False),
        ("evil.example@127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1:80:80", "127.0.0.1", False),
        ("127.0.0.1:", "127.0.0.1", False),
        ("127.0.0.1:٨٠", "127.0.0.1", False),
        ("[127.0.0.1]:80", "127.0.0.1", False),
        ("[::1", "::1", False),
        ("2130706433", "127.0.0.1", False),  # the same address, as a number
        ("0x7f.1", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        (":8080", "127.0.0.1", False),
        ("127.0.0.1 ", "127.0.0.1", False),
        ("127.0.0.1,evil.example", "127.0.0.1", False),
    ],
)
def test_a_host_names_the_address_and_nothing_else(authority: str, own: str, is_own: bool) -> None:
    assert guard.is_own(authority, own) is is_own


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://127.0.0.1:8080",
        "http://127.0.0.1",
        "http://127.0.0.1:8081",  # another program of this machine
        "http://localhost:8080",
        "http://127.0.0.1:8080/",
        "http://127.0.0.1:8080.evil.example",
        "http://user@127.0.0.1:8080",
        "null",
        "",
    ],
)
def test_only_the_page_itself_changes_anything(stage_set: Set, origin: str) -> None:
    app = desk_app(stage_set.desk)
    assert told(app, "POST", "/api/request", GO, headers=headers(origin=origin)).status == 403
    assert greet(app, pairs(host=HOST, origin=origin)) == [{"type": "websocket.close", "code": 1008}]
    assert stage_set.posted == []


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("no Host", pairs(origin=ORIGIN, **JSON)),
        ("two Hosts", [*headers(), (b"host", b"evil.example")]),
        ("another Host", headers(host="evil.example", origin="http://evil.example")),
        ("no Origin", pairs(host=HOST, **JSON)),
        ("two Origins", [*headers(), (b"origin", ORIGIN.encode())]),
    ],
)
def test_a_host_and_an_origin_are_there_once(stage_set: Set, name: str, made: Pairs) -> None:
    app = desk_app(stage_set.desk)
    assert told(app, "POST", "/api/request", GO, headers=made).status == 403, name
    assert greet(app, made)[-1]["type"] == "websocket.close", name
    assert stage_set.posted == []


@pytest.mark.parametrize(
    "path", ["/", "/api/now", "/api/choreography", "/api/log", "/page/desk.js", "/nothing"]
)
def test_a_name_that_is_resolved_to_this_machine_reads_nothing(stage_set: Set, path: str) -> None:
    answer = call(desk_app(stage_set.desk), "GET", path, headers=pairs(host="evil.example:8080"))
    assert answer.status == 403 and b"open the desk by its address, as it was told" in answer.body


# --- tokens -------------------------------------------------------------------------------------------------


def test_without_a_token_nothing_is_told(stage_set: Set) -> None:
    app = desk_app(stage_set.desk, TOKEN)
    for path in ("/", "/page/desk.js", "/api/now", "/api/choreography", "/api/timeline", "/api/log", "/no"):
        assert call(app, "GET", path).status == 401, path
    assert told(app, "POST", "/api/request", GO).status == 401
    assert told(app, "PUT", "/api/choreography", {"text": "", "sha256": ""}).status == 401
    assert greet(app) == [{"type": "websocket.close", "code": 1008}]
    assert stage_set.posted == []


@pytest.mark.parametrize(
    "cookie",
    [
        "desk=",
        f"desk={TOKEN[:-1]}",  # short
        f"desk={TOKEN}x",
        f"desk={TOKEN.lower()}",
        f'desk="{TOKEN}"',
        f"desk {TOKEN}",
        f"Desk={TOKEN}",
        f"desk-8081={TOKEN}",
        f"other={TOKEN}",
        f"a=b,desk={TOKEN}",
        "desk=ÿ",
        "desk=%54" * 40,
        ";;;===;",
    ],
)
def test_a_wrong_token_opens_nothing(stage_set: Set, cookie: str) -> None:
    app = desk_app(stage_set.desk, TOKEN)
    assert told(app, "POST", "/api/request", GO, headers=headers(("cookie", cookie))).status == 401
    assert greet(app, headers(("cookie", cookie))) == [{"type": "websocket.close", "code": 1008}]
    assert stage_set.posted == []


@pytest.mark.parametrize("cookie", [f"desk={TOKEN}", f"a=b; desk={TOKEN}", f"desk=old;desk={TOKEN} ; c=d"])
def test_the_token_opens_everything(stage_set: Set, cookie: str) -> None:
    app = desk_app(stage_set.desk, TOKEN)
    assert call(app, "GET", "/api/now", headers=headers(("cookie", cookie))).status == 200
    assert told(app, "POST", "/api/request", GO, headers=headers(("cookie", cookie))).status == 202
    assert [message["type"] for message in greet(app, headers(("cookie", cookie)))][:1] == [
        "websocket.accept"
    ]


def test_the_address_with_the_token_is_left_at_once(stage_set: Set) -> None:
    answer = call(desk_app(stage_set.desk, TOKEN, "desk-8080"), "GET", f"/?token={TOKEN}")
    assert (answer.status, answer.headers["location"], answer.body) == (303, "/", b"")
    cookie = answer.headers["set-cookie"].split("; ")
    assert cookie[:4] == [f"desk-8080={TOKEN}", "Path=/", "HttpOnly", "SameSite=Strict"]
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", f"/api/now?token={TOKEN}"),  # at the entrance alone
        ("GET", f"//?token={TOKEN}"),
        ("GET", f"/page/desk.js?token={TOKEN}"),
        ("HEAD", f"/?token={TOKEN}"),
        ("POST", f"/api/request?token={TOKEN}"),
        ("GET", f"/?token={TOKEN}&token={TOKEN}"),  # once
        ("GET", f"/?token={TOKEN[:-1]}"),
        ("GET", "/?token="),
        ("GET", f"/?Token={TOKEN}"),
        ("GET", f"/?token[]={TOKEN}"),
        ("GET", "/?" + "&".join(f"a{number}=1" for number in range(9)) + f"&token={TOKEN}"),
    ],
)
def test_a_token_in_an_address_is_taken_at_the_entrance_alone(
    stage_set: Set, method: str, target: str
) -> None:
    answer = call(desk_app(stage_set.desk, TOKEN), method, target)
    assert answer.status == 401 and "set-cookie" not in answer.headers
    assert TOKEN.encode() not in answer.body


def test_a_line_cannot_be_opened_by_an_address_with_the_token(stage_set: Set) -> None:
    app = desk_app(stage_set.desk, TOKEN)
    assert greet(app, target=f"/api/live?token={TOKEN}") == [{"type": "websocket.close", "code": 1008}]


def test_wrong_tokens_are_counted(stage_set: Set) -> None:
    now_ns = [SECOND_NS]
    app = Guard(desk_app(stage_set.desk), TOKEN, now_ns=lambda: now_ns[0])
    wrong = headers(("cookie", "desk=wrong"))
    statuses = [call(app, "GET", "/api/now", headers=wrong).status for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    elsewhere = call(app, "GET", "/api/now", headers=wrong, client=("127.0.0.2", 1))
    assert elsewhere.status == 401  # others are counted by themselves
    now_ns[0] += 10 * SECOND_NS
    assert [call(app, "GET", "/api/now", headers=wrong).status for _ in range(2)] == [401, 429]


def test_a_page_with_an_old_token_keeps_nobody_out_who_has_the_new_one(stage_set: Set) -> None:
    app = desk_app(stage_set.desk, TOKEN)
    for _ in range(9):
        greet(app, headers(("cookie", "desk=yesterdays")))
    assert call(app, "GET", f"/?token={TOKEN}").status == 303
    assert call(app, "GET", "/api/now", headers=headers(COOKIE)).status == 200


def test_who_has_no_token_reads_it_as_a_page(stage_set: Set) -> None:
    answer = call(desk_app(stage_set.desk, TOKEN), "GET", "/")
    assert answer.status == 401 and answer.headers["content-type"].startswith("text/html")
    assert b"<p>open the desk by its QR code" in answer.body and b"viewport" in answer.body


def test_who_has_no_token_yet_has_guessed_nothing(stage_set: Set) -> None:
    app = desk_app(stage_set.desk, TOKEN)
    assert {call(app, "GET", "/").status for _ in range(20)} == {401}
    assert call(app, "GET", f"/?token={TOKEN}").status == 303


# --- what every answer says ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "made"),
    [
        ("GET", "/", None),
        ("GET", "/page/desk.js", None),
        ("GET", "/api/now", None),
        ("GET", "/nothing", None),
        ("DELETE", "/api/now", None),
        ("GET", "/", pairs(host="evil.example")),
        ("GET", "/" + "a" * 3000, None),
        ("POST", "/api/request", None),
    ],
)
def test_every_answer_tells_the_browser_to_be_careful(
    stage_set: Set, method: str, target: str, made: Pairs | None
) -> None:
    answer = call(desk_app(stage_set.desk), method, target, headers=made)
    for name, value in SECURITY:
        assert answer.headers[name.decode()] == value.decode()
    assert "server" not in answer.headers and "access-control-allow-origin" not in answer.headers


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    policy = dict(SECURITY)[b"content-security-policy"].decode()
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert allowed["default-src"] == "'none'" and allowed["frame-ancestors"] == "'none'"
    assert not re.search("unsafe|http|\\*|data:", policy)


@pytest.mark.parametrize(
    "method",
    ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "", "G\x00T"],
)
@pytest.mark.parametrize(
    "path", ["/", "/page/desk.js", "/api/now", "/api/live", "/api/faces/0123456789abcdef.jpg"]
)
def test_other_methods_do_nothing(stage_set: Set, method: str, path: str) -> None:
    answer = call(desk_app(stage_set.desk), method, path)
    assert answer.status in (404, 405) and stage_set.posted == []


def test_a_head_has_no_body(stage_set: Set) -> None:
    answer = call(desk_app(stage_set.desk), "HEAD", "/", headers=pairs(host="evil.example"))
    assert (answer.status, answer.body) == (403, b"")


def test_requests_run_beside_one_another(stage_set: Set) -> None:
    app = desk_app(stage_set.desk)

    async def many() -> list[int]:
        answers = await asyncio.gather(*(acall(app, "GET", "/api/now") for _ in range(50)))
        return [answer.status for answer in answers]

    assert asyncio.run(many()) == [200] * 50
