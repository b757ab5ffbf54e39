"""The number that is explained: the log odds of a label, log(p / (1 - p)), of the probability that `predict` gives.

A logit alone says nothing: a constant added to all of them changes no probability. The log odds of a label do, and with
two labels they are the difference of the two logits, so that what TF-IDF adds to them is linear in its terms.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch


def log_odds(logits: NDArray[np.float64], label: int) -> NDArray[np.float64]:
    """log(p / (1 - p)) of a class, float64 [n], from logits [n, classes]."""
    from scipy.special import logsumexp

    others = np.delete(logits, label, axis=1)
    odds: NDArray[np.float64] = logits[:, label] - logsumexp(others, axis=1)
    return odds


def log_odds_gradient(logits: NDArray[np.float64], label: int) -> NDArray[np.float64]:
    """The gradient of `log_odds` with respect to the logits, float64 [n, classes]."""
    from scipy.special import softmax

    gradient = np.zeros_like(logits)
    others = np.arange(logits.shape[1]) != label
    gradient[:, others] = -softmax(logits[:, others], axis=1)
    gradient[:, label] = 1.0
    return gradient


def torch_log_odds(logits: "torch.Tensor", label: int) -> "torch.Tensor":
    """The same as `log_odds`, differentiable."""
    import torch

    others = torch.cat([logits[:, :label], logits[:, label + 1 :]], dim=1)
    odds: torch.Tensor = logits[:, label] - torch.logsumexp(others, dim=1)
    return odds
