"""A recipe says all, survives TOML, and refuses what it does not know with the nearest thing it does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tunelet.errors import RecipeError
from tunelet.recipe import (
    Recipe,
    difference,
    dump_recipe,
    load_recipe,
    named_recipes,
    parse_recipe,
    parse_setting,
    resolve_recipe,
    with_settings,
)

NAMED = {"albert-imdb-2k", "distilbert-imdb-10k", "distilbert-imdb-2k", "quickstart", "thorough"}


def test_the_named_recipes_are_there_and_described():
    recipes = named_recipes()
    assert set(recipes) == NAMED
    assert all(recipe.name == name and recipe.description for name, recipe in recipes.items())


@pytest.mark.parametrize("name", sorted(NAMED))
@pytest.mark.parametrize("comments", [True, False])
def test_toml_gives_back_what_was_written(name, comments):
    recipe = resolve_recipe(name)
    assert parse_recipe(dump_recipe(recipe, comments=comments)) == recipe


@given(
    names=st.dictionaries(st.text(min_size=1), st.text(), max_size=3),
    column=st.text(),
    targets=st.one_of(st.sampled_from(["qv", "all-linear"]), st.lists(st.text(), min_size=1, max_size=3)),
    rate=st.floats(1e-12, 1.0, exclude_min=True),
)
def test_toml_survives_any_text_and_number(names, column, targets, rate):
    recipe = with_settings(
        Recipe(),
        {
            "data.label_names": names,
            "data.text_column": column,
            "adapter.targets": targets,
            "training.learning_rate": rate,
        },
    )
    assert parse_recipe(dump_recipe(recipe)) == recipe


def test_the_published_experiments_are_what_they_say():
    two, ten = resolve_recipe("distilbert-imdb-2k"), resolve_recipe("distilbert-imdb-10k")
    assert (two.data.limit, two.data.validation_size, two.data.balanced) == (2000, 0.5, True)
    assert (ten.data.limit, ten.data.validation_size) == (10_000, 0.2)
    assert (ten.adapter.method, ten.adapter.targets, ten.adapter.rank) == ("lora", "qv", 8)
    assert (ten.training.epochs, ten.training.batch_size) == (3, 16)


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("epochs = 3", r"unknown key 'epochs'; did you mean 'training.epochs'\?"),
        ("[training]\nepoch = 3", r"unknown key 'epoch' in \[training\]; did you mean 'training.epochs'\?"),
        ("[trainin]\nepochs = 3", r"unknown key 'trainin'"),
        ("[training]\nepochs = 0", r"training.epochs should be greater than or equal to 1, found 0"),
        ("[training]\nepochs = 2.5", r"training.epochs should be a.* integer, found 2.5"),
        ('[training]\nlearning_rate = "2e-4"', r"training.learning_rate should be a.* number, found '2e-4'"),
        ("[training]\nlearning_rate = nan", r"training.learning_rate should be a finite number, found nan"),
        (
            '[adapter]\nmethod = "lorra"',
            r"adapter.method = 'lorra' is not one of lora, head, full; did you mean 'lora'\?",
        ),
        ("[adapter]\ntargets = 5", r"adapter.targets takes 'qv', 'attention', 'all-linear' or a list"),
        ("[data]\nvalidation_size = 1.0", r"data.validation_size should be less than 1"),
        ("[data", r"not valid TOML"),
        ("training = 3", r"training should be a"),
    ],
)
def test_a_fault_is_named_with_what_was_found_and_what_is_valid(toml, line):
    with pytest.raises(RecipeError, match=line) as caught:
        parse_recipe(toml)
    assert "\n" not in str(caught.value)


def test_an_unknown_recipe_is_refused_with_the_nearest():
    with pytest.raises(RecipeError, match=r"unknown recipe 'distilbert-imdb-1k'; did you mean 'distilbert-imdb-10k'"):
        resolve_recipe("distilbert-imdb-1k")


def test_a_missing_or_unreadable_file_is_one_line(tmp_path):
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "caf\xe9"')
    with pytest.raises(RecipeError, match="not UTF-8 at byte 11"):
        load_recipe(tmp_path / "latin.toml")


def test_whole_numbers_are_taken_for_floats_and_numbers_stay_numbers():
    recipe = parse_recipe("[training]\nmax_grad_norm = 1\nlearning_rate = 2e-4")
    assert recipe.training.max_grad_norm == 1.0
    assert recipe.training.learning_rate == 2e-4


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("training.epochs=5", "training.epochs", 5),
        ("training.learning_rate=2e-4", "training.learning_rate", 2e-4),
        ("adapter.targets=attention", "adapter.targets", "attention"),
        ("adapter.targets=['q_lin', 'v_lin']", "adapter.targets", ["q_lin", "v_lin"]),
        ("data.balanced=true", "data.balanced", True),
        ("data.text_column=a=b", "data.text_column", "a=b"),
    ],
)
def test_settings_are_read_as_toml_or_as_text(text, key, value):
    assert parse_setting(text) == (key, value)
    assert with_settings(Recipe(), {key: value}) != Recipe()


def test_a_recipe_is_frozen_and_a_changed_copy_leaves_it_alone():
    recipe = Recipe()
    changed = with_settings(recipe, {"training.epochs": 7})
    assert (recipe.training.epochs, changed.training.epochs) == (3, 7)
    assert difference(recipe, changed) == {"training.epochs": (3, 7)}
    with pytest.raises(ValidationError):
        recipe.training.epochs = 5  # type: ignore[misc]
