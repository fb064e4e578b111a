"""When something is tried again, and what is said of it, over months that pass at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from installation.ports import NANOSECONDS
from installation.stage.vigil import WELL, Herald, Patience, Verdict, punctual

LOOK_NS = NANOSECONDS // 10
DAY_NS = 86_400 * NANOSECONDS


def test_pauses_double_from_half_a_second_to_five_and_are_long_after_ten_minutes() -> None:
    patience = Patience()
    pauses_s = [patience.pause_ns(k, 0) / NANOSECONDS for k in range(6)]
    assert pauses_s == [0.5, 1, 2, 4, 5, 5]
    assert patience.pause_ns(10**6, 599 * NANOSECONDS) == 5 * NANOSECONDS
    assert patience.pause_ns(0, 600 * NANOSECONDS) == 30 * NANOSECONDS


def hear_all(troubles: list[tuple[str, int]]) -> list[str]:
    """What is said of troubles that last so long each, heard every LOOK_NS."""
    said = list[str]()
    herald, now_ns = Herald("camera", said.append), 0
    for trouble, length_ns in troubles:
        end_ns = now_ns + length_ns
        while now_ns < end_ns:
            herald.hear(trouble, now_ns)
            now_ns += max(LOOK_NS, length_ns // 50)
    return said


def test_it_says_once_that_something_is_wrong_and_once_that_it_is_back() -> None:
    said = hear_all([("", NANOSECONDS), ("no picture", 21 * DAY_NS), ("", 2 * NANOSECONDS)])
    assert said == [
        "camera: no picture; it is tried again until it is back",
        f"camera: back after {21 * 86_400:.1f} s",
    ]


def test_another_trouble_on_top_of_the_first_is_no_news() -> None:
    said = hear_all([("black", NANOSECONDS), ("no picture", NANOSECONDS), ("black", NANOSECONDS)])
    assert said == ["camera: black; it is tried again until it is back"]


def test_what_is_well_from_the_beginning_is_never_spoken_of() -> None:
    assert hear_all([("", DAY_NS)]) == []


@given(well_s=st.integers(1, 40), bad_s=st.integers(1, 40))
@settings(max_examples=20, deadline=None)
def test_a_loose_contact_is_told_ever_more_seldom(well_s: int, bad_s: int) -> None:
    """Two lines each time that it has held for as long as is waited, and that doubles."""
    num_rounds = 100
    rounds = [("no picture", bad_s * NANOSECONDS), ("", well_s * NANOSECONDS)]
    said = hear_all(rounds * num_rounds)
    num_doublings = well_s.bit_length()
    assert 1 <= len(said) <= 2 * num_doublings + 1


def test_after_a_good_hour_it_is_told_at_once_again() -> None:
    loose = [("no picture", NANOSECONDS), ("", 3 * NANOSECONDS)] * 10
    hour = [("", 7200 * NANOSECONDS)]
    short = [("no picture", NANOSECONDS), ("", 3 * NANOSECONDS)]
    before = hear_all([*loose, *hour])
    assert len(hear_all([*loose, *hour, *short])) == len(before) + 2


def test_a_process_is_judged_by_its_reports() -> None:
    def judge(reported_ns: int | None, now_ns: int) -> Verdict | None:
        return punctual(reported_ns, 100, now_ns, start_ns=60, silent_ns=10)

    assert judge(None, 159) is judge(99, 159) is None  # 99: of the process before
    assert judge(None, 160) == judge(99, 160) == Verdict("has not begun")
    assert judge(150, 159) == WELL
    assert judge(150, 160) == Verdict("does not answer")
