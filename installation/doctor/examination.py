"""The examination: each check by itself, so that whatever is broken breaks no other check."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from installation.doctor import devices, score, system
from installation.doctor.findings import Finding, Health, broken, doubtful, told
from installation.doctor.machine import Machine
from installation.doctor.patient import Patient
from installation.errors import InputError
from installation.place import files_of, here
from installation.score.hours import Hours
from installation.site import Site
from installation.texts import own_site_path, read_site

Check = Callable[[Patient], Iterator[Finding]]

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("Python", system.check_python),
    ("libraries", system.check_libraries),
    ("drawing", score.check_drawing),
    ("memory", system.check_memory),
    ("weights", score.check_weights),
    ("site.yaml", score.check_site),
    ("choreography", score.check_choreography),
    ("display", devices.check_display),
    ("display_off", devices.check_display_power),
    ("camera", devices.check_camera),
    ("ports", devices.check_ports),
    ("fonts", devices.check_fonts),
    ("codecs", devices.check_codecs),
    ("folders", system.check_folders),
    ("clock", system.check_clock),
    ("service", system.check_service),
)


def examine(patient: Patient) -> list[Finding]:
    """Everything, in the order in which it is to be mended."""
    return [finding for what, check in CHECKS for finding in _guarded(what, check, patient)]


def _guarded(what: str, check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except Exception as error:  # a check that fails is a finding, whatever it fails of
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        yield doubtful(
            what, f"could not be looked at ({reason})", "mend what is broken above, and look again"
        )


def patient_of(site_path: Path | None, weights: Path, choreography: Path, machine: Machine) -> Patient:
    """The set-up that `run` would find. `weights` and `choreography` are those of a site that names none."""
    path = site_path or (own_site_path() if own_site_path().is_file() else None)
    try:
        site, faults = read_site(path, here()), list[str]()
    except InputError as error:
        site, faults = Site(Hours.always(here()), desk=None), str(error).splitlines()
    files: dict[str, Path] = {}
    if path is not None:
        try:
            files = files_of(site, path)
        except InputError as error:
            faults += str(error).splitlines()
    return Patient(
        machine,
        path,
        site,
        faults,
        files.get("weights", weights),
        files.get("choreography", choreography),
    )


def doctor(site: Path | None, weights: Path, choreography: Path) -> tuple[list[str], bool]:
    """→ the report's lines, and whether anything is broken."""
    machine = Machine()
    try:
        findings = examine(patient_of(site, weights, choreography, machine))
    except Exception as error:  # not even the beginning: the system's timezone, the user's folders
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        findings = [broken("set-up", reason, "mend that first")]
    return told(findings), any(finding.health is Health.BROKEN for finding in findings)
