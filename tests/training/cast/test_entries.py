import json
from pathlib import Path

import numpy as np
import pytest

from training.cast.manifest import read_cast
from training.cast.people import person_from_manifest, seeded_sitting, studio_sitting
from training.cast.recipe import RECIPE
from training.cast.rendering.entries import identity_entry, look_entry, picture_entry, scene_entry
from training.cast.rendering.landmarks import Landmarks
from training.cast.rendering.ledger import Ledger
from training.cast.rendering.overlay import write_jpeg
from training.cast.rendering.splits import subject_of
from training.cast.traits import Scene

FIXTURES = Path(__file__).parent / "fixtures"
SOMEWHERE = Landmarks(np.full((5, 2), 0.5), np.full((128, 2), 0.5))


@pytest.mark.parametrize("seed", [*range(20_000, 20_040), 10_024])
def test_what_is_written_is_read_back(seed: int) -> None:
    sitting = seeded_sitting(seed)
    person = sitting.person
    entry = json.loads(json.dumps({"identity": identity_entry(person.identity), "look": look_entry(person)}))
    assert person_from_manifest(entry["identity"], entry["look"], RECIPE) == person
    assert Scene.from_manifest(json.loads(json.dumps(scene_entry(sitting.scene)))) == sitting.scene


@pytest.mark.parametrize("split", ["studio", "repertoire", "population"])
def test_lines_have_the_keys_of_the_rendered_cast(split: str) -> None:
    for text in (FIXTURES / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
        rendered = json.loads(text)
        subject = subject_of(split, rendered["subject"])
        take = next(take for take in subject.takes if take.name == rendered["name"])
        entry = picture_entry(subject, take, rendered["actions"], rendered["size"], None, SOMEWHERE)
        assert entry.keys() - rendered.keys() == {"recipe", "rect", "dense"}  # the fixtures leave these out
        assert rendered.keys() <= entry.keys()
        assert entry["scene"].keys() == rendered["scene"].keys()
        if "look" in rendered:
            # the fixtures are of the first recipe
            assert entry["look"].keys() - rendered["look"].keys() == {"fine", "glasses", "covering"}
            assert rendered["look"].keys() <= entry["look"].keys()


def test_a_rendered_cast_reads_like_the_one_that_is_there(tmp_path: Path) -> None:
    for split, number in (("studio", 24), ("repertoire", 24), ("population", 7)):
        ledger = Ledger(tmp_path, split)
        subject = subject_of(split, number)
        for take in subject.takes:
            write_jpeg(ledger.picture(take.name), np.zeros((32, 32, 3), np.uint8))
            ledger.add(picture_entry(subject, take, {}, 32, None, SOMEWHERE))
    records = read_cast(tmp_path).records
    assert len(records) == 22 + 63 + 1
    assert {record.size for record in records} == {32}
    assert (read_cast(tmp_path).landmarks == 0.5).all()
    line = json.loads((tmp_path / "studio.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert line["recipe"] == RECIPE
    assert line["landmarks"][0] == [16, 16]
    assert Scene.from_manifest(line["scene"]) == studio_sitting(10_024).scene
