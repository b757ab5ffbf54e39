"""What a run is made of before anything is trained: its data, and the pretrained model with its tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunelet.data import OUTPUTS, Prepared, Reading, TaskName
from tunelet.experiment._tokenising import Tokenising
from tunelet.recipe import DataSettings, Recipe

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.model import SequenceClassifier


def new_classifier_for(
    checkpoint: "Checkpoint", task: TaskName, label_names: Sequence[str], recipe: Recipe
) -> "SequenceClassifier":
    """A checkpoint with a new head for these labels and a new adapter, as a recipe has them.

    The same recipe makes the same weights, in any process. Raises ModelError.
    """
    from tunelet.model import head_pooling, new_classifier

    output = OUTPUTS[task]
    return new_classifier(
        checkpoint,
        output.names(label_names),
        recipe.model,
        recipe.adapter,
        seed=recipe.training.seed,
        pooling=head_pooling(recipe),
        output=output,
    )


@dataclass(frozen=True, eq=False)
class Sources:
    """The data of a run as it was read, and its splits.

    Attributes:
        reading: of the training source.
        test_reading: of the test source; None: none was named.
        prepared: the splits.
    """

    reading: Reading
    test_reading: Reading | None
    prepared: Prepared


@dataclass(frozen=True, eq=False)
class Material(Sources):
    """The data and the pretrained model of a run, as they are loaded.

    Attributes:
        checkpoint: the pretrained model, its weights not loaded yet.
        tokenizer: of the checkpoint.
    """

    checkpoint: "Checkpoint"
    tokenizer: Any

    @property
    def several_fields(self) -> bool:
        """Whether a text is several columns, read together."""
        return len(self.reading.text_columns) > 1

    def new_classifier(self, recipe: Recipe) -> "SequenceClassifier":
        """The checkpoint with a new head and adapter, as a recipe has them. Raises ModelError."""
        return new_classifier_for(self.checkpoint, self.prepared.space.task, self.prepared.label_names, recipe)

    def tokenising(self, settings: DataSettings, classifier: "SequenceClassifier") -> Tokenising:
        """How texts become tokens for a classifier."""
        return Tokenising(settings, self.tokenizer, classifier.max_length, self.several_fields)
