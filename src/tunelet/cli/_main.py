"""The entry point: exit status, one line for a user's error, and nothing imported before a command is known."""

import os
import sys
import traceback
from pathlib import Path
from typing import Any

from tunelet._output import OutputError, abandon, standard_streams
from tunelet._variables import check_variables
from tunelet.errors import TuneletError

_FAULT, _USER, _INTERRUPTED = 1, 2, 130
_NAME = "tunelet"
_COMPLETION = "_TUNELET_COMPLETE"  # set by the scripts of --show-completion


def main() -> None:
    """Run the command line and exit: 0 done, 2 the user's input is at fault, 1 anything else, 130 interrupted."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        with standard_streams():
            status = _answered(arguments, debug=debug)
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        abandon(sys.stdout)
        status = 0
    except OutputError as error:
        abandon(sys.stdout)
        _say(f"error: the output cannot be written: {error}; free some space, or send it elsewhere")
        status = 1
    sys.exit(status)


def _answered(arguments: list[str], *, debug: bool) -> int:
    """Run a command, print what goes wrong in it, and return its exit status."""
    try:
        return _run(arguments)
    except (BrokenPipeError, OutputError):
        raise
    except TuneletError as error:
        _say(traceback.format_exc() if debug else f"error: {_line_of(error)}")
        return _USER
    except KeyboardInterrupt as interruption:
        from tunelet.cli._flags import as_flags

        _say(f"\ninterrupted: {as_flags(str(interruption))}" if str(interruption) else "\ninterrupted")
        return _INTERRUPTED
    except Exception as error:
        reason = " ".join(str(error).split()) or "no message"
        fault = f"error: {type(error).__name__}: {reason} (this is a fault in tunelet; --debug shows where)"
        _say(traceback.format_exc() if debug else fault)
        return _FAULT


def _line_of(error: TuneletError) -> str:
    from tunelet.cli._flags import line_of

    return line_of(error)


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _check_working_folder() -> None:
    """Raise TuneletError where the working directory has been removed: torch's libraries end the process there."""
    try:
        Path.cwd()
    except OSError:
        raise TuneletError("the working directory is gone", "cd into one that is there") from None


def _run(arguments: list[str]) -> int:
    # Set before any library reads them: no telemetry, and a tokenizer whose threads survive what users fork.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ["MPLBACKEND"] = "svg"  # a backend for windows, or one of a wrong name, is of no use here
    import typer

    from tunelet.cli._app import app

    # typer carries its own click and exports only the ends of its family of errors
    usage_error: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
    command = typer.main.get_command(app)
    if instruction := os.environ.get(_COMPLETION):  # the shell asks what could be typed next
        from typer.completion import shell_complete

        return shell_complete(command, {}, _NAME, _COMPLETION, instruction)
    try:
        # Not `app(arguments)`, which answers an interruption itself and loses what it has to say.
        with command.make_context(_NAME, arguments) as running:
            check_variables()
            _check_working_folder()
            command.invoke(running)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except usage_error as error:
        _say(_misuse(error))
        return _USER
    return 0


def _misuse(error: Any) -> str:
    """What to print of click's `UsageError`: one line, or the help where nothing was typed behind a command."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else _NAME
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.format_message())
    if type(error).__name__ == "NoSuchOption":
        from tunelet.cli._unknown import unknown_option

        return f"error: {unknown_option(error)}; see `{path} --help`"
    message = error.format_message().rstrip(".")
    quotes = "put a name with spaces in quotes, or " if "unexpected extra argument" in message else ""
    pointer = " See" if message.endswith("?") else f"; {quotes}see"
    return f"error: {message}{pointer} `{path} --help`"
