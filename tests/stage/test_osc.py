"""Commands over OSC: from real packets of a real sender, and whatever else a network brings."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import SimpleUDPClient

from installation.errors import InputError
from installation.ports import Command
from installation.stage.osc import MOST_PACKETS, OscRemote, commands_in


def message(address: str, *values: object) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


@pytest.fixture
def remote():
    opened = OscRemote("127.0.0.1", 0)
    yield opened
    opened.close()


def test_a_sender_agrees_and_erases(remote):
    assert list(remote.requests()) == []
    with SimpleUDPClient("127.0.0.1", remote.port) as client:
        client.send_message("/portrait/agree", 1)
        client.send_message("/portrait/mood", "dusk")
        client.send_message("/portrait/erase", [])
    assert list(remote.requests()) == [Command.AGREE, Command.ERASE]
    assert list(remote.requests()) == []


def test_a_bundle_is_not_waited_for():
    for stamp in (IMMEDIATELY, 2_000_000_000):
        builder = OscBundleBuilder(stamp)
        builder.add_content(OscMessageBuilder("/portrait/erase").build())
        assert commands_in(builder.build().dgram) == [Command.ERASE]


def test_a_flood_is_read_in_parts(remote):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(2 * MOST_PACKETS):
            sender.sendto(message("/portrait/agree"), ("127.0.0.1", remote.port))
    assert len(list(remote.requests())) == MOST_PACKETS


@given(st.binary(max_size=300))
def test_any_bytes_are_nobodys_command(packet):
    assert commands_in(packet) == []


@given(st.data())
def test_a_damaged_message_is_one_or_none(data):
    whole = bytearray(message("/portrait/erase", 1, "x", 2.5, b"blob"))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(whole)))
    assert commands_in(bytes(whole[:length])) in ([], [Command.ERASE])


def test_an_address_that_is_taken_or_not_here_is_told(remote):
    with pytest.raises(InputError, match=f"osc: cannot listen at 127.0.0.1:{remote.port}"):
        OscRemote("127.0.0.1", remote.port)
    with pytest.raises(InputError, match=r"osc: cannot listen at 203\.0\.113\.5:9000"):
        OscRemote("203.0.113.5", 9000)
    remote.close()
    assert list(remote.requests()) == []
