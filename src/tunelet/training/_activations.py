"""Hidden states below the lowest adapter: computed once, kept in a file, read in every epoch.

The layers below the lowest adapter never change during training, so a text's hidden states behind them stay the same.
They lie in a file without a name, which is gone with the process, however that ends. It is mapped, not loaded, and is
no larger than its limit; texts for which it has no room go through the frozen layers each time.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import torch

from tunelet.data import Batch, Tokens, evaluation_batches, gather
from tunelet.model import SequenceClassifier
from tunelet.recipe import TrainingSettings
from tunelet.training._length import Length

GIB = 2**30


def keeps_activations(classifier: SequenceClassifier, settings: TrainingSettings, length: Length) -> bool:
    """Whether there are frozen layers, the recipe grants a file room, and texts are read more than once."""
    return classifier.frozen_layers > 0 and settings.activations_gib > 0 and length.epochs > 1


class HiddenStates(Protocol):
    """Hidden states behind the frozen layers, of the texts of a data set or of some of them."""

    def hidden(self, batch: Batch) -> torch.Tensor:
        """Of a batch of these texts, end to end: [T, width] in the model's dtype, for `SequenceClassifier.logits`."""


class Activations:
    """Hidden states of the texts of one data set.

    Attributes:
        kept: how many texts, from the first on, are in the file.
    """

    def __init__(
        self,
        classifier: SequenceClassifier,
        tokens: Tokens,
        *,
        limit: int,
        folder: Path,
        advance: Callable[[int], None] | None = None,
    ) -> None:
        """Compute and keep what fits.

        Args:
            classifier: with `frozen_layers` above 0.
            tokens: of the data set.
            limit: most bytes of the file.
            folder: where the file goes; where the disk refuses, nothing is kept.
            advance: called with the number of tokens of each batch that is done.
        """
        self._classifier, self._tokens = classifier, tokens
        rows, self._width, self._dtype = classifier.frozen_shape(tokens.lengths, tokens.windows)
        ends = np.cumsum(rows) * self._width * self._dtype.itemsize
        self.kept = int(np.searchsorted(ends, limit, side="right"))
        self._offsets = np.concatenate([[0], np.cumsum(rows)])
        self._rows = rows
        self._values = np.empty((0, self._width), self._stored)
        if self.kept:
            try:
                self._values = self._fill(folder, advance)
            except OSError:  # no room, or no permission: slower, not wrong
                self.kept = 0

    @property
    def size(self) -> int:
        """The size of the file, in bytes."""
        return int(self._offsets[self.kept]) * self._width * self._dtype.itemsize

    def subset(self, rows: np.ndarray) -> HiddenStates:
        """For a data set that consists of these rows, int64 [m], of this one."""
        return _Subset(self, rows)

    def hidden(self, batch: Batch) -> torch.Tensor:
        """As `HiddenStates` has it; what is not in the file is computed now."""
        missing = batch.rows[batch.rows >= self.kept]
        if not len(missing):
            return self._tensor(np.concatenate([self._values[self._slice(row)] for row in batch.rows]))
        computed = iter(
            self._classifier.frozen_forward(gather(self._tokens, missing)).split(self._rows[missing].tolist())
        )
        return torch.cat(
            [
                self._tensor(np.array(self._values[self._slice(r)])) if r < self.kept else next(computed)
                for r in batch.rows
            ]
        )

    def _slice(self, row: int) -> slice:
        return slice(int(self._offsets[row]), int(self._offsets[row + 1]))

    def _fill(self, folder: Path, advance: Callable[[int], None] | None) -> np.ndarray:
        folder.mkdir(parents=True, exist_ok=True)
        shape = (int(self._offsets[self.kept]), self._width)
        with tempfile.TemporaryFile(prefix="activations-", dir=folder) as file:
            budget = self._classifier.execution.micro_batch_tokens.value
            for rows in evaluation_batches(self._tokens.lengths[: self.kept], token_budget=budget):
                batch = gather(self._tokens, rows)
                self._write(file, rows, self._classifier.frozen_forward(batch))
                if advance is not None:
                    advance(len(batch.token_ids))
            file.flush()
            mapped: np.ndarray = np.memmap(file, dtype=self._stored, mode="r", shape=shape)
            return mapped

    def _write(self, file: IO[bytes], rows: np.ndarray, hidden: torch.Tensor) -> None:
        for row, piece in zip(rows, hidden.split(self._rows[rows].tolist()), strict=True):
            file.seek(int(self._offsets[row]) * self._width * self._dtype.itemsize)
            file.write(memoryview(piece.contiguous().view(torch.uint8).numpy()))

    @property
    def _stored(self) -> type[np.generic]:
        return np.uint16 if self._dtype == torch.bfloat16 else np.float32  # numpy has no bfloat16

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).view(self._dtype)


@dataclass(frozen=True)
class _Subset:
    whole: Activations
    rows: np.ndarray

    def hidden(self, batch: Batch) -> torch.Tensor:
        return self.whole.hidden(replace(batch, rows=self.rows[batch.rows]))
