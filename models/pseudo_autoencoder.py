"""The pseudo-autoencoder A(w, u): where in the latent space the same person shows another expression.

As published (Aranda, Goría, Sandalinas, Suffern, Negri: "Manipulación de Expresiones Faciales vía Espacio
Latente de GAN"): an encoder of two 512-unit layers; u, 43 numbers, copied 5 times and concatenated to the
code; a decoder of two 512-unit layers; |w_out| = |w_in|. It has to give the whole person back, and people
whom it was not taught turn into somebody else.

The residual model learns what u changes, and nothing else:

    ŵ = w + g(w, u) − g(w, 0)

so that nothing asked is nothing changed, whoever it is. g is a linear map of u, the same for everybody, and
the published network in small, for what depends on the person: it sees one w (the mean of the rows), and
moves each row by a head of its own, along directions that all rows share. Beside the action units g takes
controls: turn, gaze, age, light.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models.action_units import ACTION_UNITS, AU_INDEX, NUM_AUS, VOCABULARY
from models.checkpoint import (
    Checkpoint,
    CheckpointError,
    LoadedGenerator,
    load_state,
    read_companion,
    write_companion,
)
from models.controls import CONTROL_SPANS, CONTROLS, NUM_CONTROLS

KIND: Final = "pseudo_autoencoder"
NEUTRAL_PEOPLE: Final = "neutral"
PEOPLE_AS_THEY_COME: Final = "as they come"
Named = TypeVar("Named")
NUM_MOVES: Final = NUM_AUS + NUM_CONTROLS
SPANS: Final = tuple(control.span for control in CONTROL_SPANS.values())


@dataclass(frozen=True, slots=True)
class Preset:
    """How the published network is laid over ws [num_ws, w_dim]."""

    is_flat: bool = False  # one map of all num_ws · w_dim numbers; otherwise one of w_dim, shared by the rows
    is_residual: bool = False
    num_hidden: int = 512
    num_copies: int = 5  # of u, so that it is heard beside the code: 215 of 727 inputs instead of 43
    num_directions: int = 0  # in which the residual model moves w


PRESETS: Final[dict[str, Preset]] = {
    "paper": Preset(),
    "paper-flat": Preset(is_flat=True),
    "paper-once": Preset(num_copies=1),
    "residual": Preset(is_residual=True, num_hidden=256, num_directions=64),
}
DEFAULT_PRESET: Final = "residual"


class PseudoAutoencoder(nn.Module):
    """(ws, u) → ws of the target."""

    mean: Tensor  # [w_dim] of w, and …
    deviation: Tensor  # … scalar: what the residual model's inputs and outputs are counted in
    gain: Tensor  # [50] by which u is multiplied, so that what is asked arrives
    control_reading: Tensor  # [w_dim, 7]: w − mean → controls, in spans, …
    control_mean: Tensor  # … from these on [7]

    def __init__(self, preset: str = DEFAULT_PRESET, num_ws: int = 14, w_dim: int = 512) -> None:
        super().__init__()
        self.preset = PRESETS[preset]
        self.num_ws = num_ws
        size = num_ws * w_dim if self.preset.is_flat else w_dim
        hidden = self.preset.num_hidden
        self.num_moves = NUM_MOVES if self.preset.is_residual else NUM_AUS
        num_out = self.preset.num_directions * num_ws if self.preset.is_residual else size
        self.encoder = nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.decoder = nn.Sequential(
            nn.Linear(hidden + self.preset.num_copies * self.num_moves, hidden),
            nn.ReLU(),
            nn.Linear(hidden, num_out),
        )
        self.register_buffer("control_reading", torch.zeros(w_dim, NUM_CONTROLS))
        self.register_buffer("control_mean", torch.zeros(NUM_CONTROLS))
        self.register_buffer("mean", torch.zeros(w_dim))
        self.register_buffer("deviation", torch.ones(()))
        if self.preset.is_residual:
            self.register_buffer("gain", torch.ones(NUM_MOVES))
            self.linear = nn.Linear(NUM_MOVES, w_dim * num_ws, bias=False)
            nn.init.zeros_(self.linear.weight).requires_grad_(False)  # solved for, not trained: start_linear
            self.directions = nn.Linear(self.preset.num_directions, w_dim, bias=False)
            for parameter in self.decoder[-1].parameters():  # so that training sets out from a copy
                nn.init.zeros_(parameter)

    @torch.no_grad()
    def standardise(self, ws: Tensor) -> None:
        """Count in deviations of latents like these [N, num_ws, w_dim]."""
        w = ws.mean(1)
        self.mean.copy_(w.mean(0))
        self.deviation.copy_(w.var(0, correction=0).mean().sqrt().clamp(min=1e-6))

    @torch.no_grad()
    def start_linear(self, changes: Tensor) -> None:
        """Set the linear map: what a whole unit of each move adds to ws, [50, num_ws · w_dim]."""
        self.linear.weight.copy_(changes.t() / self.deviation)

    @torch.no_grad()
    def start_as_copy(self) -> None:
        """Initialise so that A(w, u) = w: identities, shifted so far that the ReLUs let most of w through.

        From random weights training spends itself on reproducing the person; from here it learns what u does.
        Shifts differ between units, so that some meet their kink and the map need not stay linear.

        Raises:
            ValueError: the layers are not square, as in `paper-flat`.
        """
        first, second = (layer for layer in self.encoder if isinstance(layer, nn.Linear))
        third, last = (layer for layer in self.decoder if isinstance(layer, nn.Linear))
        if first.in_features != first.out_features:
            raise ValueError("start_as_copy: only layers as wide as w can copy it")
        shift = torch.empty(first.out_features).uniform_(1.0, 4.0)
        for layer in (first, second, third, last):
            layer.bias.zero_()
            layer.weight.copy_(torch.eye(*layer.weight.shape))
        first.bias.copy_(shift)
        last.bias.copy_(-shift)

    @torch.no_grad()
    def move_alike(self, unit: int, like: int) -> None:
        """Make an action unit do what another does: one that differs in time alone, unseen in pictures."""
        first = next(layer for layer in self.decoder if isinstance(layer, nn.Linear))
        copies = range(
            first.in_features - self.preset.num_copies * self.num_moves, first.in_features, self.num_moves
        )
        layers = [(first.weight, start) for start in copies]
        if self.preset.is_residual:
            layers.append((self.linear.weight, 0))
        for weight, start in layers:
            weight[:, start + AU_INDEX[unit]] = weight[:, start + AU_INDEX[like]]

    def forward(self, ws: Tensor, u: Tensor) -> Tensor:
        """ws [N, num_ws, w_dim], u [N, 43] or [N, 50] → ws [N, num_ws, w_dim].

        u = a_T − a_S in [−1, 1] for each action unit; the residual model takes the changes of the controls
        behind them, in spans, or leaves them as they are. Of a shared map, any number of rows may come.
        """
        if self.preset.is_residual:
            return ws + self.change(ws.mean(1), F.pad(u, (0, self.num_moves - u.shape[1])))
        u = u[:, :NUM_AUS]
        if self.preset.is_flat:
            return self._map(ws.flatten(1), u).view_as(ws)
        return self._map(ws, u[:, None].expand(-1, ws.shape[1], -1))

    def change(self, w: Tensor, u: Tensor) -> Tensor:
        """The residual model's g(w, u) − g(w, 0): [N, w_dim], [N, num_moves] → [N, num_ws, w_dim]."""
        code = self.encoder((w - self.mean) / self.deviation)
        u = u * self.gain
        own = self._decoded(code, u) - self._decoded(code, torch.zeros_like(u))
        own = self.directions(own.view(len(w), self.num_ws, -1))
        changed: Tensor = (own + self.linear(u).view_as(own)) * self.deviation
        return changed

    def _map(self, w: Tensor, u: Tensor) -> Tensor:
        return self._decoded(self.encoder(w), u)

    def _decoded(self, code: Tensor, u: Tensor) -> Tensor:
        return self.decoder(torch.cat([code, *[u] * self.preset.num_copies], dim=-1))  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped

    def controls_of(self, ws: Tensor) -> Tensor:
        """What ws [N, num_ws, w_dim] show of the controls: [N, 7] degrees and years, read linearly."""
        read = (ws.mean(1) - self.mean) @ self.control_reading + self.control_mean
        return read * ws.new_tensor(SPANS)

    # --- one portrait, in numpy

    @torch.inference_mode()
    def predict(
        self, ws: NDArray[np.float32], u: Sequence[float], controls: Sequence[float] = (0.0,) * NUM_CONTROLS
    ) -> NDArray[np.float32]:
        """ws [num_ws, w_dim] float32, u of 43, changes of 7 controls in degrees and years → ws, alike."""
        spans = (change / span for change, span in zip(controls, SPANS, strict=True))
        moves = torch.tensor([*u, *spans], dtype=torch.float32)[None]
        return self(torch.from_numpy(ws)[None], moves)[0].numpy()  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped

    @torch.inference_mode()
    def read_controls(self, ws: NDArray[np.float32]) -> tuple[float, ...]:
        """ws [num_ws, w_dim] → its 7 controls in degrees and years."""
        return tuple(self.controls_of(torch.from_numpy(ws)[None])[0].tolist())


