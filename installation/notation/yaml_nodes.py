"""YAML bytes to located nodes: PyYAML's events under a small loader of our own.

PyYAML's own loaders read YAML 1.1 (`10:30` is 630, `off` is False, `010` is 8), let the last of two equal
keys win, run for minutes on a few nested aliases and leak RecursionError. Here scalars follow YAML 1.2;
anchors, aliases, merge keys, tags and second documents are refused; and size, depth and number of nodes are
limited on the event stream before anything is built. Every node keeps its line and column, counted from 1.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn, TypeAlias

import yaml

from installation.notation.problems import InvalidScore, Problem
from installation.notation.syntax import syntax_fault

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 10_000

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A leaf: `text` as it is written, `value` as YAML 1.2 reads it."""

    line: int
    column: int
    text: str
    value: Value


@dataclass(frozen=True, slots=True)
class ListNode:
    """`[a, b]`, or one `- item` a line."""

    line: int
    column: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value`. A key is always text: `on` is "on" and `010` is "010"."""

    key: ScalarNode
    value: "Node"


@dataclass(frozen=True, slots=True)
class MapNode:
    """Keys are unique; the first of two equal ones is kept and the second reported."""

    line: int
    column: int
    entries: tuple[Entry, ...]


Node: TypeAlias = ScalarNode | ListNode | MapNode


@dataclass(frozen=True, slots=True)
class Document:
    """A file's root node, and the faults that do not stop its reading (duplicate keys, tags)."""

    root: Node
    problems: tuple[Problem, ...]


def read_nodes(raw: bytes, source: str) -> Document:
    """The located nodes of one YAML document; `source` is the name that its problems carry.

    Raises InvalidScore, and nothing else, for what cannot be read at all: bytes that are not UTF-8, syntax
    errors, aliases, a second document, an empty file, and files over MAX_BYTES, MAX_DEPTH or MAX_NODES.
    """
    text = _decoded(raw, source)
    _refuse_odd_characters(text, source)
    builder = _Builder(source, iter(_limited_events(text, source)))
    return Document(builder.node(next(builder.events)), tuple(builder.problems))


def scalar(written: str) -> ScalarNode:
    """A value that comes from elsewhere, such as a command line, as if it stood alone in a file."""
    return ScalarNode(1, 1, written, resolved(written))


# -- text ----------------------------------------------------------------------------------------------------

_TAB: Final = "a tab; indent with spaces"
_NO_BREAK: Final = "a space that only looks like one, from a web page or a text processor; type it anew"
_ODD_INDENT = re.compile(r"^ *([\t\xa0\u2000-\u200b\u202f\u3000])[^\S\r\n]*[^\s#]", re.MULTILINE)
# What no editor shows: control characters, and those that PyYAML takes for line ends and editors do not.
_ODD = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _decoded(raw: bytes, source: str) -> str:
    if len(raw) > MAX_BYTES:
        _refuse(source, 1, 1, f"the file has {len(raw)} bytes; at most {MAX_BYTES} are read")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", errors="replace")
        byte = error.object[error.start]
        _refuse(source, *_place(before), f"byte 0x{byte:02X} is not UTF-8; save the file as UTF-8")


def _refuse_odd_characters(text: str, source: str) -> None:
    if odd := _ODD.search(text):
        message = f"character U+{ord(odd[0]):04X} cannot stand in a text file; remove it"
        _refuse(source, *_place(text[: odd.start()]), message)
    if indent := _ODD_INDENT.search(text):
        _refuse(source, *_place(text[: indent.start(1)]), _TAB if indent[1] == "\t" else _NO_BREAK)


def _place(before: str) -> tuple[int, int]:
    """Line and column of the character that follows `before`."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _refuse(source: str, line: int, column: int, message: str) -> NoReturn:
    raise InvalidScore([Problem(source, line, column, "", message)])


# -- events --------------------------------------------------------------------------------------------------


def _limited_events(text: str, source: str) -> list[yaml.Event]:
    """The events between the first document's start and end, within every limit."""
    kept: list[yaml.Event] = []
    depth = num_nodes = num_documents = 0
    for event in _events(text, source):
        line, column = _start(event)
        if isinstance(event, yaml.DocumentStartEvent):
            num_documents += 1
            if num_documents > 1:
                _refuse(source, line, column, "a second document ('---'); a file holds one")
        elif isinstance(event, yaml.NodeEvent):
            kept.append(event)
            num_nodes += 1
            depth += isinstance(event, yaml.CollectionStartEvent)
            if isinstance(event, yaml.AliasEvent):
                _refuse(
                    source, line, column, "aliases ('*') are not read; write the value out, or use quotes"
                )
            if depth > MAX_DEPTH:
                _refuse(source, line, column, f"nested deeper than {MAX_DEPTH} levels")
            if num_nodes > MAX_NODES:
                _refuse(source, line, column, f"more than {MAX_NODES} values; split the file")
        elif isinstance(event, yaml.CollectionEndEvent):
            kept.append(event)
            depth -= 1
    if not kept:
        _refuse(source, 1, 1, "the file is empty; it begins with 'version: 1'")
    return kept


def _events(text: str, source: str) -> Iterator[yaml.Event]:
    line, column = 1, 1
    brackets: list[tuple[int, int]] = []  # where those that are open stand
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line, column = _start(event)
            if isinstance(event, yaml.CollectionStartEvent) and event.flow_style:
                brackets.append((line, column))
            elif isinstance(event, yaml.CollectionEndEvent) and brackets:
                brackets.pop()
            yield event
    except yaml.MarkedYAMLError as error:
        _refuse(source, *syntax_fault(error, text, brackets))
    except (yaml.YAMLError, ValueError, OverflowError):
        # PyYAML lets chr() and int() fail by themselves on absurd escapes and directives.
        _refuse(source, line, column, "what follows has an escape or a directive out of range; remove it")


# -- nodes ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Builder:
    """Events to nodes, by recursion that MAX_DEPTH bounds."""

    source: str
    events: Iterator[yaml.Event]
    problems: list[Problem] = field(default_factory=list)

    def node(self, event: yaml.Event) -> Node:
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent), "aliases are refused before"
        self._check_properties(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(event)
        assert isinstance(event, yaml.ScalarEvent)
        return self._scalar(event)

    def _scalar(self, event: yaml.ScalarEvent) -> ScalarNode:
        text: str = event.value
        is_plain = event.style is None and event.tag is None  # written without quotes
        value = resolved(text) if is_plain else text
        if _ODD.search(text):
            self._report(event, "text with a control character; remove its escape sequence")
        return ScalarNode(*_start(event), text, value)

    def _list(self, event: yaml.SequenceStartEvent) -> ListNode:
        items = []
        while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(item))
        return ListNode(*_start(event), tuple(items))

    def _mapping(self, event: yaml.MappingStartEvent) -> MapNode:
        entries: dict[str, Entry] = {}
        while not isinstance(key_event := next(self.events), yaml.MappingEndEvent):
            key = self.node(key_event)
            value = self.node(value_event := next(self.events))
            if event.flow_style and (cut := _cut_by_a_comma(entries, key_event, value_event)):
                rest, number, meant = cut
                message = f"'{rest[:20]}' after a comma; decimals have a point, such as {number[:20]}"
                self._report(key_event, message)
                entries[meant.key.text] = meant
            elif not isinstance(key, ScalarNode):
                self._report(key_event, "a list or mapping as a key; a key is plain text")
            elif key.text == "<<":
                self._report(key_event, "merge keys ('<<') are not read; write the values out")
            elif first := entries.get(key.text):
                where = "in this line" if first.key.line == key.line else f"on line {first.key.line}"
                self._report(key_event, f"duplicate key '{key.text[:60]}'; it is already {where}")
            else:
                entries[key.text] = Entry(key, value)
        return MapNode(*_start(event), tuple(entries.values()))

    def _check_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._report(
                event, f"anchors ('&{event.anchor[:60]}') are not read; write the value out where it is used"
            )
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._report(event, f"tags ('{tag[:60]}') are not read; remove it")

    def _report(self, event: yaml.Event, message: str) -> None:
        self.problems.append(Problem(self.source, *_start(event), "", message))


_WHOLE = re.compile(r"(?:.*\.\. ?)?[-+]?[0-9]+")
_DECIMALS = re.compile(r"[0-9]+ ?[a-zA-Z]*(?: ?\.\. ?[0-9]+ ?[a-zA-Z]*)?")


def _cut_by_a_comma(
    entries: dict[str, Entry], key: yaml.Event, value: yaml.Event
) -> tuple[str, str, Entry] | None:
    """In braces, `AU15: 0,6` is AU15: 0, and a key 6 with nothing. → the 6, the number, and what was meant.

    It is meant where no space follows the comma; then nothing else need be told of half a number.
    """
    if not (entries and isinstance(key, yaml.ScalarEvent) and isinstance(value, yaml.ScalarEvent)):
        return None
    last, end, begin = next(reversed(entries.values())), key.end_mark, value.start_mark
    if value.value or not isinstance(last.value, ScalarNode) or end is None or begin is None:
        return None
    has_colon = ":" in (end.buffer or "")[end.pointer : begin.pointer]
    if has_colon or not (_WHOLE.fullmatch(last.value.text) and _DECIMALS.fullmatch(key.value)):
        return None
    number = f"{last.value.text}.{key.value}"
    is_close = _start(key) == (last.value.line, last.value.column + len(last.value.text) + 1)
    meant = replace(last.value, text=number, value=resolved(number)) if is_close else last.value
    return key.value, number, Entry(last.key, meant)


def _start(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


# -- scalars -------------------------------------------------------------------------------------------------

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def resolved(text: str) -> Value:
    """YAML 1.2, less its octal, hexadecimal, infinity (`1e400` too) and not-a-number, which no score needs.

    `true`, `12`, `1e-3` and `null` have types; everything else (`off`, `10:30`, `0x1F`, `1_000`) is text.
    """
    if text in ("true", "false"):
        return text == "true"
    if text in _NULLS:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) and math.isfinite(float(text)) else text
