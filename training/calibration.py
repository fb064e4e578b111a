"""How much has to be asked for what is wanted to arrive: gains of a residual model, from pictures.

A regression answers with the mean of all that it has seen, and the mean of many people's smiles is a weaker
smile than any of them. So the change that is *read* in the model's pictures is held against the change that
is read in those of the projected targets, on the subjects that it was taught, and u is multiplied by the
ratio: one number for all action units. Turns of head and eyes have a number each, against the degrees that
were asked for. What cannot be read is left as it is, and a control that does not arrive at all was not
learned, whatever was shown.
"""

from typing import Final, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.action_units import NUM_AUS
from models.au_reader import AuReader
from models.controls import CONTROLS
from models.pictures import ALIGNED_PX
from models.pseudo_autoencoder import SPANS, PseudoAutoencoder
from models.stylegan2 import Generator
from training.dataset import Expressions

NUM_PAIRS: Final = 160
BATCH: Final = 8
MOST: Final = 1.6  # a gain: beyond, faces fall apart before their expression arrives
ARRIVES_FROM: Final = 0.3  # of what is asked of a control; below, it was not learned
# The controls that the AU reader reads, in its order.
READ_ANGLES: Final = ("yaw", "pitch", "gaze_x", "gaze_y")


class Read(NamedTuple):
    """What pictures show."""

    aus: Tensor  # [N, 43]
    angles: Tensor  # [N, 4] degrees


@torch.no_grad()
def read_latents(ws: Tensor, generator: Generator, reader: AuReader) -> Read:
    """ws [N, num_ws, w_dim] → what the AU reader sees in their pictures."""
    found = []
    for part in ws.split(BATCH):
        rgb = generator.synthesis(part, noise_mode="none", dtype=torch.bfloat16).float()
        if rgb.shape[-1] != ALIGNED_PX:
            rgb = F.interpolate(rgb, (ALIGNED_PX, ALIGNED_PX), mode="bilinear", antialias=True)
        found.append(reader(rgb.clamp(-1, 1)))
    return Read(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def calibrate(
    model: PseudoAutoencoder, generator: Generator, reader: AuReader, shown: Expressions, seed: int = 0
) -> tuple[str, ...]:
    """Set all of the model's gains; → the names of the controls that arrive.

    Controls that cannot be read (age, light) count as arriving where subjects' pictures differ in them.
    """
    calibrate_units(model, generator, reader, shown, seed)
    return tuple(name for name in CONTROLS if calibrate_control(model, generator, reader, shown, name, seed))


@torch.no_grad()
def calibrate_units(
    model: PseudoAutoencoder, generator: Generator, reader: AuReader, shown: Expressions, seed: int = 0
) -> None:
    """Σ asked · read of the true targets over the same of the model's, for all units together."""
    pairs = shown.pairs()
    moves = shown.moves(*pairs.unbind(1))
    chosen = _some(seed, moves[:, :NUM_AUS].any(1) & ~moves[:, NUM_AUS:].any(1))
    if not len(chosen):
        return
    (source, target), asked = pairs[chosen].unbind(1), moves[chosen]
    before = read_latents(shown.ws[source], generator, reader).aus
    wanted = ((read_latents(shown.ws[target], generator, reader).aus - before) * asked[:, :NUM_AUS]).sum()
    arrived = read_latents(model(shown.ws[source], asked), generator, reader).aus
    has_arrived = ((arrived - before) * asked[:, :NUM_AUS]).sum()
    if has_arrived > 0:  # otherwise there is nothing to be strengthened
        model.gain[:NUM_AUS] = (model.gain[:NUM_AUS] * wanted / has_arrived).clamp(1, MOST)


@torch.no_grad()
def calibrate_control(
    model: PseudoAutoencoder,
    generator: Generator,
    reader: AuReader,
    shown: Expressions,
    name: str,
    seed: int = 0,
) -> bool:
    """Degrees asked over degrees read, for one control that the reader reads; → whether it arrives."""
    index = CONTROLS.index(name)
    pairs = shown.pairs()
    moves = shown.moves(*pairs.unbind(1))
    chosen = _some(seed, moves[:, NUM_AUS + index] != 0)
    if not len(chosen) or name not in READ_ANGLES:
        return len(chosen) > 0
    source, asked, angle = pairs[chosen, 0], moves[chosen], READ_ANGLES.index(name)
    degrees = asked[:, NUM_AUS + index] * SPANS[index]
    before = read_latents(shown.ws[source], generator, reader).angles[:, angle]
    arrived = read_latents(model(shown.ws[source], asked), generator, reader).angles[:, angle]
    share = float(((arrived - before) * degrees).sum() / degrees.square().sum())
    if not share >= ARRIVES_FROM:
        return False
    model.gain[NUM_AUS + index] = (model.gain[NUM_AUS + index] / share).clamp(1, MOST)
    return True


def _some(seed: int, which: Tensor) -> Tensor:
    """At most NUM_PAIRS of the rows, in order."""
    rows = which.nonzero().flatten().numpy()
    return torch.from_numpy(np.sort(np.random.default_rng(seed).permutation(rows)[:NUM_PAIRS]))
