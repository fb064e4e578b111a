"""The manifest of a split while it is being rendered: which pictures are done, and a line for each new one.

A line is written after its picture, so a line's picture is whole; a picture without a line is rendered again.
"""

import json
import os
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from training.cast.manifest import CastError


class Ledger:
    """One split of a cast's folder. There must be one writer only; readers may come and go."""

    def __init__(self, folder: Path, split: str) -> None:
        self.manifest = folder / f"{split}.jsonl"
        self.pictures = folder / split
        self.pictures.mkdir(parents=True, exist_ok=True)
        self._lines = self._read()

    def picture(self, name: str) -> Path:
        return self.pictures / f"{name}.jpg"

    def is_done(self, name: str) -> bool:
        return name in self._lines and self.picture(name).is_file()

    def make_room(self, names: Set[str]) -> None:
        """Forget the lines of pictures that are about to be rendered, and the torn last line of a crash."""
        kept = {name: line for name, line in self._lines.items() if name not in names}
        text = "".join(f"{line}\n" for line in kept.values())
        if self.manifest.exists() and self.manifest.read_text(encoding="utf-8") != text:
            partial = self.manifest.with_suffix(".partial")
            partial.write_text(text, encoding="utf-8")
            os.replace(partial, self.manifest)
        self._lines = kept

    def add(self, entry: Mapping[str, Any]) -> None:
        """Append a picture's line and see it to the disk: what is slow is the rendering."""
        line = json.dumps(entry, separators=(",", ":"), allow_nan=False)
        with self.manifest.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())
        self._lines[str(entry["name"])] = line

    def _read(self) -> dict[str, str]:
        """Picture's name → its line. Only the last line may be torn."""
        if not self.manifest.exists():
            return {}
        texts = self.manifest.read_text(encoding="utf-8").splitlines()
        lines: dict[str, str] = {}
        for number, text in enumerate(texts, start=1):
            if not text.strip():
                continue
            try:
                lines[json.loads(text)["name"]] = text
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                if number == len(texts):
                    break
                raise CastError(f"{self.manifest}:{number}: expected a JSON object with a `name`") from error
        return lines
