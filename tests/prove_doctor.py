"""The doctor on set-ups that are broken in every way that could be thought of: a claim of `make prove`."""

import sys
import tempfile
from pathlib import Path

from installation.doctor.machine import probe
from tests.broken_setups import ALL, bench, faults_of, is_named_rightly, tiny_weights

Figures = dict[str, float | int | str | bool]


def doctor() -> Figures:
    """Each broken set-up is named, with what to do, and nothing else is blamed; the healthy one is well."""
    probe.cache_clear()
    wrong = []
    with tempfile.TemporaryDirectory() as kept:
        weights = tiny_weights(Path(kept))
        with tempfile.TemporaryDirectory() as folder, bench(Path(folder), weights, probe) as healthy:
            num_faults = len(faults_of(healthy.examined()))
        for broken in ALL:
            with tempfile.TemporaryDirectory() as folder, bench(Path(folder), weights, probe) as made:
                broken.breaks(made)
                if not is_named_rightly(broken, made.examined()):
                    wrong.append(broken.breaks.__name__)
    return {
        "set_ups": len(ALL),
        "named_rightly": len(ALL) - len(wrong),
        "wrong": ", ".join(wrong),
        "faults_of_a_healthy_one": num_faults,
        "holds": not wrong and num_faults == 0 and len(ALL) >= 10,
    }


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}: {figure}\n" for name, figure in doctor().items())
