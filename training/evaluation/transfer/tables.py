"""Figures as Markdown."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, Final

WIDTH: Final = 130  # of a page's lines


def markdown(header: Sequence[str], rows: Sequence[Sequence[Any]], decimals: int = 2) -> list[str]:
    """A table; the first column to the left, the others to the right. Of two columns, both are text."""
    rule = ["---", *["---:" if len(header) > 2 else "---"] * (len(header) - 1)]
    body = [[cell(value, decimals) for value in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (list(header), rule, *body)]


def cell(value: Any, decimals: int = 2) -> str:
    """Floats with so many decimals, None as –."""
    if value is None:
        return "–"
    return f"{value:.{decimals}f}" if isinstance(value, float) else str(value)


def interval(own: Mapping[str, Any], name: str) -> str:
    """A figure and its 95 %, as `0.71 [0.66, 0.75]`."""
    low, high = own.get("interval", {}).get(name, (None, None))
    return cell(own.get(name)) + (f" [{cell(low)}, {cell(high)}]" if low is not None else "")


def wrapped(lines: Sequence[str]) -> str:
    """Lines of a page → its text: paragraphs and items filled; tables, headings and code as they are."""
    found: list[str] = []
    paragraph: list[str] = []
    is_code = False
    for line in [*lines, ""]:
        is_fence = line.startswith("```")
        is_kept = is_code or is_fence or not line or line[0] in "#|!"
        if paragraph and (is_kept or line.startswith("- ")):
            indent = "  " if paragraph[0].startswith("- ") else ""
            text = " ".join(part.strip() for part in paragraph)
            found.append(
                fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
            )
            paragraph = []
        if is_kept:
            found.append(line)
        else:
            paragraph.append(line)
        is_code ^= is_fence
    return "\n".join(found).rstrip() + "\n"


def words(name: str) -> str:
    """A category as people write it."""
    return name.replace("_", " ")
