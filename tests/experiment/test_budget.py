"""A budget of time: how it is written, what it chooses, what it refuses, and what the run folder says of it."""

import json
import random

import numpy as np
import pytest

from brief import BRIEF
from tunelet import train
from tunelet._deadline import parse_budget
from tunelet.errors import RecipeError, RunError
from tunelet.experiment._afford import Options, afford
from tunelet.recipe import resolve_recipe, with_settings
from tunelet.training import Rates, Work, expect

pytestmark = pytest.mark.slow

RECIPE = with_settings(resolve_recipe("quickstart"), {"training.min_steps": 0})
LENGTHS = np.full(1600, 250)  # a hundred steps, 400,000 tokens
PASS = 100.0  # seconds of a pass, at 4,000 tokens per second


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("10m", 600), ("90s", 90), ("1h", 3600), ("1h30m", 5400), ("1h 5m 3s", 3903), ("1.5h", 5400), ("600", 600),
     ("10min", 600), ("10M", 600), (600, 600), (2.5, 2.5)],
)  # fmt: skip
def test_times_are_read(written, seconds):
    assert parse_budget(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "soon", "10x", "-5m", "m", "1m1h", "0", "0s", 0, -1, float("nan"), float("inf"), "9" * 400, "800h"]
)
def test_what_is_no_time_is_refused_with_an_example(written):
    with pytest.raises(RecipeError, match=r"budget: expected .*10m"):
        parse_budget(written)


def work(folds: int, length: int) -> Work:
    lengths = np.minimum(LENGTHS, length)
    rows = np.arange(len(lengths))
    if folds > 1:
        return Work(lengths, 0, 0, [rows[number::folds] for number in range(folds)])
    if folds:
        return Work(lengths, 0, 0, [rows[rows % 5 == 0]])
    return Work(lengths[rows % 5 > 0], int(lengths[rows % 5 == 0].sum()))


def rates(layers: int, precision: str) -> Rates | None:
    """A pass takes 100 s; the upper half of the layers 40 s, and 20 s once for those below; int8 1.5 times as fast."""
    faster = 1.5 if precision == "int8" else 1.0
    if layers:
        return Rates(10_000 * faster, 12_000 * faster, 20_000 * faster)
    return Rates(4_000 * faster, 12_000 * faster)


def chosen(seconds, *, given=(), upper=3, folds=(5, 3, 1, 0), rates=rates, recipe=RECIPE, longest=512):
    options = Options(
        rates=rates, work=work, fixed=lambda folds: 5.0 * (folds + 1), upper=upper, folds=folds, longest=longest,
        named=set(given), solved=recipe.adapter.method == "head",
    )  # fmt: skip
    found = afford(recipe, options, seconds)
    assert found.expected <= seconds
    return found


