"""What a page says of where a run was measured."""

from typing import Any


def where(run: dict[str, Any], *more: str) -> str:
    """Machine and versions of a measured run; `more` is said of the machine."""
    environment = run["environment"]
    versions = environment["versions"]
    machine = [environment["processor"], f"{environment['cores']} cores", f"{environment['threads']} threads", *more]
    return (
        f"*Measured on {', '.join(machine)}; tunelet {versions['tunelet']} at {run['commit']}"
        f"{' (with uncommitted changes)' if run['dirty'] else ''}, torch {versions['torch']}, "
        f"transformers {versions['transformers']}, peft {versions['peft']}.*"
    )
