"""What a person sees: screens before and after training, progress in between, and the tables of other commands."""

from tunelet.console._audit import audit_screen
from tunelet.console._classifying import evaluation_screen, file_screen, parts_screen, prediction_lines
from tunelet.console._explaining import explanations_screen
from tunelet.console._export import export_screen
from tunelet.console._facts import facts_screen
from tunelet.console._inspection import examination_screen, inspection_screen
from tunelet.console._metrics import metrics_screen
from tunelet.console._plan import plan_screen
from tunelet.console._progress import progress
from tunelet.console._result import result_screen
from tunelet.console._screens import TerminalScreens
from tunelet.console._search import SearchScreen
from tunelet.console._seeds import group_screen

__all__ = [
    "SearchScreen",
    "TerminalScreens",
    "audit_screen",
    "evaluation_screen",
    "examination_screen",
    "explanations_screen",
    "export_screen",
    "facts_screen",
    "file_screen",
    "group_screen",
    "inspection_screen",
    "metrics_screen",
    "parts_screen",
    "plan_screen",
    "prediction_lines",
    "progress",
    "result_screen",
]
