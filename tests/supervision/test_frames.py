"""Frames on their way, whole; and small ones for the desks, never of a visitor."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.ports import NANOSECONDS, Frame
from installation.stage.shared import SharedLatest
from installation.supervision.frames import USUAL_PX, capacity, is_withheld, packed, side_of, unpacked
from installation.supervision.preview import SIDE_PX, Preview
from run_installation import WEIGHTS
from tests.models.tiny import write_tiny_weights


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 2**60),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_a_frame_arrives_as_it_left(height, width, t_ns, kinds):
    image = np.random.default_rng(height).integers(0, 256, (height, width, 3)).astype(np.uint8)
    payload = packed(Frame(image, t_ns, *kinds))
    came = unpacked(payload)
    assert (came.t_ns, (came.is_private, came.is_dark, came.is_still)) == (t_ns, kinds)
    assert np.array_equal(came.image, image)
    assert not came.image.flags.owndata
    assert not is_withheld(payload)
    assert len(payload) <= capacity(max(height, width))


def test_the_side_is_read_without_the_weights(tmp_path):
    assert side_of(WEIGHTS) == USUAL_PX
    assert side_of(write_tiny_weights(tmp_path)) == 32
    broken = tmp_path / "broken.safetensors"
    for content in (b"", b"\xff" * 100, os.urandom(1000)):
        broken.write_bytes(content)
        assert side_of(broken) == USUAL_PX
    assert side_of(tmp_path / "none.safetensors") == USUAL_PX


@pytest.fixture
def mailbox():
    box = SharedLatest.create(capacity(SIDE_PX))
    yield box
    box.close()


def test_the_preview_is_small_and_comes_a_few_times_a_second(mailbox):
    preview, num = Preview(mailbox), 0
    for number in range(60):
        preview.show(Frame(np.full((1024, 1024, 3), 77, np.uint8), number), number * NANOSECONDS // 60)
        num += (stamped := mailbox.take()) is not None
        if stamped:
            assert unpacked(stamped.value).image.shape == (SIDE_PX, SIDE_PX, 3)
            assert (unpacked(stamped.value).image == 77).all()
    assert num == 10


def test_a_visitor_is_withheld(mailbox):
    Preview(mailbox).show(Frame(np.full((64, 64, 3), 77, np.uint8), 0, is_private=True), 0)
    stamped = mailbox.take()
    assert stamped is not None
    assert is_withheld(stamped.value)
    assert 77 not in stamped.value[21:]
    assert not unpacked(stamped.value).image.size
