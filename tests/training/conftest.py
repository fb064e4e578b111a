"""A cast of eight pictures, and the whole one where it lies beside the checkout."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

HERE = Path(__file__).parent / "cast"
WHOLE_CAST = HERE.parents[2].parent / "shared" / "cast"
WITHOUT_PICTURE = "033_00"


@pytest.fixture
def cast_folder(tmp_path: Path) -> Path:
    """Eight lines of the real manifests, with flat grey-red pictures for seven of them."""
    folder = tmp_path / "cast"
    for manifest in (HERE / "fixtures").glob("*.jsonl"):
        split = folder / manifest.stem
        split.mkdir(parents=True)
        shutil.copy(manifest, folder)
        for line in manifest.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if entry["name"] != WITHOUT_PICTURE:
                bgr = np.full((entry["size"], entry["size"], 3), (40, 80, 200), np.uint8)
                cv2.imwrite(str(split / f"{entry['name']}.jpg"), bgr)
    return folder


@pytest.fixture(scope="session")
def whole_cast() -> Path:
    if not WHOLE_CAST.is_dir():
        pytest.skip("the rendered cast (../shared/cast) is not beside this checkout")
    return WHOLE_CAST
