"""The report room: finished runs and comparisons as pages, print and model cards.

It reads run folders and recomputes nothing. A document of plain values comes first; HTML and PDF both show that one.
The room can be called: `tunelet.report(run)` writes the report of a run.
"""

from tunelet._lazy import callable_room
from tunelet.report._canvas import INK, QUIET, Figure, legend, look, panels
from tunelet.report._card import MARK as CARD_MARK
from tunelet.report._card import exported_card, model_card
from tunelet.report._document import Document
from tunelet.report._html import render_html
from tunelet.report._palette import css_variables, for_file
from tunelet.report._pdf import render_pdf
from tunelet.report._shaped_card import shaped_card
from tunelet.report._strict import for_strict_page
from tunelet.report._write import (
    WrittenReport,
    check_comparison_folder,
    comparison_folder,
    document_files,
    may_replace_card,
    report,
    write_comparison,
    write_report,
)
from tunelet.report.comparison_page import comparison_document
from tunelet.report.run_page import group_document, roc_figure

__all__ = [
    "CARD_MARK",
    "INK",
    "QUIET",
    "Document",
    "Figure",
    "WrittenReport",
    "check_comparison_folder",
    "comparison_document",
    "comparison_folder",
    "css_variables",
    "document_files",
    "exported_card",
    "for_file",
    "for_strict_page",
    "group_document",
    "legend",
    "look",
    "may_replace_card",
    "model_card",
    "panels",
    "render_html",
    "render_pdf",
    "report",
    "roc_figure",
    "shaped_card",
    "write_comparison",
    "write_report",
]

callable_room(__name__, report)
