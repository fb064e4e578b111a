"""Files that would do harm to whoever unpickles them, one for each way that is known."""

import copyreg
import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.models.conversion.writers import (
    SMALL,
    Persistent,
    dumps,
    generator_of,
    persistent,
    tensorflow_network,
)

EXTENSION = 0xF0F0F0  # the code of the function that copyreg has been told of


def touch(sentinel: Path) -> str:
    """What a shell would have to be told."""
    return f"touch {sentinel}"


class Calls:
    """Pickles as a call."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


# --- which run something, as pickle.loads shows -------------------------------------------------------------


def text(line: str) -> bytes:
    """A string, as a pickle writes it."""
    data = line.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def reduce(sentinel: Path) -> bytes:
    return pickle.dumps(Calls(os.system, touch(sentinel)))


def reduce_exec(sentinel: Path) -> bytes:
    return pickle.dumps(Calls(exec, f"import pathlib; pathlib.Path({str(sentinel)!r}).touch()"))


def build(sentinel: Path) -> bytes:
    """`functools.partial` is given a function by its state, and then called."""
    partial = b"\x80\x04" + named("functools", "partial") + named("os", "getpid") + b"\x85R"
    state = b"(" + named("os", "system") + text(touch(sentinel)) + b"\x85}Nt"
    return partial + state + b"b)R."


def lazily(sentinel: Path) -> bytes:
    """The arguments of a map that calls os.system when somebody counts it."""
    return named("os", "system") + b"]" + text(touch(sentinel)) + b"a\x86"


def new_object(sentinel: Path) -> bytes:
    """Bytes are made from the map: nothing is called by name."""
    made = named("builtins", "map") + lazily(sentinel) + b"\x81"
    return b"\x80\x04" + named("builtins", "bytes") + made + b"\x85\x81."


def new_object_ex(sentinel: Path) -> bytes:
    made = named("builtins", "map") + lazily(sentinel) + b"}\x92"
    return b"\x80\x04" + named("builtins", "bytes") + made + b"\x85}\x92."


def instance(sentinel: Path) -> bytes:
    return b"\x80\x02(" + text(touch(sentinel)) + b"ios\nsystem\n."


def old_object(sentinel: Path) -> bytes:
    return b"\x80\x02(cos\nsystem\n" + text(touch(sentinel)) + b"o."


def extension(code: bytes) -> Callable[[Path], bytes]:
    """A number in the place of a name, of which copyreg knows what it stands for."""
    return lambda sentinel: b"\x80\x02" + code + text(touch(sentinel)) + b"\x85R."


def dotted(sentinel: Path) -> bytes:
    """Through the attributes of something harmless."""
    return (
        b"\x80\x04"
        + named("collections", "_sys.modules.get")
        + text("os")
        + b"\x85R"
        + b"0"
        + (named("os", "path.os.system") + text(touch(sentinel)) + b"\x85R.")
    )


def overwritten(sentinel: Path) -> bytes:
    """The harm lies in a value that is thrown away."""
    return b"\x80\x04" + named("os", "system") + text(touch(sentinel)) + b"\x85R0N."


def nested(sentinel: Path) -> bytes:
    """PyTorch's own function, which is on every list of harmless names, unpickles anything."""
    return pickle.dumps(Calls(torch.storage._load_from_bytes, reduce(sentinel)))


def nested_archive(sentinel: Path) -> bytes:
    """The same, in the form of an archive."""
    inner = io.BytesIO()
    torch.save(Calls(os.system, touch(sentinel)), inner)
    return pickle.dumps(Calls(torch.storage._load_from_bytes, inner.getvalue()))


def in_a_tensor(sentinel: Path) -> bytes:
    """Where a real checkpoint has its tensors."""

    class Storage:
        def __reduce__(self) -> Any:
            return torch.storage._load_from_bytes, (reduce(sentinel),)

    class Tensor:
        def __reduce__(self) -> Any:
            return torch._utils._rebuild_tensor_v2, (Storage(), 0, (4,), (1,), False, {})

    whole = persistent(generator_of(SMALL))
    whole.state["_modules"]["mapping"].state["_buffers"]["w_avg"] = Tensor()
    return dumps({"G_ema": whole})


def source_text(sentinel: Path) -> bytes:
    """The text of a persistent class, which NVlabs' loader runs."""
    source = f"import pathlib; pathlib.Path({str(sentinel)!r}).touch()"
    return dumps({"G_ema": Persistent("Generator", {"_modules": {}}, source)})


