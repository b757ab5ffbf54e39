"""The comparison room: finished runs side by side on the same test texts; reads run folders, writes nothing."""

from tunelet.comparison._compare import Comparison, compare
from tunelet.comparison._outcomes import OnlyOneRight, Outcomes, right_instead

__all__ = ["Comparison", "OnlyOneRight", "Outcomes", "compare", "right_instead"]
