"""The mailbox between processes: beside a model, byte by byte, and with real writers that are killed."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.stage.latest import Stamped
from installation.stage.shared import HEADER_BYTES, MEMORY, NUM_SLOTS, PREFIX, RECORD_BYTES, SharedLatest
from tests.mailboxes import coined, number_in

CAPACITY = 24
ENDLESS_S = 30  # nothing that works takes so long


@pytest.fixture
def mailbox() -> Iterator[SharedLatest]:
    with closing(SharedLatest.create(CAPACITY)) as created:
        yield created


def memory(mailbox: SharedLatest) -> bytes:
    return bytes(mailbox._buffer)


# -- by itself


def test_the_newest_wins_and_is_taken_once(mailbox: SharedLatest) -> None:
    assert mailbox.take() is None
    mailbox.post(b"old", 1)
    mailbox.post(b"new", -2)
    assert mailbox.take() == Stamped(b"new", -2)
    assert mailbox.take() is None


def test_each_reader_takes_for_itself(mailbox: SharedLatest) -> None:
    mailbox.post(b"value", 1)
    with closing(SharedLatest.attached(mailbox.name)) as other:
        assert mailbox.take() == other.take() == Stamped(b"value", 1)
        assert mailbox.take() is other.take() is None


def test_an_empty_payload_and_a_full_one_arrive(mailbox: SharedLatest) -> None:
    for payload in (b"", bytes(range(CAPACITY)), memoryview(bytes(range(CAPACITY)))):
        mailbox.post(payload, 1)
        assert mailbox.take() == Stamped(bytes(payload), 1)


def test_what_does_not_fit_is_refused_and_harms_nothing(mailbox: SharedLatest) -> None:
    mailbox.post(b"value", 1)
    with pytest.raises(ValueError, match=f"{CAPACITY + 1} bytes do not fit"):
        mailbox.post(bytes(CAPACITY + 1), 2)
    assert mailbox.take() == Stamped(b"value", 1)


def test_one_that_is_closed_says_so_and_closes_again() -> None:
    mailbox = SharedLatest.create(CAPACITY)
    name = mailbox.name
    mailbox.close()
    mailbox.close()
    with pytest.raises(ValueError, match="closed"):
        mailbox.take()
    with pytest.raises(FileNotFoundError):
        SharedLatest.attached(name)


def test_a_wipe_leaves_no_byte_and_the_mailbox_goes_on(mailbox: SharedLatest) -> None:
    for number in range(2 * NUM_SLOTS):
        mailbox.post(b"a visitor's face", number)
    with closing(SharedLatest.attached(mailbox.name)) as reader:
        mailbox.wipe()
        assert not any(memory(mailbox)[HEADER_BYTES:])
        assert mailbox.take() is reader.take() is None
        mailbox.post(b"new", 9)
        assert mailbox.take() == reader.take() == Stamped(b"new", 9)


def test_closing_wipes_what_others_still_have_open() -> None:
    mailbox = SharedLatest.create(CAPACITY)
    mailbox.post(b"a visitor's face", 1)
    with closing(SharedLatest.attached(mailbox.name)) as reader:
        mailbox.close()
        assert b"visitor" not in memory(reader) and reader.take() is None


steps = st.lists(st.one_of(st.binary(max_size=CAPACITY), st.sampled_from(["take", "wipe", "new writer"])))


@given(steps)
@settings(deadline=None)
def test_it_is_a_slot_whoever_writes(steps: list[bytes | str]) -> None:
    with closing(SharedLatest.create(CAPACITY)) as mailbox:
        writers = [SharedLatest.attached(mailbox.name)]
        slot: Stamped[bytes] | None = None
        for t_ns, step in enumerate(steps):
            if isinstance(step, bytes):
                writers[-1].post(step, t_ns)
                slot = Stamped(step, t_ns)
            elif step == "take":
                assert mailbox.take() == slot
                slot = None
            elif step == "wipe":
                writers[-1].wipe()
                slot = None
            else:
                writers.append(SharedLatest.attached(mailbox.name))
        for writer in writers:
            writer.close()


# -- torn


@given(num_before=st.integers(1, 5), dice=st.randoms(use_true_random=False))
@settings(deadline=None)
def test_whatever_part_of_a_post_has_arrived_it_is_the_old_or_the_new(
    num_before: int, dice: random.Random
) -> None:
    """Every byte of the new slot may have arrived or not, and the number of the newest as well."""
    with closing(SharedLatest.create(CAPACITY)) as mailbox, closing(mailbox.attached(mailbox.name)) as reader:
        for number in range(num_before):
            mailbox.post(bytes([number] * CAPACITY), number)
        before = memory(mailbox)
        new = Stamped(bytes([99] * CAPACITY), 99)
        mailbox.post(new.value, new.t_ns)
        after = memory(mailbox)
        share = dice.choice([0.0, 0.5, 0.98, 1.0])
        slots = [b if dice.random() < share else a for a, b in zip(before, after, strict=True)]
        is_published = dice.random() < 0.5
        mailbox._buffer[:] = (after if is_published else before)[:HEADER_BYTES] + bytes(slots[HEADER_BYTES:])
        is_whole = bytes(slots[HEADER_BYTES:]) == after[HEADER_BYTES:]
        old = Stamped(bytes([num_before - 1] * CAPACITY), num_before - 1)
        assert reader.take() == (old if not is_published else new if is_whole else None)
        mailbox.post(b"the next writer's", 100)
        assert reader.take() == Stamped(b"the next writer's", 100)


def test_a_writer_that_comes_round_while_it_is_read_is_not_believed(
    mailbox: SharedLatest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reader's look at the record and its copy of the payload, the slot is written again."""
    mailbox.post(b"first", 1)
    with closing(SharedLatest.attached(mailbox.name)) as reader:
        start, is_first = reader._start, True

        def overtaken(number: int) -> int:
            nonlocal is_first
            if is_first:
                is_first = False
                for again in range(NUM_SLOTS):
                    mailbox.post(b"again", 2 + again)
            return start(number)

        monkeypatch.setattr(reader, "_start", overtaken)
        assert reader.take() == Stamped(b"again", 1 + NUM_SLOTS)


