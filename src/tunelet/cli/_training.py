"""`tunelet train` and `tunelet adapt`: what is learnt from labelled texts, and what from unlabelled ones."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tunelet._output import console
from tunelet.cli._family import (
    DATA,
    MODEL,
    Data,
    Device,
    Encoding,
    Json,
    LabelColumn,
    Model,
    On,
    TextColumn,
    Workers,
    examples,
    family,
    parsed,
    print_json,
    recipe_names,
)

commands = family()

Test = Annotated[
    str | None,
    typer.Option(
        metavar="DATA", help="test data, on which nothing is chosen; default: the test split of DATA, if it has one"
    ),
]
Unlabelled = Annotated[
    str | None,
    typer.Option(
        metavar="DATA", help="texts without labels; a model that learns from them, too, is kept where it is better"
    ),
]
RecipeName = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE", help="recipe: a name that `tunelet recipes` lists, or a file", autocompletion=recipe_names
    ),
]
Limit = Annotated[
    int | None, typer.Option(metavar="N", help="number of rows to draw before the split; default: the recipe's")
]
Group = Annotated[
    str | None,
    typer.Option(metavar="COL", help="column of what no split divides, such as an author; default: the recipe's"),
]
Time = Annotated[
    str | None,
    typer.Option(metavar="COL", help="column of dates or numbers, by which the newest texts validate"),
]
Split = Annotated[
    str | None,
    typer.Option(metavar="COL", help="column that says of each row whether it is for train, validation or test"),
]
Folds = Annotated[
    int | None, typer.Option(metavar="K", help="number of folds of a cross-validation; default: the recipe's")
]
SplitFrom = Annotated[
    Path | None,
    typer.Option(metavar="RUN", help="folder of a finished run, whose split is made again, text by text"),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="SECTION.KEY=VALUE", help="setting of the recipe, such as training.epochs=5; repeatable"
    ),
]
Epochs = Annotated[
    int | None, typer.Option(metavar="N", help="number of passes over the training texts; default: the recipe's")
]
BatchSize = Annotated[int | None, typer.Option(metavar="N", help="number of texts in a batch; default: the recipe's")]
LearningRate = Annotated[
    float | None,
    typer.Option("--learning-rate", "--lr", metavar="RATE", help="peak learning rate; default: the recipe's"),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", help="random seed of the head, the order of texts, dropout and the split"),
]
Seeds = Annotated[
    str | None,
    typer.Option(
        metavar="N,N,...", help="random seeds with commas: a run for each, and one measurement of all together"
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="time for the whole run, such as 90s, 10m or 1h30m; it decides what is trained"),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="folder of the run, which must not exist; default: runs/RECIPE-MODEL-seedN"),
]
Resume = Annotated[bool, typer.Option("--resume", help="continuation of the interrupted run from its last checkpoint")]
Track = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="tracker with a live view: tensorboard, mlflow, wandb or trackio; repeatable"),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="every choice with its reason on the screen before training")]


@commands.command(
    epilog=examples(
        "tunelet train sample --model minilm",
        "tunelet train reviews.csv --text review --label stars --out runs/stars",
        "tunelet train reviews.csv --test later.csv --budget 10m --json",
        "tunelet train reviews.csv --group author --folds 5",
        "tunelet train reviews.csv --recipe thorough --seeds 1,2,3 --workers 3",
        "tunelet train reviews.csv --set training.epochs=5 --set adapter.rank=16",
    )
)
def train(
    data: Data,
    test: Test = None,
    unlabelled: Unlabelled = None,
    recipe: RecipeName = "quickstart",
    model: Model = None,
    text: TextColumn = None,
    label: LabelColumn = None,
    group: Group = None,
    time: Time = None,
    split: Split = None,
    folds: Folds = None,
    split_from: SplitFrom = None,
    encoding: Encoding = None,
    limit: Limit = None,
    settings: Settings = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    seed: Seed = None,
    seeds: Seeds = None,
    device: Device = None,
    budget: Budget = None,
    on: On = "local",
    workers: Workers = None,
    out: Out = None,
    resume: Resume = False,
    track: Track = None,
    verbose: Verbose = False,
    json: Json = False,
) -> None:
    """Fine-tune an encoder on labelled texts, and measure the result."""
    from tunelet import train as run_training

    arguments: dict[str, Any] = {
        "test": test, "unlabelled": unlabelled, "recipe": recipe, "model": model, "text": text, "label": label,
        "group": group, "time": time, "split": split, "folds": folds, "split_from": split_from,
        "encoding": encoding, "limit": limit, "epochs": epochs, "batch_size": batch_size,
        "learning_rate": learning_rate, "device": device, "on": on, "workers": workers,
        "out": out, "resume": resume, "verbose": verbose,
        "settings": parsed(settings) | ({"training.track": track} if track else {}),
    }  # fmt: skip
    if seeds is None:
        summary = run_training(data, seed=seed, budget=budget, **arguments).facts.to_dict()
    else:
        summary = _train_seeds(data, _numbers(seeds, seed, budget), arguments, quiet=json)
    if json:
        print_json(summary)


def _train_seeds(data: str, seeds: list[int], arguments: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    from tunelet import train_seeds
    from tunelet.console import group_screen

    summary = train_seeds(data, seeds, **arguments).facts
    if not quiet:
        group_screen(console(stderr=True), summary)
    return summary.to_dict()


def _numbers(seeds: str, seed: int | None, budget: str | None) -> list[int]:
    from tunelet.errors import RecipeError

    if seed is not None:
        raise RecipeError("--seed and --seeds are two answers to one question", "leave one of them out")
    if budget is not None:
        raise RecipeError("a budget of time is for one run, and several seeds are several", "leave out --budget")
    try:
        return [int(number) for number in seeds.split(",")]
    except ValueError:
        raise RecipeError(
            f"--seeds: expected numbers with commas, found {seeds!r}", "for example --seeds 1,2,3"
        ) from None


@commands.command(
    epilog=examples(
        "tunelet adapt all-reviews.txt --model distilbert --out models/reviews",
        "tunelet adapt reviews.csv --model bert --out models/reviews --epochs 3 --max-length 128",
        "tunelet train reviews.csv --model models/reviews",
    )
)
def adapt(
    texts: Annotated[str, typer.Argument(metavar="TEXTS", help=f"unlabelled texts: {DATA}")],
    model: Annotated[str, typer.Option(metavar="NAME|DIR", help=f"model with its head for masked words: {MODEL}")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="folder of the new checkpoint, which must not exist")],
    text: TextColumn = None,
    encoding: Encoding = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="number of texts to draw; default: all")] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", help="number of passes over the texts; default: 1")] = None,
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="number of texts in a batch")] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", "--lr", metavar="RATE", help="peak learning rate of the adapter")
    ] = None,
    max_length: Annotated[int | None, typer.Option(metavar="N", help="number of tokens kept of a text")] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="random seed of the adapter, the order of texts and hidden words")
    ] = None,
    device: Device = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SECTION.KEY=VALUE", help="setting, such as adapter.rank=32; repeatable"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="continuation of the interrupted call from its last checkpoint")
    ] = False,
    json: Json = False,
) -> None:
    """Pretrain a checkpoint further on unlabelled texts. The result is a model to train from."""
    from tunelet import adapt as run_adaptation

    adaptation = run_adaptation(
        texts, model=model, out=out, text=text, encoding=encoding, limit=limit, epochs=epochs, batch_size=batch_size,
        learning_rate=learning_rate, max_length=max_length, seed=seed, device=device, settings=parsed(settings),
        resume=resume,
    )  # fmt: skip
    if json:
        print_json(adaptation.to_dict())
