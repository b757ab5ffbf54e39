"""What the figures do not say."""

from tunelet._words import counted
from tunelet.report._document import Section, Text
from tunelet.report.run_page._words import in_a_row
from tunelet.run import Run, RunGroup


def limits_section(group: RunGroup) -> Section:
    """The section on how these figures may mislead."""
    summary = group.runs[0].summary
    sentences = [
        "These figures hold for texts like those above: another source, year or language may give others.",
    ]
    if summary.evaluated_on == "validation":
        sentences.append(_without_test(group.runs[0]))
    sentences += [
        f"{warning.message} To try: {warning.hint}."
        for warning in summary.warnings
        if warning.kind != "epoch_chosen_on_these_texts"  # said above
    ]
    if summary.n < 1000:
        sentences.append(f"With {counted(summary.n, 'text')} the intervals are wide: small differences cannot be seen.")
    if len(group.runs) == 1:
        sentences.append(
            "One seed: another training would come to somewhat different figures; --seeds 1,2,3 shows how much."
        )
    if summary.random_weights:
        sentences.append("The encoder's weights were random at the beginning.")
    return Section("Limits", tuple(Text(text) for text in sentences))


def _without_test(run: Run) -> str:
    """A paragraph on the choices that were made on the very texts that are reported on."""
    summary, several = run.summary, len(run.evaluation.kept.candidates) > 1
    chosen = [
        *(["which model is kept"] if several else []),
        *(["the epoch"] if summary.steps and not summary.folds else []),
        "the temperature",
        *(["the threshold"] if summary.threshold is not None else []),
    ]
    text = (
        f"There were no test texts: {in_a_row(chosen)} {'was' if len(chosen) == 1 else 'were'} chosen on the very "
        "texts that are reported on, which flatters the model a little"
    )
    if summary.folds:
        text += (
            f". {'The epoch was not, and each' if summary.steps else 'Each'} text was answered by a model that was "
            "trained without it; the model that is kept has learnt from all of them, so that no figure here is its own"
        )
    return f"{text}. Pass --test DATA for figures that do not flatter."
