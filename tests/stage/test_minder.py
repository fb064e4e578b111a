"""The one who looks after processes, turn by turn, with processes that do as they are told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from installation.errors import InputError
from installation.ports import NANOSECONDS
from installation.stage.minder import LOOK_S, Minder
from installation.stage.vigil import WELL, Patience, Verdict
from tests.cameras import until

LOOK_NS = int(LOOK_S * NANOSECONDS)
BAD = Verdict("no picture")


@dataclass
class Puppet:
    """A process. One that is held by a driver does not end when it is killed."""

    exitcode: int | None = None
    is_held: bool = False
    is_killed: bool = False
    is_closed: bool = False

    def is_alive(self) -> bool:
        return self.exitcode is None

    def kill(self) -> None:
        self.is_killed = True
        if not self.is_held:
            self.exitcode = -9

    def join(self, timeout: float | None = None) -> None:
        assert timeout is not None  # never for ever

    def close(self) -> None:
        assert self.exitcode is not None
        self.is_closed = True


@dataclass
class Watch:
    """A minder, its processes, and the time."""

    verdict: Verdict | None = None
    refusal: Exception | None = None
    processes: list[Puppet] = field(default_factory=list)
    started_ns: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    num_losses: int = 0
    now_ns: int = 7 * NANOSECONDS

    def __post_init__(self) -> None:
        self.minder = Minder("it", self._start, lambda *_: self.verdict, self.said.append, lose=self._lose)

    def _start(self) -> Puppet:
        self.started_ns.append(self.now_ns)
        if self.refusal is not None:
            raise self.refusal
        assert all(process.is_closed for process in self.processes)  # never two at once
        self.processes.append(Puppet())
        return self.processes[-1]

    def _lose(self) -> None:
        self.num_losses += 1

    def live(self, seconds: float, verdict: Verdict | None = None) -> None:
        self.verdict = verdict
        for _ in range(round(seconds / LOOK_S)):
            self.minder.look(self.now_ns)
            self.now_ns += LOOK_NS

    def live_until(self, is_so: Callable[[], bool]) -> float:
        begun_ns = self.now_ns
        while not is_so():
            self.minder.look(self.now_ns)
            self.now_ns += LOOK_NS
            assert self.now_ns - begun_ns < 3600 * NANOSECONDS
        return (self.now_ns - begun_ns) / NANOSECONDS

    def pauses_s(self) -> list[float]:
        """From each start to the next one."""
        return [round((after - before) / NANOSECONDS, 1) for before, after in pairwise(self.started_ns)]


def test_it_is_started_at_once_and_left_alone_while_it_is_well() -> None:
    watch = Watch()
    watch.live(1)
    watch.live(1000, WELL)
    assert len(watch.processes) == 1 and not watch.processes[0].is_killed
    assert watch.minder.trouble == "" and not watch.said and watch.num_losses == 0


def test_one_that_dies_is_noticed_in_a_turn_and_started_again_after_half_a_second() -> None:
    watch = Watch()
    watch.live(20, WELL)
    watch.processes[0].exitcode = -11
    assert watch.live_until(lambda: watch.minder.trouble != "") == LOOK_S
    assert watch.minder.trouble == "it: its process has ended (-11)" and watch.num_losses > 0
    assert watch.live_until(lambda: len(watch.processes) == 2) == pytest.approx(0.5)
    assert watch.minder.trouble  # a start is no proof
    watch.live(2, WELL)
    assert watch.minder.trouble == "" and len(watch.said) == 2


def test_one_that_is_unwell_is_given_half_a_second_then_killed_and_replaced() -> None:
    watch = Watch()
    watch.live(20, WELL)
    watch.live(0.5, BAD)
    assert watch.minder.trouble == "it: no picture" and watch.num_losses == 1
    assert not watch.processes[0].is_killed
    watch.live(0.2, BAD)
    assert watch.processes[0].is_killed
    watch.live(0.1)
    assert len(watch.processes) == 2


def test_one_that_recovers_meanwhile_is_kept() -> None:
    watch = Watch()
    watch.live(20, WELL)
    watch.live(0.3, BAD)
    watch.live(20, WELL)
    assert watch.minder.trouble == "" and len(watch.processes) == 1


def test_what_another_process_would_not_cure_is_left_alone() -> None:
    watch = Watch()
    watch.live(3600, Verdict("it is dark", is_curable=False))
    assert watch.minder.trouble == "it: it is dark"
    assert len(watch.processes) == 1 and not watch.processes[0].is_killed


def test_one_that_is_still_starting_is_not_judged_nor_killed() -> None:
    watch = Watch()
    watch.live(20, WELL)
    watch.live(1, BAD)
    assert len(watch.processes) == 2
    watch.live(600)
    assert len(watch.processes) == 2 and watch.minder.trouble == "it: no picture"


def test_tries_become_rarer_and_rare() -> None:
    watch = Watch(refusal=InputError("it is not there"))
    watch.live(700)
    pauses_s = watch.pauses_s()
    assert pauses_s[:5] == [0.5, 1, 2, 4, 5] and pauses_s[50] == 5 and pauses_s[-1] == 30
    assert watch.minder.trouble == "it: it is not there"
    assert watch.said == ["it: it is not there; it is tried again until it is back"]
    watch.refusal = None
    watch.live(31)
    watch.live(10, WELL)
    assert watch.minder.trouble == "" and len(watch.said) == 2


def test_one_that_dies_again_and_again_is_tried_ever_more_seldom_until_it_holds() -> None:
    watch = Watch()
    for _ in range(10):
        watch.live_until(lambda: bool(watch.processes) and not watch.processes[-1].is_closed)
        watch.live(1, WELL)
        watch.processes[-1].exitcode = 1
        watch.live(0.1, WELL)
    assert watch.pauses_s()[-1] > 5
    watch.live_until(lambda: not watch.processes[-1].is_closed)
    watch.live(Patience().steady_ns / NANOSECONDS + 1, WELL)
    watch.processes[-1].exitcode = 1
    number = len(watch.processes)
    watch.live(0.1)
    assert watch.live_until(lambda: len(watch.processes) > number) == pytest.approx(0.5)


def test_one_in_the_hands_of_a_driver_is_waited_for_and_never_doubled() -> None:
    watch = Watch()
    watch.live(20, WELL)
    watch.processes[0].is_held = True
    watch.live(600, BAD)
    watch.live(60, WELL)  # its last words, of before it was killed
    assert watch.processes[0].is_killed and len(watch.processes) == 1
    assert watch.minder.trouble == "it: no picture"
    watch.processes[0].exitcode = -9
    watch.live(0.1)
    assert len(watch.processes) == 2


def test_its_last_words_say_why_it_has_ended() -> None:
    watch = Watch()
    watch.live(5, WELL)
    watch.processes[0].exitcode = 1
    watch.live(0.1, Verdict("ValueError in driver.py:7"))
    assert watch.minder.trouble == "it: ValueError in driver.py:7"


@pytest.mark.parametrize("refusal", [OSError(11, "no more processes"), InputError("it is not there")])
def test_what_cannot_be_started_is_trouble_and_no_error(refusal: Exception) -> None:
    watch = Watch(refusal=refusal)
    watch.live(1)
    assert watch.minder.trouble == f"it: {refusal}"


def test_its_thread_outlives_an_error_that_nobody_expects() -> None:
    watch = Watch(refusal=ZeroDivisionError("secret"))
    with watch.minder:
        until(lambda: len(watch.started_ns) >= 2)
        watch.refusal, watch.verdict = None, WELL
        until(lambda: bool(watch.processes) and not watch.minder.trouble)
    assert watch.processes[-1].is_killed and "secret" not in " ".join(watch.said)


def test_when_it_leaves_the_process_is_ended() -> None:
    watch = Watch(verdict=WELL)
    with watch.minder:
        until(lambda: bool(watch.processes))
    assert watch.processes[0].is_killed and watch.num_losses == 1


def test_one_that_rests_has_no_process_and_no_trouble_and_is_soon_back() -> None:
    watch = Watch()
    watch.live(20, WELL)
    watch.minder.rest()
    watch.live(0.3, BAD)
    assert watch.processes[0].is_killed and watch.processes[0].is_closed and watch.num_losses == 1
    watch.live(16 * 3600, BAD)
    assert len(watch.processes) == 1 and watch.minder.trouble == ""
    watch.minder.wake()
    watch.live(0.1)
    assert len(watch.processes) == 2 and not watch.said
    watch.live(5, WELL)
    assert watch.minder.trouble == "" and not watch.said


def test_what_was_in_trouble_before_a_rest_is_not_said_to_be_back_until_it_is() -> None:
    watch = Watch()
    watch.live(20, WELL)
    watch.live(3, BAD)
    watch.minder.rest()
    watch.live(3600)
    assert watch.minder.trouble == "" and len(watch.said) == 1
    watch.minder.wake()
    watch.live(0.4)
    watch.live(1.5)  # it is starting
    assert len(watch.said) == 1
    watch.live(0.2, BAD)
    assert watch.minder.trouble == "it: no picture" and len(watch.said) == 1
    watch.live(10, WELL)
    assert watch.minder.trouble == "" and len(watch.said) == 2


def test_one_in_the_hands_of_a_driver_is_not_doubled_by_a_night() -> None:
    watch = Watch()
    watch.live(20, WELL)
    watch.processes[0].is_held = True
    watch.minder.rest()
    watch.live(60)
    watch.minder.wake()
    watch.live(60, WELL)
    assert len(watch.processes) == 1
    watch.processes[0].exitcode = -9
    watch.live(0.2)
    assert len(watch.processes) == 2
