"""The report of a comparison: the result of `compare` in sentences, tables and figures, a file for each section."""

from tunelet.report.comparison_page._page import comparison_document

__all__ = ["comparison_document"]
