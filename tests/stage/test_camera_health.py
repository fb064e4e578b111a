"""Pictures of every kind, and what is made of them, on a clock that is passed in."""

from collections.abc import Iterable, Iterator
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import NANOSECONDS
from installation.stage.camera_health import BLACK, OPEN_NS, Look, Record, judged, seen, wished
from installation.stage.camera_process import look_at
from installation.stage.vigil import WELL, Verdict

START_NS = 5 * NANOSECONDS
STEP_NS = NANOSECONDS // 10
NOTICED_NS = 3 * NANOSECONDS
GREY = 100.0


def noise() -> Iterator[Look]:
    return (Look(GREY, digest) for digest in count())


def still() -> Iterator[Look]:
    return (Look(GREY, 7) for _ in count())


def black() -> Iterator[Look]:
    return (Look(BLACK - 1, digest) for digest in count(1000))


class Watched:
    """A camera that is judged all the time."""

    def __init__(self, *, is_file: bool = False) -> None:
        self.record, self.now_ns, self.is_file = wished(Record(START_NS), "", START_NS), START_NS, is_file

    def see(self, looks: Iterable[Look], seconds: float) -> list[Verdict | None]:
        """The judgements while these come."""
        verdicts, looks = list[Verdict | None](), iter(looks)
        for _ in range(round(seconds * NANOSECONDS / STEP_NS)):
            self.now_ns += STEP_NS
            look = next(looks, None)
            if look is not None:
                self.record = seen(self.record, look, self.now_ns)
            verdicts.append(judged(self.record, self.now_ns, is_file=self.is_file))
        return verdicts


def test_it_is_well_as_soon_as_two_pictures_differ_and_not_sooner() -> None:
    assert Watched().see(noise(), 0.5) == [None, WELL, WELL, WELL, WELL]


@pytest.mark.parametrize(
    ("looks", "trouble"),
    [
        (lambda: iter(()), "no picture any more"),
        (still, "its picture stands still"),
        (black, "its picture is black"),
    ],
)
def test_what_goes_wrong_is_noticed_within_three_seconds_and_not_within_one(looks, trouble: str) -> None:
    watched = Watched()
    assert watched.see(noise(), 60)[1:] == [WELL] * 599
    verdicts = watched.see(looks(), 5)
    assert verdicts[:10] == [WELL] * 10
    noticed = verdicts.index(Verdict(trouble))
    assert (noticed + 1) * STEP_NS <= NOTICED_NS
    assert verdicts[noticed:] == [Verdict(trouble)] * (50 - noticed)
    assert watched.see(noise(), 1)[1:] == [WELL] * 9  # back as soon as it is


@pytest.mark.parametrize("looks", [still, black])
def test_one_that_is_opened_anew_and_no_better_is_never_taken_for_well(looks) -> None:
    verdicts = Watched().see(looks(), 60)
    assert WELL not in verdicts and verdicts[-1] not in (None, WELL)


def test_a_file_may_stand_still_and_a_black_one_is_not_opened_again() -> None:
    watched = Watched(is_file=True)
    assert watched.see(still(), 60) == [WELL] * 600
    assert watched.see(black(), 3)[-1] == Verdict("its picture is black", is_curable=False)
    assert watched.see(still(), 1) == [WELL] * 10


@given(gaps_s=st.lists(st.floats(0.05, 1.8), max_size=30))
def test_a_slow_camera_is_well(gaps_s: list[float]) -> None:
    """Whatever the gaps between its pictures, up to nearly two seconds."""
    record, now_ns = wished(Record(START_NS), "", START_NS), START_NS
    looks = noise()
    for k, gap_s in enumerate(gaps_s):
        now_ns += int(gap_s * NANOSECONDS)
        assert judged(record, now_ns, is_file=False) == (None if k < 2 else WELL)
        record = seen(record, next(looks), now_ns)


def test_one_that_does_not_open_is_given_up_and_given_longer_the_next_time() -> None:
    record = wished(Record(START_NS), "", START_NS)
    for num_opens, factor in ((0, 1), (1, 1), (2, 2), (4, 4), (9, 4)):
        soon_ns = START_NS + factor * OPEN_NS
        assert judged(record, soon_ns - 1, is_file=False, num_opens=num_opens) is None
        assert judged(record, soon_ns, is_file=False, num_opens=num_opens) == Verdict("no picture yet")


def test_a_process_that_begins_late_is_not_held_to_be_a_camera_that_does_not_open() -> None:
    record = Record(START_NS)
    late_ns = START_NS + 10 * NANOSECONDS
    assert judged(record, late_ns, is_file=False) is None
    assert judged(wished(record, "", late_ns), late_ns + OPEN_NS - 1, is_file=False) is None
    never = judged(record, START_NS + 15 * NANOSECONDS, is_file=False)
    assert never == Verdict("its process does not begin")


def test_a_reason_stands_while_the_process_waits_and_no_longer_than_it_says_so() -> None:
    watched = Watched()
    watched.see(noise(), 10)
    record = wished(watched.record, "it is not there", watched.now_ns)
    verdict = judged(record, watched.now_ns + STEP_NS, is_file=False)
    assert verdict == Verdict("it is not there", is_curable=False)
    assert judged(record, watched.now_ns + OPEN_NS, is_file=False) == Verdict("no picture yet")
    again = wished(record, "", watched.now_ns + STEP_NS)
    assert judged(again, watched.now_ns + STEP_NS, is_file=False) is None


def test_pictures_are_told_apart_and_their_light_is_measured() -> None:
    image = np.full((48, 64, 3), (200, 100, 50), np.uint8)
    look = look_at(image)
    assert look.luminance == pytest.approx(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
    other = image.copy()
    other[-1, -1, -1] ^= 1
    assert look_at(other).digest != look.digest == look_at(image.copy()).digest
    dark = np.random.default_rng(7).integers(0, 5, image.shape, np.uint8)
    assert look_at(dark).luminance < BLACK < look_at(image).luminance
