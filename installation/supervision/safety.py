"""Safe mode: what is played where what was wanted fails again and again: what the house brings along."""

from dataclasses import replace
from pathlib import Path

from installation.options import CHOREOGRAPHY, WEIGHTS, Show


def safe(show: Show) -> Show:
    """The same place, with weights, choreography and person of the house; on the processor, no camera."""
    return replace(
        show,
        weights=WEIGHTS,
        device="cpu",
        person=None,
        truncation=None,
        choreography=CHOREOGRAPHY,
        seed=None,
        host=None,
        webcam=None,
    )


def files_of(show: Show) -> tuple[Path, ...]:
    """What a show is made of: should one of these change, it may be well again."""
    named = (show.weights, show.choreography, show.site, show.person, show.host)
    return tuple(path for path in named if isinstance(path, Path))
