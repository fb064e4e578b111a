import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp

from training.cast.dice import LatentDice, SeededDice
from training.cast.people import (
    LATENT_COMPONENTS,
    LATENT_NAMES,
    LATENT_SIZE,
    iris_shares,
    latent_sitting,
    person_from_manifest,
    sample_identity,
    sample_look,
    sample_scene,
    seeded_sitting,
    studio_sitting,
)
from training.cast.recipe import ADULT_AGE, RECIPE, SHORT, STYLES, with_additions
from training.cast.shapes import NUM_SHAPES, SHAPE_LABELS, SHAPES
from training.cast.traits import Identity, Person, Scene, Sitting

FIXTURES = Path(__file__).parent / "fixtures"


def numbers_and_names(sitting: Sitting) -> tuple[list[float], list[str]]:
    leaves = list(_leaves(dataclasses.asdict(sitting)))
    numbers = [float(leaf) for leaf in leaves if isinstance(leaf, int | float)]
    return numbers, [repr(leaf) for leaf in leaves if not isinstance(leaf, int | float)]


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        tree = list(tree.values())
    if not isinstance(tree, list | tuple):
        yield tree
        return
    for branch in tree:
        yield from _leaves(branch)


def assert_drawn_as_rendered(folder: Path, split: str, step: int = 1) -> None:
    draw = studio_sitting if split == "studio" else seeded_sitting
    for line in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()[::step]:
        entry = json.loads(line)
        if "identity" not in entry:
            continue
        drawn = draw(entry["identity_seed"], recipe=1)
        rendered = Sitting(
            person_from_manifest(entry["identity"], entry["look"], 1), Scene.from_manifest(entry["scene"])
        )
        numbers, names = numbers_and_names(rendered)
        drawn_numbers, drawn_names = numbers_and_names(drawn)
        assert drawn_names == names, entry["name"]
        np.testing.assert_allclose(drawn_numbers, numbers, rtol=0, atol=1e-9, err_msg=entry["name"])
        tone, asian = drawn.person.look.skin.tone, drawn.person.identity.phenotype.asian
        np.testing.assert_allclose(iris_shares(tone, asian), entry["look"]["iris_p"], atol=1e-9)


@pytest.mark.parametrize("split", ["studio", "population"])
def test_a_seed_gives_the_person_and_scene_that_were_rendered(split: str) -> None:
    assert_drawn_as_rendered(FIXTURES, split)


# A studio subject is at rest once in 22 lines.
@pytest.mark.parametrize(("split", "step"), [("studio", 1), ("population", 5)])
def test_seeds_across_the_cast_give_what_was_rendered(whole_cast: Path, split: str, step: int) -> None:
    assert_drawn_as_rendered(whole_cast, split, step)


