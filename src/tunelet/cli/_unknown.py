"""An option that does not exist: the nearest one that does, or the setting that it may have meant."""

import difflib
from typing import Any


def unknown_option(error: Any) -> str:
    """One line, from click's error: options of the command are looked at, and the settings that it takes.

    Args:
        error: click's `NoSuchOption`, of the copy of click that typer carries.
    """
    command = error.ctx.command
    options = {name: name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    if "--set" in options:
        from tunelet.data import FILE_KEYS
        from tunelet.recipe import valid_keys

        for key in valid_keys() if command.name == "train" else FILE_KEYS:
            options.setdefault(f"--{key.rpartition('.')[2].replace('_', '-')}", f"--set {key}=VALUE")
    wanted = error.option_name.lower()
    close = [wanted] if wanted in options else difflib.get_close_matches(wanted, options, n=3, cutoff=0.7)
    close = close or [name for name in options if len(wanted) > 4 and name.startswith(wanted)]
    close.sort(key=lambda name: sorted(name) != sorted(wanted))  # of equally near ones that with two letters exchanged
    hint = f"did you mean {options[close[0]]}?" if close else "no option has a name like it"
    return f"there is no option {error.option_name}; {hint}"
