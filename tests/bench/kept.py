"""Measurements that are kept belong to the sources that they were made of."""

import hashlib
from pathlib import Path

from models.checkpoint import file_sha256
from run_installation import ROOT, WEIGHTS


def fingerprint(*sources: str, without: tuple[str, ...] = ()) -> str:
    """Changes with the shipped weights, and with files and folders of Python that are named from the root."""
    paths = [path for name in sources for path in [ROOT / name, *sorted((ROOT / name).glob("*.py"))]]
    files: list[Path] = [WEIGHTS, *(path for path in paths if path.is_file() and path.name not in without)]
    return hashlib.sha256("".join(map(file_sha256, files)).encode()).hexdigest()[:12]
