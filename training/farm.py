"""Projection on many machines: Ray's actors, one to a GPU or a core, and what they have not finished.

An actor may die at any time, alone or with its machine: its batch goes to the others, and a new actor takes
its place as soon as there is room for one. Results travel to the one process that asked, and it alone writes.
(Moritz et al., "Ray: A distributed framework for emerging AI applications", OSDI 2018.)
"""

import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, NamedTuple

import ray
from ray.exceptions import RayError, RayTaskError

from training.latent_store import Result
from training.projector import Done, Projector, Setup, Task

LOCAL: Final = "local"
# Ray would report home, and warn of what CPU actors on a GPU's machine will see one day.
SETTINGS: Final = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
CONNECTION_S: Final = 10.0
MOST_DEATHS: Final = 3  # for each place, one after another, with nothing finished in between


class FarmError(OSError):
    """The work cannot go on; the message is one line that says where, what, and what instead."""


@contextmanager
def connected(address: str, num_cores: int | None = None) -> Iterator[None]:
    """Join the cluster at an address, or make one of this machine's cores and GPUs; leave it again.

    Where the process has joined one already, that one is used, and not left. `num_cores`: of this machine,
    None being all.

    Raises:
        FarmError: no cluster answers there.
    """
    if ray.is_initialized():
        yield
        return
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        if address == LOCAL:
            ray.init(address=LOCAL, num_cpus=num_cores, include_dashboard=False, **quiet)
        else:
            refuse_unreachable(address)
            ray.init(address=address, **quiet)
    except (RayError, OSError, RuntimeError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        message = (
            f"no Ray cluster answers ({reason}); `ray start --head` starts one, --ray {LOCAL} needs none"
        )
        raise FarmError(f"{address}: {message}") from None
    try:
        yield
    finally:
        ray.shutdown()


def refuse_unreachable(address: str) -> None:
    """OSError where nobody listens at HOST:PORT or ray://HOST:PORT; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdigit():
        socket.create_connection((host, int(port)), timeout=CONNECTION_S).close()


def places(device: str | None) -> tuple[str, int]:
    """Where actors may stand: the kind of device, None being the best there is, and how many there are.

    Raises:
        FarmError: the cluster has none of them.
    """
    resources: Mapping[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    num_gpus, num_cores = int(resources.get("GPU", 0)), int(resources.get("CPU", 0))
    kind = device or ("cuda" if num_gpus else "cpu")
    num = num_gpus if kind == "cuda" else num_cores
    if num == 0:
        raise FarmError(f"no {kind} in the Ray cluster; start a node that has one, or name another --device")
    return kind, num


class _Actor:
    """A projector somewhere else."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.projector: Projector | None = None

    def open(self) -> None:
        """Load the networks. Not when made: what goes wrong here is an error, and no death."""
        self.projector = Projector(self.setup)

    def project(self, task: Task) -> list[Result]:
        assert self.projector is not None
        return self.projector.project(task)


class _Doing(NamedTuple):
    """An actor at work."""

    actor: Any
    task: Task | None  # None: it loads its networks


class Farm:
    """Actors and what they are doing; a `with` statement ends them."""

    def __init__(self, setup: Setup, most: int) -> None:
        """As many actors as the cluster has places for, at most `most`. FarmError: it has none."""
        device, num_places = places(setup.device)
        self.setup, self.num_actors = replace(setup, device=device), min(num_places, most)
        self.doing: dict[Any, _Doing] = {}  # by the reference to what will come of it
        self.idle: list[Any] = []
        self.num_deaths = 0  # since something was last finished

    def __enter__(self) -> "Farm":
        for _ in range(self.num_actors):
            self._hire()
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self.actors:
            ray.kill(actor)

    @property
    def actors(self) -> list[Any]:
        return self.idle + [doing.actor for doing in self.doing.values()]

    def project(self, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the tasks, in whatever order they are finished; one is taken when an actor is free for it.

        Raises:
            FarmError: actors die and die, and nothing is finished.
            CheckpointError, OSError: what an actor finds amiss with its weights and files.
        """
        again: deque[Task] = deque()  # whose actors died: last, lest one that kills them all stop the others
        while True:
            while self.idle and (task := next(tasks, None) or (again.popleft() if again else None)):
                actor = self.idle.pop()
                self.doing[actor.project.remote(task)] = _Doing(actor, task)
            if self.idle and not any(doing.task for doing in self.doing.values()):
                return  # nothing is left, and nobody works
            (reference,), _ = ray.wait(list(self.doing), num_returns=1)
            actor, task = self.doing.pop(reference)
            try:
                results = ray.get(reference)
            except RayTaskError as error:
                raise error.cause from None
            except RayError:
                self._replace(actor, task)
                again.extend([task] if task else [])
                continue
            self.idle.append(actor)
            if task:
                self.num_deaths = 0
                yield Done(task, results)

    def _hire(self) -> None:
        num_gpus = 1 if self.setup.device == "cuda" else 0
        remote: Any = ray.remote(_Actor)
        actor = remote.options(num_cpus=1, num_gpus=num_gpus).remote(self.setup)
        self.doing[actor.open.remote()] = _Doing(actor, None)

    def _replace(self, actor: Any, task: Task | None) -> None:
        ray.kill(actor)
        self.num_deaths += 1
        if self.num_deaths > MOST_DEATHS * self.num_actors:
            busy = f"; the last had {task.samples[0].picture} and what follows it" if task else ""
            raise FarmError(
                f"{self.num_deaths} processes died one after another{busy}; look into Ray's logs, and at the "
                "memory that each has (2 GB are enough)"
            )
        self._hire()
