"""Reports into their folders: each file whole or not at all, under a name that does not change."""

from pathlib import Path

from tunelet.comparison import Comparison
from tunelet.errors import RunError
from tunelet.report._card import model_card
from tunelet.report._comparison_page import comparison_document
from tunelet.report._document import Document
from tunelet.report._html import render_html
from tunelet.report._palette import for_print
from tunelet.report._pdf import render_pdf
from tunelet.report._run_page import group_document
from tunelet.run import RunFolder, RunGroup, disk_errors, write_atomically

_RECORD = "comparison.json"


def write_report(group: RunGroup) -> list[Path]:
    """`report.html`, `report.pdf`, `figures/` and, of a single run, the model card `README.md` into its folder.

    Returns:
        The files, the page first.

    Raises:
        DiskError: the folder cannot be written.
    """
    written = _write_document(group.path, group_document(group))
    if len(group.runs) == 1:
        card = group.path / "README.md"
        RunFolder.write_text(card, model_card(group.runs[0]))
        written.append(card)
    return written


def write_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """`report.html`, `report.pdf`, `figures/` and `comparison.json` into a folder that is new, or holds a comparison.

    Returns:
        The files, the page first.

    Raises:
        RunError: the folder holds something else.
    """
    if folder.exists() and not (folder / _RECORD).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} exists and holds no comparison", "pass another --out")
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    record = folder / _RECORD
    RunFolder.write_json(record, comparison.record)
    return [*_write_document(folder, comparison_document(comparison)), record]


def _write_document(folder: Path, document: Document) -> list[Path]:
    page, pdf = render_html(document), render_pdf(document)
    pictures = folder / "figures"
    with disk_errors(folder):
        pictures.mkdir(exist_ok=True)
    written = [folder / "report.html", folder / "report.pdf"]
    RunFolder.write_text(written[0], page)
    write_atomically(written[1], lambda temporary: temporary.write_bytes(pdf))
    for figure in document.figures:
        path = pictures / f"{figure.name}.svg"
        RunFolder.write_text(path, for_print(figure.svg))
        written.append(path)
    return written
