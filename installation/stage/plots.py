"""The plot of a rehearsal: above, when which mood is there; below, how often each gesture comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.transforms import Transform
from numpy.typing import NDArray

from installation.ports import Image

Numbers = NDArray[np.float64]
Times = tuple[tuple[datetime, datetime], ...]  # from an instant until another

WIDTH_IN: Final = 12.0
DPI: Final = 150
MARGIN_IN: Final = 0.3
ROW_IN: Final = 0.34  # of a mood
BAR_IN: Final = 0.24  # of a gesture
HEAD_IN: Final = 1.3
GAP_IN: Final = 0.95
FOOT_IN: Final = 0.35
LEFT_IN: Final = 2.2  # the names
PLOT_IN: Final = 9.0
BAND: Final = 0.68  # of a row
# Years, months, days, hours, minutes, seconds; and the first of each, told as what begins with it.
FORMS: Final = ["%Y", "%b", "%a %d", "%H:%M", "%H:%M", "%H:%M:%S"]
FORMS_AT_0: Final = ["", "%Y", "%a %d %b", "%a %d %b", "%H:%M", "%H:%M"]
MAX_ROWS: Final = 60
MAX_LETTERS: Final = 26  # of a name
LETTER_IN: Final = 0.065  # of a cue's label, about

INK: Final = "#22252a"
GREY: Final = "#80858e"
CLOSED: Final = "#eff0f1"
BARS: Final = "#5d6470"
# Okabe and Ito's colours, which the colour-blind tell apart, without black and yellow.
COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")


@dataclass(frozen=True, slots=True)
class Programme:
    """What is drawn, with instants as the clock on the wall shows them."""

    title: str
    subtitle: str
    start: datetime
    end: datetime
    closed: Times
    moods: Mapping[str, Times]
    cues: tuple[tuple[datetime, str], ...]
    gestures: Mapping[str, int]  # → how often it comes


def drawn(programme: Programme) -> Image:
    """The picture, as wide as WIDTH_IN at DPI and as high as it takes."""
    moods, gestures = list(programme.moods)[:MAX_ROWS], _most_played(programme)
    moods_in, gestures_in = ROW_IN * len(moods), BAR_IN * len(gestures)
    height_in = HEAD_IN + moods_in + GAP_IN + gestures_in + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)

    def write(x_in: float, y_in: float, text: str, size: float = 9, color: str = GREY) -> None:
        figure.text(x_in / WIDTH_IN, 1 - y_in / height_in, text, size=size, color=color, va="center")

    def axes(top_in: float, high_in: float) -> Axes:
        bottom = 1 - (top_in + high_in) / height_in
        return figure.add_axes(
            (LEFT_IN / WIDTH_IN, bottom, PLOT_IN / WIDTH_IN, high_in / height_in), frameon=False
        )

    write(MARGIN_IN, 0.36, programme.title, 16, INK)
    write(MARGIN_IN, 0.66, programme.subtitle)
    _timeline(axes(HEAD_IN, moods_in), programme, moods)
    _histogram(axes(HEAD_IN + moods_in + GAP_IN, gestures_in), gestures)
    write(LEFT_IN, HEAD_IN + moods_in + GAP_IN - 0.17, "times played")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), np.uint8)[..., :3].copy()


def _timeline(axes: Axes, programme: Programme, moods: Sequence[str]) -> None:
    """A band per mood, the paler the smaller its share of what falls on a pixel."""
    start, end = _days(programme.start, programme.end)
    edges = np.linspace(start, end, round(PLOT_IN * DPI) + 1)
    open_share = float(np.mean(1 - _shares(programme.closed, edges)))
    for row, name in enumerate(moods):
        shares = _shares(programme.moods[name], edges)
        pixels = np.empty((1, len(shares), 4))
        pixels[..., :3] = to_rgb(COLOURS[row % len(COLOURS)])
        pixels[..., 3] = shares
        extent = (start, end, row + BAND / 2, row - BAND / 2)
        axes.imshow(pixels, extent=extent, aspect="auto", interpolation="nearest", zorder=2)
        _tell(axes, 1.01, row, _percent(float(np.mean(shares)), open_share), axes.get_yaxis_transform())
    for first, last in programme.closed:
        axes.axvspan(*_days(first, last), color=CLOSED, linewidth=0, zorder=0)
    _cues(axes, programme)
    axes.set_xlim(start, end)
    locator = AutoDateLocator(tz=programme.start.tzinfo, minticks=4, maxticks=13)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        ConciseDateFormatter(
            locator, programme.start.tzinfo, FORMS, zero_formats=FORMS_AT_0, show_offset=False
        )
    )
    axes.tick_params(axis="x", length=3, color=GREY, labelsize=9, labelcolor=INK)
    _name_rows(axes, moods)


def _cues(axes: Axes, programme: Programme) -> None:
    """A tick for each, and what it does where there is room for it, in two lines."""
    start, end = _days(programme.start, programme.end)
    free = [start, start]
    for at, told in programme.cues:
        (x,) = _days(at)
        axes.axvline(x, color=INK, linewidth=0.8, zorder=3)
        line = next((number for number, at_x in enumerate(free) if x >= at_x), None)
        if line is not None:
            text = _shortened(told)
            axes.annotate(
                text,
                (x, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 4 + 11 * line),
                textcoords="offset points",
                size=8,
                color=INK,
            )
            free[line] = x + (len(text) + 1) * LETTER_IN / PLOT_IN * (end - start)


def _histogram(axes: Axes, gestures: Mapping[str, int]) -> None:
    most = max(1, *gestures.values())
    axes.barh(range(len(gestures)), list(gestures.values()), height=0.62, color=BARS)
    for row, count in enumerate(gestures.values()):
        _tell(axes, count + most * 0.009, row, f"{count:,}" if count else "never", axes.transData)
    axes.set_xlim(0, most * 1.05)
    axes.set_xticks([])
    _name_rows(axes, list(gestures))


def _most_played(programme: Programme) -> dict[str, int]:
    gestures = sorted(programme.gestures.items(), key=lambda item: -item[1])
    return dict(gestures[:MAX_ROWS])


def _percent(part: float, whole: float) -> str:
    return f"{part / whole:.0%}".replace("%", " %") if part and whole else "never"


def _tell(axes: Axes, x: float, row: int, text: str, transform: Transform) -> None:
    axes.text(x, row, text, transform=transform, size=9, color=GREY, va="center_baseline")


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [_shortened(name) for name in names])
    axes.tick_params(axis="y", length=0, pad=8, labelsize=9, labelcolor=INK)


def _shortened(name: str) -> str:
    return name if len(name) <= MAX_LETTERS else f"{name[: MAX_LETTERS - 1]}…"


def _days(*instants: datetime) -> list[float]:
    """Since 1970, as matplotlib counts time."""
    return [float(date2num(instant)) for instant in instants]


def _shares(times: Times, edges: Numbers) -> Numbers:
    """Of each column between two of `edges` [N + 1], the share [N] that falls into the times."""
    covered = np.zeros(len(edges))
    for first, last in times:
        start, end = _days(first, last)
        covered += np.minimum(np.maximum(edges, start), end) - start
    return np.clip(np.diff(covered) / np.diff(edges), 0, 1)
