"""The training room: the loop, its optimiser and schedule, checkpoints, and the time it will take."""

from tunelet.training._activations import GIB, Activations, keeps_activations
from tunelet.training._checkpoint import latest_checkpoint
from tunelet.training._estimate import Estimate, estimate_time
from tunelet.training._length import Length
from tunelet.training._loop import Fit, Outcome, TrainingData, fit
from tunelet.training._progress import Progress
from tunelet.training._tracking import check_trackers

__all__ = [
    "GIB",
    "Activations",
    "Estimate",
    "Fit",
    "Length",
    "Outcome",
    "Progress",
    "TrainingData",
    "check_trackers",
    "estimate_time",
    "fit",
    "keeps_activations",
    "latest_checkpoint",
]
