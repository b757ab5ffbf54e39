"""The texts that the model gets wrong although it is most certain of them, and the words that decided there."""

from collections.abc import Sequence
from dataclasses import replace

from tunelet._words import counted, points
from tunelet.evaluation import Faithfulness, p_value
from tunelet.explain import html_fragment, strongest
from tunelet.report._deletion import deletion
from tunelet.report._document import QUOTED, Block, Figures, Heading, Quote, Quotes, Section, Text, quote
from tunelet.run import ErrorRecord, Explanation, Run

_STRONGEST = 5  # words that are listed below a text
_LONGEST = 40  # characters of a word that is listed


def errors_section(run: Run) -> Section:
    """The texts with a wrong label of which the model is most certain."""
    errors, wrong = run.evaluation.errors, run.evaluation.wrong
    if not wrong:
        return Section("Errors", (Text("Every text was given the right label."), *_faithfulness(run)))
    was = "was" if wrong == 1 else "were"
    if not errors:
        return Section(
            "Errors",
            (
                Text(
                    f"{counted(wrong, 'text')} {was} given a wrong label; none of them is kept (evaluation.errors = 0)."
                ),
                *_faithfulness(run),
            ),
        )
    shown = "is the one" if len(errors) == 1 else f"are the {len(errors)}"
    intro = (
        f"{wrong:,} of {counted(run.summary.n, 'text')} {was} given a wrong label. Here {shown} of which the model "
        "was most certain; labels that are wrong in the data often show here."
    )
    record = run.explanations
    explained = () if record is None else record.errors
    if explained:
        intro += _about_words(explained, learnt_from=_has_learnt_from(run))
    quotes = [_quote(entry) for entry in errors]
    for at, explanation in enumerate(explained[: len(quotes)]):
        quotes[at] = _explained(quotes[at], explanation, learnt_from=_has_learnt_from(run))
    return Section("Errors", (Text(intro), Quotes(tuple(quotes)), *_faithfulness(run)))


def _has_learnt_from(run: Run) -> bool:
    """Whether the kept model has learnt from the texts that are reported on, while others answered them."""
    return run.summary.folds > 0 and run.evaluation.evaluated_on == "validation"


def _about_words(explained: Sequence[Explanation], *, learnt_from: bool) -> str:
    """What the coloured words are, and of which model."""
    first = "the first" if len(explained) == 1 else f"the first {len(explained)}"
    said = (
        f" In {first}, words are coloured: those with a solid line below speak for the wrong label, those with a "
        "dashed line against it."
    )
    if not learnt_from:
        return said
    repeated = sum(explanation.predicted == explanation.label for explanation in explained)
    return (
        f"{said} The answers are of models that had not seen the text. They are not kept, so the words are those of "
        "the model that is. It has learnt from the text and its label; "
        f"it still gives the wrong one to {repeated or 'none'} of {first}."
    )


def _quote(entry: ErrorRecord) -> Quote:
    return quote(
        f"{entry.label} in the data, called {entry.predicted} with {points(entry.probability)} "
        f"(text {entry.id}, {counted(entry.tokens, 'token')})",
        entry.text,
    )


def _explained(quoted: Quote, explanation: Explanation, *, learnt_from: bool) -> Quote:
    listed = ", ".join(
        f"{word.text if len(word.text) <= _LONGEST else word.text[:_LONGEST] + '…'} {word.contribution:+.2f}"
        for word in strongest(explanation, _STRONGEST)
    )
    words = f"Strongest words, in log odds of {explanation.label}: {listed}."
    if learnt_from and explanation.probability is not None:
        called = "too" if explanation.predicted == explanation.label else f"no longer, but {explanation.predicted}"
        words += (
            f" The model that is kept calls it so {called}: of {explanation.label} its probability is "
            f"{points(explanation.probability)}."
        )
    return replace(
        quoted,
        words=words,
        marked=html_fragment(explanation, QUOTED),
        marked_whole=html_fragment(explanation),
    )


def _faithfulness(run: Run) -> tuple[Block, ...]:
    """Whether the words that an explanation names matter."""
    record = run.explanations
    if record is None or record.faithfulness is None:
        return ()
    found = record.faithfulness
    said = faithfulness_in_words(found)
    if _has_learnt_from(run):
        said += " The model that is kept had learnt from these texts; of others it may be less certain."
    return (
        Heading("Whether the named words matter"),
        Text(said),
        Figures((deletion("deletion", found),)),
    )


def faithfulness_in_words(found: Faithfulness) -> str:
    """The deletion curve, its interval and its test in a paragraph."""
    said = (
        f"From {counted(found.n, 'text')} drawn at random words were taken out, those first that speak most for the "
        "label that the model gives, and as many in random order. Along the way the probability of that label is "
        f"{100 * found.difference:.1f} points lower in the first order"
    )
    if found.difference_ci is not None:
        low, high = found.difference_ci
        said += f" (95 % interval {100 * low:.1f} to {100 * high:.1f})"
    if found.p is None:
        return f"{said}; there is no test of so few texts."
    verdict = "so the words matter" if found.p < 0.05 and found.difference > 0 else "which may be chance"
    return f"{said}, {verdict} (paired t test, {p_value(found.p)})."
