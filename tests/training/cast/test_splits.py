import json
from pathlib import Path

import pytest

from models.action_units import CATEGORIES, au_label
from training.cast.actions import FURTHER_UNITS, INCOMPATIBLE
from training.cast.manifest import SPLITS
from training.cast.rendering.splits import subject_of

FIXTURES = Path(__file__).parent / "fixtures"
NOT_GROWN_UP = "age0.58"  # shown by the first recipe only


def assert_takes_are_those_rendered(folder: Path, step: int = 1) -> None:
    """Every line names a take of its subject, with these units and of the same part of the picture.

    The whole cast was rendered before FURTHER_UNITS could be.
    """
    subjects = {}
    for split in SPLITS:
        for text in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()[::step]:
            entry = json.loads(text)
            key = split, entry["subject"]
            if key not in subjects:
                subjects = {key: subject_of(*key)}  # lines of a subject stand together
            subject = subjects[key]
            assert subject.identity_seed == entry["identity_seed"]
            if entry["category"] == NOT_GROWN_UP:
                continue
            take = {take.name: take for take in subject.takes}[entry["name"]]
            assert take.category == entry["category"]
            if "rect" in entry:
                assert take.is_face_only == (entry["rect"] is not None), entry["name"]
            units = {unit: take.units[unit] for unit in take.units if unit not in FURTHER_UNITS}
            shown = {str(unit): intensity for unit, intensity in units.items()}
            assert shown == pytest.approx(entry["units"], abs=1e-9), entry["name"]
            assert list(shown) == list(entry["units"]), entry["name"]


def test_a_number_gives_the_pictures_that_were_rendered() -> None:
    assert_takes_are_those_rendered(FIXTURES)


def test_numbers_across_the_cast_give_what_was_rendered(whole_cast: Path) -> None:
    assert_takes_are_those_rendered(whole_cast, step=7)  # shares no divisor with the lines of a subject


def test_the_studio_shows_the_table_in_its_order() -> None:
    subject = subject_of("studio", 7)
    assert [take.category for take in subject.takes] == list(CATEGORIES)
    assert [take.name for take in subject.takes] == [f"007_{index:02d}" for index in range(22)]
    assert [take.is_face_only for take in subject.takes] == [False, *[True] * 21]
    assert {take.sitting for take in subject.takes} == {subject.sitting}
    assert subject.takes[0].units == {}


def test_the_repertoire_shows_one_thing_at_a_time(whole_cast: Path) -> None:
    subject = subject_of("repertoire", 24)
    lines = (whole_cast / "repertoire.jsonl").read_text(encoding="utf-8").splitlines()
    rendered = {entry["category"] for entry in map(json.loads, lines) if entry["subject"] == 24}
    rendered -= {NOT_GROWN_UP}
    later = {"age0.66", *map(au_label, FURTHER_UNITS)}
    assert {take.category for take in subject.takes} - rendered == later
    assert rendered <= {take.category for take in subject.takes}
    for take in subject.takes:
        is_changed = (take.sitting.scene != subject.sitting.scene, take.is_other_person, bool(take.units))
        assert sum(is_changed) == 1, take.name
        assert take.is_other_person == (take.sitting.person != subject.sitting.person)


def test_other_ages_keep_the_face() -> None:
    subject = subject_of("repertoire", 30)
    own = subject.sitting.person.identity
    ages = [take for take in subject.takes if take.is_other_person]
    assert [take.sitting.person.identity.phenotype.age for take in ages] == [0.66, 0.78, 0.98]
    assert {take.sitting.person.identity.shape for take in ages} == {own.shape}
    grey = [take.sitting.person.look.hair.grey for take in ages]
    assert grey == sorted(grey)
    assert grey[0] == 0


def test_the_population_is_one_picture_a_person() -> None:
    takes = [subject_of("population", number).takes for number in range(200)]
    assert {len(own) for own in takes} == {1}
    at_rest = sum(not own[0].units for own in takes)
    assert 8 <= at_rest <= 32  # a tenth, less those whose lids are down


def test_a_fifth_of_the_population_shows_a_further_unit_that_goes_with_the_rest() -> None:
    faces = [subject_of("population", number).takes[0].units for number in range(400)]
    further = [units for units in faces if units.keys() & FURTHER_UNITS.keys()]
    assert 50 <= len(further) <= 100
    for units in further:
        (unit,) = units.keys() & FURTHER_UNITS.keys()
        assert not units.keys() & INCOMPATIBLE[unit]


def test_an_unknown_split_is_named() -> None:
    with pytest.raises(ValueError, match="no split is called 'studios'; there are studio, repertoire"):
        subject_of("studios", 0)
