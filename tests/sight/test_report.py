"""What crosses between the processes arrives as it was sent."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import Likeness, Sighting, Visitor
from installation.sight.report import MOST_VISITORS, Asked, Report, packed, report_type, unpacked
from models.action_units import NUM_AUS

SHAPE = (4, 8)
KIND = report_type(*SHAPE)

SHARES = st.floats(0, 1)
AUS = st.lists(SHARES, min_size=NUM_AUS, max_size=NUM_AUS).map(tuple)
NUMBERS = st.integers(1, 2**62)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
VISITORS = st.builds(
    Visitor,
    NUMBERS,
    st.floats(-90, 90),
    st.floats(-90, 90),
    SHARES,
    st.booleans(),
    st.none() | SHARES,
    st.none() | AUS,
)
LATENTS = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)
)
LIKENESSES = st.builds(Likeness, NUMBERS, LATENTS, AUS) | st.builds(
    lambda request, doubts: Likeness(request, doubts=tuple(doubts)),
    NUMBERS,
    st.lists(WORDS.filter(bool), max_size=4),
)
REPORTS = st.builds(
    Report,
    st.builds(
        Sighting,
        st.lists(VISITORS, max_size=MOST_VISITORS).map(tuple),
        st.none() | LIKENESSES,
        WORDS,
    ),
    NUMBERS,
    st.integers(0, 2**40),
)


def plain(report: Report) -> dict:
    """All of it, arrays as lists."""
    fields = dataclasses.asdict(report)
    likeness = fields["sighting"]["likeness"]
    if likeness and likeness["ws"] is not None:
        likeness["ws"] = likeness["ws"].tolist()
    return fields


@given(REPORTS)
def test_a_report_arrives_whole(report):
    assert plain(unpacked(packed(report, KIND), KIND)) == plain(report)


@given(st.integers(0, 2**62), st.integers(0, 2**62), st.integers(0, 2**62))
def test_what_is_asked_arrives(request_number, visitor, num_forgets):
    asked = Asked(request_number, visitor, num_forgets)
    assert Asked.unpacked(asked.packed()) == asked


def test_what_has_no_room_is_left_out():
    crowd = tuple(Visitor(number, 0.0, 0.0, 0.1, is_facing=False) for number in range(1, 30))
    likeness = Likeness(1, doubts=("ü" * 500,) * 20)
    report = unpacked(packed(Report(Sighting(crowd, likeness, "é" * 999), 1, 0), KIND), KIND)
    assert [visitor.number for visitor in report.sighting.visitors] == list(range(1, MOST_VISITORS + 1))
    assert set(report.sighting.likeness.doubts) == {"ü" * 80}
    assert set(report.sighting.trouble) == {"é"}


def test_all_reports_are_of_one_size():
    sizes = {
        len(packed(report, KIND))
        for report in (
            Report(Sighting(), 0, 0),
            Report(Sighting(trouble="no camera", likeness=Likeness(3, doubts=("blurred",))), 5, 7),
        )
    }
    assert sizes == {KIND.itemsize}


def test_a_report_about_other_latents_is_refused():
    with pytest.raises(ValueError, match="size"):
        unpacked(packed(Report(Sighting(), 0, 0), KIND), report_type(5, 8))


def test_a_latent_does_not_hang_on_the_payload():
    likeness = Likeness(1, np.ones(SHAPE, np.float32), (0.5,) * NUM_AUS)
    ws = unpacked(packed(Report(Sighting(likeness=likeness), 0, 0), KIND), KIND).sighting.likeness.ws
    assert ws.base is None and ws.flags.writeable


def test_nothing_of_a_visitor_is_in_a_repr():
    """A crash report is made of these."""
    visitor = Visitor(1, 0.0, 0.0, 0.1, is_facing=True, aus=(0.123456,) * NUM_AUS)
    likeness = Likeness(1, np.full(SHAPE, 0.654321, np.float32), (0.123456,) * NUM_AUS)
    told = repr(Report(Sighting((visitor,), likeness), 0, 0))
    assert "0.123456" not in told and "0.654321" not in told
