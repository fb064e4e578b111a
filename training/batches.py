"""The cast as the generator's fit sees it: batches of pictures and factors, some sharp, some not."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from training.cast.factors import mirror_factors
from training.cast.manifest import Cast, CastError, Record
from training.cast.pictures import load_pictures
from training.losses import attention_maps


class Batch(NamedTuple):
    """N pictures of one resolution R, and what made them."""

    factors: Tensor  # [N, F] float32, not standardised
    scenes: Tensor  # [N] int64: rows of the free vectors
    images: Tensor  # [N, 3, R, R] float32 in [-1, 1]
    attention: Tensor  # [N, 1, 32, 32], mean 1


def scene_key(record: Record) -> str:
    """Pictures of one scene share a free vector: a studio subject's, or one of the population."""
    return f"{'population' if record.split == 'population' else 'studio'}/{record.subject}"


class Pictures:
    """Pictures of the cast at one resolution, as tensors, with mirrored copies made on the fly."""

    def __init__(self, cast: Cast, scenes: Mapping[str, int], resolution: int) -> None:
        self.resolution = resolution
        self.images = torch.from_numpy(load_pictures([r.picture for r in cast.records], resolution))
        self.factors = torch.from_numpy(cast.factors).float()
        self.mirrored = torch.from_numpy(mirror_factors(cast.factors)).float()
        self.attention = attention_maps(torch.from_numpy(cast.landmarks))
        self.scenes = torch.tensor([scenes.get(scene_key(record), 0) for record in cast.records])
        self.num_scenes = len(scenes)

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, index: Tensor, is_mirrored: bool = False) -> Batch:
        images = self.images[index].permute(0, 3, 1, 2).float() / 127.5 - 1
        if not is_mirrored:
            return Batch(self.factors[index], self.scenes[index], images, self.attention[index])
        scenes = self.scenes[index] + self.num_scenes
        return Batch(self.mirrored[index], scenes, images.flip(3), self.attention[index].flip(3))

    def evenly(self, num: int) -> Batch:
        """`num` pictures, evenly spaced, as they were rendered; few pictures come more than once."""
        return self.batch(torch.linspace(0, len(self) - 1, num).long())


def by_resolution(cast: Cast, scenes: Mapping[str, int], resolution: int) -> list[Pictures]:
    """The cast's pictures, each at the finest resolution up to `resolution` that it is sharp at.

    Coarse renderings are many people, fine ones are pores and hairs: a stage learns from both.
    """
    groups: dict[int, list[Record]] = defaultdict(list)
    for record in cast.records:
        groups[min(record.finest, resolution)].append(record)
    return [Pictures(Cast(tuple(groups[size])), scenes, size) for size in sorted(groups)]


def shuffled(num: int, batch: int, seed: int) -> Iterator[Tensor]:
    """Batches of indices for ever, every picture once an epoch. Raises CastError for less than a batch."""
    if num < batch:
        raise CastError(f"{num} pictures of one resolution to learn from; a batch needs {batch}")
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(num, generator=generator)
        yield from order[: num // batch * batch].view(-1, batch)
