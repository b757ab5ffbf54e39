"""`tunelet explain`: which words of a text decided."""

from pathlib import Path
from typing import Annotated

import typer

from tunelet._output import console
from tunelet.cli._family import Baseline, Device, Json, RunFolder, examples, family, print_json

commands = family()


@commands.command(
    epilog=examples(
        'tunelet explain runs/stars "Two hours I will not get back."',
        'tunelet explain runs/stars "So so." --label positive --json',
        'tunelet explain runs/stars "A joy from start to end." --html explained.html',
    )
)
def explain(
    run: RunFolder,
    texts: Annotated[list[str], typer.Argument(metavar="TEXT", help="texts to explain, in quotes")],
    label: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="label to explain; default: the most probable, or of several those given"),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="HTML file to write, with the words coloured")
    ] = None,
    baseline: Baseline = False,
    device: Device = None,
    json: Json = False,
) -> None:
    """Show which words of a text decided.

    Each has a number: its share of the log odds of the label, below 0 where it speaks against it; or of the expected
    rating, below 0 where it lowers it.
    """
    from tunelet import explanations_page
    from tunelet.classifier import load_classifier
    from tunelet.cli._typed import check_texts_to_explain
    from tunelet.explain import check_page

    check_texts_to_explain(run, texts)
    if html is not None:
        check_page(html)  # before the work
    explanations = load_classifier(run, baseline=baseline, device=device).explain(texts, label=label)
    if html is not None:
        explanations_page(explanations, html)
    if json:
        print_json({"run": str(run), "explanations": [each.to_dict() for each in explanations]})
        return
    from tunelet.console import explanations_screen

    explanations_screen(console(), explanations)
    if html is not None:
        typer.echo(f"written: {html}")
