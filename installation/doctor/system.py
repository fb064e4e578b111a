"""The computer: Python and its libraries, memory, disk, clock, and who starts the show."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from packaging.requirements import Requirement

from installation.doctor.findings import Finding, broken, doubtful, well
from installation.doctor.patient import Patient

PYTHONS: Final = ((3, 11), (3, 14))  # from and below
LEAST_FREE_MB: Final = 200  # in a folder that is written to
LITTLE_FREE_MB: Final = 1000
LITTLE_MEMORY_MB: Final = 1500
EARLIEST_YEAR: Final = 2026  # a clock that shows an earlier one has lost its battery
SERVICE: Final = "living-portrait.service"
REINSTALL: Final = "install the program again: make run, or .venv/bin/pip install -e ."


def check_python(patient: Patient) -> Iterator[Finding]:
    version = patient.machine.version
    told = ".".join(map(str, version))
    if PYTHONS[0] <= version[:2] < PYTHONS[1]:
        yield well("Python", told)
    else:
        yield broken(
            "Python", f"{told} is not 3.11 to 3.13", "install one of these, and the program anew in it"
        )


def check_libraries(patient: Patient) -> Iterator[Finding]:
    wanted = [Requirement(text) for text in patient.machine.required()]
    wanted = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    faults = []
    for each in wanted:
        version = patient.machine.installed(each.name)
        if version is None:
            faults.append(f"{each.name} is missing")
        elif not each.specifier.contains(version, prereleases=True):
            faults.append(f"{each.name} {version} is not {each.specifier}")
    if faults:
        yield broken("libraries", "; ".join(faults), REINSTALL)
    else:
        yield well("libraries", f"all {len(wanted)} are there")


def check_memory(patient: Patient) -> Iterator[Finding]:
    (free_mb, swap_mb), num_cores = patient.machine.memory_mb(), patient.machine.num_cores()
    if free_mb < LITTLE_MEMORY_MB:
        yield doubtful(
            "memory", f"{free_mb} MB are free", "end other programs: a show takes 0.7 GB, with a camera more"
        )
    else:
        yield well("memory", f"{free_mb} MB are free")
    if swap_mb and patient.site.camera is not None:
        yield doubtful(
            "swap",
            f"{swap_mb} MB: memory may be written to a disk",
            "swapoff -a (docs/privacy.md says why)",
        )
    told = f"{num_cores} {'core' if num_cores == 1 else 'cores'}"
    if num_cores < 2:
        yield doubtful("processor", told, "use a machine with two or more; with a camera, three")
    else:
        yield well("processor", told)


def check_folders(patient: Patient) -> Iterator[Finding]:
    for purpose, folder in patient.machine.folders().items():
        what = f"{purpose} folder"
        try:
            place = _probed(folder)
            free_mb = patient.machine.free_bytes(place) >> 20
        except OSError as error:
            reason = f"{folder}: cannot be written to ({error.strerror or error})"
            yield broken(what, reason, f"have it belong to whoever runs the show: chown -R USER {folder}")
            continue
        told = f"{folder}: {free_mb} MB free"
        if free_mb < LEAST_FREE_MB:
            yield broken(what, told, "make room on this disk; the show plays, and keeps nothing")
        elif free_mb < LITTLE_FREE_MB:
            yield doubtful(what, told, "make room on this disk")
        else:
            yield well(what, told)


def _probed(folder: Path) -> Path:
    """The folder, once something has been written there; of one that is not there yet, where it will be made.

    Raises:
        OSError: it cannot be written to, read, or made.
    """
    place = folder
    while not os.path.lexists(place):
        place = place.parent
    with tempfile.TemporaryFile(dir=place) as file:
        file.write(b"well")
    os.listdir(place)  # noqa: PTH208  # names are enough
    return place


def check_clock(patient: Patient) -> Iterator[Finding]:
    machine, zone = patient.machine, patient.zone
    now = datetime.fromtimestamp(machine.utc_ns() / 1e9, zone)
    told = f"{now:%a %d %b %Y %H:%M} in {zone.key}"
    said = machine.said_by(("timedatectl", "show"))
    if now.year < EARLIEST_YEAR:
        yield broken("clock", told, "set it, and have it kept: timedatectl set-ntp true")
    elif said is None:
        yield well("clock", f"{told}; whether it is kept right, this system does not say")
    elif "NTPSynchronized=yes" not in said.splitlines():
        yield doubtful(
            "clock",
            f"{told}; not kept right by a server",
            "timedatectl set-ntp true, or set it by hand each month",
        )
    else:
        yield well("clock", f"{told}, kept right by a server")
    own = machine.zone()
    try:
        ZoneInfo(own)
    except (ValueError, OSError, KeyError):
        yield doubtful(
            "timezone", f"the computer's, {own!r}, is not known", "timedatectl set-timezone Europe/Berlin"
        )


def check_service(patient: Patient) -> Iterator[Finding]:
    machine = patient.machine
    if "NOTIFY_SOCKET" in machine.environ and "WATCHDOG_USEC" not in machine.environ:
        yield doubtful(
            "service", "systemd does not watch it", "write WatchdogSec=60 into the unit: docs/deploy"
        )
        return
    state = (machine.said_by(("systemctl", "show", "-p", "UnitFileState", SERVICE)) or "").strip()
    if state in ("UnitFileState=disabled", "UnitFileState=masked"):
        yield doubtful(
            "service",
            f"{SERVICE} is there and not enabled: it does not come back after a power cut",
            f"sudo systemctl enable --now {SERVICE}",
        )
    elif state.startswith("UnitFileState=enabled"):
        yield well("service", f"{SERVICE} is enabled")
    else:
        yield well("service", "none; docs/deploy says how one is made")
