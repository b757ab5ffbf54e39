"""`tunelet evaluate` and `tunelet predict`: a finished run on other texts."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tunelet._output import console
from tunelet.cli._family import (
    Baseline,
    Data,
    Device,
    Encoding,
    Json,
    LabelColumn,
    On,
    ReadSettings,
    RunFolder,
    TextColumn,
    Workers,
    examples,
    family,
    parsed,
    print_json,
)

commands = family()

Input = Annotated[
    str | None,
    typer.Option(
        metavar="DATA",
        help="texts to classify, in any form that train reads; of a .txt each line is a text; -: stdin; "
        "'dir/*.csv', or with --workers a folder: many files, also of a store: s3://bucket/folder",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|DIR",
        help="file to write: .csv, .tsv, .jsonl or .parquet, also with .gz or .zst; -: stdout; of many files a folder",
    ),
]
InputFormat = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT", help="format of --input where its name does not say: csv, tsv, jsonl, txt or parquet"
    ),
]
OutputFormat = Annotated[
    str | None,
    typer.Option(metavar="FORMAT", help="format of --output where its name does not say: csv, tsv, jsonl or parquet"),
]
Threshold = Annotated[
    str | None,
    typer.Option(
        metavar="P|run", help="probability from which on the positive of two labels is given; run: the run's own"
    ),
]
MinConfidence = Annotated[float | None, typer.Option(metavar="P", help="probability below which a label is not given")]


@commands.command(
    epilog=examples(
        "tunelet evaluate runs/stars later.csv",
        "tunelet evaluate runs/stars later.csv --text review --label stars --json",
        "tunelet evaluate runs/stars later.csv --baseline",
    )
)
def evaluate(
    run: RunFolder,
    data: Data,
    text: TextColumn = None,
    label: LabelColumn = None,
    baseline: Baseline = False,
    encoding: Encoding = None,
    device: Device = None,
    settings: ReadSettings = None,
    json: Json = False,
) -> None:
    """Measure a finished run on other data, with 95 % intervals."""
    from tunelet import evaluate as evaluate_run

    evaluation = evaluate_run(
        run,
        data,
        text=text,
        label=label,
        baseline=baseline,
        encoding=encoding,
        device=device,
        settings=parsed(settings),
    )
    if json:
        print_json({"run": str(run), **evaluation.to_dict()})
        return
    from tunelet.console import evaluation_screen

    evaluation_screen(console(), evaluation)


@commands.command(
    epilog=examples(
        'tunelet predict runs/stars "Two hours I will not get back."',
        "tunelet predict runs/stars --input new.csv --output answers.csv",
        "tunelet predict runs/stars --input 'new/*.parquet' --output answers --workers 4",
        "tunelet predict runs/stars --input - --output - --output-format jsonl < new.csv > answers.jsonl",
        'tunelet predict runs/stars "So so." --min-confidence 0.8 --json',
    )
)
def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="folder of a finished run, or of an export")],
    texts: Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="texts to classify, in quotes")] = None,
    input: Input = None,  # noqa: A002  (the contract's flag)
    output: Output = None,
    input_format: InputFormat = None,
    output_format: OutputFormat = None,
    text: TextColumn = None,
    threshold: Threshold = None,
    min_confidence: MinConfidence = None,
    baseline: Baseline = False,
    encoding: Encoding = None,
    device: Device = None,
    settings: ReadSettings = None,
    on: On = "local",
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Classify texts, given here, in a file or in many."""
    from tunelet.cli._typed import check_texts, number_of

    check_texts(run, texts or [], input, output, json=json)
    options: dict[str, Any] = {
        "threshold": number_of(threshold), "min_confidence": min_confidence, "baseline": baseline, "device": device,
    }  # fmt: skip
    if input is None:
        _predict_texts(run, texts or [], options, json=json)
        return
    options |= {
        "text": text, "encoding": encoding, "input_format": input_format, "output_format": output_format,
        "settings": parsed(settings),
    }  # fmt: skip
    from tunelet.classifier import stands_for_several

    if workers is not None or on != "local" or stands_for_several(input):
        _predict_files(run, input, output, options | {"on": on, "workers": workers}, json=json)
        return
    from tunelet import predict_file

    written = predict_file(run, input, output, **options)
    if json:
        print_json(written.to_dict())
        return
    from tunelet.console import file_screen

    file_screen(console(stderr=str(output) == "-"), written)  # what goes to stdout is the rows alone


def _predict_files(run: Path, source: str, output: Path | None, options: dict[str, Any], *, json: bool) -> None:
    from tunelet import predict_files

    written = predict_files(run, source, output or "-", **options)
    if json:
        print_json(written.to_dict())
        return
    from tunelet.console import parts_screen

    parts_screen(console(), written)


def _predict_texts(run: Path, texts: list[str], options: dict[str, Any], *, json: bool) -> None:
    from tunelet.classifier import predict_texts

    predictions = predict_texts(run, texts, **options)
    if json:
        print_json({"run": str(run), "predictions": predictions})
        return
    from tunelet.console import prediction_lines

    for line in prediction_lines(predictions):
        typer.echo(line)
