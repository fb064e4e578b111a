"""What the commands are told: options in groups. Nothing heavy is imported: help would wait for it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parents[1]
WEIGHTS: Final = ROOT / "models" / "weights" / "portrait.safetensors"  # the shipped ones, …
CHOREOGRAPHY: Final = ROOT / "choreographies" / "the_long_afternoon.yaml"  # … and what plays
DEFAULT_PERSON: Final = 15
TRUNCATION: Final = 0.8
REFINEMENT_STEPS: Final = 60  # of a projection: further ones change little
START: Final = "2026-01-06T11:00"  # a recording's own day: the same options write the same file tomorrow


@dataclass(frozen=True, slots=True)
class Options:
    """A group of command-line options, picked by name."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        return cls(**{field.name: options[field.name] for field in fields(cls) if field.name in options})


@dataclass(frozen=True, slots=True)
class Sitter(Options):
    """Who sits for the portrait, and what draws them."""

    weights: Path
    device: str
    person: int | Path | None  # a number, a file, or whoever the choreography or the house names
    truncation: float | None  # of a number; None: TRUNCATION


@dataclass(frozen=True, slots=True)
class Show(Sitter):
    """What is played."""

    choreography: Path
    seed: int | None
    site: Path | None = None
    host: int | Path | None = None  # who is there where neither the command line nor the score names anybody
    webcam: int | Path | None = (
        None  # a camera's number, its device, or a video file; None: the site's, if any
    )


@dataclass(frozen=True, slots=True)
class Screen(Options):
    """Where it is shown."""

    fps: float
    windowed: bool
    monitor: int
    headless: bool
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Recording(Options):
    """What is written."""

    output: Path
    seconds: float
    fps: float
    size: int
    start: datetime