RUNNING: dict[str, Callable[[Path], bytes]] = {
    "reduce": reduce,
    "reduce_exec": reduce_exec,
    "build": build,
    "new_object": new_object,
    "new_object_ex": new_object_ex,
    "instance": instance,
    "old_object": old_object,
    "extension_1": extension(b"\x82\xf0"),
    "extension_2": extension(b"\x83\xf0\xf0"),
    "extension_4": extension(b"\x84\xf0\xf0\xf0\x00"),
    "dotted": dotted,
    "overwritten": overwritten,
    "nested": nested,
    "nested_archive": nested_archive,
    "in_a_tensor": in_a_tensor,
    "source_text": source_text,
}
CODES = {"extension_1": 0xF0, "extension_2": 0xF0F0, "extension_4": EXTENSION}


def harm(content: bytes) -> None:
    """What an ordinary loader would do with it."""
    pickle.loads(content)


def register(code: int) -> None:
    copyreg.add_extension(os.system.__module__, "system", code)


def unregister(code: int) -> None:
    copyreg.remove_extension(os.system.__module__, "system", code)


# --- which ask for what only PyTorch's format has, in its archive -------------------------------------------


def archive(pickled: bytes, **entries: bytes) -> bytes:
    """A file as torch.save writes it, with this pickle."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("archive/data.pkl", pickled)
        for name, content in entries.items():
            file.writestr(f"archive/data/{name}", content)
    return out.getvalue()


def in_an_archive(sentinel: Path) -> bytes:
    return archive(reduce(sentinel))


def in_a_legacy_file(sentinel: Path) -> bytes:
    out = io.BytesIO()
    torch.save(Calls(os.system, touch(sentinel)), out, _use_new_zipfile_serialization=False)
    return out.getvalue()


# --- which take for ever, or all the memory -----------------------------------------------------------------

PROTO = b"\x80\x04"


def storage_of(num: int, key: bytes = b"0") -> bytes:
    """A persistent id of so many numbers."""
    return (
        b"("
        + text("storage")
        + b"ctorch\nFloatStorage\n"
        + text(key.decode())
        + text("cpu")
        + integer(num)
        + b"tQ"
    )


def integer(value: int) -> bytes:
    data = pickle.encode_long(value)
    return b"\x8a" + bytes([len(data)]) + data


def tensor_of(num: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """A checkpoint of rosinality's with one tensor, that claims what it is told to."""

    def row(numbers: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(integer, numbers)) + b"t"

    rebuilt = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage_of(num) + integer(offset)
    rebuilt += row(shape) + row(strides) + b"\x89}tR"
    return PROTO + b"}" + text("g_ema") + b"}" + text("style.1.weight") + rebuilt + b"ss."


def claiming(*claim: Any) -> bytes:
    return archive(tensor_of(16, *claim), **{"0": bytes(64)})


def laughs(levels: int) -> bytes:
    """A tuple of two of the tuple before: 2^levels of them, if one counts."""
    return PROTO + b"}" + text("G_ema") + b")" + b"q\x00h\x00\x86" * levels + b"s."


def module(children: bytes, tensors: bytes = b"}") -> bytes:
    """A persistent module with these children, as instructions."""
    tables = text("_modules") + children + text("_parameters") + tensors + text("_buffers") + b"}"
    meta = text("type") + text("class") + text("version") + b"K\x06" + text("state") + b"}(" + tables + b"u"
    return named("torch_utils.persistence", "_reconstruct_persistent_obj") + b"}(" + meta + b"u\x85R"


def everywhere(levels: int, width: int) -> bytes:
    """Modules in modules, each of them the same one: width^levels, if one counts."""
    inner = module(b"}")
    for _ in range(levels):
        inner = module(
            b"}("
            + text("0")
            + inner
            + b"q\x00"
            + b"".join(text(str(k)) + b"h\x00" for k in range(1, width))
            + b"u"
        )
    return PROTO + b"}" + text("G_ema") + inner + b"s."


def many_tensors() -> bytes:
    """One table of tensors in many modules."""
    table = b"}(" + b"".join(text(str(k)) + b"K\x00" for k in range(100_000)) + b"uq\x01"
    layers = module(b"}", table) + b"".join(text(str(k)) + module(b"}", b"h\x01") for k in range(400))
    return PROTO + b"}" + text("G_ema") + module(b"}(" + text("a") + layers + b"u") + b"s."


def long_texts(num: int) -> bytes:
    return PROTO + (b"X" + struct.pack("<I", 2**20) + bytes(2**20)) * num + b"."


class Array:
    """An array with a state of its own making."""

    def __init__(self, *state: Any) -> None:
        self.state = state

    def __reduce__(self) -> Any:
        shape, dtype, data = self.state
        return np.zeros(0).__reduce__()[0], (np.ndarray, (0,), b"b"), (1, shape, dtype, False, data)


