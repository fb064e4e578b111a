"""A generator of ours, written as other projects write theirs and converted, is the generator it was."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models.checkpoint import CheckpointError, file_sha256, load_generator
from models.conversion import Foreign, assembly, read_foreign
from models.stylegan2 import Architecture, Generator
from run_installation import entry
from tests.models.conversion.writers import (
    CLAMPED,
    FORMATS,
    SMALL,
    dumps,
    generator_of,
    nvlabs,
    persistent,
    rosinality_state,
    rosinality_training,
    tensorflow,
    tensorflow_network,
)


def differences(foreign: Foreign, generator: Generator) -> dict[str, float]:
    state = generator.state_dict()
    assert foreign.state.keys() == state.keys()
    assert all(tensor.dtype == torch.float32 for tensor in foreign.state.values())
    return {name: float((foreign.state[name] - tensor).abs().max()) for name, tensor in state.items()}


def picture(generator: Generator) -> Tensor:
    """Drawn with truncation and noise, so that every tensor has its part in it."""
    z = torch.from_numpy(np.random.default_rng(3).standard_normal((2, generator.arch.z_dim)))
    return generator(z, truncation_psi=0.7, truncation_cutoff=5).detach()


def read(tmp_path: Path, content: bytes | dict[str, Any]) -> Foreign:
    path = tmp_path / "some.file"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    return read_foreign(path)


def refusal(tmp_path: Path, content: bytes | dict[str, Any]) -> str:
    with pytest.raises(CheckpointError) as error:
        read(tmp_path, content)
    assert "\n" not in str(error.value)
    return str(error.value)


# --- the numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_every_number_and_the_picture_are_what_they_were(name, tmp_path):
    generator = generator_of(SMALL)
    path, out = tmp_path / "theirs", tmp_path / "ours.safetensors"
    FORMATS[name](path, generator)
    assert entry(["convert", str(path), "-o", str(out)]) == 0
    foreign = read_foreign(path)
    assert foreign.notes == ()
    assert foreign.architecture == SMALL
    largest = differences(foreign, generator)
    if name.startswith("tensorflow"):  # its styles' biases are stored less 1
        assert all(largest.pop(key) < 3e-7 for key in [*largest] if key.endswith("affine.bias"))
    assert set(largest.values()) == {0.0}
    loaded = load_generator(out)
    assert loaded.generator.arch == SMALL
    torch.testing.assert_close(picture(loaded.generator), picture(generator), rtol=0, atol=1e-5)
    assert loaded.metadata["source_sha256"] == file_sha256(path)


def test_widths_clamp_and_learning_rate_are_those_of_the_source(tmp_path):
    arch = replace(CLAMPED, mapping_lr_multiplier=0.02)
    generator = generator_of(arch)
    for content in (nvlabs(generator), tensorflow(generator, conv_clamp=256, mapping_lrmul=0.02)):
        foreign = read(tmp_path, content)
        assert foreign.architecture == replace(arch, channel_base=foreign.architecture.channel_base)
        assert [foreign.architecture.channels(r) for r in arch.resolutions] == [
            arch.channels(r) for r in arch.resolutions
        ]
        assert differences(foreign, generator)["synthesis.b32.conv0.weight"] == 0


@pytest.mark.parametrize("base", [200, 250, 256, 500, 1000, 4096])
def test_any_base_gives_the_same_widths(base, tmp_path):
    arch = Architecture(64, base, 24, z_dim=8, w_dim=8, num_mapping_layers=1)
    foreign = read(tmp_path, nvlabs(generator_of(arch)))
    assert [*map(foreign.architecture.channels, arch.resolutions)] == [*map(arch.channels, arch.resolutions)]


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_training_file_gets_the_mean_of_its_people(is_zip, tmp_path):
    generator = generator_of(SMALL)
    rosinality_training(tmp_path / "train.pt", generator, is_zip=is_zip)
    foreign = read_foreign(tmp_path / "train.pt")
    assert "w_avg is the mean of 4096 people" in foreign.notes[0]
    largest = differences(foreign, generator)
    assert largest.pop("mapping.w_avg") > 0
    assert set(largest.values()) == {0.0}
    z = torch.randn(20_000, SMALL.z_dim, generator=torch.Generator().manual_seed(5))
    w = generator.mapping(z)
    error = (foreign.state["mapping.w_avg"] - w.mean(0)).abs() / w.std(0)
    assert float(error.max()) < 5 / 4096**0.5  # five standard errors
    again = read_foreign(tmp_path / "train.pt")
    assert torch.equal(again.state["mapping.w_avg"], foreign.state["mapping.w_avg"])


def test_noise_that_was_not_kept_is_drawn_and_said(tmp_path):
    state = {k: v for k, v in rosinality_state(generator_of(SMALL)).items() if "noises" not in k}
    foreign = read(tmp_path, {"g_ema": state, "latent_avg": torch.zeros(24)})
    assert "noise for 7 layers: drawn anew" in foreign.notes[0]
    noise = foreign.state["synthesis.b32.conv1.noise_const"]
    assert 0.9 < float(noise.std()) < 1.1


def test_without_noise_its_strength_is_zero(tmp_path):
    generator = generator_of(SMALL)
    whole = persistent(generator)
    blocks = whole.state["_modules"]["synthesis"].state["_modules"]
    for layer in [
        block.state["_modules"].get(name) for block in blocks.values() for name in ("conv0", "conv1")
    ]:
        if layer is not None:
            del layer.state["_parameters"]["noise_strength"], layer.state["_buffers"]["noise_const"]
    foreign = read(tmp_path, dumps({"G_ema": whole}))
    assert foreign.notes == ()
    assert not any(tensor.any() for name, tensor in foreign.state.items() if "noise" in name)


def test_numbers_beyond_half_precision_come_through(tmp_path):
    generator = generator_of(SMALL)
    generator.mapping.fc0.weight[0, 0] = 1e6
    generator.synthesis.b4.const[0, 0, 0] = 1e-12
    foreign = read(tmp_path, nvlabs(generator))
    assert set(differences(foreign, generator).values()) == {0.0}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_read(dtype, tmp_path):
    generator = generator_of(SMALL).to(dtype)
    foreign = read(tmp_path, nvlabs(generator))
    assert set(differences(foreign, generator.float()).values()) == {0.0}


def test_channels_last_and_shared_storages_are_read(tmp_path):
    generator = generator_of(SMALL)
    together = torch.randn(3, 16, 16)
    generator.synthesis.b4.conv1.affine.weight.data = together[1].expand(16, 16)[:, :].t()[:, :16]
    assert not generator.synthesis.b4.conv1.affine.weight.is_contiguous()
    generator.synthesis.b8.conv1.weight.data = generator.synthesis.b8.conv1.weight.data.to(
        memory_format=torch.channels_last
    )
    with pytest.raises(CheckpointError, match=r"affine.weight .* where .* is played here"):
        read(tmp_path, nvlabs(generator))  # 16 × 16, not 16 × 24: but it was read as it lies
    generator.synthesis.b4.conv1.affine.weight.data = torch.randn(3, 24, 16)[1].t()
    foreign = read(tmp_path, nvlabs(generator))
    assert set(differences(foreign, generator).values()) == {0.0}


def test_what_is_not_needed_is_not_read(tmp_path):
    """In the networks that train only names are looked at: a tensor that claims too much does no harm."""
    content = nvlabs(generator_of(SMALL), D={"weight": BeyondItsStorage()})
    assert read(tmp_path, content).architecture == SMALL


class BeyondItsStorage:
    """A tensor of more numbers than there are."""

    def __reduce__(self) -> tuple[Callable[..., Tensor], tuple[Any, ...]]:
        storage = torch.zeros(4).untyped_storage()
        typed = torch.storage.TypedStorage(wrap_storage=storage, dtype=torch.float32, _internal=True)
        return torch._utils._rebuild_tensor_v2, (typed, 0, (1000, 1000), (1000, 1), False, {})


# --- what cannot be played ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"c_dim": 10}, "by class"),
        ({"architecture": "resnet"}, "architecture 'resnet', not 'skip'"),
        ({"architecture": "orig"}, "architecture 'orig', not 'skip'"),
        ({"activation": "relu"}, "activation 'relu'|not linear"),
        ({"bias_gain": 0.5}, "not linear"),
        ({"conv_clamp": "256"}, "where a number belongs"),
        ({"conv_clamp": -1}, "conv_clamp"),
        ({"conv_clamp": float("nan")}, "conv_clamp"),
    ],
)
def test_of_nvlabs_what_is_drawn_otherwise_is_refused(changes, reason, tmp_path):
    content = nvlabs(generator_of(SMALL), changes=changes)
    with pytest.raises(CheckpointError, match=reason) as error:
        read(tmp_path, content)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"label_size": 10},
        {"architecture": "resnet"},
        {"resample_kernel": [1, 2, 1]},
        {"nonlinearity": "relu"},
        {"num_channels": 1},
        {"normalize_latents": False},
        {"something": 3},
    ],
)
def test_of_tensorflow_what_is_drawn_otherwise_is_refused(kwargs, tmp_path):
    (name,) = kwargs
    assert f"was built with {name}" in refusal(tmp_path, tensorflow(generator_of(SMALL), **kwargs)).replace(
        "'", ""
    )


def test_of_tensorflow_harmless_options_are_accepted(tmp_path):
    kwargs = {"truncation_psi": 0.5, "resample_kernel": (1, 3, 3, 1), "num_fp16_res": 4, "label_size": 0}
    assert read(tmp_path, tensorflow(generator_of(SMALL), **kwargs)).architecture == SMALL


def test_older_tensorflow_is_refused(tmp_path):
    network = tensorflow_network(generator_of(SMALL))
    network.version = 3
    assert "older than StyleGAN2" in refusal(tmp_path, dumps((network, network, network)))


def test_layers_of_other_architectures_are_named(tmp_path):
    network = tensorflow_network(generator_of(SMALL))
    network.components["synthesis"].variables.append(
        ("8x8/Skip/weight", np.zeros((1, 1, 16, 16), np.float32))
    )
    assert "has 'synthesis/8x8/Skip/weight'" in refusal(tmp_path, dumps((network, network, network)))


def test_an_alias_free_generator_is_named_as_such(tmp_path):
    whole = persistent(generator_of(SMALL))
    blocks = whole.state["_modules"]["synthesis"].state["_modules"]
    blocks["input"] = blocks.pop("b4")
    assert "alias-free StyleGAN3" in refusal(tmp_path, dumps({"G_ema": whole}))


def changed(name: str, change: Callable[[Tensor], Tensor | None]) -> dict[str, Any]:
    """A file of rosinality's in which one tensor is another, or is not there."""
    state = rosinality_state(generator_of(SMALL))
    tensor = change(state.get(name, torch.zeros(1)))
    others = {key: value for key, value in state.items() if key != name}
    return {"g_ema": others | ({} if tensor is None else {name: tensor}), "latent_avg": torch.zeros(24)}


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("input.input", lambda t: t[..., :3], "4 × 3 and not 4 × 4: its pictures are not square"),
        ("to_rgbs.1.conv.weight", lambda t: t[:, :1], "its pictures are not RGB"),
        (
            "convs.1.conv.weight",
            lambda t: t[:, :, :5],
            r"b8.conv1.weight \[16, 5, 3, 3\] where \[16, 16, 3, 3\]",
        ),
        ("convs.1.conv.weight", lambda t: t[0, 0, 0, 0, 0], "which a StyleGAN2 has not"),
        ("conv1.noise.weight", lambda t: torch.zeros(2), "which a StyleGAN2 has not"),
        ("convs.3.activate.bias", lambda t: None, "has no synthesis.b16.conv1.bias"),
        ("style.1.weight", lambda t: None, "has 'style.2.bias'"),
        ("a name\n\x1b[31m\u202e", lambda t: t, r"has 'a name\\n\\x1b\[31m\\u202e'"),
        ("convs.0.conv.blur.kernel", lambda t: torch.ones(4, 4), "filters with something else"),
        ("to_rgbs.0.upsample.kernel", lambda t: t[:3, :3], "filters with something else"),
        ("to_rgbs.0.upsample.kernel", lambda t: t * 0, "filters with something else"),
        ("to_rgbs.0.upsample.kernel", lambda t: t * float("nan"), "filters with something else"),
        ("style.2.bias", lambda t: t * float("nan"), "mapping.fc1.bias that are none: its training diverged"),
        ("style.2.bias", lambda t: t.double() + 1e300, "mapping.fc1.bias that are none"),
        ("style.2.weight", lambda t: t[:, :0], "claims a tensor|where"),
    ],
)
def test_of_rosinality_what_does_not_fit_is_named(name, change, reason, tmp_path):
    with pytest.raises(CheckpointError, match=reason) as error:
        read(tmp_path, changed(name, change))
    assert "\n" not in str(error.value)


