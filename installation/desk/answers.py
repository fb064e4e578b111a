"""What the desk answers where it cannot do what it was asked, and how it reads what it is asked."""

import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, Final, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

JSON_TYPE: Final = "application/json"


class Wrong(Exception):  # noqa: N818 - it says what the request is
    """What a request says cannot be done; the answer says why, in a line, and perhaps more."""

    def __init__(self, status: int, why: str, **more: object) -> None:
        super().__init__(why)
        self.status, self.more = status, more


def unfit(why: str) -> Wrong:
    return Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, why)


async def wrong(_: Request, fault: Exception) -> Response:
    """The answer to what is `Wrong`."""
    assert isinstance(fault, Wrong)
    return JSONResponse({"error": str(fault), **fault.more}, fault.status)


async def http_fault(_: Request, fault: Exception) -> Response:
    """The answer to an address or a method that there is not."""
    assert isinstance(fault, HTTPException)
    told = HTTPStatus(fault.status_code).phrase.lower()
    return JSONResponse({"error": told}, fault.status_code, headers=fault.headers)


async def json_in(request: Request) -> Any:
    """
    Raises:
        Wrong: the body is no JSON.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON_TYPE:
        raise Wrong(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected {JSON_TYPE}")
    try:
        return json.loads(await request.body(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise unfit("this is not JSON") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


async def fields_in(request: Request, keys: Collection[str]) -> Mapping[str, Any]:
    """The object in a request's body, with exactly these keys.

    Raises:
        Wrong: it is none.
    """
    asked = await json_in(request)
    if not isinstance(asked, dict) or set(asked) != set(keys):
        raise unfit(f"expected an object of {', '.join(keys)}")
    return asked


def text_of(asked: Mapping[str, Any], key: str = "text") -> bytes:
    """
    Raises:
        Wrong: there is no text, or one that cannot be written.
    """
    text = asked[key]
    if not isinstance(text, str):
        raise unfit(f"{key}: expected a text")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise unfit(f"{key}: half a character; write it anew") from None


def name_of(asked: Mapping[str, Any], key: str) -> str:
    """
    Raises:
        Wrong: there is no text.
    """
    return text_of(asked, key).decode()
