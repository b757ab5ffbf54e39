"""The screens of `tunelet adapt`: what it learns from and how long that takes, and what came of it."""

import math
import shlex
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, duration
from tunelet.console._facts import print_facts
from tunelet.experiment import Adaptation, AdaptationPlan
from tunelet.training import Length


def adaptation_plan(console: Console, plan: AdaptationPlan) -> None:
    """Texts, what was dropped, model, time and folder."""
    recipe, checkpoint, data, tokens, choices = plan.recipe, plan.checkpoint, plan.data, plan.tokens, plan.choices

    def facts() -> Iterator[tuple[str, str]]:
        parts = data.parts
        yield "texts", f"[bold]{escape(data.source)}[/] ({escape(data.format)})"
        learnt = counted(parts["train"].rows, "text")
        yield (
            "",
            f"{learnt} of {tokens.lengths.mean():.0f} tokens to learn from, {parts['held_out'].rows:,} held out",
        )
        if data.dropped:
            yield "dropped", "; ".join(f"{rows:,} {escape(why)}" for why, rows in data.dropped.items())
        where = " in ".join(escape(choice.value) for choice in (choices.device, choices.precision))
        yield "model", f"[bold]{escape(checkpoint.name)}[/]: {escape(checkpoint.reason)}; on {where}"
        yield "objective", "hidden words, named by the checkpoint's own head (masked-language modelling)"
        yield "trained", f"LoRA r = {recipe.adapter.rank}, merged into the weights at the end"
        learning = Length.of(recipe.training, tokens.lengths).passes * tokens.total / plan.rate
        yield "time", f"about [bold]{duration(learning)}[/] for {counted(recipe.training.epochs, 'epoch')}"
        yield "checkpoint", escape(str(plan.out))
        for note in data.notes:
            yield "note", escape(note)

    console.print(f"[bold]tunelet adapt[/]: seed {recipe.training.seed}", highlight=False)
    print_facts(console, facts())


def adaptation_result(console: Console, adaptation: Adaptation) -> None:
    """Loss before and after, and what to type next."""
    before, after = adaptation.before, adaptation.after
    learnt = f"{adaptation.tokens:,} tokens at {adaptation.tokens / max(adaptation.seconds, 1e-9):,.0f} tokens/s"
    console.print(f"done in {duration(adaptation.seconds)}: {learnt}", highlight=False, soft_wrap=True)
    where = f"loss of a hidden word in {counted(adaptation.held_out, 'held-out text')}"
    words = f"perplexity {_perplexity(before)} and {_perplexity(after)}"
    console.print(f"{where}: {before:.3f} before, {after:.3f} after ({words})", highlight=False, soft_wrap=True)
    if not after < before:
        console.print("[bold]nothing was gained[/]: go on with the checkpoint that you had", soft_wrap=True)
    folder = escape(shlex.quote(str(adaptation.path)))
    console.print(f"checkpoint  [bold]{folder}[/]", highlight=False, soft_wrap=True)
    console.print(f"train       tunelet train DATA --model {folder}", highlight=False, soft_wrap=True)


def _perplexity(loss: float) -> str:
    return f"{math.exp(loss):,.1f}" if loss < 50 else "beyond bounds"
