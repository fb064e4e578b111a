"""The place where the portrait hangs: when it is open, and what the portrait is shown with.

What `installation.notation.site_file` makes of a site.yaml. Paths are as they are written: the caller takes
them from the file's own folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from installation.hanging import DPMS, Hanging
from installation.notation.problems import Problem
from installation.score.choreography import Place, Who
from installation.score.hours import Hours
from installation.score.visitors import Consent

FPS: Final = 60.0
CAMERA_VIEW_DEG: Final = 70.0
OSC_RATE_HZ: Final = 30.0
DESK_ADDRESS: Final = ("127.0.0.1", 8080)


@dataclass(frozen=True, slots=True)
class Site:
    """A place. What it does not say is None, and the player's choice."""

    hours: Hours
    title: str = ""
    weights: str | None = None
    choreography: str | None = None
    person: Who | None = None
    hanging: Hanging = field(default_factory=Hanging)
    fps: float = FPS
    camera: int | str | None = None  # its number or its device; None: no camera
    camera_view: float = CAMERA_VIEW_DEG  # how wide it sees, in degrees
    consent: Consent = "dwell"  # what has the portrait take up a face
    osc: tuple[str, int] | None = None  # where messages come in: host and port; None: nowhere
    osc_out: tuple[str, int] | None = None  # where they go to; None: nowhere
    osc_rate: float = OSC_RATE_HZ  # how often
    display_off: str | None = DPMS  # a command line, or DPMS; None: the display stays on
    display_on: str | None = None  # a command line
    desk: tuple[str, int] | None = DESK_ADDRESS  # where the operator's page is served; None: nowhere
    places: Mapping[str, Place] = field(default_factory=dict)  # key → where its value stands
    warnings: tuple[Problem, ...] = ()
