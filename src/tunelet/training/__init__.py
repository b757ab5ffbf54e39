"""The training room: the loop, its step, optimizer and schedule, checkpoints, and the time that it will take.

`fit` trains a classifier and `pretrain` a model of masked words: one loop with another objective.
"""

from tunelet.training._activations import GIB, Activations, HiddenStates, keeps_activations
from tunelet.training._checkpoint import latest_checkpoint
from tunelet.training._classification import Classification
from tunelet.training._data import Outcome, TrainingData
from tunelet.training._estimate import Estimate, Work, estimate_time, expect
from tunelet.training._fit import fit
from tunelet.training._length import Length, fold_settings
from tunelet.training._losses import Loss
from tunelet.training._masked import Pretrained, pretrain, tokens_per_second
from tunelet.training._pace import Allowance
from tunelet.training._rates import Rates, time_steps
from tunelet.training._reporter import Reporter, Silent
from tunelet.training._step import TrainingStep, add_gradients, micro_batches
from tunelet.training._student import Mix
from tunelet.training._tracking import check_trackers

__all__ = [
    "GIB",
    "Activations",
    "Allowance",
    "Classification",
    "Estimate",
    "HiddenStates",
    "Length",
    "Loss",
    "Mix",
    "Outcome",
    "Pretrained",
    "Rates",
    "Reporter",
    "Silent",
    "TrainingData",
    "TrainingStep",
    "Work",
    "add_gradients",
    "check_trackers",
    "estimate_time",
    "expect",
    "fit",
    "fold_settings",
    "keeps_activations",
    "latest_checkpoint",
    "micro_batches",
    "pretrain",
    "time_steps",
    "tokens_per_second",
]
