"""How the runs differ: model, settings, data, seeds."""

from collections.abc import Callable, Sequence

from tunelet.comparison import Comparison
from tunelet.recipe import difference
from tunelet.report._document import Section, Table, Text
from tunelet.run import Run, RunGroup, kept_name

_SEEDS = "training.seed"


def differs_section(comparison: Comparison) -> Section:
    """A row for each difference between the runs; model and trained parameters have a row in any case."""
    groups = comparison.groups
    runs = [group.runs[0] for group in groups]
    rows = [
        ("model", *(_model(run) for run in runs)),
        ("trained parameters", *(f"{run.facts.trainable_parameters:,}" for run in runs)),
    ]
    rows += _where_they_differ(groups, _DATA)
    keys = {key for run in runs[1:] for key in difference(runs[0].recipe, run.recipe)} - {"model.name", _SEEDS}
    rows += [(key, *(_setting(run, key) for run in runs)) for key in _in_their_order(runs[0], keys)]
    caption = "What differs; every setting that is not named here is the same in all"
    text = (
        "All were measured on the very same texts, each of them answered by a model that was trained without it."
        if comparison.record.folds and comparison.record.evaluated_on == "validation"
        else "All were measured on the very same texts, none of which any of them was trained on."
    )
    kinds = {model.kind for model in comparison.record.models}
    if "baseline" in kinds:
        text += " TF-IDF is that of words and characters with logistic regression."
    if "probe" in kinds:
        text += " The probe is logistic regression on the frozen encoder."
    if kinds > {"encoder"}:
        text += " Each model is compared with those that were fitted to its own training texts and encoder."
    table = Table(("", *comparison.names), tuple(rows), caption, words=1 + len(runs))
    return Section("What differs", (table, Text(text)))


def _model(run: Run) -> str:
    name = run.facts.model
    return f"{name} (random weights)" if run.facts.random_weights else name


def _unlabelled(run: Run) -> str:
    """The texts without labels that a student learnt from: how many, of which source, with which fingerprint."""
    texts = run.data.unlabelled
    return f"{texts.used.rows:,} of {texts.source} ({texts.sha256[:12]})" if texts else "none"


_DATA: dict[str, Callable[[RunGroup], str]] = {
    "recipe": lambda group: group.runs[0].recipe.name,
    "training data": lambda group: group.runs[0].data.source,
    "training texts": lambda group: f"{group.runs[0].data.parts['train'].rows:,}",
    "fingerprint of the training texts": lambda group: group.runs[0].data.parts["train"].sha256[:12],
    "texts without labels": lambda group: _unlabelled(group.runs[0]),
    "kept": lambda group: kept_name(group.runs[0]),
    "seeds": lambda group: ", ".join(str(run.recipe.training.seed) for run in group.runs),
}


def _where_they_differ(
    groups: Sequence[RunGroup], facts: dict[str, Callable[[RunGroup], str]]
) -> list[tuple[str, ...]]:
    rows = [(name, *(fact(group) for group in groups)) for name, fact in facts.items()]
    return [row for row in rows if len(set(row[1:])) > 1]


def _setting(run: Run, key: str) -> str:
    section, _, name = key.partition(".")
    value = getattr(getattr(run.recipe, section), name)
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


def _in_their_order(run: Run, keys: set[str]) -> list[str]:
    """Dotted keys of settings in the order in which a recipe file has them."""
    order = [f"{name}.{key}" for name, section in run.recipe for key in getattr(type(section), "model_fields", ())]
    return [key for key in order if key in keys]
