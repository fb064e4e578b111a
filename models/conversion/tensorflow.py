"""The original TensorFlow pickles: `(G, D, Gs)`, three `dnnlib.tflib.network.Network`.

A network's state has the source text of its build function, which their loader executes and this one does
not look at; the variables of its own, and sub-networks with theirs. TensorFlow's convolutions are
[h, w, in, out], and what enlarges is a transposed convolution with the weight turned over.
"""

from collections.abc import Callable, Iterator, Mapping
from math import log2
from typing import Any, Final

from models.conversion import pickles
from models.conversion.assembly import INSTEAD, Parts
from models.conversion.pickles import Call, Value, shown
from models.conversion.tensors import Numbers, Storage, number_of, numbers_of
from models.conversion.window import Refused

SOURCE: Final = "TensorFlow pickle"
OLDEST: Final = 4  # version of the networks' format: StyleGAN2's
MAX_VARIABLES: Final = 1024  # a generator of 1024² has 157
# What decides how a picture is drawn and leaves no trace in a shape: the value that is played here.
FIXED: Final[dict[str, Any]] = {
    "label_size": 0,
    "num_channels": 3,
    "architecture": "skip",
    "resample_kernel": [1, 3, 3, 1],
    "nonlinearity": "lrelu",
    "mapping_nonlinearity": "lrelu",
    "normalize_latents": True,
    "synthesis_func": "G_synthesis_stylegan2",
    "mapping_func": "G_mapping",
}
# What the shapes say, what is read below, and what concerns training or how fast it is computed.
KNOWN: Final = frozenset(FIXED) | {
    *("latent_size", "dlatent_size", "resolution", "mapping_layers", "mapping_fmaps", "label_fmaps"),
    *("fmap_base", "fmap_min", "fmap_max", "fmap_decay", "mapping_lrmul", "conv_clamp", "use_noise"),
    *("truncation_psi", "truncation_cutoff", "truncation_psi_val", "truncation_cutoff_val"),
    *("dlatent_avg_beta", "w_avg_beta", "style_mixing_prob", "randomize_noise", "structure"),
    *("num_fp16_res", "dtype", "fused_modconv", "impl", "gpu_impl"),
}

Change = Callable[[Numbers], Numbers]


def _as_it_is(numbers: Numbers) -> Numbers:
    return numbers


def _transposed(numbers: Numbers) -> Numbers:
    return numbers.seen_as(lambda tensor: tensor.t())


def _convolution(numbers: Numbers) -> Numbers:
    return numbers.seen_as(lambda tensor: tensor.permute(3, 2, 0, 1))


def _turned(numbers: Numbers) -> Numbers:
    return _convolution(numbers.changed(lambda tensor: tensor.flip(0, 1)))


def _from_one(numbers: Numbers) -> Numbers:
    return numbers.changed(lambda tensor: tensor + 1)


def _first(numbers: Numbers) -> Numbers:
    return numbers.seen_as(lambda tensor: tensor[0])


def _plane(numbers: Numbers) -> Numbers:
    return numbers.seen_as(lambda tensor: tensor[0, 0])


def _names(resolution: int, num_mapping_layers: int) -> Iterator[tuple[str, str, Change]]:
    """Our name, TensorFlow's, and what has to be done."""
    yield "mapping.w_avg", "dlatent_avg", _as_it_is
    for index in range(num_mapping_layers):
        yield f"mapping.fc{index}.weight", f"mapping/Dense{index}/weight", _transposed
        yield f"mapping.fc{index}.bias", f"mapping/Dense{index}/bias", _as_it_is
    yield "synthesis.b4.const", "synthesis/4x4/Const/const", _first
    for k in range(2, int(log2(resolution)) + 1):
        ours, theirs = f"synthesis.b{2**k}", f"synthesis/{2**k}x{2**k}"
        if k > 2:
            yield from _layer(f"{ours}.conv0", f"{theirs}/Conv0_up", _turned)
            yield f"{ours}.conv0.noise_const", f"synthesis/noise{2 * k - 5}", _plane
        yield from _layer(f"{ours}.conv1", f"{theirs}/Conv1" if k > 2 else f"{theirs}/Conv", _convolution)
        yield f"{ours}.conv1.noise_const", f"synthesis/noise{2 * k - 4}", _plane
        yield from _layer(f"{ours}.torgb", f"{theirs}/ToRGB", _convolution)


