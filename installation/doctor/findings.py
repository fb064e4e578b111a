"""What the doctor finds, and how it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from installation.notation.problems import printable


class Health(Enum):
    """How a thing is; the value is its sign on a terminal."""

    WELL = "✓"
    DOUBTFUL = "!"  # the show plays, and something is not as it should be
    BROKEN = "✗"  # the show does not play, or not as the site says


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the report."""

    what: str
    health: Health
    found: str
    advice: str = ""  # what to do; "" where all is well


def well(what: str, found: str) -> Finding:
    return Finding(what, Health.WELL, found)


def doubtful(what: str, found: str, advice: str) -> Finding:
    return Finding(what, Health.DOUBTFUL, found, advice)


def broken(what: str, found: str, advice: str) -> Finding:
    return Finding(what, Health.BROKEN, found, advice)


def told(findings: Sequence[Finding]) -> list[str]:
    """Aligned lines, with what to do below what needs it; at the end how many there are of each."""
    width = max((len(finding.what) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{finding.health.value} {finding.what.ljust(width)}  {printable(finding.found)}")
        if finding.advice:
            lines.append(f"{' ' * (width + 4)}→ {printable(finding.advice)}")
    counts = {health: sum(finding.health is health for finding in findings) for health in Health}
    told_of = ((Health.BROKEN, "broken"), (Health.DOUBTFUL, "doubtful"), (Health.WELL, "well"))
    return [*lines, "", ", ".join(f"{counts[health]} {word}" for health, word in told_of if counts[health])]
