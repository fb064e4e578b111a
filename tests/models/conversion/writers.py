"""Real files of other projects' formats, made from a generator of ours.

They are written by the same libraries as the real ones, through classes and functions that have the names of
NVlabs' and are gone when the file is written.
"""

import argparse
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import log2
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.stylegan2 import (
    Architecture,
    FullyConnected,
    Generator,
    MappingNetwork,
    SynthesisBlock,
    SynthesisLayer,
    ToRGB,
)
from tests.models.reference import named_weights

SMALL = Architecture(32, 256, 16, z_dim=24, w_dim=24, num_mapping_layers=2)
CLAMPED = Architecture(32, 192, 16, z_dim=20, w_dim=24, num_mapping_layers=3, conv_clamp=256.0)
FIR = torch.tensor([1.0, 3.0, 3.0, 1.0]).outer(torch.tensor([1.0, 3.0, 3.0, 1.0])) / 64
SOURCE_TEXT = "raise SystemExit('this text was run')\n"  # where the real ones have their program


def generator_of(arch: Architecture) -> Generator:
    """Numbers known by name; every noise is heard."""
    with torch.device("meta"):
        generator = Generator(arch)
    shapes = {name: tensor.shape for name, tensor in generator.state_dict().items()}
    generator.load_state_dict(named_weights(shapes), assign=True)
    return generator.eval().requires_grad_(False)


# --- names that are not installed ---------------------------------------------------------------------------


class EasyDict(dict[str, Any]):
    """A dictionary of dnnlib's."""


class Network:
    """A network of dnnlib's for TensorFlow: its state is what it was made of."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)


def _reconstruct_persistent_obj(meta: Mapping[str, Any]) -> Any:
    """As NVlabs' does: it runs the text."""
    exec(meta["module_src"], {})
    return meta["state"]


class Persistent:
    """A module that takes its source text along."""

    def __init__(self, class_name: str, state: dict[str, Any], source: str = SOURCE_TEXT) -> None:
        self.class_name, self.state, self.source = class_name, state, source

    def __reduce__(self) -> tuple[Any, ...]:
        meta = {
            "type": "class",
            "version": 6,
            "module_src": self.source,
            "class_name": self.class_name,
            "state": self.state,
        }
        return _reconstruct_persistent_obj, (meta,), None


@contextmanager
def installed() -> Iterator[None]:
    """The modules in which pickle looks them up."""
    places = {
        "torch_utils.persistence": _reconstruct_persistent_obj,
        "dnnlib.util": EasyDict,
        "dnnlib.tflib.network": Network,
    }
    before = dict(sys.modules), {thing: thing.__module__ for thing in places.values()}
    try:
        for place, thing in places.items():
            parts = place.split(".")
            for end in range(1, len(parts) + 1):
                name = ".".join(parts[:end])
                sys.modules.setdefault(name, ModuleType(name))
            setattr(sys.modules[place], thing.__name__, thing)
            thing.__module__ = place
        yield
    finally:
        for name in sys.modules.keys() - before[0].keys():
            if name.split(".")[0] in ("torch_utils", "dnnlib"):
                del sys.modules[name]
        for thing, module in before[1].items():
            thing.__module__ = module


def dumps(value: Any, protocol: int = 4) -> bytes:
    with installed():
        return pickle.dumps(value, protocol)


# --- NVlabs, PyTorch ----------------------------------------------------------------------------------------


def persistent(module: nn.Module, changes: Mapping[str, Any] | None = None) -> Persistent:
    """A module with what is in it, as torch_utils.persistence would write it."""
    children = {name: persistent(child, changes) for name, child in module.named_children()}
    buffers = dict(module.named_buffers(recurse=False))
    if isinstance(module, SynthesisLayer | SynthesisBlock):
        buffers["resample_filter"] = FIR
    attributes = _attributes(module)
    attributes |= {name: value for name, value in (changes or {}).items() if name in attributes}
    parameters = OrderedDict(module.named_parameters(recurse=False))
    bias = None if isinstance(module, Generator | MappingNetwork) else parameters.get("bias")
    state = {
        "training": False,
        "_parameters": parameters | ({"bias": bias} if bias is not None else {"absent": None}),
        "_buffers": OrderedDict(buffers),
        "_non_persistent_buffers_set": set(),
        "_backward_hooks": OrderedDict(),
        "_modules": OrderedDict(children),
        "_init_args": (),
        "_init_kwargs": EasyDict(synthesis_kwargs=EasyDict(channel_base=1, num_fp16_res=4)),
        **attributes,
    }
    return Persistent(type(module).__name__, state)