def test_a_bit_that_is_wrong_anywhere_is_seen(mailbox: SharedLatest) -> None:
    mailbox.post(bytes(CAPACITY), 7)
    start = mailbox._start(1)
    for place in range(start, start + RECORD_BYTES + CAPACITY):
        mailbox._buffer[place] ^= 1
        with closing(SharedLatest.attached(mailbox.name)) as reader:
            assert reader.take() is None
        mailbox._buffer[place] ^= 1
    assert mailbox.take() == Stamped(bytes(CAPACITY), 7)


# -- with real processes


POST = """
import sys
from tests.mailboxes import post_for_ever
post_for_ever(sys.argv[1], int(sys.argv[2]))
"""


def test_writers_that_are_killed_leave_whole_values() -> None:
    dice = random.Random(7)
    last = 0
    with closing(SharedLatest.create(len(coined(999)))) as mailbox:
        for _ in range(8):
            writer = subprocess.Popen([sys.executable, "-c", POST, mailbox.name, str(last + 1)])
            num_taken, until = 0, dice.randrange(1, 60)
            deadline_s = time.monotonic() + ENDLESS_S
            while num_taken < until and time.monotonic() < deadline_s:
                last, num_taken = take_on(mailbox, last, num_taken)
            writer.kill()
            assert writer.wait() == -signal.SIGKILL and num_taken == until
            last, _ = take_on(mailbox, last, 0)
            with closing(SharedLatest.attached(mailbox.name)) as reader:
                left = reader.take()
                assert left is not None and number_in(left.value) == left.t_ns == last


def take_on(mailbox: SharedLatest, last: int, num_taken: int) -> tuple[int, int]:
    """Take what is there, whole and newer than the last one; → its number, and how many that makes."""
    stamped = mailbox.take()
    if stamped is None:
        return last, num_taken
    number = number_in(stamped.value)
    assert number == stamped.t_ns > last
    return number, num_taken + 1


ATTACH = """
import sys
from installation.stage.shared import SharedLatest
mailbox = SharedLatest.attached(sys.argv[1])
mailbox.post(b"from elsewhere", 1)
"""

CREATE = """
import os, signal
from installation.stage.shared import SharedLatest
mailbox = SharedLatest.create(8)
print(mailbox.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_whoever_is_attached_leaves_without_taking_the_mailbox_along(mailbox: SharedLatest) -> None:
    """A process of its own, with a tracker of its own, that ends without closing anything."""
    done = subprocess.run(
        [sys.executable, "-c", ATTACH, mailbox.name], check=True, capture_output=True, timeout=ENDLESS_S
    )
    assert done.stderr == b""
    assert mailbox.take() == Stamped(b"from elsewhere", 1)
    SharedLatest.attached(mailbox.name).close()


@pytest.mark.skipif(sys.platform == "win32", reason="there, memory lasts as long as somebody has it open")
def test_a_creator_that_is_killed_leaves_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CREATE], check=False, capture_output=True, timeout=ENDLESS_S, text=True
    )
    assert done.returncode == -signal.SIGKILL
    deadline_s = time.monotonic() + ENDLESS_S
    while time.monotonic() < deadline_s:
        try:
            SharedLatest.attached(done.stdout.strip()).close()
        except FileNotFoundError:
            return
        time.sleep(0.01)
    pytest.fail("the memory is still there")


def test_what_a_program_left_that_was_killed_with_its_tracker_is_removed() -> None:
    """Nobody who could have removed it was left; whoever comes next does. What is in use stays."""
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    orphan = SharedMemory(f"{PREFIX}-{gone.pid}-0", create=True, size=16)
    with closing(SharedLatest.create(8)) as one, closing(SharedLatest.create(8)) as other:
        assert not MEMORY.joinpath(orphan.name).exists()
        one.post(b"1", 1)
        assert other.take() is None
        with closing(SharedLatest.attached(one.name)) as reader:
            assert reader.take() is not None
    resource_tracker.unregister(f"/{orphan.name}", "shared_memory")
    orphan.close()
