"""The logits of a text from those of its windows: their mean, the largest of each label, or a learned mean of the two.

A head that is linear reads the mean of the windows' vectors just as well as it gives the mean of their logits, so a
logistic regression on these vectors is the head that a mean over windows begins with.
"""

import math
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tunelet.checkpoint import WINDOWS

WindowPoolingName = Literal["mean", "max", "learned"]


class WindowPooling(nn.Module):
    """Logits of n texts from those of their windows.

    "learned" is (log sum exp(s z) - log m) / s over the m logits z of a label: near their mean for a small s, near the
    largest for a large one. The one number s = exp(log_sharpness) is trained with the head, and begins at 1.

    Attributes:
        pooling: which of the three.
    """

    def __init__(self, pooling: WindowPoolingName) -> None:
        super().__init__()
        self.pooling = pooling
        self.log_sharpness = nn.Parameter(torch.zeros(1)) if pooling == "learned" else None

    def forward(self, logits: torch.Tensor, windows: tuple[int, ...] | None) -> torch.Tensor:
        """Logits of the texts, [n, classes].

        Args:
            logits: of all windows, one text behind the other, [w, classes].
            windows: the number of each text's windows; None, or ones alone: the logits are those of the texts.
        """
        if windows is None or len(windows) == len(logits):
            return logits
        if self.pooling == "mean":
            return mean_of_windows(logits, windows)
        if self.log_sharpness is None:
            return torch.stack([text.amax(dim=0) for text in logits.split(windows)])
        sharpness = self.log_sharpness.exp()
        sums = torch.stack([text.logsumexp(dim=0) for text in (logits * sharpness).split(windows)])
        counts = torch.tensor(windows, dtype=logits.dtype, device=logits.device)
        return (sums - counts.log()[:, None]) / sharpness

    def scale(self, factor: float) -> None:
        """Pool logits that are so many times as large, factor above 0, in the same way."""
        if self.log_sharpness is not None:
            with torch.no_grad():
                self.log_sharpness.sub_(math.log(factor))

    def save(self, folder: Path) -> None:
        """Write what is learned, where anything is."""
        if self.log_sharpness is not None:
            save_file({"log_sharpness": self.log_sharpness.detach().cpu()}, folder / WINDOWS, metadata={"format": "pt"})

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; it is not trained any more. Raises OSError or ValueError where it is not there."""
        if self.log_sharpness is not None:
            found = load_file(folder / WINDOWS).get("log_sharpness")
            if found is None or found.shape != self.log_sharpness.shape or not torch.isfinite(found).all():
                raise ValueError(f"{WINDOWS} holds no sharpness of windows")
            with torch.no_grad():
                self.log_sharpness.copy_(found)
            self.requires_grad_(False)


def mean_of_windows(values: torch.Tensor, windows: tuple[int, ...] | None) -> torch.Tensor:
    """The mean of each text's windows [..., n, width] of values [..., w, width]; they are the texts' where windows is
    None."""
    if windows is None or len(windows) == values.shape[-2]:
        return values
    return torch.stack([text.mean(dim=-2) for text in values.split(windows, dim=-2)], dim=-2)
