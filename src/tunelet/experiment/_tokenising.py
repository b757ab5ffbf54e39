"""How a run turns texts into tokens, as its recipe, its model and its columns decide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunelet._cache import cache_folder
from tunelet.data import Prepared, Tokens, Windows, tokenise
from tunelet.recipe import DataSettings

if TYPE_CHECKING:
    from tunelet.training import Reporter


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
        """The most tokens of a text, or of a window of it: the least of the recipe's limit and the model's."""
        return self.settings.longest(self.longest)

    def tokens(self, texts: Sequence[str], advance: Callable[[int], None] | None = None) -> Tokens:
        """The tokens of these texts, from the cache where they are in it; `advance` is that of `tokenise`."""
        return tokenise(
            texts,
            self.tokenizer,
            max_length=self.max_length,
            truncation=self.settings.truncation,
            several_fields=self.several,
            windows=Windows.of(self.settings),
            cache=cache_folder(),
            advance=advance,
        )

    def of_splits(self, prepared: Prepared, progress: "Reporter | None" = None) -> dict[str, Tokens]:
        """The tokens of each split by name; with folds, "validation" consists of rows of the training split."""
        splits = {"train": prepared.train, "test": prepared.test}
        if not prepared.folds:
            splits["validation"] = prepared.validation
        tokens = {}
        for name, split in splits.items():
            if split is not None:
                if progress is not None:
                    progress.stage(f"tokenising, {name}", len(split))
                tokens[name] = self.tokens(split.texts, None if progress is None else progress.advance)
        if prepared.folds:
            tokens["validation"] = tokens["train"].take(prepared.predicted_rows)
        return tokens
