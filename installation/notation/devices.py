"""The values of a site.yaml that say what the portrait is shown with, and how it is spoken to."""

import re
from typing import Final

from installation.notation import values
from installation.notation.fields import Refused, found, reader, shortened
from installation.notation.yaml_nodes import Node, ScalarNode
from installation.score.visitors import CONSENTS, Consent
from installation.site import ROTATIONS

LOOPBACK: Final = "127.0.0.1"


@reader({"enum": list(ROTATIONS)})
def rotation(node: Node) -> int:
    value = node.value if isinstance(node, ScalarNode) else None
    if type(value) is not int or value not in ROTATIONS:
        raise Refused(f"expected one of {', '.join(map(str, ROTATIONS))} degrees, found {found(node)}")
    return value


@reader(
    {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 63}, {"type": "string", "pattern": "^(off$|/)"}]}
)
def camera(node: Node) -> int | str | None:
    """A camera's number or its device; None for `off`."""
    value = node.value if isinstance(node, ScalarNode) else None
    if value == values.OFF:
        return None
    if isinstance(value, str) and value.startswith("/"):
        return value
    if type(value) is int and 0 <= value <= 63:
        return value
    form = f"{values.OFF}, a camera's number such as 0, or its device such as /dev/v4l/by-id/…"
    advice = values.hint(node, "0")
    if isinstance(value, str) and _FILM.search(value):
        advice = f"; a film is for rehearsals: run --webcam {shortened(value)}"
    raise Refused(f"expected {form}; found {found(node)}{advice}")


_FILM = re.compile(r"\.[a-zA-Z0-9]{2,4}$")
_ADDRESS = re.compile(r"(?:[^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})")


@reader({"type": "string", "pattern": ":[0-9]{1,5}$"})
def address(node: Node) -> str:
    match = _ADDRESS.fullmatch(node.text) if isinstance(node, ScalarNode) else None
    if match is None or not 1 <= int(match[1]) <= 65535:
        raise Refused(f"expected an address and a port such as 0.0.0.0:8080, found {found(node)}")
    return match[0]


@reader(
    {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 65535},
            {"type": "string", "pattern": "^off$|:[0-9]{1,5}$"},
        ]
    }
)
def osc(node: Node) -> tuple[str, int] | None:
    """`9000`, on this computer alone, or `0.0.0.0:9000`: host and port; None for `off`."""
    port = node.value if isinstance(node, ScalarNode) else None
    if port == values.OFF:
        return None
    if type(port) is int and 1 <= port <= 65535:
        return LOOPBACK, port
    try:
        host, _, text = address(node).rpartition(":")
    except Refused:
        form = "a port such as 9000, or an address and a port such as 0.0.0.0:9000"
        raise Refused(f"expected {form}; found {found(node)}{values.hint(node, '9000')}") from None
    return host.strip("[]"), int(text)


@reader({"enum": list(CONSENTS)})
def consent(node: Node) -> Consent:
    word = values.one_of("consent", CONSENTS)(node)
    return next(each for each in CONSENTS if each == word)