def test_tensors_that_share_their_numbers_do_not_make_a_generator_without_end(tmp_path, monkeypatch):
    content = nvlabs(generator_of(SMALL))
    read(tmp_path, content)
    monkeypatch.setattr(assembly, "MAX_NUMBERS", 1000)
    assert "has more than 1,000 numbers" in refusal(tmp_path, content)


def test_a_size_that_is_not_played_is_named(tmp_path):
    arch = Architecture(32, 64, 8, z_dim=8, w_dim=8, num_mapping_layers=1)
    state = rosinality_state(generator_of(arch))
    small = {k: v for k, v in state.items() if not k.startswith(("convs.4", "convs.5", "to_rgbs.2"))}
    small = {k: v for k, v in small.items() if k not in ("noises.noise_5", "noises.noise_6")}
    assert "resolution 16: must be a power of two" in refusal(tmp_path, {"g_ema": small})


def test_the_architecture_is_the_files_own_words_nowhere(tmp_path):
    """`_init_kwargs` say channel_base 1: what counts is the tensors."""
    out = tmp_path / "o.safetensors"
    (tmp_path / "a.pkl").write_bytes(nvlabs(generator_of(SMALL)))
    assert entry(["convert", str(tmp_path / "a.pkl"), "-o", str(out)]) == 0
    assert json.loads(load_generator(out).metadata["architecture"])["channel_base"] == 256
