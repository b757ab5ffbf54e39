"""How the texts of a run become tokens: what its recipe, its model and its columns decide of it, in one place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tunelet._cache import cache_folder
from tunelet.data import Prepared, Tokens, tokenise
from tunelet.recipe import DataSettings


@dataclass(frozen=True, eq=False)
class Tokenising:
    """What makes tokens of texts.

    Attributes:
        settings: the recipe's data section.
        tokenizer: of the checkpoint.
        longest: tokens that the model can read of a text.
        several: whether texts have several fields, as `join_fields` makes them.
    """

    settings: DataSettings
    tokenizer: Any
    longest: int
    several: bool

    @property
    def max_length(self) -> int:
        """Tokens that are kept of a text."""
        return min(self.settings.max_length, self.longest)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Of these texts."""
        return tokenise(
            texts,
            self.tokenizer,
            max_length=self.max_length,
            truncation=self.settings.truncation,
            several_fields=self.several,
            cache=cache_folder(),
        )

    def parts(self, prepared: Prepared) -> dict[str, Tokens]:
        """Of each part that is there; of folds the validation part is rows of the training part."""
        parts = {"train": prepared.train, "test": prepared.test}
        if not prepared.folds:
            parts["validation"] = prepared.validation
        found = {name: self.tokens(part.texts) for name, part in parts.items() if part is not None}
        if prepared.folds:
            found["validation"] = found["train"].take(prepared.predicted_rows)
        return found
