"""What every command shares: the arguments that several take, examples below the help, one JSON object on stdout.

A file of this room holds one family of commands. A command parses, calls the public function of its name and prints;
it imports that function when it runs, so that `tunelet --help` is instant. A help text begins with its noun.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from tunelet._output import json_line

_DEVICES = ("auto", "cpu", "cuda", "mps")


def family(name: str | None = None, description: str | None = None) -> typer.Typer:
    """The commands of one file; with a name they become commands of a command, as in `tunelet bench train`."""
    return typer.Typer(
        name=name, help=description, no_args_is_help=name is not None, rich_markup_mode=None, add_completion=False
    )


def examples(*commands: str) -> str:
    """What stands below a command's help: lines to copy, kept as they are at any width of the terminal."""
    return "\n".join(("\b", "examples:", *(f"  {command}" for command in commands)))


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _models(incomplete: str) -> list[str]:
    from tunelet.checkpoint import SHORT_NAMES

    return _beginning(SHORT_NAMES, incomplete)


def _devices(incomplete: str) -> list[str]:
    return _beginning(_DEVICES, incomplete)


def recipe_names(incomplete: str) -> list[str]:
    """The recipes whose names begin so, for completion in a shell."""
    from tunelet.recipe import named_recipes

    return _beginning(named_recipes(), incomplete)


DATA = (
    "a file (.csv .tsv .jsonl .json .parquet .xlsx .txt, also .gz .zst .xz .bz2 .zip), a folder, "
    "hub:OWNER/NAME[:CONFIG], imdb, or sample (reviews that ship with tunelet)"
)
MODEL = "a short name such as minilm, a Hub id, or a folder"

Data = Annotated[str, typer.Argument(metavar="DATA", help=f"labelled texts: {DATA}")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="folder of a finished run")]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|DIR", help=f"model to start from: {MODEL}; default: the recipe's", autocompletion=_models
    ),
]
SomeModel = Annotated[str, typer.Argument(metavar="MODEL", help=f"model: {MODEL}", autocompletion=_models)]
TextColumn = Annotated[
    list[str] | None,
    typer.Option(
        "--text", metavar="COL", help="column of the texts; repeatable, to read several together; default: recognised"
    ),
]
LabelColumn = Annotated[
    str | None, typer.Option("--label", metavar="COL", help="column of the labels; default: recognised")
]
Encoding = Annotated[
    str | None, typer.Option(metavar="NAME", help="encoding of text files that are not UTF-8, such as cp1252")
]
ReadSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="setting of the reader (data.encoding, data.delimiter, data.max_bytes or data.max_cell); repeatable",
    ),
]
Baseline = Annotated[
    bool, typer.Option("--baseline", help="baseline of the run, TF-IDF + logistic regression, in place of its encoder")
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(_DEVICES), help="device to run on; default: what the recipe says", autocompletion=_devices
    ),
]
On = Annotated[
    str,
    typer.Option(metavar="local|ray|ray://HOST:PORT", help="place of the workers: this machine, or a Ray cluster"),
]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="number of processes at a time, the cores divided among them; default: 1, on ray one a core"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout: one object, and nothing else there")]


def parsed(settings: list[str] | None) -> dict[str, Any]:
    """What follows each `--set`, by dotted key."""
    from tunelet.recipe import parse_setting

    return dict(parse_setting(setting) for setting in settings or [])


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on one line."""
    typer.echo(json_line(value))
