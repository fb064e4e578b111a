"""What is wrong with a score, and where: the form compilers use, so that editors can jump to it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a file. `line` and `column` count from 1; `path` is the dotted way, "" for the file."""

    source: str
    line: int
    column: int
    path: str
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        """`file:line:column: path: message`, with `warning:` before the path of a warning."""
        severity = "warning: " if self.is_warning else ""
        path = f"{self.path}: " if self.path else ""
        return printable(f"{self.source}:{self.line}:{self.column}: {severity}{path}{self.message}")


def printable(text: str) -> str:
    """One line that a terminal shows as it is: no line ends or escape codes come out of a file."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


class InvalidScore(Exception):  # noqa: N818 - it says what the file is
    """A file that cannot be played. `problems` holds every fault found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        super().__init__("\n".join(map(str, self.problems)))
