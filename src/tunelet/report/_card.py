"""The model card: `README.md` as a Hub upload takes it, its metadata through huggingface_hub."""

from typing import Any

from tunelet._words import counted, interval
from tunelet.checkpoint import SHORT_NAMES, licence
from tunelet.evaluation import STUDENT, against_baseline, metric_words, verdict
from tunelet.model import head_pooling
from tunelet.report.run_page import cut_texts
from tunelet.run import Run, kept_in_words, measured_on, rivals_of

MARK = "<!-- Written by tunelet. Take this line out, and what you write here is kept. -->"
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

    summary = run.summary
    words = metric_words(summary.positive)
    source = run.data.source
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type=source.removeprefix("hub:").split(":")[0] if source.startswith("hub:") else "custom",
            dataset_name=source,
            dataset_split=measured_on(summary),
            metric_type=theirs,
            metric_name=words[ours],
            metric_value=round(value, 4),
        )
        for ours, theirs in _METRICS.items()
        if (value := summary.value(ours)) is not None and ours in words
    ]
    lora, pooled = run.recipe.adapter.method == "lora", head_pooling(run.recipe) is not None
    found: dict[str, Any] = {
        "model_name": run.path.resolve().name,
        "library_name": "peft" if lora else "sentence-transformers" if pooled else "transformers",
        "pipeline_tag": "text-classification",
        "tags": [
            "tunelet",
            "text-classification",
            *(["lora"] if lora else []),
            *(["sentence-transformers"] if pooled else []),
        ],
        "eval_results": results,
    }
    if (base := _base(run)) is not None:
        found["base_model"] = base
    if source.startswith("hub:"):
        found["datasets"] = [source.removeprefix("hub:").split(":")[0]]
    return found


def _base(run: Run) -> str | None:
    """The pretrained model's id on the Hub; None: it has none, or its weights were not used."""
    checkpoint = run.environment.checkpoint
    base: str | None = checkpoint.hub_id or SHORT_NAMES.get(checkpoint.name)
    return None if run.summary.random_weights else base


def _terms(run: Run) -> str:
    """What is known of the base model's licence. This model's own is for its maker to name, and stands nowhere here."""
    base = _base(run)
    published = licence(base) if base is not None else None
    of_base = f" Its base model, {_inline(base)}, was published under {published}." if base and published else ""
    return f"No licence is named for this model: its maker names one.{of_base}"


def _body(run: Run) -> str:
    summary, data = run.summary, run.data
    low_high = interval(summary.accuracy_ci)
    rows = "\n".join(
        f"| {_inline(words)} | {value:.4f} | {summary.interval_or_why(name)} |"
        for name, words in metric_words(summary.positive).items()
        if (value := summary.value(name)) is not None
    )
    beside = ""
    for rival in rivals_of(run).values():
        pair = rival.pair
        beside += f"\n\n{_inline(against_baseline(pair) or verdict(pair))}"
    if len(run.evaluation.kept.candidates) > 1:
        beside += f"\n\n{_inline(f'Kept is {kept_in_words(run)}.')}"
    labels = ", ".join(f"`{_code(name)}`" for name in run.label_names)
    random = (
        "\n\nThe encoder began with random weights: this model is for tests, not for use."
        if summary.random_weights
        else ""
    )
    columns = len(run.text_columns)
    quoted = '"your text"'
    one = quoted if columns == 1 else f"({', '.join([quoted] * columns)})"  # a text for each column
    trained_on = counted(data.parts["train"].rows, "text")
    learnt_from = data.source
    others = data.unlabelled
    if summary.kept == STUDENT and others is not None:
        learnt_from += f" and {counted(others.used.rows, 'text')} without labels of {others.source}"
    measured = counted(summary.n, f"{measured_on(summary)} text")
    return f"""{MARK}

# {_inline(run.path.resolve().name)}

{_inline(summary.model)}, fine-tuned on {trained_on} of {_inline(learnt_from)} to
tell {counted(len(run.label_names), "label")} apart: {labels}. On {measured}
{100 * summary.accuracy:.1f} % are right (95 % interval of the share: {low_high}).{random}

## Results

| metric | value | 95 % interval |
| --- | --- | --- |
{rows}

An interval holds the figure that endlessly many such texts would give, in 95 of 100 cases.{beside}

## Use

```python
import tunelet
from huggingface_hub import snapshot_download

classifier = tunelet.Classifier.load(snapshot_download("OWNER/NAME"))  # this repository, or the folder of the run
classifier.predict([{one}])
```

{_without_tunelet(run, one)}

## Training

Recipe `{_code(run.recipe.name)}`, seed {run.recipe.training.seed}; `recipe.toml` holds every setting. {cut_texts(run)}

## Limits

The figures hold for texts like those it was trained on. It repeats what its labels say, mistakes and prejudice
included. Look at its errors in `report.html` before relying on it.

## Licence

{_terms(run)}
"""


def _without_tunelet(run: Run, one: str) -> str:
    """How other libraries load the weights, and what makes their figures those of the table.

    Args:
        run: what is told of.
        one: a text, as code.
    """
    lora, temperature = run.recipe.adapter.method == "lora", run.summary.temperature
    place = "adapter" if lora else "model"
    if head_pooling(run.recipe) is not None:
        divided = f" / {temperature:.4f}" if temperature != 1.0 else ""
        told = f"""Without tunelet, Sentence Transformers loads `{place}/`.
What it calls embeddings are the logits of the labels, in the order above:

```python
import torch
from huggingface_hub import snapshot_download
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(snapshot_download("OWNER/NAME") + "/{place}")
logits = model.encode([{one}], convert_to_tensor=True)
probabilities = torch.softmax(logits{divided}, dim=1)
```"""
        if lora:
            told += (
                "\n\nThe encoder alone is an adapter in PEFT's format, of a base model that `AutoModel` loads: "
                f'`PeftModel.from_pretrained(base, "OWNER/NAME", subfolder="{place}")`.'
            )
    elif lora:
        told = (
            '`adapter/` is in PEFT\'s format: `PeftModel.from_pretrained(base, "OWNER/NAME", subfolder="adapter")`, '
            f"where `base` is the base model with `num_labels={len(run.label_names)}`; outputs are in the order of the "
            "labels above."
        )
    else:
        told = "`model/` is a checkpoint of transformers."
    if temperature != 1.0 and head_pooling(run.recipe) is None:
        told += (
            " Its probabilities become those of tunelet, and of the table, where the logits are divided by "
            f"{temperature:.4f}, the temperature."
        )
    if run.recipe.data.truncation != "head" and any(part.cut for part in run.data.tokens.parts.values()):
        told += f" There, texts that are too long lose their end; here, {run.recipe.data.truncation} of them is kept."
    if run.summary.blend:
        own, other = run.summary.encoder_weight, run.summary.blend
        told += (
            " Its figures are others than those of the table: tunelet adds to these logits those of TF-IDF, which no "
            f"other library loads, the ones {own:.3g} times and the others {other:.3g} times."
        )
    return told


def _inline(text: str) -> str:
    """A name in running Markdown: nothing in it is markup."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-!|" else c for c in " ".join(text.split()))


def _code(text: str) -> str:
    """A name between backticks."""
    return " ".join(text.replace("`", "'").split())
