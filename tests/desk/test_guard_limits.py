"""How much is heard of anybody: requests, addresses, headers, bodies, and readers that take nothing."""

import asyncio
from itertools import count

import pytest
from starlette.types import Message, Receive, Scope, Send

from installation.desk import guard
from installation.desk.app import desk_app
from installation.desk.guard import Buckets, Guard, Limits, Refused
from tests.desk.asgi import HOST, ORIGIN, Answer, Pairs, call, greet, pairs
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


def test_a_client_that_asks_too_often_waits(stage_set: Set) -> None:
    now_ns = [SECOND_NS]
    app = Guard(desk_app(stage_set.desk), limits=Limits(burst=3, per_s=1), now_ns=lambda: now_ns[0])
    statuses = [call(app, "GET", "/api/now").status for _ in range(5)]
    assert statuses == [200] * 3 + [429] * 2
    assert call(app, "GET", "/api/now").headers["retry-after"] == "1"
    assert greet(app)[-1]["type"] == "websocket.close"
    assert call(app, "GET", "/api/now", client=("127.0.0.2", 1)).status == 200
    now_ns[0] += 2 * SECOND_NS
    assert [call(app, "GET", "/api/now").status for _ in range(3)] == [200, 200, 429]


def test_a_bucket_is_never_fuller_than_full_and_few_are_kept() -> None:
    now_ns = [0]
    buckets = Buckets(2, 1, lambda: now_ns[0])
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    now_ns[0] = 3600 * SECOND_NS
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    for number in range(2 * Buckets.MOST):
        buckets.take(str(number))
    assert len(buckets._levels) == Buckets.MOST


def test_a_machine_with_a_network_of_addresses_is_one_client() -> None:
    assert (
        guard.client_of("2001:db8::1")
        == guard.client_of("2001:db8::ffff:2")
        != guard.client_of("2001:db9::1")
    )
    assert guard.client_of("192.168.1.7") != guard.client_of("192.168.1.8")


@pytest.mark.parametrize(
    ("target", "made", "status"),
    [
        ("/" + "a" * 3000, None, 414),
        ("/?" + "a" * 3000, None, 414),
        ("/" + "%41" * 1000, None, 414),
        ("/api/now", [*pairs(host=HOST), *((b"x-%d" % number, b"1") for number in range(100))], 431),
        ("/api/now", [*pairs(host=HOST), (b"x", b"1" * 9000)], 431),
        ("/api/now", [*pairs(host=HOST), (b"cookie", b"desk=1;" * 1400)], 431),
    ],
)
def test_addresses_and_headers_have_an_end(
    stage_set: Set, target: str, made: Pairs | None, status: int
) -> None:
    assert call(desk_app(stage_set.desk), "GET", target, headers=made).status == status


@pytest.mark.parametrize("path", ["/api/request", "/api/choreography/check", "/api/nothing"])
def test_bodies_have_an_end_stated_or_in_chunks(stage_set: Set, path: str) -> None:
    app = desk_app(stage_set.desk)
    limit = Limits().most_body_bytes
    assert call(app, "POST", path, b" " * (limit + 1)).status == 413
    endless = (b" " * 1000 for _ in count())
    read = [next(endless) for _ in range(1 + limit // 1000)]
    assert call(app, "POST", path, read, headers()).status == 413
    lying = [*headers(), (b"content-length", b"10")]
    assert call(app, "POST", path, read, lying).status == 413
    for stated in ("-1", "1e3", str(2**70), "", "0x10"):
        assert call(app, "POST", path, b"{}", headers(("content-length", stated))).status == 413
    assert stage_set.posted == []


def test_no_more_of_a_body_is_read_than_is_wanted() -> None:
    taken = []

    async def receive() -> Message:
        taken.append(1)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    with pytest.raises(Refused):
        asyncio.run(guard.body_of([], receive, Limits(most_body_bytes=5000)))
    assert len(taken) == 6


def test_a_body_that_comes_too_slowly_is_not_waited_for(stage_set: Set) -> None:
    app = Guard(desk_app(stage_set.desk), limits=Limits(slowest_body_s=0.01))

    async def slow() -> Answer:
        sent: list[Message] = []

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/request",
            "query_string": b"",
            "headers": headers(),
            "server": ("127.0.0.1", 8080),
            "client": ("127.0.0.1", 1),
        }
        await app(scope, receive, send)
        return Answer(sent[0]["status"])

    assert asyncio.run(slow()).status == 408


def test_a_reader_that_takes_nothing_is_not_waited_for() -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def stuck(message: Message) -> None:
        await asyncio.Event().wait()

    async def receive() -> Message:
        raise AssertionError

    app = Guard(endless, limits=Limits(slowest_send_s=0.01))
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": headers(),
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 1),
    }
    with pytest.raises(TimeoutError):
        asyncio.run(app(scope, receive, stuck))
