"""`tunelet compare`, `tunelet report` and `tunelet push`: what finished runs are shown, and sent, to others."""

from pathlib import Path
from typing import Annotated

import typer

from tunelet.cli._family import Json, RunFolder, examples, family, print_json

commands = family()


@commands.command(
    epilog=examples(
        "tunelet compare runs/stars runs/stars-albert",
        "tunelet compare runs/stars runs/stars-albert --out runs/which --json",
    )
)
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="folders of finished runs, or of several seeds")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="folder of the report; default: runs/comparison-NAMES")
    ] = None,
    json: Json = False,
) -> None:
    """Compare runs on the same test texts.

    The report has paired tests, overlays of curves, costs and a verdict, in HTML and PDF.
    """
    from tunelet import compare as compare_runs
    from tunelet import report as write
    from tunelet.report import check_comparison_folder

    if out is not None:
        check_comparison_folder(out, runs)  # before the work
    comparison = compare_runs(runs)
    written = write(comparison, out)
    if json:
        print_json({"out": str(written.folder), **comparison.record.to_dict()})
        return
    for line in comparison.verdicts:
        typer.echo(line)
    typer.echo(f"report: {written.page}")


@commands.command(
    epilog=examples("tunelet report runs/stars", "tunelet report runs/stars --out for-the-meeting --json")
)
def report(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="folder of a finished run, of several seeds or of a search")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="folder of the report; default: that of the run")
    ] = None,
    json: Json = False,
) -> None:
    """Write the report of a run or a search. It is report.html, report.pdf, figures, and a run's model card."""
    from tunelet import report as write

    written = write(run, out)
    if json:
        print_json({"run": str(run), "files": [str(path) for path in written.files]})
        return
    for path in written.files:
        typer.echo(str(path))
    if written.kept_card is not None:
        typer.echo(f"{written.kept_card} is left as it is: its mark was taken out")


@commands.command(
    epilog=examples("tunelet push runs/stars someone/stars", "tunelet push runs/stars someone/stars --private")
)
def push(
    run: RunFolder,
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="repository on the Hugging Face Hub")],
    private: Annotated[
        bool, typer.Option("--private", help="private repository, if it is new: only its owner can see it")
    ] = False,
    texts: Annotated[
        bool,
        typer.Option("--with-texts", help="texts of the most confident errors, quoted in the report that is uploaded"),
    ] = False,
    words: Annotated[
        bool,
        typer.Option("--with-words", help="TF-IDF, where the model needs it: a list of words of the training texts"),
    ] = False,
    json: Json = False,
) -> None:
    """Upload a run to the Hugging Face Hub.

    Adapter, tokenizer, recipe, metrics, report and model card go there, and no data.
    """
    from tunelet import push as push_run

    address = push_run(run, repository, private=private, texts=texts, words=words)
    if json:
        print_json({"run": str(run), "url": address})
    else:
        typer.echo(address)
