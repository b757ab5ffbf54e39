"""The texts that it is wrong about, and sure of."""

from tunelet.report._document import Quotes, Section, Text, quote
from tunelet.run import Run


def errors_section(run: Run) -> Section:
    """The texts with a wrong label of which the model is most certain."""
    errors, wrong = run.evaluation["errors"], run.evaluation["wrong"]
    if not wrong:
        return Section("Errors", (Text("Every text was given the right label."),))
    if not errors:
        return Section(
            "Errors",
            (Text(f"{wrong:,} texts were given a wrong label; none of them is kept (evaluation.errors = 0)."),),
        )
    intro = (
        f"{wrong:,} of {run.summary['n']:,} texts were given a wrong label. These are the {len(errors)} of which the "
        "model was most certain; labels that are wrong in the data often show here."
    )
    quotes = tuple(
        quote(
            f"{entry['label']} in the data, called {entry['predicted']} with {entry['probability']:.1%} "
            f"(text {entry['id']}, {entry['tokens']:,} tokens)",
            entry["text"],
        )
        for entry in errors
    )
    return Section("Errors", (Text(intro), Quotes(quotes)))
