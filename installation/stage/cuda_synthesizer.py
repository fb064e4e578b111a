"""Latents to pictures on a graphics card: one recorded graph of kernels for each resolution.

At this size a frame's cost on a card is the launching of its kernels and not their arithmetic. So everything
lies in buffers that never move, each resolution is recorded once as a CUDA graph ("CUDA semantics", PyTorch's
documentation), and a frame is: two small copies in, one replay, one copy out, and one wait for it.

It has never been run on a card: what is here was written from the documentation, and its logic is tested on
the processor with a recorder that records nothing.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from installation.ports import Detail, Image, Latent
from installation.stage.synthesizer import freeze, noise_mode_of, stops
from models.stylegan2 import Generator, to_uint8

Draw = Callable[[], None]  # from the buffers into the buffers
NUM_WARM_UPS = 3  # as the documentation has it: libraries choose their algorithms before the recording


class GraphSynthesizer:
    """A `Synthesizer` that replays what `record` makes of the drawing of each resolution."""

    def __init__(
        self, generator: Generator, device: torch.device, dtype: torch.dtype, record: Callable[[Draw], Draw]
    ) -> None:
        """Raises RuntimeError: the card's memory is too small, or its driver fails."""
        self.dtype = dtype
        self.resolution = generator.arch.resolution
        self.resolutions = stops(generator.arch)
        synthesis = generator.synthesis.eval().requires_grad_(False)
        freeze(synthesis, dtype)
        noise_mode = noise_mode_of(synthesis)
        is_pinned = device.type == "cuda"  # else a copy from or to the card would wait
        self._ws_in = torch.zeros(1, generator.arch.num_ws, generator.arch.w_dim, pin_memory=is_pinned)
        self._share_in = torch.ones([], pin_memory=is_pinned)
        self._ws, self._share = self._ws_in.to(device), self._share_in.to(device)
        self._device = device
        self._pictures: dict[int, tuple[Draw, Tensor, Tensor]] = {}
        for resolution in self.resolutions:
            drawn = torch.zeros(1, resolution, resolution, 3, dtype=torch.uint8, device=device)
            shown = torch.zeros(drawn.shape, dtype=torch.uint8, pin_memory=is_pinned)

            def draw(resolution: int = resolution, drawn: Tensor = drawn) -> None:
                rgb = synthesis(self._ws, resolution, noise_mode, dtype, self._share)
                drawn.copy_(to_uint8(rgb))

            with torch.inference_mode():
                self._pictures[resolution] = record(draw), drawn, shown

    @torch.inference_mode()
    def synthesize(self, ws: Latent, detail: Detail | None = None) -> Image:
        """ws [num_ws, 512] float32 → [r, r, 3] uint8 RGB, r that of `detail`; None: as finely as it can."""
        detail = detail or Detail(self.resolution)
        draw, drawn, shown = self._pictures[detail.resolution]
        self._ws_in[0] = torch.from_numpy(np.ascontiguousarray(ws))
        self._share_in.fill_(detail.share)
        self._ws.copy_(self._ws_in, non_blocking=True)
        self._share.copy_(self._share_in, non_blocking=True)
        draw()
        shown.copy_(drawn, non_blocking=True)
        if self._device.type == "cuda":
            torch.cuda.current_stream().synchronize()
        return shown[0].numpy().copy()  # the next frame is written over it


def cuda_synthesizer(generator: Generator) -> GraphSynthesizer:
    """On the first card. The generator is moved there.

    Raises:
        RuntimeError: the card's memory is too small, or its driver fails.
    """
    device = torch.device("cuda")
    torch.backends.cudnn.benchmark = True  # shapes never change: the fastest algorithm is looked for once
    synthesis = generator.synthesis.to(device)
    synthesis.to(memory_format=torch.channels_last)  # what its convolutions are fastest in
    return GraphSynthesizer(generator, device, card_dtype(generator), recorded)


def card_dtype(generator: Generator) -> torch.dtype:
    """bfloat16 where the card has it; float16 for weights that are clamped to fit; else float32."""
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    return torch.float32 if generator.arch.conv_clamp is None else torch.float16


def recorded(draw: Draw) -> Draw:
    """`draw` as a CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(NUM_WARM_UPS):
            draw()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        draw()
    return graph.replay
