"""The tuning room: a search over settings whose trials are runs, and whose result is a recipe; Optuna's only place."""

from tunelet.tuning._space import DEFAULT_SPACES, Space, apply, space_of
from tunelet.tuning._tune import FIGURES, Follower, Limits, SearchPlan, Unfollowed, run_search

__all__ = [
    "DEFAULT_SPACES",
    "FIGURES",
    "Follower",
    "Limits",
    "SearchPlan",
    "Space",
    "Unfollowed",
    "apply",
    "run_search",
    "space_of",
]
