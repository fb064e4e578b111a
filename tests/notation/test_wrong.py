"""Wrong files, each as somebody would get it wrong, and word for word what they are told.

`wrong/NAME.yaml` is the file, `wrong/NAME.expected` the messages. Whoever changes one writes them anew with
`python -m tests.notation.test_wrong`, and reads the difference as a curator would: is the place where the eye
must go, and does the line say what to write instead?
"""

from pathlib import Path

import pytest

from installation.notation.document import read_choreography
from installation.notation.problems import InvalidScore

WRONG = Path(__file__).parent / "wrong"
FILES = sorted(WRONG.glob("*.yaml"))


def told(path: Path) -> str:
    """What is said of a wrong file; "" of one that can be played."""
    try:
        read_choreography(path.read_bytes(), path.name)
    except InvalidScore as invalid:
        return f"{invalid}\n"
    return ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_wrong_files_are_refused_in_these_words(path: Path) -> None:
    expected = path.with_suffix(".expected").read_text("utf-8")
    assert expected
    assert told(path) == expected


def test_every_wrong_file_has_its_words_and_the_other_way_round() -> None:
    assert len(FILES) >= 60
    assert sorted(path.stem for path in WRONG.iterdir()) == sorted(2 * [path.stem for path in FILES])


def write_expected() -> None:
    """Write the words anew, as they are now."""
    for path in FILES:
        path.with_suffix(".expected").write_text(told(path), "utf-8")


if __name__ == "__main__":
    write_expected()
