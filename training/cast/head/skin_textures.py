"""What is finer on skin than a vertex, as tiling textures, the same for all people.

The shader looks them up by box projection in SkinPaint.texture_space. That is much cheaper than evaluating
noise for every sample of a picture.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from training.cast.head.mesh import Floats

TILE: Final = 0.256  # m a side
SIZE: Final = 1024  # pixels: 0.25 mm each
SEED: Final = 11
NOISE_MEAN, NOISE_DEVIATION = 0.5, 0.12  # of all noise, as Blender's own


@dataclass(frozen=True, eq=False)
class SkinTextures:
    """Pixels [SIZE, SIZE, 3] in [0, 1], three channels each; the first row is the lowest."""

    close: Floats  # grain (noise), pores, stubble's dots
    broad: Floats  # mottles (noise), patches (noise), capillaries
    spots: Floats  # freckles, moles (the brighter, the more people have it), gloss (noise)


def skin_textures() -> SkinTextures:
    generator = np.random.default_rng(SEED)
    grain = tiling_noise(generator, 900, 3, 0.7)
    distance, whims = tiling_cells(generator, 0.00105)
    pores = _ramp(distance, 0.40, 0.08) * (0.25 + 0.75 * whims[..., 0])
    distance, _ = tiling_cells(generator, 0.0009)
    stubble = 0.25 + 0.75 * _ramp(distance, 0.50, 0.18)

    mottles, patches = tiling_noise(generator, 170, 4), tiling_noise(generator, 75, 3)
    threads = tiling_noise(generator, 260, 3, 0.6)
    capillaries = _ramp(np.abs(threads - NOISE_MEAN), 0.035, 0)

    distance, whims = tiling_cells(generator, 0.0034)
    sizes = 0.16 + 0.24 * whims[..., 1]
    freckles = _ramp(distance / sizes, 1, 0.35) * _ramp(whims[..., 0], 0.40, 0.95)
    distance, whims = tiling_cells(generator, 0.022)
    moles = _ramp(distance, 0.046, 0.028) * whims[..., 0]
    gloss = tiling_noise(generator, 430, 3, 0.6)
    return SkinTextures(
        close=np.stack([grain, pores, stubble], -1),
        broad=np.stack([mottles, patches, capillaries], -1),
        spots=np.stack([freckles, moles, gloss], -1),
    )


def tiling_noise(
    generator: np.random.Generator, scale: float, octaves: int, roughness: float = 0.5
) -> Floats:
    """Fractal noise [SIZE, SIZE] that tiles: `scale` features a metre, then octaves twice as fine.

    Each octave is a band of frequencies, `roughness` times as strong as the one before.
    """
    frequencies = np.fft.fftfreq(SIZE, TILE / SIZE)  # waves a metre
    radius = np.hypot(*np.meshgrid(frequencies, frequencies))
    spectrum = np.zeros_like(radius)
    for octave in range(octaves):
        centre = 0.5 * scale * 2**octave
        spectrum += roughness**octave / centre * np.exp(-(((radius - centre) / (0.45 * centre)) ** 2))
    white = np.fft.fft2(generator.normal(size=(SIZE, SIZE)))
    noise = np.fft.ifft2(white * spectrum).real
    return np.asarray(np.clip(NOISE_MEAN + NOISE_DEVIATION * noise / noise.std(), 0, 1))


def tiling_cells(
    generator: np.random.Generator, spacing: float, jitter: float = 0.9
) -> tuple[Floats, Floats]:
    """Points on a jittered grid `spacing` m wide that tiles.

    For each pixel: the distance to the nearest point, in spacings [SIZE, SIZE], and that point's random
    numbers in [0, 1] [SIZE, SIZE, 3].
    """
    count = round(TILE / spacing)  # a side
    grid = np.stack(np.meshgrid(np.arange(count), np.arange(count)), -1).reshape(-1, 2)
    points = (grid + 0.5 + jitter * (generator.random((count**2, 2)) - 0.5)) / count % 1
    along = (np.arange(SIZE) + 0.5) / SIZE
    pixels = np.stack(np.meshgrid(along, along), -1).reshape(-1, 2)
    distances, nearest = cKDTree(points, boxsize=1.0).query(pixels)
    whims = generator.random((count**2, 3))[nearest]
    return (distances * count).reshape(SIZE, SIZE), whims.reshape(SIZE, SIZE, 3)


def _ramp(x: ArrayLike, start: float, end: float) -> Floats:
    """0 before `start`, 1 after `end`, straight between; `start` > `end` falls."""
    return np.clip((np.asarray(x) - start) / (end - start), 0, 1)
