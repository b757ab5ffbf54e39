"""The model beside the baseline."""

from tunelet._words import counted, duration, fixed, interval, number, points
from tunelet.evaluation import Pair, against_baseline, metric_words, verdict
from tunelet.report._document import Section, Table, Text
from tunelet.run import Run


def baseline_section(run: Run) -> Section | None:
    """None where no baseline was asked for."""
    baseline = run.evaluation["baseline"]
    if baseline is None:
        return None
    pair = Pair.from_dict(baseline["pair"])
    text = (
        f"TF-IDF of words, word pairs and runs of characters ({baseline['features']:,} features) with logistic "
        f"regression, trained on the same texts in {duration(baseline['seconds'])}; its regularisation "
        f"(C = {baseline['strength']:g}) was chosen on the same validation texts."
    )
    summary = run.summary
    rows = tuple(
        (
            words,
            number(summary[name]),
            number(baseline["metrics"][name]),
            fixed(pair.differences[name], 4, signed=True) if summary[name] is not None else "",
            interval(pair.intervals[name], signed=True) or f"none: {pair.no_interval.get(name, 'undefined')}",
        )
        for name, words in metric_words(summary["positive"]).items()
        if name in ("accuracy", "f1_macro", "roc_auc", "average_precision", "log_loss", "ece")
    )
    header = ("metric", str(summary["model"]), "baseline", "difference", "95 % interval")
    test = pair.mcnemar
    disagreed = (
        f" On {counted(test.only_second, 'text')} the encoder alone is right, on {test.only_first:,} the baseline "
        f"alone; they agree on {points(pair.agreement)} (kappa {kappa_in_words(pair)})."
        if test is not None
        else ""
    )
    told = against_baseline(pair) or verdict(pair)
    if run.folder.baseline.is_dir():
        disagreed += ' The baseline is in the run folder: tunelet predict RUN --baseline "your text".'
    caption = "The same texts; the interval of the accuracy is Tango's; the others are from those of the two models"
    return Section("Baseline", (Text(text), Text(f"{told}{disagreed}", note=True), Table(header, rows, caption)))


def kappa_in_words(pair: Pair) -> str:
    """Cohen's kappa; undefined where both models give one label only."""
    return number(None if pair.kappa != pair.kappa else pair.kappa, ".2f")
