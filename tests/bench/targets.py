"""What was to be reached, and whether it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A sentence, what was found, and whether it holds; None: not measured here."""

    text: str
    found: str = "not measured"
    holds: bool | None = None


def checked(cases: Mapping[str, Figures]) -> list[Target]:
    """All of them, on whatever has been measured."""
    machine = cases.get("machine")
    if machine is None:
        return []
    has_amx = "amx_bf16" in machine["instructions"].split()
    peak = best_peak(machine, int(machine["cores"]), "bfloat16")
    return [
        _ratio(cases, "512-16384-512", 8 if has_amx else 5),
        _ratio(cases, "1024-32768-512", 10 if has_amx else 5),
        *_shown(cases, 90 if peak >= 1500 else 50),
        *_one_core(cases),
        _first_frame(cases),
    ]


def best_peak(machine: Figures, num_threads: int, dtype: str) -> float:
    return float(machine["peaks"][str(num_threads)][dtype])


def _ratio(cases: Mapping[str, Figures], config: str, wanted: float) -> Target:
    text = f"{config}: ≥ {wanted} × as fast as what was published, both with all cores"
    case = cases.get(f"frames-{config}")
    if case is None:
        return Target(text)
    best = max(_of_all_cores(case["players"]).values(), key=lambda row: row["ratio"]["median"])
    found = best["ratio"]["median"]
    return Target(text, f"{found:.1f} × ({best['name']})", found >= wanted)


def _of_all_cores(players: Mapping[str, Figures]) -> dict[str, Figures]:
    most = max(row["num_threads"] for row in players.values())
    return {key: row for key, row in players.items() if row["num_threads"] == most}


def _shown(cases: Mapping[str, Figures], wanted: float) -> list[Target]:
    """Latent to shown frame at 512², unpaced; a show itself leaves a core free."""
    speed = f"the portrait at 512², unpaced, latent to shown: ≥ {wanted:g} frames/s"
    even = "the same: p99 ≤ 1.5 × the frame time"
    exact = "the same, forced to float32: ≥ 30 frames/s"
    if "show" not in cases:
        return [Target(speed), Target(even), Target(exact)]
    ((name, players),) = _portraits_at_512(cases)
    fewest = min(int(key.rsplit(", ", 1)[1]) for key in players)
    key, best = _fastest(players)
    usual, shown = _fastest({key: row for key, row in players.items() if key.endswith(f", {fewest}")})
    exact_key, exact_row = _fastest({key: row for key, row in players.items() if "float32" in key})
    tail = best["shown"]["p99"] / best["shown"]["median"]
    found = f"{_fps(best):.0f} ({_threads(key)}); as shows draw {_fps(shown):.0f} ({_threads(usual)}); {name}"
    return [
        Target(speed, found, _fps(best) >= wanted),
        Target(even, f"{tail:.2f} × ({_threads(key)})", tail <= 1.5),
        Target(exact, f"{_fps(exact_row):.0f} ({_threads(exact_key)})", _fps(exact_row) >= 30),
    ]


def _portraits_at_512(cases: Mapping[str, Figures]) -> list[tuple[str, Figures]]:
    return [(name, row) for name, row in cases["show"]["unpaced"].items() if name.startswith("512²")]


def _fastest(players: Mapping[str, Figures]) -> tuple[str, Figures]:
    return min(players.items(), key=lambda item: item[1]["shown"]["median"])


def _threads(key: str) -> str:
    name, number = key.rsplit(", ", 1)
    return f"{name}, {'one thread' if number == '1' else f'{number} threads'}"


def _fps(row: Figures) -> float:
    return float(1e3 / row["shown"]["median"])


def _one_core(cases: Mapping[str, Figures]) -> list[Target]:
    """A frame in a hundred may be late there: everything else runs on that core, too."""
    if "one_core" not in cases:
        return [Target("one core alone: 30 frames/s are held")]
    return [
        Target(
            f"one core alone, {config}: 30 frames/s are held",
            f"{row['late']:.1%} late, mostly at {max(row['sides'], key=row['sides'].__getitem__)}²",
            row["late"] < 0.01,
        )
        for config, row in cases["one_core"]["configs"].items()
    ]


def _first_frame(cases: Mapping[str, Figures]) -> Target:
    text = "the first frame: ≤ 8 s after start, caches warm"
    case = cases.get("start_up")
    if case is None:
        return Target(text)
    seconds = case["warm"]["median"]
    return Target(text, f"{seconds:.1f} s, the whole command to its end", seconds <= 8)