def _attributes(module: nn.Module) -> dict[str, Any]:
    match module:
        case FullyConnected():
            is_affine = module.bias_gain == 1
            activation = "linear" if is_affine else "lrelu"
            gains = {"weight_gain": np.float64(module.weight_gain), "bias_gain": module.bias_gain}
            return {"activation": activation, **gains}
        case SynthesisLayer():
            clamp = None if module.clamp is None else int(module.clamp)
            return {"conv_clamp": clamp, "activation": "lrelu", "act_gain": np.sqrt(2), "use_noise": True}
        case ToRGB():
            return {"conv_clamp": None if module.clamp is None else np.float64(module.clamp)}
        case SynthesisBlock():
            return {"architecture": "skip", "use_fp16": True, "is_last": False}
        case MappingNetwork():
            return {"c_dim": 0, "w_avg_beta": 0.998}
    return {"c_dim": 0, "img_channels": 3}


def nvlabs(
    generator: Generator, *, protocol: int = 4, changes: Mapping[str, Any] | None = None, **others: Any
) -> bytes:
    """What `stylegan2-ada-pytorch` and `stylegan3` save. `changes` are attributes of modules."""
    snapshot = {
        "G": persistent(Generator(SMALL)),
        "D": persistent(Generator(SMALL)),
        "G_ema": persistent(generator, changes),
        "augment_pipe": None,
        "training_set_kwargs": EasyDict(class_name="training.dataset.ImageFolderDataset", use_labels=False),
        **others,
    }
    return dumps(snapshot, protocol)


def nvlabs_of_2020(generator: Generator) -> bytes:
    """With Python 3.7 and NumPy 1."""
    return nvlabs(generator, protocol=3).replace(b"cnumpy._core.", b"cnumpy.core.")


# --- NVlabs, TensorFlow -------------------------------------------------------------------------------------


def tensorflow_variables(generator: Generator) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """→ the variables of the whole, of mapping and of synthesis."""
    state = {name: tensor.numpy() for name, tensor in generator.state_dict().items()}
    mapping = {}
    for index in range(generator.arch.num_mapping_layers):
        mapping[f"Dense{index}/weight"] = state[f"mapping.fc{index}.weight"].T
        mapping[f"Dense{index}/bias"] = state[f"mapping.fc{index}.bias"]
    synthesis = {"4x4/Const/const": state["synthesis.b4.const"][None]}
    for k in range(2, int(log2(generator.arch.resolution)) + 1):
        names = {"torgb": "ToRGB", "conv1": "Conv1" if k > 2 else "Conv"}
        names |= {"conv0": "Conv0_up"} if k > 2 else {}
        for ours, theirs in names.items():
            layer, variable = f"synthesis.b{2**k}.{ours}", f"{2**k}x{2**k}/{theirs}"
            weight = state[f"{layer}.weight"].transpose(2, 3, 1, 0)
            synthesis[f"{variable}/weight"] = weight[::-1, ::-1] if ours == "conv0" else weight
            synthesis[f"{variable}/bias"] = state[f"{layer}.bias"]
            synthesis[f"{variable}/mod_weight"] = state[f"{layer}.affine.weight"].T
            synthesis[f"{variable}/mod_bias"] = state[f"{layer}.affine.bias"] - np.float32(1)
            if ours != "torgb":
                strength = np.float32(state[f"{layer}.noise_strength"])
                synthesis[f"{variable}/noise_strength"] = strength
                number = 2 * k - (5 if ours == "conv0" else 4)
                synthesis[f"noise{number}"] = state[f"{layer}.noise_const"][None, None]
    return {"lod": np.float32(0), "dlatent_avg": state["mapping.w_avg"]}, mapping, synthesis


