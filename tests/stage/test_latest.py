"""The mailbox between a thread and the loop."""

from itertools import count, pairwise
from threading import Event

import pytest

from installation.stage.latest import Latest, Stamped

ENDLESS_S = 30  # nothing that works takes so long


def test_the_newest_wins_and_is_taken_once() -> None:
    latest: Latest[str] = Latest(now_ns=iter((10, 20, 30)).__next__)
    assert latest.take() is None
    latest.post("first")
    latest.post("second")
    assert latest.take() == Stamped("second", 20)
    assert latest.take() is None
    latest.post("third")
    assert latest.take() == Stamped("third", 30)


def test_taking_does_not_wait_for_a_thread_that_hangs() -> None:
    latest: Latest[int] = Latest()
    hangs, is_hanging = Event(), Event()

    def work() -> None:
        latest.post(1)
        is_hanging.set()
        hangs.wait(ENDLESS_S)

    thread = latest.fed_by(work, "hanging")
    assert is_hanging.wait(ENDLESS_S)
    assert [stamped and stamped.value for stamped in (latest.take(), latest.take())] == [1, None]
    assert thread.is_alive()
    assert thread.daemon  # or leaving would wait for it
    hangs.set()
    thread.join(ENDLESS_S)


def test_what_the_thread_has_died_of_is_raised_after_its_last_value_and_on_every_read() -> None:
    latest: Latest[int] = Latest()

    def work() -> None:
        latest.post(7)
        raise OSError("the drive is gone")

    latest.fed_by(work, "dying").join(ENDLESS_S)
    last = latest.take()
    assert last is not None and last.value == 7
    for _ in range(2):
        with pytest.raises(OSError, match="the drive is gone"):
            latest.take()


def test_a_thread_that_was_done_has_died_of_nothing() -> None:
    latest: Latest[int] = Latest()
    latest.fed_by(lambda: None, "done").join(ENDLESS_S)
    assert latest.take() is None


def test_a_reader_sees_values_in_order_each_once_and_the_last_one_always() -> None:
    latest: Latest[int] = Latest()
    num_posts = 100_000

    def work() -> None:
        for number in range(num_posts):
            latest.post(number)

    thread = latest.fed_by(work, "posting")
    seen: list[Stamped[int]] = []
    for _ in count():
        is_over = not thread.is_alive()
        newest = latest.take()
        if newest:
            seen.append(newest)
        elif is_over:
            break
    assert seen[-1].value == num_posts - 1
    assert all(earlier.value < later.value for earlier, later in pairwise(seen))
    assert all(earlier.t_ns <= later.t_ns for earlier, later in pairwise(seen))
