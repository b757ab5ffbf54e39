"""The training room: the loop, its optimiser and schedule, checkpoints, and the time it will take."""

from tunelet.training._activations import GIB, Activations, HiddenStates, keeps_activations
from tunelet.training._checkpoint import latest_checkpoint
from tunelet.training._data import Outcome, TrainingData
from tunelet.training._estimate import Estimate, Rates, Work, estimate_time, expect, time_steps
from tunelet.training._length import Length, fold_settings
from tunelet.training._loop import Fit, fit
from tunelet.training._masked import Pretrained, pretrain, tokens_per_second
from tunelet.training._pace import Allowance
from tunelet.training._reporter import Reporter, Silent
from tunelet.training._student import Mix
from tunelet.training._tracking import check_trackers

__all__ = [
    "GIB",
    "Activations",
    "Allowance",
    "Estimate",
    "Fit",
    "HiddenStates",
    "Length",
    "Mix",
    "Outcome",
    "Pretrained",
    "Rates",
    "Reporter",
    "Silent",
    "TrainingData",
    "Work",
    "check_trackers",
    "estimate_time",
    "expect",
    "fit",
    "fold_settings",
    "keeps_activations",
    "latest_checkpoint",
    "pretrain",
    "time_steps",
    "tokens_per_second",
]
