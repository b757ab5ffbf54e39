"""The screen after training: metrics, what was kept, the baselines, where the run lies, what to type next."""

import shlex

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, duration
from tunelet.console._metrics import metrics_screen
from tunelet.run import RivalRecord, Run, candidates_in_words, kept_in_words, measured_on, rivals_of


def result_screen(console: Console, run: Run) -> None:
    """The metrics with their intervals, where the run lies, and what to type next."""
    from tunelet.evaluation import against_baseline

    summary = run.summary
    took = f"done in {duration(summary.seconds)}, expected {duration(summary.expected_seconds)}"
    console.print(f"{took}: {escape(_trained(run))}", highlight=False, soft_wrap=True)
    title = counted(summary.n, f"{measured_on(summary)} text")
    metrics_screen(console, summary, title, warnings=summary.warnings)
    rivals = rivals_of(run)
    folder = escape(shlex.quote(str(run.path)))
    baseline = rivals.get("baseline")
    beaten = baseline is not None and against_baseline(baseline.pair) is not None
    kept = beaten and run.folder.baseline.is_dir()
    chosen = candidates_in_words(run)
    # Texts of several columns cannot be typed as one.
    what = '"your text"' if len(run.text_columns) == 1 else "--input FILE --output FILE"
    for name, line in (
        ("kept", escape(kept_in_words(run))),
        *([("candidates", escape(chosen))] if chosen else []),
        *((name, escape(_beside(rivals[name]))) for name in rivals),
        ("run folder", f"[bold]{folder}[/]"),
        ("classify", f"tunelet predict {folder} {what}"),
        *([("baseline", f"tunelet predict {folder} --baseline {what}")] if kept else []),
        ("other data", f"tunelet evaluate {folder} DATA"),
        ("report", f"tunelet report {folder}"),
    ):
        console.print(f"{name:<10}  {line}", highlight=False, soft_wrap=True)  # folded, it could not be copied


def _trained(run: Run) -> str:
    """What was done in that time."""
    summary = run.summary
    if run.recipe.adapter.method == "head":
        return "the head was solved on the frozen encoder, and nothing was trained by steps"
    length = f"{counted(summary.epochs, 'epoch')} ({counted(summary.steps, 'step')})"
    rate = f"at {summary.tokens_per_second:,.0f} tokens/s"
    if folds := summary.folds:
        first = counted(folds, "fold") if folds > 1 else "a training without the held-out texts"
        students = ", with their students; the last had" if run.data.unlabelled else ","
        return f"{first} and one on all texts{students} {length}, {rate}"
    best = f"; the adapter's best epoch by {run.recipe.training.best_metric} on validation was {summary.best_epoch}"
    return f"{length} {rate}" + (best if summary.kept != "probe" else "")


def _beside(baseline: RivalRecord) -> str:
    """One line on the model and a baseline."""
    from tunelet.evaluation import against_baseline, verdict

    pair = baseline.pair
    reached = f"{baseline.name} reaches {baseline.metrics.accuracy:.4f} in {duration(baseline.seconds)}"
    return f"{reached}. {against_baseline(pair) or verdict(pair)}"
