"""The report of a comparison: what `compare` found, told and drawn, a file for each section."""

from tunelet.report.comparison_page._page import comparison_document

__all__ = ["comparison_document"]
