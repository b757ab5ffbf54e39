"""The report room: finished runs and comparisons as pages, print and model cards.

It reads run folders and recomputes nothing. A document is made once, in plain values; HTML and PDF show the same one.
"""

from tunelet.report._card import model_card
from tunelet.report._document import Document
from tunelet.report._html import render_html
from tunelet.report._palette import for_file
from tunelet.report._pdf import render_pdf
from tunelet.report._write import (
    check_comparison_folder,
    comparison_folder,
    document_files,
    may_replace_card,
    write_comparison,
    write_report,
)
from tunelet.report.comparison_page import comparison_document
from tunelet.report.run_page import group_document

__all__ = [
    "Document",
    "check_comparison_folder",
    "comparison_document",
    "comparison_folder",
    "document_files",
    "for_file",
    "group_document",
    "may_replace_card",
    "model_card",
    "render_html",
    "render_pdf",
    "write_comparison",
    "write_report",
]
