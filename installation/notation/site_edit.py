"""Single values of a site.yaml, changed where they stand: every other byte stays as a person wrote it.

A library that reads YAML and writes it anew keeps most comments and some spacing; here nothing is written
anew but the values, at the places at which PyYAML found them. PURE.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

import yaml

from installation.notation.document import VERSION_KEY
from installation.notation.yaml_nodes import resolved

_LINE_REST: Final = re.compile(r"[^\r\n]*")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_PLAIN: Final = re.compile(r"[A-Za-z/](?:[\w/.+@=:-]*[\w/.+@=-])?", re.ASCII)  # needs no quotes anywhere


def edited(raw: bytes, values: Mapping[str, int | str]) -> bytes:
    """The bytes of a site.yaml in which these outermost keys have these values.

    A value is replaced where its key stands. A key that is not there comes after the one before it in
    `values`, the first one after `version`. `raw` has been read without faults, so that it is a mapping with
    a version, and these keys have scalars; the result is to be read again, to see that it says what is meant.
    """
    text = raw.decode("utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    spans = {key.value: _span(text, value) for key, value in root.value}
    place = spans[VERSION_KEY.name][1]
    edits: list[tuple[int, int, str]] = []  # from and until which character, and what stands there then
    for name, value in values.items():
        if name in spans:
            edits.append((*spans[name], written(value)))
            place = spans[name][1]
        elif root.flow_style:
            edits.append((place, place, f", {name}: {written(value)}"))
        else:
            end = end_of_line(text, place)
            indent = " " * root.start_mark.column
            edits.append((end, end, f"{line_end(text)}{indent}{name}: {written(value)}"))
    return applied(text, edits).encode()


def written(value: int | str) -> str:
    """A value as YAML; in quotes only where it would else be read as something else."""
    if isinstance(value, int):
        return str(value)
    is_plain = _PLAIN.fullmatch(value) is not None and resolved(value) == value
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _span(text: str, node: yaml.Node) -> tuple[int, int]:
    """From and until which character a value stands; a block's last line end is not the value's."""
    begin, end = node.start_mark.index, node.end_mark.index
    return begin, begin + len(text[begin:end].rstrip())


def end_of_line(text: str, place: int) -> int:
    """Where the line of a place ends, before its line end."""
    rest = _LINE_REST.match(text, place)
    return rest.end() if rest else place


def line_end(text: str) -> str:
    """The line ends that a text has."""
    found = _LINE_END.search(text)
    return found[0] if found else "\n"


def applied(text: str, edits: list[tuple[int, int, str]]) -> str:
    """An edit says from and until which character, and what stands there then. They touch different places;
    those that insert at the same one stand there in their order.
    """
    parts, done = [], 0
    for begin, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += [text[done:begin], new]
        done = end
    return "".join((*parts, text[done:]))
