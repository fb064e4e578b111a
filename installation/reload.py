"""A choreography that is edited while it plays: read and checked in a thread, handed over between two frames.

A file that cannot be played changes nothing: its faults are told, and what played before plays on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final, Protocol, Self

from installation.errors import InputError
from installation.notation.problems import Problem
from installation.portrait import Pose
from installation.score.choreography import Choreography, Who
from installation.stage.latest import Latest
from installation.stage.watch import contents

LEAVING_S: Final = 1.0  # for the thread; where a disk holds it up, it is left behind


@dataclass(frozen=True, slots=True)
class Offer:
    """A score that can be played, its dice, everybody whom it names, and who is there where it names
    nobody.
    """

    score: Choreography
    seed: int
    people: Mapping[Who, Pose]
    resident: Who
    warnings: tuple[Problem, ...] = ()


class Player(Protocol):
    """Who takes scores: the performance."""

    def offer(self, score: Choreography, seed: int, people: Mapping[Who, Pose], resident: Who) -> None: ...


class Reload:
    """Follows the file at `path` from `with` on; `poll` hands over what has become of it.

    `playing` are the bytes that are played already. `read`, which is called in a thread, makes an offer of
    others, or raises InputError with all their faults.
    """

    def __init__(
        self, path: Path, playing: bytes, read: Callable[[bytes], Offer], say: Callable[[str], None]
    ) -> None:
        self._path, self._playing, self._read, self._say = path, playing, read, say
        self._stop = Event()
        self._latest: Latest[Offer] = Latest()
        self._is_followed = True

    def __enter__(self) -> Self:
        self._thread = self._latest.fed_by(self._follow, f"watching {self._path}")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(LEAVING_S)

    def _follow(self) -> None:
        changes = contents(self._path, self._stop, self._say)
        for offer in offers(self._path, changes, self._playing, self._read, self._say):
            self._latest.post(offer)

    def poll(self, player: Player) -> None:
        """Hand over the newest score, if there is one. Never waits, and never fails."""
        if not self._is_followed:
            return
        try:
            newest = self._latest.take()
        except Exception as cause:  # whatever the thread has died of, the show goes on
            self._is_followed = False
            self._say(f"{self._path}: no longer watched ({cause!r}); playing on, restart to change it")
            return
        if newest:
            offer = newest.value
            player.offer(offer.score, offer.seed, offer.people, offer.resident)
            told = (f"{self._path}: reloaded; playing from the next gesture", *map(str, offer.warnings))
            self._say("\n".join(told))


def offers(
    path: Path,
    changes: Iterable[bytes | OSError],
    playing: bytes,
    read: Callable[[bytes], Offer],
    say: Callable[[str], None],
) -> Iterator[Offer]:
    """What can be played of a file's contents, unless it is playing; of the others the faults are told.

    Contents that were wrong are read again, since a file that they name may be there by now, but the same
    faults of them are told once.
    """
    wrong = None
    for content in changes:
        if content == playing:
            if wrong:
                say(f"{path}: as it was before; playing on")
            wrong = None
            continue
        try:
            offer = read(readable(content, path))
        except InputError as error:
            if wrong != (content, str(error)):
                say(f"{error}\nplaying on with the one before")
            wrong = content, str(error)
            continue
        assert isinstance(content, bytes)
        playing, wrong = content, None
        yield offer


def readable(content: bytes | OSError, path: Path) -> bytes:
    """
    Raises:
        InputError: why the file cannot be read.
    """
    if isinstance(content, OSError):
        raise InputError(f"{path}: cannot be read ({content.strerror})")
    return content
