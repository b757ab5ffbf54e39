"""All commands in the order of the help: from training to what is shown to others, then what there is to look at."""

from typing import Annotated

import typer

from tunelet.cli import (
    _auditing,
    _bench,
    _classifying,
    _explaining,
    _exporting,
    _looking,
    _results,
    _serving,
    _training,
    _tuning,
)
from tunelet.cli._family import examples

app = typer.Typer(
    name="tunelet",
    help="Fine-tune small language models on your own labelled text, in minutes, and know how good they are.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "tunelet train sample --model minilm --out runs/first",
        'tunelet predict runs/first "Two hours I will not get back."',
        "tunelet report runs/first",
        "tunelet serve runs/first",
    )
    + "\n\n`tunelet COMMAND --help` has more. --debug after any command shows the traceback of an error.",
)
for _family in (_training, _tuning, _classifying, _explaining, _results, _exporting, _serving, _auditing, _looking):
    app.add_typer(_family.commands)
app.add_typer(_bench.commands)


def _version(value: bool) -> None:
    if value:
        from tunelet._version import __version__

        typer.echo(f"tunelet {__version__}")
        raise typer.Exit


@app.callback()
def _app(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="version of tunelet")
    ] = False,
) -> None:
    pass
