"""The screen after training: metrics, what was kept, the baselines, where the run lies, what to type next."""

import shlex
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, duration, number
from tunelet.console._metrics import metrics_screen
from tunelet.run import RivalRecord, Run, candidates_in_words, kept_in_words, measured_on, rivals_of, soft_in_words


def result_screen(console: Console, run: Run) -> None:
    """The metrics with their intervals, where the run lies, and what to type next."""
    summary = run.facts
    took = f"done in {duration(summary.seconds)}, expected {duration(summary.expected_seconds)}"
    console.print(f"{took}: {escape(_trained(run))}", highlight=False, soft_wrap=True)
    title = counted(summary.n, f"{measured_on(summary)} text")
    metrics_screen(console, summary, title, warnings=summary.warnings)
    folder = escape(shlex.quote(str(run.path)))
    judged = _of_one_label(run) if run.data.task.value == "multiclass" else _of_another_shape(run)
    # Texts of several columns cannot be typed as one.
    what = '"your text"' if len(run.text_columns) == 1 else "--input FILE --output FILE"
    for name, line in (
        *((name, escape(line)) for name, line in judged.lines),
        ("run folder", f"[bold]{folder}[/]"),
        ("classify", f"tunelet predict {folder} {what}"),
        *([("baseline", f"tunelet predict {folder} --baseline {what}")] if judged.baseline_is_better else []),
        ("other data", f"tunelet evaluate {folder} DATA"),
        ("report", f"tunelet report {folder}"),
        ("page", f"tunelet serve {folder}"),
    ):
        console.print(f"{name:<10}  {line}", highlight=False, soft_wrap=True)  # folded, it could not be copied


@dataclass(frozen=True)
class _Judged:
    """What was kept, and what stands beside it.

    Attributes:
        lines: names and sentences.
        baseline_is_better: whether there is a baseline, and reason to use it instead.
    """

    lines: tuple[tuple[str, str], ...]
    baseline_is_better: bool


def _of_one_label(run: Run) -> _Judged:
    from tunelet.evaluation import against_baseline

    rivals, chosen = rivals_of(run), candidates_in_words(run)
    baseline = rivals.get("baseline")
    beaten = baseline is not None and against_baseline(baseline.pair) is not None
    lines = (
        ("kept", kept_in_words(run)),
        *([("candidates", chosen)] if chosen else []),
        *([("soft labels", said)] if (said := soft_in_words(run)) else []),
        *((name, _beside(rivals[name])) for name in rivals),
    )
    return _Judged(lines, beaten and run.folder.baseline.is_dir())


def _of_another_shape(run: Run) -> _Judged:
    from tunelet.evaluation import figure_against_baseline, figure_verdict

    evaluation = run.shaped_evaluation
    lines = [("kept", f"{kept_in_words(run)}: {evaluation.kept.reason}")]
    for name, rival in evaluation.rivals.items():
        said = figure_against_baseline(rival.pair) or figure_verdict(rival.pair)
        words, value = rival.metrics.words[rival.metrics.main], number(rival.metrics.value(rival.metrics.main))
        lines.append((name, f"{rival.name}, fitted in {duration(rival.seconds)}: {words} {value}. {said}"))
    baseline = evaluation.rivals.get("baseline")
    beaten = baseline is not None and figure_against_baseline(baseline.pair) is not None
    return _Judged(tuple(lines), beaten and run.folder.baseline.is_dir())


def _trained(run: Run) -> str:
    """What was done in that time."""
    summary = run.facts
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
