"""The model card of a run whose labels are several a text, ratings in order, or plain numbers, and of its exports."""

from tunelet._words import counted
from tunelet.evaluation import MultilabelMetrics
from tunelet.run import Run, ShapedMetrics, ValueSummary, measured_on

_BY_TUNELET = """```python
import tunelet

tunelet.Classifier.load("FOLDER").predict(["your text"])  # the folder of this run
```"""


def shaped_card(run: Run, mark: str, *, name: str | None = None, use: str | None = None) -> str:
    """The card: what it is, how good, how to use it. It names no folder and no text.

    Args:
        run: the run.
        mark: the line by which tunelet knows a card of its own; empty: none.
        name: of the model; None: that of the run's folder.
        use: Markdown on its use; None: by tunelet.
    """
    from huggingface_hub import ModelCard, ModelCardData

    title, task = name or run.path.resolve().name, run.data.task.value
    data = ModelCardData(
        model_name=title, pipeline_tag="text-classification", tags=["tunelet", "text-classification", task]
    )
    metrics = run.shaped.metrics
    rows = "\n".join(
        f"| {words} | {value:.4f} | {metrics.interval_or_why(key)} |"
        for key, words in metrics.words.items()
        if (value := metrics.value(key)) is not None
    )
    measured = counted(metrics.n, f"{measured_on(run.facts)} text")
    body = f"""{mark}

# {_plain(title)}

Fine-tuned on {counted(run.data.parts["train"].rows, "text")} to give each text {_given(run)}.
Figures are of {measured}.

## Results

| metric | value | 95 % interval |
| --- | --- | --- |
{rows}

## Use

{use or _BY_TUNELET}
{_thresholds(metrics)}{_interval(run)}
## Limits

The figures hold for texts like those it was trained on. It repeats what its labels say, mistakes and prejudice
included.
"""
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}"))


def _given(run: Run) -> str:
    names, numbers = len(run.label_names), run.data.parts["train"].numbers
    if numbers is not None:
        return f"a number; those trained on lie between {numbers.least:g} and {numbers.largest:g}"
    if run.data.task.value == "ordinal":
        return f"one of {counted(names, 'rating')} in order, from `{run.label_names[0]}` to `{run.label_names[-1]}`"
    return f"any number of {counted(names, 'label')}, or none of them"


def _thresholds(metrics: ShapedMetrics) -> str:
    """From which probability on each of several labels is given."""
    if not isinstance(metrics, MultilabelMetrics):
        return ""
    rows = "\n".join(f"| `{_plain(row.label)}` | {row.threshold:.4f} |" for row in metrics.per_label)
    return f"""
A label is given where its probability, the sigmoid of its logit, is at least its threshold:

| label | threshold |
| --- | --- |
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


def _plain(name: str) -> str:
    """On one line, without marks of Markdown's code."""
    return " ".join(name.replace("`", "'").split())
