"""The values of a site.yaml that say what the portrait is shown with, and how it is spoken to."""

import re
from typing import Final, TypeVar

from installation.hanging import FITS, ROTATIONS, Colour, Fit
from installation.notation import values
from installation.notation.fields import Reader, Refused, found, reader, shortened
from installation.notation.yaml_nodes import Node, ScalarNode
from installation.score.visitors import CONSENTS, Consent

T = TypeVar("T")

LOOPBACK: Final = "127.0.0.1"


# 0,8 and 60 Hz, as people write numbers
_WRITTEN = re.compile(r"([+-]?[0-9]{0,6}[.,]?[0-9]{1,6}) ?(?:px|pixels?|hz|fps|°|deg|degrees?|grados)?")


def _meant(node: Node) -> float | None:
    """The number that is meant, with a comma, a unit, or quotes; None where there is none."""
    match = _WRITTEN.fullmatch(node.text.strip().lower()) if isinstance(node, ScalarNode) else None
    return float(match[1].replace(",", ".")) if match else None


def measure(number: Reader[T], low: float, high: float) -> Reader[T]:
    """As `number`; who writes one from `low` to `high` in another way is told how it is written here."""

    def read(node: Node) -> T:
        try:
            return number(node)
        except Refused as refused:
            meant = _meant(node)
            advice = f"; write {meant:g}" if meant is not None and low <= meant <= high else ""
            raise Refused(f"{refused}{advice}") from None

    return Reader(read, number.schema)


@reader({"enum": list(ROTATIONS)})
def rotation(node: Node) -> int:
    value = node.value if isinstance(node, ScalarNode) else None
    if type(value) is int and value in ROTATIONS:
        return value
    advice, meant = "", _meant(node)
    if meant is not None and meant % 360 in ROTATIONS:
        advice = f"; write {meant % 360:g}"
    elif meant is None and isinstance(value, str):
        advice = "; run hang, and turn it by the arrow keys"
    raise Refused(f"expected one of {', '.join(map(str, ROTATIONS))} degrees, found {found(node)}{advice}")


_FIT_LIKE: Final[dict[str, Fit]] = {
    **dict.fromkeys(("contain", "letterbox", "fit", "all"), "whole"),
    **dict.fromkeys(("fill", "crop", "zoom", "full"), "cover"),
}


@reader({"enum": list(FITS)})
def fit(node: Node) -> Fit:
    if isinstance(node, ScalarNode) and (near := _FIT_LIKE.get(node.text.lower())):
        raise Refused(f"unknown fit '{node.text}'; did you mean '{near}'?")
    word = values.one_of("fit", FITS)(node)
    return next(each for each in FITS if each == word)


COLOURS: Final[dict[str, Colour]] = {"black": (0, 0, 0), "grey": (128, 128, 128), "white": (255, 255, 255)}
_COLOUR_FORM: Final = f'{", ".join(COLOURS)}, or red, green and blue in quotes such as "#1a1a1a"'
_COLOUR_LIKE: Final = {name: name for name in COLOURS} | {
    "gray": "grey",
    **dict.fromkeys((values.OFF, "none", "no"), "black"),
}
_QUOTES: Final = "“”„‘’«»"
_COLOUR = re.compile("#?([0-9a-fA-F]{6})")
_SHORT_COLOUR = re.compile("#?([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])")


@reader(
    {
        "anyOf": [
            {"enum": list(COLOURS)},
            {"type": "string", "pattern": f"^{_COLOUR.pattern}$"},
            {"type": "number"},  # 101010, where the sign and the quotes are left out
        ]
    }
)
def colour(node: Node) -> Colour:
    """One of COLOURS, or six hexadecimal digits."""
    text = node.text.strip() if isinstance(node, ScalarNode) else ""
    if text in COLOURS:
        return COLOURS[text]
    if match := _COLOUR.fullmatch(text):
        red, green, blue = bytes.fromhex(match[1])
        return red, green, blue
    advice = ""
    if isinstance(node, ScalarNode) and node.value is None:
        advice = "; # begins a comment, so a colour with # stands in quotes"
    elif match := _SHORT_COLOUR.fullmatch(text.strip(_QUOTES)):
        advice = f'; write "#{"".join(digit * 2 for digit in match.groups())}"'
    elif match := _COLOUR.fullmatch(text.strip(_QUOTES)):
        advice = f'; with straight quotes: "#{match[1]}"'
    elif name := _COLOUR_LIKE.get(text.lower()):
        advice = f"; write {name}"
    raise Refused(f"expected {_COLOUR_FORM}; found {found(node)}{advice}")


def share_in(low: float, high: float, what: str) -> Reader[float]:
    """As `values.number_in`; who writes 80% is told that it is 0.8, and where 0 is none, that off is 0."""
    number, none = values.number_in(low, high, what), "" if low else "0"

    def read(node: Node) -> float:
        try:
            return number(node)
        except Refused as refused:
            advice = values.hint(node, off=none, full=1, low=low, high=high)
            meant = _meant(node)
            if meant is not None and not low <= meant <= high and low <= meant / 100 <= high:
                advice = f"; {meant:g} % is {meant / 100:g}"
            raise Refused(f"{refused}{advice}") from None

    return measure(Reader(read, number.schema), low, high)


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
    if isinstance(value, str) and _VIDEO.fullmatch(value):
        advice = f"; write /dev/{value}"
    if isinstance(value, str) and _FILM.search(value):
        advice = f"; a film is for rehearsals: run --webcam {shortened(value)}"
    raise Refused(f"expected {form}; found {found(node)}{advice}")


_VIDEO = re.compile("video[0-9]{1,2}")
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
def endpoint(node: Node) -> tuple[str, int] | None:
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


@reader({"type": "string"})
def display_off(node: Node) -> str | None:
    """`dpms`, or a command line; None for `off`: the display stays on."""
    if isinstance(node, ScalarNode) and node.value == values.OFF:
        return None
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.value.strip():
        advice = values.hint(node, "dpms")
        raise Refused(f"expected dpms, {values.OFF}, or a command; found {found(node)}{advice}")
    return values.text(node)


@reader({"enum": list(CONSENTS)})
def consent(node: Node) -> Consent:
    word = values.one_of("consent", CONSENTS)(node)
    return next(each for each in CONSENTS if each == word)
