"""Which cameras there are, by the names that lead to them for ever: `Device` finds them again by these."""

import sys
from pathlib import Path
from typing import Final

from installation.stage.camera_device import DEVICES, FOLDERS, LINKS

PICTURES: Final = "-video-index0"  # a camera's further devices tell of its pictures, and have none


def cameras(devices: Path = DEVICES, links: Path = LINKS) -> tuple[str, ...]:
    """Each camera once: as what it is if that is known, else by its place, else by its device.

    Only Linux says which cameras there are; elsewhere the first one is taken to be there.
    """
    if sys.platform != "linux":
        return ("0",)
    found: dict[Path, str] = {}
    named: set[Path] = set()
    for folder in FOLDERS:
        for link in sorted((links / folder).glob("*")):
            device = link.resolve()
            if link.name.endswith(PICTURES) and device not in named and device.exists():
                found[device] = str(link)
        named |= {link.resolve() for link in (links / folder).glob("*")}
    for device in sorted(devices.glob("video[0-9]*"), key=lambda path: (len(path.name), path.name)):
        if device.resolve() not in named:
            found[device] = str(device)
    return tuple(found.values())