def with_average(value: Any) -> bytes:
    """A TensorFlow pickle with this as its average."""
    network = tensorflow_network(generator_of(SMALL))
    network.variables = [("dlatent_avg", value)]
    return dumps((network, network, network))


def deflated(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", bytes(size))
    return out.getvalue()


def lying(field: slice, value: bytes) -> bytes:
    """An archive whose directory says something else of its first entry."""
    data = bytearray(archive(pickle.dumps({"g_ema": {}}, 2)))
    at = data.rindex(b"PK\x01\x02")
    data[at + field.start : at + field.stop] = value
    return bytes(data)


def overlapping() -> bytes:
    """Many entries, all of which are the same bytes."""
    data = archive(pickle.dumps({"g_ema": {}}, 2), **{str(k): bytes(8) for k in range(2000)})
    data = bytearray(data)
    at = data.index(b"PK\x01\x02")
    for _ in range(2001):
        length = struct.unpack_from("<H", data, at + 28)[0]
        struct.pack_into("<I", data, at + 42, 0)
        at += 46 + length
    return bytes(data)


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("archive/data.pkl", b"\x80\x02N.")
    data = out.getvalue()
    local, directory = (
        data[: data.index(b"PK\x01\x02")],
        data[data.index(b"PK\x01\x02") : data.index(b"PK\x05\x06")],
    )
    second = bytearray(directory)
    struct.pack_into("<I", second, 42, len(local))
    both = directory + bytes(second)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 2, 2, len(both), 2 * len(local), 0)
    return local * 2 + both + end


def many_entries() -> bytes:
    return archive(b"\x80\x02N.", **{f"{k:040d}": b"" for k in range(15_000)})


def again_and_again(name: str, *args: bytes) -> bytes:
    """Calls of one name with the same arguments, which stand in the file once."""
    kept = b"".join(each + b"\x94" for each in args)
    recalled = b"".join(b"h" + bytes([1 + k]) for k in range(len(args)))
    call = b"h\x00(" + recalled + b"tR"
    return PROTO + b"c" + name.replace(" ", "\n").encode() + b"\n\x94" + kept + call * 100_000 + b"."


