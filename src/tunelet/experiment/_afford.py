"""What a budget of time affords: how many steps, folds, layers with adapters and tokens a text, and which precision.

What costs least accuracy is given up first (docs/performance.md), in this order. More than ten passes over the texts
gain nothing. Folds make the figures honest and leave all texts for training, but each costs a training: there are fewer
where each would have fewer than four passes. With fewer than two passes, adapters are in the upper half of the layers
only: that is as accurate, within a point, in 0.6 of the time, for the layers below are computed once. Then texts are
cut until one pass fits; where that is not enough, int8 is used, which loses 0.2 points and which some processors lack.
Where no training fits, the encoder stays frozen and its head is solved.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunelet._choice import Choice
from tunelet._words import counted, duration
from tunelet.errors import RecipeError
from tunelet.recipe import Recipe, TrainingSettings, with_settings
from tunelet.training import Estimate, Length, Rates, Work, expect

MOST_PASSES, FOLD_PASSES, DEEP_PASSES = 10, 4, 2
_SHORTEST, _SHORTEST_READ = 64, 32  # fewest tokens that texts are cut to: for training, and for a frozen encoder
_GRAIN = 16  # step between the lengths that are tried, in tokens
# Settings that a budget decides, unless the user names them.
DECIDED = frozenset({
    "training.epochs", "training.min_steps", "training.max_steps", "training.max_tokens", "adapter.method",
    "adapter.layers", "model.precision", "data.max_length", "data.validation", "data.folds", "data.fold_tokens",
})  # fmt: skip


@dataclass(frozen=True)
class Afforded:
    """The choices that fit into a budget of time.

    Attributes:
        recipe: with these choices in it.
        choices: by attribute of `BudgetChoices`, each with its reason.
        rates: measured speeds of the chosen way to train; None: not measured in this session.
        expected: seconds for all that is still to do.
    """

    recipe: Recipe
    choices: dict[str, Choice[str]]
    rates: Rates | None
    expected: float


@dataclass(frozen=True)
class Options:
    """The ways to train that a budget chooses from.

    Attributes:
        rates: (layers from the top with adapters, precision) -> speeds; 0 layers and precision "" are the recipe's own;
            None: training that way is impossible.
        work: (folds, most tokens of a text) -> the tokens to train on and to read.
        fixed: folds -> seconds of everything that is no pass over tokens.
        upper: number of layers in the upper half; 0: adapters stay where the recipe has them.
        folds: numbers of folds, tried in this order; 1: rows are held out once, then all are trained on; 0: rows are
            held out and never trained on.
        longest: tokens that a text may have.
        named: keys of settings that the user named, which stay as they are.
        solved: whether the recipe trains nothing and solves the head alone.
    """

    rates: Callable[[int, str], Rates | None]
    work: Callable[[int, int], Work]
    fixed: Callable[[int], float]
    upper: int
    folds: Sequence[int]
    longest: int
    named: Collection[str]
    solved: bool = False


@dataclass(frozen=True)
class _Way:
    """One way to train, and the number of steps that there is time for."""

    folds: int
    layers: int
    precision: str
    length: int
    rates: Rates
    per_pass: int
    steps: int
    estimate: Estimate

    @property
    def passes(self) -> float:
        return self.steps / self.per_pass


def afford(recipe: Recipe, options: Options, left: float, spent: float = 0.0) -> Afforded:
    """Choose the training that fits into the time that is left.

    Args:
        recipe: the settings without a budget.
        options: the ways to train.
        left: seconds until the budget is used up.
        spent: seconds used so far, from which an error computes the shortest possible budget.

    Raises:
        RecipeError: nothing fits; the message says how long a budget would have to be.
    """
    return _Choosing(recipe, options, left, spent).run()


class _Choosing:
    def __init__(self, recipe: Recipe, options: Options, left: float, spent: float) -> None:
        self.recipe, self.options, self.left, self.spent = recipe, options, left, spent
        rates = options.rates(0, "")
        assert rates is not None  # noqa: S101  (the recipe's own way)
        self.rates = rates

    def run(self) -> Afforded:
        options, longest = self.options, self.options.longest
        if options.solved:
            return self._frozen(by_recipe=True)
        *counts, last = options.folds
        for count in counts:
            way = self._way(count, 0, "", longest, self.rates)
            if way.steps >= self._needed(way, FOLD_PASSES):
                return self._afforded(way)
        way = self._way(last, 0, "", longest, self.rates)
        if way.passes >= DEEP_PASSES:
            return self._afforded(way)
        layers, rates = 0, self.rates
        if options.upper and (upper := options.rates(options.upper, "")) is not None:
            shallow = self._way(last, options.upper, "", longest, upper)
            if shallow.passes > way.passes or not way.steps:
                way, layers, rates = shallow, options.upper, upper
        if way.passes >= 1:
            return self._afforded(way)
        if (shorter := self._shorter(last, layers, "", rates)) is not None:
            return self._afforded(shorter)
        if "model.precision" not in options.named and (coarse := options.rates(layers, "int8")) is not None:
            whole = self._way(last, layers, "int8", longest, coarse)
            quantised = whole if whole.passes >= 1 else self._shorter(last, layers, "int8", coarse)
            if quantised is not None:
                return self._afforded(quantised)
        return self._frozen(by_recipe=False)

    def _way(self, folds: int, layers: int, precision: str, length: int, rates: Rates) -> _Way:
        """This way to train, with as many steps as there is time for; 0 where there is no time for one."""
        work = self.options.work(folds, length)
        per_pass = Length.of(self.recipe.training, work.lengths).per_epoch

        def way(steps: int) -> _Way:
            estimate = expect(rates, self._training(max(steps, 1), per_pass), work)
            return _Way(folds, layers, precision, length, rates, per_pass, steps, estimate)

        low, high = 0, self._most(per_pass)
        available = self.left - self.options.fixed(folds)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if way(middle).estimate.seconds <= available else (low, middle - 1)
        return way(low)

    def _most(self, per_pass: int) -> int:
        return min(max(MOST_PASSES * per_pass, self.recipe.training.min_steps), 1000 * per_pass)

    def _needed(self, way: _Way, passes: int) -> int:
        return min(max(passes * way.per_pass, self.recipe.training.min_steps), self._most(way.per_pass))

    def _training(self, steps: int, per_pass: int) -> TrainingSettings:
        settings = {key.partition(".")[2]: value for key, value in _length_settings(steps, per_pass).items()}
        return self.recipe.training.model_copy(update=settings)

    def _shorter(self, folds: int, layers: int, precision: str, rates: Rates) -> _Way | None:
        """The way with the longest texts of which one pass fits; None where none fits, or the user named the length."""
        if "data.max_length" in self.options.named:
            return None
        low, high = 0, max(self.options.longest - 1, 0) // _GRAIN  # in grains
        while low < high:
            middle = (low + high + 1) // 2
            fits = self._way(folds, layers, precision, middle * _GRAIN, rates).passes >= 1
            low, high = (middle, high) if fits else (low, middle - 1)
        return self._way(folds, layers, precision, low * _GRAIN, rates) if low * _GRAIN >= _SHORTEST else None

    def _afforded(self, way: _Way) -> Afforded:
        recipe, longest = self.recipe, self.options.longest
        settings = _length_settings(way.steps, way.per_pass)
        much = f"{way.passes:.1f} passes over the texts" if way.steps % way.per_pass else counted(
            way.steps // way.per_pass, "pass"
        )  # fmt: skip
        enough = way.steps >= self._most(way.per_pass)
        reason = f"in {counted(way.steps, 'step')}: " + (
            "more would buy nothing, so that it ends before the time is up"
            if enough
            else f"what there is time for at {way.rates.training:,.0f} tokens/s, adjusted on the way"
        )
        choices = {"length": Choice(much, reason)}
        if self.options.folds != (0,) or way.folds:
            settings |= _fold_settings(way.folds)
            why = "asked for" if len(self.options.folds) == 1 else (
                f"there is time for {FOLD_PASSES} passes in each" if way.folds
                else f"with folds there would be fewer than {FOLD_PASSES} passes"
            )  # fmt: skip
            choices["folds"] = Choice(_folds_in_words(way.folds), why)
        if way.layers:
            settings["adapter.layers"] = way.layers
            choices["adapters"] = Choice(
                f"in the upper {counted(way.layers, 'layer')}",
                f"in all layers there would be fewer than {DEEP_PASSES} passes; what lies below is computed once",
            )
        if way.length < longest:
            settings["data.max_length"] = way.length
            choices["text_length"] = Choice(
                counted(way.length, "token"), f"of texts of {longest:,} tokens there is no time for one pass"
            )
        if way.precision:
            settings["model.precision"] = way.precision
            choices["precision"] = Choice(way.precision, "in a finer one there is no time for one pass")
        chosen = with_settings(recipe, settings, "budget")
        return Afforded(chosen, choices, way.rates, way.estimate.seconds + self.options.fixed(way.folds))

    def _frozen(self, *, by_recipe: bool) -> Afforded:
        """Train nothing: solve the head on the vectors of the frozen encoder.

        Args:
            by_recipe: whether the recipe wants that anyway; otherwise it is the last resort.
        """
        folds = self.options.folds[-1]
        may = by_recipe or ("adapter.method" not in self.options.named and self.recipe.training.probe)
        least = math.inf
        for length in (
            self.options.longest,
            *range(self.options.longest // _GRAIN * _GRAIN, _SHORTEST_READ - 1, -_GRAIN),
        ):
            if length < self.options.longest and "data.max_length" in self.options.named:
                break
            work = self.options.work(folds, length)
            tokens = int(np.sum(work.lengths)) + work.validation + 2 * work.test
            seconds = tokens / self.rates.evaluation + self.options.fixed(folds)
            if may and seconds <= self.left:
                settings: dict[str, Any] = {"adapter.method": "head"}
                if self.options.folds != (0,):
                    settings |= _fold_settings(folds)
                reason = "asked for" if by_recipe else "there is no time to train an adapter"
                choices = {"length": Choice("the head alone, solved on the frozen encoder", reason)}
                if length < self.options.longest:
                    settings["data.max_length"] = length
                    choices["text_length"] = Choice(counted(length, "token"), "longer texts take too long to read")
                return Afforded(with_settings(self.recipe, settings, "budget"), choices, self.rates, seconds)
            least = min(least, seconds)
        if not may:  # the shortest alternative is then a training of one pass
            length = self.options.longest if "data.max_length" in self.options.named else _SHORTEST
            work = self.options.work(folds, length)
            per_pass = Length.of(self.recipe.training, work.lengths).per_epoch
            one = expect(self.rates, self._training(per_pass, per_pass), work)
            least = one.seconds + self.options.fixed(folds)
        shortest = 1.2 * (least + self.spent) + 1
        raise RecipeError(
            f"budget: there is no time for anything in it: {duration(self.spent)} are used, and what is left to do "
            f"takes {duration(least)}",
            f"the shortest that would do here is about budget='{math.ceil(shortest)}s'",
        )


def _length_settings(steps: int, per_pass: int) -> dict[str, Any]:
    return {
        "training.epochs": -(-steps // per_pass),
        "training.min_steps": 0,
        "training.max_steps": steps if steps % per_pass else 0,
        "training.max_tokens": 0,
    }


def _fold_settings(folds: int) -> dict[str, Any]:
    if folds > 1:
        return {"data.validation": "cross-validation", "data.folds": folds}
    return {"data.validation": "auto", "data.fold_tokens": 0} if folds else {"data.validation": "held-out"}


def _folds_in_words(folds: int) -> str:
    if folds > 1:
        return f"{folds} folds"
    return "rows held out once, then trained on all" if folds else "held-out rows"
