"""What `torch.save` writes: a pickle and the storages that it refers to, in a zip archive or, until PyTorch
1.6 and inside other pickles to this day, one after the other.

An archive is never unpacked: PyTorch stores its storages as they are, so an entry that is compressed, or a
directory that claims more than the file has, is a reason to refuse it.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from models.conversion import pickles
from models.conversion.pickles import Call, Global, Value, read_pickle, shown
from models.conversion.tensors import DTYPES, Resolve, Storage
from models.conversion.window import Refused, Window

MAGIC: Final = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL: Final = 1001
MAX_HEADER_INSTRUCTIONS: Final = 1_000  # of a storage on its own: its magic number, version, sizes and key
MAX_PICKLE: Final = 2**24  # bytes; the pickle of a training checkpoint is 300 kB
MAX_DIRECTORY: Final = 2**20  # bytes: the directory of a training checkpoint has 100 kB
MAX_STORAGES: Final = 2**14


@dataclass(frozen=True, slots=True)
class Reference:
    """A storage as a pickle refers to it."""

    key: str
    kind: str
    num: int

    @property
    def num_bytes(self) -> int:
        return self.num * DTYPES[self.kind].itemsize


def _reference(value: Value) -> Reference:
    """('storage', type, key, device, number of numbers), and of old files a view, which is None."""
    match value:
        case ("storage", Global(kind), str(key), str(_), int(num), *view) if view in ([], [None]):
            if kind in pickles.STORAGES and 0 <= num < 2**40:
                return Reference(key, kind, num)
    raise Refused("refers to something that is no tensor; do not trust this file")


def _resolve(storages: dict[str, Callable[[], bytes]]) -> Resolve:
    def storage_of(value: Value) -> Storage:
        if not isinstance(value, Reference) or value.key not in storages:
            raise Refused("has a tensor without its numbers; copy or download it again")
        return Storage(DTYPES[value.kind], value.num, storages[value.key])

    return storage_of


# --- one after the other ------------------------------------------------------------------------------------


def read_legacy(window: Window, max_instructions: int = pickles.MAX_INSTRUCTIONS) -> tuple[Value, Resolve]:
    """→ what was saved, and where its storages are.

    Raises:
        Refused: as `read_pickle`; or sizes do not agree.
    """
    seen: dict[str, Reference] = {}

    def refer(value: Value) -> Reference:
        reference = _reference(value)
        if seen.setdefault(reference.key, reference) != reference or len(seen) > MAX_STORAGES:
            raise Refused("names one tensor twice and differently; do not trust this file")
        return reference

    magic, protocol, system = (
        read_pickle(window, max_instructions=MAX_HEADER_INSTRUCTIONS) for _ in range(3)
    )
    if type(magic) is not int or magic != MAGIC or protocol != LEGACY_PROTOCOL:
        raise Refused("is not of torch.save; save it again with a current PyTorch")
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise Refused("is of a big-endian machine; save it again on another")
    root = read_pickle(window, refer=refer, max_instructions=max_instructions)
    keys = read_pickle(window, max_instructions=max_instructions)
    if not isinstance(keys, list) or any(not isinstance(key, str) or key not in seen for key in keys):
        raise Refused("lists tensors that it does not have; copy or download it again")
    storages: dict[str, Callable[[], bytes]] = {}
    for key in keys:
        (num,) = struct.unpack("<q", window.read(8))
        if num != seen[key].num:
            raise Refused("has a tensor of another size than it says; copy or download it again")
        storages[key] = _later(window.skip(seen[key].num_bytes))
    return root, _resolve(storages)


def _later(window: Window) -> Callable[[], bytes]:
    return lambda: window.copy().rest()


def nested_storage(value: Value) -> Storage:
    """A storage as a plain pickle holds it: `_load_from_bytes` of a whole file of its own.

    PyTorch's function of that name unpickles without restriction; here the bytes are one more file of a
    stranger, which may hold one storage and nothing else.
    """
    match value:
        case Call(pickles.STORAGE_BYTES, (Window() as data,)):
            window = data.copy()
        case Call(pickles.STORAGE_BYTES, (bytes(data),)):
            window = Window(BytesIO(data), 0, len(data))
        case _:
            raise Refused("has a tensor without its numbers; copy or download it again")
    root, storage_of = read_legacy(window, MAX_HEADER_INSTRUCTIONS)
    return storage_of(root)


# --- in an archive ------------------------------------------------------------------------------------------


class _Guarded:
    """A file of which no more than a directory's worth is read at once, while its directory is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.limit: int | None = MAX_DIRECTORY
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, num_bytes: int = -1) -> bytes:
        if self.limit is None:
            return self._file.read(num_bytes)
        data = self._file.read(min(num_bytes, self.limit + 1) if num_bytes >= 0 else self.limit + 1)
        if len(data) > self.limit:
            raise Refused("is an archive with more entries than a checkpoint has; name another file")
        return data

    def close(self) -> None:
        """The file is its opener's."""


