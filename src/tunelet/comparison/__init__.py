"""The comparison room: finished runs side by side on the same test texts; reads run folders, writes nothing."""

from tunelet.comparison._compare import Comparison, compare
from tunelet.comparison._models import chosen_here
from tunelet.comparison._outcomes import OnlyOneRight, Outcomes, right_instead
from tunelet.comparison._record import ComparedModel, ComparisonRecord

__all__ = [
    "ComparedModel",
    "Comparison",
    "ComparisonRecord",
    "OnlyOneRight",
    "Outcomes",
    "chosen_here",
    "compare",
    "right_instead",
]
