"""The commands. Each imports what it needs when it runs, so that `tunelet --help` is instant."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tunelet._output import console, json_line
from tunelet.cli._bench import app as bench_app

app = typer.Typer(
    name="tunelet",
    help="Fine-tune small language models on your own labelled text, in minutes, and know how good they are.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="--debug after any command shows the traceback of an error.",
)
app.add_typer(bench_app)

_DATA = (
    "file (.csv .tsv .jsonl .json .parquet .xlsx .txt, also .gz .zst .xz .bz2 .zip), folder, "
    "hub:OWNER/NAME[:CONFIG], imdb, or sample: the reviews that ship with tunelet"
)
Data = Annotated[str, typer.Argument(metavar="DATA", help=_DATA)]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="folder of a finished run")]
Model = Annotated[str | None, typer.Option(metavar="NAME|DIR", help="short name, Hub id or folder")]
TextColumn = Annotated[
    list[str] | None,
    typer.Option("--text", metavar="COL", help="column of the texts; else recognised; repeated: read together"),
]
LabelColumn = Annotated[
    str | None, typer.Option("--label", metavar="COL", help="column of the labels; else recognised")
]
Encoding = Annotated[str | None, typer.Option(metavar="NAME", help="of text files that are not UTF-8, such as cp1252")]
ReadSettings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="data.encoding, data.max_bytes or data.max_cell"),
]
Baseline = Annotated[bool, typer.Option("--baseline", help="TF-IDF + logistic regression instead of the encoder")]
Device = Annotated[str | None, typer.Option(metavar="auto|cpu|cuda|mps", help="where to run")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object on stdout, and nothing else there")]


def _version(value: bool) -> None:
    if value:
        from tunelet._version import __version__

        typer.echo(f"tunelet {__version__}")
        raise typer.Exit


@app.callback()
def _app(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    pass


@app.command()
def train(
    data: Data,
    test: Annotated[str | None, typer.Option(metavar="DATA", help="test data; nothing is chosen on it")] = None,
    unlabelled: Annotated[
        str | None, typer.Option(metavar="DATA", help="texts without labels; kept is what learns from them, if better")
    ] = None,
    recipe: Annotated[str, typer.Option(metavar="NAME|FILE", help="see tunelet recipes")] = "quickstart",
    model: Model = None,
    text: TextColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="rows to draw before the split")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="change a setting of the recipe")
    ] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", help="passes over the training texts")] = None,
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="texts per forward pass")] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", "--lr", metavar="RATE", help="peak rate of what is trained")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="of head, order, dropout and split")] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="N,N,...", help="train with each of these, and measure all together")
    ] = None,
    device: Device = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="time for all of it, such as 90s, 10m or 1h30m; decides how it is trained"),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="run folder; must not exist")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the interrupted run")] = False,
    track: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="live view: tensorboard, mlflow, wandb or trackio")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="print every choice and its reason")] = False,
    json: Json = False,
) -> None:
    """Fine-tune a pretrained encoder on labelled texts, and measure the result."""
    from tunelet._train import train as run_training

    arguments: dict[str, Any] = {
        "test": test,
        "unlabelled": unlabelled,
        "recipe": recipe,
        "model": model,
        "text": text,
        "label": label,
        "encoding": encoding,
        "limit": limit,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "device": device,
        "settings": _parsed(settings) | ({"training.track": track} if track else {}),
        "budget": budget,
        "out": out,
        "resume": resume,
        "verbose": verbose,
    }
    if seeds is not None:
        from tunelet._seeds import train_seeds
        from tunelet.console import group_screen

        group = train_seeds(data, _numbers(seeds, seed), **arguments)
        summary = group.summary
        if not json:
            group_screen(console(stderr=True), summary)
    else:
        summary = run_training(data, seed=seed, **arguments).summary
    if json:
        _print_json(summary)


@app.command()
def adapt(
    texts: Annotated[str, typer.Argument(metavar="TEXTS", help=f"unlabelled texts: {_DATA}")],
    model: Annotated[str, typer.Option(metavar="NAME|DIR", help="checkpoint with its head for masked words")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="folder of the new checkpoint; must not exist")],
    text: TextColumn = None,
    encoding: Encoding = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="texts to draw; else all")] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", help="passes over the texts; else one")] = None,
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="texts of a step")] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", "--lr", metavar="RATE", help="peak rate of the adapter")
    ] = None,
    max_length: Annotated[int | None, typer.Option(metavar="N", help="tokens kept of a text")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="of the adapter, order and hidden words")] = None,
    device: Device = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="change a setting")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on where an interrupted call stopped")] = False,
    json: Json = False,
) -> None:
    """Go on with the pretraining of a checkpoint on unlabelled texts; the result is a model to train from."""
    from tunelet._adapt import adapt as run_adaptation

    found = run_adaptation(
        texts,
        model=model,
        out=out,
        text=text,
        encoding=encoding,
        limit=limit,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        max_length=max_length,
        seed=seed,
        device=device,
        settings=_parsed(settings),
        resume=resume,
    )
    if json:
        _print_json(found.to_dict())


def _parsed(settings: list[str] | None) -> dict[str, Any]:
    from tunelet.recipe import parse_setting

    return dict(parse_setting(setting) for setting in settings or [])


def _numbers(seeds: str, seed: int | None) -> list[int]:
    from tunelet.errors import RecipeError

    if seed is not None:
        raise RecipeError("--seed and --seeds are two answers to one question", "leave one of them out")
    try:
        return [int(number) for number in seeds.split(",")]
    except ValueError:
        raise RecipeError(
            f"--seeds: expected numbers with commas, found {seeds!r}", "for example --seeds 1,2,3"
        ) from None


@app.command()
def evaluate(
    run: RunPath,
    data: Data,
    text: TextColumn = None,
    label: LabelColumn = None,
    baseline: Baseline = False,
    encoding: Encoding = None,
    device: Device = None,
    settings: ReadSettings = None,
    json: Json = False,
) -> None:
    """Measure a finished run on other labelled data, with 95 % intervals."""
    from tunelet.classifier import evaluate as evaluate_run

    found = evaluate_run(
        run,
        data,
        text=text,
        label=label,
        baseline=baseline,
        encoding=encoding,
        device=device,
        settings=_parsed(settings),
    )
    metrics = found.to_dict()
    if json:
        _print_json({"run": str(run), **metrics})
        return
    from tunelet._words import counted
    from tunelet.console import metrics_screen

    for role in ("text", "label"):
        _say_column(role, metrics[f"{role}_column"])
    if metrics["temperature"] != 1.0:
        typer.echo(f"probabilities: as predict gives them, logits divided by {metrics['temperature']:.3f}")
    if metrics["dropped"]:
        typer.echo("dropped: " + "; ".join(f"{rows:,} {reason}" for reason, rows in metrics["dropped"].items()))
    part = "" if metrics["part"] == "train" else f" ({metrics['part']} part)"  # a file is all "train"
    metrics_screen(console(), metrics, f"{counted(metrics['n'], 'text')} of {data}{part}")


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="folders of finished runs, or of seeds")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="folder of the report; else runs/comparison-NAMES")
    ] = None,
    json: Json = False,
) -> None:
    """Compare runs on the same test texts: paired tests, overlays, costs, a verdict; HTML and PDF."""
    from tunelet.comparison import compare as compare_runs
    from tunelet.report import check_comparison_folder, comparison_folder, write_comparison

    if out is not None:
        check_comparison_folder(out, runs)  # before the work
    found = compare_runs(runs)
    folder = comparison_folder(found) if out is None else out
    page = write_comparison(found, folder)[0]
    if json:
        _print_json({"out": str(folder), **found.record})
        return
    for line in found.verdicts:
        typer.echo(line)
    typer.echo(f"report: {page}")


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="folder of a finished run, or of several seeds")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="folder of the report; else that of the run")] = None,
    json: Json = False,
) -> None:
    """Write the report of a run: report.html, report.pdf, figures, and the model card README.md."""
    from tunelet.report import write_report
    from tunelet.run import RunGroup

    written = write_report(RunGroup.load(run), out)
    if json:
        _print_json({"run": str(run), "files": [str(path) for path in written]})
    else:
        for path in written:
            typer.echo(str(path))
        card = (out or run) / "README.md"
        if card.exists() and card.resolve() not in [path.resolve() for path in written]:
            typer.echo(f"{card} is left as it is: its mark was taken out")


@app.command()
def push(
    run: RunPath,
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="on the Hugging Face Hub")],
    private: Annotated[bool, typer.Option("--private", help="where it is made now, let only its owner see it")] = False,
    with_texts: Annotated[
        bool, typer.Option("--with-texts", help="quote texts of the data, the most confident errors, in the report")
    ] = False,
    json: Json = False,
) -> None:
    """Upload a run to the Hugging Face Hub: adapter, tokenizer, recipe, metrics, report, model card; no data."""
    from tunelet.publish import push as push_run

    address = push_run(run, repository, private=private, texts=with_texts)
    if json:
        _print_json({"run": str(run), "url": address})
    else:
        typer.echo(address)


@app.command()
def predict(
    run: RunPath,
    texts: Annotated[list[str] | None, typer.Argument(metavar="TEXT...", help="texts to classify")] = None,
    input: Annotated[  # noqa: A002  (the contract's flag)
        str | None,
        typer.Option(metavar="DATA", help="texts in any form that train reads; .txt: a text a line"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="where to: .csv, .tsv, .jsonl or .parquet, also .gz and .zst")
    ] = None,
    text: TextColumn = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="P|run", help="the positive of two labels from this probability on; run: what the run chose"
        ),
    ] = None,
    min_confidence: Annotated[
        float | None, typer.Option(metavar="P", help="give no label that is less probable than this")
    ] = None,
    baseline: Baseline = False,
    encoding: Encoding = None,
    device: Device = None,
    settings: ReadSettings = None,
    json: Json = False,
) -> None:
    """Classify texts, given here or in a file."""
    from tunelet.cli._predict import predict as run_prediction

    run_prediction(
        run,
        texts or [],
        input,
        output,
        threshold=threshold,
        json=json,
        reading={"text": text, "encoding": encoding, "settings": _parsed(settings)},
        min_confidence=min_confidence,
        baseline=baseline,
        device=device,
    )


@app.command()
def recipes(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="print this recipe as TOML")] = None,
    json: Json = False,
) -> None:
    """List the recipes, or print one as TOML."""
    from tunelet.recipe import dump_recipe, named_recipes, resolve_recipe

    if name is None:
        listed = {key: recipe.description for key, recipe in named_recipes().items()}
        if json:
            _print_json({"recipes": listed})
        else:
            for key, description in listed.items():
                typer.echo(f"{key:<22}{description}")
        return
    recipe = resolve_recipe(name)
    if json:
        _print_json(recipe.model_dump())
    else:
        typer.echo(dump_recipe(recipe), nl=False)


@app.command()
def inspect(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="short name, Hub id or folder")],
    rank: Annotated[int, typer.Option(metavar="R", min=1, help="LoRA rank to count parameters for")] = 8,
    random_weights: Annotated[bool, typer.Option("--random-weights", help="accept a folder without weights")] = False,
    json: Json = False,
) -> None:
    """Layers, LoRA targets, parameter counts, and the memory and time to expect."""
    from tunelet.inspection import inspect_checkpoint, inspection_facts, inspection_record

    inspection = inspect_checkpoint(model, random_weights=random_weights, rank=rank)
    _show(json, inspection_record(inspection), inspection_facts(inspection))


@app.command()
def doctor(json: Json = False) -> None:
    """What this machine can do, what was chosen, and why."""
    from tunelet.inspection import doctor_facts, doctor_record, examine

    findings = examine()
    _show(json, doctor_record(findings), doctor_facts(findings))


def _say_column(role: str, column: dict[str, str]) -> None:
    typer.echo(f"{role}s: column {column['value']!r}, {column['reason']}")


def _show(json: bool, record: dict[str, Any], facts: Any) -> None:
    if json:
        _print_json(record)
        return
    from tunelet.console import facts_screen

    facts_screen(console(), facts)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json_line(value))
