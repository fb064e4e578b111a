"""What is told over OSC: to a real listener, to nobody, and to an address that cannot be reached."""

import socket
import struct

import pytest
from pythonosc.osc_packet import OscPacket

from installation.ports import NANOSECONDS, Tick
from installation.stage.osc_out import OUTGOING, OscTeller, Told

HERE = "127.0.0.1"
FACE = Told(tuple(number / 43 for number in range(43)), tuple(map(float, range(7))), "dusk", "la duda")


@pytest.fixture
def listener():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((HERE, 0))
        opened.setblocking(False)
        yield opened


def heard(listener) -> list[dict[str, list]]:
    """Each packet that has come, as address → arguments."""
    packets = []
    while True:
        try:
            packet = listener.recv(4096)
        except BlockingIOError:
            return packets
        packets.append({each.message.address: each.message.params for each in OscPacket(packet).messages})


class Stage:
    """A teller, what it is told of, and the lines that were said."""

    def __init__(self, address, rate=30.0):
        self.face, self.lines, self.num_asked = FACE, [], 0
        self.teller = OscTeller(address, rate, self.told_of, self.lines.append)

    def told_of(self, _performance, _tick):
        self.num_asked += 1
        return self.face

    def play(self, seconds, fps=60, start_s=0.0):
        for frame in range(round(start_s * fps), round((start_s + seconds) * fps)):
            self.teller.tell(self, Tick(frame * NANOSECONDS // fps, 0))


def single(value: float) -> float:
    return struct.unpack(">f", struct.pack(">f", value))[0]


def test_the_first_bundle_says_all_that_there_is(listener):
    stage = Stage(listener.getsockname())
    stage.play(1 / 60)
    (packet,) = heard(listener)
    assert list(packet) == [address for address, _, _ in OUTGOING]
    assert packet["/portrait/aus"] == [single(value) for value in FACE.aus]
    assert packet["/portrait/controls"] == list(FACE.controls)
    assert packet["/portrait/mood"] == ["dusk"]
    assert packet["/portrait/gesture"] == ["la duda"]
    assert packet["/portrait/heartbeat"] == [0.0]
    stage.teller.close()


@pytest.mark.parametrize(("rate", "num"), [(30, 300), (60, 600), (7.5, 75), (0.5, 5)])
def test_it_tells_at_its_own_rate(listener, rate, num):
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    stage = Stage(listener.getsockname(), rate)
    total = 0
    for second in range(10):
        stage.play(1, start_s=second)
        total += len(heard(listener))
    assert total == num == stage.num_asked
    stage.teller.close()


def test_a_stall_is_not_made_up_for(listener):
    stage = Stage(listener.getsockname())
    stage.play(0.1)
    num_before = len(heard(listener))
    stage.play(1 / 60, start_s=90 * 86_400)
    assert num_before == 3
    assert len(heard(listener)) == 1
    stage.teller.close()


def test_names_are_told_when_they_change_and_now_and_then(listener):
    stage = Stage(listener.getsockname())
    stage.play(1.99)
    assert [packet for packet in heard(listener)[1:] if "/portrait/mood" in packet] == []
    stage.play(0.02, start_s=2)
    assert heard(listener)[0]["/portrait/heartbeat"] == [2.0]
    stage.face = Told(FACE.aus, FACE.controls, "dusk", "startled")
    stage.play(0.5, start_s=2.05)
    named = [packet for packet in heard(listener) if "/portrait/gesture" in packet]
    assert [packet["/portrait/gesture"] for packet in named] == [["startled"]]
    assert "/portrait/mood" not in named[0]
    stage.teller.close()


def test_controls_that_are_a_visitors_are_not_told(listener):
    stage = Stage(listener.getsockname())
    stage.face = Told(FACE.aus, None, "dusk", "doubt")
    stage.play(3)
    assert all("/portrait/controls" not in packet for packet in heard(listener))
    stage.teller.close()


def test_nobody_listening_is_no_trouble():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind((HERE, 0))
        address = gone.getsockname()
    stage = Stage(address)
    stage.play(2)
    assert stage.lines == []
    stage.teller.close()
    stage.teller.close()
    stage.play(1, start_s=3)


def test_what_cannot_be_sent_is_said_once_and_so_is_that_it_can_again(listener, monkeypatch):
    stage = Stage(listener.getsockname())
    failures = [OSError(101, "Network is unreachable"), BlockingIOError()] * 20

    class Broken:
        def __init__(self, good):
            self.good = good

        def sendto(self, packet, address):
            if failures:
                raise failures.pop()
            return self.good.sendto(packet, address)

        def close(self):
            self.good.close()

    monkeypatch.setattr(stage.teller, "_socket", Broken(stage.teller._socket))
    stage.play(1)
    where = ":".join(map(str, listener.getsockname()))
    assert stage.lines == [
        f"osc_out: nothing can be sent to {where} (Network is unreachable); it is tried all the time"
    ]
    stage.play(1, start_s=1)
    assert stage.lines[1:] == [f"osc_out: sending to {where} again"]
    assert heard(listener)
    stage.teller.close()


def test_a_name_is_no_address_and_the_show_goes_on_without():
    stage = Stage(("lights.example", 9001))
    stage.play(1)
    (line,) = stage.lines
    assert line.startswith("osc_out: 'lights.example' is not an address in numbers")
    assert stage.num_asked == 0
    stage.teller.close()
