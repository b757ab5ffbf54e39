"""The report of a run, or of several seeds, from what its folder holds: a file for each section.

Metrics are taken from the run's records; none is computed here.
"""

from tunelet.report.run_page._baseline import kappa_in_words
from tunelet.report.run_page._cut import cut_texts
from tunelet.report.run_page._page import group_document
from tunelet.report.run_page._pictures import curve_lines, roc_figure
from tunelet.report.run_page._reproduce import training_call

__all__ = ["curve_lines", "cut_texts", "group_document", "kappa_in_words", "roc_figure", "training_call"]
