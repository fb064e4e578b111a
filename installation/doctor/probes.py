"""Questions that are put to drivers and large libraries, each in a process of its own: whatever that does,
crash, hang or fail to be imported, the doctor goes on.

`python -m installation.doctor.probes NAME [ARGUMENT]` prints the answer as JSON, in its last line.
"""

import io
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Answer = dict[str, Any]


def torch() -> Answer:
    """What PyTorch says of the graphics card; `warnings` is where it tells of a driver that is too old."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import torch

        is_available = torch.cuda.is_available()
    answer: Answer = {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "is_available": is_available,
        "warnings": [str(warning.message).splitlines()[0] for warning in caught],
    }
    if is_available:
        properties = torch.cuda.get_device_properties(0)
        answer["name"], answer["memory_mb"] = properties.name, properties.total_memory >> 20
    return answer


def openvino() -> Answer:
    """What OpenVINO would draw with."""
    import openvino

    core = openvino.Core()
    return {
        "name": core.get_property("CPU", "FULL_DEVICE_NAME"),
        "precisions": list(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
    }


def display() -> Answer:
    """The monitors, as the show counts them."""
    from installation.stage.display import has_screen
    from installation.stage.sdl import pygame

    is_there = has_screen()
    try:
        pygame.display.init()
    except pygame.error as error:
        return {"is_there": False, "error": str(error)}
    sizes_px = [list(size) for size in pygame.display.get_desktop_sizes()]
    return {"is_there": is_there, "driver": pygame.display.get_driver(), "sizes_px": sizes_px}


def codecs() -> Answer:
    """Whether a film can be encoded: three frames, in memory."""
    import av
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for shade in (0, 128, 255):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return {"num_bytes": len(file.getvalue()), "version": av.__version__}


def weights(path: str) -> Answer:
    """The generator at `path` and its companions, read as a show reads them; `faults` are told as it does."""
    from installation.errors import InputError
    from installation.loading import has_encoder, load_networks, load_projector, read_au_reader

    try:
        networks = load_networks(Path(path))
    except InputError as error:
        return {"faults": [str(error)]}
    answer: Answer = {
        "faults": [],
        "resolution": networks.generator.generator.arch.resolution,
        "units": sorted(networks.pseudo_autoencoder.learned_units),
        "controls": sorted(networks.pseudo_autoencoder.learned_controls),
        "has_encoder": has_encoder(networks),
        "visitors": [],  # what keeps visitors from being taken up
    }
    for load in (read_au_reader, load_projector):
        try:
            load(networks)
        except InputError as error:
            if str(error) not in answer["visitors"]:
                answer["visitors"].append(str(error))
    return answer


PROBES: Final[dict[str, Callable[..., Answer]]] = {
    probe.__name__: probe for probe in (torch, openvino, display, codecs, weights)
}


if __name__ == "__main__":
    result = PROBES[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(f"\n{json.dumps(result)}\n")
