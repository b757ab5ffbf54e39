"""The model card of a run whose labels have another shape than one a text, and of its exports."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tunelet._words import counted, number
from tunelet.data import TaskName
from tunelet.evaluation import MultilabelMetrics, baseline_verdict, pair_verdict
from tunelet.report._card_parts import Results, code, inline, metadata, terms
from tunelet.report.run_page import cut_texts
from tunelet.run import Run, ShapedMetrics, Task, ValueSummary, any_rivals_of, kept_in_words, measured_on

_BY_TUNELET = """```python
import tunelet
from huggingface_hub import snapshot_download

classifier = tunelet.Classifier.load(snapshot_download("OWNER/NAME"))  # this repository, or the folder of the run
classifier.predict(["your text"])
```"""
_METRICS: Mapping[TaskName, Mapping[str, str]] = {  # ours -> the Hub's
    "multilabel": {"f1_macro": "f1", "f1_micro": "f1", "subset_accuracy": "accuracy"},
    "ordinal": {"mae": "mae", "accuracy": "accuracy"},
    "regression": {"mae": "mae", "pearson": "pearsonr"},
}


def shaped_card(
    run: Run,
    mark: str,
    *,
    name: str | None = None,
    use: str | None = None,
    task: Task | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The card: what it is, how good, how to use it. It names no folder and no text.

    Args:
        run: the run.
        mark: the line by which tunelet knows a card of its own; empty: none.
        name: of the model; None: that of the run's folder.
        use: Markdown on its use; None: by tunelet.
        task: the labels with their thresholds; None: the run's.
        notes: Markdown paragraphs on what the figures are of.
    """
    from huggingface_hub import ModelCard, ModelCardData

    shape, title = run.data.task.value, name or run.path.resolve().name
    exported = use is not None
    source = Path(run.data.source).name if exported else run.data.source  # others see no folder of this machine
    about = metadata(run, _results(run, shape), source, (shape,)) | {"model_name": title}
    if exported:  # it is whole, and no adapter
        about = {key: value for key, value in about.items() if key != "library_name"}
        about["tags"] = [tag for tag in about["tags"] if tag != "lora"]
    data = ModelCardData(**about)
    metrics = run.shaped.metrics
    rows = "\n".join(
        f"| {inline(words)} | {value:.4f} | {metrics.interval_or_why(key)} |"
        for key, words in metrics.words.items()
        if (value := metrics.value(key)) is not None
    )
    pairs = [rival.pair for rival in any_rivals_of(run).values()]
    said = [*(baseline_verdict(pair) or pair_verdict(pair) for pair in pairs), f"Kept is {kept_in_words(run)}."]
    beside = "\n\n".join([*map(inline, said), *notes])
    body = f"""{mark}

# {inline(title)}

{inline(run.facts.model)}, fine-tuned on {counted(run.data.parts["train"].rows, "text")} of {inline(source)} to
give each text {_given(run)}. Figures are of {counted(metrics.n, f"{measured_on(run.facts)} text")}.{_random(run)}

## Results

| metric | value | 95 % interval |
| --- | --- | --- |
{rows}

An interval holds the figure that endlessly many such texts would give, in 95 of 100 cases.

{beside}

## Use

{use or _BY_TUNELET}
{_answers(metrics, task or run.task, 1.0 if exported else run.facts.temperature)}{_interval(run)}
## Training

Recipe `{code(run.recipe.name)}`, seed {run.recipe.training.seed}; `recipe.toml` of the run holds every setting.
{cut_texts(run)}

## Limits

The figures hold for texts like those it was trained on. It repeats what its labels say, mistakes and prejudice
included.

## Licence

{terms(run)}
"""
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}"))


def _results(run: Run, shape: TaskName) -> Results:
    words = run.metrics.named()
    return {(ours, words[ours]): theirs for ours, theirs in _METRICS.get(shape, {}).items()}


def _random(run: Run) -> str:
    if not run.facts.random_weights:
        return ""
    return "\n\nThe encoder began with random weights: this model is for tests, not for use."


def _given(run: Run) -> str:
    names, numbers = len(run.label_names), run.data.parts["train"].numbers
    if numbers is not None:
        return f"a number; those trained on lie between {numbers.least:g} and {numbers.largest:g}"
    if run.data.task.value == "ordinal":
        first, *_, last = map(code, run.label_names)
        return f"one of {counted(names, 'rating')} in order, from `{first}` to `{last}`"
    return f"any number of {counted(names, 'label')}, or none of them"


def _answers(metrics: ShapedMetrics, task: Task, temperature: float) -> str:
    """From which probability on each of several labels is given, and how good it is at each.

    Args:
        metrics: of the run.
        task: the labels with their thresholds.
        temperature: what the logits of its files are to be divided by; 1.0: nothing.
    """
    if not isinstance(metrics, MultilabelMetrics):
        return ""
    thresholds = task.thresholds or (0.5,) * len(task.label_names)
    rows = "\n".join(
        f"| `{code(row.label)}` | {threshold:.4f} | {row.n:,} | {number(row.precision)} | {number(row.recall)} | "
        f"{number(row.f1)} |"
        for row, threshold in zip(metrics.per_label, thresholds, strict=True)
    )
    divided = "" if temperature == 1.0 else f" divided by {temperature:.4f}, the temperature"
    return f"""
A label is given where its probability, the sigmoid of its logit{divided}, is at least its threshold:

| label | threshold | texts | precision | recall | F1 |
| --- | --- | --- | --- | --- | --- |
{rows}
"""


def _interval(run: Run) -> str:
    """How far a number may be off."""
    facts = run.facts
    if not isinstance(facts, ValueSummary) or facts.reach is None:
        return ""
    return f"""
The model's one output is the number (`problem_type` is `regression`). The true one lies within {facts.reach:.4g} of it
for 95 of 100 texts like those it was measured on (conformal prediction).
"""
