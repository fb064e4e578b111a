"""What is looked at: the machine, and the show that is to be played on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from installation.doctor.machine import Machine
from installation.site import Site


@dataclass(frozen=True, slots=True)
class Patient:
    """A set-up. What the site cannot say, because it has faults, is as if it did not say it."""

    machine: Machine
    site_path: Path | None  # None: there is none
    site: Site
    site_faults: Sequence[str]
    weights: Path
    choreography: Path

    @property
    def zone(self) -> ZoneInfo:
        return self.site.hours.zone
