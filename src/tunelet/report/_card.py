"""The model card: `README.md` as a Hub upload takes it, its metadata through huggingface_hub."""

from collections.abc import Sequence
from typing import Any

from tunelet._words import counted, interval
from tunelet.evaluation import STUDENT, against_baseline, metric_words, verdict
from tunelet.model import head_pooling
from tunelet.report._card_parts import code, inline, metadata, terms
from tunelet.report._shaped_card import shaped_card
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

    if run.data.task.value != "multiclass":
        return shaped_card(run, MARK)
    data = ModelCardData(**_metadata(run))
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{_body(run)}"))


def exported_card(run: Run, *, name: str, library: str, notes: Sequence[str], use: str) -> str:
    """The card of an export of a run: the run's own, with another way to use it.

    Args:
        run: what was exported.
        name: of the export.
        library: which loads it, as the Hub calls it.
        notes: Markdown paragraphs on what the figures are of.
        use: Markdown of the section on its use.
    """
    from huggingface_hub import ModelCard, ModelCardData

    own = _metadata(run)
    tags = [tag for tag in own["tags"] if tag not in ("lora", "sentence-transformers")]
    data = ModelCardData(**own | {"model_name": name, "library_name": library, "tags": tags})
    said = "".join(f"\n\n{note}" for note in notes)
    body = f"""# {inline(name)}

{_introduction(run)}

## Use

{use}

## Results

{_results(run)}{said}

## Limits

The figures hold for texts like those it was trained on. It repeats what its labels say, mistakes and prejudice
included.

## Licence

{terms(run)}
"""
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}"))


def _metadata(run: Run) -> dict[str, Any]:
    words = metric_words(run.summary.positive)
    results = {(ours, words[ours]): theirs for ours, theirs in _METRICS.items() if ours in words}
    return metadata(run, results, run.data.source)


def _body(run: Run) -> str:
    """The card below its metadata, in Markdown."""
    quoted, columns = '"your text"', len(run.text_columns)
    one = quoted if columns == 1 else f"({', '.join([quoted] * columns)})"  # a text for each column
    return f"""{MARK}

# {inline(run.path.resolve().name)}

{_introduction(run)}

## Results

{_results(run)}

## Use

```python
import tunelet
from huggingface_hub import snapshot_download

classifier = tunelet.Classifier.load(snapshot_download("OWNER/NAME"))  # this repository, or the folder of the run
classifier.predict([{one}])
```

{_without_tunelet(run, one)}

## Training

Recipe `{code(run.recipe.name)}`, seed {run.recipe.training.seed}; `recipe.toml` holds every setting. {cut_texts(run)}

## Limits

The figures hold for texts like those it was trained on. It repeats what its labels say, mistakes and prejudice
included. Look at its errors in `report.html` before relying on it.

## Licence

{terms(run)}
"""


def _introduction(run: Run) -> str:
    """What the model is, what it was trained on, which labels it gives, and how often it is right."""
    summary, data = run.summary, run.data
    trained_on, source = counted(data.parts["train"].rows, "text"), data.source
    if summary.kept == STUDENT and (others := data.unlabelled) is not None:
        source += f" and {counted(others.used.rows, 'text')} without labels of {others.source}"
    labels = ", ".join(f"`{code(name)}`" for name in run.label_names)
    measured = counted(summary.n, f"{measured_on(summary)} text")
    random = "\n\nThe encoder began with random weights: this model is for tests, not for use."
    warning = random if summary.random_weights else ""
    return f"""{inline(summary.model)}, fine-tuned on {trained_on} of {inline(source)} to
tell {counted(len(run.label_names), "label")} apart: {labels}. On {measured}
{100 * summary.accuracy:.1f} % are right (95 % interval of the share: {interval(summary.accuracy_ci)}).{warning}"""


def _results(run: Run) -> str:
    """A table of the metrics with their intervals, a verdict on each baseline, and which candidate was kept."""
    summary = run.summary
    rows = "\n".join(
        f"| {inline(words)} | {value:.4f} | {summary.interval_or_why(name)} |"
        for name, words in metric_words(summary.positive).items()
        if (value := summary.value(name)) is not None
    )
    verdicts = [against_baseline(rival.pair) or verdict(rival.pair) for rival in rivals_of(run).values()]
    if len(run.evaluation.kept.candidates) > 1:
        verdicts.append(f"Kept is {kept_in_words(run)}.")
    beside = "".join(f"\n\n{inline(sentence)}" for sentence in verdicts)
    return f"""| metric | value | 95 % interval |
| --- | --- | --- |
{rows}

An interval holds the figure that endlessly many such texts would give, in 95 of 100 cases.{beside}"""


def _without_tunelet(run: Run, one: str) -> str:
    """How other libraries load the weights, and what makes their figures those of the table.

    Args:
        run: the run of the card.
        one: a text to classify, as Python code.
    """
    lora, temperature = run.recipe.adapter.method == "lora", run.summary.temperature
    place = "adapter" if lora else "model"
    if head_pooling(run.recipe) is not None:
        divided = f" / {temperature:.4f}" if temperature != 1.0 else ""
        text = f"""Without tunelet, Sentence Transformers loads `{place}/`.
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
            text += (
                "\n\nThe encoder alone is an adapter in PEFT's format, of a base model that `AutoModel` loads: "
                f'`PeftModel.from_pretrained(base, "OWNER/NAME", subfolder="{place}")`.'
            )
    elif lora:
        text = (
            '`adapter/` is in PEFT\'s format: `PeftModel.from_pretrained(base, "OWNER/NAME", subfolder="adapter")`, '
            f"where `base` is the base model with `num_labels={len(run.label_names)}`; outputs are in the order of the "
            "labels above."
        )
    else:
        text = "`model/` is a checkpoint of transformers."
    if temperature != 1.0 and head_pooling(run.recipe) is None:
        text += (
            " Its probabilities become those of tunelet, and of the table, where the logits are divided by "
            f"{temperature:.4f}, the temperature."
        )
    if run.recipe.data.truncation == "windows":
        text += (
            f" There, a text is read up to its first {run.data.tokens.max_length:,} tokens; here, a longer one is read "
            f"in windows, and their logits are pooled ({run.recipe.model.window_pooling})."
        )
    elif run.recipe.data.truncation != "head" and any(split.cut for split in run.data.tokens.parts.values()):
        text += f" There, texts that are too long lose their end; here, {run.recipe.data.truncation} of them is kept."
    if run.summary.blend:
        own, other = run.summary.encoder_weight, run.summary.blend
        text += (
            " Its figures are others than those of the table: tunelet adds to these logits those of TF-IDF, which no "
            f"other library loads, the ones {own:.3g} times and the others {other:.3g} times."
        )
    return text
