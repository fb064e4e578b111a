"""A hundred faults of real processes, while a loop goes on as the portrait's does: `make prove` runs it.

It has a process of its own, small, for what starts a process by `multiprocessing` is imported there again.
"""

import json
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from subprocess import PIPE
from threading import Thread
from typing import Final

from installation.ports import NANOSECONDS
from installation.stage.camera import Camera
from installation.stage.camera_images import take_image
from installation.stage.shared import SharedLatest
from tests.cameras import Bench, ScriptedLens

Figures = dict[str, float | int | str | bool]

KINDS: Final = ("killed", "stopped", "hung", "frozen", "black", "refused", "renumbered")
NUM_CAMERAS: Final = 2
NUM_FAULTS: Final = 50  # of each camera
SIZE_PX: Final = (1280, 720)
PERIOD_NS: Final = NANOSECONDS // 60
WELL_S: Final = 4.0  # at most, between two faults, from the least that makes it as good as new
WELL_LEAST_S: Final = 3.2
FAULT_S: Final = 3.0  # at most, after it has been noticed
CONTROL: Final = "control"  # the argument of a process that has the same loop, and no camera
MOST_NOTICED_S: Final = 3.0
MOST_RECOVERY_S: Final = 5.0
ENDLESS_S: Final = 60


@dataclass
class Patient:
    """A camera that is to go through it, and what became of that. Times in seconds."""

    camera: Camera
    bench: Bench
    name: str
    number: int
    seen_ns: int = 0  # the stamp of the newest picture, kept by the loop
    noticed_s: list[float] = field(default_factory=list)
    recovered_s: dict[str, list[float]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def endure(self, dice: random.Random) -> None:
        """All the faults, one after the other, each kind as often as the others."""
        self._wait(partial(self._is_well_since, 0))
        for k in range(NUM_FAULTS):
            time.sleep(dice.uniform(WELL_LEAST_S, WELL_S))
            kind = KINDS[(k + self.number) % len(KINDS)]
            begun_ns = time.monotonic_ns()
            end = self._afflict(kind)
            self._wait(lambda: self.camera.trouble != "")
            self.noticed_s.append((time.monotonic_ns() - begun_ns) / NANOSECONDS)
            if end is None:
                ended_ns = begun_ns
            else:
                time.sleep(dice.uniform(0, FAULT_S))
                ended_ns = time.monotonic_ns()
                end()
            self._wait(partial(self._is_well_since, ended_ns))
            recovered_s = (time.monotonic_ns() - ended_ns) / NANOSECONDS
            self.recovered_s.setdefault(kind, []).append(recovered_s)

    def _afflict(self, kind: str) -> Callable[[], object] | None:
        """Let it befall the camera; → what ends it, or None where that is over at once."""
        if kind in ("killed", "stopped"):
            os.kill(self._pid(), signal.SIGKILL if kind == "killed" else signal.SIGSTOP)
            return None
        if kind == "renumbered":
            self.bench.unplug(self.name)
            self.number += NUM_CAMERAS
            return lambda: self.bench.plug(self.name, self.number)
        mode = {"hung": "hang", "frozen": "freeze", "black": "black", "refused": "refuse"}[kind]
        self.bench.tell(self.name, mode)
        return lambda: self.bench.tell(self.name, "run")

    def _is_well_since(self, t_ns: int) -> bool:
        return self.seen_ns > t_ns and not self.camera.trouble

    def _pid(self) -> int:
        (pid,) = (child.pid for child in multiprocessing.active_children() if child.name.endswith(self.name))
        assert pid is not None
        return pid

    def _wait(self, is_so: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + ENDLESS_S
        while not is_so():
            assert time.monotonic() < deadline_s, f"{self.name}: {self.camera.trouble or 'nothing noticed'}"
            time.sleep(0.01)


def _loop(is_over: Callable[[], bool], turn: Callable[[], object]) -> tuple[list[float], list[float]]:
    """60 turns a second; → how late each one began, and what it cost of a core, in milliseconds."""
    late_ms, costs_ms = list[float](), list[float]()
    due_ns = time.monotonic_ns()
    while not is_over():
        time.sleep(max(0, due_ns - time.monotonic_ns()) / NANOSECONDS)
        late_ms.append((time.monotonic_ns() - due_ns) / 1e6)
        begun_ns = time.thread_time_ns()
        turn()
        costs_ms.append((time.thread_time_ns() - begun_ns) / 1e6)
        due_ns = max(due_ns + PERIOD_NS, time.monotonic_ns() - PERIOD_NS)
    return late_ms, costs_ms


def _measured() -> Figures:
    command = [sys.executable, "-m", "tests.prove_cameras", CONTROL]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        patients, mailboxes = list[Patient](), list[SharedLatest]()
        for number in range(NUM_CAMERAS):
            bench, name, said = Bench(folder / str(number), SIZE_PX), f"{number}", list[str]()
            bench.plug(name, number)
            camera = Camera(name, said.append, device=bench.device(name), open_=ScriptedLens)
            stack.enter_context(camera)
            mailboxes.append(stack.enter_context(closing(SharedLatest.attached(camera.images))))
            patients.append(Patient(camera, bench, name, number, said=said))
        threads = [
            Thread(target=patient.endure, args=(random.Random(patient.number),), daemon=True)
            for patient in patients
        ]

        def turn() -> None:
            for patient, mailbox in zip(patients, mailboxes, strict=True):
                taken = take_image(mailbox)
                if taken is not None and not patient.camera.trouble:
                    patient.seen_ns = taken.t_ns

        control = stack.enter_context(subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True))
        for thread in threads:
            thread.start()
        late_ms, costs_ms = _loop(lambda: not any(thread.is_alive() for thread in threads), turn)
        control_ms = json.loads(control.communicate()[0])
    return _figures(patients, control_ms, late_ms, costs_ms)


def _control() -> None:
    """The loop with nothing in it, until the standard input ends: what the machine itself does to it."""
    end = Thread(target=sys.stdin.read, daemon=True)
    end.start()
    late_ms, _ = _loop(lambda: not end.is_alive(), lambda: None)
    print(json.dumps(late_ms))  # noqa: T201


def _figures(
    patients: list[Patient], control_ms: list[float], late_ms: list[float], costs_ms: list[float]
) -> Figures:
    noticed_s = [value for patient in patients for value in patient.noticed_s]
    figures: Figures = {"faults": len(noticed_s), "noticed_s_max": round(max(noticed_s), 2)}
    recovered_s = list[float]()
    for kind in KINDS:
        of_kind = [value for patient in patients for value in patient.recovered_s.get(kind, [])]
        figures[f"recovery_{kind}_s_max"] = round(max(of_kind), 2)
        recovered_s += of_kind
    figures |= {
        "recovery_s_median": round(statistics.median(recovered_s), 2),
        "recovery_s_max": round(max(recovered_s), 2),
        "messages": sum(len(patient.said) for patient in patients),
        "turns": len(late_ms),
        "turn_costs_ms_median": round(statistics.median(costs_ms), 2),
        "turn_costs_ms_max": round(max(costs_ms), 1),
        **_lateness("", late_ms),
        **_lateness("_without_cameras", control_ms),
    }
    is_all = len(recovered_s) == len(noticed_s) == NUM_CAMERAS * NUM_FAULTS
    is_soon = max(noticed_s) <= MOST_NOTICED_S and max(recovered_s) <= MOST_RECOVERY_S
    return figures | {"holds": is_all and is_soon}


def _lateness(when: str, late_ms: list[float]) -> Figures:
    share = sum(value > PERIOD_NS / 2e6 for value in late_ms) / len(late_ms)
    return {f"late_ms_max{when}": round(max(late_ms), 1), f"late_by_half_a_period{when}": round(share, 5)}


def cameras() -> Figures:
    """Cameras killed, hung, frozen, blackened, refused, renumbered: noticed, mended, never waited for."""
    done = subprocess.run([sys.executable, "-m", __name__], check=True, stdout=PIPE, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    if sys.argv[1:] == [CONTROL]:
        _control()
    else:
        print(json.dumps(_measured(), indent=2))  # noqa: T201
