"""The comparison room: finished runs side by side on the same test texts; reads run folders, writes nothing."""

from tunelet.comparison._compare import Comparison, compare

__all__ = ["Comparison", "compare"]
