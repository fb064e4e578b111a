"""Gaze as two directions of w, and as two controls of the pseudo-autoencoder.

The directions are at right angles to all that the encoder and the pseudo-autoencoder move and to what people
have in common, and of those that remain the ones along which drawn people vary least. A person's w has next
to nothing of them, and nothing but a change of gaze adds any.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from models import au_reader, encoder, pseudo_autoencoder
from models.action_units import NUM_AUS
from models.checkpoint import LoadedGenerator, read_companion, write_companion
from models.controls import CONTROLS
from models.encoder import Encoder
from models.pseudo_autoencoder import SPANS, PseudoAutoencoder
from training.eyes import EYES_STAY

GAZE: Final = ("gaze_x", "gaze_y")
GAZE_COLUMNS: Final = [CONTROLS.index(name) for name in GAZE]
GAZE_SPANS: Final = torch.tensor([SPANS[column] for column in GAZE_COLUMNS])
LENGTH: Final = 3.0  # in w, of a span of gaze: people differ by a fiftieth of it
# Of a companion's metadata, what writing it says again.
TIED_ANEW: Final = frozenset({"kind", "version", "generator_sha256"})
SMALLEST: Final = 1e-6  # a direction that is moved by less, in shares of the most, is free


def gaze_directions(w: Tensor, moved: Sequence[Tensor]) -> Tensor:
    """People's w [N, w_dim] and what is moved, [·, w_dim] each → unit vectors [2, w_dim].

    Raises:
        ValueError: fewer than two directions are free.
    """
    mean = w.mean(0)
    taken = torch.cat([mean[None], *moved])
    taken = taken / taken.norm(dim=1, keepdim=True).clamp(min=1e-3)
    _, lengths, axes = torch.linalg.svd(taken.double())
    free = axes[int((lengths > SMALLEST * lengths[0]).sum()) :].float()
    if len(free) < len(GAZE):
        raise ValueError("no directions of w are free for gaze; everything in it is moved already")
    _, _, within = torch.linalg.svd((w - mean) @ free.t(), full_matrices=False)
    found: Tensor = within[-len(GAZE) :] @ free
    return found


def moved_by(seeing: Encoder, model: PseudoAutoencoder) -> list[Tensor]:
    """What a portrait's companions move in w, and where they begin."""
    return [
        seeing.directions.weight.t(),
        seeing.directions.bias[None],
        seeing.scene_change,
        model.directions.weight.t(),
        model.mean[None],
    ]


def looking(w: Tensor, gaze: Tensor, directions: Tensor) -> Tensor:
    """w [N, w_dim] of people who look so many degrees further to the picture's right and up [N, 2]."""
    return w + gaze / GAZE_SPANS * LENGTH @ directions


@torch.no_grad()
def teach_control(model: PseudoAutoencoder, directions: Tensor, gains: Tensor) -> None:
    """Make gaze move along its directions [2, w_dim], for everybody alike, and be read along them.

    `gains` [2]: how much further than asked it has to go so that what is asked arrives. At rest, eyes look at
    the viewer: what is read is a share of the turn, and what has been added. Nothing else of A changes.
    """
    moves = [NUM_AUS + column for column in GAZE_COLUMNS]
    lengths = LENGTH * gains[:, None]
    change = (lengths * directions / model.deviation).repeat(1, model.num_ws)  # [2, num_ws · w_dim]
    model.linear.weight[:, moves] = change.t()
    model.gain[moves] = 1
    first = next(layer for layer in model.decoder if isinstance(layer, nn.Linear))
    num_copies = model.preset.num_copies
    for copied in range(first.in_features - num_copies * model.num_moves, first.in_features, model.num_moves):
        first.weight[:, [copied + move for move in moves]] = 0
    x, y = GAZE_COLUMNS
    yaw = CONTROLS.index("yaw")
    share = -EYES_STAY * SPANS[yaw] / SPANS[x]
    turn = model.control_reading[:, yaw]
    turn = turn - directions.t() @ (directions @ turn)
    model.control_reading[:, x] = share * turn + directions[0] / lengths[0]
    model.control_mean[x] = share * model.control_mean[yaw]
    model.control_reading[:, y] = directions[1] / lengths[1]
    model.control_mean[y] = 0


# --- files --------------------------------------------------------------------------------------------------


def write_tied(old: LoadedGenerator, new: LoadedGenerator, model: PseudoAutoencoder) -> list[Path]:
    """The companions of a generator beside another that draws the same people; → their paths.

    Encoder and AU reader are copies, the pseudo-autoencoder has learned gaze. Raises as `write_companion`.
    """
    paths = []
    for kind in (encoder.KIND, au_reader.KIND, pseudo_autoencoder.KIND):
        companion = read_companion(old, kind)
        metadata = {key: value for key, value in companion.metadata.items() if key not in TIED_ANEW}
        tensors = companion.tensors
        if kind == pseudo_autoencoder.KIND:
            learned = {*metadata.get("learned_controls", " ".join(CONTROLS)).split(), *GAZE}
            metadata["learned_controls"] = " ".join(name for name in CONTROLS if name in learned)
            tensors = model.state_dict()
        paths.append(write_companion(new, kind, tensors, metadata))
    return paths
