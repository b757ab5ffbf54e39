"""`tunelet bench`: measure against the stock stack. The commands parse and print; the bench room measures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    name="bench", help="Measure tunelet against the stock stack, side by side, on this machine.", no_args_is_help=True
)

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="NAME|DIR", help="short name or folder; again for more; else distilbert, albert, minilm"
    ),
]
Data = Annotated[str | None, typer.Option(metavar="FILE", help="labelled texts; else IMDb reviews, or their lengths")]
Turns = Annotated[int, typer.Option(metavar="N", min=1, help="how often each arm is measured")]
Precisions = Annotated[
    list[str] | None, typer.Option("--precision", metavar="P", help="of tunelet; again for more; else all")
]
Device = Annotated[str, typer.Option(metavar="cpu|cuda", help="where to run")]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="of weights and texts")]
Out = Annotated[Path | None, typer.Option(metavar="FILE.json", help="where to write what was found")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object on stdout, and nothing else there")]


@app.command()
def train(
    model: Models = None,
    data: Data = None,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="texts of a step")] = 16,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="of stock training in a turn; tunelet takes 4 N")] = 2,
    turns: Turns = 3,
    arms: Annotated[
        str, typer.Option(metavar="NAMES", help="which arms, with commas; mean: tunelet with mean pooling")
    ] = "stock,best,tunelet",
    precision: Precisions = None,
    compile: Annotated[  # noqa: A002  (the contract's flag)
        bool | None, typer.Option("--compile/--no-compile", help="try torch.compile for the best stock setting")
    ] = None,
    parity: Annotated[
        int, typer.Option(metavar="STEPS", min=0, help="compare losses, step by step, dropout off; 0: do not")
    ] = 0,
    learning_rate: Annotated[float, typer.Option(metavar="X", min=0.0, help="peak rate of every arm")] = 1e-3,
    seed: Seed = 1,
    device: Device = "cpu",
    out: Out = None,
    json: Json = False,
) -> None:
    """LoRA training: Trainer + PEFT as notebooks have it, its best setting, and tunelet, in turns."""
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
    )
    _measure(lambda say, keep: bench_train(settings, say, keep), out, "train", json=json)


@app.command()
def predict(
    model: Models = None,
    run: Annotated[Path | None, typer.Option(metavar="RUN", help="measure a finished run's classifier")] = None,
    data: Data = None,
    texts: Annotated[int, typer.Option(metavar="N", min=1, help="classified in a turn")] = 96,
    turns: Turns = 3,
    arms: Annotated[
        str, typer.Option(metavar="NAMES", help="which arms, with commas")
    ] = "pipeline,transformers,onnx,tunelet",
    precision: Precisions = None,
    seed: Seed = 1,
    device: Device = "cpu",
    out: Out = None,
    json: Json = False,
) -> None:
    """Classifying texts: transformers' pipeline, transformers and ONNX Runtime at their best, and tunelet, in turns."""
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
    )
    _measure(lambda say, keep: bench_predict(settings, say, keep), out, "predict", json=json)


def _models(named: list[str] | None) -> dict[str, Any]:
    return {"models": tuple(named)} if named else {}


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def _measure(bench: "Callable[[Any, Any], dict[str, Any]]", out: Path | None, kind: str, *, json: bool) -> None:
    from tunelet._output import console
    from tunelet.bench import check_writable, write_document
    from tunelet.bench.harness._tables import show_document

    if out is not None:
        check_writable(out, kind)
    progress = console(stderr=True)

    def say(line: str) -> None:
        progress.print(line, highlight=False, markup=False, soft_wrap=True)

    def keep(document: dict[str, Any]) -> None:
        if out is not None:
            write_document(document, out)

    document = bench(say, keep)
    if json:
        from tunelet.cli._commands import _print_json

        _print_json(document)
        return
    show_document(console(), document)
    if out is not None:
        typer.echo(f"written  {out}")
