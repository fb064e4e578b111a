"""Commands over Open Sound Control: a button on the wall, a show controller, a phone.

Nothing is ever answered. Packets that cannot be read, and addresses that are not known, are nobody's command;
the time stamp of a bundle is not waited for.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from pythonosc.osc_bundle import ParseError as BundleParseError
from pythonosc.osc_message import ParseError as MessageParseError
from pythonosc.osc_packet import OscPacket
from pythonosc.osc_packet import ParseError as PacketParseError

from installation.errors import InputError
from installation.ports import Command

ADDRESSES: Final = {"/portrait/agree": Command.AGREE, "/portrait/erase": Command.ERASE}
MOST_BYTES: Final = 512  # of a packet: an address is 16 of them
MOST_PACKETS: Final = 8  # between two frames; the others wait in the system's own buffer, or are lost


class OscRemote:
    """Listens at `host`:`port` for UDP packets, from the loop itself: reading never waits."""

    def __init__(self, host: str, port: int) -> None:
        """
        Raises:
            InputError: there is no such address here, or somebody else listens at it.
        """
        self._socket: socket.socket | None = None
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind)
            self._socket.setblocking(False)
            self._socket.bind(address)
        except OSError as error:
            self.close()
            reason = f"cannot listen at {host}:{port} ({error.strerror})"
            raise InputError(f"osc: {reason}; write another port in site.yaml") from None

    @property
    def port(self) -> int:
        """Where it listens: what was asked for, or, asked for 0, a free one."""
        assert self._socket is not None, "it is open"
        return int(self._socket.getsockname()[1])

    def requests(self) -> Iterator[Command]:
        """What was asked for since the last call."""
        if self._socket is None:
            return
        for _ in range(MOST_PACKETS):
            try:
                packet = self._socket.recv(MOST_BYTES)
            except BlockingIOError:
                return
            except OSError:  # of one packet that the network has lost
                continue
            yield from commands_in(packet)

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def commands_in(packet: bytes) -> list[Command]:
    """What a packet, a message or a bundle of them, asks for."""
    # Its parser is asked about bytes of strangers, and refuses some with errors that are not its own.
    with suppress(
        PacketParseError, BundleParseError, MessageParseError, ValueError, IndexError, RecursionError
    ):
        addresses = [timed.message.address for timed in OscPacket(packet).messages]
        return [ADDRESSES[address] for address in addresses if address in ADDRESSES]
    return []
