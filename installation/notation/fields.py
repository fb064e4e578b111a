"""Reading the fields of a located mapping: each fault is reported where it stands, and reading goes on.

A `Reader` turns a node into a value, or raises `Refused` with the reason; beside the function it holds the
JSON Schema of what it accepts. A `Key` is a word of the language: its name, its reader, and what it means. A
mapping is read by its keys, and the schema that editors complete files with is made of them (`schema.py`).
`Fields.read` turns a refusal into a located problem and hands back a stand-in, so that one pass over a file
finds all its faults.
"""

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from installation.notation.problems import MAX_TOLD, InvalidScore, Problem
from installation.notation.yaml_nodes import Entry, ListNode, MapNode, Node, ScalarNode, resolved

T = TypeVar("T")
D = TypeVar("D")
JsonSchema = Mapping[str, Any]


class Refused(Exception):  # noqa: N818 - it says what became of the value
    """A value that cannot be read. Its text says why, and what to write instead.

    `at` is the part of the value that is at fault, such as one item of a list; None: the whole.
    """

    def __init__(self, message: str, at: Node | None = None) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """A function from a node to a value, and the JSON Schema of the nodes that it takes.

    The schema may take more than the function, which knows other files and other keys; never less.
    """

    function: Callable[[Node], T]
    schema: JsonSchema

    def __call__(self, node: Node) -> T:
        """
        Raises:
            Refused: the node holds nothing of the kind.
        """
        return self.function(node)


def reader(schema: JsonSchema) -> Callable[[Callable[[Node], T]], Reader[T]]:
    """`@reader({"type": "string"})` before a function makes it a `Reader`."""
    return lambda function: Reader(function, schema)


@dataclass(frozen=True, slots=True)
class Key(Generic[T]):
    """A word of the language: `name: value` in a mapping, and what it means."""

    name: str
    reader: Reader[T]
    meaning: str  # one line, for editors and for the manual
    others: tuple[str, ...] = ()  # words that people write in its place


def mapping(schema: JsonSchema, example: str) -> Reader[MapNode]:
    """A reader of mappings, whose entries are read one by one."""

    def read(node: Node) -> MapNode:
        if not isinstance(node, MapNode):
            raise Refused(no_mapping(node, example))
        return node

    return Reader(read, schema)


def no_mapping(node: Node, example: str) -> str:
    """What is said of a node that should be a mapping; it may be one but for a space: `dwell:4s`."""
    if isinstance(node, ScalarNode) and (pair := _PAIR.match(node.text[:_MAX_TEXT])):
        return _no_space(*pair.groups())
    return f"expected a mapping such as {example}, found {found(node)}"


_MAX_TEXT: Final = 200  # characters of it are looked at
_PAIR = re.compile(r"([^\W\d][^:]*):(\S.*?)(?=\s+\w+:|$)")  # a word, for 11:00-19:00 is none; the first pair


def _no_space(key: str, value: str) -> str:
    return f"no space after the ':'; write {shortened(key)}: {shortened(value)}"


def listing(of: JsonSchema, example: str) -> Reader[tuple[Node, ...]]:
    """A reader of lists, whose items are read one by one."""

    def read(node: Node) -> tuple[Node, ...]:
        if not isinstance(node, ListNode):
            raise Refused(f"expected a list such as {example}, found {found(node)}")
        return node.items

    return Reader(read, {"type": "array", "items": of})


def table_schema(*keys: Key[Any], **rules: Any) -> JsonSchema:
    """The JSON Schema of a mapping with these keys and no others; `rules` are further words of the schema."""
    properties = {key.name: {**key.reader.schema, "description": key.meaning} for key in keys}
    return {"type": "object", "additionalProperties": False, "properties": properties, **rules}


def any_of(*keys: Key[Any]) -> list[JsonSchema]:
    """For `anyOf`, `oneOf`: one of these keys is there."""
    return [{"required": [key.name]} for key in keys]


@dataclass(slots=True)
class Report:
    """The problems found so far in one file."""

    source: str
    problems: list[Problem] = field(default_factory=list)
    homes: Mapping[str, str] = field(default_factory=dict)  # key → where in the file it may stand

    def error(self, at: Node, path: str, message: str) -> None:
        """
        Raises:
            InvalidScore: after MAX_TOLD faults, nobody reads on.
        """
        self.problems.append(Problem(self.source, at.line, at.column, path, message))
        if len(self.problems) > MAX_TOLD:
            raise InvalidScore(self.problems)

    def warn(self, at: Node, path: str, message: str) -> None:
        self.problems.append(Problem(self.source, at.line, at.column, path, message, is_warning=True))

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.is_warning]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.is_warning]


