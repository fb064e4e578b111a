"""What the face does, told over Open Sound Control: for lights, sound, and other works that follow it.

A bundle at a chosen rate, by UDP, to whoever may or may not be there; nothing is waited for, and what cannot
be sent is not sent. What is told is what the score has the face do, never what a visitor's face does.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from installation.errors import InputError
from installation.ports import NANOSECONDS, Tick
from installation.stage.osc import Address, numeric

AGAIN_NS: Final = 2 * NANOSECONDS  # so often names are told though they have not changed: packets are lost
TREMBLING_NS: Final = 100_000  # of instants that are rounded to whole nanoseconds, or of a pacer

T = TypeVar("T")  # who is told of
Value = float | str


@dataclass(frozen=True, slots=True)
class Told:
    """What is told at an instant."""

    aus: Sequence[float]  # 43 intensities in [0, 1], in the order of ACTION_UNITS
    controls: Sequence[float] | None  # 7, in the order of CONTROLS; None: they are a visitor's
    mood: str = ""
    gesture: str = ""


OUTGOING: Final = (
    ("/portrait/aus", "43 floats", "every action unit, 0 to 1, in the order below"),
    (
        "/portrait/controls",
        "7 floats",
        "yaw, pitch, gaze (2), age, light (2), in degrees and years; not of a visitor",
    ),
    ("/portrait/mood", "name", "when it changes, and every two seconds"),
    ("/portrait/gesture", "name", "when it changes, and every two seconds"),
    ("/portrait/heartbeat", "seconds", "every two seconds: how long this show has been playing"),
)


class OscTeller(Generic[T]):
    """Tells `host`:`port`, `rate` times a second of show time, what `told_of` says of the performance.

    `say` is told in a line that nothing can be sent, and that it can again.
    """

    def __init__(
        self,
        address: tuple[str, int],
        rate: float,
        told_of: Callable[[T, Tick], Told],
        say: Callable[[str], None],
    ) -> None:
        self._host, self._port = address
        self._rate, self._told_of, self._say = rate, told_of, say
        self._number, self._named, self._named_ns = -1, ("", ""), -AGAIN_NS
        self._is_lost = False
        self._socket: socket.socket | None = None
        self._address: Address = address
        try:
            family, self._address = numeric(*address)
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
        except (InputError, OSError) as error:
            say(f"osc_out: {error}; the show goes on without")
            return
        self._socket.setblocking(False)
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def tell(self, performance: T, tick: Tick) -> None:
        """Of a frame that has been shown. Never waits, never fails."""
        number = int((tick.t_ns + TREMBLING_NS) * self._rate // NANOSECONDS)
        if self._socket is None or number == self._number:
            return
        self._number = number
        told = self._told_of(performance, tick)
        messages: list[tuple[str, Sequence[Value]]] = [("/portrait/aus", told.aus)]
        if told.controls is not None:
            messages.append(("/portrait/controls", told.controls))
        names, is_time = (told.mood, told.gesture), tick.t_ns - self._named_ns >= AGAIN_NS
        for address, name, before in zip(
            ("/portrait/mood", "/portrait/gesture"), names, self._named, strict=True
        ):
            if is_time or name != before:
                messages.append((address, (name,)))
        if is_time:
            self._named_ns = tick.t_ns
            messages.append(("/portrait/heartbeat", (tick.t_ns / NANOSECONDS,)))
        self._named = names
        self._send(bundle_of(messages))

    def _send(self, packet: bytes) -> None:
        assert self._socket is not None, "it is open"
        try:
            self._socket.sendto(packet, self._address)
        except BlockingIOError:  # the card is busy: the next one tells as much
            return
        except OSError as error:
            if not self._is_lost:
                where = f"{self._host}:{self._port}"
                self._say(
                    f"osc_out: nothing can be sent to {where} ({error.strerror}); it is tried all the time"
                )
            self._is_lost = True
            return
        if self._is_lost:
            self._say(f"osc_out: sending to {self._host}:{self._port} again")
        self._is_lost = False

    def close(self) -> None:
        """Tell nothing further; a second call does nothing."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def bundle_of(messages: Sequence[tuple[str, Sequence[Value]]]) -> bytes:
    """A packet for now. Numbers go as 32-bit floats, whatever they are."""
    bundle = OscBundleBuilder(IMMEDIATELY)
    for address, values in messages:
        message = OscMessageBuilder(address)
        for value in values:
            message.add_arg(value, "s" if isinstance(value, str) else "f")
        bundle.add_content(message.build())
    return bundle.build().dgram
