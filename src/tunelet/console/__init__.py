"""What a person sees: screens before and after training, progress in between, and the tables of other commands."""

from tunelet.console._adapt import adaptation_plan, adaptation_result
from tunelet.console._facts import facts_screen
from tunelet.console._metrics import metrics_screen
from tunelet.console._plan import plan_screen
from tunelet.console._progress import progress
from tunelet.console._result import result_screen
from tunelet.console._seeds import group_screen

__all__ = [
    "adaptation_plan",
    "adaptation_result",
    "facts_screen",
    "group_screen",
    "metrics_screen",
    "plan_screen",
    "progress",
    "result_screen",
]
