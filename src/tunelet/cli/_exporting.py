"""`tunelet export`: a finished run in the forms of other libraries."""

from pathlib import Path
from typing import Annotated

import typer

from tunelet._output import console
from tunelet.cli._family import DATA, Json, RunFolder, examples, family, print_json

_FORMS = ("merged", "onnx", "onnx-int8", "sentence-transformers", "web", "web-int8")

commands = family()


def _forms(incomplete: str) -> list[str]:
    return [form for form in _FORMS if form.startswith(incomplete)]


@commands.command(
    epilog=examples(
        "tunelet export runs/stars --to onnx --out stars-onnx",
        "tunelet export runs/stars --to onnx-int8 --out stars-int8 --check later.csv",
        "tunelet export runs/stars --to web --out stars-page",
        "tunelet export runs/stars --to sentence-transformers --without-tfidf --out stars-encoder --json",
    )
)
def export(
    run: RunFolder,
    to: Annotated[
        str, typer.Option(metavar="|".join(_FORMS), help="form that other libraries run", autocompletion=_forms)
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="folder of the export, which must not exist")],
    check: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help=f"texts on which the export is run back, with labels or without: {DATA}; default: the run's "
            "test texts, or validation texts where it has no others, read again",
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            min=0,
            help="largest difference of a probability, 0.0001 by default; of int8 the share of the labels that "
            "may change, 0.02 by default",
        ),
    ] = None,
    without_tfidf: Annotated[
        bool, typer.Option("--without-tfidf", help="encoder alone, where the run adds the logits of TF-IDF to its own")
    ] = False,
    runtime: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="folder with the packages that run the model in a browser, as npm pack leaves them, for web; default: "
            "fetched from the registry of npm once, and kept",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write a run in a form that other libraries run.

    It is run back on texts first: where it gives other answers than the run, nothing is written.
    """
    from tunelet import export as export_run

    exported = export_run(
        run, to=to, out=out, check=check, tolerance=tolerance, without_tfidf=without_tfidf, runtime=runtime
    )
    if json:
        print_json(exported.to_dict())
        return
    from tunelet.console import export_screen

    export_screen(console(), exported)
