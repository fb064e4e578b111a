import json
from pathlib import Path
from typing import Any

import pytest

from training.cast.manifest import CastError
from training.cast.rendering.ledger import Ledger
from training.cast.rendering.production import Order, Task, missing_tasks


def rendered(folder: Path, *names: str, split: str = "population") -> Ledger:
    """A split of which these pictures are done."""
    ledger = Ledger(folder, split)
    for name in names:
        ledger.picture(name).write_bytes(b"jpeg")
        ledger.add({"name": name, "size": 256})
    return ledger


def entries(folder: Path, split: str = "population") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]


def order(folder: Path, split: str, last: int) -> Order:
    return Order(split, 0, last, folder, folder / "head.npz", 256, 4)


def test_a_picture_is_done_with_its_line_and_its_file(tmp_path: Path) -> None:
    ledger = rendered(tmp_path, "00000", "00001")
    ledger.picture("00001").unlink()
    ledger.picture("00002").write_bytes(b"a picture that nobody vouches for")
    again = Ledger(tmp_path, "population")
    assert [again.is_done(name) for name in ("00000", "00001", "00002")] == [True, False, False]


def test_only_what_is_missing_is_rendered(tmp_path: Path) -> None:
    ledger = rendered(tmp_path, "00000", "00002")
    assert missing_tasks(order(tmp_path, "population", 4), ledger) == [
        Task(1, frozenset({"00001"})),
        Task(3, frozenset({"00003"})),
    ]
    studio = rendered(tmp_path, *(f"000_{index:02d}" for index in range(20)), split="studio")
    assert missing_tasks(order(tmp_path, "studio", 1), studio) == [Task(0, frozenset({"000_20", "000_21"}))]


def test_a_picture_rendered_again_has_one_line(tmp_path: Path) -> None:
    ledger = rendered(tmp_path, "00000", "00001")
    ledger.picture("00000").unlink()
    again = Ledger(tmp_path, "population")
    again.make_room({"00000"})
    again.add({"name": "00000", "size": 512})
    assert entries(tmp_path) == [{"name": "00001", "size": 256}, {"name": "00000", "size": 512}]


def test_the_lines_of_pictures_that_are_elsewhere_stay(tmp_path: Path) -> None:
    rendered(tmp_path, "00000", "00001").picture("00001").unlink()
    Ledger(tmp_path, "population").make_room({"00007"})
    assert [entry["name"] for entry in entries(tmp_path)] == ["00000", "00001"]


def test_a_crash_loses_the_line_in_progress_and_no_other(tmp_path: Path) -> None:
    rendered(tmp_path, "00000", "00001")
    manifest = tmp_path / "population.jsonl"
    whole = manifest.read_text(encoding="utf-8")
    manifest.write_text(whole[:-9], encoding="utf-8")
    again = Ledger(tmp_path, "population")
    assert again.is_done("00000")
    assert not again.is_done("00001")
    again.make_room({"00001"})
    again.add({"name": "00001", "size": 256})
    assert manifest.read_text(encoding="utf-8") == whole


def test_a_broken_line_in_the_middle_is_for_somebody_to_look_at(tmp_path: Path) -> None:
    rendered(tmp_path, "00000")
    manifest = tmp_path / "population.jsonl"
    manifest.write_text("[]\n" + manifest.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(CastError, match=r"population\.jsonl:1: expected a JSON object with a `name`"):
        Ledger(tmp_path, "population")
