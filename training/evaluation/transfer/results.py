"""The figures of all parts in one file, and what they were measured on."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch

from training.evaluation.report import Part
from training.evaluation.transfer.amounts import UNSEEN, best_plan
from training.evaluation.transfer.laboratory import MODELS, Laboratory

FILE: Final = "results.json"
CPU_INFO: Final = Path("/proc/cpuinfo")

Results = dict[str, Any]


def read_results(folder: Path) -> Results:
    """What has been measured so far; nothing at first."""
    path = folder / FILE
    found: Results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def write_results(folder: Path, lab: Laboratory, parts: Mapping[str, Part | str], *, is_quick: bool) -> None:
    """Add parts to what is there; figures of other amounts or other weights are forgotten."""
    about = about_of(lab) | {"quick": is_quick}
    results = read_results(folder)
    if any(results.get(key) != about[key] for key in ("quick", "amounts", "weights")):
        results = {}
    figures = {
        name: {"skipped": part} if isinstance(part, str) else dict(part.figures)
        for name, part in parts.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / (FILE + ".partial")
    whole = results | about | figures
    partial.write_text(json.dumps(whole, indent=1, ensure_ascii=False), encoding="utf-8")
    os.replace(partial, folder / FILE)


def about_of(lab: Laboratory) -> Results:
    """Machine, amounts, data and plans, as JSON gives them back."""
    shown = lab.shown
    traits = {sample.subject: sample for sample in shown.samples}
    about = {
        "machine": machine(),
        "amounts": asdict(lab.amounts),
        "weights": lab.material.weights.sha256,
        "way": {"steps": lab.place.way.num_steps, "px": lab.place.way.px},
        "unseen": list(UNSEEN),
        "plans": {preset: asdict(best_plan(preset, lab.amounts)) for preset in MODELS},
        "data": {
            "pictures": len(shown),
            "studio": sum(sample.group == "studio" for sample in shown.samples),
            "repertoire": sum(sample.group == "repertoire" for sample in shown.samples),
            "subjects": len(shown.subjects),
            "with a repertoire": len({s.subject for s in shown.samples if s.group == "repertoire"}),
            "never met by the generator": sum(sample.is_held_out for sample in traits.values()),
        },
    }
    found: Results = json.loads(json.dumps(about))
    return found


def machine() -> str:
    """In words: the processor, how much of it was used, and PyTorch."""
    lines = CPU_INFO.read_text(encoding="utf-8").splitlines() if CPU_INFO.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    threads = torch.get_num_threads()
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}, PyTorch {torch.__version__}"
