import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from models.action_units import AU_INDEX, CATEGORIES
from training.cast.actions import (
    ACTIONS,
    AU_ACTIONS,
    actions_for,
    draw_category,
    mirrored_actions,
)


def test_every_unit_but_one_can_be_rendered_with_47_actions() -> None:
    assert len(ACTIONS) == 47
    assert set(AU_INDEX) - set(AU_ACTIONS) == {21}


def test_actions_are_a_clipped_sum() -> None:
    assert actions_for({26: 1.0, 25: 0.5}) == pytest.approx(
        {
            "jawOpen": 0.615,
            "mouthLowerDownLeft": 0.25,
            "mouthLowerDownRight": 0.25,
            "mouthUpperUpLeft": 0.175,
            "mouthUpperUpRight": 0.175,
        }
    )
    assert actions_for({26: 1.0, 27: 1.0}) == {"jawOpen": 1.0}


def test_a_unit_without_actions_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="AU21 cannot be rendered"):
        actions_for({12: 1.0, 21: 0.5})


@pytest.mark.parametrize("unit", AU_ACTIONS)
def test_mirroring_twice_changes_nothing(unit: int) -> None:
    actions = actions_for({unit: 0.7})
    assert mirrored_actions(mirrored_actions(actions)) == actions


def test_a_mirror_swaps_the_winking_eye_and_the_side_of_the_jaw() -> None:
    assert mirrored_actions(actions_for({46: 1.0})) == {"eyeBlinkRight": 1.0, "cheekSquintRight": 0.5}
    assert mirrored_actions(actions_for({30: 0.5})) == {"jawLeft": -0.5}
    assert mirrored_actions(actions_for({37: 1.0}))["tongueLeft"] == -0.85


def test_only_wink_and_sideways_jaw_and_tongue_are_lopsided() -> None:
    alone = {unit: actions_for({unit: 1.0}) for unit in AU_ACTIONS}
    assert {unit for unit, actions in alone.items() if mirrored_actions(actions) != actions} == {30, 37, 46}


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_drawn_category_keeps_to_its_units(category: str) -> None:
    shown = CATEGORIES[category]
    for seed in range(50):
        units = draw_category(np.random.default_rng(seed), category)
        assert units.keys() <= {*shown.prototype, *shown.optional}
        assert all(0.6 <= intensity <= 1 for intensity in units.values())
        assert bool(units) == (category != "neutral")


def test_the_studio_draws_what_was_rendered(whole_cast: Path) -> None:
    rendered: dict[int, dict[str, dict[str, dict[str, float]]]] = defaultdict(dict)
    for line in (whole_cast / "studio.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        rendered[entry["subject"]][entry["category"]] = entry
    for subject, pictures in rendered.items():
        generator = np.random.default_rng([subject, 2014])
        expressivity = generator.uniform(0.8, 1.15)
        for category in CATEGORIES:
            units = draw_category(generator, category, expressivity)
            assert {str(unit): value for unit, value in units.items()} == pictures[category]["units"]
            assert actions_for(units) == pytest.approx(pictures[category]["actions"])
