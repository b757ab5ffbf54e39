"""`tunelet bench`: measure against the stock stack. The commands parse and print; the bench room measures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunelet.cli._family import Json, examples, family, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

commands = family("bench", "Measure tunelet against the stock stack on this machine.")

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="NAME|DIR", help="model to measure; repeatable; default: distilbert, albert and minilm"
    ),
]
Data = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="labelled texts; default: IMDb reviews, or random words with their lengths"),
]
Turns = Annotated[int, typer.Option(metavar="N", min=1, help="number of times that each arm is measured")]
Precisions = Annotated[
    list[str] | None,
    typer.Option("--precision", metavar="P", help="precision of tunelet's arms; repeatable; default: all"),
]
Device = Annotated[str, typer.Option(metavar="cpu|cuda", help="device to run on")]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="random seed of weights and texts")]
Limit = Annotated[
    float, typer.Option(metavar="SECONDS", min=1.0, help="time after which an arm that has a turn is given up")
]
Out = Annotated[Path | None, typer.Option(metavar="FILE.json", help="file to write the measurements to")]
TrainArms = Annotated[
    str, typer.Option(metavar="NAMES", help="arms to measure, with commas; mean: tunelet with mean pooling")
]
PredictArms = Annotated[str, typer.Option(metavar="NAMES", help="arms to measure, with commas")]
BatchSize = Annotated[int, typer.Option(metavar="N", min=1, help="number of texts in a batch")]
Steps = Annotated[
    int, typer.Option(metavar="N", min=1, help="number of stock steps in a turn; tunelet takes four times as many")
]
Compile = Annotated[
    bool | None,
    typer.Option(
        "--compile/--no-compile",
        help="torch.compile, tried for the best stock setting; default: where there is a C++ compiler",
    ),
]
Parity = Annotated[
    int, typer.Option(metavar="STEPS", min=0, help="number of steps whose losses are compared, dropout off; 0: none")
]
LearningRate = Annotated[float, typer.Option(metavar="X", min=0.0, help="peak learning rate of every arm")]
FinishedRun = Annotated[
    Path | None, typer.Option(metavar="RUN", help="finished run whose classifier is measured, in place of --model")
]
Texts = Annotated[int, typer.Option(metavar="N", min=1, help="number of texts classified in a turn")]


@commands.command(
    epilog=examples(
        "tunelet bench train --model minilm --data reviews.csv",
        "tunelet bench train --arms best,tunelet --precision bfloat16 --out train.json",
    )
)
def train(
    model: Models = None,
    data: Data = None,
    batch_size: BatchSize = 16,
    steps: Steps = 2,
    turns: Turns = 3,
    arms: TrainArms = "stock,best,tunelet",
    precision: Precisions = None,
    compile: Compile = None,  # noqa: A002  (the contract's flag)
    parity: Parity = 0,
    learning_rate: LearningRate = 1e-3,
    seed: Seed = 1,
    device: Device = "cpu",
    limit: Limit = 600.0,
    out: Out = None,
    json: Json = False,
) -> None:
    """Measure LoRA training. Trainer + PEFT as notebooks have it, its best setting, and tunelet take turns."""
    from tunelet.bench import TrainBench, bench_train

    settings = TrainBench(
        **_models(model),
        data=data,
        batch_size=batch_size,
        steps=steps,
        turns=turns,
        arms=_names(arms),
        precisions=tuple(precision or ()),
        compile=compile,
        parity=parity,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
        limit=limit,
    )
    _measure(lambda say, keep: bench_train(settings, say, keep), out, "train", json=json)


@commands.command(
    epilog=examples(
        "tunelet bench predict --model minilm --data reviews.csv",
        "tunelet bench predict --run runs/stars --arms transformers,tunelet --texts 200 --json",
    )
)
def predict(
    model: Models = None,
    run: FinishedRun = None,
    data: Data = None,
    texts: Texts = 96,
    turns: Turns = 3,
    arms: PredictArms = "pipeline,transformers,onnx,tunelet",
    precision: Precisions = None,
    seed: Seed = 1,
    device: Device = "cpu",
    limit: Limit = 600.0,
    out: Out = None,
    json: Json = False,
) -> None:
    """Measure the classification of texts.

    transformers' pipeline, transformers and ONNX Runtime at their best, and tunelet take turns.
    """
    from tunelet.bench import PredictBench, bench_predict

    settings = PredictBench(
        **_models(model),
        run=run,
        data=data,
        texts=texts,
        turns=turns,
        arms=_names(arms),
        precisions=tuple(precision or ()),
        seed=seed,
        device=device,
        limit=limit,
    )
    _measure(lambda say, keep: bench_predict(settings, say, keep), out, "predict", json=json)


def _models(named: list[str] | None) -> dict[str, Any]:
    return {"models": tuple(named)} if named else {}


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def _measure(bench: "Callable[[Any, Any], dict[str, Any]]", out: Path | None, kind: str, *, json: bool) -> None:
    from tunelet._output import console
    from tunelet.bench import check_writable, show_document, write_document

    if out is not None:
        check_writable(out, kind)
    progress = console(stderr=True)

    def say(line: str) -> None:
        progress.print(line, highlight=False, markup=False, soft_wrap=True)

    kept: dict[str, Any] = {}

    def keep(document: dict[str, Any]) -> None:
        kept.update(document)
        if out is not None:
            write_document(document, out)

    try:
        document = bench(say, keep)
    except KeyboardInterrupt:
        if not kept:
            raise
        if json:
            print_json(kept)
        else:
            show_document(console(), kept)
        place = "is above" if out is None else f"is in {out}"
        raise KeyboardInterrupt(f"what was measured so far {place}") from None
    if json:
        print_json(document)
        return
    show_document(console(), document)
    if out is not None:
        typer.echo(f"written  {out}")
