"""People by number: the same z for ever."""

import pytest
import torch

from models.people import person_z


def test_a_persons_z_is_the_one_it_has_always_been():
    z = person_z(42)
    assert z.shape == (1, 512)
    assert z[0, :3].tolist() == pytest.approx([0.4967141530, -0.1382643012, 0.6476885381])


def test_people_differ_and_are_standard_normal():
    z = torch.cat([person_z(number) for number in (0, 1, 2**32 - 1)])
    assert len({tuple(row.tolist()) for row in z}) == 3
    assert float(z.mean()) == pytest.approx(0, abs=0.1)
    assert float(z.std()) == pytest.approx(1, abs=0.1)
