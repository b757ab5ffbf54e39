"""How a run turns texts into tokens, as its recipe, its model and its columns decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tunelet._cache import cache_folder
from tunelet.data import Prepared, Tokens, tokenise
from tunelet.recipe import DataSettings


@dataclass(frozen=True, eq=False)
class Tokenising:
    """The tokenizer of a run with its settings.

    Attributes:
        settings: the recipe's data section.
        tokenizer: of the checkpoint.
        longest: most tokens of a text that the model can read.
        several: whether texts have several fields, as `join_fields` makes them.
    """

    settings: DataSettings
    tokenizer: Any
    longest: int
    several: bool

    @property
    def max_length(self) -> int:
        """The most tokens that a text keeps: the least of the recipe's limit and the model's."""
        return min(self.settings.max_length, self.longest)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """The tokens of these texts, from the cache where they are in it."""
        return tokenise(
            texts,
            self.tokenizer,
            max_length=self.max_length,
            truncation=self.settings.truncation,
            several_fields=self.several,
            cache=cache_folder(),
        )

    def of_splits(self, prepared: Prepared) -> dict[str, Tokens]:
        """The tokens of each split by name; with folds, "validation" consists of rows of the training split."""
        splits = {"train": prepared.train, "test": prepared.test}
        if not prepared.folds:
            splits["validation"] = prepared.validation
        tokens = {name: self.tokens(split.texts) for name, split in splits.items() if split is not None}
        if prepared.folds:
            tokens["validation"] = tokens["train"].take(prepared.predicted_rows)
        return tokens
