"""What cards of any label shape have in common: metadata, licence, and names that are text and not markup."""

from collections.abc import Mapping
from typing import Any

from tunelet.checkpoint import SHORT_NAMES, licence
from tunelet.model import head_pooling
from tunelet.run import Run, measured_on

Results = Mapping[tuple[str, str], str]  # (metric, what it is called) -> the Hub's name of it


def metadata(run: Run, results: Results, source: str, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """The metadata of a run's card, as huggingface_hub takes it.

    Args:
        run: the run.
        results: the metrics that the Hub has a name for; undefined ones are left out.
        source: what the data is called.
        tags: of its own.
    """
    from huggingface_hub import EvalResult

    found = [
        EvalResult(
            task_type="text-classification",
            dataset_type=source.removeprefix("hub:").split(":")[0] if source.startswith("hub:") else "custom",
            dataset_name=source,
            dataset_split=measured_on(run.facts),
            metric_type=theirs,
            metric_name=words,
            metric_value=round(value, 4),
        )
        for (ours, words), theirs in results.items()
        if (value := run.facts.value(ours)) is not None
    ]
    lora, pooled = run.recipe.adapter.method == "lora", head_pooling(run.recipe) is not None
    made: dict[str, Any] = {
        "model_name": run.path.resolve().name,
        "library_name": "peft" if lora else "sentence-transformers" if pooled else "transformers",
        "pipeline_tag": "text-classification",
        "tags": [
            "tunelet",
            "text-classification",
            *(["lora"] if lora else []),
            *(["sentence-transformers"] if pooled else []),
            *tags,
        ],
        "eval_results": found,
    }
    if (base := base_model(run)) is not None:
        made["base_model"] = base
    if source.startswith("hub:"):
        made["datasets"] = [source.removeprefix("hub:").split(":")[0]]
    return made


def base_model(run: Run) -> str | None:
    """The pretrained model's id on the Hub; None: it has none, or its weights were not used."""
    checkpoint = run.environment.checkpoint
    base: str | None = checkpoint.hub_id or SHORT_NAMES.get(checkpoint.name)
    return None if run.facts.random_weights else base


def terms(run: Run) -> str:
    """The section on licences: that of the base model, where known. This model's own is for its maker to name."""
    base = base_model(run)
    published = licence(base) if base is not None else None
    of_base = f" Its base model, {inline(base)}, was published under {published}." if base and published else ""
    return f"No licence is named for this model: its maker names one.{of_base}"


def inline(text: str) -> str:
    """A name for running Markdown, on one line and escaped, so that nothing in it is markup."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-!|" else c for c in " ".join(text.split()))


def code(text: str) -> str:
    """A name to stand between backticks: on one line, without backticks of its own."""
    return " ".join(text.replace("`", "'").split())
