"""A budget of time in the main job: measure ways to train, choose one, and give every training its share of time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tunelet._choice import Choice
from tunelet._deadline import Deadline
from tunelet.data import Prepared, Tokens
from tunelet.errors import ModelError
from tunelet.experiment._afford import MOST_PASSES, Afforded, Options, afford
from tunelet.experiment._beside import seconds_beside, seconds_measuring
from tunelet.model import SequenceClassifier, refused_precisions
from tunelet.recipe import Recipe
from tunelet.run import BudgetChoices, BudgetRecord
from tunelet.training import Allowance, Estimate, Rates, Work, time_steps

_MEASURED = 0.03  # share of the budget that measuring a way to train takes
_SECONDS = 1.0, 30.0  # least and most seconds for that
_SLACK = 0.03  # share of the budget for what is not estimated
_FEWER_FOLDS = 3


@dataclass(frozen=True)
class Budget:
    """A plan's budget of time.

    Attributes:
        deadline: of the whole command.
        choices: made to fit the budget, by attribute of `BudgetChoices`, each with its reason.
        after: seconds that are needed after the last training.
    """

    deadline: Deadline
    choices: dict[str, Choice[str]]
    after: float

    def allowance(self, estimate: Estimate, number: int) -> Allowance:
        """The time for one training: its share of what is left for all.

        Args:
            estimate: of the whole run.
            number: of the training: a fold, counted from 0, or last the training on all texts.
        """
        spent = self.deadline.spent
        left = self.deadline.seconds * (1 - _SLACK) - self.after - spent
        share = estimate.trainings[number] / sum(estimate.trainings[number:])
        return Allowance(
            self.deadline, spent + left * share, estimate.training_rate, estimate.evaluation_rate, MOST_PASSES
        )

    @property
    def record(self) -> BudgetRecord:
        """The budget as `environment.json` has it."""
        return BudgetRecord(seconds=self.deadline.seconds, choices=BudgetChoices.of(self.choices))


class Ways:
    """The possible ways to train, each measured when its speed is first needed."""

    def __init__(
        self,
        classifier: SequenceClassifier,
        new: Callable[[Recipe], SequenceClassifier],
        recipe: Recipe,
        prepared: Prepared,
        tokens: Mapping[str, Tokens],
        deadline: Deadline,
        named: Collection[str],
    ) -> None:
        """Take what is needed to measure; nothing is measured yet.

        Args:
            classifier: of the recipe.
            new: creates a classifier of another recipe.
            recipe: the settings without a budget.
            prepared, tokens: the splits, in folds as they would be without a budget.
            deadline: of the whole command.
            named: keys of settings that the user named.
        """
        self.classifier, self.new, self.recipe, self.deadline = classifier, new, recipe, deadline
        self.prepared, self.tokens, self.named = prepared, tokens, set(named)
        self._known: dict[tuple[int, str], Rates | None] = {}

    def choose(self) -> Afforded:
        """The way that the budget affords. Raises RecipeError."""
        options = Options(
            rates=self._rates,
            work=self._work,
            fixed=self._fixed,
            upper=self._upper(),
            folds=self._folds(),
            longest=self.recipe.data.most_tokens(self.classifier.max_length),
            named=self.named | self._of_windows(),
            solved=self.classifier.method == "head" and self.classifier.head is not None,
        )
        rates = self._rates(0, "")
        assert rates is not None  # noqa: S101
        self._slowness = rates.slowness
        spent = self.deadline.spent
        return afford(self.recipe, options, self.deadline.seconds * (1 - _SLACK) - spent, spent)

    def _of_windows(self) -> set[str]:
        """Settings that stay as they are where texts are read in windows.

        Shorter windows are more windows, and not fewer tokens; a head that is solved has the mean over windows.
        """
        if self.recipe.data.truncation != "windows":
            return set()
        solved = set() if self.recipe.model.window_pooling == "mean" else {"adapter.method"}
        return {"data.max_length"} | solved

    def _fixed(self, folds: int) -> float:
        return self._slowness * seconds_beside(self.prepared, self.recipe, folds)

    def _upper(self) -> int:
        """Half of the layers, rounded up; 0 where adapters must stay in all layers.

        Fewer layers pay only where adapters are in all of them now and kernels can compute the lower ones once.
        """
        if self.recipe.adapter.method != "lora" or self.recipe.adapter.layers or "adapter.layers" in self.named:
            return 0
        return (self.classifier.fused.depth + 1) // 2 if self.classifier.fused is not None else 0

    def _folds(self) -> Sequence[int]:
        wanted, fixed = len(self.prepared.folds), self.named & {"data.validation", "data.folds", "data.fold_tokens"}
        if not wanted or fixed or self.prepared.split.by == "run":
            return (wanted,)
        return tuple(dict.fromkeys([wanted, min(wanted, _FEWER_FOLDS), 1, 0]))

    def _rates(self, layers: int, precision: str) -> Rates | None:
        key = layers, precision
        if key not in self._known:
            self._known[key] = self._measured(layers, precision)
        return self._known[key]

    def _measured(self, layers: int, precision: str) -> Rates | None:
        classifier = self.classifier
        if layers or precision:
            if precision in refused_precisions(classifier.device):
                return None
            adapter = self.recipe.adapter.model_copy(update={"layers": layers} if layers else {})
            model = self.recipe.model.model_copy(update={"precision": precision} if precision else {})
            try:
                classifier = self.new(self.recipe.model_copy(update={"adapter": adapter, "model": model}))
            except ModelError:  # for example where layers share their weights
                return None
            if precision and classifier.execution.precision.value != precision:
                return None
        apart = classifier.frozen_layers > 0 and self.recipe.training.activations_gib > 0
        if layers and not apart:
            return None
        seconds = min(max(self.deadline.seconds * _MEASURED, _SECONDS[0]), _SECONDS[1])
        return time_steps(classifier, self.tokens["train"], self.recipe.training, apart=apart, seconds=seconds)

    def _work(self, folds: int, length: int) -> Work:
        """The tokens to train on and to read, nearly as they will be: it matters little which rows are held out."""
        lengths = np.minimum(self.tokens["train"].lengths, length)
        test = int(np.minimum(self.tokens["test"].lengths, length).sum()) if "test" in self.tokens else 0
        rows = np.arange(len(lengths))
        if folds > 1:
            return Work(lengths, 0, test, [rows[number::folds] for number in range(folds)])
        if not self.prepared.folds:
            return Work(lengths, int(np.minimum(self.tokens["validation"].lengths, length).sum()), test)
        held_out = rows % max(2, round(1 / self.recipe.data.validation_size)) == 0
        if folds:
            return Work(lengths, 0, test, [rows[held_out]])
        return Work(lengths[~held_out], int(lengths[held_out].sum()), test)


def after_training(prepared: Prepared, tokens: Mapping[str, Tokens], recipe: Recipe, estimate: Estimate) -> float:
    """Seconds that are needed after the last training: for the test texts, the intervals and the files."""
    test = tokens["test"].total if "test" in tokens else 0
    return test / estimate.evaluation_rate + estimate.slowness * seconds_measuring(prepared, recipe)