def bombs() -> dict[str, bytes]:
    """By name; each has to be refused, quickly."""
    negative = [integer(-k * (2**61 - 1)) for k in range(1, 200_000)]
    pairs = b"](" + b"".join(text(str(k)) + b"N\x86" for k in range(100_000)) + b"e"
    numbers = b"](" + b"".join(b"J" + struct.pack("<i", k) for k in range(300_000)) + b"e"
    letters = b"X" + struct.pack("<I", 2**20) + b"a" * 2**20
    ints = b"".join(integer(k * (2**61 - 1)) + b"N" for k in range(1, 60_000))
    return {
        "laughs": laughs(100),
        "many laughs": laughs(240_000),
        "modules everywhere": everywhere(4, 500),
        "modules without end": everywhere(200, 2),
        "tensors everywhere": many_tensors(),
        "long texts": long_texts(20),
        "more numbers than a layer has": archive(tensor_of(2**25, 0, (4,), (1,)), **{"0": bytes(2**27)}),
        "deep tuples": PROTO + b")" + b"\x85" * 900_000 + b".",
        "deep tuples as a key": PROTO + b"})" + b"\x85" * 500_000 + b"Ns.",
        "deep calls": PROTO + b"cnumpy\ndtype\nq\x00)" + b"R\x85q\x01h\x00h\x01" * 100_000 + b"R.",
        "marks": PROTO + b"(" * 500_000 + b".",
        "lists in lists": PROTO + b"](" * 500_000 + b".",
        "instructions": PROTO + b"N" * 1_200_000 + b".",
        "no end": PROTO + b"N" * 1000,
        "a long integer": PROTO + b"\x8b" + struct.pack("<i", 900_000) + b"\x7f" * 900_000 + b".",
        "a longer integer": PROTO + b"\x8b" + struct.pack("<i", 2**31 - 1) + b"\x7f" * 100 + b".",
        "a negative length": PROTO + b"\x8b" + struct.pack("<i", -5) + b".",
        "an integer of digits": PROTO + b"I" + b"9" * 100_000 + b"\n.",
        "colliding keys": PROTO + b"}(" + ints + b"u.",
        "colliding negative keys": PROTO + b"}(" + b"N".join(negative) + b"Nu.",
        "a set that collides": PROTO + b"\x8f(" + b"".join(negative) + b"\x90.",
        "a frozen set that collides": PROTO + b"(" + b"".join(negative) + b"\x91.",
        "one dictionary again and again": again_and_again("collections OrderedDict", pairs),
        "one set again and again": again_and_again("builtins set", numbers),
        "one text again and again": again_and_again("_codecs encode", letters, text("latin1")),
        "a memo far away": PROTO + b"Nr" + b"\xff" * 4 + b"j" + b"\xff" * 4 + b"\x86.",
        "a text without end": PROTO + b"\x8d" + struct.pack("<Q", 2**62) + b"abc.",
        "bytes without end": PROTO + b"\x8e" + struct.pack("<Q", 2**62) + b"abc.",
        "a long text": PROTO + b"X" + struct.pack("<I", 2**21) + b"a" * 2**21 + b".",
        "a frame without end": PROTO + b"\x95" + struct.pack("<Q", 2**63 - 1) + b"N.",
        "no such protocol": b"\x80\xff" + b"N.",
        "nothing to pop": PROTO + b".",
        "thrown away": PROTO + b"N0.",
        "doubled": PROTO + b"N2.",
        "a text of protocol 0": PROTO + b"S'\\q'\n.",
        "a key for nothing": PROTO + b"s.",
        "a mark for nothing": PROTO + b"t.",
        "nothing recalled": PROTO + b"h\x07.",
        "half a pair": PROTO + b"}(Nu.",
        "a call of a text": PROTO + text("os.system") + text("ls") + b"\x85R.",
        "a call of a call": PROTO + b"cnumpy\ndtype\n)R)R.",
        "a state for a list": PROTO + b"]}b.",
        "a second state": PROTO + b"cnumpy\ndtype\n)R}b}b.",
        "items of a text": PROTO + text("a") + b"NNs.",
        "appended to a dictionary": PROTO + b"}Na.",
        "added to a list": PROTO + b"](N\x90.",
        "an odd dictionary": PROTO + b"ccollections\nOrderedDict\n" + text("ab") + b"\x85R.",
        "no text in a name": PROTO + b"NN\x93.",
        "a persistent id": PROTO + b"NQ.",
        "a persistent id in text": PROTO + b"Pos.system\n.",
        "a buffer outside": b"\x80\x05\x97.",
        "a name in two lines": PROTO + b"cos system\nargs\n.",
        "not text": PROTO + b"X\x02\x00\x00\x00\xff\xfe.",
        "a surrogate": PROTO + b"X\x03\x00\x00\x00\xed\xa0\x80\x8c\x01a\x93.",
        "right to left": PROTO + text("\u202e\x1b[2J\n" * 50) + text("x") + b"\x93.",
        "strides beyond": claiming(0, (4, 4), (8, 1)),
        "an offset beyond": claiming(1, (4, 4), (4, 1)),
        "a huge shape": claiming(0, (2**39,), (1,)),
        "a huge shape of many": claiming(0, (2**30, 2**30, 2**30), (0, 0, 0)),
        "one number a million times": claiming(0, (1_000_000,), (0,)),
        "a negative stride": claiming(0, (4,), (-1,)),
        "too many dimensions": claiming(0, (1,) * 60, (1,) * 60),
        "a storage that lacks numbers": archive(tensor_of(2**30, 0, (4,), (1,)), **{"0": bytes(64)}),
        "a storage that is not there": archive(tensor_of(16, 0, (4,), (1,))),
        "another storage": archive(PROTO + b"}" + text("g_ema") + b"(" + text("module") + b"NNNtQs."),
        "an array that claims": with_average(Array((1000,), np.dtype("f4"), bytes(96))),
        "an array of no bytes": with_average(Array((24,), np.dtype("f4"), "none")),
        "an array of objects": with_average(np.array([os.getpid] * 24, dtype=object)),
        "an array of texts": with_average(np.array(["a"] * 24)),
        "an array of the other end": with_average(np.zeros(24, ">f4")),
        "an array of a structure": with_average(np.zeros(24, [("a", "f4")])),
        "deflated": deflated(50_000_000),
        "a directory that lies about size": lying(slice(24, 28), struct.pack("<I", 2**31)),
        "a directory that lies about both": lying(slice(20, 28), struct.pack("<II", 2**31, 2**31)),
        "an encrypted entry": lying(slice(8, 10), struct.pack("<H", 1)),
        "an entry elsewhere": lying(slice(42, 46), struct.pack("<I", 2**31)),
        "a method that nobody knows": lying(slice(10, 12), struct.pack("<H", 77)),
        "entries upon each other": overlapping(),
        "two of one name": twice(),
        "too many entries": many_entries(),
        "an archive of nothing": archive(b"")[-22:],
        "an archive without a pickle": archive(b"\x80\x02N.").replace(b"data.pkl", b"data.txt"),
        "an archive of a script": archive(b"\x80\x02N.").replace(b"data.pkl", b"code.pyc"),
    }
