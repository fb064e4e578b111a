"""The page docs/evaluation.md: what was asked, how it was measured, figures, and what they do not say."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from training.evaluation.transfer.amounts import UNSEEN
from training.evaluation.transfer.models import KINDS, UNASKED
from training.evaluation.transfer.paper_page import paper_page
from training.evaluation.transfer.plots import write_plots
from training.evaluation.transfer.scores import MAIN
from training.evaluation.transfer.tables import cell, interval, markdown, words, wrapped
from training.evaluation.transfer.trials import SEEN_TARGET

FOLDER: Final = "evaluation"
Results = Mapping[str, Any]
COMMAND: Final = "python -m training.evaluate CAST --latents STORE --state STATE --docs docs"


def write_pages(results: Results, figures: Path, docs: Path) -> list[Path]:
    """Both pages and what they show; → their files. Parts that were not measured are left out.

    Raises:
        SkippedError: matplotlib is missing.
    """
    folder = docs / FOLDER
    plots = write_plots(results, folder)
    for path in sorted(figures.glob("*")):
        shutil.copyfile(path, folder / path.name)
    pages = {"evaluation.md": evaluation_page(results, plots), "paper.md": paper_page(results, FOLDER)}
    for name, text in pages.items():
        (docs / name).write_text(text, encoding="utf-8")
    return [docs / name for name in pages]


def evaluation_page(results: Results, plots: Mapping[str, str]) -> str:
    """The whole page."""
    sections: dict[str, Callable[[Results, Mapping[str, str]], list[str]]] = {
        "models": models_section,
        "strangers": strangers_section,
        "chains": chains_section,
        "ways": ways_section,
        "subjects": subjects_section,
        "ablations": ablations_section,
        "readings": readings_section,
        "sheets": sheets_section,
    }
    lines = opening(results)
    for name, section in sections.items():
        part = results.get(name)
        if part is None:
            continue
        lines += ["", *(section(part, plots) if "skipped" not in part else [f"{name}: {part['skipped']}"])]
    return wrapped([*lines, "", *limits(results)])


def picture(file: str, words: str) -> str:
    return f"![{words}]({FOLDER}/{file})"


# --- how it was measured ------------------------------------------------------------------------------------


def opening(results: Results) -> list[str]:
    data, amounts = results["data"], results["amounts"]
    paper, residual = (results["plans"][preset] for preset in ("paper", "residual"))
    added = [f"{name} {value:g}" for name, value in residual["additions"].items() if value]
    shares = " and ".join(["pairs", *added]) if added else "pairs alone"
    quick = ["", "**A small share of everything (`--quick`): figures to try the command, not to quote.**"]
    return [
        "# The pseudo-autoencoder: what A(w, u) does to a face",
        "",
        "This page and everything in it is written by one command, from one file of",
        "figures (`STATE/results.json`):",
        "```",
        COMMAND,
        "```",
        f"Measured on {results['machine']}.",
        *(quick if results["quick"] else []),
        "",
        "## What was asked",
        "Somebody shows S; A is told which action units change, u = a_T − a_S, and",
        "says where in the latent space",
        "the same person shows T. Is it still this person? Does the face show T? Did anything else change?",
        "",
        "## How it was measured",
        f"- **Data.** {data['pictures']:,} pictures of {data['subjects']} rendered",
        f"  subjects: {data['studio']:,} in",
        f"  22 categories, and {data['repertoire']:,} of {data['with a repertoire']}",
        "  subjects in single units, gazes,",
        "  turns, ages and lights. Sources and targets are *projected* pictures (encoder and",
        f"  {results['way']['steps']} steps at {results['way']['px']}²), never the generator's own factors.",
        f"- **Who is judged.** {amounts['folds']} folds of subjects ×",
        f"  {amounts['seeds']} seeds; no model has met whom",
        "  it is judged on. Three compounds are taught to nobody:",
        f"  {', '.join(map(words, results['unseen']))}.",
        f"- **Budget.** {paper['epochs']} epochs of {paper['pairs_per_epoch']:,}",
        f"  pairs, batches of {paper['batch']},",
        f"  Adam at {paper['lr']:g}, halved every {paper['halve_every']} epochs: the",
        "  most that either gets. `paper` sets out from a copy, A(w, u) = w; `residual` from",
        f"  least squares, takes a third of the epochs, and learns from {shares}.",
        "- **Pictures.** Every ŵ_T is drawn by the generator and read from the picture at 256².",
        "- **Identity.** Likeness of the drawn picture to the subject's *rendered*",
        "  T, by our identity reader and by",
        "  dlib's network; 0 is the likeness of different people who show the same,",
        "  1 that of one subject's rendered",
        "  S and T. The mean of both readers, clipped to [0, 1] after averaging.",
        "- **Expression.** ICC(3,1) of 16 units as the AU reader sees them with",
        "  those that were asked, in shares of",
        "  what it gives on the projected true targets; clipped likewise. F1 counts a unit from 0.3.",
        "- **Both.** Harmonic mean, 2 · identity · expression / (identity +",
        "  expression): a copy has the one, somebody",
        "  else's smile the other, and neither helps alone. Brackets: 95 % over resampled subjects.",
    ]


# --- sections -----------------------------------------------------------------------------------------------


def models_section(part: Results, plots: Mapping[str, str]) -> list[str]:
    lines = ["## Models", picture(plots["models"], "identity, expression and both, by model")]
    for kind in KINDS:
        lines += ["", f"Categories {kind}, {part['pairs'][kind]} pairs of {part['subjects']} subjects:", ""]
        lines += score_table(
            {name: own.get(kind, {}) for name, own in part["models"].items()}, part["models"]
        )
    lines += [
        "",
        "`copy` moves nothing. `mean delta` adds the mean of w_T − w_S over taught",
        "subjects of the same two labels;",
        "for labels never taught, least squares on u. `true target` is the",
        "projection itself: what could be had.",
        "Error and drift are shares of ‖w_S − w_T‖: ‖ŵ_T − w_T‖, and ‖A(w, 0) − w‖.",
        "",
        "### What was not asked for",
        "Mean change from the source where only a category was asked for. Turns by",
        "the AU reader; age by a linear",
        "reading of w̄, learned from the other folds; skin and light by colour: L*",
        "of the face's oval, and how much",
        "lighter its right half is than its left. `true target` says how much the",
        "projections themselves wander.",
        "",
        *markdown(("", *UNASKED), [[name, *values] for name, values in part["unasked"].items()], 2),
        "",
        "### By who it is",
        "Taught categories; floors and ceilings are the group's own.",
        "",
    ]
    presets = ("paper", "residual")
    header = ("", "subjects", *(f"{preset}: {name}" for preset in presets for name in MAIN))
    rows = [
        [trait, own["subjects"], *(own[preset][name] for preset in presets for name in MAIN)]
        for trait, own in part["groups"].items()
    ]
    return [*lines, *markdown(header, rows, 2)]


def score_table(
    models: Mapping[str, Mapping[str, Any]], latent: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """A row a model."""
    witnesses = sorted({key for own in models.values() for key in own if key.startswith("identity, ")})
    header = (
        "", "both", "identity", *(key.removeprefix("identity, ") for key in witnesses),
        "expression", "ICC", "F1", "22 ways", "error", "drift",
    )  # fmt: skip
    rows = [
        [
            name,
            interval(own, "harmonic"),
            interval(own, "identity"),
            *(own.get(key) for key in witnesses),
            interval(own, "expression"),
            *(own.get(key) for key in ("icc", "f1", "category")),
            *(latent[name].get(key) for key in ("error", "drift")),
        ]
        for name, own in models.items()
        if own
    ]
    return markdown(header, rows, 2)


def strangers_section(part: Results, plots: Mapping[str, str]) -> list[str]:
    del plots
    lines = [
        "## Strangers",
        "People by number (ψ = 0.8, at rest), held-out pictures of the population",
        "through the encoder alone, and two",
        "photographs of people who do exist, refined. Identity is likeness to their",
        "own picture as they were given, and",
        "the floor other people of the same kind; ceilings are the studio's, so",
        "that figures above 1 are possible and",
        "mean: more alike than two real pictures of one subject. Models of one",
        "fold; `least squares` is w + u B.",
        "",
    ]
    keys = (
        "harmonic",
        "identity",
        "identity, identity reader",
        "identity, dlib",
        "expression",
        "icc",
        "f1",
        "category",
    )
    header = (
        "",
        "pictures",
        "both",
        "identity",
        "our reader",
        "dlib",
        "expression",
        "ICC",
        "F1",
        "22 ways",
    )
    rows = [
        [f"{kind}: {name}", found["pictures"], *(own.get(key) for key in keys)]
        for kind, found in part["kinds"].items()
        for name, own in found["models"].items()
    ]
    return [*lines, *markdown(header, rows, 2), *part["notes"]]


def chains_section(part: Results, plots: Mapping[str, str]) -> list[str]:
    header = ("", "latent", "identity", "units changed")
    keys = ("latent", "identity", "units changed")
    rows = [
        [f"{name}: {int(count):,} edits", *(own.get(key) for key in keys)]
        for name, by_count in part["ways"].items()
        for count, own in by_count.items()
    ]
    rows += [
        [f"{name}: u = 0, once", *(own.get(key) for key in keys)]
        for name, own in part["nothing asked"].items()
    ]
    return [
        "## Edits upon edits",
        f"{part['people']} held-out subjects, categories at random, each edit from",
        "where the last one led; back at rest",
        "when they are looked at. From the anchor, all u are added up and given to",
        "A with the first latent. `latent` is",
        "the distance from the first latent in shares of ‖w_S − w_T‖, `units",
        "changed` the mean change of 16 units.",
        "",
        picture(plots["chains"], "identity against the number of edits"),
        "",
        *markdown(header, rows, 3),
    ]


def ways_section(part: Results, plots: Mapping[str, str]) -> list[str]:
    keys = ("bend", "length", "units travelled", "least expression")
    rows = [
        [f"{model}: {way}", *(own.get(key) for key in keys)]
        for model, by_way in part["models"].items()
        for way, own in by_way.items()
    ]
    return [
        "## From one expression to another",
        f"{part['errands']} ways between categories other than neutral,",
        f"{part['steps']} stations each. `bend` is the",
        "mean |second difference| of 16 units as read along α, in shares of the",
        "mean step: 0 is straight, 2 a single",
        "jump. `length` of the latent path against the beeline, `units travelled`",
        "Σ|ΔAU| as read, `least expression`",
        "the least Σ AU on the way against the less expressive end.",
        "",
        *markdown(("", *keys), rows, 2),
        "",
        picture(plots["profile"], "what faces show on their way"),
        "",
        picture("ways.jpg", "one way, frame by frame"),
        "",
        f"[The residual model's two ways as a film]({FOLDER}/ways.mp4): directly at",
        "the left, by way of neutral at the",
        "right.",
    ]


def subjects_section(part: Results, plots: Mapping[str, str]) -> list[str]:
    presets = list(part["models"])
    rows = [
        [count, *(part["models"][preset][count][SEEN_TARGET].get(key) for preset in presets for key in MAIN)]
        for count in part["models"][presets[0]]
    ]
    header = ("subjects", *(f"{preset}: {key}" for preset in presets for key in MAIN))
    return [
        "## Number of subjects",
        "One fold, one seed, the same budget. The paper explains the loss of identity by its 230 subjects.",
        "",
        picture(plots["subjects"], "identity and both against the number of subjects"),
        "",
        *markdown(header, rows, 2),
    ]


def ablations_section(part: Results, plots: Mapping[str, str]) -> list[str]:
    del plots
    lines = [
        "## What helps",
        "One fold, one seed, the budget of the comparison; each addition alone.",
        "`interrupted`: ways that begin and end",
        "half-way; `transplanted`: the same move by somebody of random z; `cycle`",
        "and `composition`: terms of the loss.",
    ]
    return [*lines, *_by_kind(part["models"], part.get("pairs", {}))]


def _by_kind(models: Mapping[str, Any], pairs: Mapping[str, int]) -> Iterable[str]:
    for kind in KINDS:
        yield from ("", f"Categories {kind}{f', {pairs[kind]} pairs' if kind in pairs else ''}:", "")
        yield from score_table({name: own[kind] for name, own in models.items()}, models)


def readings_section(part: Results, plots: Mapping[str, str]) -> list[str]:
    del plots
    models = part["models"]
    own = {f"{name} ({figures['pairs']:,} pairs)": figures for name, figures in models.items()}
    return [
        "## How the published text can be read",
        'The rate, "10e-3", is 1e-2 or 1e-3; where training sets out is not said,',
        "nor whether one map serves all rows",
        "of the latent. 150 epochs, on one fold's studio subjects, all 22 categories: the likeliest reading",
        "over all ordered pairs, as the text has it, the others over as many of them as is said.",
        "",
        *score_table({name: figures[SEEN_TARGET] for name, figures in own.items()}, own),
    ]


def sheets_section(part: Results, plots: Mapping[str, str]) -> list[str]:
    del plots
    lines = [
        "## To look at",
        "People whom neither the generator nor the models that move them have met.",
        "The last two gestures were taught",
        "to nobody.",
    ]
    people: Sequence[Sequence[str]] = part["people"]
    for number, traits in enumerate(people, start=1):
        lines += ["", picture(f"people_{number}.jpg", f"person {number}: {', '.join(traits)}")]
    return lines


def limits(results: Results) -> list[str]:
    data = results["data"]
    met = data["subjects"] - data["never met by the generator"]
    return [
        "## What the figures do not say",
        f"- The generator has seen {met} of the {data['subjects']} subjects, though",
        "  the models had not: their latents",
        "  are easier to find than a stranger's.",
        "- The AU reader is ours, taught on renderings of the same renderer; the",
        "  identity reader likewise. dlib's network",
        "  is the only outsider, and it was taught on photographs.",
        "- The latents are projections of rendered people by a generator of the",
        "  same kind of people. Photographs are two.",
        "- Expression counts 16 of 43 units, intensities as the reader sees them;",
        "  units that it reads badly count less",
        "  for everybody, since figures are shares of its own ceiling.",
        f"- {cell(len(UNSEEN))} categories never taught are compounds whose units",
        "  were taught in other company: no unit",
        "  is new.",
    ]
