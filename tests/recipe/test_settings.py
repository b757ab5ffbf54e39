"""A setting is one key and one value, within bounds, and whatever is refused says what to type."""

import ast
from pathlib import Path
from typing import Any

import pytest

import tunelet
from tunelet.errors import RecipeError, TuneletError
from tunelet.recipe import Recipe, parse_recipe, parse_setting, with_settings
from tunelet.recipe._validation import section_class, valid_keys

DIGITS = "9" * 5000
DEEP = "[" * 20_000


def refused(key: str, value: Any) -> str:
    with pytest.raises(RecipeError) as caught:
        with_settings(Recipe(), {key: value})
    assert caught.value.hint
    assert len(str(caught.value)) < 400
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "training.epochs=1\n[training]\nseed=5",
        "training.epochs=1\nseed=5",
        "data.text_column='a'\r\n[data]\r\nlimit=3",
        "adapter.targets=['a']\n[[training]]",
    ],
)
def test_a_value_that_holds_further_settings_is_refused(text):
    with pytest.raises(RecipeError, match=r"takes one value, not .*") as caught:
        parse_setting(text)
    assert caught.value.hint == "give each setting a --set of its own"


@pytest.mark.parametrize("text", ["a b=1", "=1", "training\x1b[31m.epochs=1", "x\n[training]\ny=1", "''=1", "\udcff=1"])
def test_a_key_is_letters_digits_and_dots(text):
    with pytest.raises(RecipeError, match=r"takes section.key=value, not .*") as caught:
        parse_setting(text)
    assert caught.value.hint == "for example --set training.epochs=5"


def test_a_value_may_stand_on_several_lines_and_a_text_may_hold_anything():
    assert parse_setting("adapter.targets=[\n'a',\n'b']") == ("adapter.targets", ["a", "b"])
    assert parse_setting("data.text_column=a = b # c") == ("data.text_column", "a = b # c")


@pytest.mark.parametrize(
    ("value", "clause"), [(DIGITS, "too many digits"), (DEEP, "nested too deep"), ("{a=" * 9000, "nested too deep")]
)
def test_a_value_beyond_what_can_be_read_is_refused(value, clause):
    with pytest.raises(RecipeError, match=f"--set training.epochs: .*{clause}"):
        parse_setting(f"training.epochs={value}")
    with pytest.raises(RecipeError, match=f"mine.toml: .*{clause}"):
        parse_recipe(f"[training]\nepochs = {value}", "mine.toml")


def numbers() -> list[str]:
    """The keys of settings that are numbers."""
    fields = {
        key: (section_class(key.partition(".")[0]) or Recipe).model_fields[key.rpartition(".")[2]]
        for key in valid_keys()
    }
    return [key for key, field in fields.items() if field.annotation in (int, float)]


@pytest.mark.parametrize("value", [1e300, -1e300, 10**400, -(10**400), 2**63, float("nan"), float("inf")])
def test_every_number_has_bounds_that_keep_it_within_what_libraries_hold(value):
    assert len(numbers()) > 20
    for key in numbers():
        assert key in refused(key, value)


@pytest.mark.parametrize("key", valid_keys())
def test_every_key_refuses_what_is_of_no_type_that_it_takes(key):
    for value in (None, object(), [[]], {"a": {}}, b"x", 10**5000, "\ud800", [object()]):
        assert f"settings: {key}" in refused(key, value)


def test_the_hint_names_the_range_and_an_example_that_can_be_typed():
    line = refused("training.epochs", 0)
    assert "it takes a whole number from 1 to 1,000, for example training.epochs=3" in line
    assert "a number above 0 and at most 1, for example training.learning_rate=0.001" in refused(
        "training.learning_rate", 0.0
    )
    for key in ("data.label_names", "training.track", "data.text_column", "data.clean_markup"):
        example = refused(key, 5).partition("for example ")[2]
        assert with_settings(Recipe(), dict([parse_setting(example)]))


@pytest.mark.parametrize("settings", [None, 5, "training.epochs=5", ["training.epochs"], [("training.epochs", 5)]])
def test_settings_are_a_mapping(settings):
    with pytest.raises(RecipeError, match="settings: expected a mapping"):
        with_settings(Recipe(), settings)


@pytest.mark.parametrize("key", [None, 5, "", ".", "training.", "training.epochs.x", "training", ("a",), "x" * 100_000])
def test_a_key_that_is_none_is_told_with_the_nearest(key):
    with pytest.raises(RecipeError, match="unknown key"):
        with_settings(Recipe(), {key: 5})


def test_every_error_in_the_source_has_a_hint_that_says_something():
    # mypy asks for a hint too, but not where it takes a line to be unreachable.
    names = {kind.__name__ for kind in (TuneletError, *TuneletError.__subclasses__())} | {"DiskError"}
    package = Path(tunelet.__file__).parent
    calls = [
        call
        for path in package.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names
    ]
    assert len(calls) > 150
    for call in calls:
        given = [*call.args[1:], *(word.value for word in call.keywords if word.arg == "hint")]
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        assert starred or given, ast.unparse(call)
        assert not any(isinstance(hint, ast.Constant) and not hint.value for hint in given), ast.unparse(call)
