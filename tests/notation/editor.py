"""An editor, which knows of a file what the JSON Schema says."""

from collections.abc import Mapping
from typing import Any

import jsonschema

from installation.notation.yaml_nodes import ListNode, MapNode, Node, read_nodes


def plain(node: Node) -> object:
    """A document as editors see it."""
    match node:
        case MapNode(entries=entries):
            return {entry.key.text: plain(entry.value) for entry in entries}
        case ListNode(items=items):
            return [plain(item) for item in items]
        case scalar:
            return scalar.value


def is_accepted(raw: bytes, schema: Mapping[str, Any]) -> bool:
    """Whether the editor marks nothing in a file."""
    return bool(jsonschema.Draft7Validator(schema).is_valid(plain(read_nodes(raw, "a.yaml").root)))
