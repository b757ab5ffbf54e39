"""The entry point: exit status, one line for a user's error, and nothing imported before a command is known."""

import os
import sys
from typing import Any

from tunelet.errors import TuneletError

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit: 0 done, 2 the user's input is at fault, 1 anything else, 130 interrupted."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        sys.exit(_run(arguments))
    except TuneletError as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt as interruption:
        print(f"\ninterrupted: {interruption}" if str(interruption) else "\ninterrupted", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        reason = " ".join(str(error).split()) or "no message"
        print(
            f"error: {type(error).__name__}: {reason} (this is a fault in tunelet; --debug shows where)",
            file=sys.stderr,
        )
        sys.exit(1)


def _run(arguments: list[str]) -> int:
    # Set before any library reads them: no telemetry, and a tokenizer whose threads survive what users fork.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    import typer

    from tunelet.cli._commands import app

    # typer carries its own click and exports only the ends of its family of errors
    usage_error: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
    try:
        # Not `app(arguments)`, which answers an interruption itself and loses what it has to say.
        command = typer.main.get_command(app)
        with command.make_context("tunelet", arguments) as running:
            command.invoke(running)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except usage_error as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "tunelet"
        # With no arguments at all the "error" is the help text.
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
        else:
            print(f"error: {error.format_message().rstrip('.')}; see `{path} --help`", file=sys.stderr)
        return 2
    return 0
