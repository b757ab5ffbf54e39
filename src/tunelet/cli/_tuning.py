"""`tunelet tune`: a search over settings, whose result is a recipe."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tunelet.cli._family import (
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
)
from tunelet.cli._training import Group, Limit, RecipeName, Settings, Time

commands = family()


@commands.command(
    epilog=examples(
        "tunelet tune reviews.csv --trials 20 --out searches/reviews",
        "tunelet tune reviews.csv --budget 1h --space space.toml --model minilm",
        "tunelet report searches/reviews",
    )
)
def tune(
    data: Data,
    trials: Annotated[
        int | None, typer.Option(metavar="N", help="number of trials in all, the recipe as it is included")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="time for all trials, such as 30m or 2h, in place of a number")
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="settings to search, as TOML; default: rate, epochs, rank, targets, pooling, length"
        ),
    ] = None,
    pruner: Annotated[
        Literal["median", "asha", "none"],
        typer.Option(metavar="median|asha|none", help="rule by which hopeless trials are given up"),
    ] = "median",
    recipe: RecipeName = "quickstart",
    model: Model = None,
    text: TextColumn = None,
    label: LabelColumn = None,
    group: Group = None,
    time: Time = None,
    encoding: Encoding = None,
    limit: Limit = None,
    settings: Settings = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="random seed of the search, the trainings and the split")
    ] = None,
    device: Device = None,
    on: On = "local",
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="folder of the search, which must not exist; default: below runs/"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="continuation of the search in --out, interrupted or with fewer trials")
    ] = False,
    json: Json = False,
) -> None:
    """Search settings for your texts. Each trial is a run, and the result is a recipe."""
    from tunelet import tune as run_search

    study = run_search(
        data, trials=trials, budget=budget, space=space, pruner=pruner, recipe=recipe, model=model, text=text,
        label=label, group=group, time=time, encoding=encoding, limit=limit, settings=parsed(settings), seed=seed,
        device=device, on=on, workers=workers, out=out, resume=resume, quiet=json,
    )  # fmt: skip
    if json:
        print_json(study.facts.to_dict())
