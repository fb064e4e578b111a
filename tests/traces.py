"""What is left of somebody: a canary in their face, and the search for it in everything that lives.

A canary is a latent and action units whose numbers occur nowhere else. The latent points in a direction of
its own, so that it is found not only as itself but in whatever was computed from it: anything of which it is
a hundredth part. Texts, bytes and single numbers are searched for its digits.
"""

import gc
import io
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from installation.ports import Latent
from models.action_units import NUM_AUS

# As an integer only: a float or a text here would be found.
MARK: Final = 0x11F2F
W_DIM: Final = 512
WAY: Final = 80  # letters of the way to an object
TRACE: Final = 0.01  # of the canary's length, in a row of 512 numbers


@dataclass(frozen=True, slots=True)
class Canary:
    """Somebody's face: each number is another one."""

    number: int

    @property
    def direction(self) -> NDArray[np.float32]:
        """[512] of ±1."""
        signs = np.random.default_rng([MARK, self.number]).integers(0, 2, W_DIM)
        return (2 * signs - 1).astype(np.float32)

    def ws(self, num_ws: int) -> Latent:
        """[num_ws, 512]: every row points in the direction."""
        return np.tile(self.direction * np.float32(MARK / 1e3), (num_ws, 1))

    def aus(self) -> tuple[float, ...]:
        """a₀: 43 intensities about 0.37."""
        return tuple((MARK + unit / 1e3 + 3e5) / 1e6 for unit in range(NUM_AUS))

    def shown_aus(self) -> tuple[float, ...]:
        """What their face shows at an instant, about 0.57; again nobody else's."""
        return tuple((MARK + unit / 1e3 + 5e5) / 1e6 for unit in range(NUM_AUS))


_DIGITS: Final = re.compile(rf"{str(MARK)[:2]}\.?{str(MARK)[2:]}")


def is_in_text(text: str) -> bool:
    """Whether a number of a canary is written there, however it is rounded."""
    return _DIGITS.search(text) is not None


class Search:
    """Looks for one canary. What is shown now, and not of the latent, may be left out."""

    def __init__(self, canary: Canary, *, is_shown_told: bool = True) -> None:
        self._direction, self._size = canary.direction, MARK / 1e3
        numbers = [*canary.aus(), *(canary.shown_aus() if is_shown_told else ())]
        self.numbers = frozenset(numbers) | {float(np.float32(number)) for number in numbers}
        pairs = [(a, b) for a in (self._size, -self._size) for b in (self._size, -self._size)]
        pairs += [(number, number) for number in numbers[::12]]  # as single precision has them
        self.patterns = [np.array(pair, np.float32).tobytes() for pair in pairs]
        self.patterns += [np.float64(number).tobytes() for number in numbers[::12]]

    def is_number(self, value: float) -> bool:
        return value in self.numbers or abs(abs(value) - self._size) < 2e-5

    def is_in_bytes(self, raw: bytes) -> bool:
        """Two numbers of the latent lie there one after the other, or one of the action units."""
        return any(pattern in raw for pattern in self.patterns)

    def is_in_array(self, array: NDArray[Any]) -> bool:
        """At any place, as any type, or mixed into it."""
        array = np.asarray(array)  # of a masked one, what lies beneath
        if array.dtype.hasobject or not array.size:
            return False
        if self.is_in_bytes(array.tobytes()):
            return True
        if array.dtype.kind != "f":
            return False
        flat = np.nan_to_num(np.ascontiguousarray(array).reshape(-1).astype(np.float32))
        if flat.size % W_DIM == 0:
            shares = np.abs(flat.reshape(-1, W_DIM) @ self._direction) / W_DIM / self._size
            if shares.max() > TRACE:
                return True
        return bool((np.abs(np.abs(flat) - self._size) < 2e-5).any())

    def finds(self, thing: object) -> bool:
        """In one object, not in those that it leads to. By its type alone: to ask a proxy wakes it."""
        kind = type(thing)
        if issubclass(kind, float | np.floating):
            return self.is_number(float(thing))  # type: ignore[arg-type]
        if issubclass(kind, np.ndarray):
            return self.is_in_array(thing)  # type: ignore[arg-type]
        if issubclass(kind, torch.Tensor):
            return self._is_in_tensor(thing)  # type: ignore[arg-type]
        if issubclass(kind, str):
            return is_in_text(thing)  # type: ignore[arg-type]
        return issubclass(kind, bytes | bytearray | np.void) and self.is_in_bytes(bytes(thing))  # type: ignore[call-overload]

    def _is_in_tensor(self, tensor: torch.Tensor) -> bool:
        is_here = tensor.device.type == "cpu" and tensor.layout == torch.strided
        return is_here and self.is_in_array(tensor.detach().float().numpy())

    def among(self, things: Iterable[tuple[object, str]]) -> list[str]:
        """Where some of it is: `ndarray in Pose`."""
        return [f"{type(thing).__name__} in {holder}" for thing, holder in things if self.finds(thing)]