def tensorflow_network(generator: Generator, **kwargs: Any) -> Network:
    arch = generator.arch
    sizes = {"latent_size": arch.z_dim, "dlatent_size": arch.w_dim, "mapping_layers": arch.num_mapping_layers}
    widths = {"fmap_base": arch.channel_base // 2, "fmap_max": arch.channel_max}
    kwargs = {"resolution": arch.resolution, "num_channels": 3, **sizes, **widths, **kwargs}

    def network(name: str, variables: Mapping[str, Any], components: Mapping[str, Any]) -> Network:
        # Order as TensorFlow gives it back: C, whatever the transposing above has made of it.
        own = [
            (key, np.ascontiguousarray(value) if np.ndim(value) else value)
            for key, value in variables.items()
        ]
        state = {"version": 4, "name": name, "static_kwargs": dict(kwargs), "components": dict(components)}
        return Network({**state, "build_module_src": SOURCE_TEXT, "build_func_name": name, "variables": own})

    own, mapping, synthesis = tensorflow_variables(generator)
    components = {
        "synthesis": network("G_synthesis", synthesis, {}),
        "mapping": network("G_mapping", mapping, {}),
    }
    return network("Gs", own, components)


def tensorflow(generator: Generator, protocol: int = 4, **kwargs: Any) -> bytes:
    """What `stylegan2` saves: (G, D, Gs)."""
    other = tensorflow_network(generator_of(SMALL))
    return dumps((other, other, tensorflow_network(generator, **kwargs)), protocol)


# --- rosinality ---------------------------------------------------------------------------------------------


def rosinality_state(generator: Generator) -> OrderedDict[str, Tensor]:
    """`g_ema` of stylegan2-pytorch."""
    ours = generator.state_dict()
    state: OrderedDict[str, Tensor] = OrderedDict()
    for index in range(generator.arch.num_mapping_layers):
        for name in ("weight", "bias"):
            state[f"style.{index + 1}.{name}"] = ours[f"mapping.fc{index}.{name}"]
    state["input.input"] = ours["synthesis.b4.const"][None]
    for k in range(2, int(log2(generator.arch.resolution)) + 1):
        i, block = k - 3, f"synthesis.b{2**k}"
        if k == 2:
            layers = {"conv1": ("conv1", 0), "torgb": ("to_rgb1", None)}
        else:
            layers = {
                "conv0": (f"convs.{2 * i}", 2 * i + 1),
                "conv1": (f"convs.{2 * i + 1}", 2 * i + 2),
                "torgb": (f"to_rgbs.{i}", None),
            }
            state[f"convs.{2 * i}.conv.blur.kernel"] = FIR * 4
            state[f"to_rgbs.{i}.upsample.kernel"] = FIR * 4
        for layer, (theirs, noise) in layers.items():
            state[f"{theirs}.conv.weight"] = ours[f"{block}.{layer}.weight"][None]
            state[f"{theirs}.conv.modulation.weight"] = ours[f"{block}.{layer}.affine.weight"]
            state[f"{theirs}.conv.modulation.bias"] = ours[f"{block}.{layer}.affine.bias"]
            if noise is None:
                state[f"{theirs}.bias"] = ours[f"{block}.{layer}.bias"][None, :, None, None]
            else:
                state[f"{theirs}.activate.bias"] = ours[f"{block}.{layer}.bias"]
                state[f"{theirs}.noise.weight"] = ours[f"{block}.{layer}.noise_strength"][None]
                state[f"noises.noise_{noise}"] = ours[f"{block}.{layer}.noise_const"][None, None]
    state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]  # as PyTorch leaves it
    return state


def rosinality(path: Path, generator: Generator, *, is_zip: bool = True) -> None:
    """What `convert_weight.py` makes."""
    content = {"g_ema": rosinality_state(generator), "latent_avg": generator.mapping.w_avg}
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)


def rosinality_training(path: Path, generator: Generator, *, is_zip: bool = True) -> None:
    """What `train.py` makes: optimisers, options, and no average."""
    state = rosinality_state(generator)
    weight = nn.Parameter(torch.zeros(3))
    optimiser = torch.optim.Adam([weight], lr=0.002, betas=(0.0, 0.99))
    weight.sum().backward()
    optimiser.step()
    content = {
        "g": rosinality_state(generator_of(SMALL)),
        "d": {"final_conv.0.weight": torch.zeros(2, 2)},
        "g_ema": state,
        "g_optim": optimiser.state_dict(),
        "d_optim": optimiser.state_dict(),
        "args": argparse.Namespace(path="lmdb", size=32, r1=10.0, mixing=0.9, ckpt=None, augment=False),
        "ada_aug_p": 0,
    }
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)


# --- all ----------------------------------------------------------------------------------------------------


def _bytes(make: Callable[[Generator], bytes]) -> Callable[[Path, Generator], None]:
    def write(path: Path, generator: Generator) -> None:
        path.write_bytes(make(generator))

    return write


FORMATS: dict[str, Callable[[Path, Generator], None]] = {
    "nvlabs": _bytes(nvlabs),
    "nvlabs_of_2020": _bytes(nvlabs_of_2020),
    "tensorflow": _bytes(tensorflow),
    "tensorflow_of_protocol_5": _bytes(lambda generator: tensorflow(generator, 5)),
    "rosinality": rosinality,
    "rosinality_legacy": lambda path, generator: rosinality(path, generator, is_zip=False),
}
