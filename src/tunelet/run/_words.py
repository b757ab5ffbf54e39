"""What screens, pages and cards say of a run alike: what it was measured on, what was kept, what it must beat."""

from collections.abc import Mapping
from typing import Any

from tunelet._words import counted, number
from tunelet.run._run import Run

_ENCODERS = {"lora": "the adapter", "full": "the trained encoder", "head": "the probe"}
PROBE = "the frozen encoder with a head that is solved, a logistic regression"


def measured_on(summary: Mapping[str, Any]) -> str:
    """What kind of texts the figures are of: "test", "validation" or "cross-validated"."""
    part = str(summary["evaluated_on"])
    return "cross-validated" if part == "validation" and summary["folds"] > 1 else part


def chosen_on(run: Run) -> str:
    """The texts on which models, temperature and threshold were chosen, with their number."""
    kind = "cross-validated" if run.summary["folds"] > 1 else "validation"
    return counted(run.evaluation["temperature"]["n"], f"{kind} text")


def rivals_of(run: Run) -> dict[str, dict[str, Any]]:
    """The baselines beside the model, by key of `evaluation.json`; none of them is the model itself."""
    own = () if run.evaluation["kept"]["blend"] else (run.evaluation["kept"]["name"],)
    found = {key: run.evaluation[key] for key in ("baseline", "probe") if key not in own}
    return {key: record for key, record in found.items() if record is not None}


def kept_name(run: Run) -> str:
    """As the candidates are called: "adapter", "adapter + unlabelled" or "probe"; " + TF-IDF" where that is added."""
    kept = run.evaluation["kept"]
    return str(kept["name"]) + (" + TF-IDF" if kept["blend"] else "")


def kept_in_words(run: Run) -> str:
    """Which of the candidates is the model, and why, as a clause."""
    from tunelet.evaluation import STUDENT

    kept, settings = run.evaluation["kept"], run.recipe.evaluation
    what = f"the probe ({PROBE})" if kept["name"] == "probe" else _ENCODERS[run.recipe.adapter.method]
    if kept["name"] == STUDENT:
        what += ", trained on the unlabelled texts, too"
    if kept["blend"]:
        own, other = (number(kept[name], ".3g") for name in ("encoder_weight", "blend"))
        what += f", {own} times its logits and {other} times those of TF-IDF"
    elif settings.baseline and settings.errors and kept["candidates"]:
        what += ", without TF-IDF, which would hardly help it"
    return f"{what}: {kept['reason']}" if len(kept["candidates"]) > 1 else what


def candidates_in_words(run: Run) -> str:
    """What each of the candidates comes to; nothing where there was no choice."""
    candidates = run.evaluation["kept"]["candidates"]
    if len(candidates) < 2:
        return ""
    each = (f"{one['name']} {one['accuracy']:.4f} (log loss {one['log_loss']:.4f})" for one in candidates)
    return f"{', '.join(each)}, on {chosen_on(run)}"
