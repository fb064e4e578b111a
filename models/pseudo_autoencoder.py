"""The pseudo-autoencoder A(w, u): where in the latent space the same person shows another expression.

As published (Aranda, Goría, Sandalinas, Suffern, Negri: "Manipulación de Expresiones Faciales vía Espacio
Latente de GAN"): an encoder of two 512-unit layers; u, 43 numbers, copied 5 times and concatenated to the
code; a decoder of two 512-unit layers; |w_out| = |w_in|. Where the text is silent: ReLU on the hidden layers,
linear output, and an initialisation from which training sets out as a copy (`start_as_copy`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.action_units import ACTION_UNITS, NUM_AUS, VOCABULARY
from models.checkpoint import Checkpoint, CheckpointError, LoadedGenerator, load_state, read_companion

KIND: Final = "pseudo_autoencoder"


@dataclass(frozen=True, slots=True)
class Preset:
    """How the published network is laid over ws [num_ws, 512]."""

    is_flat: bool  # one map of num_ws · 512 numbers (True), or one map of 512 shared by the rows (False)
    num_hidden: int = 512
    num_copies: int = (
        5  # of u: 215 of the decoder's 727 inputs instead of 43, so that u is heard beside the code
    )


PRESETS: Final[dict[str, Preset]] = {
    "paper": Preset(is_flat=False),
    "paper-flat": Preset(is_flat=True),
}


class PseudoAutoencoder(nn.Module):
    """(ws, u) → ws of the target expression."""

    def __init__(self, preset: str = "paper", num_ws: int = 12, w_dim: int = 512) -> None:
        super().__init__()
        self.preset = PRESETS[preset]
        self.num_ws = num_ws
        size = num_ws * w_dim if self.preset.is_flat else w_dim
        hidden = self.preset.num_hidden
        self.encoder = nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.decoder = nn.Sequential(
            nn.Linear(hidden + self.preset.num_copies * NUM_AUS, hidden), nn.ReLU(), nn.Linear(hidden, size)
        )

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

    def forward(self, ws: Tensor, u: Tensor) -> Tensor:
        """ws [N, num_ws, w_dim], u = a_T − a_S [N, 43] in [-1, 1] → ws [N, num_ws, w_dim]."""
        if self.preset.is_flat:
            return self._map(ws.flatten(1), u).view_as(ws)
        return self._map(ws, u[:, None].expand(-1, ws.shape[1], -1))

    def _map(self, w: Tensor, u: Tensor) -> Tensor:
        code = self.encoder(w)
        return self.decoder(torch.cat([code, *[u] * self.preset.num_copies], dim=-1))  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped

    @torch.inference_mode()
    def predict(self, ws: NDArray[np.float32], u: Sequence[float]) -> NDArray[np.float32]:
        """ws [num_ws, w_dim] float32, u of 43 → ws [num_ws, w_dim] float32: one portrait, in numpy."""
        target = self(torch.from_numpy(ws)[None], torch.tensor(u, dtype=torch.float32)[None])
        return target[0].numpy()  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped


@dataclass(frozen=True, slots=True)
class LoadedPseudoAutoencoder:
    """A pseudo-autoencoder ready to play, and the units that its training pictures showed."""

    model: PseudoAutoencoder
    learned_units: tuple[int, ...]


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
    if checkpoint.metadata.get("action_units") != VOCABULARY:
        raise CheckpointError(f"{checkpoint.path}: made for another list of action units; fit it again")
    model = PseudoAutoencoder(preset, generator.generator.arch.num_ws, generator.generator.arch.w_dim)
    load_state(model, checkpoint)
    return LoadedPseudoAutoencoder(model.eval().requires_grad_(False), learned_units(checkpoint))


def learned_units(checkpoint: Checkpoint) -> tuple[int, ...]:
    """The units that the training pictures showed; all of them where the file does not say.

    Raises:
        CheckpointError: the file names something that is no action unit.
    """
    named = checkpoint.metadata.get("learned_units")
    if named is None:
        return ACTION_UNITS
    known = {str(unit): unit for unit in ACTION_UNITS}
    unknown = [word for word in named.split() if word not in known]
    if unknown:
        raise CheckpointError(
            f"{checkpoint.path}: learned_units names {unknown[0][:20]!r}; that is no action unit"
        )
    return tuple(known[word] for word in named.split())
