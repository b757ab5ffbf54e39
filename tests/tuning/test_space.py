"""What a search may try: read from TOML in the form of a recipe, and checked before anything runs."""

import pytest

from tunelet.errors import RecipeError
from tunelet.recipe import resolve_recipe, with_settings
from tunelet.run import DimensionRecord
from tunelet.tuning import DEFAULT_SPACES, apply, space_of

RECIPE = resolve_recipe("quickstart")

TOML = """\
[training]
learning_rate = { low = 1e-4, high = 2e-3, log = true }
epochs = { low = 2, high = 12 }
[adapter]
rank = [4, 8, 16]
targets = ["qv", "all-linear"]
"""


def test_a_file_in_the_form_of_a_recipe_is_read(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text(TOML, encoding="utf-8")
    assert space_of(path, RECIPE) == {
        "training.learning_rate": DimensionRecord(low=1e-4, high=2e-3, log=True),
        "training.epochs": DimensionRecord(low=2.0, high=12.0, whole=True),
        "adapter.rank": DimensionRecord(choices=(4, 8, 16)),
        "adapter.targets": DimensionRecord(choices=("qv", "all-linear")),
    }


@pytest.mark.parametrize("method", ["lora", "full", "head"])
def test_without_one_the_default_space_of_the_method_is_searched(method):
    space = space_of(None, with_settings(RECIPE, {"adapter.method": method}))
    assert space == DEFAULT_SPACES[method]
    rates = {key for key in space if key.endswith("learning_rate")}
    assert rates == {"lora": {"training.learning_rate"}, "full": {"training.full_learning_rate"}, "head": set()}[method]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({}, "nothing to search"),
        ({"adapter": {"rank": []}}, "adapter.rank: expected values or two ends"),
        ({"adapter": {"rank": {"low": 8, "high": 4}}}, "expected values or two ends with low < high"),
        ({"adapter": {"rank": {"low": 0, "high": 4, "log": True}}}, "expected values or two ends"),
        ({"adapter": {"rank": {"low": 2, "high": 4, "step": 2}}}, "expected values or two ends"),
        ({"adapter": {"rank": [[4], [8]]}}, "expected values or two ends"),
        ({"adapter": 8}, "expected a section, found adapter = 8"),
        ({"adapter": {"rang": [4, 8]}}, "unknown key 'rang' in [adapter]"),
        ({"adapter": {"rank": [4, -8]}}, "adapter.rank"),
        ({"training": {"learning_rate": {"low": 1e-4, "high": -1.0}}}, "expected values or two ends"),
        ({"data": {"limit": [100, 200]}}, "data.limit says what is measured"),
        ({"data": {"validation_size": {"low": 0.1, "high": 0.3}}}, "says what is measured"),
        ({"evaluation": {"resamples": [10, 20]}}, "says what is measured"),
        ({"training": {"seed": [1, 2]}}, "training.seed says what is measured"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_the_setting(space, said):
    with pytest.raises(RecipeError) as refused:
        space_of(space, RECIPE)
    assert said in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    ("content", "said"), [(b"rank = [", "not TOML"), (b"\xff\xfe", "not UTF-8"), (None, "No such file")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, said):
    path = tmp_path / "space.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"space\.toml") as refused:
        space_of(path, RECIPE)
    assert said in refused.value.message


def test_epochs_of_a_trial_count_exactly():
    trial = apply(RECIPE, {"training.epochs": 3, "adapter.rank": 16})
    assert (trial.training.epochs, trial.training.min_steps, trial.training.max_steps) == (3, 0, 0)
    assert trial.adapter.rank == 16
    assert apply(RECIPE, {"adapter.rank": 16}).training == RECIPE.training
