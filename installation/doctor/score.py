"""The show: site.yaml, weights, choreography, and what will draw."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from installation.doctor.findings import Finding, broken, doubtful, well
from installation.doctor.machine import ProbeError
from installation.doctor.patient import Patient
from installation.errors import InputError
from installation.texts import read_score
from models.action_units import ACTION_UNITS
from models.controls import CONTROLS


def check_site(patient: Patient) -> Iterator[Finding]:
    site, path = patient.site, patient.site_path
    if patient.site_faults:
        for fault in patient.site_faults:
            yield broken("site.yaml", fault, f"mend that line; then: run_installation.py check {path}")
    elif path is None:
        yield well(
            "site.yaml", "none: always open, on the first monitor, without a camera; `hang` writes one"
        )
    elif site.warnings:
        for warning in site.warnings:
            yield doubtful("site.yaml", str(warning), "read that line again")
    else:
        yield well("site.yaml", f"{path}: {site.title or 'untitled'}, {patient.zone.key}")


def check_drawing(patient: Patient) -> Iterator[Finding]:
    """Graphics card and driver; else the processor, and what draws there."""
    machine = patient.machine
    if machine.installed("torch") is None:
        return  # the libraries have been told of
    card = machine.probe("torch")
    if card["is_available"]:
        told = f"{card['name']}, {card['memory_mb']} MB; PyTorch {card['version']} for CUDA {card['cuda']}"
        yield well("graphics card", told)
        return
    if machine.has_nvidia():
        why = "; ".join(card["warnings"]) or "PyTorch does not see it"
        advice = "install a newer driver of NVIDIA's: `nvidia-smi` then lists the card"
        if card["cuda"] is None:
            why, advice = "this PyTorch is built without CUDA", "put PyTorch's CUDA build into .venv"
        yield doubtful("graphics card", f"there is one, and it is not used: {why}", advice)
    else:
        yield well("graphics card", "none that PyTorch could use: the processor draws")
    yield from _processor(patient)


def _processor(patient: Patient) -> Iterator[Finding]:
    if patient.machine.installed("openvino") is None:
        yield well("drawing", "PyTorch, in full precision or half, whichever is faster")
        return
    try:
        found = patient.machine.probe("openvino")
    except ProbeError as error:
        yield doubtful(
            "drawing", f"OpenVINO: {error}", "pip install --force-reinstall openvino; PyTorch draws meanwhile"
        )
        return
    half = "with bfloat16" if "BF16" in found["precisions"] else "without bfloat16"
    yield well("drawing", f"OpenVINO or PyTorch, whichever is faster, on {found['name']} {half}")


def check_weights(patient: Patient) -> Iterator[Finding]:
    answer = learned(patient)
    if answer is None:
        yield doubtful("weights", "cannot be read without PyTorch", "mend the libraries first")
        return
    for fault in answer["faults"]:
        yield broken(
            "weights", fault, "copy the folder of the weights again, all files that begin with the name"
        )
    if answer["faults"]:
        return
    yield well("weights", f"{patient.weights}: {answer['resolution']}², with its companions")
    if patient.site.camera is None:
        return
    for fault in answer["visitors"]:
        yield broken("weights", fault, "copy this companion, too; or write camera: off")
    if not answer["has_encoder"] and not answer["visitors"]:
        yield doubtful(
            "weights", "no encoder: likenesses take longer, and are poorer", "copy the encoder, too"
        )


def learned(patient: Patient) -> dict[str, Any] | None:
    """What the probe says of the weights; None: nothing can be said without PyTorch."""
    if patient.machine.installed("torch") is None:
        return None
    return patient.machine.probe("weights", str(patient.weights))


def check_choreography(patient: Patient) -> Iterator[Finding]:
    answer: dict[str, Any] = {}
    with suppress(ProbeError):  # the weights are told of; whatever they have learned, the text can be read
        answer = learned(patient) or {}
    units, controls = answer.get("units", ACTION_UNITS), answer.get("controls", CONTROLS)
    path, today = patient.choreography, datetime.now(patient.zone).date()
    try:
        reading = read_score(path, units, controls, patient.site.hours, today)
    except InputError as error:
        for line in str(error).splitlines():
            yield broken("choreography", line, f"mend that line; then: run_installation.py check {path}")
        return
    people = [who for who in reading.choreography.people if isinstance(who, str)]
    missing = [who for who in people if not (path.parent / who).is_file()]
    for who in missing:
        yield broken("choreography", f"{path}: no such person file: {who}", f"copy it to {path.parent}")
    for warning in reading.warnings:
        yield doubtful("choreography", str(warning), "read that line again")
    if not missing and not reading.warnings:
        yield well("choreography", f"{path}: {reading.choreography.title or 'untitled'}")
