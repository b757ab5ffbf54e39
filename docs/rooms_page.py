"""The two diagrams in docs/architecture.md: which room imports which, now and before there were so many rooms.

python docs/rooms_page.py
"""

import io
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "tools"))
from flowchart import drawing  # noqa: E402
from rooms import LOOSE, arrows, back, reduced  # noqa: E402

_PACKAGE = "src/tunelet"
NOW, THEN = (Path(__file__).parent / "pictures" / f"{name}.svg" for name in ("rooms", "rooms-before"))
BEFORE = "cd200a4"  # the last commit before hub, checkpoint, inspection and publish were rooms


def files_now() -> dict[str, str]:
    """Path below the package -> source."""
    package = _ROOT / _PACKAGE
    return {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))
    }


def files_of(commit: str) -> dict[str, str] | None:
    """The same of a commit; None where the history here does not reach so far."""
    done = subprocess.run(["git", "archive", commit, _PACKAGE], cwd=_ROOT, capture_output=True, check=False)  # noqa: S607
    if done.returncode:
        return None
    files = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for entry in archive:
            if entry.name.endswith(".py") and (content := archive.extractfile(entry)) is not None:
                files[entry.name.removeprefix(f"{_PACKAGE}/")] = content.read().decode("utf-8")
    return files


def diagram(files: Mapping[str, str]) -> str:
    """The rooms as an SVG: who imports stands above what is imported; arrows that follow from others are left out."""
    drawn, loose = arrows(files)
    backward = back(drawn)
    forward = reduced({name: {one for one in below if (name, one) not in backward} for name, below in drawn.items()})
    downward = [(name, one) for name in sorted(forward) for one in sorted(forward[name])]
    return drawing(downward, sorted(backward), {LOOSE: f"{len(loose)} {LOOSE} at the root"})


def drawings() -> dict[Path, str]:
    """Path -> content of the diagrams, drawn anew; the second only where its commit is in reach."""
    before = files_of(BEFORE)
    return {NOW: diagram(files_now())} | ({} if before is None else {THEN: diagram(before)})


if __name__ == "__main__":
    for path, content in drawings().items():
        path.write_text(content, encoding="utf-8")
