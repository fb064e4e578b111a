"""What is wrong with a score, and where: the form compilers use, so that editors can jump to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from installation.score.choreography import Place

MAX_TOLD: Final = 100  # problems of one file at once


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


def problem_at(source: str, place: Place, message: str, *, is_warning: bool = False) -> Problem:
    """A fault of what stands at a place of the file `source`."""
    return Problem(source, place.line, place.column, place.path, message, is_warning)


def printable(text: str) -> str:
    """One line that a terminal shows as it is: no line ends or escape codes come out of a file."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


class InvalidScore(Exception):  # noqa: N818 - it says what the file is
    """A file that cannot be played. `problems` holds every fault found, in the order of the file.

    Of a file with more than MAX_TOLD of them, so many of those that were found first.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(tuple(problems)[:MAX_TOLD])
        lines = [str(problem) for problem in self.problems]
        if len(lines) == MAX_TOLD:
            lines.append(
                f"{self.problems[0].source}: there may be more than these {MAX_TOLD}; mend them first"
            )
        super().__init__("\n".join(lines))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """In the order of the file."""
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
