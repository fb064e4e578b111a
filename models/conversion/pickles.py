"""Pickles as data: what a file says is to be called is written down, and nothing is ever called.

A pickle is a program for a small stack machine (`pickletools` describes it); Python's own unpickler imports
what the program names and calls it. This one knows a closed list of names (`GLOBALS`), imports none of them,
and makes of every call a `Call`: its name and its arguments. What reads a format then looks at the calls it
expects and leaves the others. So there is nothing that a hostile file could have executed, only what it could
have made long or large: for that there are limits, and large strings of bytes stay in the file (`Window`).
"""

import pickletools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from models.conversion.window import Refused, Window

Value = (
    Any  # None, bool, int, float, str, bytes, Window, tuple, list, dict, set, Global, Call, or a reference
)

MAX_INSTRUCTIONS: Final = 1_000_000  # a checkpoint of three networks at 1024² has about 53,000
MAX_NESTING: Final = 1_000  # containers that are open at once
MAX_INTEGER: Final = 2**128
MADE_PER_INSTRUCTION: Final = 16  # bytes, or one item; a call may make them again and again
NUMPY: Final = ("numpy.core", "numpy._core")  # before NumPy 2, and since

# As a pickle names them: the module, a space, the name. All are inert; none is imported.
DICTIONARIES: Final = frozenset({"collections OrderedDict", "dnnlib.util EasyDict", "dnnlib EasyDict"})
SETS: Final = frozenset({"builtins set", "__builtin__ set"})
ENCODE: Final = "_codecs encode"  # how bytes are written where the protocol has none
PERSISTENT: Final = "torch_utils.persistence _reconstruct_persistent_obj"
NETWORK: Final = "dnnlib.tflib.network Network"
PARAMETER: Final = "torch._utils _rebuild_parameter"
TENSOR: Final = "torch._utils _rebuild_tensor_v2"
STORAGE_BYTES: Final = "torch.storage _load_from_bytes"
DTYPE: Final = "numpy dtype"
ARRAY_TYPE: Final = "numpy ndarray"
ARRAY: Final = frozenset(f"{core}.multiarray _reconstruct" for core in NUMPY)
SCALAR: Final = frozenset(f"{core}.multiarray scalar" for core in NUMPY)
ARRAY_BYTES: Final = frozenset(f"{core}.numeric _frombuffer" for core in NUMPY)
OLDER: Final = frozenset({"tfutil Network", "network Network"})  # how networks were called before StyleGAN
NAMESPACE: Final = "argparse Namespace"
STORAGES: Final = frozenset(
    f"torch {kind}Storage"
    for kind in ("Float", "Half", "Double", "BFloat16", "Byte", "Char", "Short", "Int", "Long", "Bool")
)
GLOBALS: Final = frozenset(
    {ENCODE, PERSISTENT, NETWORK, PARAMETER, TENSOR, STORAGE_BYTES, DTYPE, ARRAY_TYPE, NAMESPACE}
).union(DICTIONARIES, SETS, ARRAY, SCALAR, ARRAY_BYTES, STORAGES)


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the pickle gives, one of GLOBALS."""

    name: str


@dataclass(slots=True)
class Call:
    """What the pickle would have called or made, with what, and the state that it would have been given."""

    name: str
    args: tuple[Value, ...]
    state: Value = None


def shown(value: object) -> str:
    """A name out of a file, for a message: short, printable, on one line."""
    text = ascii(value) if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}…"


def read_pickle(
    window: Window,
    *,
    refer: Callable[[Value], Value] | None = None,
    max_instructions: int = MAX_INSTRUCTIONS,
) -> Value:
    """Read one pickle; the window then stands behind it. `refer` resolves persistent ids.

    Raises:
        Refused: a name outside GLOBALS, an instruction that no checkpoint has, too much of anything, or no
            pickle at all.
    """
    machine = _Machine(refer, MADE_PER_INSTRUCTION * max_instructions)
    for _ in range(max_instructions):
        code = window.read(1)
        if code in _BYTES:
            machine.stack.append(window.skip(int.from_bytes(window.read(_BYTES[code]), "little")))
            continue
        opcode = _OPCODES.get(code)
        if opcode is None:
            raise Refused("is no pickle, or a damaged one; copy or download it again")
        if opcode.name == "STOP":
            return machine.pop()
        instruction = _INSTRUCTIONS.get(opcode.name)
        if instruction is None:
            raise Refused(
                f"has an instruction ({opcode.name}) that no checkpoint needs; do not trust this file"
            )
        instruction(machine, _argument(opcode, window))
    raise Refused(
        f"takes more than {max_instructions:,} instructions, as no generator does; name another file"
    )


_OPCODES: Final = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}
_BYTES: Final = {b"B": 4, b"\x8e": 8, b"\x96": 8}  # bytes of any length, and how long the length is


def _argument(opcode: pickletools.OpcodeInfo, window: Window) -> Value:
    try:
        if opcode.name == "GLOBAL":  # pickletools would read escape codes, which pickle does not
            return f"{_line(window)} {_line(window)}"
        return opcode.arg and opcode.arg.reader(window)  # type: ignore[arg-type]  # it has read and readline
    except (ValueError, OverflowError):
        raise Refused("is a damaged pickle; copy or download it again") from None


def _line(window: Window) -> str:
    return window.readline().decode("ascii").removesuffix("\n")


class _Machine:
    """The stack, the memo, and the stacks below, of which each MARK begins one."""

    def __init__(self, refer: Callable[[Value], Value] | None, max_made: int) -> None:
        self.stack: list[Value] = []
        self.below: list[list[Value]] = []
        self.memo: dict[int, Value] = {}
        self.refer = refer
        self._left = max_made

    def make(self, num_bytes: int) -> None:
        """Note that a call is about to make so much."""
        self._left -= num_bytes
        if self._left < 0:
            raise Refused("makes more of what it holds than a generator does; do not trust this file")

    def pop(self) -> Value:
        if not self.stack:
            raise Refused("is a damaged pickle (its stack is empty); copy or download it again")
        return self.stack.pop()

    def top(self) -> Value:
        value = self.pop()
        self.stack.append(value)
        return value

    def mark(self) -> None:
        if len(self.below) >= MAX_NESTING:
            raise Refused(f"is nested more than {MAX_NESTING:,} deep, as no generator is; name another file")
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Value]:
        if not self.below:
            raise Refused("is a damaged pickle (nothing was begun); copy or download it again")
        values, self.stack = self.stack, self.below.pop()
        return values


# --- instructions -------------------------------------------------------------------------------------------

Instruction = Callable[[_Machine, Value], None]


def _push(machine: _Machine, argument: Value) -> None:
    if isinstance(argument, int) and abs(argument) > MAX_INTEGER:
        raise Refused("holds a number that no checkpoint needs; do not trust this file")
    machine.stack.append(argument)


def _nothing(machine: _Machine, argument: Value) -> None:
    """The protocol, and frames: they say nothing of what is in the file."""


def _constant(make: Callable[[], Value]) -> Instruction:
    return lambda machine, argument: machine.stack.append(make())


def _tuple_of(num: int) -> Instruction:
    def instruction(machine: _Machine, argument: Value) -> None:
        values = [machine.pop() for _ in range(num)]
        machine.stack.append(tuple(reversed(values)))

    return instruction


def _collected(make: Callable[[list[Value]], Value]) -> Instruction:
    def instruction(machine: _Machine, argument: Value) -> None:
        values = machine.since_mark()
        machine.stack.append(make(values))

    return instruction


def _keys(values: Iterable[Value]) -> list[Value]:
    """Such as cost one look in a table; hashing a deep tuple, or colliding integers, may take for ever."""
    keys = list(values)
    for key in keys:
        is_small = type(key) in (int, bool) and abs(key) < 2**32
        is_simple = key is None or isinstance(key, str | bytes) or is_small
        if not is_simple:
            raise Refused(f"has keys that are no names ({shown(key)}); do not trust this file")
    return keys


def _pairs(values: list[Value]) -> dict[Value, Value]:
    if len(values) % 2:
        raise Refused("is a damaged pickle (a key without a value); copy or download it again")
    return dict(zip(_keys(values[::2]), values[1::2], strict=True))


def _extend(machine: _Machine, values: list[Value]) -> None:
    target = machine.top()
    if not isinstance(target, list):
        raise Refused(f"appends to a {shown(target)}; do not trust this file")
    target.extend(values)


def _update(machine: _Machine, values: list[Value]) -> None:
    target = machine.top()
    if not isinstance(target, dict):
        raise Refused(f"sets items of a {shown(target)}; do not trust this file")
    target.update(_pairs(values))


def _set_item(machine: _Machine, argument: Value) -> None:
    value, key = machine.pop(), machine.pop()
    _update(machine, [key, value])


def _add_items(machine: _Machine, argument: Value) -> None:
    values, target = machine.since_mark(), machine.top()
    if not isinstance(target, set):
        raise Refused(f"adds items to a {shown(target)}; do not trust this file")
    target.update(_keys(values))


def _append(machine: _Machine, argument: Value) -> None:
    value = machine.pop()
    _extend(machine, [value])


def _remember(machine: _Machine, argument: Value) -> None:
    machine.memo[len(machine.memo) if argument is None else argument] = machine.top()


def _recall(machine: _Machine, argument: Value) -> None:
    if argument not in machine.memo:
        raise Refused("is a damaged pickle (it recalls what it has not said); copy or download it again")
    machine.stack.append(machine.memo[argument])


def _name(machine: _Machine, name: Value) -> None:
    if name in OLDER:
        raise Refused("is a ProGAN's, which is older than StyleGAN2; name another file")
    if name not in GLOBALS:
        written = shown(name.replace(" ", ".", 1))
        raise Refused(f"asks for {written}, which no generator needs; nothing was run: do not trust it")
    machine.stack.append(Global(name))


def _name_from_stack(machine: _Machine, argument: Value) -> None:
    name, module = machine.pop(), machine.pop()
    if not (isinstance(name, str) and isinstance(module, str)):
        raise Refused("names something by no name; do not trust this file")
    _name(machine, f"{module} {name}")


def _call(machine: _Machine, argument: Value) -> None:
    args, function = machine.pop(), machine.pop()
    if not isinstance(function, Global) or not isinstance(args, tuple):
        raise Refused(f"calls a {shown(function)}; do not trust this file: nothing was run")
    machine.stack.append(_called(machine, function.name, args))


def _called(machine: _Machine, name: str, args: tuple[Value, ...]) -> Value:
    """Dictionaries, sets and bytes are what they say; everything else is written down."""
    if name not in DICTIONARIES and name not in SETS and name != ENCODE:
        return Call(name, args)
    match args:
        case (str(made), *_):
            machine.make(len(made))
        case (list(made),):
            machine.make(MADE_PER_INSTRUCTION * len(made))
    match args:
        case () if name != ENCODE:
            return {} if name in DICTIONARIES else set()
        case (list(values),) if name in SETS:
            return set(_keys(values))
        case (list(values),) if name in DICTIONARIES and all(_is_pair(value) for value in values):
            return _pairs([part for value in values for part in value])
        case (str(text), "latin1" | "latin-1") if name == ENCODE:
            return _argument_bytes(text)
    raise Refused(f"makes a {shown(name.rsplit(maxsplit=1)[-1])} in no known way; do not trust this file")


def _is_pair(value: Value) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def _argument_bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise Refused("is a damaged pickle; copy or download it again") from None


def _give_state(machine: _Machine, argument: Value) -> None:
    state, target = machine.pop(), machine.top()
    if isinstance(target, dict):
        return  # of a dictionary's attributes none is needed; PyTorch keeps versions there
    if not isinstance(target, Call) or target.state is not None:
        raise Refused(f"gives a state to a {shown(target)}; do not trust this file")
    target.state = state


def _refer(machine: _Machine, argument: Value) -> None:
    value = machine.pop()
    if machine.refer is None:
        raise Refused("refers to something outside itself; do not trust this file")
    machine.stack.append(machine.refer(value))


# Those that a pickler of protocol 2 or later makes of what checkpoints hold; the rest is history, or hostile.
_INSTRUCTIONS: Final[dict[str, Instruction]] = {
    **dict.fromkeys(("PROTO", "FRAME"), _nothing),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"), _push),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES"), _push),
    **dict.fromkeys(("BINSTRING", "SHORT_BINSTRING"), _push),  # what Python 2 wrote
    "NONE": _constant(lambda: None),
    "NEWTRUE": _constant(lambda: True),
    "NEWFALSE": _constant(lambda: False),
    "EMPTY_TUPLE": _constant(tuple),
    "EMPTY_LIST": _constant(list),
    "EMPTY_DICT": _constant(dict),
    "EMPTY_SET": _constant(set),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "TUPLE": _collected(tuple),
    "FROZENSET": _collected(lambda values: set(_keys(values))),
    "APPEND": _append,
    "APPENDS": lambda machine, argument: _extend(machine, machine.since_mark()),
    "SETITEM": _set_item,
    "SETITEMS": lambda machine, argument: _update(machine, machine.since_mark()),
    "ADDITEMS": _add_items,
    "MARK": lambda machine, argument: machine.mark(),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _recall),
    "GLOBAL": _name,
    "STACK_GLOBAL": _name_from_stack,
    **dict.fromkeys(("REDUCE", "NEWOBJ"), _call),
    "BUILD": _give_state,
    "BINPERSID": _refer,
}