# --- everything that lives ----------------------------------------------------------------------------------

# Not followed from a root: they lead to the whole program, whose own objects are looked through one by one.
_BEYOND: Final = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType)


def reachable(roots: Iterable[object], beyond: tuple[type, ...] = _BEYOND) -> Iterator[tuple[object, str]]:
    """Every object that the roots lead to, with the types of the last few on the way to it."""
    waiting = [(root, "") for root in roots]
    seen = {id(waiting)}
    while waiting:
        thing, holder = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        yield thing, holder
        if issubclass(type(thing), np.ndarray):
            waiting.append((thing.base, "ndarray"))  # type: ignore[attr-defined]
        elif not issubclass(type(thing), beyond):
            way = f"{type(thing).__name__} in {holder}"[:WAY]
            waiting.extend((other, way) for other in gc.get_referents(thing))


def everything(search: Search) -> Iterator[tuple[object, str]]:
    """All objects of this process that Python can reach, but for the search's own."""
    gc.collect()
    own = {id(search), id(search.numbers), id(search.patterns)}
    return reachable((thing for thing in gc.get_objects() if id(thing) not in own), (CodeType, Search))


# --- what the program does to the world ---------------------------------------------------------------------

WRITING: Final = re.compile(r"[wax+]")
WRITE_FLAGS: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND
SOCKETS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"})
CHANGES: Final = frozenset(
    {
        "os.mkdir",
        "os.rename",
        "os.link",
        "os.symlink",
        "os.truncate",
        "shutil.copyfile",
        "shutil.move",
        "sqlite3.connect",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "tempfile.mkstemp",
        "tempfile.mkdtemp",
    }
)


@dataclass(slots=True)
class Deeds:
    """What was written and sent while it was watched."""

    is_watching: bool = False
    writes: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit hook (PEP 578)."""
        if not self.is_watching:
            return
        if event == "open":
            path, mode, flags = args
            if (isinstance(mode, str) and WRITING.search(mode)) or (flags or 0) & WRITE_FLAGS:
                self.writes.append(f"open {path!r}")
        elif event in CHANGES:
            self.writes.append(event)
        elif event in SOCKETS:
            self.sockets.append(event)


_deeds: Deeds | None = None


def watched_deeds() -> Deeds:
    """The one audit hook of this process: such a hook cannot be taken off again. Watches when told to."""
    global _deeds  # noqa: PLW0603  # as the hook itself
    if _deeds is None:
        _deeds = Deeds()
        sys.addaudithook(_deeds.hear)
    _deeds.writes.clear()
    _deeds.sockets.clear()
    return _deeds


@contextmanager
def overheard() -> Iterator[io.StringIO]:
    """Everything that is printed or logged meanwhile."""
    words = io.StringIO()
    handler = logging.StreamHandler(words)
    logging.getLogger().addHandler(handler)
    try:
        with redirect_stdout(words), redirect_stderr(words):
            yield words
    finally:
        logging.getLogger().removeHandler(handler)
