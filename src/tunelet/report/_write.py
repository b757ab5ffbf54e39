"""Write reports into their folders: a whole report or nothing, and over no files but tunelet's own."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tunelet._arguments import checked
from tunelet._foreign import ForeignFileError, read_bytes, read_text
from tunelet._record import parse_record
from tunelet.comparison import Comparison, ComparisonRecord
from tunelet.errors import RunError
from tunelet.report._card import MARK, model_card
from tunelet.report._document import Document
from tunelet.report._html import render_html
from tunelet.report._palette import for_file
from tunelet.report._pdf import render_pdf
from tunelet.report.comparison_page import comparison_document
from tunelet.report.run_page import group_document
from tunelet.report.study_page import study_document
from tunelet.run import (
    Run,
    RunFolder,
    RunGroup,
    Study,
    check_place,
    disk_errors,
    is_marked,
    numbered,
    refuse_link,
    write_files,
)

_RECORD = "comparison.json"
_PAGES = ("report.html", "report.pdf")
CARD = "README.md"


@dataclass(frozen=True)
class WrittenReport:
    """The files of a report.

    Attributes:
        folder: the folder that holds them.
        files: their paths, the page first.
        kept_card: a model card that stays as it is, because its mark was taken out; None: there is none.

    >>> written = tunelet.report("runs/first", "report-of-first")
    >>> written.page.name, written.kept_card
    ('report.html', None)
    """

    folder: Path
    files: tuple[Path, ...]
    kept_card: Path | None

    @property
    def page(self) -> Path:
        """The path of the HTML page."""
        return self.files[0]


@checked
def report(run: str | Path | Run | RunGroup | Study | Comparison, out: str | Path | None = None) -> WrittenReport:
    """Write the report of a run, of several seeds, of a search over settings or of a comparison.

    It is a page in HTML, the same in PDF, its figures as SVG and, of a single run, the model card `README.md`; of a
    comparison, `comparison.json` holds what was measured.

    >>> tunelet.report("runs/first", "report-of-first").files[0]
    PosixPath('report-of-first/report.html')
    >>> written = tunelet.report(tunelet.compare(["runs/first", "runs/second"]), "which-one")
    >>> sorted(path.name for path in written.files if path.suffix != ".svg")
    ['comparison.json', 'report.html', 'report.pdf']

    Args:
        run: a finished run, several seeds of one, a search, the folder of any of these, or what `compare` returned.
        out: the folder of the report; None: the run's own folder, or runs/comparison-NAMES.

    Raises:
        RunError: a run folder is damaged, or the folder of the report holds something else.
        DiskError: the folder cannot be written.
    """
    if isinstance(run, Comparison):
        folder = comparison_folder(run) if out is None else Path(out)
        return WrittenReport(folder, tuple(write_comparison(run, folder)), None)
    if isinstance(run, Study) or (not isinstance(run, Run | RunGroup) and Study.is_one(Path(run))):
        study = run if isinstance(run, Study) else Study.load(run)
        folder = study.path if out is None else Path(out)
        return WrittenReport(folder, tuple(write_study(study, folder)), None)
    group = RunGroup.given(run)
    folder = group.path if out is None else Path(out)
    files = tuple(write_report(group, None if out is None else folder))
    card = folder / CARD
    kept = len(group.runs) == 1 and card.exists() and card.resolve() not in [path.resolve() for path in files]
    return WrittenReport(folder, files, card if kept else None)


def write_report(group: RunGroup, folder: Path | None = None) -> list[Path]:
    """`report.html`, `report.pdf`, `figures/` and, of a single run, the model card `README.md`.

    Args:
        group: a run, or several seeds of one.
        folder: where to; None: the run's own folder.

    Returns:
        The files, the page first. A model card whose mark was taken out stays as it is, and is not among them.

    Raises:
        RunError: the run folder is damaged, or the folder holds files of these names that tunelet did not write.
        DiskError: the folder cannot be written.
    """
    folder = group.path.resolve() if folder is None else folder
    with disk_errors(folder):
        own = folder.resolve() == group.path.resolve()
    check_place(folder, "report", _PAGES, own=own)  # before the work
    files = document_files(group_document(group))
    judged = []
    if len(group.runs) == 1 and may_replace_card(folder / CARD):
        files[CARD] = model_card(group.runs[0]).encode("utf-8")
        judged = [CARD]
    return write_files(folder, "report", files, judged=judged, own=own)


def write_study(study: Study, folder: Path) -> list[Path]:
    """`report.html`, `report.pdf` and `figures/*.svg` of a search; errors as `write_report`."""
    with disk_errors(folder):
        own = folder.resolve() == study.path.resolve()
    check_place(folder, "report", _PAGES, own=own)
    return write_files(folder, "report", document_files(study_document(study)), own=own)


def document_files(document: Document) -> dict[str, bytes]:
    """A document as files: name -> content, the page first."""
    files = {
        "report.html": render_html(document).encode("utf-8"),
        "report.pdf": render_pdf(document),
    }
    for figure in document.figures:
        picture = for_file(figure.svg, figure.title, figure.alternative)
        files[f"figures/{figure.name}.svg"] = picture.encode("utf-8")
    return files


def may_replace_card(path: Path) -> bool:
    """Whether a model card may be written there: the place is free, or holds a card that still has its mark."""
    with disk_errors(path):
        if path.is_symlink():
            return False
        if not path.exists():
            return True
    try:
        return MARK in read_text(path)
    except ForeignFileError:
        return False


def comparison_folder(comparison: Comparison) -> Path:
    """`runs/comparison-NAMES`, with a number where another comparison has that name."""
    names = "-".join(comparison.names).replace("/", "-")
    own = {_absolute(group.path) for group in comparison.groups}
    folders = numbered(Path("runs") / f"comparison-{names}")
    return next(folder for folder in folders if not folder.exists() or _compared(folder) == own)


def check_comparison_folder(folder: Path, runs: Sequence[str | Path]) -> None:
    """Refuse a folder that holds anything but a comparison of these runs, before anything is computed.

    Raises:
        RunError: the folder holds something else.
    """
    refuse_link(folder)
    with disk_errors(folder):
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if not taken:
        return
    if not is_marked(folder, "comparison"):
        raise RunError(f"{folder} exists and holds no comparison", "pass another out=...")
    check_place(folder, "comparison", [*_PAGES, _RECORD])
    known = _compared(folder)
    if known != {_absolute(run) for run in runs}:
        raise RunError(f"{folder} holds a comparison of other runs: {', '.join(sorted(known))}", "pass another out=...")


def write_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """`report.html`, `report.pdf`, `figures/*.svg` and `comparison.json`, into a folder of their own.

    Returns:
        The files, the page first.

    Raises:
        RunError: the folder holds something else, or a run folder is damaged.
        DiskError: the folder cannot be written.
    """
    check_comparison_folder(folder, [group.path for group in comparison.groups])
    files = document_files(comparison_document(comparison))
    record = comparison.record.changed(folders=tuple(str(group.path) for group in comparison.groups))
    return write_files(folder, "comparison", {**files, _RECORD: RunFolder.json_bytes(record.to_dict())})


def _compared(folder: Path) -> set[str]:
    """The run folders of the comparison in this folder; empty where it is not tunelet's, or was changed."""
    if not is_marked(folder, "comparison"):
        return set()
    try:
        return set(map(_absolute, parse_record(read_bytes(folder / _RECORD), ComparisonRecord).folders))
    except (ForeignFileError, OSError, ValueError):
        return set()


def _absolute(path: str | Path) -> str:
    return os.path.realpath(path)
