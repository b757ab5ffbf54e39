"""What a budget of time affords: how long, how deep, how exactly, on how much of each text, and with how many folds.

What costs least accuracy is given up first (docs/performance.md). Passes over the texts beyond ten buy nothing. Folds
make the figure honest and spare the texts that would be held out, but each costs a training: fewer where there would
be fewer than four passes. Adapters in the upper half of the layers are as accurate, within a point, in 0.6 of the time,
for what lies below is computed once: where there would be fewer than two passes. Then texts are cut until one pass
fits, at last with int8, which loses 0.2 points, but for that only some processors are made. A budget that no training
fits into buys the frozen encoder with a solved head.
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
_SHORTEST, _SHORTEST_READ = 64, 32  # tokens of a text that is trained on, and that is read once
_GRAIN = 16  # tokens that lengths differ by
# What a budget decides, where nobody else does.
DECIDED = frozenset({
    "training.epochs", "training.min_steps", "training.max_steps", "training.max_tokens", "adapter.method",
    "adapter.layers", "model.precision", "data.max_length", "data.validation", "data.folds", "data.fold_tokens",
})  # fmt: skip


@dataclass(frozen=True)
class Afforded:
    """What was chosen.

    Attributes:
        recipe: that says it.
        choices: by attribute of `BudgetChoices`, each with its reason.
        rates: that were measured of it; None: not in this session.
        expected: seconds for all that is still to do.
    """

    recipe: Recipe
    choices: dict[str, Choice[str]]
    rates: Rates | None
    expected: float


@dataclass(frozen=True)
class Options:
    """What there is to choose from.

    Attributes:
        rates: of adapters in so many layers from the top (0: as the recipe says) in a precision ("": the recipe's);
            None: there is no such way.
        work: with so many folds and texts of at most so many tokens.
        fixed: seconds of all that is no pass over tokens, with so many folds.
        upper: layers of the upper half; 0: adapters are where the recipe says.
        folds: counts, the first that is affordable; 1: rows are held out once, then all are trained on; 0: for good.
        longest: tokens that a text may have.
        given: keys of settings that somebody named, and that stay as they are.
        solved: whether the recipe asks for no training, but for the head alone, solved.
    """

    rates: Callable[[int, str], Rates | None]
    work: Callable[[int, int], Work]
    fixed: Callable[[int], float]
    upper: int
    folds: Sequence[int]
    longest: int
    given: Collection[str]
    solved: bool = False


@dataclass(frozen=True)
class _Way:
    """One way to train, and the steps that it has time for."""

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
    """Choose what fits into the time that is left, in seconds.

    Args:
        recipe: what is wished for.
        options: what there is to choose from.
        left: seconds.
        spent: seconds that were needed to come so far, for the error's figure.

    Raises:
        RecipeError: nothing fits; the message says what would.
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
            return self._frozen(asked=True)
        *counts, last = options.folds
        for count in counts:
            way = self._way(count, 0, "", longest, self.rates)
            if way.steps >= self._needed(way, FOLD_PASSES):
                return self._found(way)
        way = self._way(last, 0, "", longest, self.rates)
        if way.passes >= DEEP_PASSES:
            return self._found(way)
        layers, rates = 0, self.rates
        if options.upper and (upper := options.rates(options.upper, "")) is not None:
            shallow = self._way(last, options.upper, "", longest, upper)
            if shallow.passes > way.passes or not way.steps:
                way, layers, rates = shallow, options.upper, upper
        if way.passes >= 1:
            return self._found(way)
        if (shorter := self._shorter(last, layers, "", rates)) is not None:
            return self._found(shorter)
        if "model.precision" not in options.given and (coarse := options.rates(layers, "int8")) is not None:
            whole = self._way(last, layers, "int8", longest, coarse)
            found = whole if whole.passes >= 1 else self._shorter(last, layers, "int8", coarse)
            if found is not None:
                return self._found(found)
        return self._frozen(asked=False)

    def _way(self, folds: int, layers: int, precision: str, length: int, rates: Rates) -> _Way:
        """With as many steps as there is time for, none where there is not even time for one."""
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
        """The longest texts of which one pass fits; None: none, or the length is not ours to choose."""
        if "data.max_length" in self.options.given:
            return None
        low, high = 0, max(self.options.longest - 1, 0) // _GRAIN  # in grains
        while low < high:
            middle = (low + high + 1) // 2
            fits = self._way(folds, layers, precision, middle * _GRAIN, rates).passes >= 1
            low, high = (middle, high) if fits else (low, middle - 1)
        return self._way(folds, layers, precision, low * _GRAIN, rates) if low * _GRAIN >= _SHORTEST else None

    def _found(self, way: _Way) -> Afforded:
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

    def _frozen(self, *, asked: bool) -> Afforded:
        """No training: the vectors of the frozen encoder, and the head that is solved on them."""
        folds = self.options.folds[-1]
        may = asked or ("adapter.method" not in self.options.given and self.recipe.training.probe)
        least = math.inf
        for length in (
            self.options.longest,
            *range(self.options.longest // _GRAIN * _GRAIN, _SHORTEST_READ - 1, -_GRAIN),
        ):
            if length < self.options.longest and "data.max_length" in self.options.given:
                break
            work = self.options.work(folds, length)
            tokens = int(np.sum(work.lengths)) + work.validation + 2 * work.test
            seconds = tokens / self.rates.evaluation + self.options.fixed(folds)
            if may and seconds <= self.left:
                settings: dict[str, Any] = {"adapter.method": "head"}
                if self.options.folds != (0,):
                    settings |= _fold_settings(folds)
                reason = "asked for" if asked else "there is no time to train an adapter"
                choices = {"length": Choice("the head alone, solved on the frozen encoder", reason)}
                if length < self.options.longest:
                    settings["data.max_length"] = length
                    choices["text_length"] = Choice(counted(length, "token"), "longer texts take too long to read")
                return Afforded(with_settings(self.recipe, settings, "budget"), choices, self.rates, seconds)
            least = min(least, seconds)
        if not may:  # then one pass is the least
            length = self.options.longest if "data.max_length" in self.options.given else _SHORTEST
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
