"""Whatever is sent: never a fault of ours, never a file from elsewhere, never a request without authority."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.desk.app import desk_app
from installation.desk.board import Board
from installation.desk.guard import SAID, Limits
from installation.desk.page_files import FOLDER
from tests.desk.asgi import HOST, ORIGIN, call, greet, pairs
from tests.desk.conftest import Set
from tests.desk.stage import staged

TOKEN = "T" * 43
SECRET = b"a secret of this machine"
GENEROUS = Limits(burst=1e9, per_s=1e9, wrong_tokens=1e9)
ROUTES = [
    "/",
    "/page/desk.js",
    "/page/",
    "/api/now",
    "/api/request",
    "/api/choreography",
    "/api/choreography/check",
    "/api/choreography/try",
    "/api/choreography/gesture",
    "/api/faces/0123456789abcdef.jpg",
    "/api/timeline",
    "/api/log",
    "/api/live",
]
STEPS = [
    "..",
    ".",
    "%2e%2e",
    "%2f",
    "\\",
    "%5c",
    "%00",
    "\x00",
    "/",
    "//",
    "secret",
    "etc",
    "passwd",
    "page",
    "app.py",
    "~",
]

paths = st.one_of(
    st.sampled_from(ROUTES),
    st.builds("{}{}".format, st.sampled_from(ROUTES), st.lists(st.sampled_from(STEPS)).map("".join)),
    st.builds("{}/{}".format, st.sampled_from(ROUTES), st.text(max_size=30)),
    st.text(max_size=60).map(lambda text: f"/{text}"),
)
queries = st.one_of(
    st.just(""), st.text(max_size=40).map(lambda text: f"?{text}"), st.just(f"?token={TOKEN}")
)
methods = st.one_of(st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]), st.text(max_size=8))
values = st.one_of(
    st.sampled_from(
        [HOST.encode(), ORIGIN.encode(), f"desk={TOKEN}".encode(), b"application/json", b"evil.example"]
    ),
    st.binary(max_size=40),
)
names = st.sampled_from([b"host", b"origin", b"cookie", b"content-type", b"content-length", b"referer", b"x"])
headers = st.lists(st.tuples(names, values), max_size=8)
json_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["do", "play", "move", "try", "by", "text", "sha256", "name", "aus", "controls", "gesture"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)
bodies = st.one_of(st.binary(max_size=200), json_like.map(lambda said: json.dumps(said).encode()))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Set]:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "secret").write_bytes(SECRET)
    with ExitStack() as stack:
        stage = stack.enter_context(staged(folder))
        stage.post()
        yield Set(stage, Board.attached(stage.wires, stack))


PAGE = {path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}


def is_refusal(body: bytes) -> bool:
    return body[:10] in (b"", b'{"error": ') or body.startswith(SAID.partition("{}")[0].encode())


def is_harmless(body: bytes) -> bool:
    """Not a file of this machine: a file of the page, or JSON of the desk, or why nobody gets in."""
    return body in PAGE or (
        (body[:1] in (b"{", b"") or is_refusal(body)) and SECRET not in body and b"root:" not in body
    )


@settings(max_examples=200, deadline=None)
@given(method=methods, path=paths, query=queries, made=headers, body=bodies)
def test_without_authority_nothing_is_told_or_done(
    shown: Set, method: str, path: str, query: str, made: list[tuple[bytes, bytes]], body: bytes
) -> None:
    made = [(name, value) for name, value in made if TOKEN.encode() not in value]
    answer = call(desk_app(shown.desk, TOKEN, limits=GENEROUS), method, path + query, body, made)
    is_entrance = (method, path, query, answer.status) == ("GET", "/", f"?token={TOKEN}", 303)
    assert is_entrance or 400 <= answer.status < 500
    assert is_refusal(answer.body) and TOKEN.encode() not in answer.body
    assert shown.posted == []


@settings(max_examples=200, deadline=None)
@given(method=methods, path=paths, query=queries, made=headers, body=bodies)
def test_without_an_origin_nothing_is_done(
    shown: Set, method: str, path: str, query: str, made: list[tuple[bytes, bytes]], body: bytes
) -> None:
    before = shown.path.read_bytes()
    made = [*pairs(host=HOST), *((name, value) for name, value in made if name not in (b"host", b"origin"))]
    answer = call(desk_app(shown.desk, limits=GENEROUS), method, path + query, body, made)
    assert answer.status < 500 and is_harmless(answer.body)
    assert method in ("GET", "HEAD") or answer.status in (403, 414, 431)
    assert shown.posted == [] and shown.path.read_bytes() == before


@settings(max_examples=200, deadline=None)
@given(method=methods, path=paths, query=queries, made=headers, body=bodies)
def test_with_authority_nothing_is_a_fault_of_ours(
    shown: Set, method: str, path: str, query: str, made: list[tuple[bytes, bytes]], body: bytes
) -> None:
    before = shown.path.read_bytes()
    allowed = pairs(host=HOST, origin=ORIGIN, content_type="application/json")
    made = [*allowed, *((name, value) for name, value in made if name in (b"x", b"referer", b"cookie"))]
    answer = call(desk_app(shown.desk, limits=GENEROUS), method, path + query, body, made)
    shown.posted.clear()  # a request that happens to be one is one
    assert answer.status < 500 and is_harmless(answer.body)
    assert shown.path.read_bytes() == before


@settings(max_examples=100, deadline=None)
@given(made=headers, said=st.lists(st.text(max_size=20), max_size=3))
def test_a_line_is_opened_for_the_page_alone(
    shown: Set, made: list[tuple[bytes, bytes]], said: list[str]
) -> None:
    sent = greet(
        desk_app(shown.desk, TOKEN, limits=GENEROUS),
        [each for each in made if TOKEN.encode() not in each[1]],
        said,
    )
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert shown.posted == []
