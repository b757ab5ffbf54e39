"""The screen before training: what was read, chosen, and the time it will take."""

from rich.console import Console
from rich.markup import escape

from tunelet._plan import Plan
from tunelet._words import duration
from tunelet.console._facts import choice_in_words, facts_grid


def plan_screen(console: Console, plan: Plan) -> None:
    """What was read, dropped, split and chosen, and the time it will take."""
    prepared, recipe = plan.prepared, plan.recipe
    table = facts_grid()
    table.add_row("data", f"{escape(plan.reading.source)} ({escape(plan.reading.format)})")
    table.add_row("texts", choice_in_words(plan.reading.text_column))
    if plan.reading.label_column is not None:
        table.add_row("labels", choice_in_words(plan.reading.label_column))
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
        table.add_row(name, choice_in_words(choice))
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


def _trained(plan: Plan) -> str:
    adapter = plan.recipe.adapter
    if adapter.method == "lora":
        return f"{'DoRA' if adapter.dora else 'LoRA'} r = {adapter.rank} and the head"
    return "the head alone" if adapter.method == "head" else "every weight"
