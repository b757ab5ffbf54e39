"""The experiment room: the main job, from a request to a finished run folder, with one seed or several; adaptation."""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports

if TYPE_CHECKING:
    from tunelet.experiment._adapt import Adaptation, AdaptationJob, adaptation_recipe
    from tunelet.experiment._head import choose_head
    from tunelet.experiment._plan import Plan
    from tunelet.experiment._reckoning import Training, cost_of_trainings
    from tunelet.experiment._request import Request, whole_recipe
    from tunelet.experiment._screens import AdaptationPlan, Screens
    from tunelet.experiment._seeds import run_seeds
    from tunelet.experiment._splits import read_sources, split_seed
    from tunelet.experiment._train import Experiment

__all__ = [
    "Adaptation",
    "AdaptationJob",
    "AdaptationPlan",
    "Experiment",
    "Plan",
    "Request",
    "Screens",
    "Training",
    "adaptation_recipe",
    "choose_head",
    "cost_of_trainings",
    "read_sources",
    "run_seeds",
    "split_seed",
    "whole_recipe",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "_adapt": ("Adaptation", "AdaptationJob", "adaptation_recipe"),
        "_head": ("choose_head",),
        "_plan": ("Plan",),
        "_reckoning": ("Training", "cost_of_trainings"),
        "_request": ("Request", "whole_recipe"),
        "_screens": ("AdaptationPlan", "Screens"),
        "_seeds": ("run_seeds",),
        "_splits": ("read_sources", "split_seed"),
        "_train": ("Experiment",),
    },
)