@dataclass(frozen=True, slots=True)
class Fields:
    """The entries of one mapping, at `path` in the file."""

    report: Report
    path: str
    node: MapNode
    key: ScalarNode | None = None  # that the mapping stands under

    def entry(self, key: str) -> Entry | None:
        return next((entry for entry in self.node.entries if entry.key.text == key), None)

    def has(self, *keys: Key[Any]) -> bool:
        """Whether one of the keys is there, whatever stands under it."""
        return any(self.entry(key.name) for key in keys)

    def below(self, key: str) -> str:
        """The path of a key of this mapping."""
        return f"{self.path}.{shortened(key)}" if self.path else shortened(key)

    def error(self, message: str, at: Node | None = None) -> None:
        """Report a fault of the mapping as a whole, where its key stands, or `at` a part of it."""
        self.report.error(at or self.key or self.node, self.path, message)

    def read(self, key: Key[T], default: D) -> T | D:
        """The value of `key`; `default` where there is none, or where it is refused and reported."""
        entry = self.entry(key.name)
        return default if entry is None else self.read_entry(entry, key.reader, default)

    def read_entry(self, entry: Entry, read: Callable[[Node], T], default: D) -> T | D:
        """As `read`, of an entry at hand."""
        try:
            return read(entry.value)
        except Refused as refused:
            self.report.error(refused.at or entry.value, self.below(entry.key.text), str(refused))
            return default

    def table(self, key: Key[MapNode]) -> "Fields | None":
        """The mapping under `key`; None where there is none, or, reported, where there is something else."""
        entry = self.entry(key.name)
        return None if entry is None else self.table_of(entry, key.reader)

    def table_of(self, entry: Entry, read: Callable[[Node], MapNode]) -> "Fields | None":
        node = self.read_entry(entry, read, None)
        return None if node is None else Fields(self.report, self.below(entry.key.text), node, entry.key)

    def items(self, key: Key[tuple[Node, ...]]) -> "tuple[tuple[Node, str], ...]":
        """The items of the list under `key`, each with its path; none where there is no list."""
        nodes = self.read(key, ())
        return tuple((node, f"{self.below(key.name)}[{number}]") for number, node in enumerate(nodes, 1))

    def refuse_unknown(self, keys: Iterable[Key[Any]]) -> bool:
        """Report every other key; → whether there was one: what seems to be missing may then be misspelt."""
        meant = {word: key.name for key in keys for word in (key.name, *key.others)}
        names = dict.fromkeys(meant.values())
        strange = [entry for entry in self.node.entries if entry.key.text not in names]
        for entry in strange:
            word = entry.key.text
            if home := self.report.homes.get(word):
                self.error(f"'{word}' belongs to {home}", entry.key)
            elif word in meant:
                self.error(_did_you_mean("key", word, meant[word]), entry.key)
            else:
                self.error(unknown_key("key", entry, names), entry.key)
        return bool(strange)


# -- words that are not known --------------------------------------------------------------------------------

_MAX_SHOWN: Final = 22  # as many as there are emotions
_MAX_COMPARED: Final = 40  # names: comparing is slow, and a file may have thousands
_LIKENESS: Final = 0.61


def unknown(kind: str, name: str, known: Iterable[str], common: str = "") -> str:
    """`unknown key 'emotoin'; did you mean 'emotion'?`, or the names there are where none is near.

    Where all names begin alike, with `common`, they are told apart by what follows it.
    """
    names = tuple(known)
    begun = tuple(each for each in names if each.startswith(name)) if name else ()
    if len(begun) > 1:
        return _unlike(kind, name, begun)  # `sadly`: any of them may be meant
    ends = tuple(each.removeprefix(common) for each in names)
    near = _nearest(name[len(common) :] if _folded(name).startswith(_folded(common)) else name, ends)
    return _unlike(kind, name, names) if near is None else _did_you_mean(kind, name, f"{common}{near}")


def _did_you_mean(kind: str, name: str, near: str) -> str:
    return f"unknown {kind} '{name}'; did you mean '{near}'?"


def _unlike(kind: str, name: str, names: tuple[str, ...]) -> str:
    shown = ", ".join(map(shortened, names[:_MAX_SHOWN])) + (", …" if len(names) > _MAX_SHOWN else "")
    return f"unknown {kind} '{shortened(name)}'; there is {shown or 'none'}"


def unknown_key(kind: str, entry: Entry, known: Iterable[str]) -> str:
    """As `unknown`, of the key of an entry, which may be no word at all but a slip of the pen."""
    return slip(entry) or unknown(kind, entry.key.text, known)


def slip(entry: Entry) -> str:
    """What is wrong with a key that swallowed its value, `happy:1`; or ""."""
    if not isinstance(entry.value, ScalarNode) or entry.value.text:
        return ""
    key, _, value = entry.key.text.partition(":")
    return _no_space(key, value) if key and value else ""


def _nearest(name: str, names: tuple[str, ...]) -> str | None:
    if len(name) > 40:
        return None
    if len(names) > _MAX_COMPARED:
        # Those that begin or end like it: a slip of the pen leaves one half of a word as it was.
        names = (*_beside(name, names, is_backwards=False), *_beside(name, names, is_backwards=True))
    folded = {_folded(known): known for known in names}
    near = get_close_matches(_folded(name), folded, n=1, cutoff=_LIKENESS)
    return folded[near[0]] if near else None


def _folded(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ")


def _beside(name: str, names: tuple[str, ...], *, is_backwards: bool) -> Sequence[str]:
    """The neighbours of a name in the order of the alphabet, of the words or of the words read backwards."""
    key = _backwards if is_backwards else _folded
    order = _in_order(names, key)
    at, reach = bisect(order, key(name), key=key), _MAX_COMPARED // 4
    return order[max(0, at - reach) : at + reach]


def _backwards(name: str) -> str:
    return _folded(name)[::-1]


@lru_cache(maxsize=8)
def _in_order(names: tuple[str, ...], key: Callable[[str], str]) -> Sequence[str]:
    return sorted(names, key=key)


def found(node: Node) -> str:
    """What a node holds, in the words of a message."""
    match node:
        case MapNode():
            return "a mapping"
        case ListNode():
            return "a list"
        case ScalarNode(value=None):
            return "nothing"
        case ScalarNode(value=str(), text=text):
            quoted = " in quotes, which is a text" if isinstance(resolved(text), int | float) else ""
            return f"'{shortened(text)}'{quoted}"
        case ScalarNode(text=text):
            return shortened(text)


def shortened(text: str) -> str:
    """A name of the file, as long as a message can bear."""
    return text if len(text) <= 60 else f"{text[:59]}…"