@dataclass(frozen=True, slots=True)
class LoadedPseudoAutoencoder:
    """A pseudo-autoencoder ready to play, and what its training pictures showed."""

    model: PseudoAutoencoder
    learned_units: tuple[int, ...]
    learned_controls: tuple[str, ...]  # names of `models.controls.CONTROLS`
    are_people_neutral: bool = True  # by number; an adopted generator draws them as they come


def save_pseudo_autoencoder(
    model: PseudoAutoencoder,
    preset: str,
    generator: LoadedGenerator,
    units: Sequence[int],
    controls: Sequence[str],
    source: str,
) -> Path:
    """Write the companion beside its generator; → its path. Raises as `write_companion` does."""
    metadata = {
        "preset": preset,
        "action_units": VOCABULARY,
        "learned_units": " ".join(map(str, units)),
        "controls": " ".join(CONTROLS),
        "learned_controls": " ".join(controls),
        "people": people_of(generator),
        "source": source,
    }
    return write_companion(generator, KIND, model.state_dict(), metadata)


def people_of(generator: LoadedGenerator) -> str:
    """How a generator draws people by number.

    Ours says so; before it did, it was told from others by naming the action units of its cast.
    """
    own = NEUTRAL_PEOPLE if "action_units" in generator.metadata else PEOPLE_AS_THEY_COME
    return generator.metadata.get("people", own)


