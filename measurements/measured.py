"""A command run as a user types it and measured, memory of a process, and what a page says of where that was."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tunelet.bench import commit
from tunelet.run import Run, environment


def train(arguments: Sequence[str], keep: Callable[[Run], dict[str, Any]]) -> dict[str, Any]:
    """Run `tunelet train` in a process of its own.

    Args:
        arguments: after `tunelet train`, without --json and --out.
        keep: given the run before its folder goes; what of it to keep beside the rest.

    Returns:
        The command, the whole process's seconds, what it printed as JSON, and what it ran on.
    """
    command = ["tunelet", "train", *arguments, "--json"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        begin = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", *command, "--out", str(out)], check=True, stdout=subprocess.PIPE, text=True
        )
        seconds = time.monotonic() - begin
        run = Run.load(out)
        found, kept = _measured_on(run.environment.to_dict()), keep(run)
    return {
        "command": command,
        "seconds": seconds,
        "result": json.loads(done.stdout) | {"run": "run"},  # where it lay is nobody's concern
        **found,
        **kept,
    }


def peak_memory(process: int) -> int:
    """Largest resident set of a running process so far, in bytes; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def environment_and_commit() -> dict[str, Any]:
    """The part of a record that `environment_line` reads: what this process runs on, and the commit."""
    import torch

    return _measured_on(environment().to_dict() | {"threads": torch.get_num_threads()})


def _measured_on(environment: dict[str, Any]) -> dict[str, Any]:
    revision, dirty = commit()
    return {"environment": environment, "commit": revision, "dirty": dirty}


def environment_line(run: dict[str, Any], *more: str, commits: Iterable[str] = ()) -> str:
    """Processor, versions and commit of a measured run, as a line of a page.

    Args:
        run: the record, as `environment_and_commit` begins it.
        more: follows the processor.
        commits: of its parts, where they were measured one after the other; empty: the run's own.
    """
    environment, revisions = run["environment"], " and ".join(dict.fromkeys(commits)) or run["commit"]
    versions = environment["versions"]
    processor = [environment["processor"], f"{environment['cores']} cores", f"{environment['threads']} threads", *more]
    return (
        f"*Measured on {', '.join(processor)}; tunelet {versions['tunelet']} at {revisions}"
        f"{' (with uncommitted changes)' if run['dirty'] else ''}, torch {versions['torch']}, "
        f"transformers {versions['transformers']}, peft {versions['peft']}.*"
    )


def put_section(page: Path, begin: str, end: str, section: str) -> None:
    """Write a section between two marks of a page. Where one is missing, the page stays as it is, with an error."""
    before, begun, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise SystemExit(f"{page}: expected {begin.strip()}, and behind it {end.strip()}, on lines of their own")
    page.write_text(f"{before}{begin}{section}{end}{after}", encoding="utf-8")
