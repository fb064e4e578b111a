"""Visitors: who stands before the portrait, as far as a score has to know, and how it receives them."""

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from installation.score.gesture import Span
from installation.score.phrase import NANOSECONDS

Consent = Literal["dwell", "key", "osc"]  # what has a face taken up: looking on, or being asked to
CONSENTS: Final[tuple[Consent, ...]] = get_args(Consent)
STAY: Final = Span(40 * NANOSECONDS, 60 * NANOSECONDS)

# Whatever a score allows, a visitor who has left is forgotten within this time (docs/privacy.md).
LONGEST_MEMORY_NS: Final = 60 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody as the camera sees them. Nothing here tells who it is, and none of it is kept."""

    number: int  # the same for as long as they stay in view; whoever comes back gets another
    azimuth_deg: float  # where their eyes are, seen from the portrait: + is the picture's right …
    elevation_deg: float  # … + is up
    size: float  # height of the face, in shares of the image's height
    is_facing: bool  # looks towards the portrait
    closure: float | None = None  # how far their lids are closed, in [0, 1]; None: not seen closely enough
    aus: tuple[float, ...] | None = field(default=None, repr=False)  # 43 intensities in [0, 1], or None


@dataclass(frozen=True, slots=True)
class Hospitality:
    """How a score receives visitors: its `visitor:` section."""

    follow: float = 1  # how far eyes and head follow them, as a share of the usual; 0: not at all
    takes_up: bool = True  # whether the portrait takes up faces
    dwell_ns: int = 4 * NANOSECONDS  # how long somebody looks at the portrait before it takes up their face
    stay: Span = STAY  # how long it lives as them
    fade_ns: int = 6 * NANOSECONDS  # in which it turns into them, and back
    linger_ns: int = 5 * NANOSECONDS  # how long it stays them once they have gone
    cooldown_ns: int = 30 * NANOSECONDS  # from one face to the next
    keeps_expression: bool = False  # what they showed stays under all gestures; else it is taken out
