"""What screens, pages and cards say of a run alike: what it was measured on, what was kept, what it must beat."""

from collections.abc import Sequence
from typing import Protocol

from tunelet._choice import Choice
from tunelet._words import counted, interval, number
from tunelet.run._choices import Choices
from tunelet.run._data import DivisionRecord
from tunelet.run._evaluation import RivalRecord
from tunelet.run._run import Run
from tunelet.run._shaped import ShapedRival

_ENCODERS = {"lora": "the adapter", "full": "the trained encoder", "head": "the probe"}
_CHOICES = {
    "micro_batch_tokens": "pass",
    "targets": "LoRA targets",
    "layers_read": "layers read",
    "text_length": "text length",
}
_PROBE = "the frozen encoder with a head that is solved, a"


class _Measured(Protocol):
    """What says which texts it is measured on: the summary of a run or of several seeds, a comparison."""

    @property
    def evaluated_on(self) -> str: ...

    @property
    def folds(self) -> int: ...


def measured_on(summary: _Measured) -> str:
    """What kind of texts the figures are of: "test", "validation" or "cross-validated"."""
    split = summary.evaluated_on
    return "cross-validated" if split == "validation" and summary.folds > 1 else split


def choices_in_words(choices: Choices) -> dict[str, Choice[str]]:
    """What was chosen, by what screens and pages call it."""
    return {choice_label(name): choice for name, choice in choices.made.items()}


def choice_label(name: str) -> str:
    """What screens and pages call a choice, by its attribute."""
    return _CHOICES.get(name, name)


def chosen_on(run: Run) -> str:
    """The texts on which models, temperature and threshold were chosen, with their number."""
    kind = "cross-validated" if run.facts.folds > 1 else "validation"
    one = run.data.task.value == "multiclass"
    return counted(run.evaluation.temperature.n if one else run.shaped_evaluation.chosen_on, f"{kind} text")


def rivals_of(run: Run) -> dict[str, RivalRecord]:
    """The baselines beside a model of one label a text, by key of `evaluation.json`; none is the model itself."""
    return {key: rival for key, rival in run.evaluation.rivals.items() if _is_another(run, key)}


def any_rivals_of(run: Run) -> dict[str, RivalRecord | ShapedRival]:
    """The same whatever the shape of the labels."""
    return {key: rival for key, rival in run.any_evaluation.rivals.items() if _is_another(run, key)}


def _is_another(run: Run, key: str) -> bool:
    kept = run.any_evaluation.kept
    return bool(kept.blend) or key != kept.name


def kept_name(run: Run) -> str:
    """As the candidates are called: "adapter", "adapter + unlabelled" or "probe"; " + TF-IDF" where that is added."""
    kept = run.any_evaluation.kept
    return kept.name + (" + TF-IDF" if kept.blend else "")


def learner(run: Run) -> str:
    """What the linear models of a run are called."""
    return "ridge regression" if run.data.space.continuous else "logistic regression"


def soft_in_words(run: Run) -> str:
    """How near the probabilities are to soft labels, as a sentence; "" where labels are sure."""
    found = run.evaluation.shares
    if found is None:
        return ""
    others = "".join(f", that of the {name} {loss:.4f}" for name, loss in found.rivals.items())
    between = interval(found.log_loss_ci)
    return (
        f"Labels are soft: against their probabilities the log loss is {found.log_loss:.4f}"
        f"{f' (95 % interval {between})' if between else ''}{others}; {found.entropy:.4f} would be perfect. The other "
        "figures count a text as one of its likeliest label."
    )


def kept_in_words(run: Run) -> str:
    """Which of the candidates is the model, and why, as a clause."""
    from tunelet.evaluation import STUDENT

    kept, settings = run.any_evaluation.kept, run.recipe.evaluation
    what = f"the probe ({_PROBE} {learner(run)})" if kept.name == "probe" else _ENCODERS[run.recipe.adapter.method]
    if kept.name == STUDENT:
        what += ", trained on the unlabelled texts, too"
    if kept.blend:
        own, other = (number(weight, ".3g") for weight in (kept.encoder_weight, kept.blend))
        what += f", {own} times its logits and {other} times those of TF-IDF"
    elif settings.baseline and settings.errors and kept.candidates:
        what += ", without TF-IDF, which would hardly help it"
    return f"{what}: {kept.reason}" if len(kept.candidates) > 1 else what


def candidates_in_words(run: Run) -> str:
    """What each of the candidates comes to; nothing where there was no choice."""
    candidates = run.evaluation.kept.candidates
    if len(candidates) < 2:
        return ""
    each = (f"{one.name} {one.accuracy:.4f} (log loss {one.log_loss:.4f})" for one in candidates)
    return f"{', '.join(each)}, on {chosen_on(run)}"


def split_in_words(split: DivisionRecord) -> str:
    """A clause on what decided which texts are on which side; "" where it was chance alone."""
    by = {
        "source": "the data comes in parts",
        "column": f"column {split.column!r} names the parts" if split.column else "a column names the parts",
        "run": f"as in {split.run}" if split.run else "as in an earlier run",
        "time": f"the newest texts, from {split.since} on" if split.since else "the newest texts",
        "chance": "",
    }[split.by]
    if split.time_column and split.by == "time":
        by += f" (column {split.time_column!r})"
    groups = ""
    if split.group_column or split.groups:
        whose = f" of {split.group_column!r}" if split.group_column else ""
        groups = f"none of the {counted(split.groups, 'group')}{whose} is on two sides"
    return "; ".join(filter(None, (by, groups)))


def dropped_in_words(rows: int, reason: str, numbers: Sequence[int], *, most: int = 5) -> str:
    """3 empty text (rows 4, 9, 12): how many rows were left out, why, and which, or the first `most` of them."""
    if not numbers:
        return f"{rows:,} {reason}"
    shown = numbers[:most]
    more = ", ..." if rows > len(shown) else ""
    return f"{rows:,} {reason} (row{'s' * (rows > 1)} {', '.join(f'{number:,}' for number in shown)}{more})"
