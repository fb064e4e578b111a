"""What a frame costs in multiply-adds, by formula; a test counts them again, operation by operation."""

from models.stylegan2 import Architecture

FIR_TAPS = 16
NUM_COLOURS = 3


def multiply_adds(arch: Architecture) -> int:
    """Of one picture's synthesis: its convolutions and matrix products, as models/stylegan2.py has them.

    A convolution that doubles the resolution by transposition multiplies each pixel that goes in; the filters
    multiply channel by channel.
    """
    total = 0
    for resolution in arch.resolutions:
        num_in, num_out = arch.channels(resolution // 2), arch.channels(resolution)
        pixels = resolution**2
        total += _modulation(arch, num_out, num_out) + pixels * 9 * num_out * num_out  # conv1
        total += arch.w_dim * num_out + pixels * num_out * NUM_COLOURS  # torgb
        if resolution == 4:
            continue
        below = pixels // 4
        total += _modulation(arch, num_in, num_out) + below * 9 * num_in * num_out  # conv0
        total += pixels * FIR_TAPS * num_out
        total += below * FIR_TAPS * NUM_COLOURS  # the sum of RGB so far, enlarged
    return total


def _modulation(arch: Architecture, num_in: int, num_out: int) -> int:
    """The styles from w, and their demodulation."""
    return arch.w_dim * num_in + num_in * num_out
