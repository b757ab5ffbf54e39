"""The report of a search over settings: what `tune` found, in sentences, tables and figures."""

from tunelet.report.study_page._page import study_document

__all__ = ["study_document"]
