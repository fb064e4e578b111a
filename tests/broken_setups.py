"""A set-up in which all is well, and the ways in which set-ups are broken, for the doctor to name."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from installation.doctor.examination import examine, patient_of
from installation.doctor.findings import Finding, Health
from installation.doctor.machine import Machine, ProbeError
from tests.models.tiny import write_tiny_encoder, write_tiny_reader, write_tiny_weights

Probe = Callable[..., dict[str, Any]]
SITE = """version: 1
title: room 3
timezone: Europe/Berlin
weights: tiny.safetensors
choreography: piece.yaml
monitor: 1
camera: {camera}
osc: {osc}
osc_out: 9001
desk: {desk}
display_off: relay off
display_on: relay on
"""
PIECE = """version: 1
title: a piece
gestures:
  a: {emotion: happy}
  b: {emotion: sad}
moods:
  day: {gestures: {a: 1, b: 1}}
"""
CLOCK = 1_793_000_000_000_000_000  # in October 2026
SAID = {
    "timedatectl": "Timezone=Europe/Berlin\nNTPSynchronized=yes\n",
    "xset": "Screen Saver:\n  timeout:  0    cycle:  600\n",
    "systemctl": "UnitFileState=enabled\n",
}


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@dataclass
class Bench:
    """A folder with everything that a show needs, and a machine that is well; to be broken by a set-up."""

    folder: Path
    probe: Probe  # of what is real; screen and card are not
    changes: dict[str, Any] = field(default_factory=dict)  # of the machine
    answers: dict[str, Any] = field(default_factory=dict)  # of probes; an exception is raised
    open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.osc, self.desk = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
        self.camera = self.folder / "video0"
        self.camera.touch()
        self.write("site.yaml", SITE.format(camera=self.camera, osc=self.osc, desk=self.desk))
        self.write("piece.yaml", PIECE)
        self.write("house.yaml", PIECE)
        shutil.copytree(self.folder, self.house, ignore=shutil.ignore_patterns("*.yaml", "video0", "house"))
        self.answers = {
            "display": {"is_there": True, "driver": "x11", "sizes_px": [[1920, 1080], [1080, 1920]]},
            "torch": {"version": "2", "cuda": None, "is_available": False, "warnings": []},
            "openvino": {"name": "a processor", "precisions": ["FP32", "BF16"]},
        }

    @property
    def house(self) -> Path:
        """Where what comes with the program is: weights that play where the site names none."""
        return self.folder / "house"

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, text: str) -> None:
        self.path(name).write_text(text, encoding="utf-8")

    def edit(self, name: str, before: str, after: str) -> None:
        text = self.path(name).read_text(encoding="utf-8")
        assert before in text
        self.write(name, text.replace(before, after))

    def ask(self, name: str, *arguments: str) -> dict[str, Any]:
        answer = self.answers.get(name)
        if isinstance(answer, Exception):
            raise answer
        return self.probe(name, *arguments) if answer is None else answer

    def examined(self) -> list[Finding]:
        folders = {purpose: self.folder / purpose for purpose in ("cache", "state", "log")}
        healthy = Machine(
            environ={"DISPLAY": ":0"},
            probe=self.ask,
            said_by=lambda command: SAID.get(command[0]),
            which=lambda name: f"/usr/bin/{name}",
            free_bytes=lambda path: 50 << 30,
            cameras=lambda: [str(self.camera)],
            camera_trouble=lambda source: "",
            memory_mb=lambda: (8000, 0),
            num_cores=lambda: 4,
            has_nvidia=lambda: False,
            playing_pid=lambda: None,
            zone=lambda: "Europe/Berlin",
            utc_ns=lambda: CLOCK,
            folders=lambda: folders,
        )
        machine = replace(healthy, **self.changes)
        return examine(
            patient_of(
                self.path("site.yaml"), self.house / "tiny.safetensors", self.path("house.yaml"), machine
            )
        )


@contextmanager
def bench(folder: Path, weights: Path, probe: Probe) -> Iterator[Bench]:
    """A bench in an empty folder, with a copy of the weights that `tiny_weights` has written."""
    for file in weights.glob("tiny.*"):
        shutil.copy(file, folder / file.name)
    made = Bench(folder, probe)
    try:
        yield made
    finally:
        for opened in made.open:
            opened.close()


def tiny_weights(folder: Path) -> Path:
    """Weights with all companions; → their folder."""
    generator = write_tiny_weights(folder)
    write_tiny_reader(generator)
    write_tiny_encoder(generator)
    return folder


# --- what may be broken -------------------------------------------------------------------------------------


def no_weights(bench: Bench) -> None:
    bench.path("tiny.safetensors").unlink()


def no_weights_in_the_house(bench: Bench) -> None:
    bench.edit("site.yaml", "weights: tiny.safetensors\n", "")
    (bench.house / "tiny.safetensors").unlink()


def truncated_weights(bench: Bench) -> None:
    path = bench.path("tiny.safetensors")
    os.truncate(path, path.stat().st_size - 1000)


def foreign_companion(bench: Bench) -> None:
    other = bench.folder / "other"
    other.mkdir()
    write_tiny_weights(other, seed=1)
    name = "tiny.pseudo_autoencoder.safetensors"
    shutil.copy(other / name, bench.path(name))


def no_companion(bench: Bench) -> None:
    bench.path("tiny.pseudo_autoencoder.safetensors").unlink()


def damaged_reader(bench: Bench) -> None:
    os.truncate(bench.path("tiny.au_reader.safetensors"), 100)


def fault_in_the_site(bench: Bench) -> None:
    bench.edit("site.yaml", "monitor: 1", "monitor: left")


def wrong_timezone(bench: Bench) -> None:
    bench.edit("site.yaml", "Europe/Berlin", "Europe/Berlín")


def broken_choreography(bench: Bench) -> None:
    bench.edit("piece.yaml", "b: 1", "c: 1")


def no_choreography(bench: Bench) -> None:
    bench.path("piece.yaml").unlink()


def no_such_monitor(bench: Bench) -> None:
    bench.answers["display"]["sizes_px"].pop()


def no_screen(bench: Bench) -> None:
    bench.changes["environ"] = {}
    bench.answers["display"] = {"is_there": False, "error": ""}


def closed_screen(bench: Bench) -> None:
    bench.answers["display"] = {"is_there": False, "error": "x11 not available"}


def no_camera(bench: Bench) -> None:
    bench.camera.unlink()


def busy_camera(bench: Bench) -> None:
    bench.changes["camera_trouble"] = lambda source: "it cannot be opened"


def file_for_a_folder(bench: Bench) -> None:
    bench.path("state").touch()


def full_disk(bench: Bench) -> None:
    bench.changes["free_bytes"] = lambda path: 3 << 20


def no_libx264(bench: Bench) -> None:
    bench.answers["codecs"] = ProbeError("UnknownCodecError: libx264")


def taken_desk(bench: Bench) -> None:
    bench.open.append(taken := socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    taken.bind(("127.0.0.1", bench.desk))
    taken.listen()


def taken_osc(bench: Bench) -> None:
    bench.open.append(taken := socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    taken.bind(("127.0.0.1", bench.osc))


def name_for_an_address(bench: Bench) -> None:
    bench.edit("site.yaml", "osc_out: 9001", "osc_out: lights.local:9001")


def no_such_command(bench: Bench) -> None:
    bench.changes["which"] = lambda name: None


def old_driver(bench: Bench) -> None:
    bench.changes["has_nvidia"] = lambda: True
    bench.answers["torch"] |= {"cuda": "13.0", "warnings": ["The NVIDIA driver on your system is too old"]}


def missing_library(bench: Bench) -> None:
    bench.changes["required"] = lambda: ("pygame>=2.6", "nothing-of-this-name>=1", "av>=999")


def clock_of_1970(bench: Bench) -> None:
    bench.changes["utc_ns"] = lambda: 86_400 * 10**9


def clock_on_its_own(bench: Bench) -> None:
    bench.changes["said_by"] = lambda command: {**SAID, "timedatectl": "NTPSynchronized=no\n"}.get(command[0])


def blanking_screen(bench: Bench) -> None:
    bench.changes["said_by"] = lambda command: {**SAID, "xset": "  timeout:  600 \n"}.get(command[0])


def disabled_service(bench: Bench) -> None:
    said = {**SAID, "systemctl": "UnitFileState=disabled\n"}
    bench.changes["said_by"] = lambda command: said.get(command[0])


def swap(bench: Bench) -> None:
    bench.changes["memory_mb"] = lambda: (8000, 2048)


def wrong_python(bench: Bench) -> None:
    bench.changes["version"] = (3, 9, 2)


@dataclass(frozen=True)
class Broken:
    """A way of breaking a set-up, and what the doctor is to say: of what, how bad, and in which words."""

    breaks: Callable[[Bench], None]
    what: str
    words: str
    health: Health = Health.BROKEN
    others: Sequence[str] = ()  # what is broken by the same thing, and named, too


D = Health.DOUBTFUL
ALL = (
    Broken(no_weights, "site.yaml", "weights: no such file"),
    Broken(no_weights_in_the_house, "weights", "no such weights file"),
    Broken(truncated_weights, "weights", "not a whole safetensors file"),
    Broken(foreign_companion, "weights", "made for another generator"),
    Broken(no_companion, "weights", "tiny.pseudo_autoencoder.safetensors: missing"),
    Broken(damaged_reader, "weights", "tiny.au_reader.safetensors: not a whole"),
    Broken(fault_in_the_site, "site.yaml", "site.yaml:6:10: monitor: "),
    Broken(wrong_timezone, "site.yaml", "site.yaml:3:11: timezone: "),
    Broken(broken_choreography, "choreography", "unknown gesture 'c'"),
    Broken(no_choreography, "site.yaml", "choreography: no such file"),
    Broken(no_such_monitor, "display", "there is no monitor 1"),
    Broken(no_screen, "display", "neither DISPLAY nor WAYLAND_DISPLAY"),
    Broken(closed_screen, "display", ":0 cannot be opened (x11 not available)"),
    Broken(no_camera, "camera", "is not there"),
    Broken(busy_camera, "camera", "it cannot be opened"),
    Broken(file_for_a_folder, "state folder", "cannot be written to (Not a directory)"),
    Broken(full_disk, "state folder", "3 MB free", others=("cache folder", "log folder")),
    Broken(no_libx264, "codecs", "libx264", D),
    Broken(taken_desk, "desk", "nobody can listen there (Address already in use)"),
    Broken(taken_osc, "osc", "nobody can listen there (Address already in use)"),
    Broken(name_for_an_address, "osc_out", "is not an address in numbers"),
    Broken(no_such_command, "display_off", "there is no relay here", others=("display_on",)),
    Broken(old_driver, "graphics card", "driver on your system is too old", D),
    Broken(missing_library, "libraries", "nothing-of-this-name is missing; av "),
    Broken(clock_of_1970, "clock", "1970"),
    Broken(clock_on_its_own, "clock", "not kept right", D),
    Broken(blanking_screen, "screen saver", "after 600 s", D),
    Broken(disabled_service, "service", "is there and not enabled", D),
    Broken(swap, "swap", "2048 MB", D),
    Broken(wrong_python, "Python", "3.9.2 is not 3.11 to 3.13"),
)


def faults_of(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.health is not Health.WELL]


def is_named_rightly(broken: Broken, findings: Sequence[Finding]) -> bool:
    """Whether what is broken is told of, with something to do, and nothing else is blamed."""
    faults = faults_of(findings)
    named = [each for each in faults if each.what == broken.what and broken.words in each.found]
    return (
        len(named) == 1
        and named[0].health is broken.health
        and {each.what for each in faults} == {broken.what, *broken.others}
        and len(faults) == 1 + len(broken.others)
        and all(each.advice for each in faults)
    )
