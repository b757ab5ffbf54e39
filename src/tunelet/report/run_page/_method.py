"""How the model was trained."""

from tunelet._words import counted, points
from tunelet.report import _figures as figures
from tunelet.report._document import Block, Figures, Section, Text
from tunelet.run import Run


def method_section(run: Run) -> Section:
    """What was trained and how, with the loss while it was."""
    recipe, summary = run.recipe, run.summary
    adapter, training = recipe.adapter, recipe.training
    share = summary["trainable_parameters"] / summary["total_parameters"]
    name = f"{'DoRA' if adapter.dora else 'LoRA'} (r = {adapter.rank}, alpha = {adapter.alpha:g})"
    method, rates = {
        "lora": (
            f"{name} and a new head were trained",
            f"{training.learning_rate:g} for the adapter and {training.head_learning_rate:g} for the head",
        ),
        "head": ("A new head alone was trained", f"{training.head_learning_rate:g}"),
        "full": ("Every weight was trained", f"{training.full_learning_rate:g}"),
    }[adapter.method]
    planned = f" of {training.epochs} planned" if summary["epochs"] < training.epochs else ""
    text = (
        f"{method}: {summary['trainable_parameters']:,} of {summary['total_parameters']:,} parameters "
        f"({points(share, 2)}); {counted(summary['epochs'], 'epoch')}{planned}, of batches of {training.batch_size}, "
        f"AdamW with a peak rate of {rates}. "
        f"{cut_texts(run)} The epoch with the best {training.best_metric} on validation texts was kept: number "
        f"{summary['best_epoch']}."
    )
    blocks: list[Block] = [Text(text)]
    steps = [entry for entry in run.history if "loss" in entry]
    epochs = [
        {"epoch": entry["epoch"], "log_loss": entry["validation"]["log_loss"]}
        for entry in run.history
        if "validation" in entry and "log_loss" in entry["validation"]
    ]
    if epochs:
        blocks.append(Figures((figures.history("loss", steps, epochs),)))
    return Section("Method", tuple(blocks))


def cut_texts(run: Run) -> str:
    """A sentence on texts that were too long for the model."""
    tokens = run.data["tokens"]
    cut = {name: part["cut"] for name, part in tokens["parts"].items() if part["cut"]}
    if not cut:
        return f"No text was longer than {counted(tokens['max_length'], 'token')}."
    counts = ", ".join(f"{count:,} {name}" for name, count in cut.items())
    return (
        f"Texts longer than {counted(tokens['max_length'], 'token')} were cut "
        f"({run.recipe.data.truncation}): {counts} texts."
    )
