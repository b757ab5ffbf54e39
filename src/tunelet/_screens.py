"""What a person sees: one screen before training, one after, and the tables of the other commands."""

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tunelet._choice import Choice
from tunelet._plan import Plan
from tunelet._words import counted, duration, interval, number
from tunelet.evaluation import metric_words
from tunelet.run import Run


def plan_screen(console: Console, plan: Plan) -> None:
    """What was read, dropped, split and chosen, and the time it will take."""
    prepared, recipe = plan.prepared, plan.recipe
    table = _facts()
    table.add_row("data", f"{escape(plan.reading.source)} ({escape(plan.reading.format)})")
    table.add_row("texts", _choice(plan.reading.text_column))
    if plan.reading.label_column is not None:
        table.add_row("labels", _choice(plan.reading.label_column))
    if plan.test_reading is not None:
        table.add_row("test data", f"{escape(plan.test_reading.source)} ({escape(plan.test_reading.format)})")
    if prepared.dropped:
        table.add_row("dropped", "; ".join(f"{rows:,} {escape(why)}" for why, rows in prepared.dropped.items()))
    for name, examples in plan.parts.items():
        counts = ", ".join(f"{escape(label)} {examples.labels.count(label):,}" for label in prepared.label_names[:8])
        more = f", and {len(prepared.label_names) - 8} more labels" if len(prepared.label_names) > 8 else ""
        tokens = plan.tokens[name]
        cut = f", {tokens.truncated:,} cut ({recipe.data.truncation})" if tokens.truncated else ""
        table.add_row(name, f"{len(examples):,} texts ({counts}{more}); {tokens.lengths.mean():.0f} tokens a text{cut}")
    for note in prepared.notes:
        table.add_row("", escape(note))
    checkpoint = plan.checkpoint
    table.add_row("model", f"{escape(checkpoint.name)} ({checkpoint.origin}): {escape(checkpoint.reason)}")
    if recipe.model.random_weights:
        table.add_row("", "[bold]random weights[/]: good for shapes and speed, not for results")
    for name, choice in plan.choices.items():
        table.add_row(name, _choice(choice))
    share = plan.trained_parameters / plan.total_parameters
    table.add_row(
        "trainable",
        f"{plan.trained_parameters:,} of {plan.total_parameters:,} parameters ({share:.2%}), {_trained(plan)}",
    )
    estimate = plan.estimate
    table.add_row(
        "expected",
        f"about [bold]{duration(estimate.seconds)}[/] for {recipe.training.epochs} epochs, from measured steps "
        f"({estimate.training_rate:,.0f} tokens/s training, {estimate.evaluation_rate:,.0f} evaluating)",
    )
    table.add_row(
        "run folder",
        escape(str(plan.out)) + (", going on from its last checkpoint" if plan.resumed else ""),
    )
    console.print(f"[bold]tunelet train[/]: recipe {recipe.name}, seed {recipe.training.seed}", highlight=False)
    console.print(table, highlight=False)


def result_screen(console: Console, run: Run) -> None:
    """The metrics with their intervals, where the run lies, and what to type next."""
    summary = run.summary
    where = {"test": "test texts", "validation": "validation texts"}[summary["evaluated_on"]]
    rate = summary["tokens_per_second"]
    console.print(
        f"done in {duration(summary['seconds'])}, expected {duration(summary['expected_seconds'])}: "
        f"{counted(summary['epochs'], 'epoch')} at {rate:,.0f} tokens/s; "
        f"kept epoch {summary['best_epoch']}, the best by {run.recipe.training.best_metric} on validation",
        highlight=False,
    )
    metrics_screen(console, summary, f"{summary['n']:,} {where}")
    if (baseline := run.evaluation["baseline"]) is not None:
        console.print(f"baseline    {escape(_beside_baseline(baseline))}", highlight=False, soft_wrap=True)
    folder = escape(shlex.quote(str(run.path)))
    for name, line in (
        ("run folder", f"[bold]{folder}[/]"),
        ("classify", f'tunelet predict {folder} "your text"'),
        ("other data", f"tunelet evaluate {folder} DATA"),
        ("report", f"tunelet report {folder}"),
    ):
        console.print(f"{name:<10}  {line}", highlight=False, soft_wrap=True)  # folded, it could not be copied


def _beside_baseline(baseline: Mapping[str, Any]) -> str:
    """One line on the model and the baseline."""
    from tunelet.evaluation import Pair, against_baseline, verdict

    pair = Pair.from_dict(baseline["pair"])
    found = f"{baseline['name']} reaches {baseline['metrics']['accuracy']:.4f} in {duration(baseline['seconds'])}"
    return f"{found}. {against_baseline(pair) or verdict(pair)}"


def metrics_screen(console: Console, metrics: Mapping[str, Any], title: str) -> None:
    """Metrics with 95 % intervals, the per-class table and the confusion matrix."""
    table = Table(title=f"{escape(title)}, 95 % bootstrap intervals", title_justify="left", title_style="bold")
    table.add_column("metric")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    for name, label in metric_words(metrics["positive"]).items():
        table.add_row(escape(label), number(metrics[name]), interval(metrics.get(f"{name}_ci")))
    console.print(table, highlight=False)
    labels = metrics["confusion"]["labels"]
    if len(labels) > 12:
        return
    classes = Table(title="by class; rows are true, columns predicted", title_justify="left", title_style="bold")
    for heading in ("class", "texts", "precision", "recall", "F1", *(f"as {label}" for label in labels)):
        classes.add_column(escape(heading), justify="left" if heading == "class" else "right")
    for row, counts in zip(metrics["per_class"], metrics["confusion"]["matrix"], strict=True):
        numbers = (number(row[key]) for key in ("precision", "recall", "f1"))
        classes.add_row(escape(row["label"]), f"{row['n']:,}", *numbers, *(f"{count:,}" for count in counts))
    console.print(classes, highlight=False)


def group_screen(console: Console, summary: Mapping[str, Any]) -> None:
    """What several seeds came to together."""
    seeds = ", ".join(map(str, summary["seeds"]))
    title = f"{len(summary['seeds'])} seeds ({seeds}) on {summary['n']:,} {summary['evaluated_on']} texts"
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("metric", "mean", "deviation", "95 % interval, texts and seeds"):
        table.add_column(heading, justify="left" if heading == "metric" else "right")
    for name, label in metric_words(summary["positive"]).items():
        deviation, bounds = number(summary[f"{name}_sd"]), interval(summary[f"{name}_ci"])
        table.add_row(escape(label), number(summary[name]), deviation, bounds)
    console.print(table, highlight=False)
    console.print(f"run folder  [bold]{escape(shlex.quote(summary['run']))}[/]", highlight=False, soft_wrap=True)


def facts_screen(console: Console, facts: Mapping[str, Choice[str] | str]) -> None:
    """Names with values, and reasons where they are choices."""
    table = _facts()
    for name, fact in facts.items():
        table.add_row(escape(name), _choice(fact) if isinstance(fact, Choice) else escape(fact))
    console.print(table, highlight=False)


def _facts() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _choice(choice: Choice[str]) -> str:
    return f"[bold]{escape(choice.value)}[/] ({escape(choice.reason)})"


def _trained(plan: Plan) -> str:
    adapter = plan.recipe.adapter
    if adapter.method == "lora":
        return f"{'DoRA' if adapter.dora else 'LoRA'} r = {adapter.rank} and the head"
    return "the head alone" if adapter.method == "head" else "every weight"
