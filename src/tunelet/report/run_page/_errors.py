"""The texts that the model gets wrong although it is most certain of them."""

from tunelet._words import counted, points
from tunelet.report._document import Quotes, Section, Text, quote
from tunelet.run import Run


def errors_section(run: Run) -> Section:
    """The texts with a wrong label of which the model is most certain."""
    errors, wrong = run.evaluation.errors, run.evaluation.wrong
    if not wrong:
        return Section("Errors", (Text("Every text was given the right label."),))
    was = "was" if wrong == 1 else "were"
    if not errors:
        return Section(
            "Errors",
            (
                Text(
                    f"{counted(wrong, 'text')} {was} given a wrong label; none of them is kept (evaluation.errors = 0)."
                ),
            ),
        )
    shown = "is the one" if len(errors) == 1 else f"are the {len(errors)}"
    intro = (
        f"{wrong:,} of {counted(run.summary.n, 'text')} {was} given a wrong label. Here {shown} of which the model "
        "was most certain; labels that are wrong in the data often show here."
    )
    quotes = tuple(
        quote(
            f"{entry.label} in the data, called {entry.predicted} with {points(entry.probability)} "
            f"(text {entry.id}, {counted(entry.tokens, 'token')})",
            entry.text,
        )
        for entry in errors
    )
    return Section("Errors", (Text(intro), Quotes(quotes)))
