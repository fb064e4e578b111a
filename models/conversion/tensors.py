"""Tensors out of pickles: shape and dtype are checked before a number is read.

PyTorch writes a tensor as a storage, an offset, a shape and strides; NumPy an array as a dtype, a shape and
bytes. Both can claim more than there is, so what they claim is held against the bytes in the file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Final, Self

import torch
from torch import Tensor

from models.conversion import pickles
from models.conversion.pickles import Call, Global, Value, shown
from models.conversion.window import Refused, Window

MAX_DIMENSIONS: Final = 6
MAX_NUMBERS: Final = 2**24  # of one storage; the largest that is played here has 1024 · 1024 · 9
DTYPES: Final = {
    "torch FloatStorage": torch.float32,
    "torch HalfStorage": torch.float16,
    "torch DoubleStorage": torch.float64,
    "torch BFloat16Storage": torch.bfloat16,
    "torch ByteStorage": torch.uint8,
    "torch CharStorage": torch.int8,
    "torch ShortStorage": torch.int16,
    "torch IntStorage": torch.int32,
    "torch LongStorage": torch.int64,
    "torch BoolStorage": torch.bool,
}
NUMPY_DTYPES: Final = {
    "f2": torch.float16,
    "f4": torch.float32,
    "f8": torch.float64,
    "i4": torch.int32,
    "i8": torch.int64,
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """A tensor that has not been read yet."""

    shape: tuple[int, ...]
    read: Callable[[], Tensor]

    def seen_as(self, view: Callable[[Tensor], Tensor]) -> Self:
        """The same numbers in another shape, which `view` makes."""
        shape = view(torch.empty(self.shape, device="meta")).shape
        return type(self)(tuple(shape), lambda: view(self.read()))

    def changed(self, change: Callable[[Tensor], Tensor]) -> Self:
        """Other numbers in the same shape. (Computing on the meta device would have a compiler imported.)"""
        return type(self)(self.shape, lambda: change(self.read()))


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers in a row, still in the file."""

    dtype: torch.dtype
    num: int
    bytes: Callable[[], bytes]  # exactly num · itemsize, little endian


Resolve = Callable[[Value], Storage]  # what a tensor names as its storage → where its numbers are


def numbers_of(value: Value, storage_of: Resolve) -> Numbers:
    """A tensor, a parameter, an array or a single number, whichever a pickle holds.

    Raises:
        Refused: it is none of these, or claims more than there is.
    """
    if isinstance(value, Call) and value.name == pickles.PARAMETER and value.args:
        value = value.args[0]
    if isinstance(value, Call) and value.name == pickles.TENSOR:
        return _tensor(value.args, storage_of)
    if isinstance(value, Call):
        return _array(value)
    number = number_of(value)
    return Numbers((), lambda: torch.tensor(number, dtype=torch.float64))


def number_of(value: Value) -> float:
    """A single number: Python's or NumPy's."""
    if isinstance(value, Call) and value.name in pickles.SCALAR:
        return float(_array(value).read())
    if type(value) not in (int, float):
        raise Refused(f"has a {shown(value)} where a number belongs; name another file")
    return float(value)


def _is_size(value: Value) -> bool:
    """A shape, or strides: whole numbers from 0 on."""
    is_row = isinstance(value, tuple | list) and len(value) <= MAX_DIMENSIONS
    return is_row and all(type(number) is int and 0 <= number < 2**40 for number in value)


def _tensor(args: tuple[Value, ...], storage_of: Resolve) -> Numbers:
    if len(args) < 4 or not _is_size(args[2]) or not _is_size(args[3]) or not _is_size((args[1],)):
        raise Refused("has a tensor of no shape; copy or download it again")
    storage, offset, shape, strides = storage_of(args[0]), args[1], tuple(args[2]), tuple(args[3])
    if len(shape) != len(strides):
        raise Refused("has a tensor of no shape; copy or download it again")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    # A tensor may not lie upon itself either: a few bytes could so claim to be any size.
    if 0 in shape or last >= storage.num or not prod(shape) <= storage.num <= MAX_NUMBERS:
        claim = f"a tensor {list(shape)} of a storage of {storage.num:,} numbers"
        raise Refused(f"claims {claim}; it is damaged, or not to be trusted")

    def read() -> Tensor:
        return _flat(storage).as_strided(shape, strides, offset)

    return Numbers(shape, read)


def _flat(storage: Storage) -> Tensor:
    """[num] of the storage's dtype."""
    return torch.frombuffer(bytearray(storage.bytes()), dtype=storage.dtype, count=storage.num)


# --- NumPy --------------------------------------------------------------------------------------------------


def _array(call: Call) -> Numbers:
    """`_reconstruct` with its state, `_frombuffer` or `scalar`."""
    match call:
        case Call(name, (Global(pickles.ARRAY_TYPE), *_), (1, shape, dtype, is_fortran, data)):
            if name in pickles.ARRAY:
                return _in_order(shape, dtype, "F" if is_fortran else "C", data)
        case Call(name, (data, dtype, shape, order), None) if name in pickles.ARRAY_BYTES:
            return _in_order(shape, dtype, order, data)
        case Call(name, (dtype, data), None) if name in pickles.SCALAR:
            return _in_order((), dtype, "C", data)
    raise Refused(
        f"has a {shown(call.name.rsplit(maxsplit=1)[-1])} where a tensor belongs; name another file"
    )


def _in_order(shape: Value, dtype: Value, order: Value, data: Value) -> Numbers:
    if not _is_size(shape) or order not in ("C", "F"):
        raise Refused("has an array of no shape; copy or download it again")
    kind, num = _numpy_dtype(dtype), prod(shape)
    if not isinstance(data, bytes | Window) or not 0 < num <= MAX_NUMBERS or len(data) != num * kind.itemsize:
        held = f"{len(data):,} bytes" if isinstance(data, bytes | Window) else f"a {shown(data)}"
        raise Refused(f"claims an array {list(shape)} of {held}; it is damaged, or not to be trusted")
    storage = Storage(kind, num, lambda: data if isinstance(data, bytes) else data.copy().rest())

    def read() -> Tensor:
        flat = _flat(storage)
        if order == "C":
            return flat.view(shape)
        return flat.view(shape[::-1]).permute(*range(len(shape))[::-1])

    return Numbers(tuple(shape), read)


def _numpy_dtype(value: Value) -> torch.dtype:
    match value:
        case Call(pickles.DTYPE, (str(code), *_), (int(_), "<" | "|" | "=", *_)) if code in NUMPY_DTYPES:
            return NUMPY_DTYPES[code]
    raise Refused("has an array of something else than numbers; do not trust this file")
