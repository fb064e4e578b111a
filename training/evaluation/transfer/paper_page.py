"""The page docs/paper.md: the published method and its claims, one by one, beside what was measured here."""

from collections.abc import Mapping
from typing import Any, Final

from training.evaluation.transfer.chains import ANCHORED
from training.evaluation.transfer.tables import cell, markdown, wrapped
from training.evaluation.transfer.trials import SEEN_TARGET
from training.evaluation.transfer.ways import BY_NEUTRAL, DIRECT

Results = Mapping[str, Any]
NOT_MEASURED: Final = "not measured"


def paper_page(results: Results, folder: str) -> str:
    """The whole page; `folder` holds the figures."""
    claims = [(claim, answer(results)) for claim, answer in CLAIMS]
    lines = [
        "# The paper, claim by claim",
        "Aranda, Goría, Sandalinas, Suffern, Negri: *Manipulación de Expresiones",
        "Faciales vía Espacio Latente de GAN*.",
        "",
        "We have a description of the paper, not its text or its pictures. What",
        "follows is checked against that",
        "description; figures 1 to 3 are made anew from our own data, and can only",
        "be compared with what was claimed of",
        "the originals. How everything was measured:",
        "[evaluation.md](evaluation.md). The same command writes both pages.",
        "",
        "## The method",
        "- People are latents w of a StyleGAN2; photographs of subjects in 22",
        "  categories (OSU's, 230 subjects) are",
        "  projected into its space. Here: rendered subjects, projected likewise.",
        "- A dynamic vector u = a_T − a_S, 43 numbers, says which action units change.",
        "- A pseudo-autoencoder A(w_S, u) = ŵ_T: an encoder of two layers of 512",
        "  units; u, copied five times and",
        "  concatenated to the code; a decoder of two layers of 512 units; as wide",
        "  at the end as at the beginning.",
        "- Trained on all ordered pairs (S, T), S ≠ T, of a subject by ‖w_T − ŵ_T‖:",
        "  150 epochs of Adam, the rate halved",
        "  every 10. Not given, and so read in several ways: the rate (“10e-3”),",
        "  where training sets out, how the network",
        "  is laid over the rows of ws.",
        "",
        "## The claims",
        *markdown(("claimed", "measured here"), claims),
        "",
        "## Figure 1: the network",
        f"![the network]({folder}/network.png)",
        "",
        "Claimed: that this suffices. The residual model beside it keeps encoder,",
        "code and decoder, and learns what u",
        "changes, ŵ = w + g(w, u) − g(w, 0), instead of the whole person.",
        "",
        "## Figure 2: an expression changed by u",
        f"![an expression changed by u]({folder}/people_1.jpg)",
        "",
        "Claimed: the same person with the expression that u asks for. Rows: the",
        "source, three ways to predict, and the",
        "target as it was projected and rendered. A subject whom neither model nor generator has met.",
        "",
        "## Figure 3: a transition, frame by frame",
        f"![a transition, frame by frame]({folder}/ways.jpg)",
        "",
        "Claimed: a direct transition, linear in the latent space, that never",
        "passes through neutral. Rows: each model",
        "directly, and around by way of neutral for comparison.",
    ]
    return wrapped(lines)


# --- what was measured of each claim ------------------------------------------------------------------------


def _measured(results: Results, *keys: str) -> Any:
    """A figure by its path; None where it was not measured."""
    found: Any = results
    for key in keys:
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return found


def _says(text: str, *values: Any) -> str:
    return NOT_MEASURED if None in values else text.format(*(cell(value) for value in values))


def on_transfer(results: Results) -> str:
    own = _measured(results, "models", "models", "paper", SEEN_TARGET) or {}
    better = _measured(results, "models", "models", "residual", SEEN_TARGET) or {}
    keys = ("identity", "expression", "harmonic")
    text = (
        "subjects never met: identity {}, expression {}, both {}; the residual "
        "model {}, {}, {} (1: as good as the"
        " projected truth can be read)"
    )
    return _says(text, *(own.get(key) for key in keys), *(better.get(key) for key in keys))


def on_copies(results: Results) -> str:
    name = "paper, u five times, from random weights"
    once = _measured(results, "ablations", "models", "paper, u once", SEEN_TARGET, "harmonic")
    five = _measured(results, "ablations", "models", name, SEEN_TARGET, "harmonic")
    return _says("both, one fold, from random weights: five copies {}, one {}", five, once)


def on_lines(results: Results) -> str:
    values = [
        _measured(results, "ways", "models", *path, "bend")
        for path in (("paper", DIRECT), ("residual", DIRECT), ("projections", "straight line"))
    ]
    text = (
        "second difference of the units read, in shares of a step: `paper` {}, "
        "`residual` {}, along the straight line"
        " between projections {} (0: straight)"
    )
    return _says(text, *values)


def on_neutral(results: Results) -> str:
    direct, around = (
        _measured(results, "ways", "models", "paper", way, "least expression") for way in (DIRECT, BY_NEUTRAL)
    )
    travelled = [
        _measured(results, "ways", "models", "paper", way, "units travelled") for way in (DIRECT, BY_NEUTRAL)
    ]
    text = (
        "least expression on the way {} directly, {} by way of neutral; units travelled {} and {} (`paper`)"
    )
    return _says(text, direct, around, *travelled)


def on_identity(results: Results) -> str:
    found = [
        _measured(results, "strangers", "kinds", "photographs", "models", name)
        for name in ("paper", "residual")
    ]
    values = [(own or {}).get(key) for own in found for key in ("identity", "expression")]
    return _says("photographs: identity {}, expression {}; `residual` {}, {}", *values)


def on_subjects(results: Results) -> str:
    by_preset = _measured(results, "subjects", "models") or {}
    parts = []
    for preset, by_number in by_preset.items():
        row = ", ".join(f"{num}: {cell(own[SEEN_TARGET]['identity'])}" for num, own in by_number.items())
        parts.append(f"identity of `{preset}` by subjects taught: {row}")
    return "; ".join(parts) or NOT_MEASURED


def on_chains(results: Results) -> str:
    ways = _measured(results, "chains", "ways") or {}
    last = {name: list(by_count.items())[-1] for name, by_count in ways.items()}
    parts = [
        f"`{name}` {cell(own['identity'])}" for name, (_, own) in last.items() if name in ("paper", ANCHORED)
    ]
    if not parts:
        return NOT_MEASURED
    return f"identity after {int(next(iter(last.values()))[0]):,} chained edits: {', '.join(parts)}"


def on_controls(results: Results) -> str:
    del results
    return "the residual model takes turn, gaze, age and light beside the units; `models/controls.py`"


CLAIMS: Final = (
    ("A(w, u) moves a face to the expression asked for", on_transfer),
    ("u has to be copied five times to be heard", on_copies),
    ("transitions are linear in the latent", on_lines),
    ("transitions are direct and never pass through neutral", on_neutral),
    ("faces outside the training set lose identity …", on_identity),
    ("… because there are only 230 subjects", on_subjects),
    ("(not claimed) edits can be chained", on_chains),
    ("future work: pose, gaze, age, light", on_controls),
)
