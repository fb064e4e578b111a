"""The measurements as a page: docs/performance.md."""

from collections.abc import Iterable, Mapping, Sequence

from tests.bench.targets import Figures, best_peak, checked

INTRODUCTION = """\
# Performance

Written by `make bench`. Processors differ fivefold: compare the ratios, and the shares of what the machine
was seen to compute at best, not the milliseconds."""

READING = """\
## How to read it
- *× as published* is what this project's way of drawing gains over the published one on the same machine at
  the same time: activations are scaled in the place of weights, so that these stay as they are from frame to
  frame; one pass takes the place of several; the graph is compiled; and bfloat16 is used where the processor
  has it. It grows with the share of work that is not convolution, so with the resolution.
- *Of peak* says how much there is left to gain at all: the rest is filters, activations and the sum of RGB,
  which wait for memory and not for arithmetic.
- A show takes one core less than there are: see the rows with fewer threads for what it will do."""

METHODS = """\
## How it is measured
- A frame is a latent `ws` to a picture of 8 bits on the host. Times are medians of one run, p10–p90 in
  brackets. Threads: all cores, and one core less, which a show leaves to the rest of the system.
- Everybody draws in turn, round by round, in one process, so that a slow moment meets all of them. In its
  turn a player draws twice and the second time counts, but where a frame takes over 0.3 s. A ratio is the
  median of the rounds' own ratios, between players with as many threads.
- *As published* is StyleGAN2 as its papers and the plain PyTorch path of their implementation have it,
  written anew in `tests/literal_stylegan2.py` and tested to draw the same pictures: weights modulated for
  every frame, zeros put between pixels, whole filters, each step a pass of its own. *Plain modules* are
  `models/stylegan2.py`, called where nothing is prepared.
- GMAC are the multiply-adds of our own frame in 10⁹, by a formula that a test compares with a count of the
  operations; a frame as published takes more, and its GFLOP/s are reckoned with ours. The peak is the best
  that a large convolution or product of matrices reached here, in PyTorch or OpenVINO, with as many threads.
- PSNR: the lower of two people, against the plain modules' float32, both in 8 bits. Random weights are
  scaled so that their pictures stay within what eight bits hold.
- Memory is the largest resident set of a process that does nothing but read the weights, make this one
  player, and draw; what the libraries take is in it.
- Start-up is the whole command `run --headless --seconds 0.1`, from starting the interpreter to its exit.
  Cold: the program's own cache is empty; the system's cache of files is warm in both.
- *Shown* is drawn into a window by SDL's software renderer. A graphics card is faster; a monitor's refresh
  may hold a frame back.

## What was not measured
- No GPU was at hand: the CUDA path is written from PyTorch's documentation and has never been run.
- No monitor: neither vertical refresh nor a graphics driver is in these numbers."""


def page(cases: Mapping[str, Figures]) -> str:
    """Everything that has been measured; what has not is not mentioned, but for the targets."""
    parts = [INTRODUCTION]
    if "machine" in cases:
        parts += ["## The machine", _machine(cases["machine"]), "## Targets", _targets(cases)]
    frames = {name: case for name, case in cases.items() if name.startswith("frames-")}
    if frames:
        parts.append("## A frame")
        parts += [_frames(name, case, cases.get("machine")) for name, case in frames.items()]
    if "show" in cases:
        parts += ["## The show", _show(cases["show"])]
    if "one_core" in cases:
        parts += ["## One core", _one_core(cases["one_core"])]
    if "start_up" in cases:
        parts += ["## Start-up", _start_up(cases["start_up"])]
    parts += [READING, METHODS, "## Whether the machine was idle", _idle(cases)]
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _spread(spread: Mapping[str, float], digits: int = 1) -> str:
    low, high = (f"{spread[key]:.{digits}f}" for key in ("p10", "p90"))
    return f"{spread['median']:.{digits}f} ({low}–{high})"


