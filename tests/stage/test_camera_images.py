"""Pictures through a mailbox."""

from contextlib import closing

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from installation.stage.camera_images import (
    IMAGE_CAPACITY,
    LONGEST_SIDE_PX,
    fitted,
    post_image,
    take_image,
)
from installation.stage.shared import SharedLatest

sides_px = st.integers(1, 3000)


@given(width=sides_px, height=sides_px)
@settings(max_examples=25, deadline=None)
def test_a_picture_keeps_its_shape_and_becomes_no_larger_than_need_be(width: int, height: int) -> None:
    image = fitted(np.zeros((height, width, 3), np.uint8))
    longest = max(width, height)
    scale = min(1, LONGEST_SIDE_PX / longest)
    assert max(image.shape) <= LONGEST_SIDE_PX and image.dtype == np.uint8
    assert abs(image.shape[1] - width * scale) <= 1 and abs(image.shape[0] - height * scale) <= 1


def test_pictures_arrive_as_they_were_sent_whatever_their_shape() -> None:
    dice = np.random.default_rng(7)
    with closing(SharedLatest.create(IMAGE_CAPACITY)) as mailbox:
        assert take_image(mailbox) is None
        for t_ns, shape in enumerate([(48, 64, 3), (LONGEST_SIDE_PX, LONGEST_SIDE_PX, 3), (1, 1, 3)]):
            image = dice.integers(0, 256, shape, np.uint8)
            post_image(mailbox, image, t_ns)
            taken = take_image(mailbox)
            assert taken is not None and taken.t_ns == t_ns
            assert taken.value.dtype == np.uint8 and np.array_equal(taken.value, image)
        assert take_image(mailbox) is None


def test_what_is_posted_may_be_a_view_of_something_else() -> None:
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    with closing(SharedLatest.create(IMAGE_CAPACITY)) as mailbox:
        post_image(mailbox, image[:, ::-1], 1)
        taken = take_image(mailbox)
        assert taken is not None and np.array_equal(taken.value, image[:, ::-1])
