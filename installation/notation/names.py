"""Names that a score gives, and the places where it uses them."""

from collections.abc import Collection
from typing import Any, Final

from installation.notation import values
from installation.notation.fields import Fields, JsonSchema, Reader, Refused, unknown
from installation.notation.yaml_nodes import Entry, Node


def names_schema(of: JsonSchema) -> dict[str, Any]:
    """The JSON Schema of a mapping from names to things."""
    return {"type": "object", "minProperties": 1, "additionalProperties": of}


WEIGHTS_SCHEMA: Final = names_schema(values.weight.schema)


def name_of(table: Fields, entry: Entry) -> str:
    """The name that an entry gives; an empty one is reported."""
    if not entry.key.text.strip():
        table.report.error(entry.key, table.path, "an empty name; write a word before the colon")
    return entry.key.text


def known(kind: str, names: Collection[str] | None, example: str) -> Reader[str]:
    """A reader of one of the names that are given elsewhere; None: they could not be read, so any will do."""
    one = values.one(kind, example)

    def read(node: Node) -> str:
        name = one(node)
        if names is not None and name not in names:
            raise Refused(unknown(kind, name, names))
        return name

    return Reader(read, one.schema)
