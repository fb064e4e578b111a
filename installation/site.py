"""The place where the portrait hangs: when it is open, and what the portrait is shown with.

What `installation.notation.site_file` makes of a site.yaml. Paths are as they are written: the caller takes
them from the file's own folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from installation.hanging import Hanging
from installation.notation.problems import Problem
from installation.score.choreography import Place, Who
from installation.score.hours import Hours
from installation.score.visitors import Consent

FPS: Final = 60.0
CAMERA_VIEW_DEG: Final = 70.0


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
    display_off: str | None = None  # a command line
    desk: str | None = None  # host:port
    places: Mapping[str, Place] = field(default_factory=dict)  # key → where its value stands
    warnings: tuple[Problem, ...] = ()