def passes(recipe, count=1600):
    per_pass = -(-count // 16)
    steps = recipe.training.max_steps or recipe.training.epochs * per_pass
    return steps / per_pass


def test_with_all_the_time_there_are_five_folds_and_ten_passes_and_no_more():
    found = chosen(100_000)
    assert (found.recipe.data.validation, found.recipe.data.folds) == ("cross-validation", 5)
    assert found.recipe.training.epochs == 10
    assert found.recipe.training.max_steps == found.recipe.training.min_steps == found.recipe.training.max_tokens == 0
    assert "before the time is up" in found.choices["length"].reason


def test_folds_are_given_up_before_passes():
    folds = {}
    for seconds in (3000, 1800, 1000, 600):
        found = chosen(seconds).recipe
        folds[seconds] = (found.data.validation, found.data.folds, found.data.fold_tokens > 0)
        assert found.adapter.layers == 0
        assert found.data.max_length == 512
    assert folds == {
        3000: ("cross-validation", 5, True), 1800: ("cross-validation", 3, True), 1000: ("auto", 5, False),
        600: ("held-out", 5, True),
    }  # fmt: skip


def test_more_time_is_more_training_within_a_way():
    lengths = [passes(chosen(seconds, folds=(0,)).recipe, 1280) for seconds in (300, 500, 700)]
    assert lengths == sorted(lengths)
    assert lengths[0] >= 2
    assert lengths[-1] > lengths[0] + 2


def test_adapters_go_into_the_upper_layers_where_there_would_be_fewer_than_two_passes():
    found = chosen(170.0)
    assert found.recipe.adapter.layers == 3
    assert "computed once" in found.choices["adapters"].reason
    assert passes(found.recipe, 1280) > 2
    assert chosen(170.0, upper=0).recipe.adapter.layers == 0


def test_texts_are_cut_where_there_would_be_less_than_one_pass():
    found = chosen(70.0)
    assert 64 <= found.recipe.data.max_length < 250
    assert found.recipe.adapter.layers == 3
    assert found.recipe.model.precision == "auto"
    assert passes(found.recipe, 1280) >= 1
    assert set(found.choices) >= {"length", "adapters", "text_length"}


def test_int8_is_the_last_resort_and_only_where_the_processor_has_it():
    given = {"data.max_length"}
    assert chosen(80.0, given=given).recipe.model.precision == "int8"
    without = lambda layers, precision: None if precision else rates(layers, precision)  # noqa: E731
    found = chosen(80.0, given=given, rates=without)
    assert found.recipe.adapter.method == "head"
    assert found.recipe.model.precision == "auto"


def test_what_somebody_named_stays_as_it_is():
    given = {"data.max_length", "model.precision"}
    found = chosen(80.0, given=given, upper=0)
    assert found.recipe.adapter.method == "head"
    with pytest.raises(RecipeError, match=r"no time.*budget='\d+s'"):
        chosen(60.0, given=given | {"adapter.method"}, upper=0)


def test_too_little_for_anything_is_refused_with_a_budget_that_would_do():
    with pytest.raises(RecipeError, match=r"no time.*budget='\d+s'") as refused:
        chosen(6.0)
    shortest = parse_budget(str(refused.value).split("'")[-2])
    assert 6.0 < chosen(shortest).expected <= shortest < 60.0


def test_few_texts_get_the_steps_of_the_recipe_though_these_are_many_passes():
    few = with_settings(RECIPE, {"training.min_steps": 2_000})
    assert passes(chosen(100_000, folds=(0,), recipe=few).recipe, 1280) * 80 == 2_000


def test_a_head_that_is_asked_for_is_solved_within_any_budget_that_has_room():
    head = with_settings(RECIPE, {"adapter.method": "head"})
    assert "asked for" in chosen(1000.0, recipe=head, folds=(0,)).choices["length"].reason


def test_frozen_layers_are_counted_once_where_they_are_kept_and_each_time_where_they_are_not():
    many, one = (with_settings(RECIPE, {"training.epochs": n, "training.probe": False}).training for n in (4, 1))
    apart = Rates(10_000, 12_000, 20_000)
    assert expect(apart, many, Work(LENGTHS)).seconds == pytest.approx(4 * 40 + 20)
    assert expect(apart, one, Work(LENGTHS)).seconds == pytest.approx(40 + 20)


def reviews():
    draw = random.Random(0)
    return [
        (f"{'fine' if label else 'poor'} film number {draw.randrange(10**6)}", ("no", "yes")[label])
        for label in (0, 1) for _ in range(24)
    ]  # fmt: skip


QUICK = {**BRIEF, "evaluation.baseline": False}


def test_the_run_folder_says_what_the_budget_chose_and_why(tiny_checkpoint, tmp_path):
    folder = tiny_checkpoint("bert")
    run = train(reviews(), model=folder, recipe=RECIPE, budget="1h", settings=QUICK, out=tmp_path / "run", quiet=True)
    recipe, environment = run.recipe, json.loads((run.path / "environment.json").read_text())
    assert (recipe.data.validation, recipe.data.folds) == ("cross-validation", 5)
    assert recipe.training.epochs == run.summary.epochs == 10
    assert environment["budget"]["seconds"] == 3600
    assert set(environment["budget"]["choices"]) == {"length", "folds"}
    assert environment["choices"]["folds"]["value"] == "5 folds"


def test_a_run_with_a_budget_is_gone_on_with_under_the_same_budget_alone(tiny_checkpoint, tmp_path, monkeypatch):
    folder, out = tiny_checkpoint("bert"), tmp_path / "run"
    arguments = {
        "model": folder,
        "recipe": RECIPE,
        "settings": QUICK | {"training.checkpoint_seconds": 1e-9},
        "out": out,
        "quiet": True,
    }

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tunelet.training._loop.TrainingLoop.evaluate", interrupted)  # at the end of the first fold
        with pytest.raises(KeyboardInterrupt, match="resume=True"):
            train(reviews(), budget="1h", **arguments)
    for budget in ("2h", None):
        with pytest.raises(RunError, match=r"a budget of 1 h.*budget='3600s'"):
            train(reviews(), budget=budget, resume=True, **arguments)
    run = train(reviews(), budget="1h", resume=True, **arguments)
    assert run.summary.epochs == 10


@pytest.mark.parametrize("named", [{"epochs": 3}, {"settings": {"training.max_steps": 10}}])
def test_a_budget_and_a_number_of_epochs_are_two_answers(named, tiny_checkpoint, tmp_path):
    with pytest.raises(RecipeError, match=r"two answers.*leave one of them out"):
        train(reviews(), model=tiny_checkpoint("bert"), budget="1h", out=tmp_path / "run", quiet=True, **named)


def test_a_budget_that_is_used_up_before_anything_could_begin_is_refused(tiny_checkpoint, tmp_path):
    with pytest.raises(RecipeError, match=r"no time for anything.*budget='\d+s'"):
        train(reviews(), model=tiny_checkpoint("bert"), budget=1, settings=QUICK, out=tmp_path / "run", quiet=True)
    assert not list(tmp_path.iterdir())