def _machine(machine: Figures) -> str:
    hidden = ("peaks", "others", "seconds")
    rows = [[name, str(value)] for name, value in machine.items() if name not in hidden]
    for threads, found in machine["peaks"].items():
        peaks = ", ".join(f"{gflops:.0f} in {dtype}" for dtype, gflops in found.items())
        rows.append([f"peak, {threads} thread{'s' * (threads != '1')}", f"{peaks} (GFLOP/s)"])
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)])


def _targets(cases: Mapping[str, Figures]) -> str:
    verdict = {True: "holds", False: "**does not hold**", None: "–"}
    rows = [[target.text, target.found, verdict[target.holds]] for target in checked(cases)]
    return table(["target", "found", ""], rows)


def _frames(name: str, case: Figures, machine: Figures | None) -> str:
    arch = case["architecture"]
    widths = f"{arch['channel_base']}/{arch['channel_max']}"
    whose = "the shipped portrait" if name.endswith("portrait") else "random weights"
    title = f"### {arch['resolution']}², {widths}: {whose}, {case['gmac']:.2f} GMAC"
    head = [
        "player",
        "threads",
        "ms",
        "frames/s",
        "× as published",
        "GFLOP/s",
        "of peak",
        "PSNR, dB",
        "memory, MB",
    ]
    return f"{title}\n\n" + table(head, [_player(row, machine) for row in case["players"].values()])


def _player(row: Figures, machine: Figures | None) -> list[str]:
    dtype = row["name"].split(", ")[-1]
    share = "–"
    if machine is not None:
        share = f"{row['gflops'] / best_peak(machine, row['num_threads'], dtype):.0%}"
    return [
        row["name"],
        str(row["num_threads"]),
        _spread(row["ms"]),
        f"{1e3 / row['ms']['median']:.1f}",
        _spread(row["ratio"]),
        f"{row['gflops']:.0f}",
        share,
        "–" if row["psnr_db"] is None else f"{row['psnr_db']:.0f}",
        "–" if row["memory_mb"] is None else f"{row['memory_mb']:.0f}",
    ]


def _show(case: Figures) -> str:
    costs = table(["", "ms"], [[name, _spread(ms, 2)] for name, ms in case["ms"].items()])
    parts = [
        f"Window: {case['window']}.",
        costs,
        "Unpaced, one frame after the other, along a face's way to another:",
    ]
    head = ["portrait, player, threads", "drawn, ms", "shown, ms", "frames/s", "p99, ms", "p99 / median"]
    rows = [
        [
            f"{portrait}: {key}",
            _spread(row["drawn"]),
            _spread(row["shown"]),
            f"{1e3 / row['shown']['median']:.0f}",
            f"{row['shown']['p99']:.1f}",
            f"{row['shown']['p99'] / row['shown']['median']:.2f}",
        ]
        for portrait, players in case["unpaced"].items()
        for key, row in players.items()
    ]
    return "\n\n".join([*parts, table(head, rows)])


def _one_core(case: Figures) -> str:
    text = (
        f"A process that may use one core, drawing live at {case['fps']} frames/s and choosing the\n"
        "resolution: what it comes to, the late ones (over 1.5 periods) of the last two thirds of the time,\n"
        "and which share of all frames was drawn at which side."
    )
    head = ["portrait", "draws with", "frames/s", "late", "sides"]
    rows = [
        [
            config,
            row["told"].removeprefix("drawing with "),
            f"{row['fps']:.1f}",
            f"{row['late']:.1%}",
            ", ".join(f"{side}²: {share:.0%}" for side, share in row["sides"].items()),
        ]
        for config, row in case["configs"].items()
    ]
    return f"{text}\n\n" + table(head, rows)


def _start_up(case: Figures) -> str:
    return table(["caches", "s"], [[name, _spread(case[name])] for name in ("cold", "warm")])


def _idle(cases: Mapping[str, Figures]) -> str:
    rows = [[name, f"{case['others']:.0%}", f"{case['seconds']:.0f}"] for name, case in cases.items()]
    note = (
        "The share of all cores that other processes had while a case was measured. Above a few in a\n"
        "hundred, its ratios can be trusted more than its milliseconds, and neither much: threads that wait\n"
        "for each other wait for whatever keeps one of them."
    )
    return f"{note}\n\n" + table(["case", "others", "s"], rows)
