"""Requests over OSC: from real packets of a real sender, and whatever else a network brings."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import SimpleUDPClient

from installation.ports import NANOSECONDS, Command, Move, Play
from installation.stage.osc import (
    MOST_BYTES,
    MOST_BYTES_READ,
    MOST_PACKETS,
    OscRemote,
    messages_in,
    newest,
    requests_in,
)
from installation.stage.osc_messages import LONGEST_NAME, MESSAGES, READERS
from models.action_units import ACTION_UNITS
from models.controls import CONTROL_SPANS, CONTROLS

HERE = "127.0.0.1"
TYPES = {bool: ("T", "F"), int: "i", float: "f", str: "s"}


def message(address: str, *values: object) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def bundle(*contents: bytes, stamp: bytes = b"\0\0\0\0\0\0\0\1") -> bytes:
    return b"#bundle\0" + stamp + b"".join(struct.pack(">i", len(each)) + each for each in contents)


def asked(address: str, *values: object) -> list:
    return requests_in(message(address, *values))


class Told:
    """A clock that is set, and the lines that were said."""

    def __init__(self):
        self.now_ns, self.lines = 0, []

    def remote(self, host=HERE, port=0):
        return OscRemote(host, port, self.lines.append, lambda: self.now_ns)


@pytest.fixture
def remote():
    opened = OscRemote(HERE, 0)
    yield opened
    opened.close()


# --- what each message asks for -----------------------------------------------------------------------------


def test_a_sender_is_heard(remote):
    assert list(remote.requests()) == []
    with SimpleUDPClient(HERE, remote.port) as client:
        client.send_message("/portrait/agree", 1)
        client.send_message("/portrait/curtain", "up")
        client.send_message("/portrait/mood", "dusk")
        client.send_message("/portrait/erase", [])
    assert list(remote.requests()) == [Command.AGREE, Play(mood="dusk", by="OSC"), Command.ERASE]
    assert list(remote.requests()) == []


BUTTONS = {"go": Command.GO, "agree": Command.AGREE, "erase": Command.ERASE}


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_asks_when_it_is_pressed_and_not_when_it_is_let_go_of(name):
    for pressed in ((), (1,), (1.0,), (True,), ("1",), (127,), (None,)):
        assert asked(f"/portrait/{name}", *pressed) == [BUTTONS[name]], pressed
    for other in ((0,), (0.0,), (False,), ("0",), ("up",), (float("nan"),), (float("inf"),)):
        assert asked(f"/portrait/{name}", *other) == [], other


SWITCHES = {"pause": (Command.PAUSE, Command.RESUME), "blackout": (Command.BLACKOUT, Command.LIGHT)}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_has_two_sides(name):
    on, off = SWITCHES[name]
    for value in ((), (1,), (0.5,), (True,)):
        assert asked(f"/portrait/{name}", *value) == [on]
    for value in ((0,), (0.0,), (False,), ("0",)):
        assert asked(f"/portrait/{name}", *value) == [off]
    assert asked(f"/portrait/{name}", "perhaps") == []


def test_names_may_be_in_any_language_and_in_pieces():
    assert asked("/portrait/gesture", "happily surprised") == [Play(gesture="happily surprised", by="OSC")]
    assert asked("/portrait/gesture", "happily", "surprised") == [Play(gesture="happily surprised", by="OSC")]
    assert asked("/portrait/mood", "atardecer en el Río") == [Play(mood="atardecer en el Río", by="OSC")]
    for none in ((), ("",), (7,), ("x" * (LONGEST_NAME + 1),), ("a\nb",), ("\x1b[2J",)):
        assert asked("/portrait/mood", *none) == [], none


def test_a_person_is_a_number_or_whom_the_score_names():
    for seven in (7, 7.0, "7"):
        assert asked("/portrait/person", seven) == [Play(person=7, by="OSC")]
    assert asked("/portrait/person", "ana.safetensors") == [Play(person="ana.safetensors", by="OSC")]
    for none in ((), (-1,), (7.5,), (1e30,), (float("nan"),), (float("inf"),)):
        assert asked("/portrait/person", *none) == [], none


def test_a_unit_is_written_in_the_ways_people_write_it_and_ends_where_a_fader_ends():
    for name in ("1", "01", "AU1", "AU01", "au01"):
        assert asked(f"/portrait/au/{name}", 0.5) == [Move("AU01", 0.5)]
    assert asked("/portrait/au/12", 7) == [Move("AU12", 1.0)]
    assert asked("/portrait/au/12", -1) == [Move("AU12", 0.0)]
    for address in ("/portrait/au/3", "/portrait/au/", "/portrait/au", "/portrait/au/12/3", "/portrait/au/*"):
        assert asked(address, 0.5) == []
    for none in ((), ("much",), (None,), (float("nan"),), (float("-inf"),)):
        assert asked("/portrait/au/12", *none) == [], none


def test_controls_are_moved_together_or_alone_within_what_faces_were_shown_with():
    assert asked("/portrait/gaze", 3, -2.5) == [Move("gaze_x", 3.0), Move("gaze_y", -2.5)]
    assert asked("/portrait/gaze_x", 4) == [Move("gaze_x", 4.0)]
    assert asked("/portrait/light", 20, 10) == [Move("light_azimuth", 20.0), Move("light_elevation", 10.0)]
    assert asked("/portrait/age", 70) == [Move("age", 70.0)]
    for name, span in CONTROL_SPANS.items():
        assert asked(f"/portrait/{name}", 500) == [Move(name, span.highest)]
        assert asked(f"/portrait/{name}", -500) == [Move(name, span.lowest)]
    assert asked("/portrait/gaze", 3) == asked("/portrait/gaze", 3, float("nan")) == []


def test_what_is_held_is_let_go_of_one_by_one_or_all_at_once():
    assert asked("/portrait/release", "AU12", "yaw") == [Move("AU12", None), Move("yaw", None)]
    assert asked("/portrait/release", 12) == [Move("AU12", None)]
    assert asked("/portrait/release", "gaze") == [Move("gaze_x", None), Move("gaze_y", None)]
    assert asked("/portrait/release") == [
        Move(part, None) for part in (*(f"AU{unit:02d}" for unit in ACTION_UNITS), *CONTROLS)
    ]
    assert asked("/portrait/release", "nose") == []


def test_nothing_ends_the_show():
    for address in READERS:
        for value in ((), (1,), ("quit",)):
            assert Command.QUIT not in asked(address, *value)


# --- packets ------------------------------------------------------------------------------------------------


def test_a_bundle_is_not_waited_for():
    for stamp in (IMMEDIATELY, 2_000_000_000):
        builder = OscBundleBuilder(stamp)
        builder.add_content(OscMessageBuilder("/portrait/erase").build())
        assert requests_in(builder.build().dgram) == [Command.ERASE]


def test_bundles_in_bundles_keep_their_order():
    inner = bundle(message("/portrait/au/12", 0.5), message("/portrait/mood", "dusk"))
    packet = bundle(message("/portrait/go"), inner, message("/portrait/erase", 1))
    expected = [Command.GO, Move("AU12", 0.5), Play(mood="dusk", by="OSC"), Command.ERASE]
    assert requests_in(packet) == expected
    for _ in range(70):
        packet = bundle(packet)
    assert requests_in(packet) == expected


def test_a_damaged_bundle_is_nobodys():
    whole = bundle(message("/portrait/go"), message("/portrait/erase"))
    first = len(bundle(message("/portrait/go")))  # a bundle that ends there is whole
    for length in set(range(1, len(whole))) - {first}:
        assert requests_in(whole[:length]) == [], length
    assert requests_in(whole[:first]) == [Command.GO]
    for size in (-4, -20, 0, 2**31 - 1):
        assert requests_in(b"#bundle\0" + bytes(8) + struct.pack(">i", size) + message("/portrait/go")) == []


def test_a_flood_is_read_in_parts(remote):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(2 * MOST_PACKETS):
            sender.sendto(message(f"/portrait/au/{1 + number % 2}", number), (HERE, remote.port))
        assert list(remote.requests()) == [Move("AU01", 1.0), Move("AU02", 1.0)]
        assert list(remote.requests()) == [Move("AU01", 1.0), Move("AU02", 1.0)]
        assert list(remote.requests()) == []
        num_long = MOST_BYTES_READ // 1000 + 1
        for _ in range(num_long):
            sender.sendto(bundle(*(message("/portrait/go") for _ in range(50)))[:1001], (HERE, remote.port))
        sender.sendto(message("/portrait/go"), (HERE, remote.port))
        assert list(remote.requests()) == []
        assert list(remote.requests()) == [Command.GO]


def test_a_packet_that_is_too_long_is_nobodys(remote):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        padding = message("/x", "y" * MOST_BYTES)
        sender.sendto(bundle(message("/portrait/go"), padding), (HERE, remote.port))
    assert list(remote.requests()) == []


def test_between_two_frames_the_last_word_counts():
    flood = [Command.GO, *(Move("AU12", value) for value in (0.1, 0.2)), Command.GO, Play(mood="a")]
    assert newest([*flood, Play(mood="b"), Play(gesture="c")]) == [
        Move("AU12", 0.2),
        Command.GO,
        Play(mood="b"),
        Play(gesture="c"),
    ]
    assert newest([Command.PAUSE, Command.RESUME, Command.PAUSE]) == [Command.RESUME, Command.PAUSE]


# --- strangers ----------------------------------------------------------------------------------------------


@given(st.binary(max_size=MOST_BYTES))
def test_any_bytes_are_nobodys_request(packet):
    assert requests_in(packet) == []


@given(st.binary(max_size=300), st.binary(max_size=40), st.binary(max_size=300))
def test_any_bytes_behind_a_beginning_are_survived(rest, tags, more):
    for packet in (
        b"#bundle\0" + rest,
        b"/portrait/au/12\0," + tags + more,
        b"/portrait/mood\0\0," + tags + more,
    ):
        for request in requests_in(packet):
            assert isinstance(request, Move | Play)
        assert sum(map(len, messages_in(packet))) <= len(packet)


@given(
    st.sampled_from(sorted(READERS)),
    st.lists(
        st.one_of(
            st.integers(-(2**31), 2**31 - 1),
            st.floats(width=32),
            st.text(max_size=300),
            st.booleans(),
            st.none(),
        ),
        max_size=4,
    ),
)
def test_any_arguments_of_a_known_address_are_a_request_within_bounds_or_none(address, values):
    builder = OscMessageBuilder(address)
    for value in values:
        if not isinstance(value, str) or "\0" not in value:
            builder.add_arg(value)
    for request in requests_in(builder.build().dgram):
        match request:
            case Move(part, value) if value is not None:
                span = CONTROL_SPANS.get(part)
                assert (span.lowest if span else 0) <= value <= (span.highest if span else 1)
            case Play():
                for name in (request.mood, request.gesture, request.person):
                    assert not isinstance(name, str) or 0 < len(name) <= LONGEST_NAME
                    assert not isinstance(name, int) or 0 <= name < 2**32


@given(st.data())
def test_a_damaged_message_is_one_or_none(data):
    whole = bytearray(message("/portrait/erase", 1, "x", 2.5))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(whole)))
    assert requests_in(bytes(whole[:length])) in ([], [Command.ERASE])


def test_types_that_nobody_has_a_use_for_lead_nowhere(caplog):
    strange = b"/portrait/go\0\0\0\0," + b"?" * 500 + b"\0\0\0"
    backwards = b"/portrait/go\0\0\0\0,bs\0" + struct.pack(">i", -8) + b"abc\0" * 20
    for packet in (strange, backwards, bundle(strange, backwards, b"neither")):
        assert requests_in(packet) == []
    assert caplog.records == []


# --- the address --------------------------------------------------------------------------------------------


def test_an_address_that_is_taken_is_told_once_and_tried_again():
    told = Told()
    other = OscRemote(HERE, 0)
    late = told.remote(HERE, other.port)
    assert not late.is_listening
    assert len(told.lines) == 1
    assert told.lines[0].startswith(f"osc: cannot listen at {HERE}:{other.port} (")
    assert told.lines[0].endswith("; the show goes on without, and it is tried again every 30 s")
    told.now_ns = 31 * NANOSECONDS
    assert list(late.requests()) == []
    assert len(told.lines) == 1
    port = other.port
    other.close()
    told.now_ns = 60 * NANOSECONDS
    assert list(late.requests()) == []
    assert not late.is_listening
    told.now_ns = 61 * NANOSECONDS
    assert list(late.requests()) == []
    assert told.lines[1:] == [f"osc: listening at {HERE}:{port}"]
    with SimpleUDPClient(HERE, port) as client:
        client.send_message("/portrait/go", 1)
    assert list(late.requests()) == [Command.GO]
    late.close()
    late.close()
    told.now_ns = 1000 * NANOSECONDS
    assert list(late.requests()) == []
    assert not late.is_listening


def test_an_address_that_is_not_here_or_is_a_name_is_told():
    told = Told()
    told.remote("203.0.113.5", 9000)
    told.remote("portrait.example", 9000)
    told.remote("x" * 300, 9000)
    assert "cannot listen at 203.0.113.5:9000" in told.lines[0]
    assert "'portrait.example' is not an address in numbers" in told.lines[1]
    assert len(told.lines) == 3


def test_localhost_and_ipv6_are_addresses():
    for host in ("localhost", "::1"):
        remote = OscRemote(host, 0)
        try:
            if remote.is_listening:  # a machine may be without IPv6
                with SimpleUDPClient("127.0.0.1" if host == "localhost" else host, remote.port) as client:
                    client.send_message("/portrait/go", 1)
                assert list(remote.requests()) == [Command.GO]
        finally:
            remote.close()


def test_the_table_is_the_programs():
    assert {each.address for each in MESSAGES if each.read} <= set(READERS)
    assert len({each.address for each in MESSAGES}) == len(MESSAGES)
