"""The screen after training: metrics, the baseline, where the run lies, what to type next."""

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, duration
from tunelet.console._metrics import metrics_screen
from tunelet.run import Run


def result_screen(console: Console, run: Run) -> None:
    """The metrics with their intervals, where the run lies, and what to type next."""
    from tunelet.evaluation import Pair, against_baseline

    summary = run.summary
    where = {"test": "test text", "validation": "validation text"}[summary["evaluated_on"]]
    rate = summary["tokens_per_second"]
    console.print(
        f"done in {duration(summary['seconds'])}, expected {duration(summary['expected_seconds'])}: "
        f"{counted(summary['epochs'], 'epoch')} at {rate:,.0f} tokens/s; "
        f"kept epoch {summary['best_epoch']}, the best by {run.recipe.training.best_metric} on validation",
        highlight=False,
        soft_wrap=True,
    )
    metrics_screen(console, summary, counted(summary["n"], where))
    if (baseline := run.evaluation["baseline"]) is not None:
        console.print(f"baseline    {escape(_beside_baseline(baseline))}", highlight=False, soft_wrap=True)
    folder = escape(shlex.quote(str(run.path)))
    beaten = baseline is not None and against_baseline(Pair.from_dict(baseline["pair"])) is not None
    kept = beaten and run.folder.baseline.is_dir()
    # Texts of several columns cannot be typed as one.
    what = '"your text"' if len(run.text_columns) == 1 else "--input FILE --output FILE"
    for name, line in (
        ("run folder", f"[bold]{folder}[/]"),
        ("classify", f"tunelet predict {folder} {what}"),
        *([("baseline", f"tunelet predict {folder} --baseline {what}")] if kept else []),
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
