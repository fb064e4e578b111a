"""What the generator's fit is shown."""

import pytest
import torch

from training.batches import by_resolution, scene_key, shuffled
from training.cast.manifest import CastError, read_cast
from training.fit_generator import with_new_scenes


@pytest.fixture
def groups(cast_folder):
    cast = read_cast(cast_folder)
    keys = sorted({scene_key(record) for record in cast.records})
    return by_resolution(cast, {key: row for row, key in enumerate(keys)}, 256), cast


def test_every_picture_teaches_at_the_finest_resolution_that_it_is_sharp_at(groups):
    pictures, cast = groups
    assert [group.resolution for group in pictures] == [128, 256]
    assert [len(group) for group in pictures] == [
        sum(record.size == 256 for record in cast.records),
        sum(record.size == 512 for record in cast.records),
    ]


def test_a_mirrored_batch_shows_mirrored_pictures_of_the_mirrored_scene(groups):
    group = groups[0][0]
    index = torch.arange(len(group))
    plain, mirrored = group.batch(index), group.batch(index, is_mirrored=True)
    torch.testing.assert_close(mirrored.images, plain.images.flip(3))
    torch.testing.assert_close(mirrored.attention, plain.attention.flip(3))
    assert (mirrored.scenes == plain.scenes + group.num_scenes).all()
    assert not torch.equal(mirrored.factors, plain.factors)


def test_every_picture_is_shown_once_an_epoch():
    batches = shuffled(10, 5, seed=3)
    epochs = [torch.cat([next(batches), next(batches)]) for _ in range(2)]
    assert all(epoch.sort().values.tolist() == list(range(10)) for epoch in epochs)
    assert epochs[0].tolist() != epochs[1].tolist()


def test_less_than_a_batch_is_refused():
    with pytest.raises(CastError, match="3 pictures of one resolution"):
        next(shuffled(3, 4, seed=0))


def test_free_vectors_keep_their_scene_when_the_cast_grows():
    free = torch.arange(8.0).view(4, 2)  # two scenes as rendered, then both mirrored
    grown = with_new_scenes(free, 2, 3)
    assert grown.tolist() == [[0, 1], [2, 3], [0, 0], [4, 5], [6, 7], [0, 0]]
