"""OSC from strangers, a claim of `make prove`: packets of every hostile kind, and how long a frame waits for
the worst of them.
"""

import random
import socket
import struct
import sys
import time
from math import isfinite

from pythonosc.osc_message_builder import OscMessageBuilder

from installation.ports import Command, Move, Play, Request
from installation.stage.osc import MOST_BYTES, OscRemote, requests_in
from installation.stage.osc_messages import LONGEST_NAME, READERS
from models.controls import CONTROL_SPANS

Figures = dict[str, float | int | str | bool]
NUM_PACKETS = 1_000_000
NUM_FRAMES = 1000
HERE = "127.0.0.1"


def message(address: str, *values: str | float | bool) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def bundle(*contents: bytes) -> bytes:
    return (
        b"#bundle\0" + bytes(7) + b"\1" + b"".join(struct.pack(">i", len(each)) + each for each in contents)
    )


def deep(content: bytes) -> bytes:
    """As many bundles in each other as a packet holds."""
    while len(content) + 20 <= MOST_BYTES:
        content = bundle(content)
    return content


GO = message("/portrait/go")
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "an address without an end": b"/portrait/go",
    "a bundle of nothing": b"#bundle\0" + bytes(8),
    "an element of negative size": b"#bundle\0" + bytes(8) + struct.pack(">i", -4) + GO,
    "an element of size 0": b"#bundle\0" + bytes(8) + bytes(4) + GO,
    "an element beyond the end": b"#bundle\0" + bytes(8) + struct.pack(">i", 2**31 - 1) + GO,
    "a blob that leads back": b"/portrait/go\0\0\0\0,bbb\0\0\0\0" + struct.pack(">i", -8) * 40,
    "unknown types": b"/portrait/go\0\0\0\0," + b"?" * 1400 + b"\0\0\0",
    "arrays in arrays": b"/portrait/go\0\0\0\0," + b"[" * 1400 + b"\0\0\0",
    "types without values": b"/portrait/au/12\0," + b"f" * 1000 + b"\0\0\0",
    "not a number": message("/portrait/au/12", float("nan")),
    "infinity": message("/portrait/yaw", float("inf")),
    "a person beyond all numbers": message("/portrait/person", 1e30),
    "a path for an address": message("/portrait/../../etc/passwd", 1),
    "a wildcard": message("/portrait/*", 1),
    "a name that is too long": message("/portrait/mood", "x" * (LONGEST_NAME + 1)),
    "a name with an escape code": message("/portrait/mood", "\x1b[2J"),
    "a name that is not UTF-8": b"/portrait/mood\0\0,s\0\0\xff\xfe\xff\0",
    "quit": message("/portrait/quit", 1),
}
COSTLY: dict[str, bytes] = {
    "release everything": bundle(*[message("/portrait/release")] * 40),
    "all units": bundle(*(message(f"/portrait/au/{unit}", 0.5) for unit in range(1, 47))),
    "smallest elements": bundle(*[b"/\0\0\0"] * 180),
    "a thousand arguments": b"/portrait/go\0\0\0\0," + b"T" * 1400 + b"\0\0\0",
    "bundles in bundles": deep(GO),
    "a long name": message("/portrait/mood", "é" * 640),
    "one unit": message("/portrait/au/12", 0.6),
}


def is_harmless(request: Request) -> bool:
    """Whether a request is one that the table allows."""
    match request:
        case Move(part, None):
            return True
        case Move(part, value):
            assert value is not None
            span = CONTROL_SPANS.get(part)
            low, high = (span.lowest, span.highest) if span else (0.0, 1.0)
            return isfinite(value) and low <= value <= high
        case Play():
            names = [name for name in (request.mood, request.gesture, request.person) if name is not None]
            return len(names) == 1 and len(str(names[0])) <= LONGEST_NAME
        case _:
            return request is not Command.QUIT


def strange(dice: random.Random) -> bytes:
    """A packet of any bytes, or a good one that has been damaged."""
    if dice.random() < 0.3:
        return dice.randbytes(dice.randrange(200))
    whole = message(dice.choice(ADDRESSES), dice.choice(VALUES))
    packet = bytearray(bundle(whole, whole) if dice.random() < 0.4 else whole)
    for _ in range(dice.randrange(4)):
        packet[dice.randrange(len(packet))] = dice.randrange(256)
    return bytes(packet[: dice.randint(0, len(packet))]) if dice.random() < 0.3 else bytes(packet)


ADDRESSES = sorted(READERS)
VALUES: list[str | float | bool] = [1, 0.5, "dusk", True]


def slowest_ms(packet: bytes) -> tuple[float, float]:
    """What a remote with a full buffer takes of a frame, of processor time: p99, and the most."""
    remote = OscRemote(HERE, 0)
    times = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(NUM_FRAMES):
            for _ in range(70):
                sender.sendto(packet, (HERE, remote.port))
            started = time.thread_time()
            list(remote.requests())
            times.append(1e3 * (time.thread_time() - started))
    remote.close()
    times.sort()
    return times[len(times) * 99 // 100], times[-1]


def osc(num_packets: int = NUM_PACKETS) -> Figures:
    """Hostile packets ask for nothing, strange ones for nothing but what the table allows; and what the worst
    flood takes of a frame.
    """
    through = [name for name, packet in HOSTILE.items() if requests_in(packet)]
    dice, num_asked, num_wrong = random.Random(7), 0, 0
    for _ in range(num_packets):
        asked = requests_in(strange(dice))
        num_asked += bool(asked)
        num_wrong += not all(map(is_harmless, asked))
    floods = {name: slowest_ms(packet) for name, packet in COSTLY.items()}
    worst = max(floods, key=lambda name: floods[name][0])
    return {
        "hostile": len(HOSTILE),
        "got_through": ", ".join(through),
        "strange": num_packets,
        "asked_for_something": num_asked,
        "beyond_the_table": num_wrong,
        "worst_flood": worst,
        "worst_p99_ms": round(floods[worst][0], 2),
        "worst_most_ms": round(max(most for _, most in floods.values()), 2),
        "holds": not through and num_wrong == 0 and floods[worst][0] < 2,
    }


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}: {figure}\n" for name, figure in osc().items())
