"""What is plugged in and what others may have taken: screen and its power, camera, ports; fonts, codecs."""

import os
import shlex
import socket
from collections.abc import Iterator
from typing import Final

from installation.doctor.findings import Finding, broken, doubtful, well
from installation.doctor.machine import ProbeError
from installation.doctor.patient import Patient
from installation.errors import InputError
from installation.hanging import DPMS
from installation.stage.camera_device import Device

FREE_PORT: Final = "write another port in site.yaml, or end what has this one: ss -lnp"


def check_display(patient: Patient) -> Iterator[Finding]:
    environ, wanted = patient.machine.environ, patient.site.hanging.monitor
    answer = patient.machine.probe("display")
    if not answer["is_there"]:
        name = environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY")
        if name is None:
            advice = (
                "start it at the computer itself, or as the service; from elsewhere with DISPLAY=:0 before it"
            )
            yield broken("display", "no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set", advice)
        else:
            advice = "run as the user whose session it is, with their XAUTHORITY; is a monitor connected?"
            yield broken("display", f"{name} cannot be opened{_because(answer)}", advice)
        return
    sizes = [f"{width}×{height}" for width, height in answer["sizes_px"]]
    told = f"{answer['driver']}: " + ", ".join(
        f"monitor {number} {size}" for number, size in enumerate(sizes)
    )
    if wanted >= len(sizes):
        advice = "connect it, or run hang, which writes the one that is there"
        yield broken("display", f"there is no monitor {wanted}, which site.yaml names; {told}", advice)
    else:
        yield well("display", told)


def _because(answer: dict[str, object]) -> str:
    return f" ({answer['error']})" if answer.get("error") else ""


def check_camera(patient: Patient) -> Iterator[Finding]:
    """Whether it is there, may be opened, and gives a picture, which nobody sees."""
    camera = patient.site.camera
    if camera is None:
        yield well("camera", "off")
        return
    source, others = str(camera), ", ".join(patient.machine.cameras()) or "none"
    try:
        place = Device(source).where()
    except InputError:
        yield broken(
            "camera", f"{source} is not there; found: {others}", "plug it in, or run hang, which chooses one"
        )
        return
    if os.path.exists(place) and not os.access(place, os.R_OK | os.W_OK):  # noqa: PTH110  # a number elsewhere
        advice = "sudo usermod -aG video USER, and log in again"
        yield broken("camera", f"{source}: this user may not open it", advice)
    elif (pid := patient.machine.playing_pid()) is not None:
        yield well("camera", f"{source}: in use by the show that plays (process {pid})")
    elif trouble := patient.machine.camera_trouble(source):
        yield broken(
            "camera", f"{source}: {trouble}", "does another program hold it? else try another socket or cable"
        )
    else:
        yield well("camera", f"{source} gives pictures")


def check_ports(patient: Patient) -> Iterator[Finding]:
    """Desk and OSC in; where OSC goes out, nobody need be there."""
    site, pid = patient.site, patient.machine.playing_pid()
    listeners = (("desk", site.desk, socket.SOCK_STREAM), ("osc", site.osc, socket.SOCK_DGRAM))
    for what, address, kind in listeners:
        if address is None:
            yield well(what, "off")
            continue
        where = "{}:{}".format(*address)
        reason = patient.machine.can_listen(kind, *address)
        if reason and pid is not None:
            yield well(what, f"{where}: in use, the show plays (process {pid})")
        elif reason:
            yield broken(what, f"{where}: nobody can listen there ({reason})", FREE_PORT)
        else:
            is_open = address[0] not in ("127.0.0.1", "::1", "localhost")
            yield well(
                what, f"{where} is free{'; whoever is on the network can reach it' if is_open else ''}"
            )
    if site.osc_out is not None:
        from installation.stage.osc import numeric

        try:
            numeric(*site.osc_out)
        except InputError as error:
            yield broken("osc_out", str(error), "write the address in numbers in site.yaml")
        else:
            yield well("osc_out", "{}:{}".format(*site.osc_out))


def check_display_power(patient: Patient) -> Iterator[Finding]:
    """The commands that darken and light the display; and whether the system blanks it by itself."""
    site = patient.site
    for what, command in (("display_off", site.display_off), ("display_on", site.display_on)):
        if command is None:
            yield from ([well(what, "off: the display stays lit")] if what == "display_off" else [])
        elif command == DPMS:
            yield _system_switch(patient)
        else:
            yield _command(patient, what, command)
    yield from _blanking(patient)


def _command(patient: Patient, what: str, command: str) -> Finding:
    try:
        name = shlex.split(command)[0]
    except (ValueError, IndexError):
        return broken(what, f"{command}: cannot be read as a command", "mend its quotes in site.yaml")
    if patient.machine.which(name) is None:
        return broken(
            what,
            f"{command}: there is no {name} here",
            f"install {name}, or write its whole path in site.yaml",
        )
    return well(what, command)


def _system_switch(patient: Patient) -> Finding:
    environ = patient.machine.environ
    program, package = ("wlopm", "wlopm") if environ.get("WAYLAND_DISPLAY") else ("xset", "x11-xserver-utils")
    if not environ.get("WAYLAND_DISPLAY") and not environ.get("DISPLAY"):
        return well("display_off", "dpms; asked for where there is a screen")
    if patient.machine.which(program) is None:
        return doubtful(
            "display_off",
            f"dpms: no {program} here, the display stays lit while it is closed",
            f"apt install {package}",
        )
    return well("display_off", f"dpms, by {program}")


def _blanking(patient: Patient) -> Iterator[Finding]:
    """What X would do by itself. The program keeps it from that as long as it shows."""
    said = patient.machine.said_by(("xset", "q")) if patient.machine.environ.get("DISPLAY") else None
    if said is None:
        return
    words = said.split()
    timeouts = [int(words[at + 1]) for at, word in enumerate(words[:-1]) if word == "timeout:"]
    if any(timeouts):
        yield doubtful(
            "screen saver",
            f"X blanks the screen after {max(timeouts)} s if the program does not keep it lit",
            "xset s off",
        )
    else:
        yield well("screen saver", "off")


def check_fonts(patient: Patient) -> Iterator[Finding]:
    """What the test card of `hang` is written with."""
    if patient.machine.installed("matplotlib") is None or patient.machine.installed("pillow") is None:
        return  # the libraries have been told of
    from installation.stage.lettering import lettering

    try:
        lettering(20)
    except OSError as error:
        yield doubtful(
            "fonts", f"the test card cannot be written ({error})", "pip install --force-reinstall matplotlib"
        )
    else:
        yield well("fonts", "those of the test card are there")


def check_codecs(patient: Patient) -> Iterator[Finding]:
    if patient.machine.installed("av") is None:
        return  # the libraries have been told of
    try:
        answer = patient.machine.probe("codecs")
    except ProbeError as error:
        advice = "pip install --force-reinstall av; only `record` needs it, and videos in a camera's place"
        yield doubtful("codecs", f"no film can be encoded: {error}", advice)
    else:
        yield well("codecs", f"H.264, by libx264 in PyAV {answer['version']}")
