"""Other projects' StyleGAN2 checkpoints, read without running any code: the formats that are in the world.

They are pickles, and a pickle is a program. Here it is read as a list of what it would have done
(`pickles.py`), tensors stay in the file until their shapes have been found to be a generator's, and what is
not needed (discriminator, optimiser, the copy that trains) is never read.
"""

import stat
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from models.checkpoint import CheckpointError
from models.conversion import nvlabs, rosinality, tensorflow
from models.conversion.assembly import Foreign, Parts, assemble
from models.conversion.pickles import read_pickle
from models.conversion.torch_files import MAGIC, read_legacy, read_zip
from models.conversion.window import Refused, Window

__all__ = ["Foreign", "read_foreign"]

MAX_FILE: Final = 2**32  # bytes; a training checkpoint at 1024², optimisers and all, has 0.9 · 10⁹
ZIP: Final = b"PK"
PICKLE: Final = b"\x80"  # protocol 2 and later; each begins by saying which
ARCHIVES: Final = (b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"(\xb5/\xfd")
# What people give by mistake, by how it begins.
OTHERS: Final = (
    (b"", "is empty; copy or download it again"),
    (b"version https://git-lfs", "is a pointer to a large file, not the file; fetch it with git lfs pull"),
    (b"\x1f\x8b", "is compressed; unpack it with gunzip, and convert what comes out"),
    *((begin, "is compressed; unpack it, and convert what comes out") for begin in ARCHIVES),
    (b"\x89HDF", "is of Keras; name the .pkl or .pt of a StyleGAN2"),
)


def read_foreign(path: Path) -> Foreign:
    """Read NVlabs' .pkl (PyTorch or TensorFlow) or rosinality's .pt, told apart by what is in them.

    Raises:
        CheckpointError: the file cannot be opened, is none of these, holds a generator that cannot be played
            here, is damaged, or holds what no checkpoint does.
    """
    try:
        with _opened(path) as (file, size):
            return assemble(_parts(file, size))
    except Refused as refusal:
        raise CheckpointError(f"{path}: {refusal}") from None
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file; name a .pkl or .pt file") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CheckpointError(f"{path}: cannot be read ({reason}); name another file") from None
    except Exception as error:  # none is known; but a stranger's file is one line
        reason = type(error).__name__
        raise CheckpointError(f"{path}: damaged or unusual ({reason}); copy or download it again") from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """An ordinary file, and its size; a pipe or a device would have no end."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise Refused("is a folder; name a .pkl or .pt file in it")
    if not stat.S_ISREG(status.st_mode):
        raise Refused("is no ordinary file; name a .pkl or .pt file")
    if status.st_size > MAX_FILE:
        raise Refused(f"has more than {MAX_FILE // 2**30} GB, as no checkpoint has; name another file")
    with path.open("rb") as file:
        yield file, status.st_size


def _parts(file: BinaryIO, size: int) -> Parts:
    head = file.read(64)
    if head.startswith(ZIP):
        return rosinality.parts(*read_zip(file, size))
    if not head.startswith(PICKLE):
        raise Refused(_what_instead(head))
    tree = read_pickle(Window(file, 0, size))
    if tree == MAGIC:
        return rosinality.parts(*read_legacy(Window(file, 0, size)))
    if isinstance(tree, tuple):
        return tensorflow.parts(tree)
    if isinstance(tree, dict):
        return nvlabs.parts(tree)
    raise Refused("is a pickle, but of no StyleGAN2; name NVlabs' .pkl or rosinality's .pt")


def _what_instead(head: bytes) -> str:
    for begin, reason in OTHERS:
        if head.startswith(begin) and (begin or not head):
            return reason
    if head.removeprefix(BOM_UTF8).lstrip().startswith(b"<"):
        return "is a web page: the download was refused; open its address in a browser and look"
    if _is_text(head):
        return "is a text, no checkpoint: perhaps it says why the download was refused; open it and read"
    if head[8:9] == b"{":  # a header's length, and the header
        return "is safetensors already: if a generator of this project, name it with --weights"
    return "is no checkpoint that is known here; name NVlabs' .pkl or rosinality's .pt"


def _is_text(head: bytes) -> bool:
    """Whether all of it is ASCII that can be printed; letters of other scripts may be cut in two."""
    text = head.removeprefix(BOM_UTF8)
    return text.isascii() and all(letter.isprintable() or letter.isspace() for letter in text.decode())
