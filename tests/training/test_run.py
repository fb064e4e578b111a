"""What every training run shares: budgets end, states survive, averages follow."""

import torch
from torch import nn

from training.run import Budget, contact_sheet, load_state, save_state, update_average


def test_a_budget_counts_from_where_the_run_stood():
    assert list(Budget(1, "test").steps(3, 6)) == [3, 4, 5]
    assert list(Budget(0, "test").steps(3, 6)) == []


def test_a_state_survives_and_a_new_run_has_none(tmp_path):
    path = tmp_path / "new" / "state.pt"
    assert load_state(path) is None
    save_state(path, {"step": 3, "weights": torch.arange(4)})
    saved = load_state(path)
    assert saved["step"] == 3
    assert torch.equal(saved["weights"], torch.arange(4))
    assert [file.name for file in path.parent.iterdir()] == ["state.pt"]


def test_the_average_follows_by_the_decay():
    average, current = nn.Linear(2, 1), nn.Linear(2, 1)
    nn.init.zeros_(average.weight)
    nn.init.ones_(current.weight)
    update_average(average, current, 0.75)
    assert torch.allclose(average.weight, torch.full((1, 2), 0.25))


def test_a_contact_sheet_is_rows_of_pictures_in_bgr():
    red = torch.stack([torch.ones(4, 4), -torch.ones(4, 4), -torch.ones(4, 4)])
    sheet = contact_sheet([torch.stack([red, red, red]), torch.stack([red, red, red])])
    assert sheet.shape == (8, 12, 3)
    assert sheet[0, 0].tolist() == [0, 0, 255]
