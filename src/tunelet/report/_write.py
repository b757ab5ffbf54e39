"""Reports into their folders: each file whole or not at all, under a name that does not change."""

import json
from collections.abc import Sequence
from pathlib import Path

from tunelet.comparison import Comparison
from tunelet.errors import RunError
from tunelet.report._card import MARK, model_card
from tunelet.report._document import Document
from tunelet.report._html import render_html
from tunelet.report._palette import for_file
from tunelet.report._pdf import render_pdf
from tunelet.report.comparison_page import comparison_document
from tunelet.report.run_page import group_document
from tunelet.run import RunFolder, RunGroup, disk_errors, numbered, write_atomically

_RECORD = "comparison.json"


def write_report(group: RunGroup, folder: Path | None = None, *, texts: bool = True) -> list[Path]:
    """`report.html`, `report.pdf`, `figures/` and, of a single run, the model card `README.md`.

    Args:
        group: a run, or several seeds of one.
        folder: where to; None: the run's own folder.
        texts: whether texts of the data are quoted.

    Returns:
        The files, the page first. A model card whose mark someone has taken out is left as it is, and not among them.

    Raises:
        RunError: the run folder is damaged.
        DiskError: the folder cannot be written.
    """
    document = group_document(group) if texts else group_document(group).without_quotes()
    folder = group.path if folder is None else folder
    card = model_card(group.runs[0]) if len(group.runs) == 1 else None
    written = _write_document(folder, document)
    place = folder / "README.md"
    if card is not None and (not place.exists() or MARK in place.read_text(encoding="utf-8", errors="replace")):
        RunFolder.write_text(place, card)
        written.append(place)
    return written


def comparison_folder(comparison: Comparison) -> Path:
    """`runs/comparison-NAMES`, with a number where another comparison lies there."""
    names = "-".join(comparison.names).replace("/", "-")
    own = {_absolute(group.path) for group in comparison.groups}
    folders = numbered(Path("runs") / f"comparison-{names}")
    return next(folder for folder in folders if not folder.exists() or _compared(folder) == own)


def check_comparison_folder(folder: Path, runs: Sequence[str | Path]) -> None:
    """Raises RunError where a folder holds anything but a comparison of these runs, before anything is computed."""
    with disk_errors(folder):
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if not taken:
        return
    if not (folder / _RECORD).is_file():
        raise RunError(f"{folder} exists and holds no comparison", "pass another --out")
    known = _compared(folder)
    if known and known != {_absolute(run) for run in runs}:
        raise RunError(f"{folder} holds a comparison of other runs: {', '.join(sorted(known))}", "pass another --out")


def write_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """`report.html`, `report.pdf`, `figures/*.svg` and `comparison.json`, into a folder of their own.

    Returns:
        The files, the page first.

    Raises:
        RunError: the folder holds something else, or a run folder is damaged.
        DiskError: the folder cannot be written.
    """
    check_comparison_folder(folder, [group.path for group in comparison.groups])
    written = _write_document(folder, comparison_document(comparison))
    record = folder / _RECORD
    RunFolder.write_json(record, {**comparison.record, "folders": [str(group.path) for group in comparison.groups]})
    return [*written, record]


def _compared(folder: Path) -> set[str]:
    """The run folders of the comparison that lies there; none where it cannot be read."""
    try:
        return {_absolute(name) for name in json.loads((folder / _RECORD).read_text(encoding="utf-8"))["folders"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _absolute(path: str | Path) -> str:
    return str(Path(path).resolve())


def _write_document(folder: Path, document: Document) -> list[Path]:
    page, pdf = render_html(document), render_pdf(document)  # all there is, before the first file is
    pictures = folder / "figures"
    with disk_errors(folder):
        pictures.mkdir(parents=True, exist_ok=True)
        for old in pictures.glob("*.svg"):
            old.unlink()
    written = [folder / "report.html", folder / "report.pdf"]
    RunFolder.write_text(written[0], page)
    write_atomically(written[1], lambda temporary: temporary.write_bytes(pdf))
    for figure in document.figures:
        path = pictures / f"{figure.name}.svg"
        RunFolder.write_text(path, for_file(figure.svg, figure.title, figure.alternative))
        written.append(path)
    return written