def _layer(ours: str, theirs: str, change: Change) -> Iterator[tuple[str, str, Change]]:
    yield f"{ours}.weight", f"{theirs}/weight", change
    yield f"{ours}.bias", f"{theirs}/bias", _as_it_is
    yield f"{ours}.affine.weight", f"{theirs}/mod_weight", _transposed
    yield f"{ours}.affine.bias", f"{theirs}/mod_bias", _from_one
    if not ours.endswith("torgb"):
        yield f"{ours}.noise_strength", f"{theirs}/noise_strength", _as_it_is


def parts(tree: tuple[Value, ...]) -> Parts:
    """Gs of an unpickled file.

    Raises:
        Refused: it is not there, or is no StyleGAN2 that can be played here.
    """
    if len(tree) != 3:
        raise Refused(f"holds {len(tree)} things and not G, D and Gs; name another file")
    network = _network(tree[2])
    if not (type(network.get("version")) is int and network["version"] >= OLDEST):
        raise Refused(f"is older than StyleGAN2; {INSTEAD}")
    kwargs = network.get("static_kwargs")
    if not isinstance(kwargs, dict):
        raise Refused("does not say how it was built; copy or download it again")
    _check(kwargs)
    variables = dict(_variables(network, "", 0))
    resolution = 2 ** (2 + sum(f"synthesis/{2**k}x{2**k}/Conv1/weight" in variables for k in range(3, 24)))
    num_layers = sum(f"mapping/Dense{index}/weight" in variables for index in range(64))
    numbers, used = dict[str, Numbers](), {"lod", "synthesis/lod"}
    for ours, theirs, change in _names(resolution, num_layers):
        used.add(theirs)
        if theirs in variables:
            numbers[ours] = _changed(numbers_of(variables[theirs], _no_storage), change, theirs)
    unknown = sorted(variables.keys() - used)
    if unknown:
        raise Refused(f"has {shown(unknown[0])}, which a StyleGAN2 with skip connections has not; {INSTEAD}")
    clamp = kwargs.get("conv_clamp")
    return Parts(
        SOURCE,
        numbers,
        mapping_lr_multiplier=number_of(kwargs.get("mapping_lrmul", 0.01)),
        conv_clamp=None if clamp is None else number_of(clamp),
        has_noise=kwargs.get("use_noise", True) is not False,
    )


def _network(value: Value) -> Mapping[str, Value]:
    match value:
        case Call(pickles.NETWORK, (), dict(state)):
            return state
    raise Refused(f"has a {shown(value)} where a network belongs; {INSTEAD}")


def _check(kwargs: Mapping[str, Value]) -> None:
    """Refuse what would be drawn otherwise."""
    for name, value in kwargs.items():
        if name not in KNOWN:
            raise Refused(f"was built with {shown(name)}, which is not known here; {INSTEAD}")
        if name not in FIXED:
            continue
        found = list(value) if isinstance(value, tuple) else value
        if type(found) is not type(FIXED[name]) or found != FIXED[name]:
            is_scalar = isinstance(found, str | int | float | bool)
            written = shown(str(found)) if is_scalar else shown(found)
            raise Refused(f"was built with {name} {written}, not {FIXED[name]}; {INSTEAD}")


def _variables(network: Mapping[str, Value], prefix: str, depth: int) -> Iterator[tuple[str, Value]]:
    own, components = network.get("variables"), network.get("components", {})
    if not isinstance(own, list) or not isinstance(components, dict) or len(own) > MAX_VARIABLES:
        raise Refused("has a network without variables; copy or download it again")
    for variable in own:
        match variable:
            case (str(name), value):
                yield f"{prefix}{name}", value
            case _:
                raise Refused("has a variable without a name; copy or download it again")
    if (depth > 0 and components) or len(components) > 2:
        raise Refused(f"has networks within networks, as no StyleGAN2 has; {INSTEAD}")
    for name, component in components.items():
        yield from _variables(_network(component), f"{prefix}{name}/", depth + 1)


def _no_storage(value: Value) -> Storage:
    raise Refused("has a tensor of PyTorch's, as no TensorFlow pickle has; do not trust this file")


def _changed(numbers: Numbers, change: Change, name: str) -> Numbers:
    try:
        return change(numbers)
    except (RuntimeError, IndexError):
        raise Refused(f"has {name} {list(numbers.shape)}, which a StyleGAN2 has not; {INSTEAD}") from None
