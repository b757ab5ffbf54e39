"""The model beside the baselines, and which of the candidates was kept."""

from tunelet._words import counted, duration, fixed, interval, number, points
from tunelet.evaluation import Pair, against_baseline, metric_words, verdict
from tunelet.report._document import Block, Heading, Section, Table, Text
from tunelet.run import RivalRecord, Run, chosen_on, kept_in_words, kept_name, measured_on, rivals_of

_METRICS = ("accuracy", "f1_macro", "roc_auc", "average_precision", "log_loss", "ece")
_SHORT = {"baseline": "TF-IDF", "probe": "frozen encoder"}  # at the head of a column


def baselines_section(run: Run) -> Section | None:
    """Baselines that train in seconds, each beside the kept model, and the candidates; None where there are none."""
    rivals = rivals_of(run)
    blocks = _kept(run)
    for key, rival in rivals.items():
        blocks += _beside(run, key, rival)
    return Section("Baselines", tuple(blocks)) if blocks else None


def _kept(run: Run) -> list[Block]:
    """A table of the candidates, which names the kept one; nothing where there was no choice."""
    kept = run.evaluation.kept
    if len(kept.candidates) < 2:
        return []
    rows = tuple(
        (
            one.name + (" (kept)" if one.name == kept_name(run) else ""),
            number(one.accuracy),
            number(one.log_loss),
        )
        for one in kept.candidates
    )
    caption = f"Candidates on {chosen_on(run)}, each with the temperature that suits it"
    return [Text(f"Kept is {kept_in_words(run)}."), Table(("candidate", "accuracy", "log loss"), rows, caption)]


def _beside(run: Run, key: str, rival: RivalRecord) -> list[Block]:
    """A baseline's description, its verdict against the model, and a table of both models' metrics."""
    pair, summary = rival.pair, run.summary
    rows = tuple(
        (
            words,
            number(summary.value(name)),
            number(rival.metrics.value(name)),
            fixed(pair.difference(name), 4, signed=True) if summary.value(name) is not None else "",
            interval(pair.intervals[name], signed=True) or f"none: {pair.no_interval.get(name, 'undefined')}",
        )
        for name, words in metric_words(summary.positive).items()
        if name in _METRICS
    )
    header = ("metric", summary.model, _SHORT[key], "difference", "95 % interval")
    test = pair.mcnemar
    text = against_baseline(pair) or verdict(pair)
    if test is not None:
        text += (
            f" On {counted(test.only_second, 'text')} the model alone is right, on {test.only_first:,} this baseline "
            f"alone; they agree on {points(pair.agreement)} (kappa {kappa_in_words(pair)})."
        )
    if key == "baseline" and run.folder.baseline.is_dir():
        text += ' It is in the run folder: tunelet predict RUN --baseline "your text".'
    caption = "The same texts; the interval of the accuracy is Tango's; the others are from those of the two models"
    return [
        Heading(rival.name),
        Text(_described(run, key, rival)),
        Text(text, note=True),
        Table(header, rows, caption),
    ]


def _described(run: Run, key: str, rival: RivalRecord) -> str:
    """What a baseline is, how long its training took, and how its regularisation was chosen."""
    folds = run.summary.folds
    if key == "baseline":
        what = f"TF-IDF of words, word pairs and runs of characters ({rival.features:,} features)"
        chosen = "by cross-validation within the training texts" if folds else f"on the same {chosen_on(run)}"
    else:
        what = f"The encoder as it was pretrained, {rival.features:,} numbers a text,"
        chosen = "by cross-validation within the training texts"
    return (
        f"{what} with logistic regression, fitted on the same texts in {duration(rival.seconds)}; its "
        f"regularisation (C = {rival.strength:g}) was chosen {chosen}."
        + (" It is measured as the model is." if folds and measured_on(run.summary) != "test" else "")
    )


def kappa_in_words(pair: Pair) -> str:
    """Cohen's kappa with two decimals, or "undefined" where both models give one label only."""
    return number(pair.kappa, ".2f")
