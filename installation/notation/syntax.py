"""What PyYAML cannot read, in words for people who do not program: where to look, and what to write instead.

PyYAML tells where it gave up, which is often below the slip: a quote that is never closed ends with the file.
Here the place is where the slip was made, as far as that can be known.
"""

import re
from collections.abc import Sequence
from typing import Final

import yaml

Fault = tuple[int, int, str]  # line and column from 1, and what is wrong there

_TWO_COLONS = re.compile(r":\s")
_NO_SPACE = re.compile(r"[^\s:]+:\S")
_NO_TOKEN = re.compile(r"found character '[^\\]+' that cannot start any token")  # any but a tab
_DASH = re.compile(r"-[^\s-]")
_LAST_OF_LINE = re.compile(r"\s*(#.*)?")

# In PyYAML's wording → ours, told where PyYAML gave up. Other wordings are passed on.
_HINTS: Final = {
    "unknown escape": "a '\\' in double quotes; write '\\\\', or take single quotes",
    "found character '\\t'": "a tab; indent with spaces",
    "node content, but found ','": "a ',' with nothing before it; remove it",
    "node content, but found '-'": "a '- ' in brackets; write [a, b], or no brackets and one '- a' a line",
    "but found '}'": "a '}' without its '{'; remove it, or open one",
    "but found ']'": "a ']' without its '['; remove it, or open one",
    "but found '<scalar>'": "text after a closed quote or bracket; is there a quote too many or too few?",
    "expected <block end>": "not in line with what is above; check the indentation",
}


def syntax_fault(error: yaml.MarkedYAMLError, text: str, brackets: Sequence[tuple[int, int]]) -> Fault:
    """The fault that stopped PyYAML in `text`; `brackets` are the places of those that are open there."""
    problem, context = error.problem or "unknown fault", error.context or ""
    lines = text.splitlines()
    line, column = _place(error.problem_mark or error.context_mark)
    begun = _place(error.context_mark or error.problem_mark)
    if "quoted scalar" in context and "end of stream" in problem:
        return (*begun, "a quote that is not closed")
    if "mapping values are not allowed" in problem:
        return _stray_colon(lines, line, column)
    if "could not find expected ':'" in problem:
        return _without_colon(lines, begun[0])
    if brackets and ("<stream end>" in problem or "expected ',' or" in problem):
        return _open_bracket(lines, brackets[-1], line, column)
    if "alphabetic or numeric" in problem or _NO_TOKEN.search(problem):
        return _strange_beginning(lines, begun if context.endswith(("alias", "anchor")) else (line, column))
    return line, column, _hint(problem, lines[line - 1 : line], column)


def _hint(problem: str, written: Sequence[str], column: int) -> str:
    """`written` is the line in which PyYAML gave up; none at the end of the file."""
    if "<block end>" in problem and written and _DASH.match(written[0], column - 1):
        return "no space after the '-'; write '- ' before each item"
    hints = (hint for wording, hint in _HINTS.items() if wording in problem)
    return next(hints, f"not readable as YAML: {problem}")


def _place(mark: yaml.Mark | None) -> tuple[int, int]:
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _open_bracket(lines: Sequence[str], bracket: tuple[int, int], line: int, column: int) -> Fault:
    """A bracket that does not end where it should: of one line, or with its items on lines of their own."""
    opened, at = bracket
    if opened == line and lines[line - 1][column - 1 :].strip():
        return line, column, "a ',' is missing before this, or the bracket is not closed"
    above = _line_above(lines, line)
    if _LAST_OF_LINE.fullmatch(lines[opened - 1][at:]) and above > opened:
        message = f"a ',' is missing here, or the bracket that is opened on line {opened} is not closed"
        return above, len(lines[above - 1].rstrip()) + 1, message
    return (*bracket, "a bracket that is not closed")


def _strange_beginning(lines: Sequence[str], place: tuple[int, int]) -> Fault:
    line, column = place
    return (
        line,
        column,
        f"a text cannot begin with '{lines[line - 1][column - 1 : column]}'; put it in quotes",
    )


def _stray_colon(lines: Sequence[str], line: int, column: int) -> Fault:
    """A `key:` where none can stand: PyYAML points to its colon."""
    written = lines[line - 1][: column - 1]
    above = _line_above(lines, line)
    if _TWO_COLONS.search(written) or not above:
        return line, column, "a second ': ' in one line; put the text in quotes"
    if _indent(lines[above - 1]) < _indent(written):
        message = f"indented deeper than line {above}, which has a value already"
        return line, _indent(written) + 1, message
    return _without_colon(lines, above)


def _without_colon(lines: Sequence[str], line: int) -> Fault:
    written = lines[line - 1]
    what = "no space after the ':'" if _NO_SPACE.match(written.strip()) else "no ': ' in this line"
    return line, _indent(written) + 1, f"{what}; write KEY: VALUE"


def _line_above(lines: Sequence[str], line: int) -> int:
    """The nearest line above that says something; 0: none does."""
    return next((n for n in range(line - 1, 0, -1) if not _LAST_OF_LINE.fullmatch(lines[n - 1])), 0)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
