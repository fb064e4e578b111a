import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.action_units import AU_INDEX
from training.cast.actions import actions_for
from training.cast.factors import FACTOR_NAMES, IDENTITY, NUM_FACTORS, factor_vector
from training.cast.manifest import HELD_OUT_SUBJECTS, CastError, Record, is_held_out, read_cast
from training.cast.people import studio_sitting

AGE = FACTOR_NAMES.index("phenotype.age")


def by_name(folder: Path) -> dict[str, Record]:
    return {record.name: record for record in read_cast(folder).records}


def rewrite(path: Path, line: int, change: Callable[[dict[str, Any]], object]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    entry = json.loads(lines[line - 1])
    change(entry)
    lines[line - 1] = json.dumps(entry)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_lines_without_a_picture_do_not_count(cast_folder: Path) -> None:
    assert list(by_name(cast_folder)) == [
        *("024_00", "024_01"),
        *("024_AU46", "024_age0.78", "024_yaw+8"),
        *("00005", "00009"),
    ]


def test_a_record_holds_all_that_made_its_picture(cast_folder: Path) -> None:
    happy = by_name(cast_folder)["024_01"]
    assert (happy.split, happy.subject, happy.category, happy.size) == ("studio", 24, "happy", 256)
    assert happy.picture == cast_folder / "studio" / "024_01.jpg"
    assert {unit for unit, index in AU_INDEX.items() if happy.units[index]} == {6, 12, 25}
    drawn = studio_sitting(happy.identity_seed, recipe=1)
    shown = {unit: float(happy.units[index]) for unit, index in AU_INDEX.items() if happy.units[index]}
    expected = factor_vector(drawn.person, drawn.scene, actions_for(shown))
    np.testing.assert_allclose(happy.factors, expected, atol=1e-6)


def test_a_changed_person_is_their_own_and_changes_no_other_picture(cast_folder: Path) -> None:
    records = by_name(cast_folder)
    assert records["024_age0.78"].factors[AGE] == 0.78
    young = records["024_00"].factors
    assert young[AGE] != 0.78
    np.testing.assert_array_equal(records["024_yaw+8"].factors[IDENTITY], young[IDENTITY])


def test_landmarks_are_shares_of_the_picture(cast_folder: Path) -> None:
    landmarks = read_cast(cast_folder).landmarks
    assert landmarks.shape == (7, 5, 2)
    assert landmarks.min() > 0.2
    assert landmarks.max() < 0.9
    image_left_eye, image_right_eye, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
    assert (image_left_eye[:, 0] < image_right_eye[:, 0]).all()
    assert (nose[:, 1] > image_left_eye[:, 1]).all()


def test_columns_are_stacked_in_the_order_of_the_records(cast_folder: Path) -> None:
    cast = read_cast(cast_folder)
    assert cast.units.shape == (7, 43)
    assert cast.factors.shape == (7, NUM_FACTORS)
    np.testing.assert_array_equal(cast.units[2], cast.records[2].units)


def test_people_are_held_out_whole(cast_folder: Path) -> None:
    (cast_folder / "studio" / "033_00.jpg").touch()
    cast = read_cast(cast_folder)
    assert [record.name for record in cast.held_out().records] == ["033_00", "00005"]
    assert len(cast.training().records) == 6


def test_small_renderings_teach_up_to_half_their_size(cast_folder: Path) -> None:
    records = by_name(cast_folder)
    assert records["024_00"].finest == 128
    assert records["00005"].finest == 512


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda entry: entry.pop("scene"), "lacks `scene`"),
        (lambda entry: entry.pop("size"), "lacks `size`"),
        (lambda entry: entry["scene"].pop("key_az"), "`scene` lacks 'key_az'"),
        (lambda entry: entry["units"].update({"3": 1.0}), "`units` names '3', which is not one of the 43"),
        (
            lambda entry: entry["units"].update({"12": 1.2}),
            "`units` gives 12 the intensity 1.2; expected 0 to 1",
        ),
        (lambda entry: entry["actions"].update(smile=1.0), "not among the 47 actions of the cast: smile"),
        (lambda entry: entry["landmarks"].pop(), r"`landmarks` has the shape \(4, 2\)"),
        (lambda entry: entry.update(identity_seed=7), "no line at rest shows the person of identity_seed 7"),
    ],
)
def test_errors_name_file_and_line(cast_folder: Path, change: Callable[..., object], problem: str) -> None:
    rewrite(cast_folder / "studio.jsonl", 2, change)
    with pytest.raises(CastError, match=rf"studio\.jsonl:2: .*{problem}"):
        read_cast(cast_folder)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda entry: entry.pop("look"), "lacks 'look'"),
        (
            lambda entry: entry["look"]["style"].update(name="mullet"),
            "`look.style.name` is 'mullet'; known are afro",
        ),
        (lambda entry: entry["identity"]["local"].pop("nose-hump-incr"), "differing: nose-hump-incr"),
    ],
)
def test_errors_in_a_person_name_file_and_line(
    cast_folder: Path, change: Callable[..., object], problem: str
) -> None:
    rewrite(cast_folder / "population.jsonl", 1, change)
    with pytest.raises(CastError, match=rf"population\.jsonl:1: .*{problem}"):
        read_cast(cast_folder)


def test_a_line_that_is_not_json_is_named(cast_folder: Path) -> None:
    with (cast_folder / "studio.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n{'name'}\n")
    with pytest.raises(CastError, match=r"studio\.jsonl:5: not JSON: .* at column 2"):
        read_cast(cast_folder)


def test_an_empty_folder_is_no_cast(tmp_path: Path) -> None:
    with pytest.raises(CastError, match=r"no cast here: expected studio\.jsonl"):
        read_cast(tmp_path)


def test_the_whole_cast_reads_and_holds_ten_subjects_out(whole_cast: Path) -> None:
    cast = read_cast(whole_cast)
    assert np.isfinite(cast.factors).all()
    subjects = {record.subject for record in cast.held_out().records if record.split == "studio"}
    assert subjects == HELD_OUT_SUBJECTS
    assert len(HELD_OUT_SUBJECTS) == 10
    seen = {record.identity_seed for record in cast.training().records}
    assert not seen & {record.identity_seed for record in cast.records if is_held_out(record)}
    repertoire = {record.subject for record in cast.records if record.split == "repertoire"}
    assert len(repertoire & HELD_OUT_SUBJECTS) == 2


def test_a_person_rendered_by_two_recipes_is_read_as_each_shows_them(
    cast_folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(cast_folder, other)
    manifest = other / "studio.jsonl"
    entries = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    for entry in entries:
        entry["recipe"] = 2
        if "look" in entry:
            entry["look"]["tone"] = 0.123
    manifest.write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    (other / "repertoire.jsonl").unlink()
    (other / "population.jsonl").unlink()
    tone = FACTOR_NAMES.index("skin.tone")
    happy = [record for record in read_cast(cast_folder, other).records if record.name == "024_01"]
    assert [record.recipe for record in happy] == [1, 2]
    assert happy[0].factors[tone] != 0.123 == happy[1].factors[tone]
