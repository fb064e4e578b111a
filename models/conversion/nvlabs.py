"""NVlabs' PyTorch pickles: stylegan2-ada-pytorch, and the StyleGAN2 of the stylegan3 repository.

`{G, D, G_ema, …}`, each module a call of `_reconstruct_persistent_obj` with its attributes and the source
text of its class, which their loader executes and this one does not look at. The names of the tensors are
ours.

What the modules were built with is read off each layer's own attributes, not off `_init_kwargs`: these hold
only what differs from defaults, and the defaults of the two repositories differ (conv_clamp: None, and 256).
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from models.conversion import pickles
from models.conversion.assembly import INSTEAD, Parts
from models.conversion.pickles import Call, Value, shown
from models.conversion.tensors import Numbers, number_of, numbers_of
from models.conversion.torch_files import nested_storage
from models.conversion.window import Refused

SOURCE: Final = "NVlabs PyTorch pickle"
MAX_DEPTH: Final = 4  # generator, network, block, layer, fully connected layer
MAX_MODULES: Final = 512  # a generator of 1024² has 72
MAX_TENSORS: Final = 2048  # and 182
CODE_VERSION: Final = 6  # of torch_utils.persistence; there has been no other

Module = Mapping[str, Any]  # a module's attributes


def parts(tree: dict[Value, Value]) -> Parts:
    """G_ema of an unpickled file.

    Raises:
        Refused: it is not there, or is no StyleGAN2 that can be played here.
    """
    if "G_ema" not in tree:
        raise Refused("has no G_ema: it is no checkpoint of NVlabs' StyleGAN2; name another file")
    # One that is in a file once may be said to be in many places, and in each of those again.
    modules = dict(islice(_modules("", _module(tree["G_ema"]), 0), MAX_MODULES + 1))
    if len(modules) > MAX_MODULES or sum(len(_tensors(module)) for module in modules.values()) > MAX_TENSORS:
        raise Refused("has more layers than a StyleGAN2 has; name another file")
    _refuse_others(modules)
    numbers = dict[str, Numbers]()
    filters = list[Numbers]()
    for prefix, module in modules.items():
        for name, value in _tensors(module).items():
            tensor = numbers_of(value, nested_storage)
            if name == "resample_filter":
                filters.append(tensor)
            else:
                numbers[f"{prefix}{name}"] = tensor
    has_noise = any(name.endswith("noise_strength") for name in numbers)
    multiplier, clamp = _settings(modules)
    return Parts(SOURCE, numbers, filters, multiplier, clamp, has_noise)


def _module(value: Value) -> Module:
    match value:
        case Call(pickles.PERSISTENT, ({"type": "class", "version": version, "state": dict(state)},)):
            if version == CODE_VERSION:
                return state
            raise Refused("is of an unknown version of torch_utils.persistence; name another file")
    raise Refused(f"has a {shown(value)} where a network belongs; {INSTEAD}")


def _modules(prefix: str, module: Module, depth: int) -> Iterator[tuple[str, Module]]:
    """Every module under its dotted name, with a dot at the end; the whole under ""."""
    if depth > MAX_DEPTH:
        raise Refused(f"is nested deeper than a StyleGAN2 is; {INSTEAD}")
    yield prefix, module
    children = _table(module, "_modules")
    for name, child in children.items():
        yield from _modules(f"{prefix}{name}.", _module(child), depth + 1)


def _table(module: Module, name: str) -> dict[str, Value]:
    table = module.get(name)
    if not isinstance(table, dict) or len(table) > MAX_TENSORS:
        raise Refused(f"has a network without {name}, or too many; copy or download it again")
    if not all(isinstance(key, str) for key in table):
        raise Refused(f"has {name} without names; copy or download it again")
    return table


def _tensors(module: Module) -> dict[str, Value]:
    """Parameters and buffers; layers that were frozen in training have their weights among the latter."""
    tensors = _table(module, "_parameters") | _table(module, "_buffers")
    return {name: value for name, value in tensors.items() if value is not None}


def _refuse_others(modules: Mapping[str, Module]) -> None:
    if "synthesis.input." in modules:
        raise Refused(f"is an alias-free StyleGAN3, which is not played here; {INSTEAD}")
    if "mapping." not in modules or "synthesis.b4." not in modules:
        raise Refused(f"is no StyleGAN2; {INSTEAD}")
    if modules["mapping."].get("c_dim", 0) != 0:
        raise Refused(f"draws by class (c_dim), which is not played here; {INSTEAD}")
    for module in modules.values():
        if module.get("architecture", "skip") != "skip":
            raise Refused(f"has the architecture {shown(module['architecture'])}, not 'skip'; {INSTEAD}")


def _settings(modules: Mapping[str, Module]) -> tuple[float, float | None]:
    """→ mapping_lr_multiplier and conv_clamp: each layer says its own, and they must agree."""
    multipliers, clamps = set[float](), set[float | None]()
    for name, module in modules.items():
        is_mapping, is_affine = name.startswith("mapping.fc"), name.endswith(".affine.")
        if is_mapping:
            multipliers.add(number_of(module.get("bias_gain")))
        if is_affine and (number_of(module.get("bias_gain")) != 1 or module.get("activation") != "linear"):
            raise Refused(f"has styles that are not linear; {INSTEAD}")
        if name.endswith((".conv0.", ".conv1.", ".torgb.")):
            clamp = module.get("conv_clamp")
            clamps.add(None if clamp is None else number_of(clamp))
        has_activation = is_mapping or name.endswith((".conv0.", ".conv1."))
        if has_activation and module.get("activation") != "lrelu":
            raise Refused(f"has the activation {shown(module.get('activation'))}, not 'lrelu'; {INSTEAD}")
    if len(multipliers) != 1 or len(clamps) != 1:
        raise Refused(f"has layers that differ in bias_gain or conv_clamp; {INSTEAD}")
    return multipliers.pop(), clamps.pop()
