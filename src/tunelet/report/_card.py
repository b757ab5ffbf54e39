"""The model card: `README.md` as a Hub upload takes it, its metadata through huggingface_hub."""

from typing import Any

from tunelet._words import interval
from tunelet.evaluation import METRIC_WORDS, Pair, against_baseline, verdict
from tunelet.model._names import SHORT_NAMES, licence
from tunelet.run import Run

_METRICS = {  # ours -> the Hub's
    "accuracy": "accuracy",
    "f1_macro": "f1",
    "precision": "precision",
    "recall": "recall",
    "roc_auc": "roc_auc",
}


def model_card(run: Run) -> str:
    """The card of a run: metadata with its results, what it is, how good, how to use, what it is not for."""
    from huggingface_hub import ModelCard, ModelCardData

    data = ModelCardData(**_metadata(run))
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{_body(run)}"))


def _metadata(run: Run) -> dict[str, Any]:
    from huggingface_hub import EvalResult

    summary, checkpoint = run.summary, run.environment["checkpoint"]
    source = str(run.data["source"])
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type=source.removeprefix("hub:").split(":")[0] if source.startswith("hub:") else "custom",
            dataset_name=source,
            dataset_split=summary["evaluated_on"],
            metric_type=theirs,
            metric_name=METRIC_WORDS[ours],
            metric_value=round(summary[ours], 4),
        )
        for ours, theirs in _METRICS.items()
        if summary.get(ours) is not None
    ]
    found: dict[str, Any] = {
        "model_name": run.path.resolve().name,
        "library_name": "peft" if run.recipe.adapter.method == "lora" else "transformers",
        "pipeline_tag": "text-classification",
        "tags": ["tunelet", "text-classification", *(["lora"] if run.recipe.adapter.method == "lora" else [])],
        "eval_results": results,
    }
    base = checkpoint.get("hub_id") or SHORT_NAMES.get(checkpoint["name"])
    if base and not summary["random_weights"]:
        found["base_model"] = base
        if (terms := licence(base)) is not None:
            found["license"] = terms  # what is made from a model stays under its terms
    if source.startswith("hub:"):
        found["datasets"] = [source.removeprefix("hub:").split(":")[0]]
    return found


def _body(run: Run) -> str:
    summary, data = run.summary, run.data
    low_high = interval(summary["accuracy_ci"])
    rows = "\n".join(
        f"| {METRIC_WORDS[name]} | {summary[name]:.4f} | {interval(summary.get(f'{name}_ci'))} |"
        for name in METRIC_WORDS
        if summary.get(name) is not None
    )
    baseline = run.evaluation["baseline"]
    beside = ""
    if baseline is not None:
        pair = Pair.from_dict(baseline["pair"])
        beside = f"\n\n{against_baseline(pair) or verdict(pair)}"
    labels = ", ".join(f"`{_code(name)}`" for name in run.label_names)
    random = (
        "\n\nThe encoder began with random weights: this model is for tests, not for use."
        if summary["random_weights"]
        else ""
    )
    cut = run.recipe.data.max_length
    return f"""# {_inline(run.path.resolve().name)}

{_inline(summary["model"])}, fine-tuned on {data["parts"]["train"]["rows"]:,} texts of {_inline(str(data["source"]))} to
tell {len(run.label_names)} labels apart: {labels}. On {summary["n"]:,} {summary["evaluated_on"]} texts
{100 * summary["accuracy"]:.1f} % are right (95 % interval of the share: {low_high}).{random}

## Results

| metric | value | 95 % interval |
| --- | --- | --- |
{rows}

Intervals are from {run.recipe.evaluation.resamples:,} stratified bootstrap draws.{beside}

## Use

```python
import tunelet

classifier = tunelet.Classifier.load("FOLDER")  # this repository, downloaded
classifier.predict(["your text"])
```

`adapter/` is in PEFT's format; `adapter/config.json` names the labels.

## Training

Recipe `{run.recipe.name}`, seed {run.recipe.training.seed}; `recipe.toml` holds every setting. Texts are cut to {cut}
tokens ({run.recipe.data.truncation}).

## Limits

The figures hold for texts like those it was trained on. It repeats what its labels say, mistakes and prejudice
included. Look at its errors in `report.html` before relying on it.
"""


def _inline(text: str) -> str:
    """A name in running Markdown: nothing in it is markup."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-!|" else c for c in " ".join(text.split()))


def _code(text: str) -> str:
    """A name between backticks."""
    return " ".join(text.replace("`", "'").split())
