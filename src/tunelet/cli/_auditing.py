"""`tunelet audit`: what is wrong with the data, before anything is trained on it."""

from pathlib import Path
from typing import Annotated

import typer

from tunelet._output import console
from tunelet.cli._family import (
    DATA,
    MODEL,
    Data,
    Encoding,
    Json,
    LabelColumn,
    TextColumn,
    examples,
    family,
    parsed,
    print_json,
)

commands = family()


@commands.command(
    epilog=examples(
        "tunelet audit reviews.csv",
        "tunelet audit reviews.csv --test later.csv --json",
        "tunelet audit reviews.csv --output audited.csv",
    )
)
def audit(
    data: Data,
    test: Annotated[
        str | None, typer.Option(metavar="DATA", help=f"test data: {DATA}; default: the test split of DATA")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="file to write: all rows of DATA with the findings beside each; .csv, .tsv, .jsonl or .parquet",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|DIR", help=f"model whose tokenizer counts tokens: {MODEL}; default: minilm, if installed"
        ),
    ] = None,
    text: TextColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="setting of the data (data.clean_markup=false); repeatable"),
    ] = None,
    json: Json = False,
) -> None:
    """Find copies, leaks and wrong labels in labelled texts."""
    from tunelet import audit as audit_data
    from tunelet.console import progress

    with progress(console(stderr=True), unit="rows") as follow:
        found = audit_data(
            data,
            test=test,
            model=model,
            text=text,
            label=label,
            encoding=encoding,
            output=output,
            settings=parsed(settings),
            follow=follow,
        )
    if json:
        print_json(found.to_dict())
        return
    from tunelet.console import audit_screen

    audit_screen(console(), found)