def test_shapes_keep_the_order_of_the_manifests() -> None:
    entry = json.loads((FIXTURES / "population.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert tuple(entry["identity"]["local"]) == SHAPE_LABELS
    assert len(set(SHAPE_LABELS)) == NUM_SHAPES == 117


def test_an_identity_with_other_shapes_names_them() -> None:
    entry = json.loads((FIXTURES / "population.jsonl").read_text(encoding="utf-8").splitlines()[0])[
        "identity"
    ]
    entry["local"]["nose-third"] = entry["local"].pop("nose-hump-incr")
    with pytest.raises(ValueError, match="nose-hump-incr, nose-third"):
        Identity.from_manifest(entry)


# -- latents -------------------------------------------------------------------------------------------------


class Recording(LatentDice):
    """Latent dice that remember the names they were asked for."""

    def __init__(self, z: np.ndarray) -> None:
        super().__init__(z, LATENT_COMPONENTS)
        self.drawn: set[str] = set()

    def random(self, name: str, /) -> float:
        self.drawn.add(name)
        return super().random(name)

    def normal(self, name: str, /, mean: float, sigma: float) -> float:
        self.drawn.add(name)
        return super().normal(name, mean, sigma)


def test_every_named_component_is_drawn_and_no_other() -> None:
    drawn = set()
    for z in np.random.default_rng(0).normal(size=(300, LATENT_SIZE)):
        dice = Recording(z)
        person = Person(sample_identity(dice), sample_look(dice, sample_identity(dice), STYLES[2]))
        with_additions(dice, person)
        sample_scene(dice)
        drawn |= dice.drawn
    assert drawn == set(LATENT_NAMES)
    assert len(LATENT_NAMES) == len(set(LATENT_NAMES)) <= LATENT_SIZE


def test_a_latent_is_one_person_and_the_spare_components_change_nothing() -> None:
    z = np.random.default_rng(1).normal(size=LATENT_SIZE)
    spare = z.copy()
    spare[len(LATENT_NAMES) :] = 0
    assert latent_sitting(z) == latent_sitting(z.copy()) == latent_sitting(spare)


@pytest.mark.parametrize("name", ["beard", "hair.group", "hair.thinning", "sex"])
def test_a_draw_that_others_hang_on_does_not_shift_them(name: str) -> None:
    z = np.random.default_rng(2).normal(size=LATENT_SIZE)
    z[LATENT_COMPONENTS["sex"]] = 1.0  # a man: he may have a beard
    turned = z.copy()
    turned[LATENT_COMPONENTS[name]] *= -1
    before, after = latent_sitting(z), latent_sitting(turned)
    assert before.scene == after.scene
    assert before.person.look.neckline == after.person.look.neckline
    assert before.person.look.iris == after.person.look.iris
    assert before.person.look.hair.wave == after.person.look.hair.wave


@pytest.mark.parametrize("extreme", [-40.0, -9.0, 9.0, 40.0])
def test_the_far_ends_of_a_latent_are_still_people(extreme: float) -> None:
    numbers, _ = numbers_and_names(latent_sitting(np.full(LATENT_SIZE, extreme)))
    assert np.isfinite(numbers).all()


def test_a_latent_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected z of shape \(512,\), got \(256,\)"):
        latent_sitting(np.zeros(256))


def _measures(sitting: Sitting) -> dict[str, float]:
    """A few traits of every kind of draw: normal, clipped, uniform, chosen, Dirichlet, and mixtures."""
    look, phenotype = sitting.person.look, sitting.person.identity.phenotype
    return {
        "gender": phenotype.gender,
        "age": phenotype.age,
        "african": phenotype.african,
        "asian": phenotype.asian,
        "caucasian": phenotype.caucasian,
        "nose": sitting.person.identity.shape[SHAPE_LABELS.index("nose-hump-incr")],
        "right ear": sitting.person.identity.shape[SHAPE_LABELS.index("r-ear-scale-incr")],
        "tone": look.skin.tone,
        "freckles": look.skin.freckles,
        "melanin": look.hair.melanin,
        "grey": look.hair.grey,
        "recede": look.hair.recede,
        "bald": float(look.hair.style == "bald"),
        "beard": look.beard.length if look.beard else 0.0,
        "brow": look.brow.arch,
        "iris": look.iris[2],
        "gaze": sitting.scene.gaze_x,
        "glow": sitting.scene.glow_x,
        "backdrop": sitting.scene.backdrop[0],
    }


def test_latents_and_seeds_draw_the_same_population() -> None:
    num_people = 2000
    latents = np.random.default_rng(3).normal(size=(num_people, LATENT_SIZE))
    by_latent = [_measures(latent_sitting(z)) for z in latents]
    by_seed = [_measures(seeded_sitting(seed)) for seed in range(num_people)]
    for name in by_latent[0]:
        p = ks_2samp([row[name] for row in by_latent], [row[name] for row in by_seed]).pvalue
        assert p > 0.001, f"{name}: p = {p:.5f}"


# -- dice ----------------------------------------------------------------------------------------------------


def test_latent_draws_are_quantiles() -> None:
    component = {"a": 0, "b.0": 1, "b.1": 2}
    dice = LatentDice(np.array([0.0, 0.0, 0.0]), component)
    assert dice.uniform("a", 2, 4) == 3
    assert dice.normal("a", 1, 5) == 1
    assert dice.integers("a", 10) == 5
    assert dice.choice("a", "xyz", [0.4, 0.2, 0.4]) == "y"
    assert dice.dirichlet("b", [0.5, 0.5]) == (0.5, 0.5)
    assert dice.reseeded(1) is dice


def test_seeded_dice_start_afresh_where_a_part_has_its_own_seed() -> None:
    dice = SeededDice([1, 2])
    assert dice.reseeded(7).random("x") == SeededDice(7).random("y") == np.random.default_rng(7).random()


def test_a_pair_of_shapes_differs_by_its_asymmetry_alone() -> None:
    identity = latent_sitting(np.zeros(LATENT_SIZE)).person.identity
    shape = dict(zip(SHAPE_LABELS, identity.shape, strict=True))
    for target in SHAPES:
        assert len({shape[label] for label in target.labels}) == 1


# -- recipes -------------------------------------------------------------------------------------------------


def test_the_second_recipe_changes_only_what_it_says() -> None:
    for seed in range(200):
        before, after = seeded_sitting(seed, recipe=1), seeded_sitting(seed, recipe=2)
        assert before.scene == after.scene
        assert before.person.identity.shape == after.person.identity.shape
        assert before.person.look.skin.tone == after.person.look.skin.tone
        assert ADULT_AGE <= after.person.identity.phenotype.age <= 1
        assert after.person.look.recipe == RECIPE
        assert before.person.look.glasses is before.person.look.covering is None


def test_a_fifth_wears_glasses_a_tenth_a_covering_and_any_head_short_hair() -> None:
    people = [seeded_sitting(seed).person for seed in range(2000)]
    assert sum(person.look.glasses is not None for person in people) / 2000 == pytest.approx(0.22, abs=0.03)
    assert sum(person.look.covering is not None for person in people) / 2000 == pytest.approx(0.10, abs=0.03)
    short = [person.identity.is_female for person in people if person.look.hair.style in SHORT]
    assert 0.2 < sum(short) / len(short) < 0.5
    assert not any(
        person.look.covering and person.look.covering.kind == "scarf" and not person.identity.is_female
        for person in people
    )
