"""Reading the fields of a located mapping: each fault is reported where it stands, and reading goes on.

A reader is a function from a node to a value that raises `Refused` with the reason. `Fields.read` turns that
into a located problem and hands back a stand-in, so that one pass over a file finds all its faults.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, TypeVar

from installation.score.problems import Problem
from installation.score.yaml_nodes import Entry, ListNode, MapNode, Node, ScalarNode

T = TypeVar("T")
D = TypeVar("D")
Reader = Callable[[Node], T]


class Refused(Exception):  # noqa: N818 - it says what became of the value
    """A value that cannot be read. Its text says why, and what to write instead."""


@dataclass(slots=True)
class Report:
    """The problems found so far in one file."""

    source: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, at: Node, path: str, message: str) -> None:
        self.problems.append(Problem(self.source, at.line, at.column, path, message))

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

    def entry(self, key: str) -> Entry | None:
        return next((entry for entry in self.node.entries if entry.key.text == key), None)

    def below(self, key: str) -> str:
        """The path of a key of this mapping."""
        return f"{self.path}.{shortened(key)}" if self.path else shortened(key)

    def read(self, key: str, reader: Reader[T], default: D) -> T | D:
        """The value of `key`; `default` where there is none, or where it is refused and reported."""
        entry = self.entry(key)
        return default if entry is None else self.read_entry(entry, reader, default)

    def read_entry(self, entry: Entry, reader: Reader[T], default: D) -> T | D:
        """As `read`, of an entry at hand."""
        try:
            return reader(entry.value)
        except Refused as refused:
            self.report.error(entry.value, self.below(entry.key.text), str(refused))
            return default

    def table(self, key: str, example: str) -> "Fields | None":
        """The mapping under `key`; None where there is none, or, reported, where there is something else."""
        entry = self.entry(key)
        return None if entry is None else self.table_of(entry, example)

    def table_of(self, entry: Entry, example: str) -> "Fields | None":
        path = self.below(entry.key.text)
        if isinstance(entry.value, MapNode):
            return Fields(self.report, path, entry.value)
        self.report.error(
            entry.value, path, f"expected a mapping such as {example}, found {found(entry.value)}"
        )
        return None

    def refuse_unknown(self, known: Iterable[str]) -> None:
        names = tuple(known)
        for entry in self.node.entries:
            if entry.key.text not in names:
                self.report.error(entry.key, self.path, unknown("key", entry.key.text, names))


_MAX_SHOWN: Final = 12


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """`unknown key 'emotoin'; did you mean 'emotion'?`, or the names there are where none is near."""
    names = tuple(known)
    near = get_close_matches(name, names[:200], n=1, cutoff=0.65) if len(name) <= 40 else []
    if near:
        return f"unknown {kind} '{name}'; did you mean '{near[0]}'?"
    shown = ", ".join(map(shortened, names[:_MAX_SHOWN])) + (", …" if len(names) > _MAX_SHOWN else "")
    return f"unknown {kind} '{shortened(name)}'; there is {shown or 'none'}"


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
            return f"'{shortened(text)}'"
        case ScalarNode(text=text):
            return shortened(text)


def shortened(text: str) -> str:
    """A name of the file, as long as a message can bear."""
    return text if len(text) <= 60 else f"{text[:59]}…"
