"""Plots of the evaluation, from its figures alone."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from training.evaluation.faces import INSTALL
from training.evaluation.readers.categories import INK
from training.evaluation.report import SkippedError
from training.evaluation.transfer.models import KINDS
from training.evaluation.transfer.scores import MAIN
from training.evaluation.transfer.trials import SEEN_TARGET
from training.evaluation.transfer.ways import BY_NEUTRAL, DIRECT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Final = {"paper": "#c8763c", "residual": "#2f6690"}
SHADES: Final = ("#9fb8cc", "#5f8bb0", INK)  # identity, expression, both
PALE: Final = "#c3ccd6"
DPI: Final = 120

Results = Mapping[str, Any]


def write_plots(results: Results, folder: Path) -> dict[str, str]:
    """Plot → file name in the folder, for the parts that have been measured.

    Raises:
        SkippedError: matplotlib is missing.
    """
    if find_spec("matplotlib") is None:
        raise SkippedError(f"matplotlib is missing: {INSTALL}")
    makers: dict[str, tuple[str, Callable[[Results], Figure]]] = {
        "models": ("models", plot_models),
        "subjects": ("subjects", plot_subjects),
        "chains": ("chains", plot_chains),
        "profile": ("ways", plot_profile),
    }
    found = {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, (part, make) in makers.items():
        if part in results and "skipped" not in results[part]:
            make(results[part]).savefig(folder / f"{name}.png", dpi=DPI)
            found[name] = f"{name}.png"
    plot_network().savefig(folder / "network.png", dpi=DPI)
    return found | {"network": "network.png"}


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="tight")


def _calm(axis: "Axes") -> None:
    """Fewer lines, so that figures are seen."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(PALE)
    axis.tick_params(colors=INK, length=0)
    axis.grid(axis="y", color="#e3e8ee", linewidth=0.6)
    axis.set_axisbelow(True)


def plot_models(part: Results) -> "Figure":
    """Identity, expression and both, with 95 % intervals; categories that were taught, and others."""
    figure = _figure(11, 3.8)
    axes = figure.subplots(1, len(KINDS), sharey=True)
    for axis, kind in zip(axes, KINDS, strict=True):
        _calm(axis)
        names = list(part["models"])
        for index, name in enumerate(names):
            own = part["models"][name].get(kind, {})
            for offset, figure_name in enumerate(MAIN):
                value = own.get(figure_name)
                if value is None:
                    continue
                interval = own.get("interval", {}).get(figure_name, (value, value))
                low, high = (value if bound is None else bound for bound in interval)
                error = [[max(0.0, value - low)], [max(0.0, high - value)]]
                axis.bar(index + 0.26 * (offset - 1), value, 0.24, color=SHADES[offset])
                axis.errorbar(
                    index + 0.26 * (offset - 1), value, error, color=PALE, linewidth=1, linestyle="none"
                )
        axis.set_xticks(range(len(names)), names, color=INK)
        axis.set_ylim(0, 1.02)
        axis.set_title(f"categories {kind}", color=INK, fontsize=11)
    _legend(axes[0], dict(zip(MAIN, SHADES, strict=True)))
    return figure


def _legend(axis: "Axes", colours: Mapping[str, str]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=colour, label=name) for name, colour in colours.items()]
    axis.legend(handles=patches, frameon=False, labelcolor=INK, fontsize=9)


def plot_subjects(part: Results) -> "Figure":
    """Identity and the harmonic mean against the number of subjects taught."""
    figure = _figure(9, 3.4)
    axes = figure.subplots(1, 2, sharey=True)
    for axis, name in zip(axes, ("identity", "harmonic"), strict=True):
        _calm(axis)
        for preset, by_number in part["models"].items():
            counts = [int(count) for count in by_number]
            values = [own[SEEN_TARGET][name] for own in by_number.values()]
            axis.plot(counts, values, "o-", color=COLOURS[preset], markersize=4, label=preset)
        axis.set_title(name, color=INK, fontsize=11)
        axis.set_xlabel("subjects taught", color=INK)
        axis.set_ylim(0, 1.02)
    axes[0].legend(frameon=False, labelcolor=INK, fontsize=9)
    return figure


def plot_chains(part: Results) -> "Figure":
    """Identity to the first picture against the number of edits."""
    figure = _figure(6, 3.4)
    axis = figure.subplots()
    _calm(axis)
    styles = zip(part["ways"].items(), ("-", "-", "--"), strict=True)
    for (name, by_count), style in styles:
        counts = [int(count) for count in by_count]
        values = [own["identity"] for own in by_count.values()]
        colour = COLOURS[name.partition(",")[0]]
        axis.plot(counts, values, "o" + style, color=colour, markersize=4, label=name)
    axis.set_xscale("log")
    axis.set_ylim(-0.02, 1.04)
    axis.set_xlabel("edits", color=INK)
    axis.set_ylabel("identity", color=INK)
    axis.legend(frameon=False, labelcolor=INK, fontsize=9)
    return figure


def plot_profile(part: Results) -> "Figure":
    """What faces show on their way, in shares of the mean of both ends."""
    figure = _figure(6, 3.4)
    axis = figure.subplots()
    _calm(axis)
    for preset, colour in COLOURS.items():
        for way, style in ((DIRECT, "-"), (BY_NEUTRAL, "--")):
            profile: Sequence[float] = part["models"][preset][way]["profile"]
            shares = [index / (len(profile) - 1) for index in range(len(profile))]
            axis.plot(shares, profile, style, color=colour, label=f"{preset}, {way}")
    axis.set_ylim(0, None)
    axis.set_xlabel("share of the way", color=INK)
    axis.set_ylabel("Σ units read, ends = 1", color=INK)
    axis.legend(frameon=False, labelcolor=INK, fontsize=9)
    return figure


# --- the network --------------------------------------------------------------------------------------------

BOXES: Final = (
    ("w_S\n512", 0.0, PALE),
    ("512\nReLU", 1.3, "#9fb8cc"),
    ("512\nReLU", 2.6, "#9fb8cc"),
    ("code 512\n+ 5 × u", 3.9, "#e6c3a5"),
    ("512\nReLU", 5.2, "#9fb8cc"),
    ("512", 6.5, "#9fb8cc"),
    ("ŵ_T\n512", 7.8, PALE),
)


def plot_network() -> "Figure":
    """The published network as it was described."""
    from matplotlib.patches import FancyBboxPatch

    figure = _figure(10, 2.4)
    axis = figure.subplots()
    for text, x, colour in BOXES:
        box = FancyBboxPatch((x, 0), 0.9, 0.9, boxstyle="round,pad=0.04", facecolor=colour, edgecolor="none")
        axis.add_patch(box)
        axis.text(x + 0.45, 0.45, text, ha="center", va="center", color=INK, fontsize=10)
    arrow = {"arrowstyle": "->", "color": INK, "linewidth": 0.8}
    for (_, x, _), (_, following, _) in pairwise(BOXES):
        axis.annotate("", (following - 0.05, 0.45), (x + 0.95, 0.45), arrowprops=arrow)
    axis.text(4.35, -0.75, "u = a_T − a_S, 43", ha="center", va="center", color=INK, fontsize=10)
    axis.annotate("", (4.35, -0.08), (4.35, -0.62), arrowprops=arrow)
    for text, x in (("encoder", 2.4), ("decoder", 6.3)):
        axis.text(x, 1.2, text, ha="center", va="center", color=INK, fontsize=10)
    axis.set_xlim(-0.2, 8.9)
    axis.set_ylim(-1.0, 1.45)
    axis.set_aspect("equal")
    axis.axis("off")
    return figure
