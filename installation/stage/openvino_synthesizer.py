"""Latents to pictures with OpenVINO, on the processor: the same graph, compiled for this machine."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from installation.ports import Detail, Image, Latent
from installation.stage.openvino_graph import import_openvino, read_or_convert, the_core
from installation.stage.synthesizer import stops
from models.stylegan2 import Generator

PRECISIONS = {torch.bfloat16: "bf16", torch.float32: "f32"}


class OpenVinoSynthesizer:
    """A `Synthesizer`: a compiled network for each resolution, all of static shapes.

    Each is compiled when it is first asked for, or by `prepare`, which a show calls before it begins.
    """

    def __init__(
        self,
        generator: Generator,
        dtype: torch.dtype,
        num_threads: int,
        cache: Path | None = None,
        graph: Any = None,
    ) -> None:
        """Precisions are torch.bfloat16 and float32; a cache folder other than the user's, for tests. The
        `graph` of another one, if there is one of the same generator, serves both.

        Raises:
            ImportError: OpenVINO is not installed.
            RuntimeError: it cannot use this graph or this processor.
        """
        self._openvino = import_openvino()
        self.dtype = dtype
        self.resolution = generator.arch.resolution
        self.resolutions = stops(generator.arch)
        self._config = {
            "INFERENCE_PRECISION_HINT": PRECISIONS[dtype],
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": num_threads,
            "ENABLE_CPU_PINNING": False,  # a thread that is pinned waits for whoever else runs on its core
        }
        self._ws = np.zeros((generator.arch.num_ws, generator.arch.w_dim), np.float32)
        self._share = np.ones((), np.float32)
        self.graph = read_or_convert(generator, cache) if graph is None else graph
        self._requests: dict[int, Any] = {}

    def prepare(self) -> None:
        """Compile for every resolution."""
        for resolution in self.resolutions:
            self._request(resolution)

    def synthesize(self, ws: Latent, detail: Detail | None = None) -> Image:
        """ws [num_ws, 512] float32 → [r, r, 3] uint8 RGB, r that of `detail`; None: as finely as it can."""
        detail = detail or Detail(self.resolution)
        request = self._request(detail.resolution)
        self._ws[:] = ws
        self._share[...] = detail.share
        request.infer()
        image: Image = request.get_output_tensor(0).data.copy()  # the next frame is written over it
        return image

    def _request(self, resolution: int) -> Any:
        if resolution not in self._requests:
            output = self.graph.outputs[self.resolutions.index(resolution)]
            whole = self._openvino.Model([output.get_node()], self.graph.get_parameters())
            request = the_core().compile_model(whole, "CPU", self._config).create_infer_request()
            for index, numbers in enumerate((self._ws, self._share)):
                request.set_input_tensor(index, self._openvino.Tensor(numbers, shared_memory=True))
            self._requests[resolution] = request
        return self._requests[resolution]