def read_zip(file: BinaryIO, size: int) -> tuple[Value, Resolve]:
    """→ what was saved, and where its storages are.

    Raises:
        Refused: as `read_pickle`; or the archive is not as PyTorch makes it.
    """
    guarded = _Guarded(file)
    with _refusing():
        archive = ZipFile(guarded)
    guarded.limit = None
    return _read_archive(archive, size)


@contextmanager
def _refusing() -> Iterator[None]:
    """What zipfile says of archives that are wrong, as a refusal."""
    try:
        yield
    except (BadZipFile, ValueError, EOFError, struct.error):
        raise Refused("is a damaged archive; copy or download it again") from None
    except (NotImplementedError, RuntimeError):  # encrypted, or of a later version of the format
        raise Refused("is an archive that torch.save did not make; save it again with PyTorch") from None


def _content(archive: ZipFile, entry: ZipInfo) -> bytes:
    with _refusing():
        return archive.read(entry)


def _read_archive(archive: ZipFile, size: int) -> tuple[Value, Resolve]:
    names = {entry.filename for entry in archive.infolist()}
    roots = [name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl")]
    if len(roots) != 1:
        raise Refused("is an archive, but not of torch.save; unpack it, and name the .pkl or .pt in it")
    root = roots[0]
    if f"{root}constants.pkl" in names:
        raise Refused("is a program (TorchScript), not of torch.save; name the .pt file of a training")
    entries = _checked(archive.infolist(), size)
    pickle = entries[f"{root}data.pkl"]
    if pickle.file_size > MAX_PICKLE:
        raise Refused("holds more names than a generator has; name another file")
    order = entries.get(f"{root}byteorder")
    if order is not None and (order.file_size != 6 or _content(archive, order) != b"little"):
        raise Refused("is of a big-endian machine; save it again on another")
    storages: dict[str, Callable[[], bytes]] = {}

    def refer(value: Value) -> Reference:
        reference = _reference(value)
        entry = entries.get(f"{root}data/{reference.key}")
        if entry is None or entry.file_size != reference.num_bytes:
            raise Refused(f"lacks the numbers of tensor {shown(reference.key)}; copy or download it again")
        storages[reference.key] = lambda: _content(archive, entry)
        return reference

    window = Window(BytesIO(_content(archive, pickle)), 0, pickle.file_size)
    return read_pickle(window, refer=refer), _resolve(storages)


def _checked(entries: list[ZipInfo], size: int) -> dict[str, ZipInfo]:
    """By name; as PyTorch writes them, each as it is and none upon another."""
    for entry in entries:
        is_stored = entry.compress_type == ZIP_STORED and entry.compress_size == entry.file_size
        if not is_stored or entry.flag_bits & 1:
            name = shown(entry.filename)
            raise Refused(
                f"compresses {name}, as torch.save never does; do not trust it: nothing was unpacked"
            )
    num_places = len({entry.header_offset for entry in entries})
    if sum(entry.file_size for entry in entries) > size or num_places < len(entries):
        raise Refused("claims to hold more than it is long; do not trust this file: nothing was unpacked")
    by_name = {entry.filename: entry for entry in entries}
    if len(by_name) < len(entries):
        raise Refused("holds two entries of one name; do not trust this file: nothing was unpacked")
    return by_name
