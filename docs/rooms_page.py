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
from rooms import LOOSE, arrows, back, reduced  # noqa: E402

_PACKAGE = "src/tunelet"
PAGE = Path(__file__).parent / "architecture.md"
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
    """The rooms as a Mermaid flowchart: who imports stands above what is imported."""
    drawn, loose = arrows(files)
    backward = back(drawn)
    forward = reduced({name: {one for one in below if (name, one) not in backward} for name, below in drawn.items()})
    lines = ["```mermaid", "flowchart TB"]
    if loose:
        lines.append(f'    root["{len(loose)} {LOOSE} at the root"]')
    lines += [f"    {_id(name)} --> {_id(one)}" for name in sorted(forward) for one in sorted(forward[name])]
    lines += [f"    {_id(name)} -. up .-> {_id(one)}" for name, one in sorted(backward)]
    return "\n".join([*lines, "```"])


def _id(name: str) -> str:
    return "root" if name == LOOSE else name


def with_diagram(page: str, name: str, drawn: str) -> str:
    """The page with a diagram between the marker comments of its name."""
    begin, end = f"<!-- {name}: written by docs/rooms_page.py -->\n", f"<!-- end of {name} -->"
    head, found, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"docs/architecture.md has no place for the diagram {name!r}")
    return f"{head}{begin}\n{drawn}\n\n{end}{tail}"


def page() -> str:
    """All of docs/architecture.md, with both diagrams drawn anew; the second stays where its commit is out of reach."""
    text = with_diagram(PAGE.read_text(encoding="utf-8"), "rooms", diagram(files_now()))
    before = files_of(BEFORE)
    return text if before is None else with_diagram(text, "rooms before", diagram(before))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