def load_pseudo_autoencoder(generator: LoadedGenerator) -> LoadedPseudoAutoencoder:
    """Read the companion of a generator, in evaluation mode, on the CPU.

    Raises:
        CheckpointError: missing, truncated, of another generator, of an unknown preset or another vocabulary.
    """
    checkpoint = read_companion(generator, KIND)
    preset = checkpoint.metadata.get("preset", "")
    if preset not in PRESETS:
        raise CheckpointError(
            f"{checkpoint.path}: unknown preset {preset!r}; this program has {', '.join(PRESETS)}"
        )
    for key, known in (("action_units", VOCABULARY), ("controls", " ".join(CONTROLS))):
        if checkpoint.metadata.get(key) != known:
            words = key.replace("_", " ")
            raise CheckpointError(f"{checkpoint.path}: made for another list of {words}; fit it again")
    arch = generator.generator.arch
    model = PseudoAutoencoder(preset, arch.num_ws, arch.w_dim)
    load_state(model, checkpoint)
    units = _named(checkpoint, "learned_units", {str(unit): unit for unit in ACTION_UNITS})
    controls = _named(checkpoint, "learned_controls", {name: name for name in CONTROLS})
    are_people_neutral = checkpoint.metadata.get("people") != PEOPLE_AS_THEY_COME
    return LoadedPseudoAutoencoder(model.eval().requires_grad_(False), units, controls, are_people_neutral)


def _named(checkpoint: Checkpoint, key: str, known: Mapping[str, Named]) -> tuple[Named, ...]:
    """The things that a file's metadata name; all of them where it does not say.

    Raises:
        CheckpointError: the file names something that is none of them.
    """
    words = checkpoint.metadata.get(key, " ".join(known)).split()
    unknown = [word for word in words if word not in known]
    if unknown:
        raise CheckpointError(f"{checkpoint.path}: {key} names {unknown[0][:20]!r}, which is none")
    return tuple(known[word] for word in words)
