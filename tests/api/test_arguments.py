"""The Python API refuses what it cannot use with one error of its own, before any work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tunelet
from tunelet import Classifier, Run, RunGroup, TuneletError
from tunelet.recipe import Recipe, load_recipe, parse_setting, resolve_recipe, with_settings

ODD = [None, 5, 1.5, True, b"x", object(), np.array(5), np.array(["a"]), {}, [], {1}, "\ud800", "a\0b", lambda: None]
ODD_PATHS = ["\ud800", "a\0b", "x" * 300, "\x1b]0;a\x07", "\udcff", ""]


def refused(call: Callable[[], Any]) -> None:
    with pytest.raises(TuneletError) as caught:
        call()
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 800


@pytest.fixture(autouse=True)
def _elsewhere(in_folder: Path) -> None:
    """Nothing may be made in the working directory."""


@pytest.mark.parametrize("value", [value for value in ODD if value is not None], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    "name", ["test", "model", "text", "label", "limit", "seed", "device", "settings", "out", "recipe"]
)
def test_train_refuses_an_argument_of_a_wrong_type(name: str, value: Any, in_folder: Path) -> None:
    fits = {"limit": [5], "seed": [5], "settings": [{}], "text": [[]], "test": [], "out": []}
    if any(value is good or (type(value) is type(good) and value == good) for good in fits.get(name, [])):
        return
    if name == "out" and isinstance(value, str) and "\0" not in value and value != "\ud800":
        return
    refused(lambda: tunelet.train("nothing.csv" if name != "test" else "sample", **{name: value}, quiet=True))
    assert not list(in_folder.iterdir())


@pytest.mark.parametrize("value", [*ODD, *ODD_PATHS], ids=lambda value: repr(value)[:20])
def test_data_that_is_none_is_refused(value: Any, in_folder: Path) -> None:
    refused(lambda: tunelet.train(value, quiet=True))
    assert not list(in_folder.iterdir())


@pytest.mark.parametrize("value", [*ODD, *ODD_PATHS], ids=lambda value: repr(value)[:20])
def test_a_run_that_is_none_is_refused_by_whatever_takes_one(value: Any) -> None:
    for call in (Run.load, RunGroup.load, Classifier.load, lambda run: tunelet.evaluate(run, "sample")):
        refused(lambda call=call: call(value))
    refused(lambda: tunelet.compare(value))
    refused(lambda: tunelet.compare([value, value]))
    refused(lambda: tunelet.predict_file(value, "in.csv", "out.csv"))


@pytest.mark.parametrize("value", [*ODD, *ODD_PATHS], ids=lambda value: repr(value)[:20])
def test_a_recipe_that_is_none_is_refused(value: Any) -> None:
    refused(lambda: resolve_recipe(value))
    refused(lambda: resolve_recipe(f"{value}.toml" if isinstance(value, str) else value))
    if isinstance(value, str):
        refused(lambda: load_recipe(Path(value)))
    if not isinstance(value, str) or "=" not in value:
        refused(lambda: parse_setting(value))


@pytest.mark.parametrize(
    "seed", [-1, 2**32, 10**400, 1.0, "1", True, None, float("nan")], ids=lambda seed: str(seed)[:10]
)
def test_a_seed_is_a_whole_number_from_0_on(seed: Any) -> None:
    refused(lambda: with_settings(Recipe(), {"training.seed": seed}))
    refused(lambda: tunelet.train_seeds("sample", [1, seed], quiet=True))
    if seed is not None:
        refused(lambda: tunelet.train("sample", seed=seed, quiet=True))


def test_arguments_that_there_are_not_or_that_are_missing_are_named() -> None:
    with pytest.raises(TuneletError, match="train: got an unexpected keyword argument 'epoch'"):
        tunelet.train("sample", epoch=3)  # type: ignore[call-arg]
    with pytest.raises(TuneletError, match="train: missing a required argument: 'data'"):
        tunelet.train()  # type: ignore[call-arg]


def test_a_checked_function_keeps_its_name_and_its_documentation() -> None:
    assert tunelet.train.__name__ == "train"
    assert "Fine-tune a pretrained encoder" in (tunelet.train.__doc__ or "")
